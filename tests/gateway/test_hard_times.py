"""The live channel when clients, networks or the server do not behave."""

from __future__ import annotations

import asyncio
import base64
import math
import socket
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
import pytest
from websockets.exceptions import InvalidStatus

from pointsman.ambient import VirtualAmbient
from pointsman.engine.commands import NoteConnected, NoteDisconnected
from pointsman.runtime import Crashed
from tests.gateway.live import ALL, Live, a_live_channel, ended, frame

T = TypeVar("T")

MORE_THAN_THE_KERNEL_KEEPS = 15
"""Turns of the flood, each of 400 kB: a socket's own buffers hold a few megabytes."""


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


@pytest.fixture
def real_time() -> VirtualAmbient:
    """Domain time stands still, the clock of sockets runs."""
    return VirtualAmbient(machine_wall=True)


# --- what is sent ------------------------------------------------------------------------------


@pytest.mark.feature(251)
def test_our_own_mistake_is_never_500(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """What goes wrong inside is 503 with the documented body: the original client drops a 500."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            live.runtime.failing = Crashed("UpdateWorker could not be carried out")
            path = f"/Workers/{live.names['alice']}"
            asked = live.asked(path, live.token(**ALL), "POST", Attributes="{}")
            answer = await live.post(asked)

            assert (answer.status_code, answer.json()["code"]) == (503, 20503)
            live.runtime.failing = None
            assert (await live.post(asked)).status_code == 200

    asyncio.run(story())


# --- what is received --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\x00\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"url":"x","method":"GET"}', 401),
        (b'{"url":"x","method":"GET","token":"\xf0\x9f\x92\xa9"}', 403),
        (b'{"url":"x","method":"GET","token":"\\u0000"}', 403),
        (b'{"url":1e999,"method":{},"token":"x"}', 400),
        (b"x" * (2 * 1024 * 1024 + 1), 413),
    ],
)
def test_bad_bodies_are_refused_with_json(
    tmp_path: Path, ambient: VirtualAmbient, body: bytes, status: int
) -> None:
    """Whatever is sent, the answer is a refusal that a page can read, and the server goes on."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            answer = await live.post(body)
            assert answer.status_code == status
            assert answer.json()["status"] == status
            assert answer.headers["access-control-allow-origin"] == "*"
            assert (await live.post(live.asked("/Activities", live.token()))).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    ("path", "method", "params", "status"),
    [
        ("/Workers/WK" + "9" * 32, "GET", {}, 403),
        ("/Tasks/WT" + "9" * 32, "GET", {}, 404),
        ("/Tasks/../../..", "GET", {}, 404),
        ("/Workers/{alice}", "POST", {"ActivitySid": "WA" + "9" * 32}, 400),
        ("/Workers/{alice}", "POST", {"Attributes": "not json"}, 400),
        ("/Workers/{alice}", "POST", {"Attributes": {"deep": {"er": [1]}}}, 200),
    ],
)
def test_bad_requests_keep_the_statuses_of_rest(
    tmp_path: Path,
    ambient: VirtualAmbient,
    path: str,
    method: str,
    params: dict[str, Any],
    status: int,
) -> None:
    """An error of the api arrives with its REST status and its sentence."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            asked = live.asked(path.format(**live.names), live.token(**ALL), method, **params)
            answer = await live.post(asked)

            assert answer.status_code == status
            assert bool(answer.json().get("message")) == (status != 200)

    asyncio.run(story())


def test_a_preflight_is_answered_on_any_channel(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """`OPTIONS` needs no token, because browsers send none."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live, httpx.AsyncClient() as client:
            answer = await client.options(f"http://{live.channel()}")
            assert answer.status_code == 204
            assert "content-type" in answer.headers["access-control-allow-headers"]
            assert (await client.get(f"http://{live.channel()}")).status_code == 405

    asyncio.run(story())


