"""The events of the worker's client, whoever caused them: the page, REST, or the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.application import Application
from tests.browser.place import Place
from tests.browser.sdk import Sdk


def check_reservation(reservation: dict[str, Any], task_sid: str) -> None:
    """It bears what the documentation's listeners read."""
    task = reservation["task"]
    assert reservation["sid"].startswith("WR")
    assert task["sid"] == task_sid
    assert task["attributes"] == {"language": "es", "level": 2}
    assert task["priority"] == 3
    assert task["age"] >= 0


@pytest.mark.feature("181.6")
def test_a_client_becomes_ready(sdk: Sdk, place: Place) -> None:
    """First the channel is connected, then the worker is ready with his fields."""
    sdk.start(place.token(), False)
    ready = sdk.hear("ready")

    assert ready["sid"] == place.alice
    assert ready["friendlyName"] == "alice"
    assert ready["activityName"] == "Available"
    assert ready["available"] is True
    assert ready["attributes"]["languages"] == ["en", "es"]
    assert sdk.heard() == ["connected", "ready"]


@pytest.mark.feature("181.13", "181.15", "181.17")
def test_the_main_job(sdk: Sdk, place: Place) -> None:
    """A page is ready, gets an offer, accepts and completes; each step is told once, in order."""
    sdk.start(place.token(), False)
    sdk.hear("ready")
    task_sid = place.task()
    sdk.hear("reservation.created")
    sdk.run("kept['reservation.created'].accept()")
    check_reservation(sdk.hear("reservation.accepted"), task_sid)
    sdk.run("kept['reservation.accepted'].task.complete()")
    check_reservation(sdk.hear("reservation.completed"), task_sid)

    assert sdk.heard() == [
        "connected",
        "ready",
        "reservation.created",
        "reservation.accepted",
        "reservation.completed",
    ]
    assert place.workspace.tasks(task_sid).fetch().assignment_status == "completed"


@pytest.mark.feature("181.6")
def test_a_refused_client_is_told(sdk: Sdk, place: Place) -> None:
    """A token that another secret signed ends the connection for good, with a sentence."""
    head, claims, _ = place.token().split(".")
    sdk.start(f"{head}.{claims}.{'A' * 43}", False)
    disconnected = sdk.hear("disconnected")

    assert disconnected["code"] == 4403
    assert disconnected["reconnecting"] is False
    assert len(disconnected["message"].split()) > 2
    assert "ready" not in sdk.heard()


@pytest.mark.feature("181.14")
def test_the_activity_changes(sdk: Sdk, place: Place) -> None:
    """The event activity.update comes when the page, REST or a reservation's timeout changes the activity."""
    short = place.workflow(1)
    sdk.start(place.token(), False)
    sdk.hear("ready")
    sdk.run("worker.update('ActivitySid', a)", place.activities["Unavailable"])
    by_page = sdk.hear("activity.update")
    place.workspace.workers(place.alice).update(activity_sid=place.activities["Available"])
    by_rest = sdk.hear("activity.update")
    task_sid = place.task(short)
    by_engine = sdk.hear("activity.update")

    names = [each["activityName"] for each in (by_page, by_rest, by_engine)]
    assert names == ["Unavailable", "Available", "Offline"]
    assert [each["available"] for each in (by_page, by_rest, by_engine)] == [False, True, False]
    assert {each["sid"] for each in (by_page, by_rest, by_engine)} == {place.alice}
    assert by_engine["friendlyName"] == "alice"
    check_reservation(sdk.hear("reservation.timeout"), task_sid)


@pytest.mark.feature("181.14")
def test_the_attributes_change(sdk: Sdk, place: Place) -> None:
    """The event attributes.update comes when the page or REST changes the attributes."""
    sdk.start(place.token(), False)
    sdk.hear("ready")
    sdk.run("worker.update('Attributes', { level: 2 })")
    by_page = sdk.hear("attributes.update")
    place.workspace.workers(place.alice).update(attributes='{"level": 3}')
    by_rest = sdk.hear("attributes.update")

    assert [each["attributes"] for each in (by_page, by_rest)] == [{"level": 2}, {"level": 3}]
    assert by_rest["friendlyName"] == "alice"
    assert by_rest["activityName"] == "Available"
    assert by_rest["available"] is True


