"""The provider `simulator`: phones that do as they were told, on the server's own clock.

Everything happens in memory and at once, or at the moment of domain time that a phone's plan says,
so a story of minutes runs in milliseconds on a virtual clock. It keeps what every leg heard, as sets of
sources by time, and what was recorded: a test asserts on who heard whom, not on "established".

The plan of a phone is looked up by its address. An address without one answers after a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from pointsman.voice.hearing import Leg, Playing, Recorded, Room, music_of, wav
from pointsman.voice.phones import ENDS, Plan, World
from pointsman.voice.provider import (
    CAPABILITIES,
    BridgeJoined,
    Builtin,
    Cause,
    EventSink,
    Media,
    SipAuth,
)

__all__ = ["Plan", "Simulator"]


class Simulator(World):
    """The port, for the simulated world."""

    name = "simulator"
    capabilities = CAPABILITIES - {
        "early_media",
        "jitter_buffer",
        "region",
        "survives_restart",
        "transcribe",
        "trim",
    }

    # --- the port: legs ----------------------------------------------------------------------------

    async def start(self, sink: EventSink) -> frozenset[str]:
        self._sink = sink
        return frozenset()

    async def stop(self) -> None:
        self._sink = None

    async def answer(self, leg: str) -> None:
        self._check_up()
        found = self.legs.get(leg)
        if found is not None and found.incoming and not found.answered and not found.ended:
            self._answered(found)

    async def reject(self, leg: str, *, busy: bool) -> None:
        self._check_up()
        found = self.legs.get(leg)
        if found is not None and found.incoming and not found.answered:
            cause, code = (Cause.BUSY, 486) if busy else (Cause.FAILED, 403)
            self._end(found, cause, code, "rejected")

    async def hangup(self, leg: str) -> None:
        self._check_up()
        if leg in self.legs:
            self.hang_up(leg)

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
        self._check_up()
        if leg in self.legs:
            return
        plan = self._take_plan(to)
        called = Leg(leg, to, from_, plan, incoming=False, headers=dict(headers), auth=auth)
        self.legs[leg] = called
        give_up = timeout_s * 1000
        if plan.outcome != "never":
            self._later(called, plan.rings_after_ms, partial(self._ring, called))
        at = plan.rings_after_ms + plan.answers_after_ms
        if plan.outcome == "answer" and at < give_up:
            self._later(called, at, partial(self._answered, called))
        elif plan.outcome in ("busy", "declined", "failed") and at < give_up:
            self._later(called, at, partial(self._end, called, *ENDS[plan.outcome]))
        self._later(called, give_up, partial(self._give_up, called))

    # --- the port: playing -------------------------------------------------------------------------

    async def play(
        self, playback: str, target: str, media: Sequence[Media], *, loop: int = 1
    ) -> None:
        self._check_up()
        if not self._is_live(target) or playback in self._playing:
            return
        for other in [one for one in self._playing.values() if one.target == target]:
            self._stop_playing(other)
        playing = Playing(playback, target, tuple(media), loop)
        self._playing[playback] = playing
        self._play_on(playing)

    async def stop_playing(self, playback: str) -> None:
        self._check_up()
        if playback in self._playing:
            self._stop_playing(self._playing[playback])

    async def hold_music(self, leg: str, *, on: bool, media: Sequence[Media] = ()) -> None:
        self._check_up()
        found = self.legs.get(leg)
        if found is not None and found.is_up:
            found.music = music_of(media) if on else None
            self._listen()

    # --- the port: bridges -------------------------------------------------------------------------

    async def create_bridge(self, bridge: str) -> None:
        self._check_up()
        self.rooms.setdefault(bridge, Room(bridge))

    async def add(
        self, bridge: str, leg: str, *, muted: bool = False, coach: str | None = None
    ) -> bool:
        self._check_up()
        room, found = self.rooms.get(bridge), self.legs.get(leg)
        if room is None or found is None or not found.is_up:
            return False
        if found.room is not None and found.room is not room:
            self._take_out(found)
        found.music = None
        found.muted, found.coaches = muted, coach
        if found.room is None:
            found.room = room
            room.members.append(found)
            self._tell(BridgeJoined(bridge, leg))
        self._listen()
        return True

    async def remove(self, bridge: str, leg: str) -> None:
        self._check_up()
        found = self.legs.get(leg)
        if found is not None and found.room is not None and found.room.name == bridge:
            self._take_out(found)

    async def destroy(self, bridge: str) -> None:
        self._check_up()
        room = self.rooms.pop(bridge, None)
        if room is not None:
            self._end_at(bridge)
            for member in list(room.members):
                self._take_out(member)

    async def mute(self, leg: str, *, on: bool) -> None:
        self._check_up()
        if leg in self.legs:
            self.legs[leg].muted = on
            self._listen()

    async def coach(self, leg: str, whom: str | None) -> None:
        self._check_up()
        if leg in self.legs:
            self.legs[leg].coaches = whom
            self._listen()

    # --- the port: recording and digits ------------------------------------------------------------

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
        self._check_up()
        if not self._is_live(target) or recording in self._recordings:
            return
        made = Recorded(recording, target, finish_on, self._pace.now)
        self._recordings[recording] = made
        if beep:
            await self.play(f"{recording}-beep", target, [Builtin("beep")])
        if max_s:
            self._pace.after(max_s * 1000, partial(self._end_recording, made))
        self._listen()

    async def record_call(
        self, recording: str, leg: str, *, dual: bool = False, trim: bool = False
    ) -> None:
        self._check_up()
        if self._is_live(leg) and recording not in self._recordings:
            made = Recorded(recording, leg, "", self._pace.now, both=True)
            self._recordings[recording] = made
            self._listen()

    async def stop_recording(self, recording: str) -> None:
        self._check_up()
        if recording in self._recordings:
            self._end_recording(self._recordings[recording])

    async def fetch_recording(self, recording: str) -> bytes:
        self._check_up()
        made = self._recordings.get(recording)
        return b"" if made is None or made.length_ms is None else wav(made.length_ms)

    async def delete_recording(self, recording: str) -> None:
        self._check_up()
        self._recordings.pop(recording, None)

    async def send_digits(self, leg: str, digits: str) -> None:
        self._check_up()
        if leg in self.legs and self.legs[leg].is_up:
            self.legs[leg].got_digits += digits
