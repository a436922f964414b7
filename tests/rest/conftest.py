"""A server inside the test, and a workspace on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.builders import Place
from tests.inside import Inside, a_server_inside


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Inside]:
    with a_server_inside(tmp_path / "store") as running:
        yield running


@pytest.fixture
def place(server: Inside) -> Place:
    return Place(server)
