"""Records → the internal JSON of the newer browser SDK (docs/live-channel.md).

Instants are epoch seconds (but for the last reservation of a worker channel, in milliseconds), lists
lie in `contents`, every resource that can be asked back for has its `version`, and attributes are
the very text that was sent. The SDK refuses an object that lacks one of its keys: each is always
there, null when nothing is known. It must not know who asks, nor read a clock.
"""

from __future__ import annotations

from typing import Any

from pointsman.engine.records import (
    Activity,
    Reservation,
    ReservationStatus,
    Task,
    TaskChannel,
    TaskOrder,
    TaskQueue,
    Transfer,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from pointsman.engine.state import State
from pointsman.wire.resources import ADDONS
from pointsman.wire.values import available_capacity_percentage

__all__ = [
    "activity",
    "contents",
    "offer",
    "offer_shape",
    "reservation",
    "task",
    "task_fields",
    "task_queue",
    "task_shape",
    "transfer",
    "transfer_shape",
    "worker",
    "worker_channel",
    "worker_channel_shape",
    "worker_shape",
]

Json = dict[str, Any]


def contents(items: list[Json], before_sid: str | None, after_sid: str | None) -> Json:
    """A page of a list: the next one begins after `after_sid`; null says that this is the last.

    Counts and page numbers, which the SDK does not read, are left out.
    """
    return {
        "contents": items,
        "meta": {"list_key": "contents"},
        "before_sid": before_sid,
        "after_sid": after_sid,
    }


# --- records as they are in the live state -------------------------------------------------------


def activity(record: Activity, state: State, now: int) -> Json:
    """An activity."""
    return {
        **_place(_home(state)),
        "sid": record.sid,
        "friendly_name": record.friendly_name,
        "available": record.available,
        "date_created": record.date_created // 1000,
        "date_updated": record.date_updated // 1000,
    }


def worker(record: Worker, state: State, now: int) -> Json:
    """A worker; `available` is his activity's."""
    return worker_shape(record, state.activities[record.activity_sid], _home(state))


def worker_channel(record: WorkerChannel, state: State, now: int) -> Json:
    """A worker's channel and how full it is at this moment."""
    worker_sid, kind_sid = record.worker_sid, record.task_channel_sid
    return worker_channel_shape(
        record,
        state.task_channels[kind_sid],
        _home(state),
        state.accepted_tasks(worker_sid, kind_sid),
        state.used_slots(worker_sid, kind_sid),
    )


def task_queue(record: TaskQueue, state: State, now: int) -> Json:
    """A task queue; activities that it does not name are null."""
    assignment_sid, reservation_sid = (
        record.assignment_activity_sid,
        record.reservation_activity_sid,
    )
    return {
        **_place(_home(state)),
        "sid": record.sid,
        "friendly_name": record.friendly_name,
        "assignment_activity_sid": assignment_sid,
        "assignment_activity_name": _name(state.activities.get(assignment_sid or "")),
        "reservation_activity_sid": reservation_sid,
        "reservation_activity_name": _name(state.activities.get(reservation_sid or "")),
        "target_workers": record.target_workers,
        "max_reserved_workers": record.max_reserved_workers,
        "task_order": record.task_order.value,
        "lifo_queue": record.task_order is TaskOrder.LIFO,
        "date_created": record.date_created // 1000,
        "date_updated": record.date_updated // 1000,
    }


def task(record: Task, state: State, now: int) -> Json:
    """A task, `now` being the moment that its age is of."""
    return task_shape(
        record,
        _home(state),
        state.task_queues.get(record.target.queue_sid),
        state.workflows.get(record.workflow_sid),
        state.task_channels.get(record.task_channel_sid),
        now,
    )


def reservation(record: Reservation, state: State, now: int) -> Json:
    """A reservation by itself, as an answer to what was done with it."""
    return _reservation(record, _home(state))


def offer(record: Reservation, of: Task, state: State, now: int) -> Json:
    """A reservation with its task and its transfers, as the SDK's lists and events show it."""
    return offer_shape(
        record,
        _home(state),
        task(of, state, now),
        state.transfers.get(record.transfer_sid or ""),
        state.outgoing_transfer(record),
    )


def transfer(record: Transfer, state: State, now: int) -> Json:
    """A transfer, as an answer to who asked for it."""
    return transfer_shape(record, _home(state))


# --- shapes, of records that need not be live ----------------------------------------------------


def worker_shape(record: Worker, current: Activity, workspace: Workspace) -> Json:
    """A worker in this activity."""
    return {
        **_place(workspace),
        "sid": record.sid,
        "friendly_name": record.friendly_name,
        "attributes": record.attributes,
        "activity_sid": current.sid,
        "activity_name": current.friendly_name,
        "available": current.available,
        "date_created": record.date_created // 1000,
        "date_updated": record.date_updated // 1000,
        "date_status_changed": record.date_status_changed // 1000,
        "version": record.version,
    }


def worker_channel_shape(
    record: WorkerChannel,
    kind: TaskChannel,
    workspace: Workspace,
    accepted_tasks: int,
    used_slots: int,
) -> Json:
    """A worker channel with these tasks in these slots."""
    return {
        **_place(workspace),
        "sid": record.sid,
        "worker_sid": record.worker_sid,
        "task_channel_sid": kind.sid,
        "task_channel_unique_name": kind.unique_name,
        "configured_capacity": record.configured_capacity,
        "assigned_tasks": accepted_tasks,
        "available": record.available,
        "available_capacity_percentage": available_capacity_percentage(
            record.configured_capacity, used_slots
        ),
        "date_created": record.date_created // 1000,
        "date_updated": record.date_updated // 1000,
        "last_reserved_time": record.last_reserved_at,
    }


def task_fields(
    record: Task,
    workspace: Workspace,
    queue: TaskQueue | None,
    workflow: Workflow | None,
    channel: TaskChannel | None,
    at: int,
) -> Json:
    """What both profiles of the live channel tell of a task."""
    return {
        **_place(workspace),
        "sid": record.sid,
        "date_created": record.date_created // 1000,
        "date_updated": record.date_updated // 1000,
        "attributes": record.attributes,
        "assignment_status": record.assignment_status.value,
        "workflow_sid": record.workflow_sid,
        "workflow_name": _name(workflow),
        "queue_sid": record.target.queue_sid if queue is None else queue.sid,
        "queue_name": _name(queue),
        "priority": record.priority,
        "reason": record.reason,
        "timeout": record.timeout_s,
        "task_channel_sid": record.task_channel_sid,
        "task_channel_unique_name": None if channel is None else channel.unique_name,
        "age": max(0, at - record.date_created) // 1000,
        "addons": ADDONS,
    }


def task_shape(
    record: Task,
    workspace: Workspace,
    queue: TaskQueue | None,
    workflow: Workflow | None,
    channel: TaskChannel | None,
    at: int,
) -> Json:
    """A task, `at` being the moment that its age is of."""
    return {
        **task_fields(record, workspace, queue, workflow, channel, at),
        "routing_target": record.routing_target,
        "version": record.version,
        "virtual_start_time": record.virtual_start_at // 1000,
    }


def offer_shape(
    record: Reservation,
    workspace: Workspace,
    shown_task: Json,
    incoming: Transfer | None,
    outgoing: Transfer | None,
) -> Json:
    """A reservation with its task; the rest only where there is something to tell: the transfer that
    it was made for, the one under way from it, and the reason's code when the telephone failed.
    """
    told = {
        **_reservation(record, workspace),
        "reservation_timeout": record.timeout_s,
        "task": shown_task,
    }
    if incoming is not None:
        told["task_transfer"] = transfer_shape(incoming, workspace)
    if outgoing is not None:
        told["active_outgoing_task_transfer"] = transfer_shape(outgoing, workspace)
    if (
        record.reservation_status is ReservationStatus.CANCELED
        and record.canceled_reason_code is not None
    ):
        told["canceled_reason_code"] = record.canceled_reason_code
    return told


def transfer_shape(record: Transfer, workspace: Workspace) -> Json:
    """A transfer; the SDK compares its type, mode and status in this spelling."""
    return {
        **_place(workspace),
        "sid": record.sid,
        "task_sid": record.task_sid,
        "transfer_type": "WORKER" if record.is_to_worker else "QUEUE",
        "transfer_mode": record.transfer_mode.value,
        "transfer_to": record.transfer_to,
        "transfer_status": record.transfer_status.value,
        "transfer_failed_reason": record.transfer_failed_reason,
        "initiating_reservation_sid": record.initiating_reservation_sid,
        "initiating_worker_sid": record.initiating_worker_sid,
        "initiating_queue_sid": record.initiating_queue_sid,
        "initiating_workflow_sid": record.initiating_workflow_sid,
        "date_created": record.date_created // 1000,
        "date_updated": record.date_updated // 1000,
    }


def _reservation(record: Reservation, workspace: Workspace) -> Json:
    return {
        **_place(workspace),
        "sid": record.sid,
        "task_sid": record.task_sid,
        "worker_sid": record.worker_sid,
        "worker_name": record.worker_name,
        "task_channel_sid": record.task_channel_sid,
        "worker_previous_activity_sid": record.worker_previous_activity_sid,
        "reservation_status": record.reservation_status.value,
        "date_created": record.date_created // 1000,
        "date_updated": record.date_updated // 1000,
        "version": record.version,
    }


def _home(state: State) -> Workspace:
    assert state.workspace is not None
    return state.workspace


def _place(workspace: Workspace) -> Json:
    return {"account_sid": workspace.account_sid, "workspace_sid": workspace.sid}


def _name(record: Activity | TaskQueue | Workflow | None) -> str | None:
    return None if record is None else record.friendly_name
