"""How many calls that are connected with each other the provider `sip` can carry, counted in packets.

Telephones are Debian's `sipp`, which sends back every RTP packet: so both sides of a call speak and
hear all the time. Our telephone process calls two of them for each call and connects them. What counts
is what the stack itself counted for each leg when it ended: frames sent, those it had to fill with
silence because ours came late, and packets received. A call without packets is no call.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.report import Mark, Plan, Watch, progress, table, title, usage
from pointsman.ambient import REAL
from pointsman.voice.addresses import Routes
from pointsman.voice.pace import Pace
from pointsman.voice.provider import Event, LegAnswered, LegEnded, ProviderDown
from pointsman.voice.sip.provider import SipProvider
from pointsman.voice.sip.settings import PhoneSettings
from pointsman.voice.sip.wires import Sounded
from pointsman.voice.sounds import Download, Sounds
from pointsman.voice.speech import Espeak

T = TypeVar("T")
MARK_CALLS, MARK_SILENT = 50, 0.001
MOST_LOST = 0.1
"""Of the packets that should have come back; sipp loses some when the machine is busy."""
CALLS_PER_S = 10
CALLS_OF_ONE = 10
"""So many calls one sipp takes, whose single socket for sound would lose packets of more."""
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Seen:
    """What a number of calls at a time showed."""

    calls: int
    seconds: float
    frames: int
    silent: int
    received: int
    engine_cores: float
    phones_cores: float
    others: float

    @property
    def silent_share(self) -> float:
        return self.silent / max(1, self.frames)

    @property
    def lost_share(self) -> float:
        return max(0.0, 1 - self.received / max(1, self.frames))


def main(plan: Plan) -> list[Mark]:
    """Print the table and the mark."""
    steps = plan.pick((10, 25, 50, 75, 100), (10, 25, 50, 75), (2,))
    seconds = plan.pick(30.0, 10.0, 1.0)
    title("Voice: calls connected by the provider sip, in packets")
    if shutil.which("sipp") is None:
        raise SystemExit("The suite voice needs Debian's sipp: apt-get install sip-tester")
    found = [asyncio.run(measure(plan.folder, calls, seconds)) for calls in steps]
    table(
        [
            "calls at a time",
            "frames sent",
            "of silence",
            "packets received",
            "engine cores",
            "calls a core",
            "sipp cores",
            "others",
        ],
        [_row(seen) for seen in found],
    )
    judged = next((seen for seen in found if seen.calls == MARK_CALLS), found[-1])
    told = f"{judged.calls} calls: frames of silence < {MARK_SILENT:.1%}, packets lost < {MOST_LOST:.0%}"
    measured = f"{judged.silent_share:.3%}, {judged.lost_share:.2%}"
    met = judged.silent_share < MARK_SILENT and judged.lost_share < MOST_LOST
    return [Mark(told, measured, met)]


def _row(seen: Seen) -> list[str]:
    return [
        f"{seen.calls}",
        f"{seen.frames:,}",
        f"{seen.silent:,} ({seen.silent_share:.3%})",
        f"{seen.received:,} (−{seen.lost_share:.2%})",
        f"{seen.engine_cores:.2f}",
        f"{seen.calls / max(0.01, seen.engine_cores):.0f}",
        f"{seen.phones_cores:.2f}",
        f"{seen.others:.2f}",
    ]


async def measure(folder: Path, calls: int, seconds: float) -> Seen:
    """Let so many calls talk for so long."""
    progress(f"{calls} calls for {seconds:.0f} s")
    ports = [free_port() for _ in range(-(-calls // CALLS_OF_ONE))]
    with contextlib.ExitStack() as running:
        phones = [running.enter_context(telephones(port)).pid for port in ports]
        async with an_exchange(folder) as exchange:
            for number in range(calls):
                port = ports[number // CALLS_OF_ONE]
                await exchange.connect(number, f"sip:phone@127.0.0.1:{port}")
                await exchange.passed(1 / CALLS_PER_S)
            engine = exchange.provider.pid
            assert engine is not None, "the telephone process runs"
            watch, before = Watch(engine, *phones), (_used(engine), _used(*phones))
            await exchange.passed(seconds)
            after, others = (_used(engine), _used(*phones)), watch.others()
            sounded = await exchange.end()
    cores = [(now - then) / seconds for then, now in zip(before, after, strict=True)]
    return Seen(
        calls,
        seconds,
        sum(one.frames for one in sounded),
        sum(one.silent for one in sounded),
        sum(one.received for one in sounded),
        cores[0],
        cores[1],
        others,
    )


def _used(*pids: int) -> float:
    return sum(usage(pid).seconds for pid in pids)


class Exchange:
    """Our provider, and what its legs told."""

    def __init__(self, provider: SipProvider) -> None:
        self.provider = provider
        self._legs: list[str] = []
        self._answered: set[str] = set()
        self._ended: set[str] = set()
        self._sounded: list[Sounded] = []
        self._news = asyncio.Event()
        provider.sounded = self._sounded.append

    def hear(self, event: Event) -> None:
        assert not isinstance(event, ProviderDown), "the telephone process died"
        if isinstance(event, LegAnswered):
            self._answered.add(event.leg)
        elif isinstance(event, LegEnded):
            self._ended.add(event.leg)
        self._news.set()

    async def connect(self, number: int, uri: str) -> None:
        """Call two telephones and let them hear each other."""
        bridge, legs = f"BR{number}", [f"CA{number}a", f"CA{number}b"]
        self._legs += legs
        await self.provider.create_bridge(bridge)
        for leg in legs:
            await self.provider.originate(leg, uri, "+15550001111", timeout_s=10, headers={})
        await self._until(lambda: set(legs) <= self._answered | self._ended)
        assert self._answered.issuperset(legs), f"{uri} did not answer: {self._ended}"
        for leg in legs:
            assert await self.provider.add(bridge, leg), "it was answered"

    async def end(self) -> list[Sounded]:
        """Hang up; how the sound of each leg went."""
        assert not self._ended, f"{len(self._ended)} legs ended by themselves"
        for leg in self._legs:
            await self.provider.hangup(leg)
        await self._until(lambda: self._ended == set(self._legs))
        assert len(self._sounded) == len(self._legs), "every leg tells how its sound went"
        return self._sounded

    async def passed(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _until(self, right: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not right():
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def an_exchange(folder: Path) -> AsyncIterator[Exchange]:
    """The provider with its process, on ports of its own."""
    pace = Pace(REAL)
    first = free_port(512)
    settings = PhoneSettings("127.0.0.1", free_port(), (first, first + 511), ())
    sounds = Sounds(folder / "sounds", Espeak(), _nothing, _offload)
    routes = Routes(hosts=("127.0.0.1",))
    provider = SipProvider(settings, routes, sounds, folder / "recordings", pace, _offload)
    exchange = Exchange(provider)
    await provider.start(exchange.hear)
    try:
        yield exchange
    finally:
        await provider.stop()
        await pace.stop()


@contextlib.contextmanager
def telephones(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Telephones behind one address, which pick up at once and send back what they hear."""
    options = ["-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port(4))]
    command = ["sipp", "-sn", "uas", "-rtp_echo", "-nostdin", "-nd", *options]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **quiet)
    try:
        _wait_for(process, port)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it listens: a call that comes earlier is refused by the machine."""
    ends_at = time.monotonic() + PATIENCE_S
    while f"0100007F:{port:04X} " not in Path("/proc/net/udp").read_text():
        if process.poll() is not None or time.monotonic() > ends_at:
            raise RuntimeError(f"sipp does not listen on UDP port {port}")
        time.sleep(0.01)


def free_port(count: int = 2) -> int:
    """The first of so many ports of loopback that nobody uses."""
    while True:
        first = random.randrange(10_000, 31_000, 2)
        with contextlib.ExitStack() as held:
            try:
                for port in range(first, first + count):
                    bound = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    bound.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first


async def _nothing(url: str, known_etag: str) -> Download | None:
    raise AssertionError("nothing is fetched here")


async def _offload(function: Callable[[], T], /) -> T:
    return await asyncio.to_thread(function)
