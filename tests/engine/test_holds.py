"""An offer whose worker is being called, and what calls note on a task."""

from __future__ import annotations

import json

import pytest

from pointsman.engine import commands as c
from pointsman.engine.errors import IllegalMove, Invalid, NotFound
from pointsman.engine.records import Reservation, ReservationStatus, Task, TaskStatus
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR


def held(world: SmallWorld, at_most_s: int = 300) -> Reservation:
    """The newest offer, on hold."""
    command = c.HoldReservation(
        actor=ACTOR, reservation_sid=world.an_offer().sid, at_most_s=at_most_s
    )
    reservation: Reservation = world.made(command, Reservation)
    return reservation


def test_the_clock_stands_still_on_hold() -> None:
    """An offer on hold outlives its own time, tells nothing of being held, and can be accepted."""
    world = SmallWorld()
    world.a_worker()
    world.a_task()
    version = world.an_offer().version
    assert held(world).version == version
    world.wait(200_000)
    assert world.an_offer().reservation_status is ReservationStatus.PENDING
    world.ask(c.AcceptReservation(actor=ACTOR, reservation_sid=world.an_offer().sid))
    assert world.an_offer().reservation_status is ReservationStatus.ACCEPTED


def test_no_offer_is_on_hold_for_ever() -> None:
    """At the end of its hold an offer is canceled, the worker stays as he is and the task rests."""
    world = SmallWorld()
    worker = world.a_worker()
    task = world.a_task()
    held(world)
    world.wait(300_000)
    assert world.an_offer().reservation_status is ReservationStatus.CANCELED
    assert world.engine.state.workers[worker.sid].activity_sid == worker.activity_sid
    assert world.engine.state.tasks[task.sid].assignment_status is TaskStatus.PENDING
    world.wait(1_000)
    assert world.an_offer().reservation_status is ReservationStatus.PENDING


def test_an_offer_is_held_once() -> None:
    """Who is being called is not called a second time."""
    world = SmallWorld()
    world.a_worker()
    world.a_task()
    offer = held(world)
    again = c.HoldReservation(actor=ACTOR, reservation_sid=offer.sid, at_most_s=300)
    assert isinstance(world.refusal(again), IllegalMove)


def test_why_an_offer_was_canceled() -> None:
    """The code of the failure is kept on the reservation."""
    world = SmallWorld()
    world.a_worker()
    world.a_task()
    sid = held(world).sid
    world.ask(c.CancelReservation(actor=ACTOR, reservation_sid=sid, reason_code=13223))
    assert world.engine.state.reservations[sid].canceled_reason_code == 13223


@pytest.mark.parametrize("offered", [True, False])
def test_a_note_on_a_task(offered: bool) -> None:
    """A note adds to the attributes, told as an update, and does not send the task back to its start."""
    world = SmallWorld()
    if offered:
        world.a_worker()
    task = world.a_task(attributes='{"from": "+1", "call_sid": "CA0"}')
    command = c.NoteOnTask(actor=ACTOR, task_sid=task.sid, members='{"call_sid": "CA1", "n": 1}')
    noted: Task = world.made(command, Task)
    assert json.loads(noted.attributes) == {"from": "+1", "call_sid": "CA1", "n": 1}
    assert (noted.version, noted.restart_workflow) == (task.version + 1, False)
    assert noted.assignment_status is (TaskStatus.RESERVED if offered else TaskStatus.PENDING)


def test_a_note_that_does_not_fit() -> None:
    """Attributes that became too long, a task that is over and one that never was are refused."""
    world = SmallWorld()
    task = world.a_task()
    long = c.NoteOnTask(actor=ACTOR, task_sid=task.sid, members=json.dumps({"a": "x" * 5_000}))
    assert isinstance(world.refusal(long), Invalid)
    world.ask(c.UpdateTask(actor=ACTOR, task_sid=task.sid, assignment_status="canceled"))
    late = c.NoteOnTask(actor=ACTOR, task_sid=task.sid, members="{}")
    assert isinstance(world.refusal(late), IllegalMove)
    unknown = c.NoteOnTask(actor=ACTOR, task_sid="WT9", members="{}")
    assert isinstance(world.refusal(unknown), NotFound)
