"""One server, one Node and one Chromium for all tests of the newer client; workspaces of each test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from hatch_build import node_folder
from tests.browser.application import an_application
from tests.browser.chromium import PATIENCE_MS, a_chromium
from tests.modern.clients import Client, Kept, PageClient, a_node_client, bundled
from tests.modern.desk import Desk
from tests.server import Server, a_server

GRACE_S = "600"
"""So long that no test sees it end: what happens here, the client has done."""


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a known account."""
    folder = tmp_path_factory.mktemp("data")
    with a_server(folder, POINTSMAN_DISCONNECT_GRACE_S=GRACE_S) as running:
        yield running


@pytest.fixture(scope="package")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the Node that builds `web`."""
    return node_folder(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright, a_chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="package")
def in_node(node: Path) -> Iterator[Client]:
    """The client in Node."""
    with a_node_client(node) as running:
        yield running


@pytest.fixture(scope="package")
def in_page(node: Path, chromium: Browser) -> Iterator[Client]:
    """The client in a page of another origin than the server's."""
    with an_application() as application:
        application.serve("/bundle.js", bundled(node), "text/javascript")
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(application.serve("/", '<!doctype html><script src="/bundle.js"></script>'))
        yield PageClient(page)
        page.close()


@pytest.fixture(params=["node", "chromium"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """The stock client, once in Node and once in Chromium."""
    running: Client = request.getfixturevalue("in_node" if request.param == "node" else "in_page")
    yield running
    running.call("end", {})


@pytest.fixture
def desk(server: Server) -> Desk:
    """A workspace of this test's own."""
    return Desk(server)


@pytest.fixture
def worker(client: Client, desk: Desk) -> Callable[..., Kept]:
    """Starts a Worker, by default alice's, with the server's addresses."""

    def started(token: str = "", *, kind: str = "Worker", **options: Any) -> Kept:
        kept = Kept(client)
        addresses = desk.addresses
        kept.call("start", kind=kind, token=token or desk.token(), options=addresses | options)
        return kept

    return started
