"""The wiring, and the only place of it: settings → store → runtime → shells → one ASGI app.

What is hot (`/v1`) is handed on as raw ASGI, by the beginning of its path; Starlette serves the
rest. No decision about tasks, workers or requests is made here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

import pointsman
from pointsman import console, logs
from pointsman.ambient import REAL, Ambient, VirtualAmbient
from pointsman.api import Api, twiml
from pointsman.api.clock import VirtualClock
from pointsman.api.demo import demo_of
from pointsman.api.errors import Refused, error_body
from pointsman.api.rehearsal import Rehearsal
from pointsman.api.windows import StatisticsLimits
from pointsman.auth import Account, Accounts
from pointsman.engine.records import Limits
from pointsman.gateway.endpoint import PATH as CHANNELS
from pointsman.gateway.endpoint import Gateway
from pointsman.metrics import CONTENT_TYPE_LATEST, Metrics
from pointsman.outbound.names import Names
from pointsman.proxies import Proxies
from pointsman.readings import Readings
from pointsman.rest import reference
from pointsman.rest.asgi import Rest
from pointsman.rest.forms import parse_body
from pointsman.rest.openapi import document
from pointsman.rest.rates import Rates
from pointsman.retention import Retention
from pointsman.runtime import Runtime
from pointsman.seed import SeedWorkspace
from pointsman.settings import Settings
from pointsman.store.folder import keep_clock
from pointsman.store.sqlite import DATABASE_FILE, SqliteStore, open_store
from pointsman.store.vault import open_vault
from pointsman.threads import Threads
from pointsman.voice.pace import Pace
from pointsman.voice.providers import voice_of
from pointsman.voice.twilio.door import carrier_route
from pointsman.webhooks.callbacks import Callbacks

__all__ = ["App", "create_app"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger(__name__)
access = logging.getLogger("pointsman.access")
_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
"""What a client may call its request; anything else is called by us."""


ReadSeed = Callable[[], SeedWorkspace]


def create_app(
    settings: Settings | None = None, ambient: Ambient = REAL, seed: ReadSeed | None = None
) -> App:
    """A whole server as an ASGI app; without settings, those of the environment.

    On a virtual clock it is a server for tests: requests move its time and bring it back to its seed.
    """
    return App(settings or Settings.from_environment(os.environ), ambient, seed)


class App:
    """One server. `open`, `load`, serve, `drain`, `close`, in this order; an ASGI lifespan does it."""

    def __init__(
        self, settings: Settings, ambient: Ambient = REAL, seed: ReadSeed | None = None
    ) -> None:
        self.settings = settings
        self.ambient = ambient
        self.seed = seed
        self.metrics = Metrics()
        self._proxies = Proxies(settings.trusted_proxies)
        self.ready = False
        self._loaded = False
        self._pages = Starlette(routes=self._routes())
        self._parts: _Parts | None = None

    def open(self) -> Account | None:
        """Take the data folder; gives back a first account if one was made, to be shown once.

        Raises `StoreError` with a sentence when the folder is taken or cannot be used.
        """
        used = (self.settings.data / DATABASE_FILE).exists()
        virtual = isinstance(self.ambient, VirtualAmbient)
        keep_clock(self.settings.data, virtual=virtual, used=used)
        store = open_store(self.settings.data)
        try:
            vault = open_vault(store, self.settings)
            made = vault.bootstrap(self.settings, self.ambient.now())
            accounts = Accounts(vault.load, store.accounts_version)
        except BaseException:
            store.close()
            raise
        self._parts = _Parts(self.settings, self.ambient, self.metrics, store, accounts, self.seed)
        return made

    async def load(self) -> None:
        """Bring everything live into memory, then be ready."""
        assert self._parts is not None, "open() comes first"
        await self._parts.start()
        self.ready = self._loaded = True

    async def drain(self) -> None:
        """Take no new work: not ready any more, live channels closed with a reason."""
        was_ready, self.ready = self.ready, False
        if self._parts is not None and was_ready:
            await self._parts.gateway.stop()

    async def close(self) -> None:
        """Finish what was accepted and let go of the data folder."""
        self.ready = self._loaded = False
        if self._parts is not None:
            parts, self._parts = self._parts, None
            await parts.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        scope = self._proxies.original(scope)
        if scope["type"] == "http":
            send = self._followed(scope, send)
        path = scope["path"]
        if not path.startswith(("/v1/", "/pointsman/v1/", "/2010-04-01/")):
            await self._pages(scope, receive, send)
        elif self._parts is None or not self._loaded:
            await _not_ready(scope, receive, send)
        elif path.startswith(CHANNELS):
            await self._parts.gateway(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(self._parts.rest, scope, receive, send)
        else:
            await self._pages(scope, receive, send)  # which refuses sockets

    def _followed(self, scope: Scope, send: Send) -> Send:
        """The answer is counted and logged, and tells the id that every line about the request has."""
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        own = given if _REQUEST_ID.fullmatch(given) else REAL.random_bytes(8).hex().encode()
        logs.request_id.set(own.decode())
        began_at = REAL.monotonic()

        async def followed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.count_request(scope["method"], message["status"])
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", own)]
                if self.settings.log == "json":
                    _tell_access(scope, message["status"], REAL.monotonic() - began_at)
            await send(message)

        return followed

    async def _answer(self, rest: Rest, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one that is not waited for any longer is told so."""
        try:
            await rest(scope, receive, send)
        except asyncio.CancelledError:
            if self.ready:
                raise
            await _not_ready(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """For servers other than `pointsman serve`, which goes through the steps itself."""
        await receive()
        made = self.open()
        if made is not None:
            log.warning("made account %s; `pointsman account rotate` shows a token", made.sid)
        await self.load()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.drain()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
            Route("/openapi.json", self._openapi),
            Route("/docs", self._reference),
            Route("/twiml/{sid}", self._twiml, methods=["GET", "POST"]),
            carrier_route(lambda: self._parts.voice if self._parts is not None else None),
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

    async def _openapi(self, request: Request) -> Response:
        origin = self.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
        told = document(pointsman.__version__, origin)
        return JSONResponse(told, headers={"Access-Control-Allow-Origin": "*"})

    async def _reference(self, request: Request) -> Response:
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(reference.page(document(pointsman.__version__)), headers=headers)

    async def _twiml(self, request: Request) -> Response:
        """A stored document, filled from the request that a call makes; there is no secret in it."""
        if self._parts is None or not self._loaded:
            return PlainTextResponse("not ready\n", status_code=503)
        params = dict(request.query_params)
        body = await _short_body(request)
        if body is None:
            return PlainTextResponse("The body is too large\n", status_code=413)
        try:
            params |= parse_body(body, request.headers.get("content-type", "").encode())
        except Refused as refusal:
            return PlainTextResponse(f"{refusal.message}\n", status_code=refusal.status)
        text = await twiml.served(self._parts.runtime, request.path_params["sid"], params)
        if text is None:
            return PlainTextResponse("There is no such document\n", status_code=404)
        return Response(text, media_type="text/xml", headers={"X-Content-Type-Options": "nosniff"})

    async def _metrics(self, request: Request) -> Response:
        return Response(self.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


async def _short_body(request: Request) -> bytes | None:
    """The body of a request that asks for a document; None when it is longer than any such is."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > twiml.LONGEST_BYTES:
            return None
    return body


class _Parts:
    """What an open server consists of."""

    def __init__(
        self,
        settings: Settings,
        ambient: Ambient,
        metrics: Metrics,
        store: SqliteStore,
        accounts: Accounts,
        seed: ReadSeed | None,
    ) -> None:
        self._store = store
        self._threads = Threads()
        self.runtime = Runtime(
            store,
            self._threads.commit,
            self._threads.read,
            ambient=ambient,
            limits=limits(settings),
            metrics=metrics,
        )
        self.pace = Pace(ambient)
        read_aside = self._threads.read
        names = Names(self._threads.look_up, self._threads.look_up_slowly)
        self.voice = voice_of(
            settings, self.runtime, accounts, ambient, self.pace, read_aside, names
        )
        telephony = self.voice.instructions if self.voice is not None else None
        read = statistics_limits(settings)
        self._api = api = Api(self.runtime, telephony, ambient=ambient, statistics=read)
        self._demo = demo_of(settings, self.runtime, accounts, ambient)
        self.callbacks = Callbacks(self.runtime, accounts, settings, ambient, api, metrics, names)
        self.retention = Retention(
            self.runtime, store, self._threads.commit, ambient, settings.retention_days
        )
        self._rehearsal: Rehearsal | None = None
        if isinstance(ambient, VirtualAmbient):
            clock = VirtualClock(self.runtime, ambient, [self.callbacks, self.retention, self.pace])
            account_sid = settings.account_sid or accounts.all()[0].sid
            self._rehearsal = Rehearsal(self.runtime, accounts, clock, account_sid, seed)
        self.rest = Rest(
            api,
            accounts,
            public_url=settings.public_url,
            ambient=ambient,
            demo=self._demo,
            rehearsal=self._rehearsal,
            telephony=self.voice.doors if self.voice is not None else (),
            rates=rates(settings, ambient),
        )
        self.gateway = Gateway(api, self.runtime, accounts, settings, ambient, metrics)
        metrics.ask(Readings(self.runtime, accounts, ambient).read)

    async def start(self) -> None:
        await self.callbacks.load()
        self.gateway.start()
        await self.runtime.start()
        await self._api.start()
        self.callbacks.start()
        if self.voice is not None:
            await self.voice.start()
        await self.retention.start()
        if self._rehearsal is not None:
            await self._rehearsal.prepare()
        if self._demo is not None:
            await self._demo.prepare()

    async def stop(self) -> None:
        if self.voice is not None:
            await self.voice.stop()
        await self.callbacks.stop()
        await self.retention.stop()
        await self.runtime.stop()
        self._threads.close()
        self._store.close()


def rates(settings: Settings, ambient: Ambient) -> Rates:
    """How often an account and a key may ask, as the settings say."""
    account_per_s, key_per_s = settings.rate_limit_account_per_s, settings.rate_limit_key_per_s
    return Rates(account_per_s, key_per_s, ambient.monotonic)


def limits(settings: Settings) -> Limits:
    """The limits of every workspace, as the settings say."""
    chosen = {
        name: getattr(settings, f"limit_{name}")
        for name in Limits.__struct_fields__
        if name != "disconnect_grace_s"
    }
    return Limits(**chosen, disconnect_grace_s=settings.disconnect_grace_s)


def statistics_limits(settings: Settings) -> StatisticsLimits:
    """What statistics may be asked for, as the settings say."""
    return StatisticsLimits(
        settings.statistics_window_days,
        settings.worker_statistics_max_workers,
        settings.statistics_bulk_per_s,
    )


def _tell_access(scope: Scope, status: int, took_s: float) -> None:
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "took_ms": round(took_s * 1000, 1),
        "ip_address": scope["client"][0] if scope.get("client") else None,
    }
    access.info("%s %s %d", scope["method"], scope["path"], status, extra=fields)


async def _not_ready(scope: Scope, receive: Receive, send: Send) -> None:
    """503 in the form of every other error, for a client that came too early or too late."""
    told = "The server is not ready; please try again"
    headers = {"Access-Control-Allow-Origin": "*", "Retry-After": "1"}
    answer = JSONResponse(error_body(503, 20503, told), 503, headers)
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1012, "reason": told})
    else:
        await answer(scope, receive, send)
