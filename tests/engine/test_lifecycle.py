"""Which status may follow which: every pair."""

from __future__ import annotations

from itertools import product

import pytest

from pointsman.engine.errors import IllegalMove
from pointsman.engine.lifecycle import (
    RESERVATION_MOVES,
    TASK_MOVES,
    TRANSFER_MOVES,
    move_reservation,
    move_task,
    move_transfer,
)
from pointsman.engine.records import (
    Reservation,
    ReservationStatus,
    Target,
    Task,
    TaskStatus,
    Transfer,
    TransferMode,
    TransferStatus,
)

LEGAL_FOR_TASKS = {
    ("pending", "reserved"),
    ("pending", "canceled"),
    ("pending", "assigned"),
    ("reserved", "pending"),
    ("reserved", "assigned"),
    ("reserved", "canceled"),
    ("assigned", "pending"),
    ("assigned", "wrapping"),
    ("assigned", "completed"),
    ("wrapping", "completed"),
}
LEGAL_FOR_RESERVATIONS = {
    ("pending", "accepted"),
    ("pending", "rejected"),
    ("pending", "timeout"),
    ("pending", "canceled"),
    ("pending", "rescinded"),
    ("accepted", "wrapping"),
    ("accepted", "completed"),
    ("wrapping", "completed"),
}
LEGAL_FOR_TRANSFERS = {
    ("initiated", "complete"),
    ("initiated", "failed"),
    ("initiated", "canceled"),
}


def a_task(status: TaskStatus) -> Task:
    return Task(
        sid="WT1",
        attributes="{}",
        assignment_status=status,
        priority=0,
        timeout_s=60,
        task_channel_sid="TC1",
        workflow_sid="WW1",
        target=Target("WQ1"),
        filter_index=0,
        filter_name=None,
        target_index=0,
        timeout_sum_s=0,
        task_queue_entered_at=0,
        virtual_start_at=0,
        date_created=0,
        date_updated=0,
        version=4,
    )


def a_reservation(status: ReservationStatus) -> Reservation:
    return Reservation(
        sid="WR1",
        task_sid="WT1",
        worker_sid="WK1",
        worker_name="alice",
        workflow_sid="WW1",
        queue_sid="WQ1",
        task_channel_sid="TC1",
        reservation_status=status,
        timeout_s=120,
        date_created=0,
        date_updated=0,
        version=4,
        expires_at=120_000,
    )


def a_transfer(status: TransferStatus) -> Transfer:
    return Transfer(
        sid="TT1",
        task_sid="WT1",
        transfer_mode=TransferMode.WARM,
        transfer_to="WK2",
        transfer_status=status,
        initiating_reservation_sid="WR1",
        initiating_worker_sid="WK1",
        initiating_workflow_sid="WW1",
        initiating_target=Target("WQ1"),
        date_created=0,
        date_updated=0,
    )


@pytest.mark.feature(80, 81)
@pytest.mark.parametrize(("before", "after"), list(product(TaskStatus, TaskStatus)))
def test_every_pair_of_task_statuses(before: TaskStatus, after: TaskStatus) -> None:
    """A task makes exactly the moves of the table, each one version later."""
    if (before, after) not in LEGAL_FOR_TASKS:
        with pytest.raises(IllegalMove, match=f"WT1 is {before}; it cannot become {after}"):
            move_task(a_task(before), after, 7)
        return

    moved = move_task(a_task(before), after, 7)

    assert (moved.assignment_status, moved.version, moved.date_updated) == (after, 5, 7)


@pytest.mark.feature(93, 95)
@pytest.mark.parametrize(("before", "after"), list(product(ReservationStatus, ReservationStatus)))
def test_every_pair_of_reservation_statuses(
    before: ReservationStatus, after: ReservationStatus
) -> None:
    """A reservation makes exactly the moves of the table; its clock stops with the first."""
    if (before, after) not in LEGAL_FOR_RESERVATIONS:
        with pytest.raises(IllegalMove, match=f"WR1 is {before}; it cannot become {after}"):
            move_reservation(a_reservation(before), after, 7)
        return

    moved = move_reservation(a_reservation(before), after, 7)

    assert (moved.reservation_status, moved.version, moved.expires_at) == (after, 5, None)


@pytest.mark.feature(186, partly=True)
@pytest.mark.parametrize(("before", "after"), list(product(TransferStatus, TransferStatus)))
def test_every_pair_of_transfer_statuses(before: TransferStatus, after: TransferStatus) -> None:
    """A transfer makes exactly the moves of the table, and keeps why it failed."""
    if (before, after) not in LEGAL_FOR_TRANSFERS:
        with pytest.raises(IllegalMove, match=f"TT1 is {before}; it cannot become {after}"):
            move_transfer(a_transfer(before), after, 7)
        return

    moved = move_transfer(a_transfer(before), after, 7, "why")

    assert (moved.transfer_status, moved.date_updated) == (after, 7)
    assert moved.transfer_failed_reason == "why"


def test_the_tables_name_every_status() -> None:
    """Each status has its line in its table."""
    assert set(TASK_MOVES) == set(TaskStatus)
    assert set(RESERVATION_MOVES) == set(ReservationStatus)
    assert set(TRANSFER_MOVES) == set(TransferStatus)
