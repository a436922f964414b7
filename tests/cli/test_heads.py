"""Requests and handshakes that do not come to an end, over real sockets: they cost their sender only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from pointsman.auth.signing import TOKEN_MAX_LENGTH
from pointsman.cli.heads import HEAD_MAX_BYTES, Handshakes, Requests
from tests.server import Server, a_server

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
ENDLESS_MB = 64
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("data")) as running:
        yield running


def asked(server: Server, text: str) -> bytes:
    """What is answered to these bytes until the connection ends."""
    told = b""
    with socket.create_connection(("127.0.0.1", server.program.port), PATIENCE_S) as line:
        line.sendall(text.encode())
        with contextlib.suppress(ConnectionResetError):  # more was on its way than was read
            while (piece := line.recv(4096)) and b"8192 characters" not in told + piece:
                told += piece
            told += piece
    return told


def pour(line: socket.socket) -> None:
    """As much as a server would have to keep that has no bound."""
    for _ in range(ENDLESS_MB):
        line.sendall(b"a" * 1_000_000)


def peak_kb(server: Server) -> int:
    """The most memory that the server's process has had so far."""
    status = Path(f"/proc/{server.program.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


@pytest.mark.feature(241, partly=True)
def test_an_oversized_token_is_refused_at_the_socket(server: Server) -> None:
    """Somewhat too long, the socket is closed with a sentence; much too long, the handshake is 400."""
    target = "GET /v1/wschannels?token={} HTTP/1.1\r\nHost: x\r\n"
    close = asked(server, target.format("a" * (TOKEN_MAX_LENGTH + 1)) + UPGRADE)
    refused = asked(server, target.format("a" * (3 * TOKEN_MAX_LENGTH)) + UPGRADE)

    assert close.startswith(b"HTTP/1.1 101 ")
    assert (4403).to_bytes(2) + b"The token is longer than 8192 characters" in close
    assert refused.startswith(b"HTTP/1.1 400 ")
    body = json.loads(refused.partition(b"\r\n\r\n")[2])
    assert (body["code"], body["status"]) == (20001, 400)
    assert body["message"].startswith("The handshake cannot be read")


@pytest.mark.feature(276, partly=True)
@pytest.mark.parametrize("begun", ["GET /", "GET / HTTP/1.1\r\nHost: x\r\nX: "])
def test_a_head_without_an_end_is_cut_off(server: Server, begun: str) -> None:
    """A line or a header that never ends fills no memory, and others are served meanwhile."""
    before = peak_kb(server)
    with socket.create_connection(("127.0.0.1", server.program.port), PATIENCE_S) as line:
        line.sendall(begun.encode())
        with pytest.raises(ConnectionError):
            pour(line)
        assert httpx.get(f"{server.address}/healthz").status_code == 200

    assert peak_kb(server) - before < 8 * 1024


def test_a_head_that_is_too_large_is_told(server: Server) -> None:
    """Just beyond the bound it is answered with 431 and the body of every refusal."""
    with socket.create_connection(("127.0.0.1", server.program.port), PATIENCE_S) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for _ in range(HEAD_MAX_BYTES // 1024):
            line.sendall(b"a" * 1024)
        answer = line.recv(4096)

    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 431


class Hasty(Requests):
    """The same with less patience."""

    head_within_s = 0.2
    body_within_s = 0.3


@contextlib.asynccontextmanager
async def a_hasty_server() -> AsyncIterator[int]:
    """The port of a server whose application answers everything with 200."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(application, lifespan="off", log_config=None, http=Hasty, ws=Handshakes)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    listener = socket.create_server(("127.0.0.1", 0))
    await server.startup(sockets=[listener])
    try:
        yield listener.getsockname()[1]
    finally:
        await server.shutdown()


async def said(port: int, first: bytes = b"", then: bytes = b"") -> bytes:
    """What is answered until the server ends the connection; `then` is sent after the first answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(PATIENCE_S):
        writer.write(first)
        told = await reader.readuntil(b"0\r\n\r\n") if then else b""
        writer.write(then)
        told += await reader.read()
    writer.close()
    with contextlib.suppress(OSError):  # the other side was quicker
        await writer.wait_closed()
    return told


def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    """Who says nothing is let go without a word, who stops within a head with 408, also in a later one."""

    async def story() -> list[bytes]:
        async with a_hasty_server() as port:
            whole, half = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost"
            return [await said(port), await said(port, half), await said(port, whole, half)]

    nothing, first, second = asyncio.run(story())
    assert nothing == b""
    assert first.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert json.loads(first.partition(b"\r\n\r\n")[2])["message"].endswith("longer than 0.2 s")
    assert second.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in second


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """Who stops within a body is told so; whoever sends all of it in pieces is answered."""

    async def story() -> list[bytes]:
        async with a_hasty_server() as port:
            head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"
            return [await said(port, head + b"half"), await said(port, head + b"in pieces")]

    stopped, whole = asyncio.run(story())
    assert stopped.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert json.loads(stopped.partition(b"\r\n\r\n")[2])["message"].endswith("longer than 0.3 s")
    assert whole.startswith(b"HTTP/1.1 200 ")


def test_a_connection_that_is_kept_has_time() -> None:
    """Between two requests the bound does not count: that is the business of keep-alive."""

    async def story() -> list[int]:
        async with a_hasty_server() as port, httpx.AsyncClient() as client:
            statuses = []
            for _ in range(2):
                statuses.append((await client.get(f"http://127.0.0.1:{port}/")).status_code)
                await said(port)  # until its own time is over
            return statuses

    assert asyncio.run(story()) == [200, 200]
