"""The live channel of the real program: what `kill -9` leaves behind, and tokens it prints."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pointsman.ambient import monotonic
from tests.program import pointsman
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

WHO = {"POINTSMAN_ACCOUNT_SID": ACCOUNT_SID, "POINTSMAN_AUTH_TOKEN": AUTH_TOKEN}
PATIENCE_S = 20.0


class Desk:
    """A workspace with the worker Alice, over REST."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.home = "/v1/Workspaces"
        self.workspace = self.ask("POST", FriendlyName="Support")["sid"]
        self.home += f"/{self.workspace}"
        self.activities = {
            each["friendly_name"]: each["sid"]
            for each in self.ask("GET", "/Activities")["activities"]
        }
        self.alice = self.ask(
            "POST", "/Workers", FriendlyName="alice", ActivitySid=self.activities["Available"]
        )["sid"]

    def ask(self, method: str, path: str = "", **fields: str) -> Any:
        url = f"{self.server.address}{self.home}{path}"
        answer = httpx.request(method, url, data=fields, auth=(ACCOUNT_SID, AUTH_TOKEN))
        answer.raise_for_status()
        return answer.json()

    def token(self, kind: str, *sids: str) -> str:
        """What `pointsman token` prints."""
        printed = pointsman(
            "token",
            kind,
            self.workspace,
            *sids,
            "--data",
            str(self.folder),
            folder=self.folder,
            **WHO,
        )
        assert printed.returncode == 0, printed.stderr
        return printed.stdout.strip()

    def channel(self, sid: str, token: str, more: str = "") -> str:
        address = self.server.address.removeprefix("http")
        return f"ws{address}/v1/wschannels/{ACCOUNT_SID}/{sid}?token={token}{more}"

    def activity(self) -> str:
        return str(self.ask("GET", f"/Workers/{self.alice}")["activity_name"])


def until(seen: Callable[[], bool]) -> None:
    """Ask the server again and again, until it says so."""
    end = monotonic() + PATIENCE_S
    while not seen():
        assert monotonic() < end, "it did not happen"


@pytest.mark.feature("181.5")
def test_after_kill_9_who_does_not_come_back_gets_his_disconnect_activity(tmp_path: Path) -> None:
    """The activity of the socket's address survives the server, and is set a grace period later."""
    with a_server(tmp_path, POINTSMAN_DISCONNECT_GRACE_S="1") as server:
        desk = Desk(tmp_path, server)
        token = desk.token("worker", desk.alice)
        more = f"&disconnectActivitySid={desk.activities['Offline']}"
        with connect(desk.channel(desk.alice, token, more)):
            desk.ask("POST", f"/Workers/{desk.alice}", Attributes="{}")  # behind the greeting
            assert desk.activity() == "Available"
            server.kill()
        server.start()
        until(lambda: desk.activity() == "Offline")


@pytest.mark.feature(242, "181.5")
def test_a_half_open_socket_is_noticed(tmp_path: Path) -> None:
    """A client whose machine vanished without a word answers no ping, and its worker is absent."""
    settings = {"POINTSMAN_DISCONNECT_GRACE_S": "1", "POINTSMAN_HEARTBEAT_S": "1"}
    with a_server(tmp_path, **settings) as server:
        desk = Desk(tmp_path, server)
        more = f"&disconnectActivitySid={desk.activities['Offline']}"
        url = urlsplit(desk.channel(desk.alice, desk.token("worker", desk.alice), more))
        with socket.create_connection((url.hostname, url.port)) as line:
            line.sendall(
                f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
            )
            assert b" 101 " in line.recv(64)
            until(lambda: desk.activity() == "Offline")


@pytest.mark.feature(249)
def test_a_client_that_talks_too_much_loses_its_own_socket_only(tmp_path: Path) -> None:
    """A frame beyond the limit ends its connection; others, and the same worker's next one, work."""
    with a_server(tmp_path) as server:
        desk = Desk(tmp_path, server)
        url = desk.channel(desk.alice, desk.token("worker", desk.alice))
        with connect(url) as other, connect(url) as loud:
            loud.send("x" * (128 * 1024))
            with pytest.raises(ConnectionClosed) as closed:
                loud.recv(timeout=PATIENCE_S)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
            with connect(url) as again:
                for socket_of_alice in (other, again):
                    desk.ask("POST", f"/Workers/{desk.alice}", Attributes=f'{{"{id(again)}":1}}')
                    told = json.loads(socket_of_alice.recv(timeout=PATIENCE_S))
                    assert told["event_type"] == "worker.attributes.update"


@pytest.mark.feature(287)
def test_printed_tokens_open_their_sockets(tmp_path: Path) -> None:
    """`pointsman token` for a worker, a workspace and a task queue each opens its own channel."""
    with a_server(tmp_path) as server:
        desk = Desk(tmp_path, server)
        queue = desk.ask("POST", "/TaskQueues", FriendlyName="Everybody")["sid"]
        for kind, sid, sids in (
            ("worker", desk.alice, [desk.alice]),
            ("workspace", desk.workspace, []),
            ("taskqueue", queue, [queue]),
        ):
            with connect(desk.channel(sid, desk.token(kind, *sids))) as opened:
                opened.ping().wait(PATIENCE_S)
                with pytest.raises(TimeoutError):
                    opened.recv(timeout=0.2)  # neither a close nor anything else
