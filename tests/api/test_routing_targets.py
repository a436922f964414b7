"""Tasks that name their worker, queue or workflow themselves, by REST."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.builders import Place
from tests.inside import a_server_inside


@pytest.mark.feature(88)
def test_a_worker_is_offered_his_task_whatever_he_does(tmp_path: Path) -> None:
    """A task for an offline worker is offered to him alone, and canceled when he declines."""
    with a_server_inside(tmp_path) as server:
        place = Place(server)
        worker = place.a_worker(activity="Offline")
        other = place.a_worker("Ben")
        task = place.a_task(RoutingTarget=worker)
        [offer] = place.offers(task)
        shown = place.get(f"/Tasks/{task}").json
        found = [t["sid"] for t in place.get("/Tasks", RoutingTarget=worker).json["tasks"]]
        elsewhere = place.get("/Tasks", RoutingTarget=other).json["tasks"]
        path = f"/Tasks/{task}/Reservations/{offer['sid']}"
        assert place.post(path, ReservationStatus="rejected").status == 200
        ended = place.get(f"/Tasks/{task}").json

    assert (offer["worker_sid"], shown["assignment_status"]) == (worker, "reserved")
    assert (shown["routing_target"], shown["ignore_capacity"]) == (worker, True)
    assert shown["task_queue_sid"] == place.queue_sid
    assert (found, elsewhere) == ([task], [])
    assert ended["assignment_status"] == "canceled"
    wanted = f"RoutingTarget not available for Reservation acceptance: {worker}"
    assert ended["reason"] == wanted


@pytest.mark.feature(89)
def test_capacity_is_respected_when_asked_for(tmp_path: Path) -> None:
    """With IgnoreCapacity=false a task waits, also over a restart, and fails at its end."""
    with a_server_inside(tmp_path) as server:
        place = Place(server)
        worker = place.a_worker(activity="Offline")
        asked = {"RoutingTarget": worker, "IgnoreCapacity": "false", "Timeout": "60"}
        kept, lost = place.a_task(**asked, Priority="1"), place.a_task(**asked)
    with a_server_inside(tmp_path) as server:
        place.server = server
        assert place.status(kept) == "pending"
        available = place.activities["Available"]
        place.post(f"/Workers/{worker}", ActivitySid=available)
        [offer] = place.offers(kept)
        path = f"/Tasks/{kept}/Reservations/{offer['sid']}"
        assert place.post(path, ReservationStatus="accepted").status == 200
        server.wait(60)
        ended = place.get(f"/Tasks/{lost}").json
        [failed] = place.get("/Events", EventType="reservation.failed").json["events"]
        statuses = (place.status(kept), ended["assignment_status"])

    assert statuses == ("assigned", "canceled")
    assert ended["reason"] == "RoutingTarget SLA for Reservation creation was not met"
    assert failed["event_data"]["task_sid"] == lost
    assert "worker_sid" not in failed["event_data"]


@pytest.mark.feature(90)
def test_queues_and_workflows_are_targets(tmp_path: Path) -> None:
    """A queue is entered past the filters, and a workflow is named as by WorkflowSid."""
    with a_server_inside(tmp_path) as server:
        place = Place(server)
        queue = place.post("/TaskQueues", FriendlyName="Spare").json["sid"]
        shown = [
            place.get(f"/Tasks/{place.a_task(RoutingTarget=target)}").json
            for target in (queue, place.workflow_sid)
        ]

    assert [task["task_queue_sid"] for task in shown] == [queue, place.queue_sid]
    assert [task["workflow_sid"] for task in shown] == [place.workflow_sid] * 2
    assert [task["ignore_capacity"] for task in shown] == [None, None]


@pytest.mark.feature(88, 90)
def test_wrong_targets_are_refused(tmp_path: Path) -> None:
    """A target that is not there, or with what needs a worker, is refused by its parameter's name."""
    with a_server_inside(tmp_path) as server:
        place = Place(server)
        worker = place.a_worker()
        wrong = [
            ("RoutingTarget", {"RoutingTarget": "WK" + "0" * 32}),
            ("RoutingTarget", {"RoutingTarget": "somebody"}),
            ("IgnoreCapacity", {"RoutingTarget": place.queue_sid, "IgnoreCapacity": "true"}),
            ("IgnoreCapacity", {"IgnoreCapacity": "false"}),
            ("TaskQueueSid", {"TaskQueueSid": place.queue_sid}),
            ("TaskQueueSid", {"RoutingTarget": worker, "TaskQueueSid": "WQ" + "0" * 32}),
        ]
        answers = [(name, place.post("/Tasks", **params)) for name, params in wrong]

    for name, answer in answers:
        assert answer.status == 400, name
        assert answer.json["message"].startswith(name)
