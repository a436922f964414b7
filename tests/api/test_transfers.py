"""Tasks that are passed on, over a whole server: what others see of it, and what a restart takes up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pointsman.engine.commands import Command, InitiateTransfer
from pointsman.engine.records import Actor
from tests.api.builders import Place
from tests.inside import Inside, a_server_inside


def carried_out(place: Place, command: Command) -> None:
    server: Inside = place.server
    server.run(server.runtime.execute(place.sid, command, lambda state, outcome: None))


def passed_on(place: Place) -> tuple[str, str, dict[str, Any]]:
    """Ana passes her task on to Ben: the task, her reservation, and the offer that he has now."""
    place.a_worker(Attributes='{"contact_uri": "client:ana"}')
    task_sid = place.a_task(
        Attributes='{"from": "+15550100", "to": "+15550199", "call_sid": "CA1"}'
    )
    [own] = place.offers(task_sid)
    path = f"/Tasks/{task_sid}/Reservations/{own['sid']}"
    assert place.post(path, ReservationStatus="accepted").status == 200
    to = place.a_worker("Ben", Attributes='{"contact_uri": "client:ben"}')
    actor = Actor("worker", own["worker_sid"], "websocket")
    carried_out(place, InitiateTransfer(actor=actor, reservation_sid=own["sid"], to=to))
    [offer] = place.get(f"/Tasks/{task_sid}/Reservations", ReservationStatus="pending").json[
        "reservations"
    ]
    return task_sid, own["sid"], offer


@pytest.mark.feature(186, partly=True)
def test_a_restart_takes_it_up_with_its_deadline(tmp_path: Path) -> None:
    """After a restart nobody answers: the transfer fails in time, and the task is the first one's."""
    with a_server_inside(tmp_path / "store") as first:
        place = Place(first)
        task_sid, _, offer = passed_on(place)
        assert place.status(task_sid) == "reserved"
    with a_server_inside(tmp_path / "store") as second:
        place.server = second
        second.wait(121)

        assert place.status(task_sid) == "assigned"
        told = place.get("/Events", TaskSid=task_sid, Minutes=60).json["events"]
    kinds = [event["event_type"] for event in told]
    assert [kind for kind in kinds if "transfer" in kind] == [
        "task.transfer-initiated",
        "task.transfer-attempt-failed",
        "task.transfer-failed",
    ]
    [initiated] = [event for event in told if event["event_type"] == "task.transfer-initiated"]
    assert (initiated["actor_type"], initiated["source"]) == ("worker", "websocket")
    assert (initiated["resource_type"], initiated["resource_sid"]) == ("task", task_sid)
    assert initiated["event_data"]["task_queue_sid"] == place.queue_sid
    assert offer["sid"] in {event["event_data"].get("reservation_sid") for event in told}


@pytest.mark.feature(186, partly=True)
def test_statistics_count_from_the_beginning(place: Place) -> None:
    """Whoever accepts a transfer is counted with the age of the task; nothing is counted twice."""
    task_sid, _, offer = passed_on(place)
    place.server.wait(30)
    path = f"/Tasks/{task_sid}/Reservations/{offer['sid']}"
    assert place.post(path, ReservationStatus="accepted").status == 200

    told = place.get("/CumulativeStatistics").json
    assert (told["tasks_created"], told["tasks_moved"], told["tasks_canceled"]) == (1, 0, 0)
    assert (told["reservations_created"], told["reservations_accepted"]) == (2, 2)
    assert told["wait_duration_until_accepted"]["max"] == 30
    assert place.get("/RealTimeStatistics").json["tasks_by_status"]["assigned"] == 1


@pytest.mark.feature(148, 186, partly=True)
def test_only_a_conference_can_be_joined(place: Place) -> None:
    """Instructions that would take the call elsewhere are 40151 while the task is passed on."""
    task_sid, _, offer = passed_on(place)
    path = f"/Tasks/{task_sid}/Reservations/{offer['sid']}"
    call = {"CallFrom": "+15550100", "CallUrl": "https://app.example/voice"}
    redirect = {"RedirectCallSid": "CA1", "RedirectUrl": "https://app.example/voice"}

    for params in ({"Instruction": "dequeue"}, {"Instruction": "call", **call}):
        assert place.post(path, **params).json["code"] == 40151
    assert place.post(path, Instruction="redirect", **redirect).json["code"] == 40151
    assert place.post(path, Instruction="conference").json["code"] == 40145
    assert place.post(path, Instruction="accept").json["reservation_status"] == "accepted"
