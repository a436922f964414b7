"""One server for the tests of the Python SDK; a workspace of each test's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.browser.place import Place
from tests.server import Server, a_server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real program with a known account."""
    logging.getLogger("twilio").setLevel(logging.WARNING)
    with a_server(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def place(server: Server) -> Place:
    """A workspace with one queue, one workflow, and the worker alice, who is available."""
    return Place(server)
