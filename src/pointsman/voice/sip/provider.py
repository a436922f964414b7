"""The provider `sip`: the port of voice, carried out by the telephone process.

It keeps what it needs to tell every end when that process ends by itself: then all legs are over, and a
new process is started, later each time in a row. Sounds are made or fetched before the process is told
of them, beside everything else. Nothing is known here of calls and tasks.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from pointsman.voice.addresses import Routes, address_of, caller_of
from pointsman.voice.pace import Pace, Timer
from pointsman.voice.provider import (
    BridgeJoined,
    BridgeLeft,
    Builtin,
    Cause,
    Digit,
    Event,
    EventSink,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegRinging,
    Media,
    ProviderDown,
    ProviderGone,
    ProviderUp,
    RecordingEnded,
    SipAuth,
)
from pointsman.voice.sip import wires
from pointsman.voice.sip.playbacks import Playbacks
from pointsman.voice.sip.process import Gone, TelephoneProcess
from pointsman.voice.sip.settings import PhoneSettings
from pointsman.voice.sounds import Offload, Sounds

__all__ = ["SipProvider"]

log = logging.getLogger(__name__)

_ALWAYS = (
    "bridge bridge_digits coach digits hold_music play record record_dual say sip sip_auth trim"
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
SILENT_FRAMES = 100
"""A leg that ended sooner may well have had no time to say anything."""
FIRST_RETRY_MS, LONGEST_RETRY_MS = 1_000, 30_000


class _Leg(Struct):
    is_answered: bool = False
    is_holding: bool = False
    """The phone put the other side on hold."""
    bridge: str | None = None


class SipProvider:
    """One telephone process after the other."""

    name = "sip"

    def __init__(
        self,
        settings: PhoneSettings,
        routes: Routes,
        sounds: Sounds,
        recordings: Path,
        pace: Pace,
        offload: Offload,
    ) -> None:
        recordings.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self._routes = routes
        self._recordings = recordings
        self._pace = pace
        self._offload = offload
        self._tell: EventSink = lambda event: None
        self._legs: dict[str, _Leg] = {}
        self._bridges: set[str] = set()
        self._recording: set[str] = set()
        self._playbacks = Playbacks(sounds, pace, self._order_play, self._pass_on)
        self._music: dict[str, int] = {}
        self._sounds = sounds
        self._process: TelephoneProcess | None = None
        self._retry: Timer | None = None
        self._failures = 0
        self._stopping = False
        self.sounded: Callable[[wires.Sounded], None] = self._judge
        """Told how the sound of a leg went, when it ended."""

    @property
    def capabilities(self) -> frozenset[str]:
        client = ["client"] if self._routes.client_uri else []
        return frozenset([*_ALWAYS.split(), *client])

    @property
    def pid(self) -> int | None:
        """The number of the telephone process."""
        return self._process.pid if self._process is not None else None

    async def start(self, sink: EventSink) -> frozenset[str]:
        """Start the telephone process; no leg outlives one."""
        self._tell = sink
        refused = await self._begin()
        if refused:
            await self.stop()
            raise ProviderGone(f"The telephone process cannot listen: {refused}")
        return frozenset()

    async def stop(self) -> None:
        self._stopping = True
        self._playbacks.forget()
        if self._retry is not None:
            self._retry.cancel()
        if self._process is not None:
            await self._process.stop()

    # --- legs ----------------------------------------------------------------------------------

    async def answer(self, leg: str) -> None:
        await self._order(wires.Answer, leg)

    async def reject(self, leg: str, *, busy: bool) -> None:
        cause = Cause.BUSY if busy else Cause.FAILED
        if leg in self._legs and not self._legs[leg].is_answered:
            await self._order(wires.Hangup, leg, cause.value)

    async def hangup(self, leg: str) -> None:
        await self._order(wires.Hangup, leg, "")

    async def originate(
        self,
        leg: str,
        to: str,
        from_: str,
        *,
        timeout_s: int,
        headers: Mapping[str, str],
        auth: SipAuth | None = None,
    ) -> None:
        uri = self._routes.uri(to)
        if uri is None:
            self._tell(LegEnded(leg, Cause.FAILED, reason=f"There is no route to {to}"))
            return
        self._legs[leg] = _Leg()
        known = (auth.username, auth.password) if auth is not None else ("", "")
        await self._order(
            wires.Dial, leg, uri, caller_of(from_), float(timeout_s), dict(headers), *known
        )

    async def send_digits(self, leg: str, digits: str) -> None:
        await self._order(wires.SendDigits, leg, digits)

    # --- playing -------------------------------------------------------------------------------

    async def play(
        self, playback: str, target: str, media: Sequence[Media], *, loop: int = 1
    ) -> None:
        if target in self._legs or target in self._bridges:
            before = self._playbacks.at(target)
            if before is not None:
                await self.stop_playing(before)
            self._playbacks.begin(playback, target, media, loop)

    async def stop_playing(self, playback: str) -> None:
        if not self._playbacks.abandon(playback):
            await self._order(wires.Stop, playback)

    async def hold_music(self, leg: str, *, on: bool, media: Sequence[Media] = ()) -> None:
        if leg not in self._legs:
            return
        turn = self._music[leg] = self._music.get(leg, 0) + 1
        if on:
            self._pace.spawn(self._begin_music(leg, turn, media or [Builtin("music")]))
        else:
            await self._order(wires.HoldMusic, leg, [])

    async def _begin_music(self, leg: str, turn: int, media: Sequence[Media]) -> None:
        paths, error = await self._playbacks.paths(media)
        if error:
            log.warning("hold music cannot be played: %s", error)
            paths = [str(await self._sounds.music())]
        if self._music.get(leg) == turn:  # it was not turned off or changed meanwhile
            with contextlib.suppress(ProviderGone):
                await self._order(wires.HoldMusic, leg, paths)

    async def _while_held(self, leg: str) -> None:
        """Give music to whoever is on hold, or take it away, as the leg is by now."""
        music = str(await self._sounds.music())
        if leg in self._legs:
            with contextlib.suppress(ProviderGone):
                paths = [music] if self._legs[leg].is_holding else []
                await self._order(wires.WhileHeld, leg, paths)

    async def _order_play(self, playback: str, target: str, paths: list[str], loop: int) -> str:
        try:
            return await self._order(wires.Play, playback, target, paths, loop)
        except ProviderGone:
            return "The telephone process ended"

    # --- bridges -------------------------------------------------------------------------------

    async def create_bridge(self, bridge: str) -> None:
        self._bridges.add(bridge)
        await self._order(wires.Connect, bridge)

    async def add(
        self, bridge: str, leg: str, *, muted: bool = False, coach: str | None = None
    ) -> bool:
        self._music[leg] = self._music.get(leg, 0) + 1
        return not await self._order(wires.Add, bridge, leg, muted, coach)

    async def remove(self, bridge: str, leg: str) -> None:
        await self._order(wires.Remove, bridge, leg)

    async def destroy(self, bridge: str) -> None:
        self._bridges.discard(bridge)
        await self._order(wires.Destroy, bridge)

    async def mute(self, leg: str, *, on: bool) -> None:
        await self._order(wires.Mute, leg, on)

    async def coach(self, leg: str, whom: str | None) -> None:
        await self._order(wires.Coach, leg, whom)

    # --- recording -----------------------------------------------------------------------------

    async def record(
        self,
        recording: str,
        target: str,
        *,
        max_s: int = 0,
        silence_s: int = 0,
        beep: bool = False,
        finish_on: str = "",
        dual: bool = False,
        trim: bool = False,
    ) -> None:
        assert _NAME.fullmatch(recording), "the name of a recording is a SID"
        if target not in self._legs and target not in self._bridges:
            return
        how = (max_s, silence_s, finish_on, beep, dual and target in self._bridges, trim, False)
        await self._record(recording, target, *how)

    async def record_call(
        self, recording: str, leg: str, *, dual: bool = False, trim: bool = False
    ) -> None:
        if leg in self._legs:
            await self._record(recording, leg, 0, 0, "", False, dual, trim, True)

    async def _record(self, recording: str, *order: Any) -> None:
        self._recording.add(recording)
        refused = await self._order(wires.Record, recording, *order)
        if refused and recording in self._recording:
            self._recording.discard(recording)
            self._tell(RecordingEnded(recording, 0, error=refused))

    async def stop_recording(self, recording: str) -> None:
        if recording in self._recording:
            await self._order(wires.Stop, recording)

    async def fetch_recording(self, recording: str) -> bytes:
        path = self._path(recording)
        return b"" if path is None else await self._offload(lambda: _content(path))

    async def delete_recording(self, recording: str) -> None:
        path = self._path(recording)
        if path is not None:
            await self._offload(lambda: path.unlink(missing_ok=True))

    def _path(self, recording: str) -> Path | None:
        return self._recordings / f"{recording}.wav" if _NAME.fullmatch(recording) else None

    # --- the process ---------------------------------------------------------------------------

    async def _begin(self) -> str:
        """Start a process and have it listen; why it cannot, or nothing."""
        process = self._process = TelephoneProcess(self._hear, lambda: self._gone(process))
        await process.start()
        try:
            return await process.order(wires.Begin, self._settings, str(self._recordings))
        except Gone:
            return "the telephone process ended at once; its words are in the log"

    async def _order(self, kind: type[wires.Order], *fields: object) -> str:
        if self._process is None:
            raise ProviderGone("The telephone process is not running")
        try:
            return await self._process.order(kind, *fields)
        except Gone as problem:
            raise ProviderGone("The telephone process ended") from problem

    def _gone(self, process: TelephoneProcess) -> None:
        """The process ended by itself: tell every end, and begin anew."""
        if self._stopping or self._process is not process:
            return
        self._process = None
        self._playbacks.end_all("The telephone process ended")
        for recording in sorted(self._recording):
            self._tell(RecordingEnded(recording, 0, error="The telephone process ended"))
        self._recording.clear()
        for leg, known in list(self._legs.items()):
            if known.bridge is not None:
                self._tell(BridgeLeft(known.bridge, leg))
            cause = Cause.COMPLETED if known.is_answered else Cause.FAILED
            self._end(LegEnded(leg, cause, reason="The telephone process ended"))
        self._bridges.clear()
        self._tell(ProviderDown("The telephone process ended"))
        self._try_later()

    def _try_later(self) -> None:
        wait_ms = min(FIRST_RETRY_MS << min(self._failures, 5), LONGEST_RETRY_MS)
        self._failures += 1
        self._retry = self._pace.after(wait_ms, lambda: void(self._pace.spawn(self._again())))

    async def _again(self) -> None:
        refused = await self._begin()
        if not refused:
            self._failures = 0
            self._tell(ProviderUp())
        elif self._process is not None:
            log.warning("the telephone process cannot listen: %s", refused)
            process, self._process = self._process, None
            await process.stop()
            self._try_later()

    # --- what it tells -------------------------------------------------------------------------

    def _hear(self, message: wires.Message) -> None:
        match message:
            case wires.Incoming():
                self._legs[message.leg] = _Leg()
                caller, called = address_of(message.from_), address_of(message.to)
                headers = {
                    "X-Sip-Call-Id": message.sip_call_id,
                    "X-Sip-From-Address": message.address,
                }
                self._tell(LegIncoming(message.leg, caller, called, headers))
            case wires.Ringing():
                self._tell(LegRinging(message.leg))
            case wires.Answered():
                self._legs[message.leg].is_answered = True
                self._tell(LegAnswered(message.leg))
            case wires.Pressed():
                self._tell(Digit(message.leg, message.digit))
            case wires.Held():
                self._legs[message.leg].is_holding = message.on
                self._pace.spawn(self._while_held(message.leg))
            case wires.Closed():
                self._playbacks.end_at(message.leg)
                code = int(message.told[:3]) if message.told[:3].isdigit() else 0
                self._end(LegEnded(message.leg, Cause(message.cause), code, message.told))
            case wires.Sounded():
                self.sounded(message)
            case wires.Played():
                self._playbacks.ended(message.playback)
            case wires.Recorded():
                self._recording.discard(message.name)
                length_ms = round(message.duration_s * 1000)
                self._tell(RecordingEnded(message.name, length_ms, message.digit))
            case wires.Joined():
                self._legs[message.leg].bridge = message.bridge
                self._tell(BridgeJoined(message.bridge, message.leg))
            case wires.Left():
                self._legs[message.leg].bridge = None
                self._tell(BridgeLeft(message.bridge, message.leg))

    def _judge(self, sounded: wires.Sounded) -> None:
        """A leg without any sound is connected in name only: most likely its packets lost their way."""
        if sounded.received == 0 and sounded.frames > SILENT_FRAMES:
            log.warning("no sound ever came from the leg %s", sounded.leg)

    def _pass_on(self, event: Event) -> None:
        self._tell(event)

    def _end(self, event: LegEnded) -> None:
        self._legs.pop(event.leg, None)
        self._music.pop(event.leg, None)
        self._tell(event)


def void(_: object) -> None:
    """For a call whose answer nobody needs."""


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
