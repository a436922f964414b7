"""A client in a process of its own with very many live channels, and a steady stream of changes.

It opens the channel of every worker once. Then, for each line on its standard input, it changes the
attributes of workers drawn by chance, so many a second for so long, whether the server keeps up or
not, and writes when each frame came as one line.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import time
from functools import partial
from typing import Any
from urllib.parse import urlencode

from bench.client import PATIENCE_S, Scene, Socket, obey

CONNECTIONS = 16
OPENING = 50
"""Sockets that are being opened at a time."""
_SEQ = re.compile(rb'"seq":(\d+)\}$')


class Listener:
    """All sockets, and the connections that the changes go over."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._worker_sids = list(scene.tokens)
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        self._chance = random.Random(7)
        self._frames: list[tuple[int, float]] = []
        self._wanted = 0
        self._heard_all = asyncio.Event()
        self._problem = ""

    async def open_sockets(self) -> None:
        """Every worker's live channel, and the connections for the changes."""
        places = asyncio.Semaphore(OPENING)
        await asyncio.gather(*(self._open(places, *one) for one in self._scene.tokens.items()))
        self._free = asyncio.Queue()
        for _ in range(CONNECTIONS):
            made = await asyncio.open_connection("127.0.0.1", self._scene.port)
            self._free.put_nowait(made)

    async def run(self, per_s: float, seconds: float) -> dict[str, Any]:
        """Change so many workers a second; the frames that came, and whether the client kept up."""
        self._frames, self._heard_all = [], asyncio.Event()
        self._wanted = count = max(1, int(per_s * seconds))
        used, began_at = time.process_time(), time.perf_counter()
        changes = []
        for number in range(count):
            delay_s = began_at + number / per_s - time.perf_counter()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            changes.append(asyncio.create_task(self._change(number)))
        span_s = time.perf_counter() - began_at
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*changes)
            await self._heard_all.wait()
        if self._problem:
            raise RuntimeError(self._problem)
        return {
            "frames": self._frames,
            "per_s": count / span_s,
            "client_cores": (time.process_time() - used) / span_s,
        }

    async def _open(self, places: asyncio.Semaphore, sid: str, token: str) -> None:
        path = f"/v1/wschannels/{self._scene.account_sid}/{sid}?token={token}"
        async with places, asyncio.timeout(PATIENCE_S):
            _, socket = await asyncio.get_running_loop().create_connection(
                partial(Socket, path, self._heard, self._lost), "127.0.0.1", self._scene.port
            )
            await socket.opened

    async def _change(self, number: int) -> None:
        reader, writer = await self._free.get()
        worker_sid = self._chance.choice(self._worker_sids)
        path = f"/v1/Workspaces/{self._scene.workspace_sid}/Workers/{worker_sid}"
        body = urlencode({"Attributes": json.dumps({"number": number, "at": time.perf_counter()})})
        writer.write(self._scene.request(path.encode(), body.encode()))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            self._lost(answer.decode())
        self._free.put_nowait((reader, writer))

    def _heard(self, frame: bytes, at: float) -> None:
        found = _SEQ.search(frame)
        if found is not None:  # a heartbeat has none
            self._frames.append((int(found[1]), at))
            if len(self._frames) == self._wanted:
                self._heard_all.set()

    def _lost(self, why: str) -> None:
        self._problem = self._problem or why
        self._heard_all.set()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    obey(Listener)
