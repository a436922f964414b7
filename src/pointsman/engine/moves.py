"""Joint consequences: what must change together, whoever causes it.

Each function takes records as they are stored, puts their next versions and tells what happened.
Which worker or step comes next is not decided here: a task that waits again is only marked for `route`.
"""

from __future__ import annotations

from pointsman.engine.errors import VersionMismatch
from pointsman.engine.events import EventType
from pointsman.engine.handover import end_transfer, take_back, tell_end, tell_queue, transfer_of
from pointsman.engine.lifecycle import move_reservation, move_task
from pointsman.engine.records import (
    Reservation,
    ReservationStatus,
    Task,
    TaskStatus,
    TransferStatus,
    Worker,
    replace,
)
from pointsman.engine.transaction import Transaction
from pointsman.engine.waiting import Look

RESERVATION_EVENTS: dict[ReservationStatus, EventType] = {
    ReservationStatus.ACCEPTED: EventType.RESERVATION_ACCEPTED,
    ReservationStatus.WRAPPING: EventType.RESERVATION_WRAPUP,
    ReservationStatus.COMPLETED: EventType.RESERVATION_COMPLETED,
    ReservationStatus.REJECTED: EventType.RESERVATION_REJECTED,
    ReservationStatus.TIMEOUT: EventType.RESERVATION_TIMEOUT,
    ReservationStatus.CANCELED: EventType.RESERVATION_CANCELED,
    ReservationStatus.RESCINDED: EventType.RESERVATION_RESCINDED,
}


def check_version(record: Task | Worker | Reservation, if_match: int | None) -> None:
    """Refuse a change that was asked for in the face of another version."""
    if if_match is not None and if_match != record.version:
        raise VersionMismatch(record.sid, if_match, record.version)


def set_activity(tx: Transaction, worker: Worker, activity_sid: str) -> Worker:
    """The worker in his new activity; setting the one he is in changes and tells nothing."""
    if worker.activity_sid == activity_sid:
        return worker
    previous = tx.state.activities[worker.activity_sid]
    activity = tx.state.activities[activity_sid]
    moved = replace(
        worker,
        activity_sid=activity_sid,
        date_status_changed=tx.now,
        date_updated=tx.now,
        version=worker.version + 1,
    )
    tx.put(moved)
    tx.tell_worker(
        EventType.WORKER_ACTIVITY_UPDATE,
        moved,
        description=f"Worker {worker.friendly_name} updated to {activity.friendly_name} Activity",
        previous_activity=previous,
        time_in_previous_activity_ms=tx.now - worker.date_status_changed,
    )
    return moved


def settle_reservation(
    tx: Transaction, reservation: Reservation, status: ReservationStatus, task: Task | None = None
) -> Reservation:
    """Move one reservation and tell it, with its task as that is (or is about to be) stored."""
    moved = move_reservation(reservation, status, tx.now)
    tx.put(moved)
    tx.tell_reservation(
        RESERVATION_EVENTS[status], moved, task or tx.state.tasks[reservation.task_sid]
    )
    return moved


def activity_before_offers(tx: Transaction, worker: Worker) -> str:
    """Where he goes back to when he takes nothing of what he is offered.

    An offer past his capacity may come on top of another: then it is where he was before both.
    """
    if not tx.workspace.multi_task_enabled:
        for other in tx.state.live_reservations_of_worker(worker.sid):
            pending = other.reservation_status is ReservationStatus.PENDING
            if pending and other.reserved_activity_sid == worker.activity_sid:
                return other.worker_previous_activity_sid or worker.activity_sid
    return worker.activity_sid


def release(tx: Transaction, reservation: Reservation, activity_sid: str | None = None) -> None:
    """After an offer that came to nothing the worker goes where he wants to, or where he was before.

    The latter only if he is still where an offer in a single-tasking workspace put him.
    """
    worker = tx.state.workers[reservation.worker_sid]
    if activity_sid is None and worker.activity_sid == reservation.reserved_activity_sid:
        before_sid = reservation.worker_previous_activity_sid
        is_there = before_sid in tx.state.activities
        activity_sid = before_sid if is_there else tx.workspace.default_activity_sid
    if activity_sid is not None:
        set_activity(tx, worker, activity_sid)


LONGEST_REST_MS = 30_000
_DOUBLINGS = 5


