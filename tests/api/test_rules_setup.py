"""The rules of workspaces, activities and task channels, as a client of the api meets them."""

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


@pytest.mark.feature(29)
def test_workspaces_are_multi_tasking(place: Place) -> None:
    """A workspace is multi-tasking unless something else is said, and stays so."""
    changed = place.post("", MultiTaskEnabled="false")

    assert refused(changed, "MultiTaskEnabled cannot be changed to false")
    assert place.get("").json["multi_task_enabled"] is True
    assert place.post("", MultiTaskEnabled="true").json["multi_task_enabled"] is True


@pytest.mark.feature(141)
def test_a_single_tasking_workspace_moves_its_workers(place: Place) -> None:
    """Made over REST, it tells its kind, and its queues and workers have its activities."""
    server = place.server
    made = server.post("/v1/Workspaces", FriendlyName="Single", MultiTaskEnabled="false")
    assert made.status == 201 and made.json["multi_task_enabled"] is False
    path = f"/v1/Workspaces/{made.json['sid']}"
    found = server.get(f"{path}/Activities").json["activities"]
    activities = {activity["friendly_name"]: activity["sid"] for activity in found}
    queue = server.post(f"{path}/TaskQueues", FriendlyName="All").json
    assert queue["reservation_activity_name"] == "Reserved"
    assert queue["assignment_activity_sid"] == activities["Busy"]
    routing = json.dumps({"task_routing": {"default_filter": {"queue": queue["sid"]}}})
    server.post(f"{path}/Workflows", FriendlyName="All", Configuration=routing)
    worker = server.post(f"{path}/Workers", FriendlyName="Ana", ActivitySid=activities["Idle"])
    task = server.post(f"{path}/Tasks").json["sid"]
    worker_path = f"{path}/Workers/{worker.json['sid']}"
    assert server.get(worker_path).json["activity_name"] == "Reserved"
    (offer,) = server.get(f"{path}/Tasks/{task}/Reservations").json["reservations"]
    answer = f"{path}/Tasks/{task}/Reservations/{offer['sid']}"
    assert server.post(answer, ReservationStatus="accepted").status == 200
    assert server.get(worker_path).json["activity_name"] == "Busy"
    refusal = server.post(answer, ReservationStatus="wrapping")
    assert refused(refusal, "the workspace is single-tasking")


def flow_to(place: Place, order: str) -> str:
    """The SID of a workflow that leads to a queue of its own with this order."""
    queue = place.post("/TaskQueues", FriendlyName=order, TaskOrder=order).json
    assert queue["task_order"] == order
    routing = {"task_routing": {"default_filter": {"queue": queue["sid"]}}}
    made = place.post("/Workflows", FriendlyName=order, Configuration=json.dumps(routing))
    return str(made.json["sid"])


def offered(place: Place, count: int, worker: str) -> list[str]:
    """The tasks this worker is offered one after the other, each accepted and completed."""
    found = []
    for _ in range(count):
        path = f"/Workers/{worker}/Reservations"
        [offer] = place.get(path, ReservationStatus="pending").json["reservations"]
        found.append(offer["task_sid"])
        assert place.post(f"{path}/{offer['sid']}", ReservationStatus="accepted").status == 200
        assert place.post(f"/Tasks/{found[-1]}", AssignmentStatus="completed").status == 200
    return found


@pytest.mark.feature(31)
@pytest.mark.parametrize("order", ["FIFO", "LIFO"])
def test_which_queues_come_first(place: Place, order: str) -> None:
    """A worker who serves queues of both orders works on those of PrioritizeQueueOrder first."""
    flows = {each: flow_to(place, each) for each in ("FIFO", "LIFO")}
    changed = place.post("", PrioritizeQueueOrder=order)
    later = "LIFO" if order == "FIFO" else "FIFO"
    tasks = [place.a_task(WorkflowSid=flows[each]) for each in (later, order)]
    worker = place.a_worker()

    assert changed.json["prioritize_queue_order"] == order
    assert place.get("").json["prioritize_queue_order"] == order
    assert offered(place, 2, worker) == tasks[::-1]
    assert refused(place.post("", PrioritizeQueueOrder="RANDOM"), "PrioritizeQueueOrder")


def test_queues_are_first_in_first_out_by_default(server: Inside) -> None:
    """A new workspace prefers its FIFO queues, if nothing else is said."""
    made = server.post("/v1/Workspaces", FriendlyName="Plain").json

    assert made["prioritize_queue_order"] == "FIFO"


