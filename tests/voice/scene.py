"""A whole server with the provider `simulator`, an application that gives it TwiML, and phones.

Time is virtual and passes through the server's own clock, so a story of minutes takes milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from pointsman.ambient import VirtualAmbient
from pointsman.app import App, create_app
from pointsman.settings import Settings
from pointsman.voice.calls import Source, StatusCallback
from pointsman.voice.exchange import Exchange
from pointsman.voice.numbers import Number
from pointsman.voice.phones import Plan
from pointsman.voice.simulator import Simulator
from pointsman.voice.switchboard import Switchboard
from tests.voice.audit import audit
from tests.voice.stock import stock_client
from tests.webhooks.scene import ACCOUNT_SID, AUTH_TOKEN, Scene

HOTLINE = "+15550001111"
CALLER = "+15557654321"

Document = str | Callable[["Asked"], Awaitable[web.StreamResponse]]


class Asked(NamedTuple):
    """One request that the application got."""

    path: str
    method: str
    fields: dict[str, str]


def document(response: VoiceResponse) -> Callable[[Asked], Awaitable[web.StreamResponse]]:
    """A document that the stock library made, as it is served."""

    async def take(_: Asked) -> web.StreamResponse:
        return web.Response(text=str(response), content_type="text/xml")

    return take


class Application:
    """Somebody's web application: documents by path, and what it was asked."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.asked: list[Asked] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def told(self, path: str) -> list[dict[str, str]]:
        """The fields of every request for this path."""
        return [asked.fields for asked in self.asked if asked.path == path]

    async def take(self, request: web.Request) -> web.StreamResponse:
        posted = {name: str(value) for name, value in (await request.post()).items()}
        asked = Asked(request.path, request.method, dict(request.query) | posted)
        self.asked.append(asked)
        document = self.documents.get(request.path, "")
        if callable(document):
            return await document(asked)
        body = f'<?xml version="1.0"?><Response>{document}</Response>'
        return web.Response(text=body, content_type="text/xml")


class VoiceScene(Scene):
    """One server, one workspace, the hotline's number, and its application."""

    def __init__(self, app: App, ambient: VirtualAmbient, application: Application) -> None:
        super().__init__(app, ambient, (ACCOUNT_SID, AUTH_TOKEN))
        self.application = application

    @property
    def board(self) -> Switchboard:
        assert self.app._parts is not None and self.app._parts.voice is not None
        return self.app._parts.voice

    @property
    def exchange(self) -> Exchange:
        return self.board.exchange

    @property
    def world(self) -> Simulator:
        assert isinstance(self.board.provider, Simulator)
        return self.board.provider

    async def stock(self, ask: Callable[[Client], Any]) -> Any:
        """What the stock library answers, asked in a thread of its own."""
        client = stock_client(self.http, (ACCOUNT_SID, AUTH_TOKEN))
        return await asyncio.to_thread(ask, client)

    async def pass_time(self, seconds: float) -> None:
        await self.post("/pointsman/v1/Clock", advance_s=seconds)
        audit(self)

    async def number(self, twiml: str, number: str = HOTLINE) -> None:
        """Let a number run this TwiML."""
        self.application.documents["/voice"] = twiml
        self.put_number(f"{self.application.url}/voice", number)

    def put_number(
        self, url: str, number: str = HOTLINE, callback: StatusCallback | None = None
    ) -> None:
        """Let a number run what is behind the address."""
        now = self.ambient.now()
        self.board.put_number(
            Number(
                sid=self.ambient.new_sid("PN"),
                account_sid=ACCOUNT_SID,
                phone_number=number,
                friendly_name="hotline",
                date_created=now,
                date_updated=now,
                source=Source(url=url),
                callback=callback,
            )
        )

    async def call_in(self, from_: str = CALLER, to: str = HOTLINE, **plan: Any) -> str:
        """A phone calls; its leg."""
        leg = self.world.call(from_, to, Plan(**plan))
        await self.pass_time(0)
        return leg

    async def a_phone(self, name: str, **plan: Any) -> str:
        """A worker whose phone does as it was told; his SID."""
        self.world.plan(f"client:{name}", Plan(**plan))
        attributes = json.dumps({"contact_uri": f"client:{name}"})
        return await self.a_worker(name, Attributes=attributes)

    async def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get(f"{self.home}/Tasks"))["tasks"]
        for task in found:
            task["attributes"] = json.loads(task["attributes"])
        return found

    async def task(self) -> dict[str, Any]:
        """The only task there is."""
        (task,) = await self.tasks()
        return task

    async def offer(self) -> dict[str, Any]:
        """The newest offer of the only task."""
        task = await self.task()
        return (await self.offers(task["sid"]))[-1]

    async def instruct(self, instruction: str, **params: Any) -> dict[str, Any]:
        """Give the newest offer an instruction; its reservation as it is stored then."""
        offer = await self.offer()
        path = f"{self.home}/Tasks/{offer['task_sid']}/Reservations/{offer['sid']}"
        return await self.post(path, Instruction=instruction, **params)

    def leg_of(self, phone: str) -> str:
        """The newest leg of a phone."""
        return [leg.name for leg in self.world.legs.values() if leg.phone == phone][-1]

    def hears(self, leg: str) -> set[str]:
        """What a leg hears, voices by the phone they belong to."""
        heard = set()
        for source in self.world.hears(leg):
            kind, _, name = source.partition(":")
            heard.add(self.world.legs[name].phone if kind == "voice" else source)
        return heard

    async def status(self) -> tuple[str, str]:
        """Where the task and its newest offer stand."""
        task = await self.task()
        return task["assignment_status"], (await self.offer())["reservation_status"]


@contextlib.asynccontextmanager
async def an_application() -> AsyncIterator[Application]:
    """Somebody's application on a free port."""
    application = Application()
    server = web.Application()
    server.router.add_route("*", "/{path:.*}", application.take)
    runner = web.AppRunner(server, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    application.port = runner.addresses[0][1]
    try:
        yield application
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def a_server(
    folder: Path, application: Application, ambient: VirtualAmbient, **settings: Any
) -> AsyncIterator[VoiceScene]:
    """A server on the folder, which may have been used before."""
    chosen = {
        "data": folder,
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "voice": "simulator",
        "public_url": "http://router.test",
    }
    app = create_app(Settings(**(chosen | settings)), ambient)
    app.open()
    await app.load()
    async with VoiceScene(app, ambient, application) as scene:
        yield scene


@contextlib.asynccontextmanager
async def a_voice_scene(folder: Path, **settings: Any) -> AsyncIterator[VoiceScene]:
    """A furnished server, beside its application."""
    async with (
        an_application() as application,
        a_server(folder, application, VirtualAmbient(), **settings) as scene,
    ):
        await scene.furnish()
        yield scene


def told(folder: Path, story: Callable[[VoiceScene], Awaitable[None]], **settings: Any) -> None:
    """Run a story on a scene of its own."""

    async def run() -> None:
        async with a_voice_scene(folder, **settings) as scene:
            await story(scene)

    asyncio.run(run())
