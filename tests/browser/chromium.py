"""Debian's Chromium as the tests use it: how it is started, and its windows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 15_000


@contextlib.contextmanager
def a_chromium(playwright: Playwright, *more: str) -> Iterator[Browser]:
    """A running Chromium with a profile of its own."""
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing; `make test` installs Debian's package"
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=(*SWITCHES, *more))
    yield browser
    browser.close()


@contextlib.contextmanager
def windows_of(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens windows, each like another person's browser.

    At the end none has seen an error that nobody caught, or broken its page's security policy.
    """
    thrown: list[str] = []
    contexts = []

    def said(text: str) -> None:
        if "Content Security Policy" in text:
            thrown.append(text)

    def opened(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("console", lambda message: said(message.text))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert thrown == []
