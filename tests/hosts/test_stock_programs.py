"""Stock programs with hard-coded hosts, run without any change of their code.

They run in a world of their own, which `inside.py` makes; this needs `unshare` and leave to use it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from hatch_build import node_folder
from tests.program import printed_by

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the programs said; one run for all tests of this module."""
    folder = tmp_path_factory.mktemp("world")
    node = node_folder(tmp_path_factory.mktemp("node")) / "node"
    inside = ("unshare", "-rmn", sys.executable, "-m", "tests.hosts.inside")
    return printed_by(*inside, folder, node, cwd=ROOT)


@pytest.mark.feature(260)
def test_the_stock_python_client_runs_unchanged(seen: Any) -> None:
    """The PyPI client without an address works, follows links, and so it does with a region."""
    told = seen["python"]

    assert seen["address"] == "https://127.0.0.1:443"
    assert told["url"].startswith("https://taskrouter.twilio.com/v1/Workspaces/WS")
    assert told["paged"] is True
    assert told["regional"].startswith("https://taskrouter.ie1-ix.twilio.com/v1/Workspaces/WS")


@pytest.mark.feature(260)
def test_the_stock_node_client_runs_unchanged(seen: Any) -> None:
    """The npm client without an address works, follows links, and so it does with a region."""
    told = seen["node"]

    assert told["url"].startswith("https://taskrouter.twilio.com/v1/Workspaces/WS")
    assert told["paged"] is True
    assert told["regional"].startswith("https://taskrouter.ie1-ix.twilio.com/v1/Workspaces/WS")


@pytest.mark.feature(260)
def test_a_page_with_hard_coded_hosts_runs_unchanged(seen: Any) -> None:
    """Chromium trusts the certificate; a page on one of the hosts works a task through another."""
    told = seen["browser"]

    assert (told["ready"], told["status"]) == ("alice", "accepted")
    assert "event-bridge.twilio.com" in told["url"]


@pytest.mark.feature(185, 260)
def test_the_newer_sdk_runs_unchanged(seen: Any) -> None:
    """Npm `twilio-taskrouter` finds its hosts by name alone: in Node, with a region, and in Chromium."""
    assert seen["modern"] == {"plain": ["alice", ["pending"]], "regional": ["alice", ["pending"]]}
    assert seen["browser"]["modern"] == ["alice", "completed"]


@pytest.mark.feature(261)
def test_the_machine_is_as_it_was(seen: Any) -> None:
    """After `hosts --remove` the machine's own /etc/hosts has every byte it had."""
    assert seen["undone"] is True
