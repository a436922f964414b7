"""The wiring, and the only place of it: settings → store → runtime → shells → one ASGI app.

What is hot (`/v1`) is handed on as raw ASGI, by the beginning of its path; Starlette serves the
rest. No decision about tasks, workers or requests is made here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

import pointsman
from pointsman import console
from pointsman.ambient import REAL, Ambient
from pointsman.metrics import CONTENT_TYPE_LATEST, Metrics
from pointsman.settings import Settings

__all__ = ["App", "create_app"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None, ambient: Ambient = REAL) -> App:
    """A whole server as an ASGI app; without settings, those of the environment."""
    return App(settings or Settings.from_environment(os.environ), ambient)


class App:
    """One server: its parts, made at `start`, and the ASGI callable in front of them."""

    def __init__(self, settings: Settings, ambient: Ambient = REAL) -> None:
        self.settings = settings
        self.ambient = ambient
        self.metrics = Metrics()
        self.ready = False
        self._pages = Starlette(routes=self._routes())

    async def start(self) -> None:
        """Load everything live, then be ready."""
        self.ready = True

    async def drain(self) -> None:
        """Stop taking new work: not ready any more, live channels closed with a reason."""
        self.ready = False

    async def stop(self) -> None:
        """Finish what was accepted and let go of the data folder."""
        self.ready = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._pages(scope, receive, self._counted(scope["method"], send))
        else:
            await self._pages(scope, receive, send)

    def _counted(self, method: str, send: Send) -> Send:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.count_request(method, message["status"])
            await send(message)

        return counted

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """For servers other than `pointsman serve`, which starts and stops the app itself."""
        await receive()
        await self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.drain()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]
        try:
            return routes + console.routes(
                pointsman.__version__,
                demo=self.settings.demo,
                public_url=self.settings.public_url,
            )
        except console.SdkMissing as missing:
            log.warning("%s Until then neither the SDK nor a page is served.", missing)
            return routes

    async def _healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _readyz(self, request: Request) -> Response:
        if self.ready:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready\n", status_code=503)

    async def _metrics(self, request: Request) -> Response:
        return Response(self.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
