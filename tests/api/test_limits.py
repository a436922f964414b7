"""The limits of a workspace: those of the documentation, and whatever else an operator sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.app import limits
from pointsman.settings import Settings
from tests.api.builders import Place
from tests.inside import Inside, a_server_inside

SMALL = {
    "ATTRIBUTES_LENGTH": "20",
    "CONFIGURATION_BYTES": "200",
    "FRIENDLY_NAME_LENGTH": "10",
    "ACTIVITIES": "4",
    "TASK_QUEUES": "2",
    "WORKERS": "2",
    "WORKER_CHANNEL_CAPACITY": "3",
    "TASK_TIMEOUT_S": "600",
    "ASSIGNED_S": "60",
    "ASSIGNMENTS": "2",
    "PURGE_S": "30",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Inside]:
    """A server with limits that are soon reached, set as an operator sets them."""
    variables = {f"POINTSMAN_LIMIT_{name}": value for name, value in SMALL.items()}
    chosen = limits(Settings.from_environment(variables))
    with a_server_inside(tmp_path / "store", limits=chosen) as running:
        yield running


@pytest.fixture
def place(server: Inside) -> Place:
    return Place(server)


@pytest.mark.feature(190)
def test_the_limits_of_the_documentation() -> None:
    """Unless something else is set, the limits are those that the original documents."""
    found = limits(Settings())

    assert (found.attributes_length, found.friendly_name_length) == (4_096, 64)
    assert found.configuration_bytes == 1_038_576
    assert (found.activities, found.task_queues, found.workers) == (100, 5_000, 15_000)
    assert (found.task_timeout_s, found.assigned_s) == (1_209_600, 86_400)
    assert (found.assignments, found.worker_channel_capacity) == (1_000, 50)


@pytest.mark.feature(190)
def test_how_many_there_may_be(place: Place) -> None:
    """Activities, queues and workers may be as many as is set, and no more."""
    asked = (
        ("/Activities", 4, len(place.activities)),
        ("/TaskQueues", 2, 1),
        ("/Workers", 2, 0),
    )
    for path, most, there in asked:
        answers = [place.post(path, FriendlyName=f"n{number}") for number in range(most)]
        assert [answer.status for answer in answers] == [201] * (most - there) + [400] * there
        refused = place.post(path, FriendlyName="beyond")
        assert (refused.status, refused.json["code"]) == (400, 20001)
        assert str(most) in refused.json["message"]


@pytest.mark.feature(190)
def test_how_long_texts_may_be(place: Place) -> None:
    """Names, attributes and configurations may be as long as is set, whitespace included."""
    long = json.dumps({"a": "x" * 11})
    routing = json.dumps({"task_routing": {"default_filter": {"queue": place.queue_sid}}})
    padded = routing + " " * (200 - len(routing))
    asked = (
        ("/Tasks", {"Priority": 1}, "Attributes", long, long + " "),
        ("/Workers", {"FriendlyName": "Ana"}, "Attributes", long, long + " "),
        ("/Activities", {}, "FriendlyName", "x" * 10, "x" * 11),
        ("/Workflows", {"FriendlyName": "W"}, "Configuration", padded, padded + " "),
    )
    assert (len(long), len(padded)) == (20, 200)
    for path, base, name, longest, beyond in asked:
        refused = place.post(path, **base, **{name: beyond})
        assert (refused.status, refused.json["code"]) == (400, 20001)
        assert name in refused.json["message"]
        assert place.post(path, **base, **{name: longest}).status == 201


@pytest.mark.feature(190)
def test_how_large_numbers_may_be(place: Place) -> None:
    """Capacities and time-outs may be as large as is set."""
    worker = place.a_worker()
    channel = f"/Workers/{worker}/Channels/default"

    assert place.post(channel, Capacity=3).status == 200
    assert "3" in place.post(channel, Capacity=4).json["message"]
    assert place.post("/Tasks", Timeout=600).status == 201
    assert "600" in place.post("/Tasks", Timeout=601).json["message"]


@pytest.mark.feature(190)
def test_how_long_things_may_last(place: Place, server: Inside) -> None:
    """An ended task can be fetched, and a task may be assigned, for as long as is set."""
    ended, assigned = place.a_task(), place.a_task()
    place.post(f"/Tasks/{ended}", AssignmentStatus="canceled")
    worker = place.a_worker()
    [offer] = place.offers(assigned)
    place.post(f"/Workers/{worker}/Reservations/{offer['sid']}", ReservationStatus="accepted")
    server.wait(29)
    assert place.get(f"/Tasks/{ended}").status == 200
    server.wait(1)
    assert place.get(f"/Tasks/{ended}").status == 404
    server.wait(29)
    assert place.status(assigned) == "assigned"
    server.wait(1)
    assert place.get(f"/Tasks/{assigned}").status == 404


@pytest.mark.feature(190)
def test_how_often_a_task_is_offered(place: Place, server: Inside) -> None:
    """A task that was offered as often as is set and not accepted is canceled."""
    worker = place.a_worker()
    task = place.a_task()
    for _ in range(2):
        offer = place.offers(task)[-1]
        place.post(f"/Workers/{worker}/Reservations/{offer['sid']}", ReservationStatus="rejected")

    assert place.status(task) == "canceled"
    assert len(place.offers(task)) == 2
