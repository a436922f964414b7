"""Many requests on their way at once: nobody is given more than he can take, no task goes twice."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from tests.api.builders import Place
from tests.inside import Inside

CAPACITY = 2
ANSWERS = (
    b"ReservationStatus=accepted",
    b"ReservationStatus=accepted",
    b"ReservationStatus=rejected",
)
TAKEN = {"reservation.created"}
FREED = {
    "reservation.rejected",
    "reservation.rescinded",
    "reservation.canceled",
    "reservation.timeout",
    "reservation.completed",
}


@pytest.mark.feature(98, 101, 102)
@pytest.mark.parametrize("seed", range(5))
def test_a_busy_hour(place: Place, server: Inside, seed: int) -> None:
    """With offers answered several times at once, the event log shows no slot and no task given twice."""
    chance = random.Random(seed)
    place.post(f"/TaskQueues/{place.queue_sid}", MaxReservedWorkers=3)
    for number in range(6):
        worker = place.a_worker(f"w{number}")
        place.post(f"/Workers/{worker}/Channels/default", Capacity=CAPACITY)

    for _ in range(15):
        requests = [("POST", f"{place.path}/Tasks", b"") for _ in range(chance.randrange(6))]
        requests += answers_to_everything(place, chance) * 2
        chance.shuffle(requests)
        answers = server.race(requests)
        assert {answer.status for answer in answers} <= {200, 201, 400, 410}

    events = place.get("/Events", Minutes=60, PageSize=1_000).json
    assert events["meta"]["next_page_url"] is None
    assert most_slots(events["events"]) == CAPACITY
    accepted = Counter(
        event["event_data"]["task_sid"]
        for event in events["events"]
        if event["event_type"] == "reservation.accepted"
    )
    assert len(accepted) > 10
    assert set(accepted.values()) == {1}


def answers_to_everything(place: Place, chance: random.Random) -> list[tuple[str, str, bytes]]:
    """An answer to each open offer, and the end of each assigned task."""
    requests: list[tuple[str, str, bytes]] = []
    for task in place.get("/Tasks", PageSize=1_000).json["tasks"]:
        home = f"{place.path}/Tasks/{task['sid']}"
        if task["assignment_status"] == "assigned" and chance.random() < 0.5:
            requests.append(("POST", home, b"AssignmentStatus=completed"))
        if task["assignment_status"] == "reserved":
            requests += [
                ("POST", f"{home}/Reservations/{offer['sid']}", chance.choice(ANSWERS))
                for offer in place.offers(task["sid"])
            ]
    return requests


def most_slots(events: list[dict[str, Any]]) -> int:
    """The most reservations that any worker ever held at a time, by the events alone."""
    held: Counter[str] = Counter()
    most = 0
    for event in events:
        worker = event["event_data"].get("worker_sid", "")
        held[worker] += (event["event_type"] in TAKEN) - (event["event_type"] in FREED)
        most = max(most, held[worker])
    return most
