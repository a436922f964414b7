"""Every type of event has its row, and tells each field of its groups."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.engine.events import EventType
from pointsman.wire.events import event_data
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS
from tests.wire.small_workspace import (
    ALICE,
    AVAILABLE,
    OFFLINE,
    QUEUE,
    RESERVATION,
    TASK,
    VOICE,
    VOICE_OF_ALICE,
    WORKFLOW,
    an_event,
)

RECORDS: dict[str, Any] = {
    "task": TASK,
    "reservation": RESERVATION,
    "worker": ALICE,
    "queue": QUEUE,
    "workflow": WORKFLOW,
    "activity": AVAILABLE,
    "task_channel": VOICE,
    "worker_channel": VOICE_OF_ALICE,
    "previous_activity": OFFLINE,
    "time_in_previous_activity_ms": 26_999,
    "previous_capacity": 1,
    "used_slots": 1,
    "accepted_tasks": 1,
}

FAMILIES = {
    "activity": 3,
    "reservation": 9,
    "task": 12,
    "task-channel": 3,
    "task-queue": 6,
    "worker": 6,
    "workflow": 7,
    "workspace": 3,
}


def test_the_list_is_closed() -> None:
    """There are 49 types of events, and each has a row."""
    families = [kind.value.split(".")[0] for kind in EventType]

    assert {family: families.count(family) for family in FAMILIES} == FAMILIES
    assert len(families) == sum(FAMILIES.values()) == 49
    assert list(FIELD_GROUPS) == list(EventType)


@pytest.mark.feature(168)
@pytest.mark.parametrize("kind", EventType)
def test_every_field_is_told(kind: EventType) -> None:
    """An event tells every field of its groups, nothing that is in none of them, and all as text."""
    groups = [GROUPS[name] for name in FIELD_GROUPS[kind]]
    always = {"workspace_sid", "workspace_name"}.union(*(group.fields for group in groups))
    optional = set[str]().union(*(group.optional for group in groups))

    told = event_data(an_event(kind, **RECORDS))

    assert always <= set(told) <= always | optional
    assert all(isinstance(value, str) for value in told.values())


@pytest.mark.feature(168)
@pytest.mark.parametrize("kind", [kind for kind in EventType if "Task" in FIELD_GROUPS[kind]])
def test_fields_outlive_records(kind: EventType) -> None:
    """When queue, workflow, channel and worker are gone, their fields are there, with what is known."""
    told = event_data(an_event(kind, task=TASK, reservation=RESERVATION))

    wanted = [field for name in FIELD_GROUPS[kind] for field in GROUPS[name].fields]
    assert set(wanted) <= set(told)
    if "Queue" in FIELD_GROUPS[kind]:
        assert told["task_queue_sid"] == QUEUE.sid
    if "Worker" in FIELD_GROUPS[kind]:
        assert (told["worker_sid"], told["worker_name"]) == (ALICE.sid, "alice")
