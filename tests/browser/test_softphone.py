"""The phone in the worker's page: real Chromium through real Kamailio and rtpengine, and provider `sip`."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk import Desk
from tests.browser.hotline import SOUND_WITHIN_S, Hotline, heard_in

pytestmark = pytest.mark.alone

LONG_HOLD = 4 * (SOUND_WITHIN_S + 1)
"""Quarters of a second: so long that a phone without any sound would count as dead."""
HOTLINE, SECOND_LINE, THIRD_LINE, FOURTH_LINE = (f"+493012{n}" for n in range(3, 7))


@pytest.mark.feature(230)
def test_accept_and_talk(hotline: Hotline, phone_desk: Callable[[], Desk]) -> None:
    """Accepting rings and answers the phone in the page; mute, hold, keys and hanging up do what they say."""
    hotline.queue_at(HOTLINE)
    alice = phone_desk().sit_down("Alice", "Available")
    phone = alice.page.locator("#phone")
    expect(phone).to_contain_text("Ready")
    hotline.dial(HOTLINE)
    hotline.caller_hears("music")
    expect(alice.offers.first).to_contain_text("Call from caller")
    alice.press("Accept", alice.offers.first)
    expect(phone).to_contain_text(re.compile(r"\+4930123 · 0:\d\d"))
    expect(alice.work.first).to_contain_text("Working")
    hotline.caller_hears("worker")
    heard_in(alice.page, "caller")
    assert alice.page.evaluate("rings") == 0

    alice.press("Mute", phone)
    expect(phone).to_contain_text("muted")
    hotline.caller_hears()
    heard_in(alice.page, "caller")
    alice.press("Mute", phone)
    hotline.caller_hears("worker")

    alice.press("Hold", phone)
    expect(phone).to_contain_text("on hold")
    hotline.caller_hears("music")
    hotline.aside.run(hotline.telephones.windows("caller", LONG_HOLD))
    heard_in(alice.page)
    alice.press("Hold", phone)
    hotline.caller_hears("worker")
    heard_in(alice.page, "caller")

    alice.press("Keypad", phone)
    alice.press("5", phone)
    alice.press("#", phone)
    hotline.tells("digit", holds=lambda told: told["digit"] == "#")
    assert hotline.keys() == "5#"

    alice.press("Hang up", phone)
    hotline.tells("ended")
    expect(phone).to_contain_text("Ready")
    expect(alice.work.first).to_contain_text("Wrapping up")
    alice.press("Complete", alice.work.first)
    expect(alice.work).to_have_count(0)


@pytest.mark.feature(230, partly=True)
def test_a_call_that_was_not_asked_for_rings(
    hotline: Hotline, phone_desk: Callable[[], Desk]
) -> None:
    """It rings until the worker answers or declines; by the keyboard, the focus is never lost."""
    hotline.queue_at(SECOND_LINE)
    alice = phone_desk(viewport={"width": 375, "height": 812}).sit_down("Alice", "Available")
    phone = alice.page.locator("#phone")
    expect(phone).to_contain_text("Ready")
    hotline.dial(SECOND_LINE)
    expect(alice.offers).to_have_count(1)
    offer = hotline.offer()
    offer.update(instruction="dequeue")
    expect(phone).to_contain_text(f"{SECOND_LINE} calls")
    assert alice.page.evaluate("rings") > 0
    alice.press("Decline", phone)
    expect(alice.offers).to_have_count(0)
    expect(phone).to_contain_text("Ready")
    assert offer.fetch().reservation_status == "canceled"

    expect(alice.offers).to_have_count(1)
    hotline.offer().update(instruction="dequeue")
    answer = phone.get_by_role("button", name="Answer")
    answer.focus()
    alice.page.keyboard.press("Enter")
    expect(phone).to_contain_text(f"{SECOND_LINE} · 0:")
    expect(phone.get_by_role("heading", name="Phone")).to_be_focused()
    alice.press("Keypad", phone)
    assert alice.page.evaluate("document.documentElement.scrollWidth") == 375
    hotline.caller_hears("worker")
    hotline.hang_up()
    expect(phone).to_contain_text("Ready")
    alice.press("Complete", alice.work.first)
    expect(alice.work).to_have_count(0)


@pytest.mark.feature(230, partly=True)
def test_without_an_edge_there_is_no_phone(desk: Callable[..., Desk]) -> None:
    """A page of a server without softphones neither shows nor loads anything of it."""
    alice = desk()
    asked: list[str] = []
    alice.page.on("request", lambda sent: asked.append(sent.url))
    alice.sit_down("Alice", "Available")
    expect(alice.page.locator("#phone")).to_be_hidden()
    assert not [url for url in asked if "oftphone" in url]


def with_a_wrong_password(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "password": "guessed"})


@pytest.mark.feature(230, partly=True)
def test_a_phone_that_cannot_be_reached(hotline: Hotline, phone_desk: Callable[[], Desk]) -> None:
    """The worker is told so, and nobody is dequeued; a page that is left hangs up."""
    hotline.queue_at(THIRD_LINE)
    alice = phone_desk()
    alice.page.route("**/Softphone", with_a_wrong_password)
    alice.sit_down("Alice", "Available")
    phone = alice.page.locator("#phone")
    expect(phone).to_contain_text("Not connected: Authentication Error")
    hotline.dial(THIRD_LINE)
    alice.press("Accept", alice.offers.first)
    expect(alice.notice).to_contain_text("Your phone is in another call, or not connected")
    hotline.caller_hears("music")
    alice.page.unroute("**/Softphone")
    alice.page.reload()
    expect(phone).to_contain_text("Ready")
    alice.enter("Available")
    alice.press("Accept", alice.offers.first)
    hotline.caller_hears("worker")

    alice.page.reload()
    hotline.tells("ended")
    expect(phone).to_contain_text("Ready")
    alice.press("Complete", alice.work.first)
    expect(alice.work).to_have_count(0)


@pytest.mark.feature(230, partly=True)
def test_the_phone_moves_with_the_desk(hotline: Hotline, phone_desk: Callable[[], Desk]) -> None:
    """A second window of the worker takes the phone over, and calls ring there alone."""
    hotline.queue_at(FOURTH_LINE)
    first, second = phone_desk(), phone_desk()
    for window in (first, second):
        window.sit_down("Alice")
        expect(window.page.locator("#phone")).to_contain_text("Ready")
    expect(first.banner).to_contain_text("Your desk was opened in another window.")
    expect(first.page.locator("#phone")).to_contain_text("Not connected")
    second.enter("Available")
    hotline.dial(FOURTH_LINE)
    second.press("Accept", second.offers.first)
    hotline.caller_hears("worker")
    hotline.hang_up()
    second.press("Complete", second.work.first)
    expect(second.work).to_have_count(0)
