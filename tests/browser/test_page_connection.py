"""The worker's page when the server goes away, and when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk import Desk
from tests.server import a_server

LAST_LIST = '"ReservationStatus":"wrapping"'
BACK_MS = 30_000
PHONE = {"width": 375, "height": 700}


@pytest.mark.feature(234, "181.5", "181.6")
def test_the_server_is_killed(tmp_path: Path, window: Callable[..., Page]) -> None:
    """A killed server shows as a banner; when it is back, offer and work are still there."""
    with a_server(tmp_path, "--demo", POINTSMAN_DISCONNECT_GRACE_S="60") as server:
        alice = Desk(window(viewport=PHONE), server.address)
        alice.sit_down("Alice", "Available")
        alice.bring_in("Spanish", 2, "Chat")
        alice.press("Accept", alice.offers.first)
        expect(alice.work).to_have_count(1)
        alice.bring_in("English", 3, "Chat")
        expect(alice.offers).to_have_count(1)
        server.kill()

        expect(alice.banner).to_contain_text("The connection to the server is lost.")
        alice.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(alice.banner).to_be_in_viewport()
        expect(alice.connection).to_have_text("Reconnecting…")
        expect(alice.work).to_have_count(1)
        alice.press("Accept", alice.offers.first)
        refusal = "This could not be done (accept): the server did not answer."
        expect(alice.notice).to_contain_text(refusal)
        server.start()

        expect(alice.connection).to_have_text("Connected", timeout=BACK_MS)
        expect(alice.banner).to_be_empty()
        expect(alice.offers).to_have_count(1)
        expect(alice.work.first).to_contain_text("Working")
        alice.press("Accept", alice.offers.first)
        expect(alice.work).to_have_count(2)
        alice.press("Complete", alice.work.first)
        expect(alice.work).to_have_count(1)
        alice.said("Completed: Spanish chat, level 2")


@pytest.mark.feature(232, 234)
def test_a_list_that_was_overtaken(desk: Callable[..., Desk]) -> None:
    """An offer that comes while the page still fetches what it holds is not lost again."""
    alice = desk()
    held: list[Route] = []

    def hold(route: Route) -> None:
        """Keep the last request of the page's start waiting."""
        if held or LAST_LIST not in (route.request.post_data or ""):
            route.continue_()
        else:
            held.append(route)

    alice.page.route("**/wschannels/**", hold)
    alice.sit_down("Alice", "Available")
    alice.bring_in()
    expect(alice.offers).to_have_count(1)
    with alice.page.expect_response(
        lambda answer: (
            LAST_LIST in (answer.request.post_data or "")
            and answer.request is not held[0].request
            and answer.ok
        )
    ):
        held[0].continue_()

    expect(alice.page).to_have_title("(1) Alice – Pointsman")
    alice.press("Accept", alice.offers.first)
    expect(alice.work).to_have_count(1)


@pytest.mark.feature(234)
def test_what_was_missed_is_shown(tmp_path: Path, window: Callable[..., Page]) -> None:
    """Work that ended while the page was without connection is gone when it is back."""
    with a_server(tmp_path, "--demo", POINTSMAN_DISCONNECT_GRACE_S="60") as server:
        away: list[bool] = []
        page = window()
        page.route_web_socket(
            "**/wschannels/**",
            lambda socket: socket.close() if away else socket.connect_to_server(),
        )
        alice = Desk(page, server.address).sit_down("Alice", "Available")
        alice.bring_in()
        alice.press("Accept", alice.offers.first)
        expect(alice.work).to_have_count(1)
        away.append(True)
        server.kill()
        expect(alice.connection).to_have_text("Reconnecting…")
        server.start()
        [workspace] = server.client().taskrouter.v1.workspaces.list(friendly_name="Pointsman demo")
        [task] = workspace.tasks.list()
        task.update(assignment_status="completed")
        away.clear()

        expect(alice.connection).to_have_text("Connected", timeout=BACK_MS)
        expect(alice.work).to_have_count(0)
