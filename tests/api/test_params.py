"""Parameters become command fields by their annotations, from forms and from JSON alike."""

from __future__ import annotations

import pytest

from pointsman.api.params import decode, many, one, wire_name
from pointsman.engine.commands import (
    UNSET,
    CreateTask,
    CreateWorker,
    CreateWorkflow,
    RejectReservation,
    UpdateTaskQueue,
    UpdateWorker,
    UpdateWorkerChannel,
    UpdateWorkspace,
)
from pointsman.engine.errors import Invalid
from pointsman.engine.records import Actor

ACTOR = {"actor": Actor("account", "AC" + "0" * 32)}
WORKER = {**ACTOR, "worker_sid": "WK" + "1" * 32}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("friendly_name", "FriendlyName"),
        ("task_reservation_timeout_s", "TaskReservationTimeout"),
        ("timeout_s", "Timeout"),
        ("virtual_start_at", "VirtualStartTime"),
        ("event_callback_url", "EventCallbackUrl"),
        ("re_evaluate_tasks", "ReEvaluateTasks"),
    ],
)
def test_wire_name(field: str, name: str) -> None:
    """A parameter is called like its field, in CamelCase and without the unit."""
    assert wire_name(field) == name


def test_a_form_becomes_a_command() -> None:
    """Text of a form is converted to what the command's annotations say."""
    form = {
        "Attributes": '{"a": 1}',
        "Priority": "7",
        "Timeout": "60",
        "TaskChannel": "voice",
        "VirtualStartTime": "2024-01-01T00:00:01Z",
        "WorkflowSid": "WW" + "ABCDEF00" * 4,
        "Nonsense": "ignored",
    }

    command = decode(CreateTask, form, ACTOR)

    assert command == CreateTask(
        **ACTOR,
        attributes='{"a": 1}',
        priority=7,
        timeout_s=60,
        task_channel="voice",
        virtual_start_at=1_704_067_201_000,
        workflow_sid="WW" + "abcdef00" * 4,
    )


def test_what_is_not_mentioned_stays_unset() -> None:
    """Absent parameters leave the command's defaults alone, and so does JSON null."""
    command = decode(UpdateWorker, {"FriendlyName": None, "Attributes": []}, WORKER)

    assert command.friendly_name is UNSET
    assert command.activity_sid is UNSET
    assert not command.reject_pending_reservations


@pytest.mark.feature(73, 79)
def test_json_values_are_taken_as_they_are_meant() -> None:
    """Objects become compact JSON text; numbers and booleans may be JSON or text."""
    params = {"Attributes": {"languages": ["en"], "n": 1}, "RejectPendingReservations": True}
    worker = decode(UpdateWorker, params, WORKER)
    channel = {**WORKER, "worker_channel": "voice"}
    capacity = decode(UpdateWorkerChannel, {"Capacity": 3, "Available": "no"}, channel)

    assert worker.attributes == '{"languages":["en"],"n":1}'
    assert worker.reject_pending_reservations
    assert (capacity.capacity, capacity.available) == (3, False)


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "Yes"])
def test_truth(text: str) -> None:
    """True, 1 and yes are true in any case."""
    assert decode(
        UpdateWorkerChannel, {"Available": text}, {**WORKER, "worker_channel": "x"}
    ).available


@pytest.mark.parametrize("text", ["false", "0", "no", "on", "t", ""])
def test_untruth(text: str) -> None:
    """Whatever is not true, 1 or yes is false."""
    channel = {**WORKER, "worker_channel": "x"}

    assert decode(UpdateWorkerChannel, {"Available": text}, channel).available is False


