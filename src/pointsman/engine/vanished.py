"""What becomes of the work of a worker who vanished: his last socket closed, and he did not come back.

The rule: nothing of it stays with him for good. He is put into the workspace's time-out activity,
like one who does not answer, and what he was offered and had goes the way that the workspace's
settings say. Who has a socket is not known here; workers who never had one do not vanish.
"""

from __future__ import annotations

from pointsman.engine.commands import UNSET, CompleteReservation, CreateTask, WrapUpReservation
from pointsman.engine.errors import EngineError
from pointsman.engine.moves import complete_task, decline, held, release, set_activity
from pointsman.engine.records import Reservation, ReservationStatus, Task, Worker, replace
from pointsman.engine.reservations import complete_reservation, wrap_up_reservation
from pointsman.engine.statuses import VanishedAccepted, VanishedPending
from pointsman.engine.tasks import create_task
from pointsman.engine.transaction import Transaction

REASON = "The worker vanished"


def vanish(tx: Transaction, worker: Worker) -> None:
    """The worker's time to come back is over."""
    gone = replace(worker, vanishes_at=None)
    tx.put(gone)
    if tx.workspace.vanished_after_s is None:
        return  # the setting ended while he was away
    timeout_sid = tx.workspace.timeout_activity_sid
    if tx.state.activities[gone.activity_sid].available:
        set_activity(tx, gone, timeout_sid)
    for reservation in tx.state.live_reservations_of_worker(worker.sid):
        if reservation.reservation_status is ReservationStatus.PENDING:
            _end_offer(tx, reservation, timeout_sid)
        else:
            _end_work(tx, reservation)


def _end_offer(tx: Transaction, reservation: Reservation, timeout_sid: str) -> None:
    choice = tx.workspace.vanished_pending
    if choice is VanishedPending.KEEP:
        return
    if choice is VanishedPending.REJECT:
        decline(tx, reservation, ReservationStatus.REJECTED)
    else:
        decline(tx, reservation, ReservationStatus.CANCELED, unreachable=True)
    worker = tx.state.workers[reservation.worker_sid]
    if worker.activity_sid == reservation.reserved_activity_sid:
        release(tx, reservation, timeout_sid)  # and not back to where he would be offered the next


def _end_work(tx: Transaction, reservation: Reservation) -> None:
    """What he accepted is wrapped up, completed, or goes to somebody else; others go on with it."""
    choice, task = tx.workspace.vanished_accepted, tx.state.tasks[reservation.task_sid]
    accepted = reservation.reservation_status is ReservationStatus.ACCEPTED
    alone = task.transfer_sid is None and len(held(tx, task)) == 1
    if choice is VanishedAccepted.KEEP:
        return
    if choice is VanishedAccepted.WRAPUP and tx.workspace.multi_task_enabled:
        if accepted:
            wrap_up_reservation(
                tx, WrapUpReservation(actor=tx.actor, reservation_sid=reservation.sid)
            )
    elif choice is VanishedAccepted.REQUEUE and accepted and alone:
        complete_task(tx, task, _handed_on(tx, task))
    else:
        complete_reservation(
            tx, CompleteReservation(actor=tx.actor, reservation_sid=reservation.sid)
        )


def _handed_on(tx: Transaction, task: Task) -> str:
    """Make the task that goes on in its place, as old as it was; the reason that names it.

    Nothing that was accepted becomes pending again, so it is a new one. If its workflow does not take
    it any more there is none, and the task is only completed.
    """
    channel = task.task_channel_sid
    target = UNSET if task.is_direct else task.routing_target or UNSET
    copy = CreateTask(
        actor=tx.actor,
        attributes=task.attributes,
        workflow_sid=task.workflow_sid,
        priority=task.priority,
        timeout_s=task.timeout_s,
        task_channel=channel,
        virtual_start_at=task.virtual_start_at,
        routing_target=target,
    )
    try:
        made = create_task(tx, copy)
    except EngineError as refusal:
        return f"{REASON}, and nobody else can have it: {refusal.message}"
    return f"{REASON}; it goes on as {made.sid}"
