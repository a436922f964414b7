"""The internal form of records and events: every key that the newer SDK insists on, and its kind."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pointsman.engine.events import EventType
from pointsman.engine.records import (
    ReservationStatus,
    TaskOrder,
    TaskStatus,
    Transfer,
    TransferMode,
    TransferStatus,
    replace,
)
from pointsman.wire import bridge
from pointsman.wire.bridge_frames import frame_m, kept_m, recipients_m
from tests.wire.small_workspace import (
    ACCOUNT,
    ALICE,
    AVAILABLE,
    CREATED,
    NOW,
    QUEUE,
    RESERVATION,
    TASK,
    UPDATED,
    VOICE,
    VOICE_OF_ALICE,
    WORKFLOW,
    WORKSPACE,
    a_state,
    an_event,
    sid,
)

PLACE = {"account_sid", "workspace_sid"}
DATES = {"date_created", "date_updated"}
WORKER = {
    *PLACE, *DATES, "sid", "friendly_name", "attributes", "available", "activity_sid",
    "activity_name", "date_status_changed", "version",
}  # fmt: skip
CHANNEL = {
    *PLACE, *DATES, "sid", "worker_sid", "task_channel_sid", "task_channel_unique_name",
    "configured_capacity", "available", "assigned_tasks", "available_capacity_percentage",
    "last_reserved_time",
}  # fmt: skip
TASK_KEYS = {
    *PLACE, *DATES, "sid", "attributes", "addons", "age", "priority", "reason", "timeout",
    "assignment_status", "queue_sid", "queue_name", "workflow_sid", "workflow_name",
    "task_channel_sid", "task_channel_unique_name", "routing_target", "version",
    "virtual_start_time",
}  # fmt: skip
RESERVATION_KEYS = {
    *PLACE, *DATES, "sid", "worker_sid", "worker_name", "reservation_status", "version", "task_sid",
    "task_channel_sid", "worker_previous_activity_sid",
}  # fmt: skip
QUEUE_KEYS = {
    *PLACE, *DATES, "sid", "friendly_name", "assignment_activity_sid", "assignment_activity_name",
    "reservation_activity_sid", "reservation_activity_name", "target_workers",
    "max_reserved_workers", "task_order", "lifo_queue",
}  # fmt: skip
TRANSFER = {
    *PLACE, *DATES, "sid", "task_sid", "transfer_type", "transfer_mode", "transfer_to",
    "transfer_status", "transfer_failed_reason", "initiating_reservation_sid",
    "initiating_worker_sid", "initiating_queue_sid", "initiating_workflow_sid",
}  # fmt: skip
ABOUT: dict[str, Any] = {
    "task": TASK,
    "queue": QUEUE,
    "workflow": WORKFLOW,
    "task_channel": VOICE,
}
OFFER = {**ABOUT, "reservation": RESERVATION, "worker": ALICE, "activity": AVAILABLE}
ONESELF = {
    "worker": ALICE,
    "activity": AVAILABLE,
    "worker_channel": VOICE_OF_ALICE,
    "task_channel": VOICE,
    "used_slots": 2,
    "accepted_tasks": 1,
}
SENT = {
    "worker.activity.update": WORKER,
    "worker.attributes.update": WORKER,
    "worker.capacity.update": CHANNEL,
    "worker.channel.availability.update": CHANNEL,
    **{
        f"reservation.{word}": RESERVATION_KEYS | {"reservation_timeout", "task"}
        for word in [
            "created",
            "accepted",
            "rejected",
            "timeout",
            "canceled",
            "rescinded",
            "wrapup",
            "completed",
        ]
    },
    "reservation.failed": TASK_KEYS,
    **{f"task.{word}": TASK_KEYS for word in ("updated", "canceled", "wrapup", "completed")},
}


def a_transfer(to: str) -> Transfer:
    return Transfer(
        sid=sid("TT"),
        task_sid=TASK.sid,
        transfer_mode=TransferMode.WARM,
        transfer_to=to,
        transfer_status=TransferStatus.INITIATED,
        initiating_reservation_sid=RESERVATION.sid,
        initiating_worker_sid=sid("WK", 7),
        initiating_workflow_sid=TASK.workflow_sid,
        initiating_target=TASK.target,
        date_created=CREATED,
        date_updated=UPDATED,
    )


def of(kind: EventType) -> Any:
    """An event of a kind with the records that it tells of."""
    if kind.value.startswith("reservation.") and kind is not EventType.RESERVATION_FAILED:
        return an_event(kind, **OFFER)
    if kind.value.startswith("worker."):
        return an_event(kind, **ONESELF)
    target = replace(TASK, routing_target=sid("WK", 7))
    return an_event(kind, **{**ABOUT, "task": target, "holders": (sid("WK", 8), sid("WK", 9))})


def payload(kind: EventType, **more: Any) -> Any:
    event = of(kind)
    frame = frame_m(replace(event, **more) if more else event)
    assert frame is not None
    return orjson.loads(frame)["payload"]


@pytest.mark.feature(185, partly=True)
@pytest.mark.parametrize("kind", [kind for kind in EventType if "transfer" not in kind])
def test_what_is_sent_and_with_which_keys(kind: EventType) -> None:
    """Seventeen types are sent, each with exactly the keys of what it tells of."""
    event = of(kind)
    frame = frame_m(event)
    assert (frame is not None) == (kind.value in SENT)
    if frame is None:
        assert recipients_m(event) == ()
        return
    told = orjson.loads(frame)

    assert (told["event_type"], told["seq"]) == (kind.value, event.seq)
    assert set(told["payload"]) == SENT[kind.value]


@pytest.mark.feature(186, partly=True)
@pytest.mark.parametrize("kind", [kind for kind in EventType if "transfer" in kind])
@pytest.mark.parametrize(("to", "word"), [("WK", "WORKER"), ("WQ", "QUEUE")])
def test_transfers(kind: EventType, to: str, word: str) -> None:
    """Who passes a task on hears of his transfer; of single refusals only when it is to a queue."""
    transfer = a_transfer(sid(to, 4))
    event = an_event(kind, **{**ABOUT, "transfer": transfer})
    frame = frame_m(event)
    assert frame is not None
    told = orjson.loads(frame)["payload"]

    silent = kind is EventType.TASK_TRANSFER_ATTEMPT_FAILED and to == "WK"
    assert recipients_m(event) == (() if silent else (sid("WK", 7),))
    assert set(told) == TRANSFER
    assert (told["transfer_type"], told["transfer_to"]) == (word, sid(to, 4))
    assert (told["transfer_mode"], told["transfer_status"]) == ("WARM", "initiated")
    assert told["initiating_queue_sid"] == TASK.target.queue_sid


@pytest.mark.feature(186, partly=True)
def test_transfers_of_reservations() -> None:
    """A reservation tells of its transfers, and has no key for what there is not."""
    incoming, outgoing = a_transfer(sid("WK", 4)), a_transfer(sid("WQ", 4))
    kind = EventType.RESERVATION_CREATED
    both = payload(kind, transfer=incoming, outgoing_transfer=outgoing)

    assert both["task_transfer"]["transfer_to"] == sid("WK", 4)
    assert both["active_outgoing_task_transfer"]["transfer_to"] == sid("WQ", 4)
    assert not {"task_transfer", "active_outgoing_task_transfer"} & set(payload(kind))


def test_who_hears_of_it() -> None:
    """A worker hears of himself and his reservations; of a task those hear who hold it."""
    assert recipients_m(of(EventType.WORKER_ACTIVITY_UPDATE)) == (ALICE.sid,)
    assert recipients_m(of(EventType.RESERVATION_CREATED)) == (RESERVATION.worker_sid,)
    assert recipients_m(of(EventType.RESERVATION_FAILED)) == (sid("WK", 7),)
    assert recipients_m(of(EventType.TASK_UPDATED)) == (sid("WK", 8), sid("WK", 9))


@pytest.mark.feature(254, partly=True)
@pytest.mark.parametrize("kind", [EventType(name) for name in SENT])
def test_what_is_left_of_an_event_that_was_shown(kind: EventType) -> None:
    """Of events that raise the worker's version, or tell how he is, the worker as he is then."""
    raising = kind.value.startswith("worker.") or kind is EventType.RESERVATION_CREATED
    kept = kept_m(of(kind))

    assert (kept is not None) == raising
    if kept is not None:
        told = orjson.loads(kept)
        assert told["event_type"] in ("worker.attributes.update", "worker.activity.update")
        assert told["payload"]["version"] == ALICE.version
        assert set(told["payload"]) == WORKER


