"""Groups, order, crashes of our own, and the end: what the loop does besides waiting."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from pathlib import Path

import pytest

from pointsman import runtime as runtime_module
from pointsman.engine import commands as c
from pointsman.engine.engine import Outcome
from pointsman.engine.errors import NotFound
from pointsman.engine.records import Alert, Task
from pointsman.engine.state import State
from pointsman.metrics import Metrics
from pointsman.runtime import Crashed, Unavailable
from pointsman.store import AlertNote
from tests.runtime.scene import ACCOUNT, ACTOR, Clumsy, begun, outcomes, running, settle, stored


def test_commands_that_wait_are_written_together(tmp_path: Path) -> None:
    """What is asked while a group is written joins one next group, up to a bound."""

    async def story() -> None:
        metrics = Metrics()
        async with running(tmp_path, metrics=metrics) as scene:
            await scene.furnish()
            scene.gate.close()
            asked = await begun(*(scene.do(scene.a_task()) for _ in range(1200)))
            scene.gate.open()
            made = await outcomes(asked)
            sizes = [
                sum(isinstance(record, Task) for record, _ in part.changes.values())
                for group in scene.store.groups
                for part in group.workspaces
            ]

            assert all(isinstance(record, Task) for record in made)
            assert sum(sizes) >= 1200
            assert max(sizes) == runtime_module.GROUP_COMMANDS
            assert b"pointsman_commands_total" in metrics.exposition()

    asyncio.run(story())


def test_events_are_published_in_order(tmp_path: Path) -> None:
    """Each workspace's events come in the order of their numbers, without a gap."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            heard: dict[str, list[int]] = defaultdict(list)
            stop = scene.runtime.subscribe(
                lambda sid, events: heard[sid].extend(event.seq for event in events)
            )
            await scene.furnish(workers=5)
            other = await scene.make_workspace("other")
            rename = c.UpdateWorkspace(actor=ACTOR, friendly_name="renamed")
            await asyncio.gather(
                *(scene.do(scene.a_task()) for _ in range(200)),
                *(scene.do(rename, other.sid) for _ in range(20)),
            )
            await settle()
            stop()
            counted = {sid: list(numbers) for sid, numbers in heard.items()}
            await scene.do(scene.a_task())

            assert counted == heard
            assert set(heard) == {scene.workspace_sid, other.sid}
            assert all(n == list(range(1, len(n) + 1)) for n in heard.values())

    asyncio.run(story())


def test_a_listener_that_fails_harms_nobody(tmp_path: Path) -> None:
    """A listener's mistake is logged; other listeners and the callers notice nothing."""

    async def story() -> None:
        async with running(tmp_path) as scene:

            def clumsy(workspace_sid: str, events: object) -> None:
                raise ValueError("a listener's own mistake")

            scene.runtime.subscribe(clumsy)
            late: list[str] = []
            scene.runtime.subscribe(lambda sid, events: late.append(sid))
            await scene.furnish()

            assert await scene.do(scene.a_task())
            assert late

    asyncio.run(story())


