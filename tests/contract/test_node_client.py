"""The stock npm client over a real socket, from an empty server to a completed task.

What it does is in `client.mjs`. The client lies in `web/node_modules`, and runs with the Node that
builds `web`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hatch_build import node_folder
from tests.program import printed_by
from tests.server import a_server

SCRIPT = Path(__file__).with_name("client.mjs")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the script prints; it is one run for all tests of this module."""
    node = node_folder(tmp_path_factory.mktemp("node")) / "node"
    with a_server(tmp_path_factory.mktemp("data")) as server:
        known = server.address, server.account_sid, server.auth_token
        return printed_by(node, SCRIPT, *known)


@pytest.mark.feature(2)
def test_from_creation_to_completion(answers: Any) -> None:
    """A workspace is made from nothing, and a task in it is offered, accepted and completed."""
    one = answers["one"]

    assert answers["workspace"] == ["Support", True, "Offline"]
    assert answers["activities"] == ["Offline", "Available", "Unavailable"]
    assert answers["channels"] == ["chat", "default", "sms", "video", "voice"]
    assert (one["task"]["priority"], one["task"]["queue"]) == (3, "Spanish")
    assert one["isDate"] is True
    assert one["offer"] == {"name": "Ana", "task": True}
    assert one["steps"] == ["accepted", "assigned", "wrapping"]
    assert one["done"] == ["completed", "solved", "completed"]
    assert one["statistics"] is True
    assert {"task.created", "reservation.accepted", "task.completed"} < set(one["events"])
    assert (answers["removed"], answers["gone"]) == (True, 404)


@pytest.mark.feature(2)
def test_paging(answers: Any) -> None:
    """The client finds 120 tasks in pages of 50, in order, by list, each and page."""
    assert answers["paging"] == {"listed": True, "each": True, "sizes": [50, 50, 20], "some": 70}


@pytest.mark.feature(2)
def test_versions(answers: Any) -> None:
    """An update with the version that was is refused with 412 and changes nothing."""
    versions = answers["versions"]

    assert (versions["changed"], versions["still"]) == (9, 9)
    assert (versions["stale"]["status"], versions["stale"]["code"]) == (412, 20412)


@pytest.mark.feature(2)
def test_errors(answers: Any) -> None:
    """Refusals reach the program as the client's own exception with status, code and sentence."""
    refusals = answers["refusals"]

    found = {name: (each["status"], each["code"]) for name, each in refusals.items()}
    assert found == {"unknown": (404, 20404), "stranger": (401, 20003), "wrong": (400, 20001)}
    assert all(each["rest"] and each["message"] and each["moreInfo"] for each in refusals.values())
    assert "64" in refusals["wrong"]["message"]
