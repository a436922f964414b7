"""What becomes of a transfer that ends, and of its task when nobody took it.

A task that is under way still belongs to whoever holds a reservation on it: it comes back to them,
or, when nobody is left, to its workflow. Offers are not ended here.
"""

from __future__ import annotations

from pointsman.engine.events import EventType
from pointsman.engine.lifecycle import move_task, move_transfer
from pointsman.engine.records import Task, TaskStatus, Transfer, TransferStatus, replace
from pointsman.engine.transaction import Transaction

ENDS: dict[TransferStatus, EventType] = {
    TransferStatus.COMPLETE: EventType.TASK_TRANSFER_COMPLETED,
    TransferStatus.FAILED: EventType.TASK_TRANSFER_FAILED,
    TransferStatus.CANCELED: EventType.TASK_TRANSFER_CANCELED,
}


def transfer_of(tx: Transaction, task: Task) -> Transfer:
    """The transfer that the task is under way by."""
    assert task.transfer_sid is not None
    return tx.state.transfers[task.transfer_sid]


def end_transfer(
    tx: Transaction, task: Task, status: TransferStatus, reason: str | None = None
) -> Transfer:
    """Store the end of the task's transfer; `tell_end` tells it."""
    ended = move_transfer(transfer_of(tx, task), status, tx.now, reason)
    tx.put(ended)
    return ended


def tell_end(tx: Transaction, transfer: Transfer, task: Task) -> None:
    """Tell that the transfer ended, with the task as it is since."""
    kind = ENDS[transfer.transfer_status]
    tx.tell_task(kind, task, transfer.transfer_failed_reason or "", transfer=transfer)


def take_back(tx: Transaction, task: Task, transfer: Transfer, *, is_held: bool) -> Task:
    """Store the task as it comes back: assigned if somebody still holds it, else to begin anew."""
    moved = task
    if is_held:
        moved = move_task(task, TaskStatus.ASSIGNED, tx.now)
    elif task.assignment_status is TaskStatus.RESERVED:
        moved = move_task(task, TaskStatus.PENDING, tx.now)
    else:
        moved = replace(task, date_updated=tx.now, version=task.version + 1)
    back = replace(
        moved,
        transfer_sid=None,
        target=transfer.initiating_target,
        task_queue_entered_at=entered_at(tx, task, transfer.initiating_queue_sid),
        unreachable_count=0,
        not_before_at=None,
        expires_at=None if is_held else task.expires_at,
        assigned_until=task.assigned_until if is_held else None,
        wrap_up_at=tx.in_s(tx.workspace.wrap_up_after_s) if is_held else None,
    )
    if not is_held:
        starts_anew, limited = not back.is_placed, back.target.timeout_s is not None
        deadline = task.date_created + task.timeout_sum_s * 1000 if limited else None
        back = replace(back, restart_workflow=starts_anew, step_expires_at=deadline)
    tx.put(back)
    return back


def tell_queue(tx: Transaction, before: Task, after: Task) -> None:
    """Tell that the task changed its queue, if it did."""
    if before.target.queue_sid != after.target.queue_sid:
        tx.tell_task(EventType.TASK_QUEUE_MOVED, before)
        tx.tell_task(EventType.TASK_QUEUE_ENTERED, after)


def entered_at(tx: Transaction, task: Task, queue_sid: str) -> int:
    """When the task entered the queue that it is in now, or goes to."""
    return task.task_queue_entered_at if task.target.queue_sid == queue_sid else tx.now
