"""What an operator sees of a running server: its health, its metrics and its log."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.program import pointsman, running_server
from tests.server import a_server


@pytest.mark.feature(191)
def test_health_metrics_and_log(tmp_path: Path) -> None:
    """Health and metrics are there for anybody, and the log is one JSON object for each line."""
    variables = {"POINTSMAN_LOG": "json", "POINTSMAN_EVENT_RETRY_S": "0"}
    with a_server(tmp_path, "--virtual-clock", **variables) as server:
        found = {
            path: httpx.get(f"{server.address}/{path}") for path in ("healthz", "readyz", "metrics")
        }
        workspaces = server.client().taskrouter.v1.workspaces
        workspaces.create(friendly_name="Here", event_callback_url="http://127.0.0.1:1/events")
        httpx.post(
            f"{server.address}/pointsman/v1/Clock",
            data={"advance_s": 60},
            auth=(server.account_sid, server.auth_token),
        ).raise_for_status()
        counted = httpx.get(f"{server.address}/metrics").text
        server.program.stop()
        written = server.program.output.splitlines()

    assert {path: answer.status_code for path, answer in found.items()} == {
        "healthz": 200,
        "readyz": 200,
        "metrics": 200,
    }
    assert (found["healthz"].text, found["readyz"].text) == ("ok\n", "ready\n")
    assert found["metrics"].headers["content-type"].startswith("text/plain; version=")
    assert 'pointsman_requests_total{method="POST",status="2xx"} 2.0' in counted
    lines = [json.loads(line) for line in written]
    assert any("listens on" in line["message"] for line in lines)
    for line in lines:
        assert {"time", "level", "logger", "message"} <= set(line)
    assert any(line["message"].startswith("gave up the callback of EV") for line in lines)


@pytest.mark.feature(295, partly=True)
def test_every_line_of_a_first_start_is_json(tmp_path: Path) -> None:
    """The account that is made, what is misspelt and the address are JSON, and so is why it ends."""
    json_lines = {"POINTSMAN_LOG": "json", "POINTSMAN_PROT": "1"}
    with running_server(tmp_path, **json_lines) as server:
        second = pointsman("serve", "--port=0", f"--data={tmp_path}", folder=tmp_path, **json_lines)
        server.stop()
    wrong = pointsman("serve", folder=tmp_path, POINTSMAN_PORT="http", **json_lines)
    first = [json.loads(line) for line in server.output.splitlines()]
    ends = [json.loads(ended.stderr.splitlines()[-1]) for ended in (second, wrong)]

    [made] = [line for line in first if "auth_token" in line]
    assert (made["account_sid"][:2], len(made["auth_token"])) == ("AC", 32)
    for line in (*first, *ends):
        assert {"time", "level", "logger", "message"} <= set(line)
    assert [ended.returncode for ended in (second, wrong)] == [2, 2]
    assert "is in use by another server" in ends[0]["message"]
    assert ends[1]["message"] == "POINTSMAN_PORT is 'http'; it has to be a whole number."