def test_our_own_mistake_costs_one_caller(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A command that crashes half-way is told and logged; the engine is as the store has it again."""

    async def story() -> None:
        async with running(tmp_path, new_engine=Clumsy) as scene:
            await scene.furnish()
            kept: Task = await scene.do(scene.a_task())
            Clumsy.crash_on = c.DeleteTask
            delete = c.DeleteTask(actor=ACTOR, task_sid=kept.sid)
            try:
                made, crashed, meanwhile = await outcomes(
                    [scene.do(scene.a_task()), scene.do(delete), scene.do(scene.a_task())]
                )
                await settle()
            finally:
                Clumsy.crash_on = None

            assert isinstance(made, Task), "what was executed before it is kept"
            assert isinstance(crashed, Crashed)
            assert isinstance(meanwhile, Unavailable)
            assert "DeleteTask crashed" in caplog.text
            assert await scene.read(lambda state: list(state.tasks)) == [kept.sid, made.sid]
            await scene.do(delete)
            assert await scene.read(lambda state: list(state.tasks)) == [made.sid]
            live, sid = scene.live(), scene.workspace_sid
        assert stored(tmp_path)[sid] == live

    asyncio.run(story())


def test_a_change_that_cannot_be_shown_stands(tmp_path: Path) -> None:
    """When only the rendering of an answer fails, its caller gets the error and the change is kept."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()

            def clumsy(state: State, outcome: Outcome) -> None:
                raise ValueError("cannot be shown")

            with pytest.raises(ValueError, match="cannot be shown"):
                await scene.runtime.execute(scene.workspace_sid, scene.a_task(), clumsy)

            assert len(await scene.read(lambda state: list(state.tasks))) == 1

    asyncio.run(story())


def test_a_caller_who_left_disturbs_nobody(tmp_path: Path) -> None:
    """A command whose caller is gone is carried out all the same."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            scene.gate.close()
            gone, stays = await begun(scene.do(scene.a_task()), scene.do(scene.a_task()))
            gone.cancel()
            scene.gate.open()

            assert isinstance(await stays, Task)
            assert len(await scene.read(lambda state: list(state.tasks))) == 2

    asyncio.run(story())


def test_a_deleted_workspace_ends(tmp_path: Path) -> None:
    """After its deletion a workspace is unknown to everybody, also after a restart; others stay."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            other = await scene.make_workspace("other")
            scene.gate.close()
            [deleting] = await begun(scene.do(c.DeleteWorkspace(actor=ACTOR)))
            [reading] = await begun(scene.read(lambda state: state.workspace))
            assert not reading.done()
            assert scene.runtime.workspaces_of(ACCOUNT) == [scene.workspace_sid, other.sid]
            scene.gate.open()
            await deleting

            with pytest.raises(NotFound):
                await reading
            with pytest.raises(NotFound):
                await scene.do(scene.a_task())
            assert scene.runtime.workspaces_of(ACCOUNT) == [other.sid]
            assert scene.runtime.account_of(scene.workspace_sid) is None
            assert scene.runtime.account_of(other.sid) == ACCOUNT
            assert "workspace.deleted" in scene.types
        async with running(tmp_path) as again:
            assert again.runtime.workspaces_of(ACCOUNT) == [other.sid]

    asyncio.run(story())


def test_an_unknown_workspace_is_not_found(tmp_path: Path) -> None:
    """Commands, reads and glances of a workspace that does not exist are refused."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            scene.workspace_sid = "WS" + "0" * 32
            told = await outcomes([scene.do(scene.a_task()), scene.read(lambda state: 1)])

            assert [type(answer) for answer in told] == [NotFound, NotFound]
            with pytest.raises(NotFound):
                scene.live()

    asyncio.run(story())


def test_notes_join_the_next_group(tmp_path: Path) -> None:
    """Bookkeeping is written with the next group, and once more when that group failed."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            alert = Alert("NO" + "1" * 32, 40000, "warning", "no JSON", 0, scene.workspace_sid)
            note = AlertNote(scene.workspace_sid, alert)
            scene.gate.fail_next()
            scene.runtime.note([note])
            await settle()

            assert [group.notes for group in scene.store.groups if group.notes] == [[note]]
            assert [group.workspaces for group in scene.store.groups if group.notes] == [[]]

    asyncio.run(story())


def test_history_knows_what_was_executed_before(tmp_path: Path) -> None:
    """A question about history sees every event of what was answered before it was asked."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            task: Task = await scene.do(scene.a_task())
            found = await scene.runtime.history(
                lambda h: h.events(scene.workspace_sid, task_sid=task.sid)
            )

            assert [event.seq for event in found] == [event.seq for _, event in scene.heard]

    asyncio.run(story())


def test_stopping_finishes_what_was_asked(tmp_path: Path) -> None:
    """What is in the inbox when the server stops is carried out; whoever comes later is refused."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            asked = [asyncio.ensure_future(scene.do(scene.a_task())) for _ in range(600)]
            await asyncio.sleep(0)
            assert scene.runtime.ready
            await scene.runtime.stop()
            made = await outcomes(asked)

            assert all(isinstance(record, Task) for record in made)
            assert not scene.runtime.ready
            with pytest.raises(Unavailable, match="stopping"):
                await scene.do(scene.a_task())
            sid = scene.workspace_sid
        kept = {record.sid for record in stored(tmp_path)[sid] if isinstance(record, Task)}
        assert kept == {record.sid for record in made}

    asyncio.run(story())


def test_the_log_is_folded_while_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When much was written the log is folded beside the commits, and alone if it grew too long."""
    monkeypatch.setattr("pointsman.store.sqlite.CHECKPOINT_ROWS", 50)
    monkeypatch.setattr("pointsman.store.sqlite.LOG_PAGES_MAX", 0)

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            await asyncio.gather(*(scene.do(scene.a_task()) for _ in range(300)))
            await settle()

            assert not scene.store.checkpoint_due()
            assert len(await scene.read(lambda state: list(state.tasks))) == 300

    asyncio.run(story())


def test_a_log_that_cannot_be_folded_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody reads an old state of the file, the log grows and commands go on."""
    monkeypatch.setattr("pointsman.store.sqlite.CHECKPOINT_ROWS", 50)
    monkeypatch.setattr("pointsman.store.sqlite.LOG_PAGES_MAX", 0)

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            with scene.store._readers.connection() as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM shard").fetchall()
                made = [await scene.do(scene.a_task()) for _ in range(100)]
                reader.execute("ROLLBACK")

            assert len(made) == 100

    asyncio.run(story())


def test_a_group_that_crashes_the_store_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Our own mistake in a commit fails the group like any fault, and is in the log."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            scene.gate.faults.append(KeyError("our own"))
            with caplog.at_level(logging.ERROR), pytest.raises(Unavailable):
                await scene.do(scene.a_task())
            await settle()

            assert "A group could not be written" in caplog.text
            assert await scene.do(scene.a_task())

    asyncio.run(story())
