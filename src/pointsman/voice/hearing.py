"""Who hears whom in the simulated world: the rule of the port, as one pure function.

It knows legs and rooms as they stand; what makes them change is the simulator's.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from pointsman.voice.provider import Builtin, Media, SipAuth, Sound, Speech

if TYPE_CHECKING:
    from pointsman.voice.pace import Timer
    from pointsman.voice.phones import Plan

__all__ = [
    "Hearing",
    "Leg",
    "Playing",
    "Recorded",
    "Room",
    "heard_now",
    "music_of",
    "source_of",
    "voice_of",
    "wav",
]

SAMPLES_PER_S = 8_000


class Hearing(Struct, frozen=True):
    """From this moment on, until the next one, these sources were heard."""

    since: int
    sources: frozenset[str]


class Room:
    """A bridge and its members."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: list[Leg] = []


class Leg:
    """A phone on the line. `phone` is its own address, `other` the one at the other end."""

    def __init__(
        self,
        name: str,
        phone: str,
        other: str,
        plan: Plan,
        *,
        incoming: bool,
        headers: Mapping[str, str] | None = None,
        auth: SipAuth | None = None,
    ) -> None:
        self.name = name
        self.phone = phone
        self.other = other
        self.plan = plan
        self.incoming = incoming
        self.headers = headers or {}
        self.auth = auth
        self.ringing = self.answered = self.ended = self.muted = False
        self.coaches: str | None = None
        self.music: str | None = None
        self.room: Room | None = None
        self.got_digits = ""
        self.timers: list[Timer] = []
        self.heard: list[Hearing] = []

    @property
    def is_up(self) -> bool:
        return self.answered and not self.ended

    def note(self, now: int, sources: frozenset[str]) -> None:
        """Remember what is heard from now on; a moment of no length leaves no trace."""
        if self.heard and self.heard[-1].since == now:
            self.heard.pop()
        if not self.heard or self.heard[-1].sources != sources:
            self.heard.append(Hearing(now, sources))


class Playing:
    """Something that is being played."""

    def __init__(self, playback: str, target: str, media: tuple[Media, ...], loop: int) -> None:
        self.playback = playback
        self.target = target
        self.media = media
        self.loop = loop
        self.position = 0
        self.round = 0
        self.source = ""


class Recorded:
    """Something that is, or was, recorded."""

    def __init__(
        self, recording: str, target: str, finish_on: str, since: int, *, both: bool = False
    ) -> None:
        self.recording = recording
        self.target = target
        self.finish_on = finish_on
        self.both = both
        self.since = since
        self.length_ms: int | None = None
        self.sources: set[str] = set()


def voice_of(leg: Leg) -> str:
    """The name of a leg's voice as a source."""
    return f"voice:{leg.name}"


def music_of(media: Sequence[Media]) -> str:
    """The name of hold music as a source: `music`, or with what it consists of."""
    pieces = []
    for piece in media:
        match piece:
            case Speech(told) | Sound(told) | Builtin(told):
                pieces.append(told)
    return "music:" + ",".join(pieces) if pieces else "music"


def source_of(media: Media) -> str:
    """The name of what is played as a source."""
    match media:
        case Speech(text):
            return f"say:{text}"
        case Sound(url):
            return f"play:{url}"
        case Builtin(name):
            return "" if name == "silence" else name


def heard_now(leg: Leg, played: Mapping[str, str]) -> frozenset[str]:
    """What a leg hears; `played` names what is played at each leg or bridge."""
    if leg.ended:
        return frozenset()
    sources = set()
    if leg.name in played:
        sources.add(played[leg.name])
    elif leg.music is not None:
        sources.add(leg.music)
    room = leg.room
    if room is not None:
        sources |= {voice_of(other) for other in room.members if _is_heard_by(other, leg)}
    if room is not None and room.name in played:
        sources.add(played[room.name])
    return frozenset(sources)


def _is_heard_by(speaker: Leg, listener: Leg) -> bool:
    if speaker is listener or speaker.muted:
        return False
    return speaker.coaches is None or speaker.coaches == listener.name


def wav(length_ms: int) -> bytes:
    """A WAV file of silence: the simulated world has sources, no samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(SAMPLES_PER_S)
        made.writeframes(bytes(2 * SAMPLES_PER_S * length_ms // 1000))
    return file.getvalue()
