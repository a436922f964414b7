"""Which status may follow which: two tables, and the only two functions that change a status.

Everything about legal moves is here; who may cause them and what follows from them is not.
"""

from __future__ import annotations

from pointsman.engine.errors import IllegalMove
from pointsman.engine.records import (
    Reservation,
    Task,
    replace,
)
from pointsman.engine.records import (
    ReservationStatus as R,
)
from pointsman.engine.records import (
    TaskStatus as T,
)

TASK_MOVES: dict[T, frozenset[T]] = {
    T.PENDING: frozenset({T.RESERVED, T.CANCELED}),
    T.RESERVED: frozenset({T.PENDING, T.ASSIGNED, T.CANCELED}),
    T.ASSIGNED: frozenset({T.WRAPPING, T.COMPLETED}),
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
