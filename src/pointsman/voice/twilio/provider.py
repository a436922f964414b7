"""The provider `twilio`: the port of voice on the original's network, by its stock client and its documents.

The carrier obeys documents: what is asked of a leg becomes its state (`legs`), and the leg is sent to us for the
document of it (`documents`). Whatever happens is told by the carrier's requests, which `hooks` checks and hands
on. A key breaks off what is played to a leg; if nobody ends it, it begins again. Keys are told once a second
passes without another. What is played to a bridge is heard to its end.

Every request stands for itself: while the carrier cannot be reached each command raises `ProviderGone`, and the
next one tries anew. Calls live on with the carrier when our process dies, but nobody would know them: they
are hung up when they next ask, and at a regular stop.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from msgspec.structs import replace
from twilio.rest import Client

from pointsman.voice.addresses import Routes
from pointsman.voice.pace import Pace
from pointsman.voice.provider import (
    Cause,
    EventSink,
    LegEnded,
    Media,
    NotOffered,
    ProviderGone,
    SipAuth,
)
from pointsman.voice.sounds import Offload
from pointsman.voice.twilio.carrier import Refused
from pointsman.voice.twilio.documents import Addresses
from pointsman.voice.twilio.legs import Bridge, Leg, Playing, Seat, Taping
from pointsman.voice.twilio.network import Network
from pointsman.voice.twilio.recordings import Download

__all__ = ["TwilioProvider"]

_ALWAYS = "bridge coach digits hold_music play record record_dual say sip_auth trim"
EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioProvider(Network):
    """The port, for the carrier's network."""

    name = "twilio"

    def __init__(
        self,
        client: Callable[[], Client],
        at: Addresses,
        routes: Routes,
        recordings: Path,
        download: Download,
        pace: Pace,
        offload: Offload,
    ) -> None:
        super().__init__(client, at, recordings, download, pace, offload)
        self._routes = routes

    @property
    def capabilities(self) -> frozenset[str]:
        client = ["client"] if self._routes.client_uri else []
        sip = ["sip"] if self._routes.hosts else []
        return frozenset([*_ALWAYS.split(), *client, *sip])

    async def start(self, sink: EventSink) -> frozenset[str]:
        """No leg outlives our process."""
        try:
            await self.connect(sink)
        except Refused as refused:
            await self.disconnect()
            raise ProviderGone(f"The carrier refuses the account: {refused}") from refused
        return frozenset()

    async def stop(self) -> None:
        for leg in list(self.legs):
            with contextlib.suppress(ProviderGone):
                await self.hangup(leg)
        await self.disconnect()

    # --- legs ----------------------------------------------------------------------------------

    async def answer(self, leg: str) -> None:
        known = self.legs.get(leg)
        if known is not None and known.is_incoming and not known.is_answered:
            known.is_answered = True
            known.changed.set()

    async def reject(self, leg: str, *, busy: bool) -> None:
        known = self.legs.get(leg)
        if known is not None and known.is_incoming and not known.is_answered:
            known.turned_away = "busy" if busy else "rejected"
            known.changed.set()

    async def hangup(self, leg: str) -> None:
        known = self.legs.get(leg)
        if known is not None and known.is_incoming and not known.is_answered:
            known.is_hung_up, known.turned_away = True, "rejected"
            known.changed.set()
        elif known is not None:
            known.is_hung_up = True
            if known.sid and not await self.carrier.update(known.sid, status="completed"):
                self.end(known, Cause.COMPLETED if known.is_answered else Cause.CANCELED)

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
            self.tell(LegEnded(leg, Cause.FAILED, reason=f"There is no route to {to}"))
            return
        made = self.legs[leg] = Leg(leg)
        try:
            sid = await self.carrier.call(
                to=_with_headers(uri, headers),
                from_=from_,
                url=self.at.leg(leg),
                method="POST",
                status_callback=self.at.status(leg),
                status_callback_method="POST",
                status_callback_event=EVENTS,
                timeout=timeout_s,
                **_login(auth),
            )
        except ProviderGone:
            self.legs.pop(leg, None)
            raise
        except Refused as refused:
            self.end(made, Cause.FAILED, refused.code, str(refused))
            return
        made.sid = sid
        if made.is_hung_up:  # before the carrier had a name for it
            await self.hangup(leg)

    async def send_digits(self, leg: str, digits: str) -> None:
        known = self.legs.get(leg)
        if known is None:
            return
        if known.bridge is not None:
            raise NotOffered("digits: the carrier sends none from within a conference")
        known.tones += digits
        await self.changed(known)

    # --- playing -------------------------------------------------------------------------------

    async def play(
        self, playback: str, target: str, media: Sequence[Media], *, loop: int = 1
    ) -> None:
        leg, heard = self.legs.get(target), (tuple(media), loop)
        bridge = self.bridges.get(target if leg is None else leg.bridge or "")
        if bridge is not None:
            await self._announce(bridge, playback, heard, "" if leg is None else leg.sid)
        elif leg is not None:
            self.end_playing(leg)
            leg.playing = Playing(playback, *heard)
            try:
                await self.changed(leg)
            except ProviderGone:
                leg.playing = None
                raise

    async def _announce(
        self, bridge: Bridge, playback: str, heard: tuple[tuple[Media, ...], int], call: str
    ) -> None:
        """Let all of a conference hear it, or one call."""
        if bridge.announcing:
            self.announced(bridge)
        bridge.announcing = playback
        self.announcements[playback] = heard
        url = self.at.announcement(playback)
        if not bridge.sid or not await self.carrier.announce(bridge.sid, call, url):
            self.announced(bridge, "Nobody is in the conference to hear it")

    async def stop_playing(self, playback: str) -> None:
        for leg in self.legs.values():
            if leg.playing is not None and leg.playing.name == playback:
                self.end_playing(leg)
                await self.changed(leg)
                return

    async def hold_music(self, leg: str, *, on: bool, media: Sequence[Media] = ()) -> None:
        known = self.legs.get(leg)
        if known is None or (not on and known.music is None and not known.seat.music):
            return
        if known.bridge is not None:
            known.seat = replace(known.seat, music=self.at.of(media) if on else "")
            await self.seated(known)
            return
        known.music = tuple(media) if on else None
        if known.playing is None:
            await self.changed(known)

    # --- bridges -------------------------------------------------------------------------------

    async def create_bridge(self, bridge: str) -> None:
        self.bridges.setdefault(bridge, Bridge(bridge))

    async def add(
        self, bridge: str, leg: str, *, muted: bool = False, coach: str | None = None
    ) -> bool:
        known = self.legs.get(leg)
        if known is None or bridge not in self.bridges or not known.is_answered:
            return False
        known.seat = Seat(muted, coach)
        if known.bridge == bridge:
            await self.seated(known)
            return leg in self.legs
        self.end_playing(known)
        known.music, known.bridge = None, bridge
        return await self.changed(known)

    async def remove(self, bridge: str, leg: str) -> None:
        known = self.legs.get(leg)
        if known is not None and known.bridge == bridge:
            known.bridge, known.seat, known.carried = None, Seat(), Seat()
            await self.changed(known)

    async def destroy(self, bridge: str) -> None:
        ended = self.bridges.pop(bridge, None)
        if ended is None:
            return
        self.announced(ended)
        for name in list(ended.members):
            self.left(ended, name)
        for leg in [leg for leg in self.legs.values() if leg.bridge == bridge]:
            await self.remove(bridge, leg.name)

    async def mute(self, leg: str, *, on: bool) -> None:
        known = self.legs.get(leg)
        if known is not None and known.bridge is not None:
            known.seat = replace(known.seat, muted=on)
            await self.seated(known)

    async def coach(self, leg: str, whom: str | None) -> None:
        known = self.legs.get(leg)
        if known is not None and known.bridge is not None:
            known.seat = replace(known.seat, coach=whom)
            await self.seated(known)

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
        leg = self.legs.get(target)
        if leg is None and target in self.bridges:
            leg = next((one for one in self.legs.values() if one.bridge == target), None)
        if leg is None or not self.recordings.begin(recording, leg.name):
            return
        if leg.bridge is None:
            self.end_playing(leg)
            leg.taping = Taping(recording, max_s, silence_s, beep, finish_on, trim)
            await self.changed(leg)
            return
        await self._record(recording, leg, dual=dual, trim=trim)

    async def record_call(
        self, recording: str, leg: str, *, dual: bool = False, trim: bool = False
    ) -> None:
        known = self.legs.get(leg)
        if known is not None and self.recordings.begin(recording, leg):
            await self._record(recording, known, dual=dual, trim=trim)

    async def _record(self, recording: str, leg: Leg, *, dual: bool, trim: bool) -> None:
        """The carrier records both sides of the call."""
        sid = await self.carrier.record(
            leg.sid,
            recording_channels="dual" if dual else "mono",
            trim="trim-silence" if trim else "do-not-trim",
            recording_status_callback=self.at.recording(recording),
            recording_status_callback_method="POST",
            recording_status_callback_event=["completed", "absent"],
        )
        self.recordings.began(recording, leg.sid, sid)

    async def stop_recording(self, recording: str) -> None:
        for leg in self.legs.values():
            if leg.taping is not None and leg.taping.name == recording:
                leg.taping = None
                await self.changed(leg)
                return
        await self.recordings.stop(recording)

    async def fetch_recording(self, recording: str) -> bytes:
        return await self.recordings.fetch(recording)

    async def delete_recording(self, recording: str) -> None:
        await self.recordings.delete(recording)


def _login(auth: SipAuth | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"sip_auth_username": auth.username, "sip_auth_password": auth.password}


def _with_headers(uri: str, headers: Mapping[str, str]) -> str:
    """SIP addresses and clients are told more in their own addresses; numbers cannot be."""
    if not headers or not uri.startswith(("sip:", "sips:", "client:")):
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(dict(headers))}"
