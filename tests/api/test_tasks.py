"""Tasks and reservations over the api, on a clock that the test moves."""

from __future__ import annotations

import pytest

from tests.api.builders import Place
from tests.inside import Inside


@pytest.mark.feature(73, 75)
def test_a_new_task(place: Place) -> None:
    """A task has what was asked for, and defaults for the rest."""
    channel = place.get("/TaskChannels/chat").json["sid"]
    made = place.post(
        "/Tasks", Attributes='{"a": 1}', Priority="3", Timeout="60", TaskChannel=channel
    )
    plain = place.post("/Tasks", WorkflowSid=place.workflow_sid)

    assert made.status == 201
    assert made.headers["etag"] == f'"{place_version(place, made.json["sid"])}"'
    shown = made.json
    assert (shown["attributes"], shown["priority"], shown["timeout"]) == ('{"a": 1}', 3, 60)
    assert (shown["task_channel_unique_name"], shown["age"]) == ("chat", 0)
    assert plain.json["task_channel_unique_name"] == "default"
    assert (plain.json["attributes"], plain.json["timeout"]) == ("{}", 86_400)


def place_version(place: Place, task_sid: str) -> str:
    return place.get(f"/Tasks/{task_sid}").headers["etag"].strip('"')


@pytest.mark.feature(85)
def test_time_to_live(place: Place, server: Inside) -> None:
    """A task that nobody took in time is canceled, also while it is offered."""
    place.a_worker()
    offered, waiting = place.a_task(Timeout=5), place.a_task(Timeout=5)
    assert [place.status(sid) for sid in (offered, waiting)] == ["reserved", "pending"]

    server.wait(5)

    for sid in (offered, waiting):
        shown = place.get(f"/Tasks/{sid}").json
        assert (shown["assignment_status"], shown["reason"]) == ("canceled", "Task TTL Exceeded")
    assert [offer["reservation_status"] for offer in place.offers(offered)] == ["canceled"]


@pytest.mark.feature(86)
def test_ended_tasks_go_after_five_minutes(place: Place, server: Inside) -> None:
    """Five minutes after its end a task is 404; its reservations and events stay with the worker."""
    worker = place.a_worker()
    task = place.a_task()
    [offer] = place.offers(task)
    place.post(f"/Tasks/{task}/Reservations/{offer['sid']}", ReservationStatus="accepted")
    place.post(f"/Tasks/{task}", AssignmentStatus="completed")

    server.wait(299)
    assert place.status(task) == "completed"
    server.wait(1)

    gone = place.get(f"/Tasks/{task}")
    assert (gone.status, gone.json["code"]) == (404, 20404)
    assert place.get(f"/Tasks/{task}/Reservations").status == 404
    assert place.get(f"/Tasks/{task}/Reservations/{offer['sid']}").status == 404
    past = place.get(f"/Workers/{worker}/Reservations/{offer['sid']}").json
    assert past["reservation_status"] == "completed"
    [listed] = place.get(f"/Workers/{worker}/Reservations").json["reservations"]
    assert listed == past
    late = place.post(
        f"/Workers/{worker}/Reservations/{offer['sid']}", ReservationStatus="accepted"
    )
    assert (late.status, late.json["code"]) == (400, 20001)
    assert place.get("/Events", TaskSid=task, Minutes=60).json["events"]


@pytest.mark.feature(96, 97)
def test_an_offer_times_out(server: Inside) -> None:
    """After its time an offer is over, the worker is Offline, and the task goes to the next one."""
    place = Place(server, TaskReservationTimeout=30)
    first = place.a_worker("Ana")
    task = place.a_task()
    second = place.a_worker("Ben")

    server.wait(30)

    shown = place.get(f"/Workers/{first}").json
    assert shown["activity_name"] == "Offline"
    offers = place.offers(task)
    assert [(offer["worker_sid"], offer["reservation_status"]) for offer in offers] == [
        (first, "timeout"),
        (second, "pending"),
    ]
    late = place.post(f"/Workers/{first}/Reservations/{offers[0]['sid']}", Instruction="accept")
    assert (late.status, late.json["code"]) == (410, 20001)


@pytest.mark.feature(92)
def test_reservations_below_their_own_path_only(place: Place) -> None:
    """A reservation is found and answered below its own task and worker, nowhere else."""
    ana, ben = place.a_worker("Ana"), place.a_worker("Ben", "Offline")
    task, other = place.a_task(), place.a_task()
    [offer] = place.offers(task)

    for path in (f"/Tasks/{other}", f"/Workers/{ben}"):
        assert place.get(f"{path}/Reservations/{offer['sid']}").status == 404
        refused = place.post(f"{path}/Reservations/{offer['sid']}", ReservationStatus="accepted")
        assert refused.status == 404
    assert place.status(task) == "reserved"
    by_worker = place.get(f"/Tasks/{task}/Reservations", WorkerSid=ana).json["reservations"]
    assert [found["sid"] for found in by_worker] == [offer["sid"]]
    assert place.get(f"/Tasks/{task}/Reservations", WorkerSid=ben).json["reservations"] == []
    assert place.get(f"/Workers/{ben}/Reservations").json["reservations"] == []


