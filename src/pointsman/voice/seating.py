"""Where each participant of a conference is, in the talk or beside it, and who hears him there.

What the records say is made true at the provider, each time anew: whoever waits or is held is outside,
with a sound of his own; a coach is heard by the one he coaches, and by nobody while that one is
outside. Why a record changes is `rooms`'s matter.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pointsman.voice.calls import Source
from pointsman.voice.conference import ConferenceStatus
from pointsman.voice.exchange import Exchange
from pointsman.voice.lines import Line
from pointsman.voice.provider import ProviderGone

if TYPE_CHECKING:
    from pointsman.voice.rooms import Room

__all__ = ["Listen", "Place", "Seating"]

Listen = Callable[[Line, Source | None], Coroutine[Any, Any, Any]]
"""Lets somebody hear a document, or music, until it is canceled."""


class Place(Struct, frozen=True):
    """Where one is: inside with these ears upon him, or outside with a sound."""

    inside: bool
    muted: bool = False
    coached: str | None = None
    """The leg that alone hears him."""
    sound: Source | None = None
    """Outside; None: the provider's music."""
    silent: bool = False


class Seating:
    """Puts participants where they belong."""

    def __init__(self, exchange: Exchange, listen: Listen) -> None:
        self._exchange = exchange
        self._listen = listen
        self._sounds: dict[str, asyncio.Task[Any]] = {}

    async def settle(self, room: Room) -> None:
        """Make true of everybody what the records say by now."""
        async with room.settling:
            for line in list(room.lines.values()):
                if line.sid in room.lines:
                    await self._put(room, line)

    async def withdraw(self, room: Room, line: Line) -> None:
        """Take somebody out who takes part no more; he hears nothing."""
        async with room.settling:
            place = room.places.pop(line.sid, None)
            await self._hush(line)
            if place is not None and place.inside:
                provider = self._exchange.provider
                await self._exchange.attempt(provider.remove(room.sid, line.call.leg))

    async def _put(self, room: Room, line: Line) -> None:
        before, wanted = room.places.get(line.sid), _place(room, line.sid)
        if before == wanted:
            return
        room.places.pop(line.sid, None)  # where he is, is not known until all is done
        with contextlib.suppress(ProviderGone):
            if not wanted.inside:
                await self._outside(room, line, before, wanted)
            elif not await self._inside(room, line, before, wanted):
                return
            room.places[line.sid] = wanted

    async def _outside(self, room: Room, line: Line, before: Place | None, wanted: Place) -> None:
        if before is None or before.inside:
            await self._exchange.provider.remove(room.sid, line.call.leg)
        await self._hush(line)
        if not wanted.silent:
            listening = self._listen(line, wanted.sound)
            self._sounds[line.sid] = self._exchange.pace.spawn(listening, f"wait of {line.sid}")

    async def _inside(self, room: Room, line: Line, before: Place | None, wanted: Place) -> bool:
        """False when his call has ended."""
        provider, leg = self._exchange.provider, line.call.leg
        if before is None or not before.inside:
            await self._hush(line)
            return await provider.add(room.sid, leg, muted=wanted.muted, coach=wanted.coached)
        if wanted.muted and not before.muted:
            await provider.mute(leg, on=True)
        if wanted.coached != before.coached:
            await provider.coach(leg, wanted.coached)
        if before.muted and not wanted.muted:
            await provider.mute(leg, on=False)
        return True

    async def _hush(self, line: Line) -> None:
        """What he heard outside ends."""
        sound = self._sounds.pop(line.sid, None)
        if sound is not None:
            sound.cancel()
            await self._exchange.quiet(line)
            await self._exchange.music(line, on=False)


def _place(room: Room, call_sid: str) -> Place:
    """Where the records want him."""
    participant = room.participants[call_sid]
    if room.conference.status is ConferenceStatus.INIT:
        url, method = participant.wait_url, participant.wait_method
        sound = Source(url=url, method=method) if url else None
        return Place(inside=False, sound=sound, silent=url == "")
    if participant.hold:
        url, method = participant.hold_url, participant.hold_method
        return Place(inside=False, sound=Source(url=url, method=method) if url else None)
    if not participant.coaching:
        return Place(inside=True, muted=participant.muted)
    coached = room.participants.get(participant.call_sid_to_coach or "")
    if coached is None or coached.hold:
        return Place(inside=True, muted=True)
    leg = room.lines[coached.call_sid].call.leg
    return Place(inside=True, muted=participant.muted, coached=leg)
