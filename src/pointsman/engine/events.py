"""Events: what happened, with the records as they were at that moment.

Because records are frozen, an event simply holds those it is about; how it looks outside
(field groups, frames, the Event resource) is decided in `pointsman.wire.events`.
`seq` is gapless per workspace: it is what the live channel counts and what the auditor checks.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pointsman.engine.records import (
    Activity,
    Actor,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Transfer,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)


class EventType(StrEnum):
    """The closed list of event types; the values are the wire's own words (docs/events.md)."""

    ACTIVITY_CREATED = "activity.created"
    ACTIVITY_UPDATED = "activity.updated"
    ACTIVITY_DELETED = "activity.deleted"
    RESERVATION_CREATED = "reservation.created"
    RESERVATION_ACCEPTED = "reservation.accepted"
    RESERVATION_REJECTED = "reservation.rejected"
    RESERVATION_TIMEOUT = "reservation.timeout"
    RESERVATION_CANCELED = "reservation.canceled"
    RESERVATION_RESCINDED = "reservation.rescinded"
    RESERVATION_WRAPUP = "reservation.wrapup"
    RESERVATION_COMPLETED = "reservation.completed"
    RESERVATION_FAILED = "reservation.failed"
    TASK_CREATED = "task.created"
    TASK_UPDATED = "task.updated"
    TASK_CANCELED = "task.canceled"
    TASK_WRAPUP = "task.wrapup"
    TASK_COMPLETED = "task.completed"
    TASK_DELETED = "task.deleted"
    TASK_SYSTEM_DELETED = "task.system-deleted"
    TASK_TRANSFER_INITIATED = "task.transfer-initiated"
    TASK_TRANSFER_ATTEMPT_FAILED = "task.transfer-attempt-failed"
    TASK_TRANSFER_FAILED = "task.transfer-failed"
    TASK_TRANSFER_CANCELED = "task.transfer-canceled"
    TASK_TRANSFER_COMPLETED = "task.transfer-completed"
    TASK_CHANNEL_CREATED = "task-channel.created"
    TASK_CHANNEL_UPDATED = "task-channel.updated"
    TASK_CHANNEL_DELETED = "task-channel.deleted"
    TASK_QUEUE_CREATED = "task-queue.created"
    TASK_QUEUE_DELETED = "task-queue.deleted"
    TASK_QUEUE_EXPRESSION_UPDATED = "task-queue.expression.updated"
    TASK_QUEUE_ENTERED = "task-queue.entered"
    TASK_QUEUE_TIMEOUT = "task-queue.timeout"
    TASK_QUEUE_MOVED = "task-queue.moved"
    WORKER_CREATED = "worker.created"
    WORKER_DELETED = "worker.deleted"
    WORKER_ATTRIBUTES_UPDATE = "worker.attributes.update"
    WORKER_ACTIVITY_UPDATE = "worker.activity.update"
    WORKER_CAPACITY_UPDATE = "worker.capacity.update"
    WORKER_CHANNEL_AVAILABILITY_UPDATE = "worker.channel.availability.update"
    WORKFLOW_CREATED = "workflow.created"
    WORKFLOW_UPDATED = "workflow.updated"
    WORKFLOW_DELETED = "workflow.deleted"
    WORKFLOW_ENTERED = "workflow.entered"
    WORKFLOW_TARGET_MATCHED = "workflow.target-matched"
    WORKFLOW_TIMEOUT = "workflow.timeout"
    WORKFLOW_SKIPPED = "workflow.skipped"
    WORKSPACE_CREATED = "workspace.created"
    WORKSPACE_UPDATED = "workspace.updated"
    WORKSPACE_DELETED = "workspace.deleted"


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """One thing that happened.

    `resource_type` is the wire's word (`task`, `reservation`, `worker`, `activity`, `workflow`,
    `workspace`, `task-channel`, `task-queue`). `activity` is the worker's activity in worker and
    reservation events and the subject of activity events; `previous_activity` and
    `time_in_previous_activity_ms` belong to worker.activity.update; `previous_capacity`,
    `used_slots` and `accepted_tasks` describe `worker_channel` at that moment. `holders` are the
    workers who have a live reservation on a changed task, or had one until this change.
    """

    sid: str
    seq: int
    type: EventType
    at: int
    actor: Actor
    description: str
    resource_type: str
    resource_sid: str
    workspace: Workspace
    task: Task | None = None
    reservation: Reservation | None = None
    worker: Worker | None = None
    queue: TaskQueue | None = None
    workflow: Workflow | None = None
    activity: Activity | None = None
    task_channel: TaskChannel | None = None
    worker_channel: WorkerChannel | None = None
    previous_activity: Activity | None = None
    time_in_previous_activity_ms: int | None = None
    previous_capacity: int | None = None
    used_slots: int | None = None
    accepted_tasks: int | None = None
    transfer: Transfer | None = None
    outgoing_transfer: Transfer | None = None
    holders: tuple[str, ...] = ()
