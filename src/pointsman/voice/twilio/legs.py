"""Legs and bridges as the provider `twilio` keeps them: what each shall do, of which a document is made.

The carrier obeys documents and not orders, so what is asked of a leg becomes a state of it; whenever the carrier
asks what comes next it is answered with the document of that state. Nothing is asked of anybody here.
"""

from __future__ import annotations

import asyncio

from msgspec import Struct, field

from pointsman.voice.provider import Media

__all__ = ["Bridge", "Leg", "Playing", "Seat", "Taping"]


class Playing(Struct):
    """What is played to a leg; several pieces are a round, of which there may be more."""

    name: str
    media: tuple[Media, ...]
    loop: int
    round: int = 0

    def next_round(self) -> bool:
        """A round was heard; whether another one follows."""
        self.round += 1
        return len(self.media) > 1 and (self.loop == 0 or self.round < self.loop)


class Taping(Struct, frozen=True):
    """A message that is recorded of a leg."""

    name: str
    max_s: int
    silence_s: int
    beep: bool
    finish_on: str
    trim: bool


class Seat(Struct, frozen=True):
    """How a leg takes part in its bridge."""

    muted: bool = False
    coach: str | None = None
    """The leg that alone hears it."""
    music: str = ""
    """What it hears instead of the others."""


class Leg(Struct, eq=False):
    """One call of the carrier's."""

    name: str
    sid: str = ""
    """The carrier's name of it."""
    is_incoming: bool = False
    is_ringing: bool = False
    is_answered: bool = False
    is_hung_up: bool = False
    """Whether we hung up."""
    turned_away: str = ""
    """Why it is not answered at all: busy or rejected."""
    tones: str = ""
    playing: Playing | None = None
    music: tuple[Media, ...] | None = None
    taping: Taping | None = None
    bridge: str | None = None
    seat: Seat = Seat()
    carried: Seat = Seat()
    """The seat as the carrier knows it."""
    asking: bool = False
    """Whether the carrier waits for the next document just now."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Bridge(Struct, eq=False):
    """A conference of the carrier's; it begins when the first leg is in."""

    name: str
    sid: str = ""
    """The carrier's name of it, while it lasts."""
    members: dict[str, str] = field(default_factory=dict)
    """By leg: the carrier's name of the call."""
    announcing: str = ""
    """What is played to all."""
