"""What a softphone registers with: who is given it, and that it is what the edge expects."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken

from tests.program import pointsman
from tests.server import ACCOUNT, ACCOUNT_SID, AUTH_TOKEN, Server, a_server

URL, SECRET = "wss://edge.example/phone", "between-the-two"
SOFTPHONE = {"POINTSMAN_SOFTPHONE_URL": URL, "POINTSMAN_SOFTPHONE_SECRET": SECRET}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("data")
    with a_server(folder, POINTSMAN_VOICE="simulator", **SOFTPHONE) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(server: Server) -> Any:
    return server.client().taskrouter.v1.workspaces.create(friendly_name="Phones")


def worker(workspace: Any, name: str, attributes: str) -> str:
    return str(workspace.workers.create(friendly_name=name, attributes=attributes).sid)


def token(workspace: Any, worker_sid: str, **rights: bool) -> str:
    made = WorkerCapabilityToken(ACCOUNT_SID, AUTH_TOKEN, workspace.sid, worker_sid, **rights)
    return str(made.to_jwt())


def ask(server: Server, workspace: Any, worker_sid: str, bearer: str = "") -> httpx.Response:
    url = f"{server.address}/pointsman/v1/Workspaces/{workspace.sid}/Workers/{worker_sid}/Softphone"
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return httpx.get(url, headers=headers, auth=None if bearer else (ACCOUNT_SID, AUTH_TOKEN))


@pytest.mark.feature(230, partly=True)
def test_a_worker_is_given_what_his_phone_registers_with(server: Server, workspace: Any) -> None:
    """Name, end and password are those that the edge makes of the same secret, until the token ends."""
    alice = worker(workspace, "alice", '{"contact_uri": "client:alice"}')
    bearer = token(workspace, alice, allow_fetch_subresources=True)
    answer = ask(server, workspace, alice, bearer)
    given = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (given["url"], given["uri"]) == (URL, "sip:alice@pointsman")
    ends_at, _, name = given["username"].partition(":")
    assert name == "alice" and 0 <= int(ends_at) - time.time() <= 3600
    assert given["ttl"] <= 3600
    digest = hmac.new(SECRET.encode(), given["username"].encode(), hashlib.sha1).digest()
    assert given["password"] == base64.b64encode(digest).decode()


@pytest.mark.feature(230, partly=True)
def test_nobody_is_given_the_phone_of_another_worker(server: Server, workspace: Any) -> None:
    """A token gets its own worker's alone, whatever its policies allow; an account gets any."""
    bob = worker(workspace, "bob", '{"contact_uri": "client:bob"}')
    eve = worker(workspace, "eve", '{"contact_uri": "client:eve"}')
    nosy = WorkerCapabilityToken(ACCOUNT_SID, AUTH_TOKEN, workspace.sid, eve)
    nosy._make_policy(f"{nosy.workspace_url}/**", "GET", True)
    answer = ask(server, workspace, bob, str(nosy.to_jwt()))
    assert (answer.status_code, answer.json()["code"]) == (403, 20003)
    poor = ask(server, workspace, eve, token(workspace, eve))
    assert poor.status_code == 403 and "allow_fetch_subresources" in poor.json()["message"]
    assert ask(server, workspace, bob).json()["uri"] == "sip:bob@pointsman"
    sid, secret = server.another_account()
    url = f"{server.address}/pointsman/v1/Workspaces/{workspace.sid}/Workers/{bob}/Softphone"
    assert httpx.get(url, auth=(sid, secret)).status_code == 404


@pytest.mark.feature(230, partly=True)
@pytest.mark.parametrize("attributes", ["{}", '{"contact_uri": "+4930123"}', '{"contact_uri": 7}'])
def test_a_worker_without_a_client_has_no_softphone(
    server: Server, workspace: Any, attributes: str
) -> None:
    """Whoever is called at a number, or nowhere, is told so."""
    answer = ask(server, workspace, worker(workspace, f"w {attributes}", attributes))
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    assert "contact_uri" in answer.json()["message"]


def test_an_unknown_worker_and_another_method_are_refused(server: Server, workspace: Any) -> None:
    """Nobody's softphone is not found, and it cannot be changed."""
    assert ask(server, workspace, "WK" + "0" * 32).status_code == 404
    url = f"{server.address}/pointsman/v1/Workspaces/{workspace.sid}/Workers/WK{'0' * 32}/Softphone"
    assert httpx.post(url, auth=(ACCOUNT_SID, AUTH_TOKEN)).status_code == 405


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"POINTSMAN_SOFTPHONE_URL": URL}, "POINTSMAN_SOFTPHONE_SECRET"),
        (SOFTPHONE | {"POINTSMAN_SOFTPHONE_URL": "https://edge.example"}, "wss://"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    """An address without a secret, or that is no WebSocket, ends the program with a sentence."""
    ended = pointsman(
        "serve", "--port=0", f"--data={tmp_path}", folder=tmp_path, **ACCOUNT, **settings
    )
    assert ended.returncode == 2
    assert named in ended.stdout + ended.stderr
