"""A stand-in of the carrier: another Pointsman with simulated phones, which speaks the carrier's API and obeys its TwiML.

The stock client asks it in-process, its signed callbacks come over real HTTP, and its clock is virtual. It
shows that the provider's requests and documents do together what the port promises; it is not the carrier.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from pointsman.ambient import VirtualAmbient
from pointsman.voice.addresses import Routes
from pointsman.voice.calls import StatusCallback
from pointsman.voice.pace import Pace
from pointsman.voice.phones import Plan
from pointsman.voice.provider import Event, LegIncoming
from pointsman.voice.twilio.asked import PATH, Asked
from pointsman.voice.twilio.documents import Addresses
from pointsman.voice.twilio.hooks import Hooks
from pointsman.voice.twilio.provider import TwilioProvider
from tests.voice.scene import HOTLINE, VoiceScene, a_server, an_application
from tests.webhooks.scene import ACCOUNT_SID, AUTH_TOKEN

E = TypeVar("E")
T = TypeVar("T")
STEP_S = 0.1
STEPS = 150


class InProcess(AsyncHttpClient):
    """Carries the stock client's requests to the stand-in."""

    def __init__(self, carrier: VoiceScene) -> None:
        super().__init__(logging.getLogger("stand-in"), True)
        self._carrier = carrier

    async def request(
        self, method: str, uri: str, params: Any = None, data: Any = None, **_: Any
    ) -> Response:
        path = urlsplit(uri).path
        answer = await self._carrier.http.request(method, path, params=params, data=data)
        return Response(answer.status_code, answer.text)


class CarriedStage:
    """The provider beside the stand-in, whose phones are the stage's."""

    sound_url = "http://sounds.test/hello.wav"

    def __init__(self, carrier: VoiceScene) -> None:
        self.carrier = carrier
        self.provider: TwilioProvider
        self.hooks: Hooks
        self.seen: list[Event] = []
        self._news = asyncio.Event()

    def hear(self, event: Event) -> None:
        self.seen.append(event)
        self._news.set()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """A request of the stand-in's to the provider."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        told = await self.hooks.answer(
            Asked(
                request.path.removeprefix(f"{PATH}/"),
                request.raw_path,
                dict(parse_qsl(request.query_string)),
                form,
                request.headers.get("X-Twilio-Signature", ""),
            )
        )
        return web.Response(status=told.status, text=told.text, content_type="text/xml")

    # --- the stage ---------------------------------------------------------------------------------

    def phone(self, name: str, **plan: Any) -> str:
        self.carrier.world.plan(f"client:{name}", Plan(**plan))
        return f"client:{name}"

    async def call_in(self, name: str) -> str:
        self.carrier.world.call(f"client:{name}", HOTLINE)
        while not (told := [event for event in self.seen if isinstance(event, LegIncoming)]):
            self._news.clear()
            await self._news.wait()
        return told[-1].leg

    async def hang_up(self, name: str) -> None:
        self.carrier.world.hang_up(self._leg_of(name))

    async def press(self, name: str, digits: str) -> None:
        self.carrier.world.press(self._leg_of(name), digits)

    async def until(self, kind: type[E], **fields: Any) -> E:
        for _ in range(STEPS):
            for event in self.seen:
                if isinstance(event, kind) and all(
                    getattr(event, key) == value for key, value in fields.items()
                ):
                    return event
            await self.elapse(STEP_S)
        raise AssertionError(f"{kind.__name__} {fields} was not told: {self.seen}")

    async def elapse(self, seconds: float) -> None:
        await self.carrier.post("/pointsman/v1/Clock", advance_s=seconds)

    async def heard_by(self, name: str) -> frozenset[str]:
        await self.elapse(0)
        return frozenset(map(self._word, self.carrier.world.hears(self._leg_of(name))))

    async def in_recording(self, recording: str) -> frozenset[str]:
        sid = self.provider.recordings.sid_of(recording)
        return frozenset(map(self._word, self.carrier.world.recorded(sid)))

    def digits_at(self, name: str) -> str:
        return self.carrier.world.legs[self._leg_of(name)].got_digits

    def _leg_of(self, name: str) -> str:
        return self.carrier.leg_of(f"client:{name}")

    def _word(self, source: str) -> str:
        """A source of the stand-in's in the words of the contract."""
        kind, _, what = source.partition(":")
        if kind == "voice":
            return self.carrier.world.legs[what].phone.removeprefix("client:")
        if what.endswith("/music.wav"):
            return "music"
        return {"play": "sound"}.get(kind, kind)


async def offload(function: Callable[[], T], /) -> T:
    return function()


@contextlib.asynccontextmanager
async def a_carried_stage(folder: Path) -> AsyncIterator[CarriedStage]:
    """A stand-in with one number, and the provider that the number's calls come to."""
    ambient = VirtualAmbient()
    async with (
        an_application() as application,
        a_server(folder / "carrier", application, ambient, voice_caller_id="any") as carrier,
    ):
        stage = CarriedStage(carrier)
        async with served(stage) as base:
            told = StatusCallback(f"{base}{PATH}/status/")
            carrier.put_number(f"{base}{PATH}/incoming", callback=told)
            pace = Pace(ambient)

            async def download(url: str) -> bytes:
                return (await carrier.http.get(urlsplit(url).path)).content

            async def sound(name: str) -> Path:
                raise AssertionError("the stand-in fetches no sounds")

            stage.provider = TwilioProvider(
                lambda: Client(ACCOUNT_SID, AUTH_TOKEN, http_client=InProcess(carrier)),
                Addresses(base),
                Routes(client_uri="client:{name}"),
                folder / "recordings",
                download,
                pace,
                offload,
            )
            stage.hooks = Hooks(stage.provider, AUTH_TOKEN, sound)
            await stage.provider.start(stage.hear)
            try:
                yield stage
            finally:
                await stage.provider.stop()
                await pace.stop()


@contextlib.asynccontextmanager
async def served(stage: CarriedStage) -> AsyncIterator[str]:
    """The addresses that the stand-in comes to."""
    server = web.Application()
    server.router.add_route("*", PATH + "/{rest:.*}", stage.take)
    runner = web.AppRunner(server, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
