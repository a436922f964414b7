"""The forms of callbacks, field by field."""

from __future__ import annotations

import pytest

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import Activity, Worker, replace
from pointsman.wire.callbacks import assignment_form, event_form
from pointsman.wire.events import event_data
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS
from tests.wire.small_workspace import (
    ACCOUNT,
    ALICE,
    AVAILABLE,
    NOW,
    OFFLINE,
    QUEUE,
    RESERVATION,
    TASK,
    VOICE,
    VOICE_OF_ALICE,
    WORKFLOW,
    an_event,
    sid,
)
from tests.wire.test_told_by_engine import Day, change_settings, work

COMMON = {
    "AccountSid": ACCOUNT,
    "WorkspaceSid": sid("WS"),
    "WorkspaceName": "Support",
    "EventDescription": "It happened",
    "Timestamp": str(NOW // 1000),
    "TimestampMs": str(NOW),
    "Sid": sid("EV"),
}


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Everything that the engine raised in a long day."""
    day = Day()
    work(day)
    change_settings(day)
    return day.events


def form_of(event: Event) -> dict[str, str]:
    return event_form(event, event_data(event), ACCOUNT)


def of_reservation(worker: Worker | None = ALICE, activity: Activity | None = AVAILABLE) -> Event:
    return an_event(
        EventType.RESERVATION_CREATED,
        "reservation",
        sid("WR"),
        task=TASK,
        reservation=RESERVATION,
        worker=worker,
        activity=activity,
        queue=QUEUE,
        workflow=WORKFLOW,
        task_channel=VOICE,
        worker_channel=VOICE_OF_ALICE,
        used_slots=1,
    )


@pytest.mark.feature(165, partly=True)
def test_an_activity_change_is_told_in_full() -> None:
    """Common fields, the worker's group and that of his activity: each name and value."""
    event = an_event(
        EventType.WORKER_ACTIVITY_UPDATE,
        "worker",
        sid("WK"),
        worker=ALICE,
        activity=AVAILABLE,
        previous_activity=OFFLINE,
        time_in_previous_activity_ms=26_500,
    )

    assert form_of(event) == COMMON | {
        "EventType": "worker.activity.update",
        "ResourceType": "worker",
        "ResourceSid": sid("WK"),
        "WorkerSid": sid("WK"),
        "WorkerName": "alice",
        "WorkerAttributes": '{"skills": ["es"]}',
        "WorkerActivitySid": sid("WA", 2),
        "WorkerActivityName": "Available",
        "WorkerVersion": "4",
        "WorkerTimeInPreviousActivity": "26",
        "WorkerTimeInPreviousActivityMs": "26500",
        "WorkerPreviousActivitySid": sid("WA", 1),
        "WorkerPreviousActivityName": "Offline",
    }


@pytest.mark.feature(165, partly=True)
def test_a_reservation_is_told_with_everything_it_joins() -> None:
    """Task, queue, workflow, worker and reservation are all in the form, under documented names."""
    form = form_of(of_reservation())

    assert form["EventType"] == "reservation.created"
    for name, value in {
        "TaskSid": sid("WT"),
        "TaskAttributes": TASK.attributes,
        "TaskAge": "90",
        "TaskPriority": "5",
        "TaskAssignmentStatus": "assigned",
        "TaskQueueSid": sid("WQ"),
        "TaskQueueName": "Spanish",
        "TaskQueueTargetExpression": "skills HAS 'es'",
        "WorkflowSid": sid("WW"),
        "WorkflowName": "Calls",
        "ReservationSid": sid("WR"),
        "WorkerSid": sid("WK"),
        "WorkerName": "alice",
        "TaskChannelUniqueName": "voice",
    }.items():
        assert form[name] == value
    assert all(isinstance(value, str) for value in form.values())


@pytest.mark.feature(165, partly=True)
def test_a_known_worker_is_told_under_its_documented_name() -> None:
    """The one field that the original writes in snake case is written so."""
    event = of_reservation()
    known = an_event(
        event.type,
        "reservation",
        sid("WR"),
        task=TASK,
        reservation=replace(RESERVATION, known_worker=True),
        worker=ALICE,
        activity=AVAILABLE,
        queue=QUEUE,
        workflow=WORKFLOW,
    )

    assert form_of(known)["known_worker_sid"] == sid("WK")
    assert "KnownWorkerSid" not in form_of(known)


@pytest.mark.feature(142, partly=True)
@pytest.mark.parametrize(
    ("worker", "attributes"), [(ALICE, ALICE.attributes), (None, "")], ids=["here", "gone"]
)
def test_an_assignment_is_told_with_the_documented_fields(
    worker: Worker | None, attributes: str
) -> None:
    """The assignment callback has exactly its fields, also when the worker was deleted since."""
    event = of_reservation(worker, AVAILABLE if worker else None)

    assert assignment_form(event, event_data(event), ACCOUNT) == {
        "Timestamp": str(NOW // 1000),
        "AccountSid": ACCOUNT,
        "WorkspaceSid": sid("WS"),
        "WorkspaceName": "Support",
        "WorkflowSid": sid("WW"),
        "WorkflowName": "Calls",
        "TaskQueueSid": sid("WQ"),
        "TaskQueueName": "Spanish",
        "WorkerSid": sid("WK"),
        "WorkerName": "alice",
        "WorkerAttributes": attributes,
        "TaskSid": sid("WT"),
        "TaskAttributes": TASK.attributes,
        "TaskAge": "90",
        "TaskPriority": "5",
        "TaskChannelUniqueName": "voice",
        "ReservationSid": sid("WR"),
    }


@pytest.mark.feature(165)
def test_every_type_is_told_with_the_fields_of_its_groups(events: list[Event]) -> None:
    """In a long day of the engine each form has the common fields and all documented ones of its type."""
    for event in events:
        groups = [GROUPS[name] for name in FIELD_GROUPS[event.type]]
        always = {camel(name) for group in groups for name in group.fields}
        optional = {camel(name) for group in groups for name in group.optional}
        form = form_of(event)

        assert set(COMMON) | {"EventType", "ResourceType", "ResourceSid"} | always <= set(form)
        assert set(form) - always - optional <= {
            *COMMON,
            "EventType",
            "ResourceType",
            "ResourceSid",
        }
        assert all(isinstance(value, str) for value in form.values())


def camel(name: str) -> str:
    if name == "known_worker_sid":
        return name
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
