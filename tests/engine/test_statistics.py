"""Figures are folded from facts: spreads, waits, stays; and counted over live tasks."""

from __future__ import annotations

import pytest

from pointsman.engine.records import TaskStatus
from pointsman.engine.state import State
from pointsman.engine.statistics import Fact, Flow, Spread, Stays, TaskCount, staff_of_queue
from tests.store.builders import a_task, sid

ANA, BO = sid("WK", 1), sid("WK", 2)
OFFLINE, AVAILABLE, LUNCH = sid("WA", 1), sid("WA", 2), sid("WA", 3)


def moved(worker_sid: str, at: int, before: str, after: str) -> Fact:
    """A worker goes from one activity to another."""
    return Fact(
        "worker.activity.update",
        at,
        worker_sid=worker_sid,
        activity_sid=after,
        activity_name=f"name of {after}",
        previous_activity_sid=before,
        previous_activity_name=f"name of {before}",
    )


def told(kind: str, worker_sid: str, at: int, activity_sid: str) -> Fact:
    """Something else that tells in which activity a worker is."""
    return Fact(kind, at, worker_sid=worker_sid, activity_sid=activity_sid)


def totals(stays: Stays) -> dict[str, tuple[int, int]]:
    """How many stays there were in each activity, and how long all together."""
    stays.close()
    return {name: (spread.count, spread.total) for name, spread in stays.spreads.items()}


@pytest.mark.feature(179)
def test_a_spread() -> None:
    """A spread tells the least, the most and the sum of its spans; of no spans all are zero."""
    nothing, spread = Spread(), Spread()
    for span_ms in (7, 3, 0, 5):
        spread.add(span_ms)

    assert (nothing.count, nothing.least, nothing.most, nothing.total) == (0, 0, 0, 0)
    assert (spread.count, spread.least, spread.most, spread.total) == (4, 0, 7, 15)


@pytest.mark.feature(178, 179)
def test_waits() -> None:
    """Only an acceptance and a cancellation end a wait, and each is on one side of each threshold."""
    flow = Flow([5, 60])
    for fact in (
        Fact("reservation.accepted", 15_000, task_created_at=10_000, task_queue_entered_at=12_000),
        Fact("reservation.accepted", 15_001, task_created_at=10_000),
        Fact("task.canceled", 80_000, task_created_at=10_000, task_queue_entered_at=10_000),
        Fact("task.completed", 90_000, task_created_at=10_000),
        Fact("reservation.accepted", 90_000),
    ):
        flow.add(fact)

    assert flow.counts == {"reservation.accepted": 3, "task.canceled": 1, "task.completed": 1}
    assert (flow.until_accepted.count, flow.until_accepted.total) == (2, 10_001)
    assert (flow.until_canceled.count, flow.until_canceled.total) == (1, 70_000)
    assert (flow.in_queue_until_accepted.count, flow.in_queue_until_accepted.total) == (1, 3_000)
    assert flow.below == {
        5: {"reservation.accepted": 1},
        60: {"reservation.accepted": 2},
    }
    assert flow.above == {
        5: {"reservation.accepted": 1, "task.canceled": 1},
        60: {"task.canceled": 1},
    }


def test_a_clock_that_was_set_back() -> None:
    """A wait is never negative."""
    flow = Flow()
    flow.add(Fact("reservation.accepted", 5, task_created_at=9, task_queue_entered_at=9))

    assert (flow.until_accepted.least, flow.in_queue_until_accepted.least) == (0, 0)


@pytest.mark.feature(176)
def test_the_first_event_tells_what_was_before() -> None:
    """A change tells the activity before it, any other event that it was the same."""
    stays = Stays(100, 200)
    stays.add(moved(ANA, 130, OFFLINE, AVAILABLE))
    stays.add(told("reservation.accepted", BO, 150, AVAILABLE))
    stays.add(moved(BO, 180, AVAILABLE, LUNCH))

    assert (stays.knows(ANA), stays.knows(sid("WK", 3))) == (True, False)
    assert totals(stays) == {OFFLINE: (1, 30), AVAILABLE: (2, 150), LUNCH: (1, 20)}
    assert stays.names[LUNCH] == f"name of {LUNCH}"


@pytest.mark.feature(176)
def test_a_life_within_the_window() -> None:
    """A worker's first stay begins with him and his last one ends with him, whatever is told later."""
    stays = Stays(100, 200)
    stays.add(told("worker.created", ANA, 110, OFFLINE))
    stays.add(moved(ANA, 120, OFFLINE, AVAILABLE))
    stays.add(told("worker.deleted", ANA, 150, AVAILABLE))
    stays.add(told("reservation.completed", ANA, 160, AVAILABLE))

    assert totals(stays) == {OFFLINE: (1, 10), AVAILABLE: (1, 30)}


@pytest.mark.feature(176)
def test_stays_without_length_are_none() -> None:
    """A stay of no length, within the window or at its edges, is not counted."""
    stays = Stays(100, 200)
    stays.add(moved(ANA, 100, OFFLINE, AVAILABLE))
    stays.add(moved(ANA, 150, AVAILABLE, LUNCH))
    stays.add(moved(ANA, 150, LUNCH, AVAILABLE))
    stays.add(moved(ANA, 200, AVAILABLE, OFFLINE))

    assert totals(stays) == {AVAILABLE: (2, 100)}


@pytest.mark.feature(176)
def test_who_did_nothing() -> None:
    """Whoever stayed stayed for the whole window; facts that tell no activity tell nothing."""
    stays = Stays(100, 200)
    stays.add(Fact("task.created", 120))
    stays.add(Fact("reservation.completed", 130, worker_sid=BO, activity_sid=""))
    stays.stayed(ANA, LUNCH)

    assert not stays.knows(BO)
    assert totals(stays) == {LUNCH: (1, 100)}


@pytest.mark.feature(171, 172, 173)
def test_counting_tasks() -> None:
    """The longest wait is by creation, the longest in the queue by entrance; the first of equals stays."""
    count = TaskCount()
    for number, (status, created_at, entered_at, priority) in enumerate(
        (
            (TaskStatus.ASSIGNED, 1, 1, 9),
            (TaskStatus.PENDING, 5, 8, 2),
            (TaskStatus.PENDING, 5, 9, 2),
            (TaskStatus.PENDING, 6, 7, 0),
            (TaskStatus.RESERVED, 2, 2, 2),
            (TaskStatus.PENDING, 7, 7, 0),
        ),
        1,
    ):
        count.add(
            a_task(
                number,
                assignment_status=status,
                date_created=created_at,
                task_queue_entered_at=entered_at,
                priority=priority,
            )
        )

    assert count.statuses == {
        TaskStatus.ASSIGNED: 1,
        TaskStatus.PENDING: 4,
        TaskStatus.RESERVED: 1,
    }
    assert count.priorities == {2: 3, 0: 2}
    assert count.oldest is not None
    assert count.longest_in_queue is not None
    assert (count.oldest.sid, count.longest_in_queue.sid) == (sid("WT", 2), sid("WT", 4))


@pytest.mark.feature(175)
def test_a_queue_that_is_not_here_has_no_workers() -> None:
    """Nobody is eligible for a queue that does not exist."""
    assert staff_of_queue(State(), sid("WQ", 1)) == ({}, 0, 0)
