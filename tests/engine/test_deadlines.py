"""A workspace's own deadlines: nobody keeps a task assigned or wrapping for ever."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.engine import commands as c
from pointsman.engine.records import Limits, Task
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR


def a_world(**deadlines: Any) -> SmallWorld:
    """A world with these deadlines, where Alice has accepted a task."""
    world = SmallWorld(Limits())
    world.ask(c.UpdateSettings(actor=ACTOR, **deadlines))
    world.a_worker()
    world.a_task()
    accept(world)
    return world


def accept(world: SmallWorld) -> None:
    world.ask(c.AcceptReservation(actor=ACTOR, reservation_sid=world.an_offer().sid))


def the_task(world: SmallWorld) -> Task:
    task: Task = world.all("tasks")[0]
    return task


def standing(world: SmallWorld) -> tuple[str, str, str | None]:
    """Where the task and the reservation stand, and the task's reason."""
    task = the_task(world)
    return task.assignment_status.value, world.an_offer().reservation_status.value, task.reason


@pytest.mark.feature(269)
def test_an_assigned_task_wraps_up_and_completes_by_itself() -> None:
    """After 60 s the task goes to wrapping, after 30 s more it is completed, its worker with it."""
    world = a_world(wrap_up_after_s=60, complete_after_s=30)
    seen = []
    for ms in (59_999, 1, 29_999, 1):
        world.wait(ms)
        seen.append(standing(world))

    wrapping = ("wrapping", "wrapping", "Assigned for longer than the workspace allows")
    assert seen == [
        ("assigned", "accepted", None),
        wrapping,
        wrapping,
        ("completed", "completed", "Wrapping for longer than the workspace allows"),
    ]
    assert (
        world.engine.state.used_slots(world.an_offer().worker_sid, the_task(world).task_channel_sid)
        == 0
    )


@pytest.mark.feature(269)
def test_wrapping_by_hand_has_its_deadline_too() -> None:
    """Whoever wraps up himself has the whole time for it, and no earlier deadline interferes."""
    world = a_world(wrap_up_after_s=60, complete_after_s=30)
    world.wait(50_000)
    world.ask(c.WrapUpReservation(actor=ACTOR, reservation_sid=world.an_offer().sid))
    world.wait(29_000)
    before = standing(world)
    world.wait(1_000)

    assert before == ("wrapping", "wrapping", None)
    assert standing(world)[:2] == ("completed", "completed")


def test_a_task_completed_in_time_meets_no_deadline() -> None:
    """What is done is done: no deadline touches it before it leaves memory."""
    world = a_world(wrap_up_after_s=60, complete_after_s=30)
    world.ask(c.CompleteReservation(actor=ACTOR, reservation_sid=world.an_offer().sid))
    version = the_task(world).version
    world.wait(120_000)

    assert (the_task(world).version, standing(world)[2]) == (version, None)


def test_the_longest_time_of_all_still_ends_it() -> None:
    """A task that wraps up at the very end of its day is deleted then, as without deadlines."""
    world = a_world(wrap_up_after_s=86_399)
    world.wait(86_399_000)
    assert standing(world)[0] == "wrapping"
    world.wait(1_000)

    assert world.all("tasks") == []


def test_a_deadline_ends_with_an_empty_value() -> None:
    """Setting a deadline to nothing lets later tasks be; the other one stays."""
    world = a_world(wrap_up_after_s=60, complete_after_s=30)
    world.ask(c.UpdateSettings(actor=ACTOR, wrap_up_after_s=None))
    workspace = world.engine.state.workspace
    assert workspace is not None
    assert (workspace.wrap_up_after_s, workspace.complete_after_s) == (None, 30)
    world.wait(60_000)
    assert standing(world)[0] == "wrapping", "what was assigned before keeps its deadline"


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"wrap_up_after_s": 0}, "WrapUpAfter"),
        ({"wrap_up_after_s": 86_401}, "WrapUpAfter"),
        ({"complete_after_s": -1}, "CompleteAfter"),
    ],
)
def test_a_deadline_has_its_bounds(fields: dict[str, Any], parameter: str) -> None:
    """From a second to the time that a task may be assigned at all."""
    refusal = SmallWorld(Limits()).refusal(c.UpdateSettings(actor=ACTOR, **fields))

    assert getattr(refusal, "parameter", "") == parameter
