"""A page whose connection is cut, asleep, or closed by its own wish: it hears what it missed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.application import Application
from tests.browser.place import Place
from tests.browser.sdk import Sdk
from tests.server import Server, a_server


@contextlib.contextmanager
def asleep(sdk: Sdk) -> Iterator[None]:
    """No network for the page, as for a machine that sleeps; it wakes up afterwards."""
    sdk.page.context.set_offline(True)
    try:
        sdk.hear("disconnected")
        yield
    finally:
        sdk.page.context.set_offline(False)


def names_since(sdk: Sdk, count: int) -> list[str]:
    """The names of the events after so many, without the failures of attempts to come back."""
    return [name for name in sdk.heard()[count:] if name not in ("error", "disconnected")]


def happen(place: Place) -> tuple[str, str]:
    """Things of which a page that sleeps hears nothing: an offer is withdrawn, the worker changes, a
    task comes and is canceled, another one stays.
    """
    [first] = place.workspace.tasks.list()
    place.workspace.tasks(first.sid).update(assignment_status="canceled")
    place.workspace.workers(place.alice).update(attributes='{"level": 7}')
    gone = place.task()
    place.workspace.tasks(gone).update(assignment_status="canceled")
    return gone, place.task()


@pytest.mark.feature(243)
def test_a_page_that_slept_hears_exactly_what_it_missed(sdk: Sdk, place: Place) -> None:
    """After waking up every event of the time asleep is raised, once and in order."""
    place.task()
    sdk.start(place.token(), False)
    sdk.hear("reservation.created")
    before = len(sdk.heard())
    with asleep(sdk):
        gone, stays = happen(place)
    first, second = sdk.hear("reservation.created"), sdk.hear("reservation.created")

    assert names_since(sdk, before) == [
        "connected",
        "ready",
        "reservation.canceled",
        "attributes.update",
        "reservation.created",
        "reservation.canceled",
        "reservation.created",
    ]
    assert [first["task"]["sid"], second["task"]["sid"]] == [gone, stays]
    assert second["reservationStatus"] == "pending"
    assert sdk.hear("attributes.update")["attributes"] == {"level": 7}


@pytest.mark.feature(243, 252)
def test_a_page_without_a_connection_by_its_own_wish(sdk: Sdk, place: Place) -> None:
    """disconnect() leaves no socket, commands still work, reconnect() brings what was missed."""
    place.task()
    sdk.start(place.token(), False)
    sdk.hear("reservation.created")
    before = len(sdk.heard())
    sdk.run("worker.disconnect()")
    disconnected = sdk.hear("disconnected")
    happen(place)
    got = sdk.ask("worker.fetch(done)")
    assert disconnected["reconnecting"] is False
    assert got["result"]["attributes"] == {"level": 7}
    assert names_since(sdk, before) == []

    sdk.run("worker.reconnect()")
    sdk.hear("reservation.created")
    sdk.hear("reservation.created")
    assert names_since(sdk, before)[:3] == ["connected", "ready", "reservation.canceled"]
    assert sdk.ask("kept['reservation.created'].accept(done)")["none"]


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server that the test may end."""
    with a_server(tmp_path, POINTSMAN_DISCONNECT_GRACE_S="600") as running:
        yield running


@pytest.mark.feature(243)
def test_a_server_that_was_killed_and_started(
    own_server: Server, window: Callable[..., Page], application: Application
) -> None:
    """The new server cannot say what was missed: the page compares, and raises what changed."""
    place = Place(own_server)
    sdk = Sdk(window(), application, place)
    place.task()
    sdk.start(place.token(), False)
    sdk.hear("reservation.created")
    before = len(sdk.heard())
    sdk.page.context.set_offline(True)
    sdk.hear("disconnected")
    _, stays = happen(place)
    own_server.kill()
    own_server.start()
    sdk.page.context.set_offline(False)
    sdk.hear("reservation.canceled")

    created = sdk.hear("reservation.created")
    assert created["task"]["sid"] == stays
    assert sdk.hear("attributes.update")["attributes"] == {"level": 7}
    assert sorted(names_since(sdk, before)) == [
        "attributes.update",
        "connected",
        "ready",
        "reservation.canceled",
        "reservation.created",
    ]
    assert sdk.ask("kept['reservation.created'].accept(done)")["none"]


@pytest.mark.feature("181.4")
def test_an_accept_whose_answer_was_lost(sdk: Sdk, place: Place) -> None:
    """With two retries the page hears of one acceptance and of no error, and one is stored."""
    task_sid = place.task()
    sdk.start(place.token(), False, None, None, False, None, 2)
    sdk.hear("reservation.created")
    lost: list[str] = []

    def lose(route: object) -> None:
        if not lost and "accepted" in (route.request.post_data or ""):  # type: ignore[attr-defined]
            lost.append(route.fetch().text())  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    sdk.page.route("**/v1/wschannels/**", lose)
    got = sdk.ask("kept['reservation.created'].accept(done)")

    assert len(lost) == 1
    assert (got["none"], got["result"]["reservationStatus"]) == (True, "accepted")
    assert len(place.workspace.events.list(event_type="reservation.accepted")) == 1
    assert place.reservation_status(task_sid) == "accepted"
    assert sdk.hear("reservation.accepted")["task"]["sid"] == task_sid


@pytest.mark.feature("181.4")
def test_without_retries_a_lost_answer_is_an_error(sdk: Sdk, place: Place) -> None:
    """`maxRetries` is 0 by default: the callback is told that there was no answer."""
    place.task()
    sdk.start(place.token(), False)
    sdk.hear("reservation.created")
    sdk.page.route("**/v1/wschannels/**", lambda route: route.abort())
    got = sdk.ask("kept['reservation.created'].accept(done)")

    assert (got["isError"], got["error"]["code"]) == (True, 0)
