"""A cable between a client and a server that a test can cut and mend."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Relay:
    """Carries bytes both ways, until it is cut; new connections end at once while it is."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._open: set[asyncio.StreamWriter] = set()
        self._whole = True
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """End every connection, without a word."""
        self._whole = False
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        if not self._whole:
            writer.transport.abort()
            return
        there = await asyncio.open_connection("127.0.0.1", self._server_port)
        writers = {writer, there[1]}
        self._open |= writers
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pour(reader, there[1]))
                both.create_task(_pour(there[0], writer))
        finally:
            self._open -= writers


@contextlib.asynccontextmanager
async def a_relay(server_port: int) -> AsyncIterator[Relay]:
    """A whole cable to this port."""
    relay = Relay(server_port)
    listening = await asyncio.start_server(relay.carry, "127.0.0.1", 0)
    relay.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield relay
        relay.cut()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while read := await reader.read(65_536):
            writer.write(read)
            await writer.drain()
    writer.close()
