"""The carrier as far as requests go: the stock client's, kept as they came, and signed ones of its own.

It carries nothing. That its requests are the documented ones is the stock client's doing; what they say is
for the tests to judge.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

from aiohttp import ClientConnectionError
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from pointsman.ambient import VirtualAmbient
from pointsman.voice.addresses import Routes
from pointsman.voice.pace import Pace
from pointsman.voice.provider import Event
from pointsman.voice.twilio.asked import Asked, Told
from pointsman.voice.twilio.documents import Addresses
from pointsman.voice.twilio.hooks import Hooks
from pointsman.voice.twilio.provider import TwilioProvider

T = TypeVar("T")
LEG = "CA" + "1" * 32
WORKER = "CA" + "2" * 32
HOTLINE, CALLER = "+15550001111", "+15557654321"
SID, TOKEN = "AC" + "7" * 32, "7" * 32
BASE = "https://router.test"
AT = f"{BASE}/twilio"
ROUTES = Routes("{number}", "client:{name}", ("phones.test",))
WAV = b"RIFF and so on"


class Recorder(AsyncHttpClient):
    """Keeps what the stock client asks."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger("recorder"), True)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        """By the end of a path: what is answered instead."""
        self.is_down = False

    async def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        **_: Any,
    ) -> Response:
        assert auth == (SID, TOKEN)
        if self.is_down:
            raise ClientConnectionError("nobody is there")
        path = urlsplit(uri).path.removeprefix(f"/2010-04-01/Accounts/{SID}")
        self.asked.append((method, path, dict(data or {})))
        for end, (status, body) in self.answers.items():
            if path.endswith(end):
                return Response(status, json.dumps(body))
        made = len(self.asked)
        prefix = "RE" if "Recordings" in path else "CA"
        return Response(
            201 if method == "POST" else 200, json.dumps({"sid": f"{prefix}{made:032}"})
        )

    def take(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What was asked since the last question."""
        asked, self.asked = self.asked, []
        return asked


class Line:
    """A started provider, and what it told."""

    def __init__(
        self,
        provider: TwilioProvider,
        hooks: Hooks,
        recorder: Recorder,
        ambient: VirtualAmbient,
        pace: Pace,
    ) -> None:
        self.provider = provider
        self.hooks = hooks
        self.recorder = recorder
        self.ambient = ambient
        self.pace = pace
        self.seen: list[Event] = []
        self.news = asyncio.Event()

    def hear(self, event: Event) -> None:
        self.seen.append(event)
        self.news.set()

    async def tells(self, url: str, token: str = TOKEN, **fields: str) -> Told:
        """The carrier's request for one of our addresses, signed with the token."""
        told = url.removeprefix(BASE)
        path, _, query = told.partition("?")
        signature = RequestValidator(token).compute_signature(BASE + told, fields)
        rest = path.removeprefix("/twilio/")
        return await self.hooks.answer(Asked(rest, told, dict(parse_qsl(query)), fields, signature))

    async def asks(self, url: str, **fields: str) -> list[tuple[str, dict[str, str], str]]:
        """The verbs of the document that the carrier is given: name, attributes and text, with what is in them."""
        told = await self.tells(url, **fields)
        assert told.status == 200
        root = ET.fromstring(told.text)
        assert root.tag == "Response"
        return [
            (one.tag, dict(one.attrib), one.text or "") for one in root.iter() if one is not root
        ]


async def offload(function: Callable[[], T], /) -> T:
    return function()


async def download(url: str) -> bytes:
    assert url == f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Recordings/RE1.wav"
    return WAV


@contextlib.asynccontextmanager
async def a_line(folder: Path, recorder: Recorder | None = None) -> AsyncIterator[Line]:
    """A provider beside a carrier that only listens."""
    http, ambient = recorder or Recorder(), VirtualAmbient()
    pace = Pace(ambient)

    async def sound(name: str) -> Path:
        return folder / f"{name}.wav"

    provider = TwilioProvider(
        lambda: Client(SID, TOKEN, http_client=http),
        Addresses(BASE),
        ROUTES,
        folder / "recordings",
        download,
        pace,
        offload,
    )
    line = Line(provider, Hooks(provider, TOKEN, sound), http, ambient, pace)
    await provider.start(line.hear)
    try:
        yield line
    finally:
        await provider.stop()
        await pace.stop()


def told(folder: Path, story: Callable[[Line], Awaitable[None]]) -> None:
    """Run a story."""

    async def run() -> None:
        async with a_line(folder) as line:
            line.recorder.take()
            await story(line)

    asyncio.run(run())


async def up(line: Line, leg: str = LEG, to: str = CALLER) -> str:
    """A leg that was called and picked up; the carrier's name of it."""
    await line.provider.originate(leg, to, HOTLINE, timeout_s=20, headers={})
    line.recorder.take()
    sid = line.provider.legs[leg].sid
    await line.tells(f"{AT}/status/{leg}", CallSid=sid, CallStatus="in-progress")
    line.seen.clear()
    return sid
