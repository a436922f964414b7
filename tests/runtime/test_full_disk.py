"""A store that cannot write, such as one on a full disk: what goes on, and that all goes on later."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.engine import commands as c
from pointsman.engine.records import Alert, Task, TaskStatus
from pointsman.runtime import Unavailable
from pointsman.store import AlertNote, CommitFailed, Group, Loaded, Result, StoreError
from pointsman.writer import LONGEST_REST_S
from tests.runtime.scene import ACTOR, RecordingStore, Scene, outcomes, running, settle
from tests.runtime.virtual_loop import VirtualLoop, run

HOURS_S = 3 * 3600


class FullStore(RecordingStore):
    """Reads go on; what has to write fails while there is no room."""

    full = False
    tried = 0

    def commit(self, group: Group) -> dict[str, Result]:
        self._try()
        return super().commit(group)

    def load(self, workspace_sid: str | None = None) -> list[Loaded]:
        self._try()
        return super().load(workspace_sid)

    def _try(self) -> None:
        if self.full:
            self.tried += 1
            raise CommitFailed("database or disk is full")


def fill(scene: Scene) -> FullStore:
    """From now on there is no room."""
    store = scene.store
    store.__class__ = FullStore
    assert isinstance(store, FullStore)
    store.full = True
    return store


def a_note(scene: Scene) -> AlertNote:
    alert = Alert("NO" + "1" * 32, 40000, "warning", "no JSON", 0, scene.workspace_sid)
    return AlertNote(scene.workspace_sid, alert)


@pytest.mark.feature(288)
def test_what_is_can_be_read_while_nothing_can_be_written(tmp_path: Path) -> None:
    """Reads answer what is stored, changes are refused, and all goes on soon after there is room."""

    async def story(loop: VirtualLoop) -> None:
        async with running(tmp_path, loop.ambient) as scene:
            await scene.furnish(workers=0)
            kept: Task = await scene.do(scene.a_task())
            store = fill(scene)
            told = await outcomes([scene.do(scene.a_task())])
            await settle()
            for _ in range(20):
                assert await scene.read(lambda state: list(state.tasks)) == [kept.sid]
                assert await scene.runtime.history(lambda h: h.events(scene.workspace_sid))
                told += await outcomes([scene.do(scene.a_task())])
                await asyncio.sleep(30)
            store.full = False
            await asyncio.sleep(LONGEST_REST_S)

            assert {type(answer) for answer in told} == {Unavailable}
            assert isinstance(await scene.do(scene.a_task()), Task)
            assert len(await scene.read(lambda state: list(state.tasks))) == 2

    loop = VirtualLoop()
    run(story(loop), loop)


def test_a_full_disk_is_not_tried_without_an_end(tmp_path: Path) -> None:
    """Timers that are due and bookkeeping that waits try again every few seconds, and lose nothing."""

    async def story(loop: VirtualLoop) -> None:
        async with running(tmp_path, loop.ambient) as scene:
            await scene.furnish()
            offer = await scene.offered()
            store = fill(scene)
            scene.runtime.note([a_note(scene)])
            await asyncio.sleep(HOURS_S)
            assert store.tried < 3 * HOURS_S / LONGEST_REST_S
            store.full = False
            await asyncio.sleep(LONGEST_REST_S)

            assert "reservation.timeout" in scene.types
            assert [group.notes for group in store.groups if group.notes] == [[a_note(scene)]]
            task = await scene.read(lambda state: state.tasks[offer.task_sid])
            assert task.assignment_status is TaskStatus.RESERVED

    loop = VirtualLoop()
    run(story(loop), loop)


def test_a_server_on_a_full_disk_can_be_stopped(tmp_path: Path) -> None:
    """Bookkeeping that cannot be written keeps nobody from ending."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            store = fill(scene)
            scene.runtime.note([a_note(scene)])
            await settle()
            async with asyncio.timeout(10):
                await scene.runtime.stop()
            store.full = False

    asyncio.run(story())


def test_a_store_that_cannot_be_read_either(tmp_path: Path) -> None:
    """Where neither writing nor reading is possible, whoever asks is told 503, until both are."""

    class Gone(FullStore):
        def look(self, workspace_sid: str) -> Loaded | None:
            raise StoreError("disk I/O error")

    async def story(loop: VirtualLoop) -> None:
        async with running(tmp_path, loop.ambient) as scene:
            await scene.furnish()
            store = fill(scene)
            store.__class__ = Gone
            rename = c.UpdateWorkspace(actor=ACTOR, friendly_name="renamed")
            told = await outcomes([scene.do(rename)])
            await settle()
            told += await outcomes([scene.do(rename), scene.read(lambda state: 1)])
            store.full = False
            await asyncio.sleep(LONGEST_REST_S)

            assert [type(answer) for answer in told] == [Unavailable] * 3
            assert (await scene.do(rename)).friendly_name == "renamed"

    loop = VirtualLoop()
    run(story(loop), loop)