def test_what_a_client_says_on_the_socket_is_ignored(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Clients have nothing to say there; text and bytes are dropped, and events still arrive."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with live.socket(live.token()) as opened:
                for _ in range(100):
                    await opened.send("hello")
                    await opened.send(b"\x00")
                await live.add_task()

                assert (await frame(opened))["event_type"] == "reservation.created"

    asyncio.run(story())


def test_a_socket_at_no_channel_is_refused_with_json(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Where no channel can be, the handshake is answered 404 with the documented body."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            with pytest.raises(InvalidStatus) as refused:
                async with live.socket_at("/v1/wschannels/nobody?token=x"):
                    pass
            response = refused.value.response
            assert response.status_code == 404
            assert orjson.loads(response.body)["code"] == 20404

    asyncio.run(story())


# --- the network -------------------------------------------------------------------------------


@pytest.mark.feature(242)
def test_a_silent_line_carries_heartbeats(tmp_path: Path, real_time: VirtualAmbient) -> None:
    """A client that gets no events hears a blank text frame in the interval of the setting."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time, heartbeat_s=1) as live:
            async with live.socket(live.token()) as opened, asyncio.timeout(5):
                assert [await opened.recv(), await opened.recv()] == [" ", " "]

    asyncio.run(story())


async def a_handshake_by_hand(
    live: Live, token: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An open websocket whose client does nothing by itself: no pong, no reading."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", live.port))
    reader, writer = await asyncio.open_connection(sock=line, limit=1024)
    key = base64.b64encode(b"0123456789abcdef").decode()
    path = live.channel().partition("/")[2]
    writer.write(
        f"GET /{path}?token={token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    assert b"101" in await reader.readline()
    return reader, writer


@pytest.mark.feature(242, "181.5")
def test_a_half_open_socket_is_noticed(tmp_path: Path, real_time: VirtualAmbient) -> None:
    """A peer that no longer answers protocol pings is dropped, and its worker is absent."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time, ping_s=0.1) as live:
            _, writer = await a_handshake_by_hand(live, live.token())
            await live.runtime.saw(NoteConnected)
            await live.runtime.saw(NoteDisconnected)

            assert live.gateway.sockets_open == 0
            writer.close()

    asyncio.run(story())


@pytest.mark.feature(242, 249)
def test_a_reader_who_stops_reading_is_cut_off(tmp_path: Path, real_time: VirtualAmbient) -> None:
    """When frames no longer drain the socket is given up: memory is bounded, the worker absent."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time, write_within_s=0.2) as live:
            _, writer = await a_handshake_by_hand(live, live.token())
            await live.runtime.saw(NoteConnected)
            path = f"{live.home}/Workers/{live.names['alice']}"
            flood = asyncio.create_task(_flood(live, path))
            await live.runtime.saw(NoteDisconnected)
            flood.cancel()

            assert live.gateway.sockets_open == 0
            writer.close()

    asyncio.run(story())


@pytest.mark.feature(249)
def test_a_reader_who_is_too_slow_is_told_to_come_back(
    tmp_path: Path, real_time: VirtualAmbient
) -> None:
    """Whoever reads again after too much was waiting for him reads a close frame with 4408 at the end."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time) as live:
            reader, writer = await a_handshake_by_hand(live, live.token())
            await live.runtime.saw(NoteConnected)
            path = f"{live.home}/Workers/{live.names['alice']}"
            await _flood(live, path, turns=MORE_THAN_THE_KERNEL_KEEPS)
            received = b""
            async with asyncio.timeout(20):
                while piece := await reader.read(1 << 16):
                    received = (received + piece)[-200:]

            code = (4408).to_bytes(2)
            assert code in received and received.endswith(b"too slow")
            assert live.gateway.sockets_open == 0
            writer.close()

    asyncio.run(story())


async def _flood(live: Live, path: str, turns: float = math.inf) -> None:
    """So many hundreds of events, as large as they can be."""
    turn = 0
    while turn < turns * 100:
        turn += 100
        texts = [orjson.dumps({"x": f"{turn + each:4000}"}).decode() for each in range(100)]
        await asyncio.gather(*(live.rest("POST", path, Attributes=text) for text in texts))


def test_who_goes_away_during_the_handshake_leaves_nothing(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Sockets that are cut at once, a hundred of them, are all forgotten."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.token()
            for _ in range(100):
                async with live.socket(token) as opened:
                    opened.transport.abort()
            async with live.socket(token, closeExistingSessions="true") as last:
                await live.add_task()
                await frame(last)
                await live.runtime.saw(NoteConnected)

                assert live.gateway.sockets_open == 1

    asyncio.run(story())


@pytest.mark.feature(289)
def test_who_connects_to_a_stopping_server_is_told_to_come_back(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """A socket that opens while the server drains closes with 1012."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.gateway.stop()
            async with live.socket(live.token()) as opened:
                assert (await ended(opened))[0] == 1012

    asyncio.run(story())
