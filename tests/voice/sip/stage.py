"""The provider `sip` beside real telephones: another process with a SIP stack, which sends and hears tones."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import random
import socket
import sys
import tempfile
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from pointsman.ambient import REAL
from pointsman.voice.addresses import Routes
from pointsman.voice.pace import Pace
from pointsman.voice.provider import Event, LegIncoming
from pointsman.voice.sip.provider import SipProvider
from pointsman.voice.sip.settings import PhoneSettings
from pointsman.voice.sounds import Download, Sounds
from pointsman.voice.speech import Espeak

E = TypeVar("E")
T = TypeVar("T")
RATE = 8000
VOICES = {"caller": 440, "worker": 880, "third": 1320}
MANNERS = {
    "answer": "",
    "busy": ".busy",
    "declined": ".busy",
    "no-answer": ".rings",
    "failed": ".nobody",
}
TONES = {**VOICES, "music": 600, "sound": 720}
LOUD, AUDIBLE = 4_000, 250
WITHIN_S = 15
SOUND_URL = "http://sounds.test/hello.wav"
SOUNDS: list[tempfile.TemporaryDirectory[str]] = []
PROGRAM = Path(__file__).with_name("phone_program.py")


def free_ports(count: int) -> int:
    """The first of so many ports of loopback that nobody uses, below those that clients are given."""
    while True:
        first = random.randrange(10_000, 30_000, 2)
        with contextlib.ExitStack() as held:
            try:
                for port in range(first, first + count):
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        bound = held.enter_context(socket.socket(socket.AF_INET, kind))
                        bound.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first


def tone(hertz: int, seconds: float = 2.0, peak: int = 12_000, rate: int = RATE) -> bytes:
    """A WAV file of one tone."""
    times = np.arange(int(rate * seconds)) / rate
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes((peak * np.sin(2 * np.pi * hertz * times)).astype("<i2").tobytes())
    return file.getvalue()


def words(levels: dict[str, int]) -> frozenset[str]:
    """What the measured levels mean: the sources whose tones are loud, or speech."""
    found = frozenset(word for word, hertz in TONES.items() if levels[str(hertz)] > LOUD)
    return found or (frozenset({"say"}) if levels["all"] > AUDIBLE else found)


def tones_in(recording: bytes, part: tuple[float, float] = (0.25, 0.75)) -> frozenset[str]:
    """Whose tones are loud in a part of a WAV file, by default in its middle."""
    with wave.open(io.BytesIO(recording)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    middle = sound[int(len(sound) * part[0]) : int(len(sound) * part[1])]
    times = np.arange(len(middle)) / RATE
    found = set()
    for word, hertz in TONES.items():
        wave_of = np.exp(-2j * np.pi * hertz * times)
        if 2 * abs(np.dot(middle, wave_of)) / len(middle) > LOUD:
            found.add(word)
    return frozenset(found)


class Telephones:
    """The process of telephones."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.told: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        command = [sys.executable, str(PROGRAM), str(self.port)]
        self._process = await asyncio.create_subprocess_exec(*command, **pipes)
        self._reading = asyncio.create_task(self._read())
        await self.until(lambda told: told["event"] == "ready")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(WITHIN_S):
            await self._process.wait()
        await self._reading

    def kill(self) -> None:
        """Every telephone dies, and tells nobody."""
        self._process.kill()

    def do(self, order: str, **fields: Any) -> None:
        """Have a telephone do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": order, **fields}).encode() + b"\n")

    async def until(
        self, matches: Callable[[dict[str, Any]], bool], since: int = 0
    ) -> dict[str, Any]:
        """The first thing told, from a moment on, that matches."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                for told in self.told[since:]:
                    if matches(told):
                        return told
                self._news.clear()
                await self._news.wait()

    async def windows(self, name: str, count: int) -> dict[str, int]:
        """What a telephone hears in the last of so many quarters of a second from now on."""
        since = len(self.told)
        for _ in range(count):
            heard = await self.until(
                lambda told: told["event"] == "heard" and told["phone"] == name, since
            )
            since = self.told.index(heard, since) + 1
        found: dict[str, int] = heard["levels"]
        return found

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.told.append(json.loads(line))
            self._news.set()