def decline(
    tx: Transaction,
    reservation: Reservation,
    status: ReservationStatus,
    *,
    unreachable: bool = False,
) -> None:
    """An offer failed; when it was the last open one of its batch, the task waits again.

    A task that was transferred to the worker comes back instead. A task whose worker could not be asked rests first: a second, then twice as long each time in a
    row, so that a dead address does not use up its offers at once.
    """
    task = tx.state.tasks[reservation.task_sid]
    if task.is_direct:
        _decline_direct(tx, task, reservation, status)
        return
    if task.transfer_sid is not None and transfer_of(tx, task).is_to_worker:
        _decline_transfer(tx, task, reservation, status)
        return
    siblings = [r for r in open_offers(tx, task) if r.sid != reservation.sid]
    if siblings:
        settle_reservation(tx, reservation, status)
        _tell_attempt(tx, task)
        return
    count = task.unreachable_count + 1 if unreachable else 0
    rest_ms = min(500 << min(count, _DOUBLINGS + 1), LONGEST_REST_MS)
    waiting = replace(
        move_task(task, TaskStatus.PENDING, tx.now),
        unreachable_count=count,
        not_before_at=tx.now + rest_ms if unreachable else None,
    )
    tx.put(waiting)
    tx.state.look_again(waiting, Look.RETURNED)
    settle_reservation(tx, reservation, status, waiting)
    if _tell_attempt(tx, waiting):
        tx.tell_task(EventType.TASK_UPDATED, waiting)


def _tell_attempt(tx: Transaction, task: Task) -> bool:
    """Tell that one of those whom a transfer to a queue was offered declined; False without a transfer."""
    if task.transfer_sid is None:
        return False
    kind = EventType.TASK_TRANSFER_ATTEMPT_FAILED
    tx.tell_task(kind, task, transfer=transfer_of(tx, task))
    return True


def _decline_transfer(
    tx: Transaction, task: Task, reservation: Reservation, status: ReservationStatus
) -> None:
    """The worker whom the task was transferred to did not take it: it is as it was before."""
    reason = f"{reservation.worker_name} did not take it: the reservation was {status}"
    transfer = end_transfer(tx, task, TransferStatus.FAILED, reason)
    is_held = bool(held(tx, task))
    back = take_back(tx, task, transfer, is_held=is_held)
    settle_reservation(tx, reservation, status, back)
    tx.tell_task(EventType.TASK_TRANSFER_ATTEMPT_FAILED, back, reason, transfer=transfer)
    tell_end(tx, transfer, back)
    _go_on(tx, task, back, is_held)


def call_off_transfer(
    tx: Transaction, task: Task, status: TransferStatus, reason: str | None = None
) -> None:
    """End a transfer that nobody took yet: offers are canceled, and the task is as it was before.

    With a reason it is canceled when nobody has it any more; without one it is routed anew.
    """
    transfer = end_transfer(tx, task, status, reason)
    is_held = bool(held(tx, task))
    back = take_back(tx, task, transfer, is_held=is_held)
    tell_end(tx, transfer, back)
    offers = open_offers(tx, task)
    for reservation in offers:
        settle_reservation(tx, reservation, ReservationStatus.CANCELED, back)
    if is_held or reason is None:
        _go_on(tx, task, back, is_held)
    else:
        tell_queue(tx, task, back)
        cancel_task(tx, back, reason, reason)
    for reservation in offers:
        release(tx, reservation)


def _go_on(tx: Transaction, before: Task, back: Task, is_held: bool) -> None:
    """The task came back: whoever holds it goes on with it, else it waits again, or is over."""
    tell_queue(tx, before, back)
    tx.tell_task(EventType.TASK_UPDATED, back)
    if is_held:
        return
    if back.is_direct:
        reason = _unavailable(back)
        cancel_task(tx, back, reason, reason)
    else:
        tx.state.look_again(back, Look.RETURNED)


def _unavailable(task: Task) -> str:
    return f"RoutingTarget not available for Reservation acceptance: {task.routing_target}"


def _decline_direct(
    tx: Transaction, task: Task, reservation: Reservation, status: ReservationStatus
) -> None:
    """The only worker it is for did not take it: the task is over."""
    reason = _unavailable(task)
    canceled = _put_canceled(tx, task, reason)
    settle_reservation(tx, reservation, status, canceled)
    tx.tell_task(EventType.TASK_CANCELED, canceled, reason)


def miss_target(tx: Transaction, task: Task) -> None:
    """The time of a task that waited for one worker is over, and it was never offered to him."""
    reason = "RoutingTarget SLA for Reservation creation was not met"
    canceled = _put_canceled(tx, task, reason)
    tx.tell_unmade_reservation(canceled, reason)
    tx.tell_task(EventType.TASK_CANCELED, canceled, reason)


