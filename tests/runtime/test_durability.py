"""Write first, tell afterwards: nothing leaves the runtime before it is durable.

Each check is also run against runtimes with a seeded fault, and has to catch it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from pointsman.directory import Owned
from pointsman.engine import commands as c
from pointsman.engine.engine import Outcome
from pointsman.engine.errors import EngineError, NotFound
from pointsman.engine.records import Task, TaskStatus
from pointsman.group import resolve
from pointsman.runtime import Runtime, Unavailable
from pointsman.writer import Writer
from tests.runtime.scene import ACTOR, Scene, begun, outcomes, running, settle, stored

# --- the checks ------------------------------------------------------------------------------------


async def check_answers(scene: Scene) -> None:
    """A change is answered and published after its commit, and not before."""
    scene.gate.close()
    asked = await begun(scene.do(scene.a_task()), scene.do(scene.a_task()))
    assert not any(task.done() for task in asked), "answered before the commit"
    assert scene.heard == [], "published before the commit"
    scene.gate.open()
    made = await outcomes(asked)
    await settle()

    assert [type(record) for record in made] == [Task, Task]
    assert scene.types.count("task.created") == 2


async def check_refusals(scene: Scene) -> None:
    """A refusal that follows from a change waits for that change's commit."""
    reservation = await scene.offered()
    reject = c.RejectReservation(actor=ACTOR, reservation_sid=reservation.sid)
    scene.gate.close()
    rejected, refused = await begun(scene.do(reject), scene.do(reject))
    assert not refused.done(), "refused before the commit"
    scene.gate.open()

    assert await rejected
    with pytest.raises(EngineError):
        await refused


async def check_reads(scene: Scene) -> None:
    """A read, of something or of nothing, and history wait for what they would show."""
    scene.gate.close()
    [making] = await begun(scene.do(scene.a_task()))
    reading = await begun(
        scene.read(lambda state: len(state.tasks)),
        scene.read(lambda state: _refuse()),
        scene.runtime.history(lambda h: len(h.events(scene.workspace_sid, limit=1000))),
    )
    assert not any(task.done() for task in reading), "read before the commit"
    scene.gate.open()
    found = await outcomes(reading)

    assert await making
    assert found[0] == 1
    assert isinstance(found[1], NotFound)
    assert found[2] > 0


async def check_changes_of_nothing(scene: Scene) -> None:
    """A command that changed nothing tells what it saw, so it waits like any other."""
    scene.gate.close()
    making, nothing = await begun(scene.do(scene.a_task()), scene.do(scene.nothing()))
    assert not nothing.done(), "answered before the commit of what it saw"
    scene.gate.open()

    assert await making
    assert await nothing


Check = Callable[[Scene], Coroutine[Any, Any, None]]
CHECKS: list[Check] = [check_answers, check_refusals, check_reads, check_changes_of_nothing]


def _refuse() -> None:
    raise NotFound("task", "WT0")


@pytest.mark.feature(23, 288)
@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_told_before_its_commit(check: Check, tmp_path: Path) -> None:
    """While the store blocks nothing is answered, refused, read or published."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            await check(scene)

    asyncio.run(story())


# --- seeded faults ---------------------------------------------------------------------------------


class AnswersEarly(Writer):
    """Seeded fault: answer before commit."""

    def answer(
        self,
        owned: Owned,
        future: asyncio.Future[Any],
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        if error is None:
            resolve(future, value)
        else:
            super().answer(owned, future, value, error)


class RefusesEarly(Writer):
    """Seeded fault: early refusal."""

    def answer(
        self,
        owned: Owned,
        future: asyncio.Future[Any],
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        if error is not None:
            resolve(future, error=error)
        else:
            super().answer(owned, future, value, error)


class ReadsEarly(Writer):
    """Seeded fault: a read from a state that is not yet durable."""

    async def durable(self, owned: Owned | None) -> None:
        return


class PublishesEarly(Runtime):
    """Seeded fault: events are told when they happen."""

    def _run(self, owned: Owned, work: Any, name: str) -> Outcome:
        outcome = super()._run(owned, work, name)
        self.publish(owned.workspace_sid, outcome.events)
        return outcome


def spoil_writer(fault: type[Writer]) -> Callable[[Scene], None]:
    def spoil(scene: Scene) -> None:
        scene.runtime._writer.__class__ = fault

    return spoil


def publish_early(scene: Scene) -> None:
    scene.runtime.__class__ = PublishesEarly


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        (check_answers, spoil_writer(AnswersEarly)),
        (check_changes_of_nothing, spoil_writer(AnswersEarly)),
        (check_answers, publish_early),
        (check_refusals, spoil_writer(RefusesEarly)),
        (check_reads, spoil_writer(ReadsEarly)),
    ],
)
def test_seeded_faults_are_caught(
    check: Check, spoil: Callable[[Scene], None], tmp_path: Path
) -> None:
    """Answer before commit, early publishing, early refusal and early read each fail a check."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            spoil(scene)
            with pytest.raises(AssertionError, match="before the commit"):
                await check(scene)

    asyncio.run(story())


