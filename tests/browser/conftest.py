"""One Chromium and one server for all browser tests; windows and workspaces of each test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.application import Application, an_application
from tests.browser.desk import Desk
from tests.browser.place import Place
from tests.browser.sdk import Sdk
from tests.server import Server, a_server

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
GRACE_S = "600"
"""So long that no test sees it end: what happens here, the browser has done."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium with a profile of its own."""
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing; `make test` installs Debian's package"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the demo and a known account."""
    folder = tmp_path_factory.mktemp("data")
    with a_server(folder, "--demo", POINTSMAN_DISCONNECT_GRACE_S=GRACE_S) as running:
        yield running


@pytest.fixture(scope="package")
def application() -> Iterator[Application]:
    """An application's web server, which is another origin than ours."""
    with an_application() as running:
        yield running


@pytest.fixture
def place(server: Server) -> Place:
    """A workspace of this test's own."""
    return Place(server)


@pytest.fixture
def demo(server: Server) -> Any:
    """The demo's workspace, in which nobody works and nothing waits."""
    router = server.client().taskrouter.v1
    [workspace] = router.workspaces.list(friendly_name="Pointsman demo")
    [workflow] = workspace.workflows.list()
    workflow.update(task_reservation_timeout=30)
    for task in workspace.tasks.list():
        task.delete()
    for worker in workspace.workers.list(available="true"):
        worker.update(activity_sid=workspace.default_activity_sid)
    return workspace


@pytest.fixture
def desk(window: Callable[..., Page], server: Server, demo: Any) -> Callable[..., Desk]:
    """Opens the worker's page in a new window."""
    return lambda **options: Desk(window(**options), server.address)


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens windows, each like another person's browser.

    At the end none has seen an error that nobody caught, or broken its page's security policy.
    """
    thrown: list[str] = []
    contexts = []

    def said(text: str) -> None:
        if "Content Security Policy" in text:
            thrown.append(text)

    def opened(**options: Any) -> Page:
        context = chromium.new_context(**options)
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


@pytest.fixture
def sdk(window: Callable[..., Page], application: Application, place: Place) -> Sdk:
    """A page with the SDK, not yet started."""
    return Sdk(window(), application, place)
