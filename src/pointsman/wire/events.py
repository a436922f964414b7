"""Events → the data of the Event resource, and the frames of the legacy live channel.

Event data is text throughout; frames carry the JSON types of the live channel, instants as epoch
seconds, and the workspace's gapless `seq` beside the two keys that stock clients read. It must not
know who is connected, nor how long events are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from pointsman.engine.events import Event, EventType
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS, Fields
from pointsman.wire.resources import ADDONS
from pointsman.wire.values import available_capacity_percentage

__all__ = ["FIELD_GROUPS", "GROUPS", "event_data", "frame_l", "recipients"]

Payload = dict[str, Any]

_WRITERS = {kind: [GROUPS[name].write for name in names] for kind, names in FIELD_GROUPS.items()}


def event_data(event: Event) -> Fields:
    """The fields that the event's type has (docs/events.md), all as text."""
    told = {"workspace_sid": event.workspace.sid, "workspace_name": event.workspace.friendly_name}
    for write in _WRITERS[event.type]:
        told |= write(event)
    return told


# --- the legacy live channel -------------------------------------------------------------------


def frame_l(event: Event) -> bytes | None:
    """The frame that a worker's legacy socket gets; None for events that it is not told.

    `reservation.failed` and transfers are never sent: the stock client would look for resources
    that such a payload does not name, and break.
    """
    show = _PAYLOADS.get(event.type)
    if show is None:
        return None
    frame = {"event_type": event.type.value, "payload": show(event), "seq": event.seq}
    return orjson.dumps(frame)


def recipients(event: Event) -> tuple[str, ...]:
    """SIDs of the workers whose channel gets the event's frame."""
    if event.type not in _PAYLOADS:
        return ()
    if event.reservation is not None:
        return (event.reservation.worker_sid,)
    assert event.worker is not None
    return (event.worker.sid,)


def _offered_task(event: Event) -> Payload:
    """A reservation event's payload: the *task's* fields, and the reservation's SID beside them.

    The client fetches both by these two SIDs; a page that asked it not to reads the task from here.
    """
    task, queue, workflow = event.task, event.queue, event.workflow
    assert task is not None
    assert event.reservation is not None
    channel = event.task_channel
    return {
        "account_sid": event.workspace.account_sid,
        "workspace_sid": event.workspace.sid,
        "sid": task.sid,
        "date_created": task.date_created // 1000,
        "date_updated": task.date_updated // 1000,
        "attributes": task.attributes,
        "assignment_status": task.assignment_status.value,
        "workflow_sid": task.workflow_sid,
        "workflow_name": None if workflow is None else workflow.friendly_name,
        "queue_sid": task.target.queue_sid if queue is None else queue.sid,
        "queue_name": None if queue is None else queue.friendly_name,
        "priority": task.priority,
        "reason": task.reason,
        "timeout": task.timeout_s,
        "task_channel_sid": task.task_channel_sid,
        "task_channel_unique_name": None if channel is None else channel.unique_name,
        "age": max(0, event.at - task.date_created) // 1000,
        "addons": ADDONS,
        "reservation_sid": event.reservation.sid,
    }


def _worker(event: Event) -> Payload:
    """A worker as he is since the event, with his version."""
    worker, activity = event.worker, event.activity
    assert worker is not None
    assert activity is not None
    return {
        "sid": worker.sid,
        "account_sid": event.workspace.account_sid,
        "workspace_sid": event.workspace.sid,
        "friendly_name": worker.friendly_name,
        "attributes": worker.attributes,
        "activity_sid": activity.sid,
        "activity_name": activity.friendly_name,
        "available": activity.available,
        "date_created": worker.date_created // 1000,
        "date_updated": worker.date_updated // 1000,
        "date_status_changed": worker.date_status_changed // 1000,
        "version": worker.version,
    }


def _worker_channel(event: Event) -> Payload:
    """A worker channel as it is since the event; its last reservation in epoch milliseconds."""
    channel, kind = event.worker_channel, event.task_channel
    assert channel is not None
    assert kind is not None
    return {
        "sid": channel.sid,
        "account_sid": event.workspace.account_sid,
        "workspace_sid": event.workspace.sid,
        "worker_sid": channel.worker_sid,
        "task_channel_sid": kind.sid,
        "task_channel_unique_name": kind.unique_name,
        "configured_capacity": channel.configured_capacity,
        "assigned_tasks": event.accepted_tasks or 0,
        "available": channel.available,
        "available_capacity_percentage": available_capacity_percentage(
            channel.configured_capacity, event.used_slots or 0
        ),
        "date_created": channel.date_created // 1000,
        "date_updated": channel.date_updated // 1000,
        "last_reserved_time": channel.last_reserved_at,
    }


_PAYLOADS: dict[EventType, Callable[[Event], Payload]] = {
    EventType.WORKER_ACTIVITY_UPDATE: _worker,
    EventType.WORKER_ATTRIBUTES_UPDATE: _worker,
    EventType.WORKER_CAPACITY_UPDATE: _worker_channel,
    EventType.WORKER_CHANNEL_AVAILABILITY_UPDATE: _worker_channel,
    EventType.RESERVATION_CREATED: _offered_task,
    EventType.RESERVATION_ACCEPTED: _offered_task,
    EventType.RESERVATION_REJECTED: _offered_task,
    EventType.RESERVATION_TIMEOUT: _offered_task,
    EventType.RESERVATION_CANCELED: _offered_task,
    EventType.RESERVATION_RESCINDED: _offered_task,
    EventType.RESERVATION_WRAPUP: _offered_task,
    EventType.RESERVATION_COMPLETED: _offered_task,
}
