"""The life of a session: its token's end, other tabs, and the activities tied to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.application import Application
from tests.browser.place import Place
from tests.browser.sdk import Sdk
from tests.server import a_server


def eventually(holds: Callable[[], bool]) -> None:
    """Ask until it holds."""
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end


@pytest.mark.feature(183)
def test_a_token_ends_and_another_takes_over(sdk: Sdk, place: Place) -> None:
    """token.expired comes five seconds before the end; with a new token work goes on past it."""
    token = place.token(ttl=6)
    sdk.start(token, False)
    sdk.hear("ready")
    sdk.hear("token.expired")
    at = sdk.run("return heard.at(-1).at - JSON.parse(atob(a.split('.')[1])).exp", token)
    sdk.run("worker.updateToken(a)", place.token())
    sdk.page.wait_for_function(
        "(token) => Date.now() / 1000 > JSON.parse(atob(token.split('.')[1])).exp", arg=token
    )
    got = sdk.ask("worker.fetch(done)")
    task_sid = place.task()

    assert -5.5 < at < -3
    assert got["none"]
    assert sdk.hear("reservation.created")["task"]["sid"] == task_sid
    assert sdk.ask("kept['reservation.created'].accept(done)")["none"]
    assert {"disconnected", "error"}.isdisjoint(sdk.heard())


@pytest.mark.feature(183)
def test_a_token_of_another_worker_is_refused(sdk: Sdk, place: Place) -> None:
    """A client never becomes another worker by a new token."""
    sdk.start(place.token(), False)
    token = place.token(place.worker("bob"))
    told = sdk.run("try { worker.updateToken(a) } catch (error) { return error.message }", token)

    assert place.alice in told


@pytest.mark.feature(182)
@pytest.mark.parametrize("closes", [True, "true", False])
def test_two_tabs(
    sdk: Sdk, place: Place, window: Callable[..., Page], application: Application, closes: Any
) -> None:
    """A newer session with closeExistingSessions ends the older one for good; without, both live."""
    sdk.start(place.token(ttl=3000), False)
    sdk.hear("ready")
    second = Sdk(window(), application, place)
    second.start(place.token(), False, None, None, closes)
    second.hear("ready")
    if closes:
        disconnected = sdk.hear("disconnected")
        assert disconnected["evicted"] is True
        assert disconnected["reconnecting"] is False
        assert disconnected["message"] == "closed by a newer session"
    place.task()
    second.hear("reservation.created")
    if not closes:
        sdk.hear("reservation.created")

    assert ("reservation.created" in sdk.heard()) is (not closes)
    assert "disconnected" not in second.heard()


@pytest.mark.feature(182)
@pytest.mark.parametrize("offered", [False, True])
def test_a_connect_activity(sdk: Sdk, place: Place, offered: bool) -> None:
    """Connecting moves the worker to the connect activity, unless an offer waits for him."""
    if offered:
        place.task()
    sdk.start(place.token(), False, place.activities["Unavailable"])
    if offered:
        sdk.hear("reservation.created")
        sdk.ask("worker.fetch(done)")
    else:
        assert sdk.hear("activity.update")["activityName"] == "Unavailable"

    assert place.activity() == ("Available" if offered else "Unavailable")


@pytest.mark.feature("181.5", 182)
def test_leaving_the_page(
    sdk: Sdk, place: Place, window: Callable[..., Page], application: Application
) -> None:
    """Leaving the page moves the worker to the disconnect activity at once."""
    watching = Sdk(window(), application, place)
    watching.start(place.token(), False)
    watching.hear("ready")
    sdk.start(place.token(), False, None, place.activities["Offline"])
    sdk.hear("ready")
    sdk.page.goto("about:blank")

    assert watching.hear("activity.update")["activityName"] == "Offline"
    assert place.activity() == "Offline"


@pytest.mark.feature("181.5", 182)
def test_an_evicted_page_has_no_say(
    sdk: Sdk, place: Place, window: Callable[..., Page], application: Application
) -> None:
    """A page whose session a newer one ended does not move the worker when it is left."""
    sdk.start(place.token(ttl=3000), False, None, place.activities["Offline"])
    sdk.hear("ready")
    second = Sdk(window(), application, place)
    second.start(place.token(), False, None, None, True)
    sdk.hear("disconnected")
    sdk.page.goto("about:blank")
    second.ask("worker.update('FriendlyName', 'Alice', done)")

    assert place.activity() == "Available"
    assert "activity.update" not in second.heard()


@pytest.mark.feature("181.5", 182)
def test_a_page_that_vanishes(
    tmp_path: Path, window: Callable[..., Page], application: Application
) -> None:
    """A worker whose page says nothing when it ends is moved when the grace period is over."""
    with a_server(tmp_path, POINTSMAN_DISCONNECT_GRACE_S="1") as server:
        place = Place(server)
        sdk = Sdk(window(), application, place)
        sdk.start(place.token(), False, None, place.activities["Unavailable"])
        sdk.hear("ready")
        sdk.run("navigator.sendBeacon = () => true")
        sdk.page.close()
        eventually(lambda: place.activity() == "Unavailable")
        [moved] = place.workspace.events.list(event_type="worker.activity.update")

        assert moved.actor_type != "worker"
