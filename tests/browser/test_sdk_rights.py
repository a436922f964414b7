"""Which method needs which right: every method with every token."""

from __future__ import annotations

import pytest

from tests.browser.place import Place
from tests.browser.sdk import Sdk

ALWAYS, NEVER = "", "never"
ACTIVITIES, RESERVATIONS = "allow_update_activities", "allow_update_reservations"
SELF, SUBRESOURCES = "allow_update_self", "allow_fetch_subresources"
CHANNELS, DELETE = "allow_update_subresources", "allow_delete_self"
DELETE_ALL = "allow_delete_subresources"

METHODS = {
    "worker.fetch(done)": {ALWAYS},
    "worker.activities.fetch(done)": {ALWAYS},
    "worker.fetchActivityList(done)": {ALWAYS},
    "worker.fetchReservations(done)": {ALWAYS},
    "worker.fetchReservations(done, { ReservationStatus: 'pending' })": {ALWAYS},
    "kept['reservation.created'].fetch(done)": {ALWAYS},
    "kept['reservation.created'].task.fetch(done)": {ALWAYS},
    "worker.fetchChannels(done)": {SUBRESOURCES},
    "worker.update('ActivitySid', a.activity, done)": {ACTIVITIES, SELF, CHANNELS},
    "worker.updateActivity(a.activity, done)": {ACTIVITIES, SELF, CHANNELS},
    "worker.update({ ActivitySid: a.activity, FriendlyName: 'Al' }, done)": {SELF, CHANNELS},
    "worker.update('FriendlyName', 'Alice', done)": {SELF, CHANNELS},
    "worker.update('Attributes', { level: 1 }, done)": {SELF, CHANNELS},
    "worker.updateTask(a.task, { Priority: '4' }, done)": {RESERVATIONS},
    "kept['reservation.created'].accept(done)": {RESERVATIONS},
    "worker.updateTask(a.task, { AssignmentStatus: 'wrapping' }, done)": {RESERVATIONS},
    "worker.completeTask(a.task, done)": {RESERVATIONS},
    "worker.activities.create({ FriendlyName: 'Mine' }, done)": {NEVER},
    "worker.activities.update(a.activity, 'FriendlyName', 'Mine', done)": {NEVER},
    "worker.activities.delete(a.activity, done)": {NEVER},
}
"""Method → the rights of which one is enough. A right on all subresources covers the worker too."""


@pytest.mark.feature("181.23", "181.11")
@pytest.mark.parametrize(
    "rights",
    [
        frozenset({ALWAYS}),
        frozenset({ACTIVITIES}),
        frozenset({RESERVATIONS}),
        frozenset({SELF}),
        frozenset({SUBRESOURCES}),
        frozenset({CHANNELS}),
        frozenset({ACTIVITIES, RESERVATIONS}),
    ],
    ids=lambda rights: "+".join(sorted(rights)) or "nothing",
)
def test_a_method_needs_its_right(sdk: Sdk, place: Place, rights: frozenset[str]) -> None:
    """A method is allowed exactly if the token has a right that covers it, else it is 403."""
    argument = {"task": place.task(), "activity": place.activities["Unavailable"]}
    sdk.start(place.token(rights=rights - {ALWAYS}), False)
    sdk.hear("reservation.created")
    got = {call: sdk.ask(call, argument)["error"] for call in METHODS}

    codes = {call: error["code"] if error else 200 for call, error in got.items()}
    assert codes == {
        call: 200 if enough & (rights | {ALWAYS}) else 403 for call, enough in METHODS.items()
    }


@pytest.mark.feature("181.23")
@pytest.mark.parametrize(
    ("right", "allowed"), [(SELF, False), (CHANNELS, False), (DELETE, True), (DELETE_ALL, True)]
)
def test_deleting_needs_its_right(sdk: Sdk, place: Place, right: str, allowed: bool) -> None:
    """A worker is deleted only with a right to delete, and then his channel closes for good."""
    place.workspace.workers(place.alice).update(activity_sid=place.activities["Offline"])
    sdk.start(place.token(rights=[right]), False)
    sdk.hear("ready")
    got = sdk.ask("worker.delete(done)")

    if allowed:
        assert got["none"]
        disconnected = sdk.hear("disconnected")
        assert (disconnected["code"], disconnected["reconnecting"]) == (4404, False)
    else:
        assert got["error"]["code"] == 403


@pytest.mark.feature("181.18", "181.23")
@pytest.mark.parametrize("allowed", [True, False])
def test_rejecting_needs_the_right_to_answer(sdk: Sdk, place: Place, allowed: bool) -> None:
    """Rejecting is allowed with ReservationUpdates, also with an activity, and 403 without."""
    place.task()
    sdk.start(place.token(rights=[RESERVATIONS] if allowed else []), False)
    sdk.hear("reservation.created")
    got = sdk.ask("kept['reservation.created'].reject(a, done)", place.activities["Offline"])

    assert got["error"] is None if allowed else got["error"]["code"] == 403
    assert place.activity() == ("Offline" if allowed else "Available")


@pytest.mark.feature("181.23", 182)
def test_a_connect_activity_needs_its_right(sdk: Sdk, place: Place) -> None:
    """Without the right to change his activity the page is told which capability is missing."""
    sdk.start(place.token(rights=[RESERVATIONS]), False, place.activities["Unavailable"])
    error = sdk.hear("error")

    assert error["response"] == 403
    assert "ActivityUpdates" in error["message"]
    assert place.activity() == "Available"


@pytest.mark.feature("181.11", "181.14")
def test_a_channel_needs_the_right_to_update_subresources(sdk: Sdk, place: Place) -> None:
    """A channel's capacity is the page's to change only with the right to update subresources."""
    change = "worker.fetchChannels((_, list) => list.data[0].update('Capacity', 2, done))"
    sdk.start(place.token(rights=[SUBRESOURCES]), False)
    refused = sdk.ask(change)
    sdk.run("worker.updateToken(a)", place.token(rights=[SUBRESOURCES, CHANNELS]))
    allowed = sdk.ask(change)

    assert refused["error"]["code"] == 403
    assert allowed["result"]["configuredCapacity"] == 2
