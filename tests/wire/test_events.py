"""A small story, event by event, with the data of each written out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import (
    Actor,
    KnownWorker,
    ReservationStatus,
    Target,
    TaskStatus,
    replace,
)
from pointsman.wire import resources
from pointsman.wire.events import event_data
from tests.wire.small_workspace import (
    ACCOUNT,
    ALICE,
    AVAILABLE,
    BASE,
    HOME,
    NOW,
    OFFLINE,
    QUEUE,
    RESERVATION,
    TASK,
    VOICE,
    VOICE_OF_ALICE,
    WORKFLOW,
    WORKSPACE,
    an_event,
    sid,
)

WORKSPACE_FIELDS = {"workspace_sid": sid("WS"), "workspace_name": "Support"}
TASK_FIELDS = {
    "task_sid": sid("WT"),
    "task_attributes": '{"from":"+34 1"}',
    "task_age": "90",
    "task_priority": "5",
    "task_assignment_status": "assigned",
    "task_version": "2",
    "task_date_created": "1700000000",
    "task_queue_entered_date": "1700000001",
    "task_virtual_start_time": "1699996400",
    "task_channel_sid": sid("TC"),
    "task_channel_unique_name": "voice",
    "task_ignore_capacity": "false",
}
QUEUE_FIELDS = {
    "task_queue_sid": sid("WQ"),
    "task_queue_name": "Spanish",
    "task_queue_target_expression": "skills HAS 'es'",
}
WORKFLOW_FIELDS = {"workflow_sid": sid("WW"), "workflow_name": "Calls"}
ROUTED_FIELDS = {**WORKFLOW_FIELDS, "workflow_filter_name": "spanish"}
WORKER_FIELDS = {
    "worker_sid": sid("WK"),
    "worker_name": "alice",
    "worker_attributes": '{"skills": ["es"]}',
    "worker_activity_sid": sid("WA", 2),
    "worker_activity_name": "Available",
    "worker_version": "4",
}
RESERVATION_FIELDS = {
    "reservation_sid": sid("WR"),
    "reservation_version": "1",
    "worker_channel_capacity": "3",
    "worker_channel_consumed_capacity": "1",
}
ABOUT_TASK: dict[str, Any] = {
    "task": TASK,
    "queue": QUEUE,
    "workflow": WORKFLOW,
    "task_channel": VOICE,
}
ABOUT_WORKER: dict[str, Any] = {"worker": ALICE, "activity": AVAILABLE}
ABOUT_RESERVATION: dict[str, Any] = {
    **ABOUT_TASK,
    **ABOUT_WORKER,
    "reservation": RESERVATION,
    "worker_channel": VOICE_OF_ALICE,
    "used_slots": 1,
    "accepted_tasks": 1,
}
WAITING = replace(TASK, assignment_status=TaskStatus.PENDING, version=0)
WAITING_FIELDS = {**TASK_FIELDS, "task_assignment_status": "pending", "task_version": "0"}
DONE = replace(TASK, assignment_status=TaskStatus.COMPLETED, reason="sold", version=3)
DONE_FIELDS = {
    **TASK_FIELDS,
    "task_assignment_status": "completed",
    "task_version": "3",
    "reason": "sold",
    "task_completed_reason": "sold",
}
ENDED = replace(RESERVATION, reservation_status=ReservationStatus.COMPLETED, version=2)

E = EventType
STORY: list[tuple[Event, dict[str, str]]] = [
    (an_event(E.WORKSPACE_CREATED), {}),
    (
        an_event(E.ACTIVITY_CREATED, activity=OFFLINE),
        {"activity_sid": sid("WA"), "activity_name": "Offline", "activity_available": "false"},
    ),
    (
        an_event(E.TASK_CHANNEL_CREATED, task_channel=VOICE),
        {
            "task_channel_sid": sid("TC"),
            "task_channel_name": "Voice",
            "task_channel_unique_name": "voice",
            "task_channel_optimized_routing": "false",
        },
    ),
    (an_event(E.TASK_QUEUE_CREATED, queue=QUEUE), QUEUE_FIELDS),
    (an_event(E.WORKFLOW_CREATED, workflow=WORKFLOW), WORKFLOW_FIELDS),
    (an_event(E.WORKER_CREATED, **ABOUT_WORKER), WORKER_FIELDS),
    (
        an_event(
            E.WORKER_ACTIVITY_UPDATE,
            **ABOUT_WORKER,
            previous_activity=OFFLINE,
            time_in_previous_activity_ms=26_999,
        ),
        {
            **WORKER_FIELDS,
            "worker_time_in_previous_activity": "26",
            "worker_time_in_previous_activity_ms": "26999",
            "worker_previous_activity_sid": sid("WA", 1),
            "worker_previous_activity_name": "Offline",
        },
    ),
    (
        an_event(
            E.WORKER_CAPACITY_UPDATE,
            **ABOUT_WORKER,
            worker_channel=VOICE_OF_ALICE,
            task_channel=VOICE,
            previous_capacity=1,
            used_slots=2,
            accepted_tasks=1,
        ),
        {
            **WORKER_FIELDS,
            "worker_channel_available": "true",
            "worker_channel_available_capacity": "33",
            "worker_channel_previous_capacity": "1",
            "worker_channel_capacity": "3",
            "worker_channel_consumed_capacity": "2",
            "worker_channel_task_count": "1",
            "task_channel_sid": sid("TC"),
            "task_channel_unique_name": "voice",
        },
    ),
    (
        an_event(E.TASK_CREATED, **{**ABOUT_TASK, "task": WAITING}),
        {**WAITING_FIELDS, **ROUTED_FIELDS},
    ),
    (
        an_event(E.WORKFLOW_TARGET_MATCHED, **{**ABOUT_TASK, "task": WAITING}),
        {**WAITING_FIELDS, **ROUTED_FIELDS},
    ),
    (
        an_event(E.TASK_QUEUE_ENTERED, **{**ABOUT_TASK, "task": WAITING}),
        {**WAITING_FIELDS, **ROUTED_FIELDS, **QUEUE_FIELDS},
    ),
    (
        an_event(E.RESERVATION_ACCEPTED, **ABOUT_RESERVATION),
        {**TASK_FIELDS, **ROUTED_FIELDS, **QUEUE_FIELDS, **WORKER_FIELDS, **RESERVATION_FIELDS},
    ),
    (
        an_event(E.TASK_COMPLETED, **{**ABOUT_TASK, "task": DONE}),
        {**DONE_FIELDS, **ROUTED_FIELDS, **QUEUE_FIELDS},
    ),
    (
        an_event(
            E.RESERVATION_COMPLETED, **{**ABOUT_RESERVATION, "task": DONE, "reservation": ENDED}
        ),
        {
            **DONE_FIELDS,
            **ROUTED_FIELDS,
            **QUEUE_FIELDS,
            **WORKER_FIELDS,
            **RESERVATION_FIELDS,
            "reservation_version": "2",
        },
    ),
    (an_event(E.WORKER_DELETED, **ABOUT_WORKER), WORKER_FIELDS),
]


@pytest.mark.feature(168)
@pytest.mark.parametrize(("event", "told"), STORY, ids=[event.type for event, _ in STORY])
def test_story(event: Event, told: dict[str, str]) -> None:
    """Every event of a working day tells exactly these fields."""
    assert event_data(event) == {**WORKSPACE_FIELDS, **told}


def test_canceled_task_says_why() -> None:
    """A canceled task's reason is told twice: by its general name and by that of the end."""
    gone = replace(TASK, assignment_status=TaskStatus.CANCELED, reason="Task TTL Exceeded")
    told = event_data(an_event(E.TASK_CANCELED, **{**ABOUT_TASK, "task": gone}))

    assert told["reason"] == told["task_canceled_reason"] == "Task TTL Exceeded"
    assert "task_completed_reason" not in told


