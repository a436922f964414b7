"""The worker's page in Chromium, from choosing a worker to a completed task."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken

from tests.browser.desk import Desk
from tests.server import AUTH_TOKEN, a_server

GONE = '{"code": 20001, "message": "It is gone", "status": 410}'
DARK_PHONE = {"viewport": {"width": 375, "height": 812}, "color_scheme": "dark"}


@pytest.mark.feature(232)
def test_a_day_at_the_desk(desk: Callable[..., Desk]) -> None:
    """A worker is chosen, becomes available, gets an offer, accepts, wraps up and completes."""
    alice = desk()
    alice.page.goto(alice.address)
    alice.page.get_by_role("link", name="Alice English and Spanish · level 3").click()
    expect(alice.connection).to_have_text("Connected")
    expect(alice.page.get_by_label("Activity")).to_have_value(re.compile("^WA"))
    expect(alice.channel("chat")).to_contain_text("0 of 3")
    alice.enter("Available")
    alice.bring_in("Spanish", 2, "Chat")

    offer = alice.offers.first
    expect(offer).to_contain_text("Spanish chat, level 2")
    expect(offer).to_contain_text("Lucía Ortega was charged twice for one order")
    expect(offer).to_contain_text(re.compile(r"waiting for 0:\d\d"))
    expect(offer.locator(".seconds")).to_have_text(re.compile(r"^(30|2\d)$"))
    expect(alice.page).to_have_title("(1) Alice – Pointsman")
    expect(alice.channel("chat")).to_contain_text("1 of 3")
    alice.press("Accept", offer)
    expect(alice.work).to_have_count(1)
    expect(alice.work.first).to_contain_text("Working")
    expect(alice.offers).to_have_count(0)
    alice.press("Wrap up", alice.work.first)
    expect(alice.work.first).to_contain_text("Wrapping up")
    expect(alice.channel("chat")).to_contain_text("1 of 3")
    alice.press("Complete", alice.work.first)
    expect(alice.work).to_have_count(0)
    alice.said("Completed: Spanish chat, level 2")
    expect(alice.channel("chat")).to_contain_text("0 of 3")
    expect(alice.notice).to_be_empty()


@pytest.mark.feature(232)
def test_a_rejected_task_goes_to_the_next(desk: Callable[..., Desk]) -> None:
    """What one worker rejects is offered to the other, who takes it."""
    alice, bob = desk(), desk()
    bob.sit_down("Bob", "Available")
    alice.sit_down("Alice", "Available")
    alice.bring_in("English", 2)
    expect(bob.offers).to_have_count(1)
    expect(alice.offers).to_have_count(0)
    bob.enter("On a break")
    bob.press("Reject", bob.offers.first)

    expect(alice.offers).to_have_count(1)
    expect(bob.offers).to_have_count(0)
    bob.said("You rejected: English caller, level 2")
    alice.press("Accept", alice.offers.first)
    expect(alice.work).to_have_count(1)


@pytest.mark.feature(232)
def test_what_a_task_says_is_text(desk: Callable[..., Desk], demo: Any) -> None:
    """A task of other attributes is shown as it is, and its markup stays text."""
    alice = desk().sit_down("Alice", "Available")
    [workflow] = demo.workflows.list()
    demo.tasks.create(workflow_sid=workflow.sid, attributes='{"x": "<img src=/none>"}')

    expect(alice.offers.first).to_contain_text('{"x":"<img src=/none>"}')
    expect(alice.offers.locator("img")).to_have_count(0)


@pytest.mark.feature(232)
def test_an_offer_that_is_not_answered(desk: Callable[..., Desk], demo: Any) -> None:
    """The countdown is the workflow's; when it is over the offer goes and the worker is offline."""
    [workflow] = demo.workflows.list()
    workflow.update(task_reservation_timeout=3)
    alice = desk().sit_down("Alice", "Available")
    alice.bring_in()
    expect(alice.offers.locator(".seconds")).to_have_text(re.compile("^[123]$"))

    expect(alice.offers).to_have_count(0)
    alice.said("You did not answer in time: English caller, level 1")
    alice.said("You are now: Offline")
    expect(alice.page.locator("#no-offers")).to_contain_text("Offline: nothing is offered to you")


@pytest.mark.feature(232, 183)
def test_the_page_renews_its_token(desk: Callable[..., Desk]) -> None:
    """When the token ends the page asks for a new session and nothing else happens."""
    alice = desk()
    tokens: list[str] = []
    commands: list[str] = []

    def short(route: Route) -> None:
        """Give the first session a token that ends in a moment."""
        answer = route.fetch()
        session = answer.json()
        sids = session["account_sid"], AUTH_TOKEN, session["workspace_sid"], session["worker_sid"]
        session["token"] = WorkerCapabilityToken(*sids, ttl=6).to_jwt()
        tokens.append(session["token"])
        route.fulfill(response=answer, json=session)

    alice.page.route("**/Demo/Sessions", short, times=1)
    alice.page.on(
        "request",
        lambda sent: commands.append(sent.post_data or "") if "wschannels" in sent.url else None,
    )
    alice.sit_down("Alice")
    while tokens[0] in commands[-1]:
        alice.page.wait_for_event("request")
    alice.enter("Available")  # which the first token does not allow
    alice.bring_in()

    expect(alice.offers).to_have_count(1)
    expect(alice.banner).to_be_empty()


