"""Command functions on reservations: the workers' answers, and the clock's."""

from __future__ import annotations

from pointsman.engine import checks
from pointsman.engine.commands import (
    AcceptReservation,
    CancelReservation,
    CompleteReservation,
    HoldReservation,
    RejectReservation,
    WrapUpReservation,
)
from pointsman.engine.errors import IllegalMove, NotFound, ReservationOver
from pointsman.engine.handover import end_transfer, tell_end
from pointsman.engine.lifecycle import move_task
from pointsman.engine.moves import (
    check_version,
    complete_task,
    decline,
    held,
    open_offers,
    release,
    set_activity,
    settle_reservation,
    wrap_up_task,
)
from pointsman.engine.records import (
    Reservation,
    ReservationStatus,
    Target,
    Task,
    TaskStatus,
    TransferStatus,
    replace,
)
from pointsman.engine.transaction import Transaction

NO_WRAPPING = "cannot go to wrapping: the workspace is single-tasking"
_OVER = frozenset(
    {
        ReservationStatus.REJECTED,
        ReservationStatus.TIMEOUT,
        ReservationStatus.CANCELED,
        ReservationStatus.RESCINDED,
    }
)


def accept_reservation(tx: Transaction, command: AcceptReservation) -> Reservation:
    """The task is the worker's; its siblings are rescinded and its transfer ends in the same change."""
    reservation = _answerable(tx, command, "accepted", ReservationStatus.PENDING)
    task = tx.state.tasks[reservation.task_sid]
    siblings = [r for r in open_offers(tx, task) if r.sid != reservation.sid]
    assigned = replace(
        move_task(task, TaskStatus.ASSIGNED, tx.now),
        expires_at=None,
        step_expires_at=None,
        restart_workflow=False,
        assigned_until=tx.now + tx.limits.assigned_s * 1000,
        wrap_up_at=tx.in_s(tx.workspace.wrap_up_after_s),
    )
    transfer = None
    if task.transfer_sid is not None:
        transfer = end_transfer(tx, task, TransferStatus.COMPLETE)
        target = Target(queue_sid=task.target.queue_sid)
        assigned = replace(assigned, transfer_sid=None, target=target)
    tx.put(assigned)
    accepted = settle_reservation(tx, reservation, ReservationStatus.ACCEPTED, assigned)
    for sibling in siblings:
        settle_reservation(tx, sibling, ReservationStatus.RESCINDED, assigned)
    if transfer is not None:
        tell_end(tx, transfer, assigned)
    if tx.workspace.multi_task_enabled:
        release(tx, accepted)  # he may have been asked before the workspace became so
    else:
        _occupy(tx, accepted)
    for sibling in siblings:
        release(tx, sibling)
    return tx.state.reservations[accepted.sid]


def _occupy(tx: Transaction, accepted: Reservation) -> None:
    """In a single-tasking workspace who accepts goes to the queue's activity for it."""
    activity_sid = tx.state.task_queues[accepted.queue_sid].assignment_activity_sid
    if activity_sid is not None:
        set_activity(tx, tx.state.workers[accepted.worker_sid], activity_sid)


def reject_reservation(tx: Transaction, command: RejectReservation) -> Reservation:
    """The worker declines; the task waits again when nobody else is asked."""
    reservation = _answerable(tx, command, "rejected", ReservationStatus.PENDING)
    activity_sid = checks.optional_activity(tx, "WorkerActivitySid", command.worker_activity_sid)
    decline(tx, reservation, ReservationStatus.REJECTED)
    release(tx, reservation, activity_sid)
    return tx.state.reservations[reservation.sid]


def hold_reservation(tx: Transaction, command: HoldReservation) -> Reservation:
    """The offer's clock stands still while the worker's phone is called; nothing is told of that.

    However the call ends, the offer does not outlive the time given here.
    """
    reservation = _answerable(tx, command, "on hold", ReservationStatus.PENDING)
    if reservation.on_hold:
        raise IllegalMove(f"{reservation.sid} is on hold; its worker is being called already")
    until = tx.now + command.at_most_s * 1000
    held_up = replace(reservation, on_hold=True, expires_at=until)
    tx.put(held_up)
    return held_up


