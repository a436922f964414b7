"""The engine as its caller sees it: outcomes, ticks, mistakes of our own, and restoring."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.engine import commands as c
from pointsman.engine import engine as engine_module
from pointsman.engine.engine import COMMANDS, Engine
from pointsman.engine.errors import Invalid, NotFound
from pointsman.engine.records import TaskStatus
from pointsman.engine.transaction import Transaction
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR, START, Sids


def test_it_can_be_read() -> None:
    """An engine's text says how much it holds."""
    world = SmallWorld()
    world.a_worker()
    world.a_task()

    assert repr(world.engine).endswith("1 workers, 1 tasks, 1 reservations>")
    assert "seq=5" in repr(world.engine)


def test_the_answer_is_the_record_as_stored() -> None:
    """A task that is offered at once is answered as reserved."""
    world = SmallWorld()
    world.a_worker()

    assert world.a_task().assignment_status is TaskStatus.RESERVED


def test_nothing_is_there_before_the_workspace() -> None:
    """Without a workspace every command but its creation is refused."""
    with pytest.raises(NotFound):
        Engine("WS1").execute(c.DeleteWorkspace(actor=ACTOR), START, Sids())


def test_what_changes_nothing_has_no_number() -> None:
    """`seq` rises only with a change."""
    world = SmallWorld()
    worker = world.a_worker()
    seq = world.engine.state.seq

    world.ask(c.UpdateWorker(actor=ACTOR, worker_sid=worker.sid))

    assert world.engine.state.seq == seq


def test_our_own_mistake_is_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command function that fails half-way leaves nothing behind."""
    world = SmallWorld()

    def create(tx: Transaction, command: Any) -> Any:
        COMMANDS_BEFORE(tx, command)
        raise ZeroDivisionError

    COMMANDS_BEFORE = COMMANDS[c.CreateTask]  # noqa: N806
    monkeypatch.setitem(COMMANDS, c.CreateTask, create)
    task = c.CreateTask(actor=ACTOR)
    with pytest.raises(ZeroDivisionError):
        world.engine.execute(task, world.now, world.sids)
    monkeypatch.undo()
    world.ask(task)

    assert len(world.all("tasks")) == 1


def test_a_late_refusal_is_our_own_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that refuses after it told something breaks a law, and says so."""
    world = SmallWorld()
    true = COMMANDS[c.CreateTask]

    def create(tx: Transaction, command: Any) -> Any:
        true(tx, command)
        raise Invalid("Attributes", "too late")

    monkeypatch.setitem(COMMANDS, c.CreateTask, create)
    with pytest.raises(AssertionError, match="a refusal changed something"):
        world.engine.execute(c.CreateTask(actor=ACTOR), world.now, world.sids)

    assert world.all("tasks") == []


@pytest.mark.feature(85)
def test_a_tick_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one tick leaves over is due at once."""
    world = SmallWorld()
    monkeypatch.setattr(engine_module, "TICK_LIMIT", 2)
    for _ in range(5):
        world.a_task(timeout_s=10)
    for left in (3, 1, 0):
        world.now = START + 10_000
        world.engine.tick(world.now, world.sids)
        pending = [task for task in world.all("tasks") if task.assignment_status == "pending"]

        assert len(pending) == left
        assert (world.engine.next_deadline() == world.now) == (left > 0)


def test_who_was_connected_gets_time_to_come_back() -> None:
    """After a restart the disconnect activity is due only when the grace period is over."""
    world = SmallWorld()
    worker = world.a_worker()
    offline = world.activity("Offline")
    world.ask(c.SetDisconnectActivity(actor=ACTOR, worker_sid=worker.sid, activity_sid=offline))
    assert world.engine.next_deadline() is None
    restored = Engine(world.engine.workspace_sid)
    state = world.engine.state

    restored.restore(world.stored.values(), state.seq, state.event_seq, world.now)

    assert restored.next_deadline() == world.now + 5_000
    restored.tick(world.now + 5_000, world.sids)
    assert restored.state.workers[worker.sid].activity_sid == offline
