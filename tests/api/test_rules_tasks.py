"""The rules of tasks: where they go, how old they are, and how they end."""

from __future__ import annotations

import json

import pytest

from tests.api.builders import Place
from tests.inside import Answer, Inside


def refused(answer: Answer, told: str) -> bool:
    """Whether the client is told his mistake in these words."""
    known = (answer.status, answer.json["code"]) == (400, 20001)
    return known and told in answer.json["message"]


def types_of(place: Place, **filters: str) -> list[str]:
    """The types of the last hour's events, oldest first."""
    found = place.get("/Events", Minutes=60, PageSize=1000, **filters).json["events"]
    return [event["event_type"] for event in found]


@pytest.mark.feature(74)
def test_without_a_workflow(place: Place) -> None:
    """A task needs no WorkflowSid where there is one workflow, and does where there are more."""
    made = place.post("/Tasks")
    routing = place.get(f"/Workflows/{place.workflow_sid}").json["configuration"]
    second = place.post("/Workflows", FriendlyName="Second", Configuration=routing).json["sid"]
    both = place.post("/Tasks")
    place.delete(f"/Workflows/{second}")

    assert (made.status, made.json["workflow_sid"]) == (201, place.workflow_sid)
    assert refused(both, "WorkflowSid field is required")
    assert place.post("/Tasks").status == 201


def test_without_any_workflow(server: Inside) -> None:
    """A workspace without a workflow takes no task."""
    home = server.post("/v1/Workspaces", FriendlyName="Empty").json["sid"]

    assert refused(server.post(f"/v1/Workspaces/{home}/Tasks"), "WorkflowSid field is required")


@pytest.mark.feature(82)
@pytest.mark.parametrize(
    ("steps", "end"),
    [
        ([], "canceled"),
        (["accepted"], "completed"),
        (["accepted", "wrapping"], "completed"),
        (["accepted", "wrapping", "completed"], "completed"),
    ],
)
def test_deleting_a_task_with_its_reservation(place: Place, steps: list[str], end: str) -> None:
    """A deleted task is gone at once; its offer ends canceled, work on it completed."""
    worker = place.a_worker()
    task = place.a_task()
    [offer] = place.offers(task)
    for status in steps:
        place.post(f"/Tasks/{task}/Reservations/{offer['sid']}", ReservationStatus=status)

    gone = place.delete(f"/Tasks/{task}")

    assert (gone.status, gone.body) == (204, b"")
    assert place.get(f"/Tasks/{task}").status == 404
    left = place.get(f"/Workers/{worker}/Reservations/{offer['sid']}").json
    assert left["reservation_status"] == end
    types = types_of(place)
    assert "task.deleted" in types
    assert types.index(f"reservation.{end}") < types.index("task.deleted")
    assert types.count(f"reservation.{end}") == 1
    channel = place.get(f"/Workers/{worker}/Channels/default").json
    assert channel["available_capacity_percentage"] == 100


@pytest.mark.feature(82)
def test_deleting_a_task_without_a_reservation(place: Place) -> None:
    """A task that waits and a task that is canceled are deleted as well."""
    waiting, canceled = place.a_task(), place.a_task()
    place.post(f"/Tasks/{canceled}", AssignmentStatus="canceled")

    for task in (waiting, canceled):
        assert place.delete(f"/Tasks/{task}").status == 204
        assert place.get(f"/Tasks/{task}").status == 404
    assert place.get("/Tasks").json["tasks"] == []


@pytest.mark.feature(83)
def test_age_and_entry(place: Place, server: Inside) -> None:
    """A task's age grows by the second; its entry is that into the queue where it is."""
    other = place.post("/TaskQueues", FriendlyName="Other").json["sid"]
    targets = [{"queue": place.queue_sid, "timeout": 60}, {"queue": other}]
    routing = {"task_routing": {"filters": [{"expression": "1==1", "targets": targets}]}}
    flow = place.post("/Workflows", FriendlyName="x", Configuration=json.dumps(routing))
    task = f"/Tasks/{place.a_task(WorkflowSid=flow.json['sid'])}"
    first = place.get(task).json
    server.wait(59)
    before = place.get(task).json
    server.wait(1)
    after = place.get(task).json
    server.wait(5)
    later = place.get(task).json

    ages = [shown["age"] for shown in (first, before, after, later)]
    assert ages == [0, 59, 60, 65]
    assert first["task_queue_entered_date"] == first["date_created"]
    assert before["task_queue_entered_date"] == first["date_created"]
    assert after["task_queue_sid"] == other
    assert after["task_queue_entered_date"] > first["date_created"]
    assert later["task_queue_entered_date"] == after["task_queue_entered_date"]