def cancel_reservation(tx: Transaction, command: CancelReservation) -> Reservation:
    """The worker cannot be asked; he stays as he is, and the task rests before it is offered again."""
    reservation = _answerable(tx, command, "canceled", ReservationStatus.PENDING)
    reservation = replace(reservation, canceled_reason_code=command.reason_code)
    decline(tx, reservation, ReservationStatus.CANCELED, unreachable=True)
    release(tx, reservation)
    return tx.state.reservations[reservation.sid]


def wrap_up_reservation(tx: Transaction, command: WrapUpReservation) -> Reservation:
    """The worker finishes up; so does the task when he was the last who works on it."""
    reservation = _answerable(tx, command, "wrapping", ReservationStatus.ACCEPTED)
    if not tx.workspace.multi_task_enabled:
        raise IllegalMove(f"{reservation.sid} {NO_WRAPPING}")
    task = tx.state.tasks[reservation.task_sid]
    accepted, _ = _others(tx, task, reservation)
    if task.assignment_status is TaskStatus.ASSIGNED and not accepted:
        wrap_up_task(tx, task, None)
        return tx.state.reservations[reservation.sid]
    return settle_reservation(tx, reservation, ReservationStatus.WRAPPING)


def complete_reservation(tx: Transaction, command: CompleteReservation) -> Reservation:
    """The worker is done; so is the task when nobody else has it, unless it is being transferred.

    When everybody else wraps up already, the task does, too.
    """
    reservation = _answerable(
        tx, command, "completed", ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING
    )
    task = tx.state.tasks[reservation.task_sid]
    accepted, wrapping = _others(tx, task, reservation)
    if task.transfer_sid is None and not accepted and not wrapping:
        complete_task(tx, task, None)
        return tx.state.reservations[reservation.sid]
    completed = settle_reservation(tx, reservation, ReservationStatus.COMPLETED)
    if task.assignment_status is TaskStatus.ASSIGNED and not accepted:
        wrap_up_task(tx, task, None)
    return completed


def time_out(tx: Transaction, reservation: Reservation) -> None:
    """Nobody answered: the worker goes to the timeout activity, the task on.

    On hold it was not for the worker to answer: he stays as he is.
    """
    if reservation.on_hold:
        decline(tx, reservation, ReservationStatus.CANCELED, unreachable=True)
        release(tx, reservation)
        return
    decline(tx, reservation, ReservationStatus.TIMEOUT)
    worker = tx.state.workers[reservation.worker_sid]
    set_activity(tx, worker, tx.workspace.timeout_activity_sid)


def _answerable(
    tx: Transaction,
    command: AcceptReservation
    | CancelReservation
    | HoldReservation
    | RejectReservation
    | WrapUpReservation
    | CompleteReservation,
    wanted: str,
    *allowed: ReservationStatus,
) -> Reservation:
    """The reservation, if it is in a status that the answer fits."""
    reservation = tx.state.reservations.get(command.reservation_sid)
    if reservation is None:
        raise NotFound("reservation", command.reservation_sid)
    check_version(reservation, command.if_match)
    status = reservation.reservation_status
    if status in _OVER:
        raise ReservationOver(reservation.sid, status.value)
    if status not in allowed:
        raise IllegalMove(f"{reservation.sid} is {status.value}; it cannot become {wanted}")
    return reservation


def _others(tx: Transaction, task: Task, reservation: Reservation) -> tuple[bool, bool]:
    """Whether anybody else has the task accepted, and whether anybody else wraps up."""
    statuses = {o.reservation_status for o in held(tx, task) if o.sid != reservation.sid}
    return ReservationStatus.ACCEPTED in statuses, ReservationStatus.WRAPPING in statuses
