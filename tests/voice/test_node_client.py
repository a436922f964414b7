"""The stock npm client's telephone half over a real socket; what it does is in `node_client.mjs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hatch_build import node_folder
from tests.program import printed_by, running_server

SCRIPT = Path(__file__).with_name("node_client.mjs")
SID, TOKEN = "AC" + "1" * 32, "f" * 32


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the script prints; it is one run for all tests of this module."""
    account = {
        "POINTSMAN_ACCOUNT_SID": SID,
        "POINTSMAN_AUTH_TOKEN": TOKEN,
        "POINTSMAN_VOICE": "simulator",
    }
    node = node_folder(tmp_path_factory.mktemp("node")) / "node"
    folder = tmp_path_factory.mktemp("data")
    with running_server(folder, "--virtual-clock", **account) as program:
        return printed_by(node, SCRIPT, program.address, SID, TOKEN)


@pytest.mark.feature(193, 194, partly=True)
def test_calls(answers: Any) -> None:
    """It makes, lists, pages, finds, ends and deletes calls, and hears refusals as its own exception."""
    calls = answers["calls"]

    assert (calls["listed"], calls["sizes"], calls["isDate"]) == (True, [2, 2, 1], True)
    assert calls["first"] == ["+15550002000", "+15550001111", "outbound-api", None]
    assert calls["ended"] == ["canceled", "canceled", "0", 1]
    assert calls["unknown"] == [404, 20404, True]
    assert calls["late"] == [400, 21220, True]
    assert calls["nobody"] == [400, 21211, True]
    assert calls["removed"] is True


@pytest.mark.feature(197, partly=True)
def test_queues(answers: Any) -> None:
    """It makes, changes and deletes queues, and finds nobody in an empty one."""
    queues = answers["queues"]

    assert queues["made"] == ["door", 0, 0, 4]
    assert (queues["members"], queues["names"], queues["removed"]) == (0, ["door"], True)
    assert queues["front"] == [404, 20404, True]


@pytest.mark.feature(201, partly=True)
def test_caller_ids(answers: Any) -> None:
    """It claims a number and is given the digits; a number of the account needs no proof."""
    ids = answers["callerIds"]

    assert ids["claim"] == ["+4930123456789", True, "CA"]
    assert (ids["ids"], ids["own"]) == (0, [400, 21450, True])


@pytest.mark.feature(195, 198, partly=True)
def test_conferences_and_recordings(answers: Any) -> None:
    """Their lists are read, here empty ones."""
    assert (answers["conferences"], answers["recordings"]) == (0, 0)
