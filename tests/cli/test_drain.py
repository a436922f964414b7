"""SIGTERM while the server is busy: what was acknowledged stays, and clients know to come back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pointsman.ambient import wall
from pointsman.auth import Account
from pointsman.auth.minting import worker_token
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

CLIENTS = 4


def make(server: Server, path: str, **fields: str) -> str:
    """Create a resource over REST; its SID."""
    url = f"{server.address}/v1/Workspaces{path}"
    answer = httpx.post(url, data=fields, auth=(ACCOUNT_SID, AUTH_TOKEN))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sid"])


@pytest.mark.feature(289)
def test_live_channels_are_closed_with_a_code_to_come_back_for(tmp_path: Path) -> None:
    """On SIGTERM a worker's socket is closed with 1012 and a reason, and the server exits 0."""
    account = Account(ACCOUNT_SID, "", AUTH_TOKEN, 0)
    with a_server(tmp_path) as server:
        workspace = make(server, "", FriendlyName="Support")
        worker = make(server, f"/{workspace}/Workers", FriendlyName="alice")
        token = worker_token(account, workspace, worker, now_s=wall())
        url = f"ws{server.address[4:]}/v1/wschannels/{ACCOUNT_SID}/{worker}?token={token}"
        with connect(url) as live:
            server.program.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                live.recv(timeout=10)

        assert server.program.wait() == 0
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            1012,
            "the server is restarting",
        )


@pytest.mark.feature(289)
def test_what_was_acknowledged_before_the_end_is_there_afterwards(tmp_path: Path) -> None:
    """Every worker whose creation was answered 201 while the server ended is there after a start."""
    with a_server(tmp_path) as server:
        workspace = make(server, "", FriendlyName="Support")
        acknowledged: list[str] = []
        enough = threading.Event()

        def create_until_it_ends(number: int) -> None:
            url = f"{server.address}/v1/Workspaces/{workspace}/Workers"
            with httpx.Client(auth=(ACCOUNT_SID, AUTH_TOKEN)) as client:
                for turn in range(10_000):
                    try:
                        answer = client.post(url, data={"FriendlyName": f"w{number}-{turn}"})
                    except httpx.TransportError:
                        return  # the server is gone, and never said 201
                    if answer.status_code != 201:
                        assert answer.status_code == 503, answer.text
                        return
                    acknowledged.append(answer.json()["sid"])
                    if len(acknowledged) > 40:
                        enough.set()

        at_once(create_until_it_ends, lambda: enough.wait(20) and server.program.stop() == 0)
        server.start()
        stored = server.client().taskrouter.v1.workspaces(workspace).workers.list(page_size=1000)

    assert set(acknowledged) <= {worker.sid for worker in stored}


def at_once(work: Callable[[int], None], meanwhile: Callable[[], bool]) -> None:
    """Run some clients, and what has to come true beside them."""
    clients = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    assert meanwhile()
    for client in clients:
        client.join(20)
    assert not any(client.is_alive() for client in clients)
