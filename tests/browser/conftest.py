"""One Chromium and one server for all browser tests; windows and workspaces of each test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.application import Application, an_application
from tests.browser.chromium import PATIENCE_MS, a_chromium, windows_of
from tests.browser.desk import Desk
from tests.browser.hotline import EAR, FAKE_DEVICES, Hotline, a_hotline, microphone
from tests.browser.place import Place
from tests.browser.sdk import Sdk
from tests.server import Server, a_server

GRACE_S = "600"
"""So long that no test sees it end: what happens here, the browser has done."""


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium with a profile of its own."""
    with a_chromium(playwright) as browser:
        yield browser


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


@pytest.fixture(scope="package")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose phones do as they are told."""
    folder = tmp_path_factory.mktemp("simulated")
    with a_server(folder, POINTSMAN_VOICE="simulator") as running:
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
    """Opens windows, each like another person's browser."""
    with windows_of(chromium) as opened:
        yield opened


@pytest.fixture(scope="package")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """A server that real telephones and workers' pages are connected with."""
    with a_hotline(tmp_path_factory.mktemp("hotline")) as running:
        yield running


@pytest.fixture(scope="package")
def talkative(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A Chromium with a microphone, which hears a tone."""
    folder = tmp_path_factory.mktemp("microphone")
    with a_chromium(playwright, *FAKE_DEVICES, microphone(folder)) as browser:
        yield browser


@pytest.fixture
def phone_desk(talkative: Browser, hotline: Hotline) -> Iterator[Callable[..., Desk]]:
    """Opens the worker's page, with its phone, in a new window."""
    with windows_of(talkative) as opened:

        def desk(**options: Any) -> Desk:
            page = opened(**options)
            page.add_init_script(EAR)
            return Desk(page, hotline.server.address)

        yield desk


@pytest.fixture
def sdk(window: Callable[..., Page], application: Application, place: Place) -> Sdk:
    """A page with the SDK, not yet started."""
    return Sdk(window(), application, place)
