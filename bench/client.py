"""A lean load client in a process of its own: prebuilt requests, no parser, no framework.

It opens the live channel of every worker once. Then, for each line on its standard input, it keeps
so many life cycles in flight for so long, and writes what it saw as one line: a life cycle is
create, the offer in the worker's socket, accept, complete, each after the one before was answered.
It uses few instructions for each byte, so that what is measured is the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import uvloop

PATIENCE_S = 20.0
_SID = re.compile(rb'"sid":"(WT[0-9a-f]{32})"')
_RESERVATION_SID = re.compile(rb'"reservation_sid":"(WR[0-9a-f]{32})"')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_OFFER = b'{"event_type":"reservation.created"'
STEPS = 3
"""Answers of one life cycle, each durable when it comes."""


@dataclass(frozen=True)
class Scene:
    """What the client is told about the server, as JSON in its first line."""

    port: int
    authorization: str
    account_sid: str
    workspace_sid: str
    tokens: dict[str, str]
    """Of each worker."""
    creations: list[str]
    """Bodies of requests that create a task."""

    @property
    def tasks(self) -> bytes:
        """The path of the workspace's tasks."""
        return f"/v1/Workspaces/{self.workspace_sid}/Tasks".encode()

    def request(self, path: bytes, body: bytes) -> bytes:
        """The bytes of a POST."""
        return (
            b"POST %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: %b\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
        ) % (path, self.port, self.authorization.encode(), len(body), body)


class Run:
    """Life cycles in flight, from the first to the last."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.creations = cycle([scene.request(scene.tasks, b.encode()) for b in scene.creations])
        self.ends_at = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lives = 0
        self.waits_s: list[float] = []
        """From the first byte of the request that creates to the offer in the worker's socket."""
        self._active = 0
        self._offers: dict[bytes, tuple[bytes, float]] = {}
        self._awaiting: dict[bytes, Connection] = {}

    def begin(self, connections: list[Connection], seconds: float) -> None:
        """Let every connection live one life after the other until the time is over."""
        self.ends_at = time.perf_counter() + seconds
        self._active = len(connections)
        for connection in connections:
            connection.live(self)

    def created(self, task_sid: bytes, connection: Connection) -> None:
        """The task exists; its offer may have come before this answer."""
        offer = self._offers.pop(task_sid, None)
        if offer is None:
            self._awaiting[task_sid] = connection
        else:
            self._accept(task_sid, connection, *offer)

    def offered(self, task_sid: bytes, reservation_sid: bytes, at: float) -> None:
        connection = self._awaiting.pop(task_sid, None)
        if connection is None:
            self._offers[task_sid] = reservation_sid, at
        else:
            self._accept(task_sid, connection, reservation_sid, at)

    def _accept(
        self, task_sid: bytes, connection: Connection, reservation_sid: bytes, at: float
    ) -> None:
        self.waits_s.append(at - connection.began_at)
        connection.accept(reservation_sid)

    def completed(self, connection: Connection) -> None:
        self.lives += 1
        if time.perf_counter() < self.ends_at:
            connection.live(self)
        else:
            self._active -= 1
            if self._active == 0 and not self.ended.done():
                self.ended.set_result(None)

    def fail(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_exception(RuntimeError(why))


class Connection(asyncio.Protocol):
    """One connection kept alive, with one request on it at a time."""

    def __init__(self) -> None:
        self.began_at = 0.0
        self._received = b""
        self._step = 0
        self._task_sid = b""

    def connection_made(self, transport: Any) -> None:
        self._write = transport.write
        self.close = transport.close

    def live(self, run: Run) -> None:
        """A new life, from the creation of its task."""
        self._run = run
        self._step = 0
        self.began_at = time.perf_counter()
        self._write(next(run.creations))

    def accept(self, reservation_sid: bytes) -> None:
        scene = self._run.scene
        path = b"%b/%b/Reservations/%b" % (scene.tasks, self._task_sid, reservation_sid)
        self._write(scene.request(path, b"ReservationStatus=accepted"))

    def data_received(self, received: bytes) -> None:
        self._received += received
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._received, 0, head)
        if length is None or len(self._received) < head + 4 + int(length[1]):
            return
        answer, self._received = self._received, b""
        if answer[9:11] != b"20":
            self._run.fail(answer.decode())
            return
        self._step += 1
        self._answered(answer, head)

    def connection_lost(self, problem: Exception | None) -> None:
        if self.began_at:
            self._run.fail(f"The server closed a connection: {problem}")

    def _answered(self, answer: bytes, head: int) -> None:
        if self._step == 1:
            found = _SID.search(answer, head)
            assert found is not None, answer
            self._task_sid = found[1]
            self._run.created(self._task_sid, self)
        elif self._step == STEPS - 1:
            path = b"%b/%b" % (self._run.scene.tasks, self._task_sid)
            self._write(self._run.scene.request(path, b"AssignmentStatus=completed"))
        else:
            self._run.completed(self)


