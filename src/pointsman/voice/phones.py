"""The simulated world: phones with plans, who hears what, and everything that happens by itself.

The rule of hearing is the port's (`provider`), as one pure function in `hearing`. What our side asks
for is `simulator`'s; nothing of that is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from pointsman.ambient import REAL, Ambient
from pointsman.voice.hearing import (
    Hearing,
    Leg,
    Playing,
    Recorded,
    Room,
    heard_now,
    source_of,
    voice_of,
)
from pointsman.voice.pace import Pace
from pointsman.voice.provider import (
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
    PlaybackEnded,
    ProviderDown,
    ProviderGone,
    ProviderUp,
    RecordingEnded,
    Sound,
    Speech,
)

__all__ = ["Plan", "World"]

MS_PER_CHARACTER = 60
SOUND_MS = 2_000
BUILTIN_MS = {"beep": 200, "ring": 4_000, "music": 30_000}
ENDS = {
    "busy": (Cause.BUSY, 486, "Busy Here"),
    "declined": (Cause.BUSY, 603, "Decline"),
    "no-answer": (Cause.NO_ANSWER, 480, "No answer"),
    "failed": (Cause.FAILED, 404, "Not Found"),
}


class Plan(Struct, frozen=True):
    """What a phone does. It rings after `rings_after_ms`, and then, if `outcome` is `answer`, is
    picked up after `answers_after_ms`; other outcomes are told at that moment instead, `no-answer`
    and `never` when the caller's patience ends.
    """

    outcome: str = "answer"
    """answer, busy, declined, failed, no-answer, or never (it does not even ring)."""
    rings_after_ms: int = 0
    answers_after_ms: int = 1_000
    hangs_up_after_ms: int | None = None
    """After the answer."""
    digits: tuple[tuple[int, str], ...] = ()
    """Keys, each so many ms after the answer."""
    times: int | None = None
    """So many calls follow this plan, then the next one that was set for the address does."""


class World:
    """`call`, `press`, `hang_up`, `fall` and `rise` are what happens outside of us."""

    def __init__(self, pace: Pace, ambient: Ambient = REAL) -> None:
        self._pace = pace
        self._ambient = ambient
        self._sink: EventSink | None = None
        self._plans: dict[str, list[Plan]] = {}
        self.legs: dict[str, Leg] = {}
        """Every leg there ever was, by name."""
        self.rooms: dict[str, Room] = {}
        self.sound_ms: dict[str, int] = {}
        """How long the sound behind a URL is; 0: it cannot be fetched."""
        self.down = False
        self._playing: dict[str, Playing] = {}
        self._recordings: dict[str, Recorded] = {}

    # --- the world ---------------------------------------------------------------------------------

    def plan(self, address: str, *plans: Plan) -> None:
        """Say what the phone behind the address does from now on."""
        self._plans[address] = list(plans)

    def call(self, from_: str, to: str, plan: Plan | None = None) -> str:
        """A phone calls in; its plan's hang-up and digits count from our answer."""
        leg = Leg(self._ambient.new_sid("SL"), from_, to, plan or Plan(), incoming=True)
        self.legs[leg.name] = leg
        self._tell(LegIncoming(leg.name, from_, to))
        return leg.name

    def press(self, leg: str, digits: str) -> None:
        """The phone sends keys."""
        for digit in digits:
            if self.legs[leg].is_up:
                self._tell(Digit(leg, digit))
                for recording in list(self._recordings.values()):
                    if recording.target == leg and digit in recording.finish_on:
                        self._end_recording(recording, digit)

    def hang_up(self, leg: str) -> None:
        """The phone hangs up, or gives up when nobody answered it yet."""
        found = self.legs[leg]
        self._end(found, Cause.COMPLETED if found.answered else Cause.CANCELED, 16, "hangup")

    def fall(self, reason: str = "switched off") -> None:
        """The engine dies, and every leg with it."""
        for leg in list(self.legs.values()):
            self._end(leg, Cause.COMPLETED if leg.answered else Cause.FAILED, 503, reason)
        self.down = True
        self._tell(ProviderDown(reason))

    def rise(self) -> None:
        """It is back."""
        self.down = False
        self._tell(ProviderUp())

    def hears(self, leg: str) -> frozenset[str]:
        """What the phone hears at this moment: `voice:<leg>`, `say:…`, `play:…`, `music…`, `beep`."""
        found = self.legs[leg]
        return found.heard[-1].sources if found.heard else frozenset()

    def heard(self, leg: str) -> tuple[Hearing, ...]:
        """What it heard since it was answered, by time."""
        return tuple(self.legs[leg].heard)

    def recorded(self, recording: str) -> frozenset[str]:
        """The sources that are in a recording."""
        return frozenset(self._recordings[recording].sources)

    def _take_plan(self, address: str) -> Plan:
        plans = self._plans.get(address, [])
        if not plans:
            return Plan()
        plan = plans[0]
        if plan.times is not None:
            left = replace(plan, times=plan.times - 1)
            self._plans[address] = plans[1:] if left.times == 0 else [left, *plans[1:]]
        return plan

    def _play_on(self, playing: Playing) -> None:
        """The next piece, or the end."""
        if self._playing.get(playing.playback) is not playing:
            return
        if not playing.media or (playing.loop and playing.round >= playing.loop):
            self._stop_playing(playing)
            return
        media = playing.media[playing.position]
        length = self._length_ms(media)
        if length == 0 and isinstance(media, Sound):
            self._stop_playing(playing, f"{media.url} cannot be fetched")
            return
        playing.position = (playing.position + 1) % len(playing.media)
        playing.round += playing.position == 0
        playing.source = source_of(media)
        self._listen()
        self._pace.after(max(1, length), partial(self._play_on, playing))

    def _stop_playing(self, playing: Playing, error: str = "") -> None:
        del self._playing[playing.playback]
        self._listen()
        self._tell(PlaybackEnded(playing.playback, error))

    def _length_ms(self, media: Media) -> int:
        match media:
            case Speech(text):
                return max(1, len(text)) * MS_PER_CHARACTER
            case Sound(url):
                return self.sound_ms.get(url, SOUND_MS)
            case Builtin(name, length_ms):
                return length_ms or BUILTIN_MS.get(name, SOUND_MS)

    def _end_recording(self, made: Recorded, digit: str = "") -> None:
        if made.length_ms is None:
            made.length_ms = self._pace.now - made.since
            self._tell(RecordingEnded(made.recording, made.length_ms, digit))

    # --- what happens ------------------------------------------------------------------------------

    def _later(self, leg: Leg, span_ms: int, act: Callable[[], None]) -> None:
        leg.timers.append(self._pace.after(span_ms, act))

    def _ring(self, leg: Leg) -> None:
        if not leg.answered and not leg.ended:
            leg.ringing = True
            self._tell(LegRinging(leg.name))

    def _answered(self, leg: Leg) -> None:
        if leg.answered or leg.ended:
            return
        leg.answered = True
        self._tell(LegAnswered(leg.name))
        self._listen()
        for after_ms, digits in leg.plan.digits:
            self._later(leg, after_ms, partial(self.press, leg.name, digits))
        if leg.plan.hangs_up_after_ms is not None:
            self._later(leg, leg.plan.hangs_up_after_ms, partial(self.hang_up, leg.name))

    def _give_up(self, leg: Leg) -> None:
        if not leg.answered:
            cause, code, reason = ENDS["no-answer" if leg.ringing else "failed"]
            self._end(leg, cause, code, reason)

    def _end(self, leg: Leg, cause: Cause, code: int, reason: str) -> None:
        if leg.ended:
            return
        self._end_at(leg.name)
        if leg.room is not None:
            self._take_out(leg)
        leg.ended = True
        for timer in leg.timers:
            timer.cancel()
        self._listen()
        self._tell(LegEnded(leg.name, cause, code, reason))

    def _end_at(self, target: str) -> None:
        """What plays or records there ends."""
        for playing in [one for one in self._playing.values() if one.target == target]:
            self._stop_playing(playing)
        for made in self._recordings.values():
            if made.target == target:
                self._end_recording(made)

    def _take_out(self, leg: Leg) -> None:
        room, leg.room = leg.room, None
        leg.muted, leg.coaches = False, None
        assert room is not None, "only a member is taken out"
        room.members.remove(leg)
        self._listen()
        self._tell(BridgeLeft(room.name, leg.name))

    def _listen(self) -> None:
        """Note who hears what from now on."""
        played = {one.target: one.source for one in self._playing.values() if one.source}
        for leg in self.legs.values():
            if leg.answered:
                leg.note(self._pace.now, heard_now(leg, played))
        for made in self._recordings.values():
            if made.length_ms is None:
                made.sources |= self._sources_of(made, played)

    def _sources_of(self, made: Recorded, played: Mapping[str, str]) -> set[str]:
        target = made.target
        if target in self.legs:
            leg = self.legs[target]
            return {voice_of(leg), *(heard_now(leg, played) if made.both else ())}
        members = self.rooms[target].members if target in self.rooms else []
        spoken = {voice_of(leg) for leg in members if not leg.muted and leg.coaches is None}
        return spoken | ({played[target]} if target in played else set())

    def _is_live(self, target: str) -> bool:
        return target in self.rooms or (target in self.legs and self.legs[target].is_up)

    def _check_up(self) -> None:
        if self.down:
            raise ProviderGone("The simulator was switched off")

    def _tell(self, event: Event) -> None:
        if self._sink is not None:
            self._sink(event)