def end_rest(tx: Transaction, task: Task) -> None:
    """The task may be offered again."""
    rested = replace(task, not_before_at=None)
    tx.put(rested)
    tx.state.look_again(rested, Look.RETURNED)


def open_offers(tx: Transaction, task: Task) -> list[Reservation]:
    """The task's reservations that are still to be answered."""
    return [
        reservation
        for reservation in tx.state.reservations_of_task(task.sid)
        if reservation.reservation_status is ReservationStatus.PENDING
    ]


def held(tx: Transaction, task: Task) -> list[Reservation]:
    """The task's reservations that a worker accepted and has not completed."""
    wanted = (ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING)
    return [r for r in tx.state.reservations_of_task(task.sid) if r.reservation_status in wanted]


def cancel_task(tx: Transaction, task: Task, reason: str | None, description: str = "") -> Task:
    """End a pending or reserved task: its transfer and its offers are canceled first.

    Whoever still holds a task that is being transferred is done with it.
    """
    canceled = _put_canceled(tx, task, reason)
    if task.transfer_sid is not None:
        tell_end(tx, end_transfer(tx, task, TransferStatus.CANCELED), canceled)
    offers = open_offers(tx, task)
    for reservation in offers:
        settle_reservation(tx, reservation, ReservationStatus.CANCELED, canceled)
    for reservation in held(tx, task):
        settle_reservation(tx, reservation, ReservationStatus.COMPLETED, canceled)
    tx.tell_task(EventType.TASK_CANCELED, canceled, description)
    for reservation in offers:
        release(tx, reservation)
    return canceled


def _put_canceled(tx: Transaction, task: Task, reason: str | None) -> Task:
    canceled = replace(
        move_task(task, TaskStatus.CANCELED, tx.now),
        reason=reason,
        transfer_sid=None,
        expires_at=None,
        step_expires_at=None,
        assigned_until=None,
        purge_at=tx.now + tx.limits.purge_s * 1000,
    )
    tx.put(canceled)
    return canceled


def wrap_up_task(tx: Transaction, task: Task, reason: str | None) -> Task:
    """The talking is over: the task and every accepted reservation go to wrapping."""
    wrapping = replace(
        move_task(task, TaskStatus.WRAPPING, tx.now),
        wrap_up_at=None,
        complete_at=tx.in_s(tx.workspace.complete_after_s),
    )
    if reason is not None:
        wrapping = replace(wrapping, reason=reason)
    tx.put(wrapping)
    tx.tell_task(EventType.TASK_WRAPUP, wrapping)
    for reservation in held(tx, task):
        if reservation.reservation_status is ReservationStatus.ACCEPTED:
            settle_reservation(tx, reservation, ReservationStatus.WRAPPING, wrapping)
    return wrapping


def complete_task(tx: Transaction, task: Task, reason: str | None) -> Task:
    """The work is done: slots are freed; the task stays readable until its purge."""
    completed = replace(
        move_task(task, TaskStatus.COMPLETED, tx.now),
        reason=reason,
        assigned_until=None,
        wrap_up_at=None,
        complete_at=None,
        purge_at=tx.now + tx.limits.purge_s * 1000,
    )
    tx.put(completed)
    tx.tell_task(EventType.TASK_COMPLETED, completed)
    for reservation in held(tx, task):
        settle_reservation(tx, reservation, ReservationStatus.COMPLETED, completed)
    tx.tell_task(EventType.TASK_UPDATED, completed)
    return completed


def erase_task(tx: Transaction, task: Task, kind: EventType) -> None:
    """Delete a task in any status: its transfer and offers are canceled, what was accepted is completed.

    Then it is gone.
    """
    if task.transfer_sid is not None:
        tell_end(tx, end_transfer(tx, task, TransferStatus.CANCELED), task)
    offers = open_offers(tx, task)
    for reservation in offers:
        settle_reservation(tx, reservation, ReservationStatus.CANCELED, task)
    for reservation in held(tx, task):
        settle_reservation(tx, reservation, ReservationStatus.COMPLETED, task)
    tx.tell_task(kind, task)
    for reservation in offers:
        release(tx, reservation)
    forget_task(tx, task)


def forget_task(tx: Transaction, task: Task) -> None:
    """Take the task, its reservations and transfers out of memory; their history stays."""
    for transfer in tx.state.transfers_of_task(task.sid):
        tx.remove(transfer)
    for reservation in tx.state.reservations_of_task(task.sid):
        tx.remove(reservation)
    tx.remove(task)