def test_the_kinds_of_values() -> None:
    """Instants are seconds, but for a channel's last reservation; attributes and addons are text."""
    offer = payload(EventType.RESERVATION_CREATED)
    channel = payload(EventType.WORKER_CAPACITY_UPDATE)

    assert offer["date_created"] == RESERVATION.date_created // 1000
    assert offer["reservation_timeout"] == RESERVATION.timeout_s
    assert offer["task"]["date_created"] == CREATED // 1000
    assert offer["task"]["virtual_start_time"] == TASK.virtual_start_at // 1000
    assert (offer["task"]["attributes"], offer["task"]["addons"]) == (TASK.attributes, "{}")
    assert set(offer["task"]) == TASK_KEYS
    assert channel["last_reserved_time"] == VOICE_OF_ALICE.last_reserved_at
    assert channel["assigned_tasks"] == 1
    assert offer["account_sid"] == ACCOUNT


def test_why_an_offer_was_canceled() -> None:
    """A canceled reservation has the reason's code when there is one, and no key for it otherwise."""
    canceled = replace(RESERVATION, reservation_status=ReservationStatus.CANCELED)
    failed = replace(canceled, canceled_reason_code=13223)

    kind = EventType.RESERVATION_CANCELED
    assert "canceled_reason_code" not in payload(kind, reservation=canceled)
    assert payload(kind, reservation=failed)["canceled_reason_code"] == 13223