class SipStage:
    """What the contract plays on."""

    sound_url = SOUND_URL

    def __init__(self, provider: SipProvider, telephones: Telephones, port: int) -> None:
        self.provider = provider
        self.telephones = telephones
        self.seen: list[Event] = []
        self._port = port
        self._news = asyncio.Event()

    def hear(self, event: Event) -> None:
        self.seen.append(event)
        self._news.set()

    def phone(self, name: str, **plan: Any) -> str:
        manner = MANNERS[plan.get("outcome", "answer")]
        return f"sip:{name}{manner}@127.0.0.1:{self.telephones.port}"

    async def call_in(self, name: str) -> str:
        uri = f"sip:+15550001111@127.0.0.1:{self._port}"
        self.telephones.do("dial", name=name, uri=uri)
        told = await self.until(LegIncoming)
        return told.leg

    async def hang_up(self, name: str) -> None:
        self.telephones.do("hang_up", name=name)

    async def press(self, name: str, digits: str) -> None:
        self.telephones.do("press", name=name, digits=digits)

    async def until(self, kind: type[E], **fields: Any) -> E:
        async with asyncio.timeout(WITHIN_S):
            while True:
                for event in self.seen:
                    if isinstance(event, kind) and all(
                        getattr(event, key) == value for key, value in fields.items()
                    ):
                        return event
                self._news.clear()
                await self._news.wait()

    async def elapse(self, seconds: float) -> None:
        passed = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(seconds, passed.set_result, None)
        await passed

    async def heard_by(self, name: str) -> frozenset[str]:
        # What was on its way is heard in the first two quarters of a second.
        return words(await self.telephones.windows(name, 3))

    async def in_recording(self, recording: str) -> frozenset[str]:
        return tones_in(await self.provider.fetch_recording(recording))

    def digits_at(self, name: str) -> str:
        told = self.telephones.told
        return "".join(t["digit"] for t in told if t["event"] == "digit" and t["phone"] == name)


async def fetch(url: str, known_etag: str) -> Download | None:
    """The one sound there is."""
    assert url == SOUND_URL
    return Download(tone(TONES["sound"]), "")


async def offload(function: Callable[[], T], /) -> T:
    return await asyncio.to_thread(function)


def music_path() -> Path:
    """Where the hold music lies; ours is a tone."""
    return Path(SOUNDS[0].name, "music.wav")


async def ready_sounds() -> Sounds:
    """Sounds that were made before, so that none has to be waited for."""
    if not SOUNDS:
        SOUNDS.append(tempfile.TemporaryDirectory(prefix="sounds-"))
        await offload(lambda: music_path().write_bytes(tone(TONES["music"])))
    sounds = Sounds(Path(SOUNDS[0].name), Espeak(), fetch, offload)
    await sounds.spoken("Good morning, please hold", "", "")
    await sounds.played(SOUND_URL)
    return sounds


@contextlib.asynccontextmanager
async def a_sip_stage(
    folder: Path, trunks: tuple[str, ...] = ("127.0.0.0/8",)
) -> AsyncIterator[SipStage]:
    """A telephone process of ours and one of the tests', on ports of their own."""
    port = free_ports(8)
    sounds = await ready_sounds()
    pace = Pace(REAL)
    rtp = free_ports(64)
    settings = PhoneSettings("127.0.0.1", port, (rtp, rtp + 63), trunks)
    routes = Routes(hosts=("127.0.0.1",))
    provider = SipProvider(settings, routes, sounds, folder / "recordings", pace, offload)
    async with Telephones(port + 4) as telephones:
        stage = SipStage(provider, telephones, port)
        await provider.start(stage.hear)
        try:
            yield stage
        finally:
            await provider.stop()
            await pace.stop()
