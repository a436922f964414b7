"""Forwarded headers over TLS, on the live channel and beside it, in the real program."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.browser.place import Place
from tests.certificates import a_certificate, trusting
from tests.server import ACCOUNT_SID, AUTH_TOKEN, a_server

FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "router.example",
    "X-Forwarded-For": "203.0.113.7",
}
PATIENCE_S = 20.0


@pytest.mark.feature(292)
@pytest.mark.parametrize("trusted", ["127.0.0.0/8", ""])
def test_the_live_channel_behind_a_proxy(trusted: str, tmp_path: Path) -> None:
    """Over TLS too, links and the client's address are as a trusted proxy tells, and only then."""
    certificate, key = a_certificate(tmp_path)
    trust = trusting(certificate)
    with a_server(tmp_path) as plain:
        place = Place(plain)
    options = f"--tls-cert={certificate}", f"--tls-key={key}"
    with (
        a_server(tmp_path, *options, POINTSMAN_TRUSTED_PROXIES=trusted) as server,
        httpx.Client(verify=trust, auth=(ACCOUNT_SID, AUTH_TOKEN)) as client,
    ):
        place.address = server.address
        token = place.token()
        channel = f"{server.address}/v1/wschannels/{ACCOUNT_SID}/{place.alice}"
        worker = f"Workspaces/{place.workspace_sid}/Workers/{place.alice}"
        offline = {"ActivitySid": place.activities["Offline"]}
        asked = {"url": worker, "method": "POST", "params": offline, "token": token}
        with connect(
            f"wss{channel.removeprefix('https')}?token={token}",
            ssl=trust,
            additional_headers=FORWARDED,
        ) as opened:
            told = client.post(channel, json=asked, headers=FORWARDED).json()["payload"]
            frame = json.loads(opened.recv(timeout=PATIENCE_S))
        events = client.get(
            f"{server.address}/v1/Workspaces/{place.workspace_sid}/Events",
            params={"EventType": frame["event_type"], "WorkerSid": place.alice},
        )
        (event,) = events.json()["events"]

    believed = "https://router.example/v1/" if trusted else f"{server.address}/v1/"
    assert told["url"] == f"{believed}{worker}"
    assert frame["event_type"] == "worker.activity.update"
    assert event["source_ip_address"] == ("203.0.113.7" if trusted else "127.0.0.1")
