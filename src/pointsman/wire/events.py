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
from pointsman.wire.bridge import task_fields
from pointsman.wire.bridge_frames import worker_channel_payload, worker_payload
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS, Fields

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
    task = event.task
    assert task is not None
    assert event.reservation is not None
    told = task_fields(
        task, event.workspace, event.queue, event.workflow, event.task_channel, event.at
    )
    return {**told, "reservation_sid": event.reservation.sid}


_PAYLOADS: dict[EventType, Callable[[Event], Payload]] = {
    EventType.WORKER_ACTIVITY_UPDATE: worker_payload,
    EventType.WORKER_ATTRIBUTES_UPDATE: worker_payload,
    EventType.WORKER_CAPACITY_UPDATE: worker_channel_payload,
    EventType.WORKER_CHANNEL_AVAILABILITY_UPDATE: worker_channel_payload,
    EventType.RESERVATION_CREATED: _offered_task,
    EventType.RESERVATION_ACCEPTED: _offered_task,
    EventType.RESERVATION_REJECTED: _offered_task,
    EventType.RESERVATION_TIMEOUT: _offered_task,
    EventType.RESERVATION_CANCELED: _offered_task,
    EventType.RESERVATION_RESCINDED: _offered_task,
    EventType.RESERVATION_WRAPUP: _offered_task,
    EventType.RESERVATION_COMPLETED: _offered_task,
}