@pytest.mark.feature(84)
def test_virtual_starts_that_cannot_be(place: Place) -> None:
    """A virtual start is neither in the future nor before 1900, on creation and later."""
    task = f"/Tasks/{place.a_task()}"
    start = place.get(task).json["virtual_start_time"]

    for path in ("/Tasks", task):
        for moment in ("2199-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "yesterday"):
            assert refused(place.post(path, VirtualStartTime=moment), "VirtualStartTime")
    assert start == place.get(task).json["date_created"]
    assert place.get(task).json["virtual_start_time"] == start


@pytest.mark.feature(84)
def test_virtual_starts_count_as_age(place: Place, server: Inside) -> None:
    """Of two tasks the one whose virtual start is earlier is first, also when it was changed."""
    first = place.a_task()
    server.wait(10)
    second = place.a_task(VirtualStartTime="2001-02-03T04:05:06Z")
    third = place.a_task()
    changed = place.post(f"/Tasks/{third}", VirtualStartTime="2000-01-01T00:00:00Z").json
    worker = place.a_worker()
    place.post(f"/Workers/{worker}/Channels/default", Capacity=3)

    offers = place.get(f"/Workers/{worker}/Reservations").json["reservations"]

    assert place.get(f"/Tasks/{second}").json["virtual_start_time"] == "2001-02-03T04:05:06Z"
    assert changed["virtual_start_time"] == "2000-01-01T00:00:00Z"
    assert [offer["task_sid"] for offer in offers] == [third, second, first]
    ordered = place.get("/Tasks", Ordering="VirtualStartTime:asc").json["tasks"]
    assert [task["sid"] for task in ordered] == [third, second, first]


@pytest.mark.feature(87)
@pytest.mark.parametrize("wraps", [False, True])
def test_assigned_for_a_day(place: Place, server: Inside, wraps: bool) -> None:
    """A task that is assigned for a day goes, its reservation ends, and the worker is free."""
    worker = place.a_worker()
    task = place.a_task()
    [offer] = place.offers(task)
    place.post(f"/Tasks/{task}/Reservations/{offer['sid']}", ReservationStatus="accepted")
    server.wait(86_399)
    if wraps:
        place.post(f"/Tasks/{task}", AssignmentStatus="wrapping")
    before = place.status(task)
    next_one = place.a_task()

    server.wait(1)

    assert before == ("wrapping" if wraps else "assigned")
    assert place.get(f"/Tasks/{task}").status == 404
    left = place.get(f"/Workers/{worker}/Reservations/{offer['sid']}").json
    assert left["reservation_status"] == "completed"
    assert types_of(place, TaskSid=task)[-2:] == ["reservation.completed", "task.system-deleted"]
    assert [each["worker_sid"] for each in place.offers(next_one)] == [worker]


@pytest.mark.feature(91)
def test_a_thousand_offers(place: Place) -> None:
    """A task that was offered a thousand times and taken by nobody is canceled."""
    worker = place.a_worker()
    task = place.a_task()
    home = f"/Workers/{worker}/Reservations"
    for _ in range(1_000):
        assert place.status(task) == "reserved"
        [offer] = place.get(home, ReservationStatus="pending").json["reservations"]
        place.post(f"{home}/{offer['sid']}", ReservationStatus="rejected")

    shown = place.get(f"/Tasks/{task}").json
    assert shown["assignment_status"] == "canceled"
    assert shown["reason"] == "Task TTL Exceeded or Max assignment count exceeded"
    assert len(place.get(home, PageSize=1000).json["reservations"]) == 1_000
