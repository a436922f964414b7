"""Which fields each type of event tells, as text: groups, and the groups of every type.

What is told depends on the type alone (docs/events.md). A group's own fields are there even when a
record is gone: empty then; optional ones only when they have a meaning. Names are those of the
Event resource's data; callbacks write the same ones in CamelCase.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import TaskStatus
from pointsman.wire.values import available_capacity_percentage

__all__ = ["FIELD_GROUPS", "GROUPS", "Fields", "Group"]

Fields = dict[str, str]


class Group(Struct, frozen=True):
    """Fields that are told together: `fields` always, `optional` ones when they have a meaning."""

    write: Callable[[Event], Fields]
    fields: tuple[str, ...]
    optional: tuple[str, ...] = ()


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _activity(event: Event) -> Fields:
    activity = event.activity
    assert activity is not None
    return {
        "activity_sid": activity.sid,
        "activity_name": activity.friendly_name,
        "activity_available": _flag(activity.available),
    }


def _task_channel(event: Event) -> Fields:
    channel = event.task_channel
    assert channel is not None
    return {
        "task_channel_sid": channel.sid,
        "task_channel_name": channel.friendly_name,
        "task_channel_unique_name": channel.unique_name,
        "task_channel_optimized_routing": _flag(channel.channel_optimized_routing),
    }


def _task(event: Event) -> Fields:
    task, channel = event.task, event.task_channel
    assert task is not None
    told = {
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_age": str(max(0, event.at - task.date_created) // 1000),
        "task_priority": str(task.priority),
        "task_assignment_status": task.assignment_status.value,
        "task_version": str(task.version),
        "task_date_created": str(task.date_created // 1000),
        "task_queue_entered_date": str(task.task_queue_entered_at // 1000),
        "task_virtual_start_time": str(task.virtual_start_at // 1000),
        "task_channel_sid": task.task_channel_sid,
        "task_channel_unique_name": "" if channel is None else channel.unique_name,
        "task_ignore_capacity": _flag(bool(task.ignore_capacity)),
    }
    if task.routing_target is not None:
        told["task_routing_target"] = task.routing_target
    if task.reason is not None:
        told["reason"] = task.reason
        if task.assignment_status is TaskStatus.CANCELED:
            told["task_canceled_reason"] = task.reason
        elif task.assignment_status is TaskStatus.COMPLETED:
            told["task_completed_reason"] = task.reason
    return told


def _queue(event: Event) -> Fields:
    queue = event.queue
    if queue is not None:
        return {
            "task_queue_sid": queue.sid,
            "task_queue_name": queue.friendly_name,
            "task_queue_target_expression": queue.target_workers,
        }
    assert event.task is not None
    queue_sid = event.task.target.queue_sid
    return {"task_queue_sid": queue_sid, "task_queue_name": "", "task_queue_target_expression": ""}


def _workflow(event: Event) -> Fields:
    workflow, task = event.workflow, event.task
    if workflow is None:
        assert task is not None
        told = {"workflow_sid": task.workflow_sid, "workflow_name": ""}
    else:
        told = {"workflow_sid": workflow.sid, "workflow_name": workflow.friendly_name}
    if task is not None and task.filter_name is not None:
        told["workflow_filter_name"] = task.filter_name
    return told


def _reservation(event: Event) -> Fields:
    reservation, channel = event.reservation, event.worker_channel
    if reservation is None:  # reservation.failed: no worker was ever offered the task
        return {"reservation_sid": "", "reservation_version": ""}
    told = {
        "reservation_sid": reservation.sid,
        "reservation_version": str(reservation.version),
    }
    if reservation.known_worker:
        told["known_worker_sid"] = reservation.worker_sid
    if channel is not None:
        told["worker_channel_capacity"] = str(channel.configured_capacity)
        told["worker_channel_consumed_capacity"] = str(event.used_slots or 0)
    return told


def _worker(event: Event) -> Fields:
    # Differs from Twilio (operating_unit_sid): it names a thing that does not exist here, and is left out.
    worker, activity = event.worker, event.activity
    if worker is None:
        return _worker_gone(event)
    return {
        "worker_sid": worker.sid,
        "worker_name": worker.friendly_name,
        "worker_attributes": worker.attributes,
        "worker_activity_sid": worker.activity_sid,
        "worker_activity_name": "" if activity is None else activity.friendly_name,
        "worker_version": str(worker.version),
    }


def _worker_gone(event: Event) -> Fields:
    """What a reservation still knows of a worker who was deleted since."""
    reservation = event.reservation
    assert reservation is not None
    return {
        "worker_sid": reservation.worker_sid,
        "worker_name": reservation.worker_name,
        "worker_attributes": "",
        "worker_activity_sid": "",
        "worker_activity_name": "",
        "worker_version": "",
    }


def _worker_activity(event: Event) -> Fields:
    previous, span_ms = event.previous_activity, event.time_in_previous_activity_ms or 0
    return {
        "worker_time_in_previous_activity": str(span_ms // 1000),
        "worker_time_in_previous_activity_ms": str(span_ms),
        "worker_previous_activity_sid": "" if previous is None else previous.sid,
        "worker_previous_activity_name": "" if previous is None else previous.friendly_name,
    }


def _worker_channel(event: Event) -> Fields:
    channel, kind = event.worker_channel, event.task_channel
    assert channel is not None
    capacity, used_slots = channel.configured_capacity, event.used_slots or 0
    previous = capacity if event.previous_capacity is None else event.previous_capacity
    return {
        "worker_channel_available": _flag(channel.available),
        "worker_channel_available_capacity": str(
            available_capacity_percentage(capacity, used_slots)
        ),
        "worker_channel_previous_capacity": str(previous),
        "worker_channel_capacity": str(capacity),
        "worker_channel_consumed_capacity": str(used_slots),
        "worker_channel_task_count": str(event.accepted_tasks or 0),
        "task_channel_sid": channel.task_channel_sid,
        "task_channel_unique_name": "" if kind is None else kind.unique_name,
    }


GROUPS: dict[str, Group] = {
    "Activity": Group(_activity, ("activity_sid", "activity_name", "activity_available")),
    "Task channel": Group(
        _task_channel,
        (
            "task_channel_sid",
            "task_channel_name",
            "task_channel_unique_name",
            "task_channel_optimized_routing",
        ),
    ),
    "Task": Group(
        _task,
        (
            "task_sid",
            "task_attributes",
            "task_age",
            "task_priority",
            "task_assignment_status",
            "task_version",
            "task_date_created",
            "task_queue_entered_date",
            "task_virtual_start_time",
            "task_channel_sid",
            "task_channel_unique_name",
            "task_ignore_capacity",
        ),
        ("task_routing_target", "reason", "task_canceled_reason", "task_completed_reason"),
    ),
    "Queue": Group(_queue, ("task_queue_sid", "task_queue_name", "task_queue_target_expression")),
    "Workflow": Group(_workflow, ("workflow_sid", "workflow_name"), ("workflow_filter_name",)),
    "Reservation": Group(
        _reservation,
        ("reservation_sid", "reservation_version"),
        ("known_worker_sid", "worker_channel_capacity", "worker_channel_consumed_capacity"),
    ),
    "Worker": Group(
        _worker,
        (
            "worker_sid",
            "worker_name",
            "worker_attributes",
            "worker_activity_sid",
            "worker_activity_name",
            "worker_version",
        ),
    ),
    "Worker activity": Group(
        _worker_activity,
        (
            "worker_time_in_previous_activity",
            "worker_time_in_previous_activity_ms",
            "worker_previous_activity_sid",
            "worker_previous_activity_name",
        ),
    ),
    "Worker channel": Group(
        _worker_channel,
        (
            "worker_channel_available",
            "worker_channel_available_capacity",
            "worker_channel_previous_capacity",
            "worker_channel_capacity",
            "worker_channel_consumed_capacity",
            "worker_channel_task_count",
            "task_channel_sid",
            "task_channel_unique_name",
        ),
    ),
}

_E = EventType
_OF_TASK = ("Task", "Queue", "Workflow")
_OF_RESERVATION = ("Task", "Queue", "Workflow", "Worker", "Reservation")
_ROUTED = ("Task", "Workflow")

FIELD_GROUPS: dict[EventType, tuple[str, ...]] = {
    _E.ACTIVITY_CREATED: ("Activity",),
    _E.ACTIVITY_UPDATED: ("Activity",),
    _E.ACTIVITY_DELETED: ("Activity",),
    _E.RESERVATION_CREATED: _OF_RESERVATION,
    _E.RESERVATION_ACCEPTED: _OF_RESERVATION,
    _E.RESERVATION_REJECTED: _OF_RESERVATION,
    _E.RESERVATION_TIMEOUT: _OF_RESERVATION,
    _E.RESERVATION_CANCELED: _OF_RESERVATION,
    _E.RESERVATION_RESCINDED: _OF_RESERVATION,
    _E.RESERVATION_WRAPUP: _OF_RESERVATION,
    _E.RESERVATION_COMPLETED: _OF_RESERVATION,
    _E.RESERVATION_FAILED: ("Task", "Queue", "Workflow", "Reservation"),
    _E.TASK_CREATED: _ROUTED,
    _E.TASK_UPDATED: _OF_TASK,
    _E.TASK_CANCELED: _OF_TASK,
    _E.TASK_WRAPUP: _OF_TASK,
    _E.TASK_COMPLETED: _OF_TASK,
    _E.TASK_DELETED: _OF_TASK,
    _E.TASK_SYSTEM_DELETED: _OF_TASK,
    _E.TASK_TRANSFER_INITIATED: _OF_TASK,
    _E.TASK_TRANSFER_ATTEMPT_FAILED: _OF_TASK,
    _E.TASK_TRANSFER_FAILED: _OF_TASK,
    _E.TASK_TRANSFER_CANCELED: _OF_TASK,
    _E.TASK_TRANSFER_COMPLETED: _OF_TASK,
    _E.TASK_CHANNEL_CREATED: ("Task channel",),
    _E.TASK_CHANNEL_UPDATED: ("Task channel",),
    _E.TASK_CHANNEL_DELETED: ("Task channel",),
    _E.TASK_QUEUE_CREATED: ("Queue",),
    _E.TASK_QUEUE_DELETED: ("Queue",),
    _E.TASK_QUEUE_EXPRESSION_UPDATED: ("Queue",),
    _E.TASK_QUEUE_ENTERED: _OF_TASK,
    _E.TASK_QUEUE_TIMEOUT: _OF_TASK,
    _E.TASK_QUEUE_MOVED: _OF_TASK,
    _E.WORKER_CREATED: ("Worker",),
    _E.WORKER_DELETED: ("Worker",),
    _E.WORKER_ATTRIBUTES_UPDATE: ("Worker",),
    _E.WORKER_ACTIVITY_UPDATE: ("Worker", "Worker activity"),
    _E.WORKER_CAPACITY_UPDATE: ("Worker", "Worker channel"),
    _E.WORKER_CHANNEL_AVAILABILITY_UPDATE: ("Worker", "Worker channel"),
    _E.WORKFLOW_CREATED: ("Workflow",),
    _E.WORKFLOW_UPDATED: ("Workflow",),
    _E.WORKFLOW_DELETED: ("Workflow",),
    _E.WORKFLOW_ENTERED: _ROUTED,
    _E.WORKFLOW_TARGET_MATCHED: _ROUTED,
    _E.WORKFLOW_TIMEOUT: _ROUTED,
    _E.WORKFLOW_SKIPPED: _ROUTED,
    _E.WORKSPACE_CREATED: (),
    _E.WORKSPACE_UPDATED: (),
    _E.WORKSPACE_DELETED: (),
}
