"""Moments in which something goes wrong inside: the store, a crash, a caller who leaves at the worst time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pointsman.runtime import Runtime, Unavailable
from pointsman.voice.script import Run, Wait
from pointsman.voice.twiml import Element
from tests.voice.scene import VoiceScene, told
from tests.voice.test_dequeue import waiting


class Meddled:
    """The runtime, with something happening to each command on its way."""

    def __init__(self, runtime: Runtime, meddle: Callable[[], None]) -> None:
        self._runtime = runtime
        self._meddle = meddle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)

    async def execute(self, *command: Any) -> Any:
        carried_out = asyncio.ensure_future(self._runtime.execute(*command))
        self._meddle()
        return await carried_out


class FailingStore(Meddled):
    """So many commands cannot be stored."""

    failures = 2

    async def execute(self, *command: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise Unavailable("The disk is full")
        return await self._runtime.execute(*command)


def meddle(scene: VoiceScene, runtime: Meddled) -> None:
    scene.board.desk._runtime = runtime  # type: ignore[assignment]


def failing(scene: VoiceScene) -> FailingStore:
    return FailingStore(scene.board.runtime, lambda: None)


def test_a_wrap_up_that_cannot_be_stored(tmp_path: Path) -> None:
    """It is tried again, a second of the server's own clock later."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct("dequeue")
        await scene.pass_time(1)
        meddle(scene, failing(scene))
        scene.world.hang_up(caller)
        await scene.pass_time(1)
        assert await scene.status() == ("assigned", "accepted")
        await scene.pass_time(1)
        assert await scene.status() == ("wrapping", "wrapping")

    told(tmp_path, story)


@pytest.mark.parametrize(("failures", "heard"), [(2, "music"), (5, "say:Sorry")])
def test_a_task_that_cannot_be_stored(tmp_path: Path, failures: int, heard: str) -> None:
    """The caller hears nothing of it if it can be made soon; if not, the next verb is his."""

    async def story(scene: VoiceScene) -> None:
        store = failing(scene)
        store.failures = failures
        meddle(scene, store)
        await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}"/><Say>Sorry</Say>')
        caller = await scene.call_in()
        await scene.pass_time(4)
        assert scene.hears(caller) == {heard}
        assert len(await scene.tasks()) == (heard == "music")

    told(tmp_path, story)


def test_a_caller_who_leaves_while_his_task_is_made(tmp_path: Path) -> None:
    """The task is canceled with the reason, and is offered to nobody."""

    async def story(scene: VoiceScene) -> None:
        await scene.a_phone("alice")
        await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}"/>')

        def leave() -> None:
            for leg in list(scene.world.legs):
                scene.world.hang_up(leg)

        meddle(scene, Meddled(scene.board.runtime, leave))
        await scene.call_in()
        await scene.pass_time(0)
        task = await scene.task()
        assert (task["assignment_status"], task["reason"]) == ("canceled", "hangup")
        assert scene.exchange.lines == {}

    told(tmp_path, story)


def test_a_script_that_crashes(tmp_path: Path) -> None:
    """A mistake of ours ends the call, rather than leaving it to nobody."""

    async def crash(run: Run, verb: Element) -> Wait:
        raise ZeroDivisionError

    async def story(scene: VoiceScene) -> None:
        scene.board._verbs["Say"] = crash
        await scene.number("<Say>Hello</Say>")
        caller = await scene.call_in()
        assert scene.world.legs[caller].ended
        assert scene.exchange.lines == {}

    told(tmp_path, story)