# --- when nothing is in flight, and when it fails --------------------------------------------------


def test_an_idle_workspace_answers_at_once(tmp_path: Path) -> None:
    """When nothing is in flight, reads, refusals and changes of nothing need no commit."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            passed = scene.gate.passed
            scene.gate.close()

            assert await scene.read(lambda state: len(state.tasks)) == 0
            assert await scene.do(scene.nothing())
            with pytest.raises(NotFound):
                await scene.do(c.DeleteTask(actor=ACTOR, task_sid="WT" + "0" * 32))
            assert scene.gate.passed == passed

    asyncio.run(story())


@pytest.mark.feature(288)
def test_a_failed_commit_is_told_and_forgotten(tmp_path: Path) -> None:
    """When a group fails, its callers and those of the next group get 503; memory is the store again."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            kept: Task = await scene.do(scene.a_task())
            scene.gate.close()
            scene.gate.fail_next()
            first = await begun(scene.do(scene.a_task()))
            second = await begun(
                scene.do(scene.a_task()),
                scene.read(lambda state: len(state.tasks)),
                scene.do(c.DeleteTask(actor=ACTOR, task_sid="WT" + "0" * 32)),
            )
            events = len(scene.heard)
            scene.gate.open()
            told = await outcomes([*first, *second])
            await settle()

            assert [type(answer) for answer in told] == [Unavailable] * 4
            assert len(scene.heard) == events
            assert await scene.read(lambda state: list(state.tasks)) == [kept.sid]
            assert isinstance(await scene.do(scene.a_task()), Task)
            live, workspace_sid = scene.live(), scene.workspace_sid
        assert stored(tmp_path)[workspace_sid] == live

    asyncio.run(story())


def test_commands_meanwhile_are_refused_at_once(tmp_path: Path) -> None:
    """While a lost workspace cannot be loaded, changes are 503 without waiting, and reads go on."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            scene.gate.fail_next(2)  # the commit, and the load after it
            told = await outcomes([scene.do(scene.a_task())])
            await settle()
            told += await outcomes([scene.do(scene.a_task()), scene.read(lambda state: 1)])

            assert [type(answer) for answer in told] == [Unavailable, Unavailable, int]

    asyncio.run(story())


@pytest.mark.feature(288)
def test_only_the_fenced_workspace_is_loaded_again(tmp_path: Path) -> None:
    """A workspace that another owner took is refused and loaded again; its neighbour goes on."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            other = await scene.make_workspace("neighbour")
            thief = type(scene.store)(scene.store._path)
            thief.load(scene.workspace_sid)
            thief.close()
            rename = c.UpdateWorkspace(actor=ACTOR, friendly_name="renamed")
            asked = await begun(scene.do(scene.a_task()), scene.do(rename, other.sid))
            told = await outcomes(asked)
            await settle()

            assert isinstance(told[0], Unavailable)
            assert told[1].friendly_name == "renamed"
            assert isinstance(await scene.do(scene.a_task()), Task)

    asyncio.run(story())


@pytest.mark.feature(288)
def test_a_workspace_that_was_not_stored_does_not_exist(tmp_path: Path) -> None:
    """A workspace whose making failed is in no directory, neither now nor later."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            scene.gate.fail_next()
            with pytest.raises(Unavailable):
                await scene.make_workspace()
            await settle()

            assert scene.runtime.workspaces_of(ACTOR.sid) == []
        assert stored(tmp_path) == {}

    asyncio.run(story())


@pytest.mark.feature(23)
def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    """A runtime on the same file has the same records, and goes on counting events without a gap."""

    async def story() -> None:
        async with running(tmp_path) as scene:
            await scene.furnish()
            reservation = await scene.offered()
            live, last = scene.live(), scene.heard[-1][1].seq
            workspace_sid, workflow_sid = scene.workspace_sid, scene.workflow_sid
        async with running(tmp_path) as again:
            again.workspace_sid, again.workflow_sid = workspace_sid, workflow_sid
            assert again.live() == live
            assert again.runtime.workspaces_of(ACTOR.sid) == [workspace_sid]
            accept = c.AcceptReservation(actor=ACTOR, reservation_sid=reservation.sid)
            await again.do(accept)
            task = await again.read(lambda state: state.tasks[reservation.task_sid])

            assert task.assignment_status is TaskStatus.ASSIGNED
            assert again.heard[0][1].seq == last + 1

    asyncio.run(story())
