"""Everybody at once: what a server goes through when it comes back."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.ambient import wall
from pointsman.auth import Account
from pointsman.auth.minting import worker_token
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

CLIENTS = 2_000
WORKERS = 50
PATIENCE_S = 300.0
KB_FOR_EACH = 100
"""Memory that the server may take at most, for the socket and for what its client asks meanwhile."""
RARELY_S = "600"
"""No heartbeat and no ping comes in this time, which these clients could not answer."""
KEY = base64.b64encode(b"0123456789abcdef").decode()


class Client:
    """A page of a worker, as bytes on a line: it opens its socket, and asks for the worker."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._port = port
        self._path = path
        self._token = token
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Be let in, and be told where to count from."""
        await self.close()
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._reader = reader
        self._writer.write(
            f"GET {self._path}?token={self._token}&after= HTTP/1.1\r\nHost: x\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\n\r\n".encode()
        )
        assert b" 101 " in (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0]
        assert (await self.frame())["event_type"] == "resync"

    async def ready(self) -> str:
        """The worker's name, as a page asks for it right after its socket opened."""
        worker = self._path.rpartition("/")[2]
        workspace = json.loads(_claims(self._token))["workspace_sid"]
        url = f"Workspaces/{workspace}/Workers/{worker}"
        told = {"url": url, "method": "GET", "token": self._token, "event_type": "ready"}
        body = json.dumps(told).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = f"POST {self._path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.read()
        await _closed(writer)
        status, _, text = answer.partition(b"\r\n\r\n")
        assert b" 200 " in status.partition(b"\r\n")[0], answer
        return str(json.loads(text)["payload"]["friendly_name"])

    async def frame(self) -> dict[str, object]:
        """The next frame of the server, which never sends a fragmented one."""
        _, length = await self._reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self._reader.readexactly(2), "big")
        told: dict[str, object] = json.loads(await self._reader.readexactly(length))
        return told

    async def close(self) -> None:
        if self._writer is not None:
            await _closed(self._writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):  # the other side was killed
        await writer.wait_closed()


def _claims(token: str) -> bytes:
    text = token.split(".")[1]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextlib.contextmanager
def limited(files: int) -> Iterator[None]:
    """So many open files for this process and for those that it starts."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def few_files() -> contextlib.AbstractContextManager[None]:
    """As many as systems give to a program that does not ask for more."""
    return limited(1024)


def many_files() -> contextlib.AbstractContextManager[None]:
    """As many as the machine allows."""
    return limited(resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def clients_of(server: Server) -> tuple[list[Client], list[tuple[str, str]]]:
    """Pages of fifty workers, forty each; and the workers' workspaces and SIDs."""
    account = Account(ACCOUNT_SID, "", AUTH_TOKEN, 0)
    workspace = server.client().taskrouter.v1.workspaces.create(friendly_name="Everybody")
    workers = [workspace.workers.create(friendly_name=f"w{number}") for number in range(WORKERS)]
    tokens = [worker_token(account, workspace.sid, each.sid, now_s=wall()) for each in workers]
    port = int(server.address.rpartition(":")[2])
    clients = [
        Client(port, f"/v1/wschannels/{ACCOUNT_SID}/{workers[number % WORKERS].sid}", token)
        for number, token in ((number, tokens[number % WORKERS]) for number in range(CLIENTS))
    ]
    return clients, [(workspace.sid, each.sid) for each in workers]


def peak_kb(server: Server) -> int:
    """The most memory that the server's process has had so far."""
    status = Path(f"/proc/{server.program.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def change_all(server: Server, workers: list[tuple[str, str]]) -> None:
    """Something that every worker's channel tells."""
    stock = server.client().taskrouter.v1
    for workspace_sid, sid in workers:
        stock.workspaces(workspace_sid).workers(sid).update(attributes='{"a":1}')


@pytest.mark.feature(250)
def test_two_thousand_clients_that_come_back_at_once_are_all_served(tmp_path: Path) -> None:
    """After the server was killed all of them connect in one moment: each is let in, each is answered,
    and each hears of what happens next.
    """

    async def come_back(clients: list[Client]) -> list[str]:
        async def one(client: Client) -> str:
            await client.open()
            return await client.ready()

        return await asyncio.gather(*(one(client) for client in clients))

    async def hear(clients: list[Client]) -> set[object]:
        return {
            each["event_type"]
            for each in await asyncio.gather(*(client.frame() for client in clients))
        }

    async def story(server: Server) -> None:
        clients, workers = clients_of(server)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(client.open() for client in clients[:200]))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        before_kb = peak_kb(server)
        with many_files():
            async with asyncio.timeout(PATIENCE_S):
                names = await come_back(clients)
            assert names == [f"w{number % WORKERS}" for number in range(CLIENTS)]
            await asyncio.to_thread(change_all, server, workers)
            async with asyncio.timeout(PATIENCE_S):
                assert await hear(clients) == {"worker.attributes.update"}
            assert peak_kb(server) - before_kb < KB_FOR_EACH * CLIENTS
            for client in clients:
                await client.close()

    with few_files(), a_server(tmp_path, POINTSMAN_HEARTBEAT_S=RARELY_S) as server:
        asyncio.run(story(server))
