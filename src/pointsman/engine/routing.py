"""route(): offer what can be offered, until nothing changes.

**Only `route` makes reservations.** It runs after every command and every timer, on whatever the
command left fresh or woken; there is no "a worker became available" or "a task arrived" besides.
"""

from __future__ import annotations

from pointsman.engine import workflow
from pointsman.engine.events import EventType
from pointsman.engine.expressions import Place, compile_expression
from pointsman.engine.lifecycle import move_task
from pointsman.engine.matching import Search, workers_names
from pointsman.engine.moves import (
    activity_before_offers,
    call_off_transfer,
    cancel_task,
    set_activity,
)
from pointsman.engine.names import clock_names, task_names
from pointsman.engine.records import (
    Actor,
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

ASSIGNMENTS_REASON = "Task TTL Exceeded or Max assignment count exceeded"


def route(tx: Transaction) -> None:
    """Make every reservation that can be made now; what follows from it is the engine's doing."""
    if not tx.state.fresh and not tx.state.woken:
        return
    asked_by, engine = tx.actor, Actor("workspace", tx.workspace.sid, "twilio")
    tx.actor = replace(engine, request_id=asked_by.request_id)
    search = Search(tx.state, tx.now)
    while (task := search.next_task()) is not None:
        reason = tx.state.reasons.get(task.sid, Look.RETRY)
        if reason is Look.RETURNED and _moves_on(tx, task):
            continue
        workers = search.workers_for(task)
        if workers:
            _reserve(tx, task, workers)
        else:
            assert task.sid in tx.state.fresh, f"{task.sid} was wanted, but nobody fits"
            _stay_or_leave(tx, task, reason)
    tx.actor = asked_by


def _moves_on(tx: Transaction, task: Task) -> bool:
    """Whether a task whose offer failed leaves its step (or ends) instead of being offered again there."""
    if task.assignment_count >= tx.limits.assignments and task.transfer_sid is not None:
        call_off_transfer(tx, task, TransferStatus.FAILED, ASSIGNMENTS_REASON)
    elif task.assignment_count >= tx.limits.assignments:
        cancel_task(tx, task, ASSIGNMENTS_REASON, ASSIGNMENTS_REASON)
    elif task.restart_workflow:
        workflow.restart(tx, task)
    elif _is_overdue(tx, task):
        workflow.leave(tx, task, workflow.Exit.TIMEOUT)
    else:
        return False
    _look_as_entered(tx, task)
    return True


def _look_as_entered(tx: Transaction, task: Task) -> None:
    """The task is in another step now: it is not to be sent on once more because its offer failed."""
    if task.sid in tx.state.reasons:
        tx.state.reasons[task.sid] = Look.ENTERED


def _stay_or_leave(tx: Transaction, task: Task, reason: Look) -> None:
    """Nobody can serve the task now: it leaves an overdue step, or one to be skipped, else it waits.

    A task that rests is not to be skipped on: somebody may be there when its rest is over.
    """
    tx.state.looked_at(task)
    if _is_overdue(tx, task):
        workflow.leave(tx, task, workflow.Exit.TIMEOUT)
    elif reason is not Look.RETRY and task.not_before_at is None and _is_skipped(tx, task):
        workflow.leave(tx, task, workflow.Exit.SKIP)


def _is_overdue(tx: Transaction, task: Task) -> bool:
    return task.step_expires_at is not None and task.step_expires_at <= tx.now


def _is_skipped(tx: Transaction, task: Task) -> bool:
    if not task.target.skip_if:
        return False
    state = tx.state
    names = task_names(task, state.task_channels[task.task_channel_sid].unique_name, tx.now)
    counts = workers_names(state, task.target.queue_sid)
    expression = compile_expression(task.target.skip_if, Place.SKIP_IF)
    return expression.matches({}, names, counts, clock_names(tx.now))


def _reserve(tx: Transaction, task: Task, worker_sids: list[str]) -> None:
    """Offer the task to these workers, as one batch."""
    reserved = replace(
        move_task(task, TaskStatus.RESERVED, tx.now), assignment_count=task.assignment_count + 1
    )
    tx.put(reserved)
    timeout_s = tx.state.workflows[task.workflow_sid].task_reservation_timeout_s
    occupied_sid = None
    if not tx.workspace.multi_task_enabled:
        occupied_sid = tx.state.task_queues[task.target.queue_sid].reservation_activity_sid
    for worker_sid in worker_sids:
        _offer(tx, reserved, tx.state.workers[worker_sid], timeout_s, occupied_sid)
    if occupied_sid is not None:
        for worker_sid in worker_sids:
            set_activity(tx, tx.state.workers[worker_sid], occupied_sid)


def _offer(
    tx: Transaction, task: Task, worker: Worker, timeout_s: int, occupied_sid: str | None
) -> None:
    channel = tx.state.worker_channel(worker.sid, task.task_channel_sid)
    assert channel is not None
    reservation = Reservation(
        sid=tx.new_sid("WR"),
        task_sid=task.sid,
        worker_sid=worker.sid,
        worker_name=worker.friendly_name,
        workflow_sid=task.workflow_sid,
        queue_sid=task.target.queue_sid,
        task_channel_sid=task.task_channel_sid,
        reservation_status=ReservationStatus.PENDING,
        timeout_s=timeout_s,
        date_created=tx.now,
        date_updated=tx.now,
        expires_at=tx.now + timeout_s * 1000,
        worker_previous_activity_sid=activity_before_offers(tx, worker),
        reserved_activity_sid=occupied_sid,
        known_worker=task.target.known_worker is not None and not task.is_for_one,
        transfer_sid=task.transfer_sid,
    )
    tx.put(reservation)
    # The SDK counts this event as a version of its worker (docs/compatibility.md).
    tx.put(replace(worker, last_reserved_at=tx.now, version=worker.version + 1))
    tx.put(replace(channel, last_reserved_at=tx.now))
    tx.tell_reservation(EventType.RESERVATION_CREATED, reservation, task)
