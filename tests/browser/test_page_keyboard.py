"""The worker's page without a mouse, and for those who listen instead of looking."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk

MOST_STOPS = 30


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus, and see that it shows."""
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        if target.evaluate("(element) => element === document.activeElement"):
            outline = target.evaluate(
                "(element) => [element, element.parentElement]"
                ".map((each) => getComputedStyle(each).outlineStyle)"
            )
            assert "solid" in outline
            return
    raise AssertionError(f"{target} cannot be reached by {key}")


@pytest.mark.feature(233)
def test_a_day_by_keyboard(desk: Callable[..., Desk]) -> None:
    """From choosing a worker to a completed task nothing needs a mouse, and focus is never lost."""
    alice = desk()
    page, keyboard = alice.page, alice.page.keyboard
    page.goto(alice.address)
    tab_to(page, page.get_by_role("link", name="Alice"))
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Alice")).to_be_focused()
    expect(alice.connection).to_have_text("Connected")
    tab_to(page, page.get_by_label("Activity"))
    keyboard.type("Av")
    alice.said("You are now: Available")
    tab_to(page, page.get_by_role("radio", name="English"))
    keyboard.press("ArrowRight")
    tab_to(page, page.get_by_role("radio", name="1", exact=True))
    keyboard.press("ArrowRight")
    tab_to(page, page.get_by_role("button", name="Create a task"))
    keyboard.press("Enter")

    expect(alice.offers).to_have_count(1)
    expect(page.locator("#announcer")).to_contain_text("New offer. Spanish caller, level 2:")
    expect(page.get_by_role("button", name="Create a task")).to_be_focused()
    tab_to(page, alice.offers.get_by_role("button", name="Accept"), "Shift+Tab")
    keyboard.press("Space")
    expect(alice.work.first).to_be_focused()
    tab_to(page, alice.work.get_by_role("button", name="Wrap up"))
    keyboard.press("Enter")
    expect(alice.work.first).to_contain_text("Wrapping up")
    expect(alice.work.first).to_be_focused()
    tab_to(page, alice.work.get_by_role("button", name="Complete"))
    keyboard.press("Enter")
    expect(alice.work).to_have_count(0)
    expect(page.get_by_role("heading", name="In your hands")).to_be_focused()
    expect(page.locator("#announcer")).to_contain_text("Completed: Spanish caller, level 2.")


@pytest.mark.feature(233)
def test_the_focus_goes_to_the_next_offer(desk: Callable[..., Desk]) -> None:
    """When an offer goes that had the focus, the next offer has it, and no button of it."""
    alice = desk().sit_down("Alice", "Available")
    alice.bring_in("English", 1, "Chat")
    alice.bring_in("Spanish", 1, "Chat")
    expect(alice.offers).to_have_count(2)
    alice.enter("On a break")
    alice.offers.first.get_by_role("button", name="Reject").focus()
    alice.page.keyboard.press("Enter")

    expect(alice.offers).to_have_count(1)
    expect(alice.offers.first).to_be_focused()
    expect(alice.offers.first).to_have_attribute("aria-label", re.compile("^Spanish chat"))


@pytest.mark.feature(233)
def test_everything_has_a_name(desk: Callable[..., Desk]) -> None:
    """Every control has a name of its own for a screen reader, and the page one first heading."""
    alice = desk().sit_down("Alice", "Available")
    alice.bring_in("English", 1, "Chat")
    expect(alice.offers).to_have_count(1)
    alice.page.locator("summary").click()

    tree = alice.page.locator("body").aria_snapshot()
    controls = re.findall(r"- '?(?:button|radio|combobox|link)\b(?: \"([^\"]+)\")?", tree)
    assert all(controls)
    assert len(set(controls)) == len(controls)
    assert {"Activity", "Accept: English chat, level 1", "Spanish"} <= set(controls)
    assert tree.count("[level=1]") == 1
