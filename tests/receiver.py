"""A real HTTP server on loopback that plays somebody else's application, for tests of callbacks.

`a_receiver(answer)` listens on a free port; each request is remembered, then answered by `answer`,
which may wait, fail or redirect as the test wants.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from aiohttp import web
from twilio.request_validator import RequestValidator


class Received(NamedTuple):
    """One request as it came in."""

    url: str
    form: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def is_signed_by(self, auth_token: str) -> bool:
        """What the stock validator says of it."""
        signature = self.headers["X-Twilio-Signature"]
        valid: bool = RequestValidator(auth_token).validate(self.url, self.form, signature)
        return valid


class HungUp(Exception):
    """Raised by an answer: the connection is closed instead."""


Reply = Callable[[Received], Awaitable[web.StreamResponse]]


class Receiver:
    """A listening server: where it is, and what came so far."""

    def __init__(self, answer: Reply) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.port = 0
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def wait_for(self, count: int) -> list[Received]:
        """Everything received, once there are so many."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def take(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        url = f"http://{request.headers['Host']}{request.raw_path}"
        received = Received(url, form, dict(request.headers), await request.read())
        async with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
        try:
            return await self.answer(received)
        except HungUp:
            assert request.transport is not None
            request.transport.close()
            raise


async def no_content(_: Received) -> web.StreamResponse:
    return web.Response(status=204)


async def never(_: Received) -> web.StreamResponse:
    """An answer that does not come."""
    await asyncio.Event().wait()
    raise AssertionError


@contextlib.asynccontextmanager
async def a_receiver(answer: Reply = no_content, port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver on a free port (or on this one), gone when this ends."""
    receiver = Receiver(answer)
    server = web.Server(receiver.take)  # type: ignore[arg-type]
    runner = web.ServerRunner(server, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
