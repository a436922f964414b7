"""What the provider `asterisk` knows of its legs, and what Asterisk's numbers say of their ends."""

from __future__ import annotations

from msgspec import Struct

from pointsman.voice.provider import (
    BridgeJoined,
    BridgeLeft,
    Cause,
    Event,
    EventSink,
    LegAnswered,
    LegIncoming,
    LegRinging,
)

__all__ = ["Leg", "Legs", "Seen", "cause_of"]

_BUSY = frozenset({17, 21})
_UNANSWERED = frozenset({18, 19, 102})


class Leg(Struct):
    """One channel."""

    name: str
    is_ours: bool = False
    """We called it, rather than it us."""
    is_answered: bool = False
    has_rung: bool = False
    wanted: Cause | None = None
    """We ended it; then this is how."""
    bridge: str | None = None
    """Where the others are told that it is."""
    is_muted: bool = False
    coaches: str | None = None
    """Whom it whispers to; it is then not in the bridge where it is said to be."""


class Seen(Struct, frozen=True):
    """What Asterisk shows of a channel, by its list or by an event."""

    name: str
    is_ours: bool
    is_answered: bool
    rings: bool = False
    from_: str = ""
    to: str = ""
    sip_call_id: str = ""


class Legs:
    """All legs that live, and what is told of them; each thing is told once."""

    def __init__(self) -> None:
        self.live: dict[str, Leg] = {}
        self.sink: EventSink | None = None

    def tell(self, event: Event) -> None:
        if self.sink is not None:
            self.sink(event)

    def get(self, name: str) -> Leg | None:
        return self.live.get(name)

    def see(self, seen: Seen) -> None:
        """Take up a channel, and tell what is new of it: that it calls, rings, or was answered."""
        leg = self.live.get(seen.name)
        if leg is None:
            leg = self.live[seen.name] = Leg(seen.name, is_ours=seen.is_ours)
            if not seen.is_ours:
                headers = {"X-Sip-Call-Id": seen.sip_call_id}
                self.tell(LegIncoming(seen.name, seen.from_, seen.to, headers))
        if seen.rings and leg.is_ours:
            self.rings(leg)
        if seen.is_answered:
            self.answered(leg)

    def rings(self, leg: Leg) -> None:
        if not leg.has_rung:
            leg.has_rung = True
            self.tell(LegRinging(leg.name))

    def answered(self, leg: Leg) -> None:
        if not leg.is_answered:
            leg.is_answered = True
            self.tell(LegAnswered(leg.name))

    def joins(self, leg: Leg, bridge: str) -> None:
        if leg.bridge != bridge:
            self.leaves(leg)
            leg.bridge = bridge
            self.tell(BridgeJoined(bridge, leg.name))

    def leaves(self, leg: Leg) -> None:
        if leg.bridge is not None:
            bridge, leg.bridge, leg.is_muted = leg.bridge, None, False
            self.tell(BridgeLeft(bridge, leg.name))


def cause_of(code: int, leg: Leg) -> Cause:
    """How a leg ended, by the Q.850 cause of its channel's end."""
    if leg.wanted is not None:
        return leg.wanted
    if leg.is_answered:
        return Cause.COMPLETED
    if not leg.is_ours:
        return Cause.CANCELED
    if code in _BUSY:
        return Cause.BUSY
    # Nobody answered and nobody is there look alike; only a phone that is there rings.
    return Cause.NO_ANSWER if code in _UNANSWERED and leg.has_rung else Cause.FAILED
