"""All live calls, and what can be done to one: place, answer, play, redirect, end.

The only caller of the provider, with its `bridges` and its `recorder`. It hears the provider's events,
moves the records, remembers them, and tells whoever watches a line. What an application or a worker
wants is not known here; queues and conferences are `parking`'s and `rooms`'.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Protocol

from msgspec.json import encode
from msgspec.structs import replace

from pointsman.ambient import Ambient
from pointsman.store import VoiceNote
from pointsman.voice.bridges import Bridges
from pointsman.voice.calls import ENDED, Call, CallStatus, Direction, Source, StatusCallback, moved
from pointsman.voice.lines import Line, Moved
from pointsman.voice.numbers import Number, compared
from pointsman.voice.pace import Mailbox, Pace
from pointsman.voice.provider import (
    Digit,
    Event,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegRinging,
    Media,
    PlaybackEnded,
    ProviderDown,
    ProviderGone,
    ProviderUp,
    RecordingEnded,
    SipAuth,
    VoiceProvider,
)
from pointsman.voice.recorder import Recorder
from pointsman.voice.recordings import Recording
from pointsman.voice.tolls import Tolls

__all__ = ["Exchange", "Tidings"]

log = logging.getLogger(__name__)
LONGEST_ANNOUNCEMENT_MS = 3_600_000
UNHEARD_MS = 1_000
"""So long what cannot be played takes all the same: documents that lead to each other must not race."""

Remember = Callable[[VoiceNote], None]


class Tidings(Protocol):
    """Whoever tells applications of calls and recordings."""

    def leg(self, line: Line, event: str) -> None: ...

    def recording(self, recording: Recording, callback: StatusCallback) -> None: ...

    def finished(self, recording: Recording) -> None: ...


class Exchange:
    """The live calls of one server."""

    def __init__(
        self, provider: VoiceProvider, pace: Pace, ambient: Ambient, remember: Remember
    ) -> None:
        self.provider = provider
        self.pace = pace
        self.ambient = ambient
        self.is_up = False
        self.lines: dict[str, Line] = {}
        self.numbers: dict[str, Number] = {}
        """By the number dialled, as `compared`."""
        self.tidings: Tidings | None = None
        self.incoming: Callable[[Line, Number], None] | None = None
        """Runs the TwiML of a number on a call that came in."""
        self.run: Callable[[Line, Source], Coroutine[Any, Any, None]] | None = None
        """Runs TwiML on a line until it is done."""
        self.left: list[Callable[[Line], None]] = []
        """Told of every line that ended, before its watchers are."""
        self.moving: list[Callable[[Line], Coroutine[Any, Any, None]]] = []
        """Waited for before a call goes elsewhere, so that it is nowhere else any more."""
        self.fell: list[Callable[[str], None]] = []
        self.tolls: Tolls | None = None
        self.awaited: Callable[[frozenset[str]], None] | None = None
        """Told of the legs that live, when the provider was not there at the start; says when it is up."""
        self._by_leg: dict[str, Line] = {}
        self._announced: dict[str, Mailbox[PlaybackEnded]] = {}
        self._remember = remember
        self.bridges = Bridges(self)
        self.recorder = Recorder(self)

    @property
    def now(self) -> int:
        return self.pace.now

    def remember(self, kind: str, sid: str, record: Any) -> None:
        """Keep a record as it is now, also for after a restart."""
        if self.pace.is_stopped:
            return  # what ends with this process is as it was for the next one
        body = encode(record).decode()
        self._remember(VoiceNote(sid, kind, record.account_sid, record.is_live, body))

    def forget(self, kind: str, sid: str, record: Any) -> None:
        """Keep a record no longer."""
        self._remember(VoiceNote(sid, kind, record.account_sid, False, ""))

    # --- calls -------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> None:
        self.pace.spawn(work, name)

    def call_of(self, leg: str) -> str | None:
        """The SID of the live call on a leg."""
        line = self._by_leg.get(leg)
        return None if line is None else line.sid

    async def place(
        self,
        *,
        account_sid: str,
        to: str,
        from_: str,
        direction: Direction = Direction.OUTBOUND_API,
        timeout_s: int = 60,
        headers: dict[str, str] | None = None,
        auth: SipAuth | None = None,
        **fields: Any,
    ) -> Line:
        """Call a phone; what comes of it is told by `Moved`. Raises `ProviderGone`, `TooManyCalls`."""
        if self.tolls is not None:
            self.tolls.count(account_sid)
        if "sip_auth" not in self.provider.capabilities:
            auth = None  # whoever asked for it was warned
        now, sid = self.now, self.ambient.new_sid("CA")
        call = Call(
            sid=sid,
            account_sid=account_sid,
            from_=from_,
            to=to,
            direction=direction,
            status=CallStatus.QUEUED,
            date_created=now,
            date_updated=now,
            leg=sid,
            timeout_s=timeout_s,
            **fields,
        )
        line = self._take_up(call)
        self._move(line, CallStatus.INITIATED)
        try:
            await self.provider.originate(
                sid, to, from_, timeout_s=timeout_s, headers=headers or {}, auth=auth
            )
        except ProviderGone as gone:
            self._move(line, CallStatus.FAILED, reason=str(gone))
            raise
        return line

    def _take_up(self, call: Call) -> Line:
        line = self.adopt(call)
        self.remember("call", call.sid, call)
        return line

    def adopt(self, call: Call) -> Line:
        """A call of before a restart, as it was remembered."""
        line = Line(call, self.pace)
        self.lines[call.sid] = self._by_leg[call.leg] = line
        return line

    def update(self, line: Line, **changes: Any) -> None:
        """Keep something about a live call; nothing is kept of one that has ended."""
        if line.call.is_live:
            line.call = replace(line.call, **changes)
            self.remember("call", line.sid, line.call)

    def lose(self, line: Line, reason: str) -> None:
        """The call is over, as is known without the provider."""
        self._move(line, CallStatus.COMPLETED, reason=reason)

    async def answer(self, line: Line) -> bool:
        """Pick up an incoming call; false when the caller was faster."""
        if line.call.status is CallStatus.RINGING and line.call.direction is Direction.INBOUND:
            await self.attempt(self.provider.answer(line.call.leg))
            while not line.is_up and line.call.is_live:
                await line.control.next()
        return line.is_up

    async def hang_up(self, line: Line) -> None:
        """End a call, in whatever state."""
        if line.call.is_live:
            await self.attempt(self.provider.hangup(line.call.leg))

    async def dismiss(self, line: Line) -> None:
        """End a call that was made for somebody, unless it runs a document of its own by now."""
        if line.leaving != "redirected":
            await self.hang_up(line)

    async def redirect(self, line: Line, source: Source) -> None:
        """Run other TwiML on a live call from now on."""
        await self.stop_script(line, "redirected")
        if line.call.is_live:
            self.update(line, source=source, date_updated=self.now)
            self.start_script(line, source)

    def start_script(self, line: Line, source: Source) -> None:
        assert self.run is not None, "nobody runs TwiML"
        self.occupy(line, self.run(line, source))

    def occupy(self, line: Line, work: Coroutine[Any, Any, None]) -> None:
        """From now on this is what happens on the line, until it is stopped."""
        line.renew(self.pace)
        script = line.script = self.pace.spawn(work, f"script of {line.sid}")
        script.add_done_callback(partial(self._check, line))

    def _check(self, line: Line, script: asyncio.Task[None]) -> None:
        """A call whose script crashed has nobody any more; it is ended."""
        if not script.cancelled() and script.exception() is not None:
            self.spawn(self.hang_up(line))

    async def stop_script(self, line: Line, why: str) -> None:
        """Whatever runs on the line ends, and what is played to it."""
        script, line.script = line.script, None
        line.leaving = why
        if script is not None:
            script.cancel()
        for told in self.moving:
            await told(line)
        await self.bridges.part(line)
        await self.quiet(line)
        await self.attempt(self.provider.hold_music(line.call.leg, on=False))

    # --- playing -----------------------------------------------------------------------------------

    async def play(self, line: Line, media: Sequence[Media], loop: int = 1) -> str:
        """Play to a call; the name of the playback, whose end is told to the line's media."""
        playback = line.playback = self.ambient.new_sid("PB")
        try:
            await self.provider.play(playback, line.call.leg, media, loop=loop)
        except ProviderGone as gone:
            ended = PlaybackEnded(playback, str(gone))
            self.pace.after(UNHEARD_MS, lambda: self._playback_ended(ended))
        return playback

    async def announce(self, target: str, media: Sequence[Media]) -> str:
        """Play to a leg or a bridge whatever its owner does; why it could not be heard, once it is over."""
        playback = self.ambient.new_sid("PB")
        box = self._announced[playback] = Mailbox[PlaybackEnded](self.pace)
        try:
            await self.provider.play(playback, target, media)
            ended = await box.next(self.now + LONGEST_ANNOUNCEMENT_MS)
        except ProviderGone as gone:
            return str(gone)
        finally:
            del self._announced[playback]
        return "" if ended is None else ended.error

    async def quiet(self, line: Line) -> None:
        """End what is played to a call."""
        playback, line.playback = line.playback, ""
        if playback:
            await self.attempt(self.provider.stop_playing(playback))

    async def music(self, line: Line, *, on: bool, media: Sequence[Media] = ()) -> None:
        await self.attempt(self.provider.hold_music(line.call.leg, on=on, media=media))

    # --- what is heard -----------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take what the provider tells."""
        match event:
            case LegIncoming():
                self._take_in(event)
            case LegRinging(leg):
                self._move_leg(leg, CallStatus.RINGING)
            case LegAnswered(leg):
                self._move_leg(leg, CallStatus.IN_PROGRESS)
            case LegEnded(leg, cause, code, reason):
                self._move_leg(leg, CallStatus(cause.value), code, reason)
            case Digit(leg):
                if leg in self._by_leg:
                    self._by_leg[leg].media.put(event)
            case PlaybackEnded():
                self._playback_ended(event)
            case RecordingEnded():
                self.recorder.ended(event)
            case ProviderUp(legs):
                self._come_up(legs)
            case ProviderDown(reason):
                self.is_up = False
                log.warning("The voice provider %s is down: %s", self.provider.name, reason)
                for told in self.fell:
                    told(reason)

    def _come_up(self, legs: frozenset[str]) -> None:
        log.warning("The voice provider %s is back", self.provider.name)
        awaited, self.awaited = self.awaited, None
        if awaited is not None:
            awaited(legs)
            return
        self.is_up = True
        for leg in [leg for leg in self._by_leg if leg not in legs]:
            self._move_leg(leg, CallStatus.COMPLETED, reason="lost while the provider was away")

    def _take_in(self, event: LegIncoming) -> None:
        """A number that is ours runs its TwiML; any other is turned away."""
        if event.leg in self._by_leg:
            return
        number = self.numbers.get(compared(event.to))
        if number is None or self.incoming is None:
            self.spawn(self._turn_away(event.leg))
            return
        now = self.now
        call = Call(
            sid=self.ambient.new_sid("CA"),
            account_sid=number.account_sid,
            from_=event.from_,
            to=event.to,
            direction=Direction.INBOUND,
            status=CallStatus.RINGING,
            date_created=now,
            date_updated=now,
            leg=event.leg,
            number_sid=number.sid,
            source=number.source,
            callback=number.callback,
        )
        self.incoming(self._take_up(call), number)

    async def _turn_away(self, leg: str) -> None:
        await self.attempt(self.provider.reject(leg, busy=False))

    def _move_leg(self, leg: str, status: CallStatus, code: int = 0, reason: str = "") -> None:
        line = self._by_leg.get(leg)
        if line is not None:
            self._move(line, status, code, reason)

    def _move(self, line: Line, status: CallStatus, code: int = 0, reason: str = "") -> None:
        """What is told twice or too late changes nothing."""
        call = moved(line.call, status, self.now, code, reason)
        if call is None:
            return
        line.call = call
        self.remember("call", call.sid, call)
        if self.tidings is not None and (status in _TOLD or status in ENDED):
            self.tidings.leg(line, _TOLD.get(status, "completed"))
        if status in ENDED:
            self._let_go(line)
        for box in line.watchers:
            box.put(Moved(call.sid, status))

    def _let_go(self, line: Line) -> None:
        del self.lines[line.sid], self._by_leg[line.call.leg]
        self.bridges.lose(line)
        if line.limit is not None:
            line.limit.cancel()
        script, line.script = line.script, None
        if script is not None:
            line.leaving = "hangup"
            script.cancel()
        for told in self.left:
            told(line)

    def _playback_ended(self, event: PlaybackEnded) -> None:
        if event.playback in self._announced:
            self._announced[event.playback].put(event)
        for line in self.lines.values():
            if line.playback == event.playback:
                line.playback = ""
                line.media.put(event)

    async def attempt(self, command: Coroutine[Any, Any, None]) -> None:
        """A command that may find the engine gone: the end of its legs is told all the same."""
        with contextlib.suppress(ProviderGone):
            await command


_TOLD = {
    CallStatus.INITIATED: "initiated",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "answered",
}
