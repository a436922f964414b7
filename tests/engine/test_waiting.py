"""What a waiting task asks of a worker beyond its queue."""

from __future__ import annotations

import json

import pytest

from pointsman.engine import commands as c
from pointsman.engine.records import KnownWorker
from pointsman.engine.waiting import (
    available_capacity_percentage,
    fits_at,
    known_worker_value,
    loaded_names,
)
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR


@pytest.mark.feature(56)
@pytest.mark.parametrize(
    ("used", "capacity", "expected"),
    [(0, 3, 100), (1, 3, 66), (2, 3, 33), (3, 3, 0), (5, 3, 0), (0, 0, 0), (1, 0, 0)],
)
def test_free_capacity_in_percent(used: int, capacity: int, expected: int) -> None:
    """Whole percent, rounded down, never below zero; no capacity is never free."""
    assert available_capacity_percentage(capacity, used) == expected


@pytest.mark.feature(130)
@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (KnownWorker("sid", literal="WK1"), "WK1"),
        (KnownWorker("sid", path=("agent",)), "WK2"),
        (KnownWorker("sid", path=("agents", 1, "sid")), "WK3"),
        (KnownWorker("sid", path=("number",)), None),
        (KnownWorker("sid", path=("empty",)), None),
        (KnownWorker("sid", path=("missing",)), None),
    ],
)
def test_whom_a_task_wants(known: KnownWorker, expected: str | None) -> None:
    """A literal, or the text found below a path; anything else names nobody."""
    names = {"agent": "WK2", "agents": [0, {"sid": "WK3"}], "number": 7, "empty": ""}

    assert known_worker_value(known, names) == expected


@pytest.mark.feature(115)
def test_load_can_be_read() -> None:
    """A worker's channels show capacity, accepted tasks and what is free of it."""
    world = SmallWorld()
    worker = world.a_worker()
    world.ask(
        c.UpdateWorkerChannel(actor=ACTOR, worker_sid=worker.sid, worker_channel="chat", capacity=3)
    )
    world.a_task(task_channel="chat")
    names = loaded_names(world.engine.state, worker.sid)

    assert names["channel"]["chat"] == {
        "configured_capacity": 3,
        "assigned_tasks": 0,
        "available_capacity_percentage": 66,
    }
    assert names["channel"]["voice"]["available_capacity_percentage"] == 100


def test_age_may_decide() -> None:
    """A target that reads a task's age is asked anew every minute, with the age of that moment."""
    world = SmallWorld()
    target = {"queue": world.queue.sid, "expression": "worker.patience <= task.age"}
    configuration = json.dumps({"task_routing": {"default_filter": target}})
    world.ask(
        c.UpdateWorkflow(actor=ACTOR, workflow_sid=world.workflow.sid, configuration=configuration)
    )
    engine, now = world.engine, world.now
    engine.execute(
        c.CreateWorker(
            actor=ACTOR,
            friendly_name="alice",
            attributes='{"patience": 100}',
            activity_sid=world.activity("Available"),
        ),
        now,
        world.sids,
    )
    for _ in range(2):
        engine.execute(c.CreateTask(actor=ACTOR), now, world.sids)
    first = next(iter(engine.state.tasks.values()))
    cells = [engine.state.line.cell_of(sid) for sid in engine.state.tasks]
    worker_sid = next(iter(engine.state.workers))

    assert cells[0] is not cells[1]
    assert not fits_at(engine.state, now + 99_999)(cells[0], worker_sid)
    assert fits_at(engine.state, now + 100_000)(cells[0], worker_sid)
    offered_at = None
    while offered_at is None:
        due = engine.next_deadline()
        assert due is not None
        if engine.tick(due, world.sids).events:
            offered_at = due
    assert offered_at == now + 120_000
    assert engine.state.tasks[first.sid].assignment_status == "reserved"
