"""The rules of workers: their names, what becomes of their offers, and when they can go."""

from __future__ import annotations

import pytest

from tests.api.builders import Place


@pytest.mark.feature(43)
def test_names_are_unique_whatever_their_case(place: Place) -> None:
    """Two workers of a workspace cannot be called alice and Alice; one may change his own case."""
    alice, bob = place.a_worker("alice"), place.a_worker("bob")

    for answer in (
        place.post("/Workers", FriendlyName="Alice"),
        place.post(f"/Workers/{bob}", FriendlyName="ALICE"),
    ):
        assert (answer.status, answer.json["code"]) == (400, 20001)
        assert answer.json["message"] == "Worker with the same friendly name already exists"
    own = place.post(f"/Workers/{alice}", FriendlyName="Alice")
    assert (own.status, own.json["friendly_name"]) == (200, "Alice")
    assert place.get(f"/Workers/{bob}").json["friendly_name"] == "bob"


@pytest.mark.feature(50)
def test_rejecting_what_is_pending(place: Place) -> None:
    """Leaving with RejectPendingReservations rejects offers and keeps work; staying is refused."""
    desk = place.post("/Activities", FriendlyName="Desk", Available="true").json["sid"]
    worker = place.a_worker()
    home = f"/Workers/{worker}"
    place.post(f"{home}/Channels/default", Capacity=3)
    taken, first, second = (place.a_task() for _ in range(3))
    [offer] = place.offers(taken)
    place.post(f"/Tasks/{taken}/Reservations/{offer['sid']}", ReservationStatus="accepted")

    stays = place.post(home, ActivitySid=desk, RejectPendingReservations="true")
    still = place.get(home).json["activity_name"]
    before = [place.status(sid) for sid in (taken, first, second)]
    leaves = place.post(
        home, ActivitySid=place.activities["Unavailable"], RejectPendingReservations="true"
    )

    assert (stays.status, stays.json["code"], still) == (400, 20001, "Available")
    assert "RejectPendingReservations" in stays.json["message"]
    assert before == ["assigned", "reserved", "reserved"]
    assert (leaves.status, leaves.json["activity_name"]) == (200, "Unavailable")
    assert [place.status(sid) for sid in (taken, first, second)] == [
        "assigned",
        "pending",
        "pending",
    ]
    for sid in (first, second):
        assert [each["reservation_status"] for each in place.offers(sid)] == ["rejected"]


@pytest.mark.feature(50)
def test_keeping_what_is_pending(place: Place) -> None:
    """Leaving without RejectPendingReservations, or with another word for no, keeps the offers."""
    worker = place.a_worker()
    task = place.a_task()

    for asked in ({}, {"RejectPendingReservations": "false"}):
        away = place.post(f"/Workers/{worker}", ActivitySid=place.activities["Offline"], **asked)
        assert away.status == 200
        assert [offer["reservation_status"] for offer in place.offers(task)] == ["pending"]


@pytest.mark.feature(53)
@pytest.mark.parametrize("activity", ["Available", "Unavailable"])
@pytest.mark.parametrize("steps", [[], ["accepted"], ["accepted", "wrapping"]])
def test_a_worker_with_work_stays(place: Place, activity: str, steps: list[str]) -> None:
    """A worker with a live reservation cannot be deleted; once it is over he can."""
    worker = place.a_worker()
    task = place.a_task()
    [offer] = place.offers(task)
    for status in steps:
        place.post(f"/Tasks/{task}/Reservations/{offer['sid']}", ReservationStatus=status)
    place.post(f"/Workers/{worker}", ActivitySid=place.activities[activity])

    kept = place.delete(f"/Workers/{worker}")
    over = "completed" if steps else "canceled"
    assert place.post(f"/Tasks/{task}", AssignmentStatus=over).status == 200

    assert (kept.status, kept.json["code"]) == (400, 20001)
    assert "holds reservations that are not over" in kept.json["message"]
    assert place.delete(f"/Workers/{worker}").status == 204
    assert place.get(f"/Workers/{worker}").status == 404


@pytest.mark.feature(53)
def test_a_worker_without_work_goes(place: Place) -> None:
    """A worker without work is deleted if the version asked for is his, and gone at once."""
    worker = f"/Workers/{place.a_worker()}"
    version = place.get(worker).headers["etag"]
    stale = place.server.delete(place.path + worker, headers={"If-Match": '"99"'})
    gone = place.server.delete(place.path + worker, headers={"If-Match": version})

    assert (stale.status, stale.json["code"]) == (412, 20412)
    assert (gone.status, gone.body) == (204, b"")
    assert place.get(worker).status == 404
