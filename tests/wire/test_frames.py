"""Frames of the legacy live channel, and whose channel they go to."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pointsman.engine.events import EventType
from pointsman.engine.records import ReservationStatus, replace
from pointsman.wire.events import frame_l, recipients
from tests.wire.small_workspace import (
    ACCOUNT,
    ALICE,
    AVAILABLE,
    QUEUE,
    RESERVATION,
    TASK,
    VOICE,
    VOICE_OF_ALICE,
    WORKFLOW,
    an_event,
    sid,
)

SENT = {
    "worker.activity.update",
    "worker.attributes.update",
    "worker.capacity.update",
    "worker.channel.availability.update",
    "reservation.created",
    "reservation.accepted",
    "reservation.rejected",
    "reservation.timeout",
    "reservation.canceled",
    "reservation.rescinded",
    "reservation.wrapup",
    "reservation.completed",
}
ABOUT: dict[str, Any] = {
    "task": TASK,
    "reservation": RESERVATION,
    "queue": QUEUE,
    "workflow": WORKFLOW,
    "worker": ALICE,
    "activity": AVAILABLE,
    "task_channel": VOICE,
    "worker_channel": VOICE_OF_ALICE,
    "used_slots": 2,
    "accepted_tasks": 1,
}


def read(kind: EventType, **more: Any) -> dict[str, Any]:
    frame = frame_l(an_event(kind, **{**ABOUT, **more}))
    assert frame is not None
    value: dict[str, Any] = orjson.loads(frame)
    return value


@pytest.mark.parametrize("kind", EventType)
def test_what_is_sent(kind: EventType) -> None:
    """Twelve types of events are sent, by their own names; everything else is kept from the worker."""
    event = an_event(kind, **ABOUT)
    frame = frame_l(event)

    assert (frame is not None) == (kind.value in SENT)
    assert recipients(event) == ((sid("WK"),) if frame else ())
    if frame is not None:
        assert orjson.loads(frame)["event_type"] == kind.value


def test_reservation_frame() -> None:
    """A reservation event carries its task, under the task's SID, and the reservation's SID beside it."""
    assert read(EventType.RESERVATION_CREATED) == {
        "event_type": "reservation.created",
        "payload": {
            "account_sid": ACCOUNT,
            "workspace_sid": sid("WS"),
            "sid": sid("WT"),
            "date_created": 1_700_000_000,
            "date_updated": 1_700_000_061,
            "attributes": '{"from":"+34 1"}',
            "assignment_status": "assigned",
            "workflow_sid": sid("WW"),
            "workflow_name": "Calls",
            "queue_sid": sid("WQ"),
            "queue_name": "Spanish",
            "priority": 5,
            "reason": None,
            "timeout": 86_400,
            "task_channel_sid": sid("TC"),
            "task_channel_unique_name": "voice",
            "age": 90,
            "addons": "{}",
            "reservation_sid": sid("WR"),
        },
        "seq": 7,
    }


def test_worker_frame() -> None:
    """A worker event carries the worker with his absolute version."""
    assert read(EventType.WORKER_ACTIVITY_UPDATE, reservation=None) == {
        "event_type": "worker.activity.update",
        "payload": {
            "sid": sid("WK"),
            "account_sid": ACCOUNT,
            "workspace_sid": sid("WS"),
            "friendly_name": "alice",
            "attributes": '{"skills": ["es"]}',
            "activity_sid": sid("WA", 2),
            "activity_name": "Available",
            "available": True,
            "date_created": 1_700_000_000,
            "date_updated": 1_700_000_061,
            "date_status_changed": 1_700_000_030,
            "version": 4,
        },
        "seq": 7,
    }


@pytest.mark.feature(56)
def test_worker_channel_frame() -> None:
    """A channel event carries the channel: availability as a boolean, numbers whole, last offer in ms."""
    reserved = replace(VOICE_OF_ALICE, last_reserved_at=1_700_000_055_123)
    assert read(EventType.WORKER_CAPACITY_UPDATE, worker_channel=reserved) == {
        "event_type": "worker.capacity.update",
        "payload": {
            "sid": sid("WC"),
            "account_sid": ACCOUNT,
            "workspace_sid": sid("WS"),
            "worker_sid": sid("WK"),
            "task_channel_sid": sid("TC"),
            "task_channel_unique_name": "voice",
            "configured_capacity": 3,
            "assigned_tasks": 1,
            "available": True,
            "available_capacity_percentage": 33,
            "date_created": 1_700_000_000,
            "date_updated": 1_700_000_061,
            "last_reserved_time": 1_700_000_055_123,
        },
        "seq": 7,
    }


def test_frame_goes_to_the_one_who_was_asked() -> None:
    """A reservation's frame goes to its own worker, also when he was deleted meanwhile."""
    lost = replace(
        RESERVATION, worker_sid=sid("WK", 9), reservation_status=ReservationStatus.CANCELED
    )
    event = an_event(
        EventType.RESERVATION_CANCELED, **{**ABOUT, "reservation": lost, "worker": None}
    )

    assert recipients(event) == (sid("WK", 9),)


def test_names_of_what_is_gone_are_null() -> None:
    """When queue, workflow and channel are gone, the frame keeps their SIDs."""
    payload = read(EventType.RESERVATION_COMPLETED, queue=None, workflow=None, task_channel=None)[
        "payload"
    ]

    assert (payload["queue_sid"], payload["queue_name"]) == (sid("WQ"), None)
    assert (payload["workflow_sid"], payload["workflow_name"]) == (sid("WW"), None)
    assert (payload["task_channel_sid"], payload["task_channel_unique_name"]) == (sid("TC"), None)
