"""The carrier's requests: calls that come in, what a leg shall do next, and what became of calls, rooms and recordings.

Only what is signed with the account's auth token is believed. Whoever asks what comes next is answered as soon
as that is known: while a phone rings within `RINGS_S`, else within `SETTLES_S`, so that the answer already holds
what the event just told has led to.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from msgspec.structs import replace
from twilio.request_validator import RequestValidator

from pointsman.voice.music import TUNES
from pointsman.voice.provider import (
    BridgeJoined,
    Cause,
    Digit,
    LegAnswered,
    LegIncoming,
    LegRinging,
)
from pointsman.voice.twilio.asked import Asked, Told
from pointsman.voice.twilio.documents import announcement, document, gone
from pointsman.voice.twilio.legs import Bridge, Leg
from pointsman.voice.twilio.network import Network

__all__ = ["Hooks"]

RINGS_S = 10.0
SETTLES_S = 0.25
FOLLOWS_S = 0.1
MOST_CHANGES = 4
_ENDED = {cause.value: cause for cause in Cause}


class Hooks:
    """Answers the carrier."""

    def __init__(
        self,
        network: Network,
        auth_token: str,
        sound: Callable[[str], Awaitable[Path]],
    ) -> None:
        """`sound` makes one of our own sounds."""
        self._network = network
        self._validator = RequestValidator(auth_token)
        self._sound = sound
        self._kinds: dict[str, Callable[[str, Asked], Awaitable[str | None]]] = {
            "incoming": self._incoming,
            "legs": self._leg,
            "status": self._status,
            "rooms": self._room,
            "recordings": self._recording,
            "announcements": self._announcement,
        }

    async def answer(self, asked: Asked) -> Told:
        kind, _, name = asked.path.partition("/")
        if kind == "sounds":  # there is no secret in them
            return await self._file(name)
        if kind not in self._kinds:
            return Told(404, "There is nothing here\n")
        if not self._validator.validate(
            self._network.at.base + asked.url, dict(asked.form), asked.signature
        ):
            return Told(403, "The signature is not the carrier's\n")
        document = await self._kinds[kind](name, asked)
        return Told(204) if document is None else Told(200, document)

    async def _file(self, name: str) -> Told:
        tune = name.removesuffix(".wav")
        if tune not in TUNES:
            return Told(404, "There is no such sound\n")
        return Told(200, file=await self._sound(tune))

    # --- legs ----------------------------------------------------------------------------------

    async def _incoming(self, _: str, asked: Asked) -> str:
        """A call to one of our numbers; its first document comes from here, all others as of any leg."""
        network, sid = self._network, asked.form.get("CallSid", "")
        leg = network.legs.get(sid)
        if leg is None and sid:
            leg = network.legs[sid] = Leg(sid, sid, is_incoming=True, is_ringing=True)
            leg.asking = True
            network.tell(LegIncoming(sid, asked.form.get("From", ""), asked.form.get("To", "")))
        return gone() if leg is None else await self._next(leg, RINGS_S)

    async def _leg(self, name: str, asked: Asked) -> str:
        network = self._network
        leg = network.legs.get(name)
        if leg is None:
            return gone()
        leg.sid = leg.sid or asked.form.get("CallSid", "")
        leg.asking = True
        leg.changed.clear()
        is_news = not leg.is_incoming and self._answered(leg)
        is_news |= self._happened(leg, asked)
        if not leg.is_answered:
            return await self._next(leg, RINGS_S)
        return await self._next(leg, SETTLES_S if is_news else 0.0)

    async def _next(self, leg: Leg, within_s: float) -> str:
        """The leg's document, once it changed or the time is up."""
        leg.asking = True
        try:
            await _change(leg, within_s)
            if leg.is_answered and leg.is_incoming and leg.is_ringing:
                self._answered(leg)
                await _change(leg, SETTLES_S)
        finally:
            leg.asking = False
        network = self._network
        coached = network.legs.get(leg.seat.coach or "")
        leg.carried = replace(leg.seat, music="")
        text = document(leg, network.at, "" if coached is None else coached.sid)
        if leg.turned_away:
            cause = Cause.BUSY if leg.turned_away == "busy" else Cause.FAILED
            network.end(leg, _cause(leg, cause))
        return text

    def _answered(self, leg: Leg) -> bool:
        """Tell that it was picked up; whether that is news."""
        if leg.is_answered and not leg.is_ringing:
            return False
        leg.is_ringing, leg.is_answered = False, True
        self._network.tell(LegAnswered(leg.name))
        return True

    def _happened(self, leg: Leg, asked: Asked) -> bool:
        """Tell what led to the question; whether that was anything."""
        query, network = asked.query, self._network
        digits = asked.form.get("Digits", "")
        if "sent" in query:
            leg.tones = leg.tones.removeprefix(query["sent"])
        elif "taped" in query:
            if leg.taping is not None and leg.taping.name == query["taped"]:
                network.recordings.pressed(leg.taping.name, digits if len(digits) == 1 else "")
                leg.taping = None
        elif "keys" in query:
            for digit in digits:
                network.tell(Digit(leg.name, digit))
        elif "played" in query:
            network.played(leg, query["played"])
        else:
            return False
        return True

    async def _status(self, name: str, asked: Asked) -> None:
        """What became of a call; of one that came in we were told its own name."""
        network, form = self._network, asked.form
        leg = network.legs.get(name or form.get("CallSid", ""))
        status = form.get("CallStatus", "")
        if leg is None:
            return
        leg.sid = leg.sid or form.get("CallSid", "")
        if status == "ringing" and not leg.is_ringing and not leg.is_answered:
            leg.is_ringing = True
            network.tell(LegRinging(leg.name))
        elif status == "in-progress" and not leg.is_incoming:
            self._answered(leg)
        elif status in _ENDED:
            network.end(leg, _cause(leg, _ENDED[status]), _code(form), form.get("ErrorMessage", ""))

    # --- rooms and recordings ------------------------------------------------------------------

    async def _room(self, name: str, asked: Asked) -> None:
        bridge, form = self._network.bridges.get(name), asked.form
        if bridge is None:
            return
        leg = form.get("ParticipantLabel", "")
        match form.get("StatusCallbackEvent", ""):
            case "participant-join":
                await self._joined(bridge, leg, form)
            case "participant-leave":
                self._network.left(bridge, leg)
            case "announcement-end":
                self._network.announced(bridge)
            case "announcement-fail":
                self._network.announced(bridge, "The carrier could not play it")
            case "conference-end":
                bridge.sid = ""

    async def _joined(self, bridge: Bridge, name: str, form: Mapping[str, str]) -> None:
        network = self._network
        leg = network.legs.get(name)
        if leg is None or leg.bridge != bridge.name:
            return
        bridge.sid = form.get("ConferenceSid", "")
        if name not in bridge.members:
            bridge.members[name] = leg.sid
            network.tell(BridgeJoined(bridge.name, name))
        await network.seated(leg)

    async def _recording(self, name: str, asked: Asked) -> None:
        await self._network.recordings.completed(name, asked.form)

    async def _announcement(self, name: str, _: Asked) -> str:
        media, loop = self._network.announcements.get(name, ((), 1))
        return announcement(media, loop, self._network.at)


async def _change(leg: Leg, within_s: float) -> None:
    """Wait for a change of what the leg shall do, and for those that follow it closely."""
    with contextlib.suppress(TimeoutError):
        for _ in range(MOST_CHANGES):
            async with asyncio.timeout(within_s):
                await leg.changed.wait()
            leg.changed.clear()
            within_s = FOLLOWS_S


def _cause(leg: Leg, told: Cause) -> Cause:
    """The carrier's word, unless we hung up before it was answered."""
    return Cause.CANCELED if leg.is_hung_up and not leg.is_answered else told


def _code(form: Mapping[str, str]) -> int:
    code = form.get("SipResponseCode", "") or form.get("ErrorCode", "")
    return int(code) if code.isascii() and code.isdigit() else 0
