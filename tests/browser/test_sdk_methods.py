"""Every method of the worker's client and of its reservations, called as the documentation does."""

from __future__ import annotations

import pytest

from tests.browser.place import Place
from tests.browser.sdk import Sdk


def offered(sdk: Sdk, place: Place) -> str:
    """Start the client and wait for an offer; gives the task's SID."""
    task_sid = place.task()
    sdk.start(place.token(), False)
    sdk.hear("reservation.created")
    return task_sid


@pytest.mark.feature("181.7")
def test_update_of_one_field(sdk: Sdk, place: Place) -> None:
    """The call update(name, value, callback) changes the field and raises the event."""
    sdk.start(place.token(), False)
    sdk.hear("ready")
    got = sdk.ask("worker.update('ActivitySid', a, done)", place.activities["Offline"])

    assert got["none"]
    assert got["result"]["activityName"] == "Offline"
    assert got["result"]["available"] is False
    assert sdk.hear("activity.update")["activitySid"] == place.activities["Offline"]
    assert sdk.run("return worker.activityName") == "Offline"
    assert place.activity() == "Offline"


@pytest.mark.feature("181.8")
def test_update_of_several_fields(sdk: Sdk, place: Place) -> None:
    """The call update(fields, callback) changes name, activity and attributes, given as an object."""
    sdk.start(place.token(), False)
    sdk.hear("ready")
    fields = {
        "ActivitySid": place.activities["Offline"],
        "FriendlyName": "UpdatedWorker",
        "Attributes": {"level": 3},
    }
    got = sdk.ask("worker.update(a, done)", fields)

    assert got["result"]["friendlyName"] == "UpdatedWorker"
    assert got["result"]["attributes"] == {"level": 3}
    assert got["result"]["activityName"] == "Offline"
    assert sdk.hear("attributes.update")["attributes"] == {"level": 3}
    assert sdk.hear("activity.update")["friendlyName"] == "UpdatedWorker"


@pytest.mark.feature("181.9")
def test_all_activities(sdk: Sdk, place: Place) -> None:
    """The call activities.fetch gives every activity of the workspace, more than one page of REST."""
    names = {*place.activities, *(f"Activity {number}" for number in range(57))}
    for name in names - set(place.activities):
        place.workspace.activities.create(friendly_name=name)
    sdk.start(place.token(), False)
    got = sdk.ask("worker.activities.fetch(done)")

    assert {each["friendlyName"] for each in got["result"]["data"]} == names
    assert len(names) >= 60


@pytest.mark.feature("181.10", partly=True)
def test_reservations_of_the_worker(sdk: Sdk, place: Place) -> None:
    """The call fetchReservations gives all reservations or the pending ones, each with its task."""
    first = offered(sdk, place)
    sdk.ask("kept['reservation.created'].accept(done)")
    sdk.ask("worker.completeTask(a, done)", first)
    place.workspace.tasks(first).delete()
    second = place.task()
    sdk.hear("reservation.created")
    everything = sdk.ask("worker.fetchReservations(done)")["result"]["data"]
    pending = sdk.ask("worker.fetchReservations(done, { ReservationStatus: 'pending' })")

    statuses = {each["taskSid"]: each["reservationStatus"] for each in everything}
    assert statuses == {first: "completed", second: "pending"}
    assert {each["task"]["attributes"]["language"] for each in everything} == {"es"}
    assert [each["taskSid"] for each in pending["result"]["data"]] == [second]


@pytest.mark.feature("181.11")
def test_channels_of_the_worker(sdk: Sdk, place: Place) -> None:
    """The call fetchChannels gives every channel with its name and capacity."""
    sdk.start(place.token(), False)
    got = sdk.ask("worker.fetchChannels(done)")
    channels = {
        each["taskChannelUniqueName"]: each["configuredCapacity"] for each in got["result"]["data"]
    }

    assert got["none"]
    assert channels["default"] == 1
    assert {"voice", "chat"} <= set(channels)


@pytest.mark.feature("181.12")
def test_a_task_is_updated(sdk: Sdk, place: Place) -> None:
    """The call updateTask takes values as text, as the documentation writes them."""
    task_sid = offered(sdk, place)
    got = sdk.ask("worker.updateTask(a, { Priority: '15' }, done)", task_sid)

    assert got["none"]
    assert got["result"]["priority"] == 15