def too_late_once() -> Callable[[Route], None]:
    """Refuse to accept the first time; everything else goes its way."""
    refused = list[Route]()

    def answer(route: Route) -> None:
        if "accepted" in (route.request.post_data or "") and not refused:
            refused.append(route)
            route.fulfill(status=410, body=GONE)
        else:
            route.continue_()

    return answer


@pytest.mark.feature(232)
def test_a_refusal_is_a_sentence(desk: Callable[..., Desk]) -> None:
    """An answer that comes too late, and a worker nobody knows, are told in sentences."""
    alice = desk().sit_down("Alice", "Available")
    alice.bring_in()
    expect(alice.offers).to_have_count(1)
    alice.page.route("**/Tasks", lambda route: route.abort())
    alice.bring_in()
    expect(alice.notice).to_contain_text("The task was not created: The server cannot be reached.")
    alice.page.keyboard.press("Escape")
    expect(alice.notice).to_be_empty()
    alice.page.route("**/wschannels/**", too_late_once())
    alice.press("Accept", alice.offers.first)
    expect(alice.notice).to_contain_text("This could not be done (accept): It is gone.")
    alice.press("Accept", alice.offers.first)
    expect(alice.work).to_have_count(1)
    expect(alice.notice).to_be_empty()
    alice.page.goto(f"{alice.address}/#nobody")
    expect(alice.notice).to_contain_text("The demo has no worker 'nobody'.")


def in_another_second(page: Page) -> None:
    """Wait until the clock shows another second."""
    second = page.evaluate("Math.floor(Date.now() / 1000)")
    page.wait_for_function("(second) => Date.now() / 1000 >= second + 1", arg=second)


@pytest.mark.feature(182, 232)
def test_a_second_window_takes_over(desk: Callable[..., Desk]) -> None:
    """The same worker in a second window ends the first, which can take the desk back."""
    first, second = desk(), desk()
    first.sit_down("Alice", "Available")
    second.sit_down("Alice")
    expect(first.banner).to_contain_text("Your desk was opened in another window.")
    expect(first.connection).to_have_text("Not connected")
    in_another_second(second.page)  # sessions of one second have the same token
    first.press("Work here instead")

    expect(first.connection).to_have_text("Connected")
    expect(second.banner).to_contain_text("Your desk was opened in another window.")
    expect(first.page.get_by_label("Activity")).to_contain_text("Available")


@pytest.mark.feature(232)
def test_leaving_the_desk(desk: Callable[..., Desk]) -> None:
    """Who leaves the page is offline, and whoever looks at the list again can come back."""
    alice = desk().sit_down("Alice", "Available")
    alice.page.get_by_role("link", name="Pointsman").click()
    expect(alice.page.get_by_role("heading", name="Who are you today?")).to_be_visible()
    alice.page.get_by_role("link", name="Alice").click()

    expect(alice.connection).to_have_text("Connected")
    expect(alice.page.locator("#desk")).to_have_attribute("data-available", "false")


@pytest.mark.feature(236)
def test_a_demo_with_a_key(tmp_path: Path, window: Callable[..., Page]) -> None:
    """A demo with a key asks for it once; a wrong one opens nothing."""
    with a_server(tmp_path, "--demo", POINTSMAN_DEMO_KEY="open sesame") as server:
        desk = Desk(window(), server.address)
        desk.page.goto(server.address)
        key = desk.page.get_by_label("This demo has a key")
        key.fill("open barley")
        key.press("Enter")
        expect(desk.notice).to_contain_text("This demo has a key")
        key.fill("open sesame")
        key.press("Enter")
        desk.page.get_by_role("link", name="Bob").click()
        expect(desk.connection).to_have_text("Connected")
        desk.page.reload()
        expect(desk.connection).to_have_text("Connected")


@pytest.mark.feature(233)
def test_a_phone(desk: Callable[..., Desk]) -> None:
    """At 375 pixels nothing is cut off or too small to press, and the whole work can be done."""
    alice = desk(**DARK_PHONE, has_touch=True, is_mobile=True).sit_down("Alice", "Available")
    alice.bring_in("Spanish", 3)
    expect(alice.offers).to_have_count(1)
    width = alice.page.evaluate("document.documentElement.scrollWidth")
    heights = alice.page.evaluate(
        "[...document.querySelectorAll('button, select, .choices label')]"
        ".filter((each) => each.offsetParent).map((each) => each.getBoundingClientRect().height)"
    )
    outside = alice.page.evaluate(
        "[...document.querySelectorAll('main *')].filter((each) => each.offsetParent &&"
        " each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML)"
    )
    alice.offers.get_by_role("button", name="Accept").tap()

    expect(alice.work).to_have_count(1)
    assert (width, outside) == (375, [])
    assert min(heights) >= 36