@pytest.mark.feature(60)
@pytest.mark.parametrize(("order", "expected"), [("FIFO", [1, 2, 0]), ("LIFO", [2, 1, 0])])
def test_order_within_a_queue(
    place: Place, server: Inside, order: str, expected: list[int]
) -> None:
    """FIFO looks at the priority and then at the age, LIFO at the age alone."""
    flow = flow_to(place, order)
    tasks = []
    for priority in (0, 5, 5):
        tasks.append(place.a_task(WorkflowSid=flow, Priority=priority))
        server.wait(1)
    worker = place.a_worker()

    assert offered(place, 3, worker) == [tasks[index] for index in expected]


@pytest.mark.feature(60)
def test_the_order_of_a_queue_is_changed(place: Place) -> None:
    """A queue is FIFO by default, takes LIFO, and refuses anything else."""
    home = f"/TaskQueues/{place.queue_sid}"

    assert place.get(home).json["task_order"] == "FIFO"
    assert place.post(home, TaskOrder="LIFO").json["task_order"] == "LIFO"
    assert refused(place.post(home, TaskOrder="RANDOM"), "TaskOrder")
    assert place.get(home).json["task_order"] == "LIFO"


@pytest.mark.feature(35)
def test_whether_an_activity_is_available_stays(place: Place) -> None:
    """Available is taken in an update of an activity, and changes nothing."""
    home = f"/Activities/{place.activities['Available']}"

    answer = place.post(home, Available="false")

    assert (answer.status, answer.json["available"]) == (200, True)
    assert place.get(home).json["available"] is True


@pytest.mark.feature(36)
def test_activities_in_use(place: Place) -> None:
    """An activity that a worker, a queue or the workspace refers to cannot be deleted."""
    worker = place.a_worker()
    busy = place.post("/Activities", FriendlyName="Busy").json["sid"]
    queue = f"/TaskQueues/{place.queue_sid}"
    assert place.post(queue, AssignmentActivitySid=busy).status == 200

    for name, told in (("Available", worker), ("Offline", "default or timeout activity")):
        assert refused(place.delete(f"/Activities/{place.activities[name]}"), told)
    assert refused(place.delete(f"/Activities/{busy}"), place.queue_sid)
    assert place.post(f"/Workers/{worker}", ActivitySid=place.activities["Offline"]).status == 200
    assert place.delete(f"/Activities/{place.activities['Available']}").status == 204


@pytest.mark.feature(37)
def test_a_hundred_activities(place: Place) -> None:
    """A workspace takes a hundred activities, the seeded ones included, and refuses the next."""
    made: list[Any] = [place.post("/Activities", FriendlyName=f"a{n}").status for n in range(97)]

    assert made == [201] * 97
    assert refused(place.post("/Activities", FriendlyName="one more"), "at most 100 activities")
    assert len(place.get("/Activities", PageSize=1000).json["activities"]) == 100


@pytest.mark.feature(39)
def test_unique_names(place: Place) -> None:
    """A unique name is an identifier: letters, digits, _ and $, no digit first, and used once."""
    for name in ("1abc", "two words", "a-b", "", "é", "x" * 65):
        answer = place.post("/TaskChannels", FriendlyName="x", UniqueName=name)
        assert refused(answer, "UniqueName"), (name, answer)
    for name in ("abc1", "_a", "$b"):
        answer = place.post("/TaskChannels", FriendlyName="x", UniqueName=name)
        assert (answer.status, answer.json["unique_name"]) == (201, name)
    again = place.post("/TaskChannels", FriendlyName="y", UniqueName="abc1")
    assert refused(again, "There is a task channel with the unique name 'abc1' already")


@pytest.mark.feature(40)
@pytest.mark.parametrize(("optimized", "expected"), [("true", "Ben"), ("false", "Ana")])
def test_channel_optimized_routing(
    place: Place, server: Inside, optimized: str, expected: str
) -> None:
    """On an optimized channel one without work comes before one who waits longer but has some."""
    fax = place.post("/TaskChannels", FriendlyName="Fax", UniqueName="fax").json
    assert fax["channel_optimized_routing"] is False
    stored = place.post("/TaskChannels/fax", ChannelOptimizedRouting=optimized).json
    assert stored["channel_optimized_routing"] is (optimized == "true")
    ana = place.a_worker("Ana")
    place.a_task()
    server.wait(1)
    ben = place.a_worker("Ben")
    chat = place.offers(place.a_task(TaskChannel="chat"))[0]
    place.post(f"/Tasks/{chat['task_sid']}", AssignmentStatus="canceled")
    workers = {"Ana": ana, "Ben": ben}

    [offer] = place.offers(place.a_task(TaskChannel="fax"))

    assert offer["worker_sid"] == workers[expected]
