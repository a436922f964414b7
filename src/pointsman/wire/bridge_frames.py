"""Events → the frames that the newer browser SDK hears, and whose channels hear them.

Beyond what the legacy channel tells, a worker hears of his tasks: their changes go to everybody who
holds a reservation on the task, or held one until this change. Frames carry the workspace's gapless
`seq` beside the two keys that stock clients read. It must not know who is connected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from pointsman.engine.events import Event, EventType
from pointsman.wire.bridge import (
    offer_shape,
    task_shape,
    transfer_shape,
    worker_channel_shape,
    worker_shape,
)

__all__ = ["frame_m", "kept_m", "recipients_m", "worker_channel_payload", "worker_payload"]

Payload = dict[str, Any]


def frame_m(event: Event) -> bytes | None:
    """The frame of an event; None for events that nobody is told."""
    show = _PAYLOADS.get(event.type)
    if show is None:
        return None
    return orjson.dumps({"event_type": event.type.value, "payload": show(event), "seq": event.seq})


def kept_m(event: Event) -> bytes | None:
    """What a worker has to hear of an event whose effect he was shown: how he is since then.

    The SDK fetches him before all else, and counts his version on by the events that raise it.
    """
    if event.type in (EventType.WORKER_ACTIVITY_UPDATE, EventType.WORKER_ATTRIBUTES_UPDATE):
        return frame_m(event)
    if event.type not in _RAISE_VERSION or event.worker is None or event.activity is None:
        return None
    told = EventType.WORKER_ATTRIBUTES_UPDATE.value
    return orjson.dumps({"event_type": told, "payload": worker_payload(event), "seq": event.seq})


def recipients_m(event: Event) -> tuple[str, ...]:
    """SIDs of the workers whose channel gets the event's frame."""
    if event.type not in _PAYLOADS:
        return ()
    if event.type is EventType.RESERVATION_FAILED:
        assert event.task is not None
        return (event.task.routing_target or "",)
    if event.type in _OF_TRANSFERS:
        return _initiator(event)
    if event.reservation is not None:
        return (event.reservation.worker_sid,)
    if event.worker is not None:
        return (event.worker.sid,)
    return event.holders


def _initiator(event: Event) -> tuple[str, ...]:
    """Who passes the task on; that one worker declined says to him that it failed, and nothing else."""
    transfer = event.transfer
    assert transfer is not None
    if event.type is EventType.TASK_TRANSFER_ATTEMPT_FAILED and transfer.is_to_worker:
        return ()
    return (transfer.initiating_worker_sid,)


def _task(event: Event) -> Payload:
    task = event.task
    assert task is not None
    return task_shape(
        task, event.workspace, event.queue, event.workflow, event.task_channel, event.at
    )


def _offer(event: Event) -> Payload:
    reservation = event.reservation
    assert reservation is not None
    return offer_shape(
        reservation, event.workspace, _task(event), event.transfer, event.outgoing_transfer
    )


def _transfer(event: Event) -> Payload:
    assert event.transfer is not None
    return transfer_shape(event.transfer, event.workspace)


def worker_payload(event: Event) -> Payload:
    """A worker as he is since the event, with his version."""
    assert event.worker is not None
    assert event.activity is not None
    return worker_shape(event.worker, event.activity, event.workspace)


def worker_channel_payload(event: Event) -> Payload:
    """A worker channel as it is since the event; its last reservation in epoch milliseconds."""
    assert event.worker_channel is not None
    assert event.task_channel is not None
    return worker_channel_shape(
        event.worker_channel,
        event.task_channel,
        event.workspace,
        event.accepted_tasks or 0,
        event.used_slots or 0,
    )


_OF_TRANSFERS = frozenset(
    {
        EventType.TASK_TRANSFER_INITIATED,
        EventType.TASK_TRANSFER_ATTEMPT_FAILED,
        EventType.TASK_TRANSFER_FAILED,
        EventType.TASK_TRANSFER_CANCELED,
        EventType.TASK_TRANSFER_COMPLETED,
    }
)
_RAISE_VERSION = frozenset(
    {
        EventType.RESERVATION_CREATED,
        EventType.WORKER_CAPACITY_UPDATE,
        EventType.WORKER_CHANNEL_AVAILABILITY_UPDATE,
    }
)
_PAYLOADS: dict[EventType, Callable[[Event], Payload]] = {
    EventType.WORKER_ACTIVITY_UPDATE: worker_payload,
    EventType.WORKER_ATTRIBUTES_UPDATE: worker_payload,
    EventType.WORKER_CAPACITY_UPDATE: worker_channel_payload,
    EventType.WORKER_CHANNEL_AVAILABILITY_UPDATE: worker_channel_payload,
    EventType.RESERVATION_CREATED: _offer,
    EventType.RESERVATION_ACCEPTED: _offer,
    EventType.RESERVATION_REJECTED: _offer,
    EventType.RESERVATION_TIMEOUT: _offer,
    EventType.RESERVATION_CANCELED: _offer,
    EventType.RESERVATION_RESCINDED: _offer,
    EventType.RESERVATION_WRAPUP: _offer,
    EventType.RESERVATION_COMPLETED: _offer,
    EventType.RESERVATION_FAILED: _task,
    EventType.TASK_UPDATED: _task,
    EventType.TASK_CANCELED: _task,
    EventType.TASK_WRAPUP: _task,
    EventType.TASK_COMPLETED: _task,
    **dict.fromkeys(_OF_TRANSFERS, _transfer),
}
