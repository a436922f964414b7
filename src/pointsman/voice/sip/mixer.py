"""The mixer: legs, bridges, playbacks and recordings, one frame at a time.

`tick` is given what every leg said in a frame and gives back what every leg hears; `ended` tells what
came to its end. A leg hears, in this order: what is played to it, its bridge, its hold music, silence.
Nothing is known here of SIP, sockets and clocks; all names are those of the provider's port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pointsman.voice.sip.mixing import Member, everything, heard, mixed
from pointsman.voice.sip.playing import ENDLESS, Playing
from pointsman.voice.sip.recording import Recording
from pointsman.voice.sip.sound import SILENCE, Frame, Sound, beep

__all__ = ["Ended", "Mixer"]


class Ended(Struct, frozen=True):
    """A playback or a recording is over; `duration_s` and `digit` are a recording's."""

    name: str
    is_recording: bool = False
    duration_s: float = 0
    digit: str = ""


class _Taped(Struct):
    """A recording and what it is of; until its beep was heard it takes nothing."""

    target: str
    recording: Recording
    beep: Playing | None
    both: bool = False
    """Of a leg: what it hears, too."""
    left: str = ""
    """With two channels: the leg on the left, the first of the bridge; all others are on the right."""


class Mixer:
    """What is connected with what."""

    def __init__(self) -> None:
        self._legs: set[str] = set()
        self._bridges: dict[str, dict[str, Member]] = {}
        self._where: dict[str, str] = {}
        self._played: dict[str, tuple[str, Playing]] = {}
        self._music: dict[str, Playing] = {}
        self._holding: dict[str, Playing] = {}
        """By leg that holds: what the one hears who talks with it."""
        self._taped: dict[str, _Taped] = {}
        self._ended: list[Ended] = []

    def close(self) -> None:
        """Finish every recording."""
        for name in list(self._taped):
            self._finish(name)

    # --- legs and bridges ----------------------------------------------------------------------

    def open_leg(self, leg: str) -> None:
        """From now on this leg speaks and hears."""
        self._legs.add(leg)

    def close_leg(self, leg: str) -> str | None:
        """It ended: its playback and recordings too; gives back the bridge that it left."""
        self._legs.discard(leg)
        self._music.pop(leg, None)
        self._holding.pop(leg, None)
        left = self.remove(leg)
        self._end_all_of(leg)
        return left

    def bridge_of(self, leg: str) -> str | None:
        """Where a leg is now."""
        return self._where.get(leg)

    def hearers_of(self, leg: str) -> list[str]:
        """The others of its bridge that hear it."""
        members = self._bridges.get(self._where.get(leg, ""), {})
        if leg not in members or members[leg].mute:
            return []
        coached = members[leg].coach
        return [other for other in members if other != leg and coached in (None, other)]

    def is_here(self, target: str) -> bool:
        """Whether there is such a leg or bridge."""
        return target in self._legs or target in self._bridges

    def create_bridge(self, bridge: str) -> None:
        """Make it, unless it is there."""
        self._bridges.setdefault(bridge, {})

    def destroy_bridge(self, bridge: str) -> list[str]:
        """Take everybody out, end its playback and recordings; gives back who was in it."""
        members = list(self._bridges.pop(bridge, {}))
        for leg in members:
            del self._where[leg]
        self._end_all_of(bridge)
        return members

    def add(self, bridge: str, leg: str, *, mute: bool = False, coach: str | None = None) -> bool:
        """Move a leg into a bridge, or change how it takes part; False if either is gone.

        Its hold music is over.
        """
        if leg not in self._legs or bridge not in self._bridges:
            return False
        self._music.pop(leg, None)
        if self._where.get(leg) != bridge:
            self.remove(leg)
        self._bridges[bridge][leg] = Member(mute, coach)
        self._where[leg] = bridge
        return True

    def remove(self, leg: str) -> str | None:
        """Take a leg out of its bridge, which is given back; its muting and coaching end."""
        bridge = self._where.pop(leg, None)
        if bridge is not None:
            del self._bridges[bridge][leg]
        return bridge

    def mute(self, leg: str, *, on: bool) -> None:
        """Let nobody in its bridge hear the leg, or let it be heard again."""
        self._change(leg, lambda member: replace(member, mute=on))

    def coach(self, leg: str, whom: str | None) -> None:
        """Let only `whom` hear the leg; None: everybody in its bridge again."""
        self._change(leg, lambda member: replace(member, coach=whom))

    def _change(self, leg: str, how: Callable[[Member], Member]) -> None:
        bridge = self._where.get(leg)
        if bridge is not None:
            self._bridges[bridge][leg] = how(self._bridges[bridge][leg])

    # --- playing and recording -----------------------------------------------------------------

    def play(self, name: str, target: str, sounds: Sequence[Sound], loop: int) -> bool:
        """Play to a leg or a bridge; what was played there before ends. False if it is gone."""
        if not self.is_here(target):
            return False
        self._stop_at(target)
        self._played[target] = (name, Playing(sounds, loop))
        return True

    def hold_music(self, leg: str, sounds: Sequence[Sound]) -> None:
        """What a leg hears while it is in no bridge; it stands still while something is played to it."""
        self._music.pop(leg, None)
        if sounds and leg in self._legs and leg not in self._where:
            self._music[leg] = Playing(sounds, ENDLESS)

    def while_held(self, leg: str, sounds: Sequence[Sound]) -> None:
        """The leg put the other side on hold, which hears this until there is nothing more of it.

        Among three or more it would be played over the others' talk, so it is not.
        """
        self._holding.pop(leg, None)
        if sounds and leg in self._legs:
            self._holding[leg] = Playing(sounds, ENDLESS)

    def record(
        self,
        name: str,
        target: str,
        recording: Recording,
        *,
        with_beep: bool = False,
        both: bool = False,
    ) -> None:
        """Record what a leg says, and with `both` what it hears, or what is said in a bridge.

        The target has to be here.
        """
        announced = Playing([beep()]) if with_beep else None
        self._taped[name] = _Taped(target, recording, announced, both)

    def stop(self, name: str) -> None:
        """End a playback or a recording."""
        for target, (played, _) in list(self._played.items()):
            if played == name:
                self._stop_at(target)
        if name in self._taped:
            self._finish(name)

    def press(self, leg: str, digit: str) -> None:
        """A key of the leg's phone: it ends recordings of the leg that wait for it."""
        for name, taped in list(self._taped.items()):
            if taped.target == leg and not taped.recording.press(digit):
                self._finish(name)

    # --- a frame -------------------------------------------------------------------------------

    def tick(self, said: Mapping[str, Frame]) -> dict[str, Frame]:
        """What each leg hears in this frame; ask `ended` afterwards what is over."""
        played = self._played_now()
        hears = dict.fromkeys(self._legs, SILENCE)
        for leg, music in self._music.items():
            frame = None if leg in played else music.next()
            if frame is not None:
                hears[leg] = frame
        for bridge, members in self._bridges.items():
            hears.update(heard(members, said, played.get(bridge)))
            hears.update(self._held_in(members))
        hears.update({leg: frame for leg, frame in played.items() if leg in self._legs})
        for name, taped in list(self._taped.items()):
            if taped.beep is not None:
                continue
            if taped.target in self._legs:
                goes_on = _record_leg(taped, said, hears[taped.target])
            else:
                goes_on = self._record_bridge(taped, said, played.get(taped.target))
            if not goes_on:
                self._finish(name)
        return hears

    def ended(self) -> list[Ended]:
        """What came to its end since the last question."""
        ended, self._ended = self._ended, []
        return ended

    def _held_in(self, members: Mapping[str, Member]) -> dict[str, Frame]:
        """What those hear in a bridge of two who are on hold."""
        if len(members) != 2:
            return {}
        first, second = members
        music = {other: self._holding.get(leg) for leg, other in ((first, second), (second, first))}
        frames = {leg: playing.next() for leg, playing in music.items() if playing is not None}
        return {leg: frame for leg, frame in frames.items() if frame is not None}

    def _played_now(self) -> dict[str, Frame]:
        """The next frame of every playback, by its target; beeps before recordings go over them."""
        frames = {}
        for target, (_, playing) in list(self._played.items()):
            frame = playing.next()
            if frame is None:
                self._stop_at(target)
            else:
                frames[target] = frame
        for taped in self._taped.values():
            if taped.beep is not None:
                frame = taped.beep.next()
                if frame is None:
                    taped.beep = None
                else:
                    frames[taped.target] = frame
        return frames

    def _record_bridge(
        self, taped: _Taped, said: Mapping[str, Frame], announced: Frame | None
    ) -> bool:
        members = self._bridges[taped.target]
        if taped.recording.channels == 1:
            return taped.recording.add(everything(members, said, announced))
        if taped.left not in members:
            taped.left = next(iter(members), "")
        others = {leg: member for leg, member in members.items() if leg != taped.left}
        left = said.get(taped.left, SILENCE)
        return taped.recording.add(left, everything(others, said, announced))

    def _end_all_of(self, target: str) -> None:
        self._stop_at(target)
        for name in [name for name, taped in self._taped.items() if taped.target == target]:
            self._finish(name)

    def _stop_at(self, target: str) -> None:
        played = self._played.pop(target, None)
        if played is not None:
            self._ended.append(Ended(played[0]))

    def _finish(self, name: str) -> None:
        recording = self._taped.pop(name).recording
        recording.finish()
        self._ended.append(Ended(name, True, recording.duration_s, recording.digit))


def _record_leg(taped: _Taped, said: Mapping[str, Frame], hears: Frame) -> bool:
    says = said.get(taped.target, SILENCE)
    if not taped.both:
        return taped.recording.add(says)
    if taped.recording.channels == 1:
        return taped.recording.add(mixed(says, hears))
    return taped.recording.add(says, hears)