@pytest.mark.feature("181.13")
@pytest.mark.parametrize(
    ("call", "calls_back", "reason"),
    [
        ("worker.completeTask(a)", False, None),
        ("worker.completeTask(a, done)", True, None),
        ("worker.completeTask(a, done, 'solved')", True, "solved"),
        ("kept['reservation.created'].task.complete()", False, None),
        ("kept['reservation.created'].task.complete(done)", True, None),
        ("kept['reservation.created'].task.complete(done, 'solved')", True, "solved"),
    ],
)
def test_a_task_is_completed(
    sdk: Sdk, place: Place, call: str, calls_back: bool, reason: str | None
) -> None:
    """A task is completed from the worker or from the task, with callback and reason or without."""
    task_sid = offered(sdk, place)
    sdk.ask("kept['reservation.created'].accept(done)")
    if calls_back:
        got = sdk.ask(call, task_sid)
        assert got["none"]
        assert got["result"]["assignmentStatus"] == "completed"
    else:
        sdk.run(call, task_sid)

    assert sdk.hear("reservation.completed")["task"]["sid"] == task_sid
    task = place.workspace.tasks(task_sid).fetch()
    assert (task.assignment_status, task.reason) == ("completed", reason)


@pytest.mark.feature("181.17")
@pytest.mark.parametrize("calls_back", [True, False])
def test_a_reservation_is_accepted(sdk: Sdk, place: Place, calls_back: bool) -> None:
    """Accepting works with a callback and without, and says so to everybody."""
    task_sid = offered(sdk, place)
    if calls_back:
        got = sdk.ask("kept['reservation.created'].accept(done)")
        assert got["none"]
        assert got["result"]["reservationStatus"] == "accepted"
        assert got["result"]["task"]["assignmentStatus"] == "assigned"
    else:
        sdk.run("kept['reservation.created'].accept()")

    assert sdk.hear("reservation.accepted")["task"]["sid"] == task_sid
    assert place.workspace.tasks(task_sid).fetch().assignment_status == "assigned"


@pytest.mark.feature("181.18")
@pytest.mark.parametrize(
    ("arguments", "activity"),
    [("", "Available"), ("done", "Available"), ("a", "Offline"), ("a, done", "Offline")],
)
def test_a_reservation_is_rejected(sdk: Sdk, place: Place, arguments: str, activity: str) -> None:
    """Rejecting works in its four forms, and moves the worker where he wants."""
    task_sid = offered(sdk, place)
    call = f"kept['reservation.created'].reject({arguments})"
    offline = place.activities["Offline"]
    if "done" in arguments:
        got = sdk.ask(call, offline)
        assert got["none"]
        assert got["result"]["reservationStatus"] == "rejected"
    else:
        sdk.run(call, offline)

    assert sdk.hear("reservation.rejected")["task"]["sid"] == task_sid
    assert place.activity() == activity


@pytest.mark.feature("181.16")
def test_a_refusal_reaches_the_callback(sdk: Sdk, place: Place) -> None:
    """An error is an Error with the HTTP status as code and the server's sentence as message."""
    task_sid = offered(sdk, place)
    place.workspace.tasks(task_sid).update(assignment_status="canceled", reason="gone")
    sdk.hear("reservation.canceled")
    refusals = [
        (400, 20001, sdk.ask("worker.update('ActivitySid', 'WA-unknown', done)")),
        (403, 20003, sdk.ask("worker.delete(done)")),
        (410, 20001, sdk.ask("kept['reservation.created'].accept(done)")),
    ]

    for code, twilio_code, got in refusals:
        assert got["isError"]
        assert (got["error"]["code"], got["error"]["twilioCode"]) == (code, twilio_code)
        assert len(got["error"]["message"].split()) > 3
        assert got["result"] is None


@pytest.mark.feature("181.16")
@pytest.mark.parametrize(
    "call",
    [
        "worker.fetch('no function')",
        "worker.activities.fetch('WA', 'no function')",
        "worker.completeTask('WT', 'no function')",
        "worker.updateTask('WT', 'no object')",
        "worker.update('ActivitySid')",
    ],
)
def test_a_wrong_argument_throws_at_once(sdk: Sdk, place: Place, call: str) -> None:
    """An argument of the wrong type throws a TypeError that says what is needed."""
    sdk.start(place.token(), False)
    told = sdk.run(f"try {{ {call} }} catch (error) {{ return [error.name, error.message] }}")

    assert told[0] == "TypeError"
    assert " needs to be " in told[1]
