"""The I/O around a `Session`: sockets, the token's source, and the waiting in between.

The rule: it does what the session says and tells it what happened, nothing else; what arrives is handed
on in order. One task runs `run`, a second one reads the socket of the moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlencode

import aiohttp

from pointsman import ambient
from pointsman.sdk.errors import ChannelEnded, Refused, Unanswered, WorkerError
from pointsman.sdk.session import (
    DELETED,
    EXPIRED,
    REFUSED,
    Connect,
    HangUp,
    Over,
    Renew,
    Rest,
    Session,
)
from pointsman.sdk.token import Token, read_token

__all__ = ["Link", "Listener", "TokenSource", "new_token"]

TOKEN_WITHIN_S = 30.0
CLOSE_WITHIN_S = 2.0
LOST, BAD_CERTIFICATE = 1006, 1015
_AS_CLOSES = {401: EXPIRED, 403: REFUSED, 404: DELETED}
"""What the server would close the socket with, when it refuses the first request after its opening."""
_PASSING = (OSError, TimeoutError, aiohttp.ClientError)
"""What may be better the next time: everything that a network can do."""

log = logging.getLogger("pointsman.sdk")

TokenSource = Callable[[], str | Awaitable[str]]


class Listener(Protocol):
    """Who is told what arrives."""

    def query(self) -> dict[str, str]: ...
    async def arrive(self, settle: Callable[[], None]) -> None: ...
    def received(self, text: str) -> None: ...
    def disconnected(self, code: int, reason: str) -> None: ...
    async def show_token(self) -> None: ...


class Link:
    """One worker's live channel, through all its sockets."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        channel_url: str,
        tls: ssl.SSLContext | bool,
        token: Token,
        source: TokenSource | None,
        listener: Listener,
    ) -> None:
        self._http = http
        self._channel_url = channel_url
        self._tls = tls
        self.token = token
        self.problem = ""
        """Why the last connection ended, or was not made."""
        self._source = source
        self._listener = listener
        life_s = token.expires_at - ambient.wall()
        self._session = Session(
            ambient.monotonic(), life_s, ambient.random, renews=source is not None
        )
        self._woken = asyncio.Event()
        self._renewing = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._session.is_open

    async def run(self) -> WorkerError:
        """Keep the channel open until that is impossible; the reason."""
        try:
            while not isinstance(step := self._session.next(ambient.monotonic()), Over):
                if isinstance(step, Connect):
                    self._reading = asyncio.create_task(self._read_one_socket())
                    self._reading.add_done_callback(lambda task: self._woken.set())
                elif isinstance(step, Renew):
                    await self.renew(self.token.text)
                elif isinstance(step, HangUp):
                    await self._give_up_socket()
                    self._lost(LOST, step.reason)
                else:
                    await self._rest(step)
            return step.error
        finally:
            for task in (self._reading, self._showing):
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task], timeout=2 * CLOSE_WITHIN_S)

    def update_token(self, token: Token) -> None:
        """Use this token from now on, and show it to the server, so that the socket lives as long."""
        if token.worker_sid != self.token.worker_sid:
            told = f"The token is for {token.worker_sid}; this worker is {self.token.worker_sid}."
            raise ValueError(told)
        self.token = token
        self._session.renewed(ambient.monotonic(), token.expires_at - ambient.wall())
        self._woken.set()
        if self._session.is_open:
            if self._showing is not None:
                self._showing.cancel()
            self._showing = asyncio.create_task(self._listener.show_token())

    async def renew(self, refused: str) -> bool:
        """Ask the source for a token instead of this one; whether there is another now."""
        async with self._renewing:
            if self.token.text != refused:
                return True  # somebody else was here first
            if self._source is None:
                return False
            try:
                async with asyncio.timeout(TOKEN_WITHIN_S):
                    self.update_token(read_token(await new_token(self._source)))
            except _PASSING as problem:
                log.warning("there is no new token yet: %s", problem)
                self._session.not_renewed(ambient.monotonic())
                return False
            return True

    async def _rest(self, step: Rest) -> None:
        """Wait for the moment, or for something to happen; a mistake of ours in reading ends it all."""
        self._woken.clear()
        if self._reading is not None and self._reading.done():
            self._reading.result()
            self._reading = None
        delay_s = step.until - ambient.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, delay_s)):
                await self._woken.wait()

    async def _read_one_socket(self) -> None:
        """One socket from its opening to its end."""
        query = urlencode({"token": self.token.text, **self._listener.query()})
        url = f"{self._channel_url}?{query}"
        try:
            patience = aiohttp.ClientWSTimeout(ws_close=CLOSE_WITHIN_S)
            async with self._http.ws_connect(url, ssl=self._tls, timeout=patience) as socket:
                self._session.opened(ambient.monotonic())
                code, reason = await self._read_while_arriving(socket)
        except aiohttp.ClientConnectorCertificateError as problem:
            self._session.end(ChannelEnded(BAD_CERTIFICATE, str(problem.certificate_error)))
        except aiohttp.WSServerHandshakeError as problem:
            self._lost(LOST, f"The server refused the socket with status {problem.status}")
        except _PASSING as problem:
            self._lost(LOST, str(problem) or type(problem).__name__)
        else:
            self._lost(code, reason)

    async def _read_while_arriving(
        self, socket: aiohttp.ClientWebSocketResponse
    ) -> tuple[int, str]:
        """Hand on frames, while the listener sees to the rest; the code and reason of the end."""
        reading = asyncio.create_task(self._read(socket))
        arriving = asyncio.create_task(self._listener.arrive(self._session.settle))
        try:
            await asyncio.wait([reading, arriving], return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                return reading.result()
            await arriving
        except Unanswered as problem:
            return LOST, str(problem)
        except Refused as problem:
            return _AS_CLOSES.get(problem.status, LOST), problem.message
        finally:
            reading.cancel()
            arriving.cancel()
            await asyncio.gather(reading, arriving, return_exceptions=True)
        raise AssertionError("who arrives stays until the socket ends")

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
        while True:
            message = await socket.receive()
            self._session.heard(ambient.monotonic())
            if message.type is aiohttp.WSMsgType.TEXT:
                if message.data.strip():
                    self._listener.received(message.data)
            elif message.type is aiohttp.WSMsgType.CLOSE:
                return int(message.data or LOST), str(
                    message.extra or "the server closed the socket"
                )
            elif message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                return LOST, "the connection was lost"
            elif message.type is aiohttp.WSMsgType.ERROR:
                return LOST, str(message.data)

    async def _give_up_socket(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading], timeout=2 * CLOSE_WITHIN_S)
            self._reading = None

    def _lost(self, code: int, reason: str) -> None:
        self.problem = reason
        was_open = self._session.is_open
        self._session.closed(ambient.monotonic(), code, reason)
        self._woken.set()
        log.info("the live channel is closed: %s (%s)", reason, code)
        if was_open:
            self._listener.disconnected(code, reason)


async def new_token(source: TokenSource) -> str:
    """What the source gives, be it asynchronous or not."""
    given = source()
    return await given if inspect.isawaitable(given) else given