def test_records_of_the_live_state() -> None:
    """What is fetched has the same keys as what is told."""
    state = a_state()
    of_state: dict[str, tuple[dict[str, Any], set[str]]] = {
        "worker": (bridge.worker(ALICE, state, NOW), WORKER),
        "channel": (bridge.worker_channel(VOICE_OF_ALICE, state, NOW), CHANNEL),
        "task": (bridge.task(TASK, state, NOW), TASK_KEYS),
        "reservation": (bridge.reservation(RESERVATION, state, NOW), RESERVATION_KEYS),
        "queue": (bridge.task_queue(QUEUE, state, NOW), QUEUE_KEYS),
        "activity": (
            bridge.activity(AVAILABLE, state, NOW),
            {*PLACE, *DATES, "sid", "friendly_name", "available"},
        ),
    }
    for name, (shown, keys) in of_state.items():
        assert set(shown) == keys, name

    assert of_state["task"][0]["age"] == (NOW - TASK.date_created) // 1000
    assert of_state["activity"][0]["date_updated"] == UPDATED // 1000
    assert of_state["queue"][0]["lifo_queue"] is (QUEUE.task_order is TaskOrder.LIFO)
    offer = bridge.offer(RESERVATION, TASK, state, NOW)
    assert offer["task"] == of_state["task"][0]


def test_what_is_gone_is_null() -> None:
    """A task whose queue, workflow and channel were deleted keeps all its keys."""
    task = replace(TASK, assignment_status=TaskStatus.COMPLETED)
    shown = bridge.task_shape(task, WORKSPACE, None, None, None, NOW)

    assert set(shown) == TASK_KEYS
    assert (shown["queue_name"], shown["workflow_name"]) == (None, None)
    assert shown["task_channel_unique_name"] is None
