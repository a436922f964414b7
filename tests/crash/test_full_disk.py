"""The real server when its disk is full: what it still does, and that it needs no help afterwards.

The disk is as full as the kernel says: the process may not make any file longer, or write into one.
"""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

import pytest

from pointsman.ambient import monotonic
from tests.crash.load import PATIENCE_S, Office
from tests.server import Server, a_server


def room(server: Server, bytes_: int) -> None:
    """From now on the server can write no file beyond so many bytes."""
    pid = server.program.process.pid
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (bytes_, most))


@pytest.mark.feature(288)
def test_a_full_disk_costs_nothing_but_changes(tmp_path: Path) -> None:
    """Reads answer, changes are 503 with a sentence, and soon after there is room all goes on."""
    with a_server(tmp_path) as server, contextlib.closing(Office(server)) as office:
        new = {"WorkflowSid": office.workflow_sid}
        kept = office.post(f"{office.path}/Tasks", **new)["sid"]
        workspace = office.path
        room(server, 0)
        for attempt in range(5):
            refused = office.client.post(f"{workspace}/Tasks", data=new)
            assert (refused.status_code, refused.json()["code"]) == (503, 20503)
            assert refused.json()["message"].endswith("please try again")
            for path in (f"/Tasks/{kept}", "/Workers", "/Events", "/CumulativeStatistics", ""):
                answer = office.client.get(f"{workspace}{path}")
                assert answer.status_code == 200, (attempt, path, answer.text)
        room(server, resource.RLIM_INFINITY)
        end = monotonic() + PATIENCE_S
        while (made := office.client.post(f"{workspace}/Tasks", data=new)).status_code != 201:
            assert made.status_code == 503 and monotonic() < end

        tasks = {task["sid"] for task in office.all_of("/Tasks")}
        assert tasks == {kept, made.json()["sid"]}
        assert server.program.stop() == 0
        assert "Traceback" not in server.program.output
