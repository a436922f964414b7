"""The rules of task queues and workflows, and what changing them does to tasks that wait."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.builders import Place
from tests.inside import Answer, Inside


def refused(answer: Answer, told: str) -> bool:
    """Whether the client is told his mistake in these words."""
    known = (answer.status, answer.json["code"]) == (400, 20001)
    return known and told in answer.json["message"]


def to_queue(sid: str) -> str:
    """The configuration that leads every task to this queue."""
    return json.dumps({"task_routing": {"default_filter": {"queue": sid}}})


@pytest.mark.feature(59)
def test_offers_at_once(place: Place) -> None:
    """A queue asks 1 to 50 workers at once, one by default, and stores no other number."""
    home = f"/TaskQueues/{place.queue_sid}"
    default = place.get(home).json["max_reserved_workers"]
    first, second = place.a_worker("Ana"), place.a_worker("Ben")

    for number in (0, 51, -1):
        assert refused(place.post(home, MaxReservedWorkers=number), "MaxReservedWorkers")
        made = place.post("/TaskQueues", FriendlyName="x", MaxReservedWorkers=number)
        assert refused(made, "MaxReservedWorkers")
    alone = place.offers(place.a_task())
    for number in (1, 50):
        stored = place.post(home, MaxReservedWorkers=number).json
        assert stored["max_reserved_workers"] == number
    chat = place.offers(place.a_task(TaskChannel="chat"))

    assert (default, len(alone)) == (1, 1)
    assert {offer["worker_sid"] for offer in chat} == {first, second}


@pytest.mark.feature(61)
def test_activities_of_a_queue(place: Place) -> None:
    """A queue shows its activities with SID, name and link; unknown ones are refused, "" clears."""
    plain = place.get(f"/TaskQueues/{place.queue_sid}").json
    offline, ready = place.activities["Offline"], place.activities["Available"]
    made = place.post(
        "/TaskQueues", FriendlyName="q", ReservationActivitySid=ready, AssignmentActivitySid=offline
    ).json
    home = f"/TaskQueues/{made['sid']}"
    shown = place.get(home).json

    for kind in ("reservation", "assignment"):
        assert plain[f"{kind}_activity_sid"] is plain[f"{kind}_activity_name"] is None
    assert (shown["reservation_activity_sid"], shown["reservation_activity_name"]) == (
        ready,
        "Available",
    )
    assert (shown["assignment_activity_sid"], shown["assignment_activity_name"]) == (
        offline,
        "Offline",
    )
    assert shown["links"]["assignment_activity"].endswith(f"/Activities/{offline}")
    for name in ("ReservationActivitySid", "AssignmentActivitySid"):
        assert refused(place.post(home, **{name: "WA" + "0" * 32}), name)
    assert place.post(home, AssignmentActivitySid="").json["assignment_activity_name"] is None


@pytest.mark.feature(65)
def test_queues_in_use(place: Place) -> None:
    """A queue that a workflow names or that holds tasks is kept, until neither is so."""
    home = f"/TaskQueues/{place.queue_sid}"
    task = place.a_task()
    other = place.post("/TaskQueues", FriendlyName="Other").json["sid"]

    assert refused(place.delete(home), f"is used by the workflow {place.workflow_sid}")
    moved = place.post(f"/Workflows/{place.workflow_sid}", Configuration=to_queue(other))
    assert moved.status == 200
    assert refused(place.delete(home), "holds tasks that are not over")
    assert place.post(f"/Tasks/{task}", AssignmentStatus="canceled").status == 200
    assert place.delete(home).status == 204
    assert place.get(home).status == 404


@pytest.mark.feature(66)
def test_other_workers_for_a_queue(place: Place) -> None:
    """A new expression takes waiting tasks to whom it names, and away from whom it does not."""
    home = f"/TaskQueues/{place.queue_sid}"
    place.post(home, TargetWorkers='team == "b"')
    ana = place.a_worker("Ana", Attributes='{"team": "a"}')
    first, second = place.a_task(), place.a_task()
    before = [place.status(sid) for sid in (first, second)]

    edited = place.post(home, TargetWorkers='team == "a"')
    [offer] = place.offers(first)
    place.post(home, TargetWorkers='team == "c"')
    place.post(f"/Tasks/{first}/Reservations/{offer['sid']}", ReservationStatus="rejected")

    assert before == ["pending", "pending"]
    assert (edited.status, edited.json["target_workers"]) == (200, 'team == "a"')
    assert (offer["worker_sid"], offer["reservation_status"]) == (ana, "pending")
    assert [place.status(sid) for sid in (first, second)] == ["pending", "pending"]
    types = [event["event_type"] for event in place.get("/Events").json["events"]]
    assert types.count("task-queue.expression.updated") == 3


@pytest.mark.feature(68)
def test_configurations_come_back_as_sent(place: Place) -> None:
    """A configuration is returned character for character, blanks and unknown keys included."""
    odd = '{ "task_routing":\n\t{"default_filter" : {"queue":"WQ","é":"\\u00e9"} } ,"note" : [1.50 ]}\n'
    text = odd.replace("WQ", place.queue_sid)
    made = place.post("/Workflows", FriendlyName="x", Configuration=text).json
    home = f"/Workflows/{made['sid']}"

    assert made["configuration"] == text
    assert place.get(home).json["configuration"] == text
    assert place.post(home, FriendlyName="y").json["configuration"] == text
    assert place.post(home, Configuration=f" {text}").json["configuration"] == f" {text}"
    [listed] = place.get("/Workflows", FriendlyName="y").json["workflows"]
    assert listed["configuration"] == f" {text}"


def with_target(place: Place, **target: Any) -> str:
    """A configuration of two targets; the first has these fields."""
    other = place.post("/TaskQueues", FriendlyName="Other", TargetWorkers="").json["sid"]
    targets = [{"queue": place.queue_sid, **target}, {"queue": other, "priority": "70"}]
    filters = [{"expression": "1==1", "targets": targets}]
    return json.dumps({"task_routing": {"filters": filters}})


@pytest.mark.feature(72)
def test_numbers_as_text(place: Place, server: Inside) -> None:
    """Priority and timeout may be written as text, and mean the same."""
    text = with_target(place, priority="10", timeout="30")
    made = place.post("/Workflows", FriendlyName="x", Configuration=text)
    task = place.a_task(WorkflowSid=made.json["sid"])
    first = place.get(f"/Tasks/{task}").json

    server.wait(29)
    still = place.get(f"/Tasks/{task}").json
    server.wait(1)
    then = place.get(f"/Tasks/{task}").json

    assert (made.status, made.json["configuration"]) == (201, text)
    assert (first["priority"], first["task_queue_friendly_name"]) == (10, "Everybody")
    assert still["task_queue_friendly_name"] == "Everybody"
    assert (then["priority"], then["task_queue_friendly_name"]) == (70, "Other")


@pytest.mark.feature(72)
@pytest.mark.parametrize("target", [{"priority": "high"}, {"timeout": "soon"}, {"timeout": "0"}])
def test_text_that_is_no_number(place: Place, target: dict[str, str]) -> None:
    """Text that is no number, or not one that fits, is refused with its name."""
    [name] = target
    answer = place.post("/Workflows", FriendlyName="x", Configuration=with_target(place, **target))

    assert refused(answer, name)


@pytest.mark.feature(71)
@pytest.mark.parametrize("again", ["true", "false", None])
def test_re_evaluating_waiting_tasks(place: Place, again: str | None) -> None:
    """Waiting tasks follow a changed workflow only with ReEvaluateTasks; offered ones stay."""
    home = f"/Workflows/{place.workflow_sid}"
    place.a_worker()
    other = place.post("/TaskQueues", FriendlyName="Other", TargetWorkers="").json["sid"]
    offered, waiting = place.a_task(), place.a_task()
    asked = {} if again is None else {"ReEvaluateTasks": again}

    changed = place.post(home, Configuration=to_queue(other), **asked)
    queues = [place.get(f"/Tasks/{sid}").json["task_queue_sid"] for sid in (offered, waiting)]

    assert changed.status == 200
    assert queues == [place.queue_sid, other if again == "true" else place.queue_sid]
    assert [place.status(sid) for sid in (offered, waiting)] == ["reserved", "pending"]
    [offer] = place.offers(offered)
    assert offer["reservation_status"] == "pending"


@pytest.mark.feature(71)
def test_offered_tasks_are_re_evaluated_later(place: Place) -> None:
    """A task that was offered when its workflow changed follows it once the offer is rejected."""
    place.a_worker()
    task = place.a_task()
    other = place.post("/TaskQueues", FriendlyName="Other", TargetWorkers="").json["sid"]
    home = f"/Workflows/{place.workflow_sid}"
    place.post(home, Configuration=to_queue(other), ReEvaluateTasks="true")
    [offer] = place.offers(task)

    place.post(f"/Tasks/{task}/Reservations/{offer['sid']}", ReservationStatus="rejected")

    assert place.get(f"/Tasks/{task}").json["task_queue_sid"] == other
    assert place.status(task) == "pending"
