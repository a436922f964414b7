"""No secret of the server shows: a canary is searched wherever somebody could read."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from pointsman.ambient import wall
from pointsman.auth import Account
from pointsman.auth.minting import worker_token
from tests.server import ACCOUNT_SID, API_KEY_SECRET, API_KEY_SID, AUTH_TOKEN, a_server

MISTYPED = "a-secret-of-somebody-who-mistyped-it"


@pytest.mark.feature(286)
def test_a_secret_shows_in_no_log_file_event_or_answer(tmp_path: Path) -> None:
    """After requests of every kind, neither secrets nor tokens are in output, folder or answers."""
    told: list[str] = []
    with a_server(tmp_path, POINTSMAN_LOG_LEVEL="debug") as server:
        url = f"{server.address}/v1/Workspaces"

        def ask(method: str, address: str, secret: str = AUTH_TOKEN, **fields: str) -> str:
            answer = httpx.request(method, address, data=fields, auth=(ACCOUNT_SID, secret))
            told.append(f"{answer.headers} {answer.text}")
            return str(answer.json().get("sid"))

        workspace = f"{url}/{ask('POST', url, FriendlyName='Support')}"
        worker = ask("POST", f"{workspace}/Workers", FriendlyName="alice")
        ask("POST", f"{workspace}/Workers", FriendlyName="bob", Attributes="{broken")
        ask("GET", f"{workspace}/Events?Minutes=60")
        ask("GET", workspace, MISTYPED)
        told.append(httpx.get(url, auth=(API_KEY_SID, API_KEY_SECRET)).text)
        account = Account(ACCOUNT_SID, "", AUTH_TOKEN, 0)
        token = worker_token(account, workspace[-34:], worker, now_s=wall())
        channel = f"/v1/wschannels/{ACCOUNT_SID}/{worker}"
        with connect(f"ws{server.address[4:]}{channel}?token={token}"):
            told.append(httpx.get(f"{server.address}{channel}?token={token}").text)
            told.append(httpx.get(f"{server.address}/metrics").text)
        assert server.program.stop() == 0
        told.append(server.program.output)

    told += [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file()]
    basic = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    for canary in (AUTH_TOKEN, API_KEY_SECRET, MISTYPED, basic, token):
        assert [text for text in told if canary in text] == []
