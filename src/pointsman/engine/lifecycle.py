"""Which status may follow which: three tables, and the only three functions that change a status.

Everything about legal moves is here; who may cause them and what follows from them is not.
"""

from __future__ import annotations

from pointsman.engine.errors import IllegalMove
from pointsman.engine.records import (
    Reservation,
    Task,
    Transfer,
    replace,
)
from pointsman.engine.records import (
    ReservationStatus as R,
)
from pointsman.engine.records import (
    TaskStatus as T,
)
from pointsman.engine.records import (
    TransferStatus as X,
)

TASK_MOVES: dict[T, frozenset[T]] = {
    # Only a task that is being transferred goes from assigned to pending, and from there back.
    T.PENDING: frozenset({T.RESERVED, T.ASSIGNED, T.CANCELED}),
    T.RESERVED: frozenset({T.PENDING, T.ASSIGNED, T.CANCELED}),
    T.ASSIGNED: frozenset({T.PENDING, T.WRAPPING, T.COMPLETED}),
    T.WRAPPING: frozenset({T.COMPLETED}),
    T.COMPLETED: frozenset(),
    T.CANCELED: frozenset(),
}

RESERVATION_MOVES: dict[R, frozenset[R]] = {
    R.PENDING: frozenset({R.ACCEPTED, R.REJECTED, R.TIMEOUT, R.CANCELED, R.RESCINDED}),
    R.ACCEPTED: frozenset({R.WRAPPING, R.COMPLETED}),
    R.WRAPPING: frozenset({R.COMPLETED}),
    R.COMPLETED: frozenset(),
    R.REJECTED: frozenset(),
    R.TIMEOUT: frozenset(),
    R.CANCELED: frozenset(),
    R.RESCINDED: frozenset(),
}

TRANSFER_MOVES: dict[X, frozenset[X]] = {
    X.INITIATED: frozenset({X.COMPLETE, X.FAILED, X.CANCELED}),
    X.COMPLETE: frozenset(),
    X.FAILED: frozenset(),
    X.CANCELED: frozenset(),
}


def move_task(task: Task, status: T, now: int) -> Task:
    """The task in its new status, one version later; refused when the table has no such move."""
    if status not in TASK_MOVES[task.assignment_status]:
        raise IllegalMove(f"{task.sid} is {task.assignment_status}; it cannot become {status}")
    return replace(task, assignment_status=status, date_updated=now, version=task.version + 1)


def move_reservation(reservation: Reservation, status: R, now: int) -> Reservation:
    """The reservation in its new status, one version later; refused when the table has no such move."""
    if status not in RESERVATION_MOVES[reservation.reservation_status]:
        raise IllegalMove(
            f"{reservation.sid} is {reservation.reservation_status}; it cannot become {status}"
        )
    return replace(
        reservation,
        reservation_status=status,
        date_updated=now,
        version=reservation.version + 1,
        expires_at=None,
    )


def move_transfer(transfer: Transfer, status: X, now: int, reason: str | None = None) -> Transfer:
    """The transfer in its new status, and why it failed; refused when the table has no such move."""
    if status not in TRANSFER_MOVES[transfer.transfer_status]:
        raise IllegalMove(
            f"{transfer.sid} is {transfer.transfer_status}; it cannot become {status}"
        )
    return replace(
        transfer, transfer_status=status, date_updated=now, transfer_failed_reason=reason
    )
