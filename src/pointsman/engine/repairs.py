"""What waits although nothing will ever move it on, and how it goes on.

The rules of the engine leave nothing like this behind; a mistake of ours, or rows that were changed
by hand, can. Finding changes nothing. Who asks, and when, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pointsman.engine.commands import Mend
from pointsman.engine.errors import IllegalMove
from pointsman.engine.lifecycle import move_task
from pointsman.engine.moves import complete_task, release, settle_reservation
from pointsman.engine.records import (
    LIVE_RESERVATION,
    Reservation,
    ReservationStatus,
    Task,
    TaskStatus,
)
from pointsman.engine.state import State
from pointsman.engine.transaction import Transaction
from pointsman.engine.waiting import Look

REASON = "Nobody had it any more"
_HELD = frozenset({ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING})
_WORKED_ON = frozenset({TaskStatus.ASSIGNED, TaskStatus.WRAPPING})


class Finding(NamedTuple):
    """A task or a reservation that is stuck, and why."""

    sid: str
    sentence: str


def findings(state: State) -> Iterator[Finding]:
    """Everything that is stuck: what is open without the other half that would end it."""
    for task in state.tasks.values():
        if told := _stuck_task(state, task):
            yield Finding(task.sid, told)
    for reservation in state.reservations.values():
        if told := _stuck_reservation(state, reservation):
            yield Finding(reservation.sid, told)


def mend(tx: Transaction, command: Mend) -> None:
    """Have what is stuck go on: a task waits again or is completed, a reservation ends.

    Refused for what is not stuck.
    """
    state = tx.state
    task = state.tasks.get(command.sid)
    if task is not None and _stuck_task(state, task):
        _mend_task(tx, task)
        return
    reservation = state.reservations.get(command.sid)
    if reservation is not None and _stuck_reservation(state, reservation):
        _mend_reservation(tx, reservation)
        return
    raise IllegalMove(f"{command.sid} is not stuck; there is nothing to mend")


def _stuck_task(state: State, task: Task) -> str:
    """Why the task will not go on; empty when it will."""
    found = {one.reservation_status for one in state.reservations_of_task(task.sid)}
    if task.assignment_status is TaskStatus.RESERVED and ReservationStatus.PENDING not in found:
        return "It is reserved, and nobody is asked; it has to wait again."
    if task.assignment_status in _WORKED_ON and not found & _HELD:
        return f"It is {task.assignment_status}, and nobody has it; it has to be completed."
    return ""


def _stuck_reservation(state: State, reservation: Reservation) -> str:
    """Why the reservation will not end; empty when it will."""
    status = reservation.reservation_status
    if status not in LIVE_RESERVATION:
        return ""
    task = state.tasks.get(reservation.task_sid)
    if task is None:
        return f"It is {status}, and its task is gone; it has to go too."
    open_offer = status is ReservationStatus.PENDING
    if open_offer and task.assignment_status is not TaskStatus.RESERVED:
        return f"It is pending, and its task is {task.assignment_status}; it has to be canceled."
    under_way = task.transfer_sid is not None  # then whoever passes it on may still hold it
    if not open_offer and task.assignment_status not in _WORKED_ON and not under_way:
        return f"It is {status}, and its task is {task.assignment_status}; it has to be completed."
    return ""


def _mend_task(tx: Transaction, task: Task) -> None:
    if task.assignment_status is TaskStatus.RESERVED:
        waiting = move_task(task, TaskStatus.PENDING, tx.now)
        tx.put(waiting)
        tx.state.look_again(waiting, Look.RETURNED)
    else:
        complete_task(tx, task, REASON)


def _mend_reservation(tx: Transaction, reservation: Reservation) -> None:
    if reservation.task_sid not in tx.state.tasks:
        tx.remove(reservation)
    elif reservation.reservation_status is ReservationStatus.PENDING:
        settle_reservation(tx, reservation, ReservationStatus.CANCELED)
        release(tx, reservation)
    else:
        settle_reservation(tx, reservation, ReservationStatus.COMPLETED)
