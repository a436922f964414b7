"""The telephone process seen from the server: started, given orders, heard, and missed when it ends.

Orders are answered in their order; what waits for an answer when the process ends is refused. What the
orders mean, and what follows from an end, is the provider's.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import sys
from collections.abc import Callable
from typing import Any

from pointsman.voice.sip.wires import Done, Message, Order, decode_message, encode

__all__ = ["Gone", "TelephoneProcess"]

END_WITHIN_S = 3.0
LONGEST_LINE = 1024 * 1024


class Gone(Exception):
    """The telephone process is not running."""


class TelephoneProcess:
    """One child; a new object for each."""

    def __init__(self, hear: Callable[[Message], None], gone: Callable[[], None]) -> None:
        self._hear = hear
        self._gone = gone
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process's number, while there is one."""
        return self._child.pid if self._child is not None else None

    async def start(self) -> None:
        """Start it; it listens to nobody before its `Begin`."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "pointsman.voice.sip", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a signal for the server is not one for the calls
            )
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
        self._hearing = asyncio.create_task(self._listen(reader))

    async def order(self, kind: Callable[..., Order], *fields: Any) -> str:
        """Have something done; gives back why it was refused, or nothing. Raises `Gone`."""
        if self._writer is None or self._hearing is None or self._hearing.done():
            raise Gone
        number = next(self._numbers)
        done = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(encode(kind(number, *fields)))
        refused: str = await done
        return refused

    async def stop(self) -> None:
        """Have it hang up and end; killed if it does not."""
        if self._writer is not None:
            self._writer.close()
        if self._child is not None and self._child.returncode is None:
            try:
                async with asyncio.timeout(END_WITHIN_S):
                    await self._child.wait()
            except TimeoutError:
                self._child.kill()
                await self._child.wait()
        if self._hearing is not None:
            self._hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._hearing

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                message = decode_message(line)
                if isinstance(message, Done):
                    self._answered(message)
                else:
                    self._hear(message)
        waiting, self._waiting = self._waiting, {}
        for done in waiting.values():
            if not done.done():
                done.set_exception(Gone())
        self._gone()

    def _answered(self, message: Done) -> None:
        done = self._waiting.pop(message.number)
        if not done.done():  # whoever asked may have been cancelled
            done.set_result(message.refused)