@pytest.mark.parametrize(
    "value", ["", "x", "1.5", "1e3", "9" * 5000, "٣", [1, "y"], {"a": 1}, True, 1.5, "1_000"]
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    """A refusal names the parameter and what it has to be."""
    with pytest.raises(Invalid, match="Priority has to be a whole number") as refusal:
        decode(CreateTask, {"Priority": value}, ACTOR)

    assert refusal.value.parameter == "Priority"


@pytest.mark.parametrize("value", [7, "7", " 7 ", "+7", 7.0, ["3", "7"]])
def test_whole_numbers_in_any_dress(value: object) -> None:
    """A whole number may be a number or text; of repeated ones the last counts."""
    assert decode(CreateTask, {"Priority": value}, ACTOR).priority == 7


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-01-01T00:00:00Z", 1_704_067_200_000),
        ("2024-01-01T01:00:00+01:00", 1_704_067_200_000),
        ("2024-01-01", 1_704_067_200_000),
        ("2024-01-01T00:00:00.500Z", 1_704_067_200_500),
        ("1971-01-25T02:44:55.197Z", 33_619_495_197),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000),
    ],
)
def test_instants(text: str, at: int) -> None:
    """ISO dates with Z, an offset or neither are instants; what they mean the engine judges."""
    assert decode(CreateTask, {"VirtualStartTime": text}, ACTOR).virtual_start_at == at


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01", "", "1704067200", "2024-01-01T25:00"])
def test_what_is_no_date_is_refused(text: str) -> None:
    """A refusal shows what a date looks like."""
    with pytest.raises(Invalid, match="2024-05-31T09:30:00Z"):
        decode(CreateTask, {"VirtualStartTime": text}, ACTOR)


def test_required_parameters() -> None:
    """A missing required parameter is named."""
    with pytest.raises(Invalid, match="FriendlyName field is required"):
        decode(CreateWorker, {}, ACTOR)
    with pytest.raises(Invalid, match="Configuration field is required"):
        decode(CreateWorkflow, {"FriendlyName": "x"}, ACTOR)


def test_empty_text_clears_what_can_be_cleared() -> None:
    """Where None means "clear it", so does empty text; elsewhere empty text stays text."""
    queue = decode(
        UpdateTaskQueue,
        {"ReservationActivitySid": "", "TargetWorkers": ""},
        {**ACTOR, "task_queue_sid": "WQ"},
    )
    workspace = decode(UpdateWorkspace, {"EventsFilter": "", "EventCallbackUrl": ""}, ACTOR)

    assert queue.reservation_activity_sid is None
    assert queue.target_workers == ""
    assert workspace.events_filter is None
    assert workspace.event_callback_url == ""


@pytest.mark.parametrize("given", ["task.created, task.deleted", ["task.created", "task.deleted"]])
def test_events_filter(given: object) -> None:
    """A comma list may hold spaces or come as a list."""
    command = decode(UpdateWorkspace, {"EventsFilter": given}, ACTOR)

    assert command.events_filter == "task.created,task.deleted"


@pytest.mark.parametrize("name", ["TaskChannel", "TaskChannelUniqueName", "TaskChannelSid"])
def test_other_spellings(name: str) -> None:
    """The browser clients' names for the task channel are understood."""
    assert decode(CreateTask, {name: "chat"}, ACTOR).task_channel == "chat"


def test_nul_is_refused() -> None:
    """The character NUL is refused in any text."""
    with pytest.raises(Invalid, match="NUL"):
        decode(CreateWorker, {"FriendlyName": "a\0b"}, ACTOR)


def test_deep_json_is_refused() -> None:
    """An object nested too deeply to be written is a bad parameter, not a fault."""
    deep: dict[str, object] = {}
    for _ in range(1_000):
        deep = {"a": deep}

    with pytest.raises(Invalid, match="Attributes"):
        decode(CreateTask, {"Attributes": deep}, ACTOR)


def test_the_path_wins_over_parameters() -> None:
    """What the path or the header gives cannot be given again as a parameter."""
    fixed = {**ACTOR, "reservation_sid": "WR1", "if_match": 4}

    command = decode(RejectReservation, {"ReservationSid": "WR2", "IfMatch": "9"}, fixed)

    assert (command.reservation_sid, command.if_match) == ("WR1", 4)


@pytest.mark.feature(13)
@pytest.mark.parametrize(
    "given", ["a,b c", "a, b,c", ["a", "b", "c"], ["a,b", "c"], ["a", None, "b c"]]
)
def test_many(given: object) -> None:
    """Lists come as repeated keys, comma lists or both."""
    assert many({"X": given}, "X") == ["a", "b", "c"]


def test_one() -> None:
    """Of a repeated parameter the last counts."""
    assert one({"X": ["a", "b"]}, "X") == "b"
    assert one({"X": []}, "X") is None
    assert one({}, "X") is None