class Socket(asyncio.Protocol):
    """A worker's live channel: hands on each text frame and when it came, answers pings."""

    def __init__(
        self, path: str, heard: Callable[[bytes, float], None], lost: Callable[[str], None]
    ) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._path = path
        self._heard = heard
        self._lost = lost
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, received: bytes) -> None:
        self._received += received
        if not self.opened.done():
            head, found, rest = self._received.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.opened.set_result(None)
            self._received = rest
        while (length := self._frame()) is not None:
            self._received = self._received[length:]

    def connection_lost(self, problem: Exception | None) -> None:
        self._lost(f"The server closed a live channel: {self._received!r} {problem}")

    def _frame(self) -> int | None:
        """Take the first frame, a server's and therefore not masked; its length if it is whole."""
        frame = self._received
        if len(frame) < 2:
            return None
        start, length = 2, frame[1]
        if length >= 126:
            start += 2 if length == 126 else 8
            length = int.from_bytes(frame[2:start], "big")
        end = start + length
        if len(frame) < end:
            return None
        kind = frame[0] & 15
        if kind == 1:
            self._heard(frame[start:end], time.perf_counter())
        elif kind == 9:
            self._transport.write(b"\x8a" + bytes((0x80 | length,)) + bytes(4) + frame[start:end])
        return end


class Client:
    """The connections and sockets, and the run of the moment."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._run: Run | None = None
        self._connections: list[Connection] = []

    async def open_sockets(self) -> None:
        """Every worker's live channel, one after the other."""
        loop = asyncio.get_running_loop()
        for sid, token in self._scene.tokens.items():
            path = f"/v1/wschannels/{self._scene.account_sid}/{sid}?token={token}"
            _, socket = await loop.create_connection(
                partial(Socket, path, self._heard, self._lost), "127.0.0.1", self._scene.port
            )
            async with asyncio.timeout(PATIENCE_S):
                await socket.opened

    async def run(self, in_flight: int, seconds: float) -> dict[str, Any]:
        """Keep so many life cycles in flight; how many there were, and what they waited."""
        loop = asyncio.get_running_loop()
        while len(self._connections) < in_flight:
            _, made = await loop.create_connection(Connection, "127.0.0.1", self._scene.port)
            self._connections.append(made)
        self._run = run = Run(self._scene)
        began_at, used = time.perf_counter(), time.process_time()
        run.begin(self._connections[:in_flight], seconds)
        async with asyncio.timeout(seconds + PATIENCE_S):
            await run.ended
        span_s = time.perf_counter() - began_at
        return {
            "lives": run.lives,
            "span_s": span_s,
            "client_cores": (time.process_time() - used) / span_s,
            "waits_s": run.waits_s,
        }

    def _heard(self, frame: bytes, at: float) -> None:
        if not frame.startswith(_OFFER):
            return
        task, reservation = _SID.search(frame), _RESERVATION_SID.search(frame)
        assert task is not None, frame
        assert reservation is not None, frame
        if self._run is not None:
            self._run.offered(task[1], reservation[1], at)

    def _lost(self, why: str) -> None:
        if self._run is not None:
            self._run.fail(why)


def obey(make: Callable[[Scene], Any]) -> None:
    """Scene in the first line, then a run for each line, until the input ends.

    What is made of the scene opens its sockets (`open_sockets`), and does what a line says (`run`).
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        crowd = make(Scene(**json.loads(sys.stdin.readline())))
        runner.run(crowd.open_sockets())
        print("{}", flush=True)
        for line in sys.stdin:
            print(json.dumps(runner.run(crowd.run(**json.loads(line)))), flush=True)


if __name__ == "__main__":
    obey(Client)