@pytest.mark.feature("181.14")
def test_the_capacity_changes(sdk: Sdk, place: Place) -> None:
    """The event capacity.update comes when the page or REST changes a channel's capacity."""
    sdk.start(place.token(), False)
    sdk.hear("ready")
    sdk.run(
        "worker.fetchChannels((_, list) => list.data"
        ".find((each) => each.taskChannelUniqueName === 'chat').update('Capacity', 2))"
    )
    by_page = sdk.hear("capacity.update")
    place.task(task_channel="chat")
    sdk.hear("reservation.created")
    sdk.ask("kept['reservation.created'].accept(done)")
    place.workspace.workers(place.alice).worker_channels("chat").update(capacity=4)
    by_rest = sdk.hear("capacity.update")

    assert by_page["sid"].startswith("WC")
    assert by_page["taskChannelUniqueName"] == "chat"
    assert (by_page["configuredCapacity"], by_page["assignedTasks"]) == (2, 0)
    assert (by_rest["configuredCapacity"], by_rest["assignedTasks"]) == (4, 1)
    assert by_rest["availableCapacityPercentage"] == 75
    assert by_rest["available"] is True


def by_rest_accept(place: Place, sdk: Sdk, task_sid: str) -> None:
    update_reservation(place, task_sid, reservation_status="accepted")


def by_rest_reject(place: Place, sdk: Sdk, task_sid: str) -> None:
    activity = place.activities["Offline"]
    update_reservation(place, task_sid, reservation_status="rejected", worker_activity_sid=activity)


def update_reservation(place: Place, task_sid: str, **params: str) -> None:
    task = place.workspace.tasks(task_sid)
    task.reservations(task.reservations.list()[0].sid).update(**params)


def by_rest_cancel(place: Place, sdk: Sdk, task_sid: str) -> None:
    place.workspace.tasks(task_sid).update(assignment_status="canceled")


def by_page_accept(place: Place, sdk: Sdk, task_sid: str) -> None:
    sdk.run("kept['reservation.created'].accept()")


def by_page_reject(place: Place, sdk: Sdk, task_sid: str) -> None:
    sdk.run("kept['reservation.created'].reject(a)", place.activities["Offline"])


@pytest.mark.feature("181.15")
@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ("reservation.accepted", by_page_accept),
        ("reservation.accepted", by_rest_accept),
        ("reservation.rejected", by_page_reject),
        ("reservation.rejected", by_rest_reject),
        ("reservation.canceled", by_rest_cancel),
    ],
)
def test_a_reservation_moves(
    sdk: Sdk, place: Place, event: str, cause: Callable[[Place, Sdk, str], None]
) -> None:
    """Creation by the engine and the answer by page or REST are told with the whole task."""
    sdk.start(place.token(), False)
    sdk.hear("ready")
    task_sid = place.task()
    created = sdk.hear("reservation.created")
    cause(place, sdk, task_sid)
    moved = sdk.hear(event)

    check_reservation(created, task_sid)
    check_reservation(moved, task_sid)
    assert created["reservationStatus"] == "pending"
    assert moved["reservationStatus"] == event.removeprefix("reservation.")
    assert moved["sid"] == created["sid"]


@pytest.mark.feature("181.15")
def test_a_faster_worker_takes_the_task(
    sdk: Sdk, place: Place, window: Callable[..., Page], application: Application
) -> None:
    """Of two workers with an offer for one task, the slower one is told that it was rescinded."""
    queue = place.workspace.task_queues.create(friendly_name="Two", max_reserved_workers=2)
    workflow_sid = place.workflow(60, queue.sid)
    bob = Sdk(window(), application, place)
    bob.start(place.token(place.worker("bob")), False)
    sdk.start(place.token(), False)
    bob.hear("ready")
    sdk.hear("ready")
    task_sid = place.task(workflow_sid)
    sdk.hear("reservation.created")
    bob.hear("reservation.created")
    got = bob.ask("kept['reservation.created'].accept(done)")

    assert got["none"]
    rescinded = sdk.hear("reservation.rescinded")
    check_reservation(rescinded, task_sid)
    assert rescinded["reservationStatus"] == "rescinded"


@pytest.mark.feature("181.15")
def test_work_is_wrapped_up(sdk: Sdk, place: Place) -> None:
    """Wrapping up and completing, by the page, are told with the whole task."""
    sdk.start(place.token(), False)
    task_sid = place.task()
    sdk.hear("reservation.created")
    sdk.ask("kept['reservation.created'].accept(done)")
    sdk.ask("worker.updateTask(a, { AssignmentStatus: 'wrapping' }, done)", task_sid)
    wrapping = sdk.hear("reservation.wrapup")
    sdk.ask("worker.completeTask(a, done)", task_sid)
    completed = sdk.hear("reservation.completed")

    assert wrapping["reservationStatus"] == "wrapping"
    assert completed["reservationStatus"] == "completed"
    check_reservation(completed, task_sid)
