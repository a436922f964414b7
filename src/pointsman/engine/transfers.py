"""Command functions on transfers: a worker passes the task he has on, or takes it back.

Only `route` makes the offer; what follows from the answer to it is a joint consequence (`moves`).
"""

from __future__ import annotations

from pointsman.engine import checks
from pointsman.engine.commands import CancelTransfer, InitiateTransfer, UnsetType, given
from pointsman.engine.errors import IllegalMove, Invalid, NotFound
from pointsman.engine.events import EventType
from pointsman.engine.handover import entered_at, tell_queue
from pointsman.engine.lifecycle import move_task
from pointsman.engine.moves import call_off_transfer, settle_reservation
from pointsman.engine.records import (
    KnownWorker,
    Reservation,
    ReservationStatus,
    Target,
    Task,
    TaskStatus,
    Transfer,
    TransferMode,
    TransferStatus,
    replace,
)
from pointsman.engine.transaction import Transaction
from pointsman.engine.waiting import Look
from pointsman.engine.workflow_config import MAX_PRIORITY


def initiate_transfer(tx: Transaction, command: InitiateTransfer) -> Transfer:
    """The task is under way to a worker or a queue; with a cold one its worker leaves at once.

    Refused unless it is assigned and the reservation accepted, and unless the worker it is to go to
    could be offered it now.
    """
    reservation, task = _passed_on(tx, command.reservation_sid)
    mode = _mode(command.mode)
    target = _target(tx, task, command.to)
    task = _with_fields(tx, task, command)
    transfer = Transfer(
        sid=tx.new_sid("TT"),
        task_sid=task.sid,
        transfer_mode=mode,
        transfer_to=command.to,
        transfer_status=TransferStatus.INITIATED,
        initiating_reservation_sid=reservation.sid,
        initiating_worker_sid=reservation.worker_sid,
        initiating_workflow_sid=task.workflow_sid,
        initiating_target=task.target,
        date_created=tx.now,
        date_updated=tx.now,
    )
    under_way = replace(
        move_task(task, TaskStatus.PENDING, tx.now),
        transfer_sid=transfer.sid,
        target=target,
        task_queue_entered_at=entered_at(tx, task, target.queue_sid),
        expires_at=tx.in_s(task.timeout_s),
        assignment_count=0,
        unreachable_count=0,
        wrap_up_at=None,
    )
    tx.put(transfer)
    tx.put(under_way)
    tx.tell_task(EventType.TASK_TRANSFER_INITIATED, under_way, transfer=transfer)
    tell_queue(tx, task, under_way)
    if mode is TransferMode.COLD:
        multi_tasking = tx.workspace.multi_task_enabled
        left = ReservationStatus.WRAPPING if multi_tasking else ReservationStatus.COMPLETED
        settle_reservation(tx, reservation, left, under_way)
    tx.state.look_again(under_way, Look.ENTERED)
    return transfer


def cancel_transfer(tx: Transaction, command: CancelTransfer) -> Transfer:
    """The task is its worker's again; whoever is asked is asked no longer."""
    transfer = tx.state.transfers.get(command.transfer_sid)
    if transfer is None:
        raise NotFound("transfer", command.transfer_sid)
    if transfer.transfer_status is not TransferStatus.INITIATED:
        raise IllegalMove(
            f"Transfer {transfer.sid} is already {transfer.transfer_status} . "
            "Cannot cancel transfer."
        )
    call_off_transfer(tx, tx.state.tasks[transfer.task_sid], TransferStatus.CANCELED)
    return tx.state.transfers[transfer.sid]


# --- what the parameters name ------------------------------------------------------------------


def _passed_on(tx: Transaction, reservation_sid: str) -> tuple[Reservation, Task]:
    """The accepted reservation and its assigned task."""
    reservation = tx.state.reservations.get(reservation_sid)
    if reservation is None:
        raise NotFound("reservation", reservation_sid)
    if reservation.reservation_status is not ReservationStatus.ACCEPTED:
        raise IllegalMove(
            f"{reservation.sid} is {reservation.reservation_status}; "
            "only an accepted task can be transferred"
        )
    task = tx.state.tasks[reservation.task_sid]
    if task.transfer_sid is not None:
        raise IllegalMove(f"{task.sid} is being transferred already, by {task.transfer_sid}")
    return reservation, task


def _mode(text: str) -> TransferMode:
    if text not in set(TransferMode):
        raise Invalid("Mode", "Mode must be one of WARM and COLD")
    return TransferMode(text)


def _target(tx: Transaction, task: Task, to: str) -> Target:
    """The step that the transfer puts the task into."""
    if to in tx.state.task_queues:
        return Target(queue_sid=to)
    worker = tx.state.workers.get(to)
    if worker is None:
        raise Invalid("To", f"To {to} is not a worker or task queue of this workspace")
    for reservation in tx.state.live_reservations_of_worker(worker.sid):
        if reservation.task_sid == task.sid:
            raise Invalid("To", f"The worker {worker.sid} has the task {task.sid} already")
    if not tx.state.is_ready(worker.sid, task.task_channel_sid):
        raise Invalid("To", f"The worker {worker.sid} is not available to take {task.sid}")
    return Target(
        queue_sid=task.target.queue_sid, known_worker=KnownWorker(by="sid", literal=worker.sid)
    )


def _with_fields(tx: Transaction, task: Task, command: InitiateTransfer) -> Task:
    """The task with the attributes and the priority that the command mentions, stored and told."""
    attributes = checks.attributes(tx, given(command.attributes, task.attributes))
    priority = given(command.priority, task.priority)
    if not isinstance(command.priority, UnsetType):
        checks.whole_number("Priority", priority, 0, MAX_PRIORITY)
    if (attributes, priority) == (task.attributes, task.priority):
        return task
    changed = replace(
        task,
        attributes=attributes,
        priority=priority,
        date_updated=tx.now,
        version=task.version + 1,
    )
    tx.put(changed)
    tx.tell_task(EventType.TASK_UPDATED, changed)
    return changed
