"""Commands on reservations: refusals, and a task on which two workers work."""

from __future__ import annotations

import pytest

from pointsman.engine import commands as c
from pointsman.engine.engine import Engine
from pointsman.engine.errors import IllegalMove, NotFound, ReservationOver, VersionMismatch
from pointsman.engine.records import ReservationStatus, replace
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR

ANSWERS = (
    c.AcceptReservation,
    c.RejectReservation,
    c.WrapUpReservation,
    c.CompleteReservation,
)


@pytest.mark.feature(99)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_comes_too_late(answer: type[c.AcceptReservation]) -> None:
    """Any answer to a reservation that is over is refused as such."""
    world = SmallWorld()
    worker = world.a_worker()
    world.a_task()
    world.wait(120_000)
    offer = world.an_offer()
    refusal = world.refusal(answer(actor=ACTOR, reservation_sid=offer.sid))

    assert isinstance(refusal, ReservationOver)
    assert (refusal.sid, refusal.reservation_status) == (offer.sid, "timeout")
    assert worker.sid == offer.worker_sid


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_unknown_reservation_is_not_found(answer: type[c.AcceptReservation]) -> None:
    """A reservation that was never made cannot be answered."""
    refusal = SmallWorld().refusal(answer(actor=ACTOR, reservation_sid="WR9"))

    assert isinstance(refusal, NotFound) and refusal.noun == "reservation"


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_to_another_version(answer: type[c.AcceptReservation]) -> None:
    """The version is compared before anything else."""
    world = SmallWorld()
    world.a_worker()
    world.a_task()
    command = answer(actor=ACTOR, reservation_sid=world.an_offer().sid, if_match=5)

    assert isinstance(world.refusal(command), VersionMismatch)


def two_at_work() -> tuple[Engine, SmallWorld]:
    """An engine in which alice and bob both hold the one task."""
    world = SmallWorld()
    world.a_worker("alice")
    bob = world.a_worker("bob")
    world.a_task()
    first = world.an_offer()
    world.ask(c.AcceptReservation(actor=ACTOR, reservation_sid=first.sid))
    accepted = world.engine.state.reservations[first.sid]
    second = replace(accepted, sid="WR" + "f" * 32, worker_sid=bob.sid, worker_name="bob")
    engine = Engine(world.engine.workspace_sid)
    state = world.engine.state
    engine.restore([*world.stored.values(), second], state.seq, state.event_seq, world.now)
    return engine, world


@pytest.mark.feature(95)
def test_who_works_with_another_ends_his_own_part_only() -> None:
    """Of two who hold a task, the first to wrap up or complete leaves it to the other."""
    engine, world = two_at_work()
    first, second = engine.state.reservations
    task_sid = next(iter(engine.state.tasks))

    def do(command: c.Command) -> None:
        engine.execute(command, world.now, world.sids)

    do(c.WrapUpReservation(actor=ACTOR, reservation_sid=first))
    assert engine.state.tasks[task_sid].assignment_status == "assigned"
    do(c.CompleteReservation(actor=ACTOR, reservation_sid=first))
    assert engine.state.reservations[first].reservation_status is ReservationStatus.COMPLETED
    assert engine.state.tasks[task_sid].assignment_status == "assigned"
    do(c.CompleteReservation(actor=ACTOR, reservation_sid=second))

    assert engine.state.tasks[task_sid].assignment_status == "completed"


def test_wrapping_up_a_task_leaves_who_wraps_up_already() -> None:
    """The task's wrapping up reaches only those who did not begin it themselves."""
    engine, world = two_at_work()
    first, second = engine.state.reservations
    task_sid = next(iter(engine.state.tasks))
    engine.execute(c.WrapUpReservation(actor=ACTOR, reservation_sid=first), world.now, world.sids)
    outcome = engine.execute(
        c.UpdateTask(actor=ACTOR, task_sid=task_sid, assignment_status="wrapping"),
        world.now,
        world.sids,
    )

    assert [event.resource_sid for event in outcome.events] == [task_sid, second]
    with pytest.raises(IllegalMove):
        engine.execute(
            c.WrapUpReservation(actor=ACTOR, reservation_sid=first), world.now, world.sids
        )
