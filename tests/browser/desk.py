"""The worker's page as a test uses it: by what a person reads and presses."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class Desk:
    """One window with the worker's page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.offers = page.locator("#offers .card")
        self.work = page.locator("#work .card")
        self.log = page.locator("#log li")
        self.banner = page.locator("#banner")
        self.notice = page.locator("#notice")
        self.connection = page.locator("#connection")

    def sit_down(self, worker: str, activity: str = "") -> Desk:
        """Be this worker, connected, and enter an activity."""
        self.page.goto(f"{self.address}/#{worker.lower()}")
        expect(self.connection).to_have_text("Connected")
        expect(self.page.get_by_role("heading", name=worker, exact=True)).to_be_visible()
        if activity:
            self.enter(activity)
        return self

    def enter(self, activity: str) -> None:
        """Choose an activity; the server says that it is so."""
        self.page.get_by_label("Activity").select_option(label=activity)
        self.said(f"You are now: {activity}")

    def bring_in(self, language: str = "English", level: int = 1, channel: str = "Call") -> None:
        """Create a task by the form."""
        for choice in (language, str(level), channel):
            self.page.get_by_role("radio", name=choice, exact=True).check()
        self.press("Create a task")

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press a button by the first word of its name."""
        (within or self.page).get_by_role("button", name=name).click()

    def said(self, text: str) -> None:
        """The log's newest line with this text is there."""
        expect(self.log.filter(has_text=text).first).to_be_visible()

    def channel(self, name: str) -> Locator:
        """The row of a channel."""
        return self.page.locator(f"[data-channel={name}]")