def test_reason_of_a_wrap_up_ends_nothing() -> None:
    """A reason given before the end is told as a reason, of no end."""
    wrapping = replace(TASK, assignment_status=TaskStatus.WRAPPING, reason="notes")
    told = event_data(an_event(E.TASK_WRAPUP, **{**ABOUT_TASK, "task": wrapping}))

    assert told["reason"] == "notes"
    assert not {"task_canceled_reason", "task_completed_reason"} & set(told)


def test_offer_that_was_never_made_has_no_reservation() -> None:
    """A failed reservation, which names no worker, has its fields all the same."""
    told = event_data(an_event(E.RESERVATION_FAILED, **ABOUT_TASK))

    assert (told["reservation_sid"], told["reservation_version"]) == ("", "")
    assert "worker_sid" not in told


def test_known_worker_is_named() -> None:
    """A reservation by known-worker routing names the worker who was wished for."""
    wish = Target(sid("WQ"), known_worker=KnownWorker("friendly_name", literal="alice"))
    about = {
        **ABOUT_RESERVATION,
        "task": replace(TASK, target=wish),
        "reservation": replace(RESERVATION, known_worker=True),
    }

    assert event_data(an_event(E.RESERVATION_CREATED, **about))["known_worker_sid"] == sid("WK")


def test_direct_task_names_its_target() -> None:
    """A task that was routed to one worker says to whom, and that capacity does not count."""
    direct = replace(TASK, routing_target=sid("WK"), ignore_capacity=True)
    told = event_data(an_event(E.TASK_UPDATED, **{**ABOUT_TASK, "task": direct}))

    assert (told["task_routing_target"], told["task_ignore_capacity"]) == (sid("WK"), "true")