@pytest.mark.feature(93, 94, 95)
def test_both_paths_take_every_status(place: Place) -> None:
    """Accepting, rejecting, wrapping up and completing work below the task and below the worker."""
    worker = place.a_worker()
    for view in ("Tasks", "Workers"):
        task = place.a_task()
        offer = place.offers(task)[0]
        home = f"/{view}/{task if view == 'Tasks' else worker}/Reservations/{offer['sid']}"
        for status in ("accepted", "wrapping", "completed"):
            answer = place.post(home, ReservationStatus=status)
            assert (answer.status, answer.json["reservation_status"]) == (200, status)
            assert home in answer.json["url"]
        assert place.status(task) == "completed"
    task = place.a_task()
    [offer] = place.offers(task)
    rejected = place.post(
        f"/Workers/{worker}/Reservations/{offer['sid']}",
        Instruction="reject",
        WorkerActivitySid=place.activities["Unavailable"],
    )
    assert rejected.json["reservation_status"] == "rejected"
    assert place.get(f"/Workers/{worker}").json["activity_name"] == "Unavailable"
    assert place.status(task) == "pending"


@pytest.mark.feature(93)
def test_answers_that_are_none(place: Place) -> None:
    """An answer is one known status or one known instruction."""
    place.a_worker()
    [offer] = place.offers(place.a_task())
    home = f"/Tasks/{offer['task_sid']}/Reservations/{offer['sid']}"

    cases = [
        ({}, 20001, "ReservationStatus field is required"),
        ({"ReservationStatus": "lost"}, 20001, "'lost' is not one of accepted"),
        ({"ReservationStatus": "timeout"}, 20001, "'timeout' is not one of"),
        ({"ReservationStatus": "accepted", "Instruction": "accept"}, 20001, "not both"),
        ({"Instruction": "dance"}, 55555, "'dance' is not one of accept"),
    ]
    for params, code, told in cases:
        answer = place.post(home, **params)
        assert (answer.status, answer.json["code"]) == (400, code)
        assert told in answer.json["message"]
    assert place.status(offer["task_sid"]) == "reserved"


@pytest.mark.feature(14, 15)
def test_versions(place: Place) -> None:
    """Tasks, workers and reservations carry their version, and a stale If-Match changes nothing."""
    worker = place.a_worker()
    task = place.a_task()
    [offer] = place.offers(task)
    paths = [
        f"/Tasks/{task}",
        f"/Workers/{worker}",
        f"/Tasks/{task}/Reservations/{offer['sid']}",
        f"/Workers/{worker}/Reservations/{offer['sid']}",
    ]
    params = [
        {"Priority": 5},
        {"Attributes": "{}"},
        {"ReservationStatus": "accepted"},
        {"ReservationStatus": "accepted"},
    ]
    for path, change in zip(paths, params, strict=True):
        tag = place.get(path).headers["etag"]
        stale = f'"{int(tag.strip(chr(34))) + 1}"'
        for refused in (stale, "x", '"1.5"', '"' + "9" * 40 + '"'):
            answer = place.post(path, headers={"If-Match": refused}, **change)
            assert (answer.status, answer.json["code"]) == (412, 20412)
        assert place.get(path).headers["etag"] == tag
    for tag in (
        place.get(paths[0]).headers["etag"],
        "*",
        "W/" + place.get(paths[0]).headers["etag"],
    ):
        assert place.post(paths[0], headers={"If-Match": tag}, Reason="x").status == 200
    assert place.delete(paths[0], headers={"If-Match": '"99"'}).status == 412
    assert place.delete(paths[0]).status == 204
    lists = place.get("/Tasks").headers["etag"], place.get("/Workers").headers["etag"]
    place.post(f"/Workers/{worker}", FriendlyName="Anna")
    assert place.get("/Tasks").headers["etag"] == lists[0]
    assert place.get("/Workers").headers["etag"] != lists[1]


@pytest.mark.feature(101)
def test_two_accepts_at_once(place: Place, server: Inside) -> None:
    """Of accepts that race on siblings exactly one wins; the other is told 410."""
    place.post(f"/TaskQueues/{place.queue_sid}", MaxReservedWorkers=5)
    for name in "ABCDE":
        place.a_worker(name)
    task = place.a_task()
    offers = place.offers(task)
    assert len(offers) == 5

    answers = server.race(
        [
            (
                "POST",
                f"{place.path}/Tasks/{task}/Reservations/{offer['sid']}",
                b"ReservationStatus=accepted",
            )
            for offer in offers
        ]
    )

    assert sorted(answer.status for answer in answers) == [200, 410, 410, 410, 410]
    kinds = sorted(offer["reservation_status"] for offer in place.offers(task))
    assert kinds == ["accepted"] + ["rescinded"] * 4