def test_availability_change_has_the_capacity_it_had() -> None:
    """When only a channel's availability changed, its previous capacity is its present one."""
    shut = replace(VOICE_OF_ALICE, available=False)
    about = {**ABOUT_WORKER, "worker_channel": shut, "task_channel": VOICE}
    told = event_data(an_event(E.WORKER_CHANNEL_AVAILABILITY_UPDATE, **about))

    assert told["worker_channel_available"] == "false"
    assert told["worker_channel_previous_capacity"] == "3"


# --- the Event resource ------------------------------------------------------------------------


def stored(event: Event) -> Any:
    """The event as a store gives it back: its type as text, its data ready."""
    names = ("sid", "at", "actor", "description", "resource_type", "resource_sid")
    fields = {name: getattr(event, name) for name in names}
    return SimpleNamespace(**fields, type=event.type.value, event_data=event_data(event))


@pytest.mark.feature(7, 168)
def test_event_resource() -> None:
    """An event shows what happened, when, to what, and who did it from where."""
    event = an_event(
        E.WORKER_DELETED,
        "worker",
        sid("WK"),
        **ABOUT_WORKER,
        actor=Actor("worker", sid("WK"), "websocket", "192.0.2.7"),
        description="Worker alice deleted",
    )
    shown = resources.event(stored(event), ACCOUNT, sid("WS"), BASE)

    assert list(shown.items()) == [
        ("sid", sid("EV")),
        ("account_sid", ACCOUNT),
        ("workspace_sid", sid("WS")),
        ("event_type", "worker.deleted"),
        ("description", "Worker alice deleted"),
        ("event_date", "2023-11-14T22:14:51Z"),
        ("event_date_ms", NOW),
        ("event_data", {**WORKSPACE_FIELDS, **WORKER_FIELDS}),
        ("resource_type", "worker"),
        ("resource_sid", sid("WK")),
        ("resource_url", f"{HOME}/Workers/{sid('WK')}"),
        ("actor_type", "worker"),
        ("actor_sid", sid("WK")),
        ("actor_url", f"{HOME}/Workers/{sid('WK')}"),
        ("source", "websocket"),
        ("source_ip_address", "192.0.2.7"),
        ("url", f"{HOME}/Events/{sid('EV')}"),
    ]


@pytest.mark.feature(168)
@pytest.mark.parametrize(
    ("resource_type", "resource_sid", "address"),
    [
        ("workspace", sid("WS"), HOME),
        ("activity", sid("WA"), f"{HOME}/Activities/{sid('WA')}"),
        ("task", sid("WT"), f"{HOME}/Tasks/{sid('WT')}"),
        ("reservation", sid("WR"), f"{HOME}/Tasks/{sid('WT')}/Reservations/{sid('WR')}"),
        ("task-channel", sid("TC"), f"{HOME}/TaskChannels/{sid('TC')}"),
        ("task-queue", sid("WQ"), f"{HOME}/TaskQueues/{sid('WQ')}"),
        ("worker", sid("WK"), f"{HOME}/Workers/{sid('WK')}"),
        ("workflow", sid("WW"), f"{HOME}/Workflows/{sid('WW')}"),
    ],
)
def test_resource_addresses(resource_type: str, resource_sid: str, address: str) -> None:
    """An event points at the resource it is about, of whatever kind."""
    event = an_event(E.RESERVATION_CREATED, resource_type, resource_sid, **ABOUT_RESERVATION)

    assert resources.event(stored(event), ACCOUNT, sid("WS"), BASE)["resource_url"] == address


@pytest.mark.feature(168)
@pytest.mark.parametrize(
    ("actor", "address"),
    [
        (Actor("workspace", sid("WS"), "twilio"), HOME),
        (Actor("account", ACCOUNT), f"{BASE}/2010-04-01/Accounts/{ACCOUNT}"),
        (Actor("worker", sid("WK"), "websocket"), f"{HOME}/Workers/{sid('WK')}"),
    ],
)
def test_actor_addresses(actor: Actor, address: str) -> None:
    """An event points at whoever caused it: the workspace itself, an account or a worker."""
    event = an_event(E.WORKSPACE_UPDATED, "workspace", WORKSPACE.sid, actor=actor)
    shown = resources.event(stored(event), ACCOUNT, sid("WS"), BASE)

    assert (shown["actor_type"], shown["actor_url"]) == (actor.type, address)
