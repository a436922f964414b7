"""What the provider `twilio` knows of its calls and conferences, and everything that ends by itself.

Each leg has a state, and the carrier comes for the document of it (`documents`): at once when it waits for our
answer anyway, else it is sent for it. What was asked of us is `provider`'s, what the carrier tells is `hooks`'.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from twilio.rest import Client

from pointsman.voice.pace import Pace, Timer
from pointsman.voice.provider import (
    BridgeLeft,
    Cause,
    Event,
    EventSink,
    LegEnded,
    Media,
    PlaybackEnded,
    ProviderDown,
    ProviderGone,
    ProviderUp,
)
from pointsman.voice.sounds import Offload
from pointsman.voice.twilio.carrier import Carrier, Refused
from pointsman.voice.twilio.documents import Addresses
from pointsman.voice.twilio.legs import Bridge, Leg
from pointsman.voice.twilio.recordings import Download, Recordings

__all__ = ["Network"]

log = logging.getLogger(__name__)

RETRY_MS = 30_000


class Network:
    """The calls of one account with the carrier."""

    def __init__(
        self,
        client: Callable[[], Client],
        at: Addresses,
        folder: Path,
        download: Download,
        pace: Pace,
        offload: Offload,
    ) -> None:
        """`client` makes the stock client once there is an event loop; recordings lie in the folder."""
        self._make_client = client
        self._folder = folder
        self._download = download
        self._pace = pace
        self._offload = offload
        self._retry: Timer | None = None
        self._carrier: Carrier | None = None
        self._recordings: Recordings | None = None
        self.at = at
        self.tell: EventSink = lambda event: None
        self.legs: dict[str, Leg] = {}
        self.bridges: dict[str, Bridge] = {}
        self.announcements: dict[str, tuple[tuple[Media, ...], int]] = {}
        """By playback: what is played to a conference."""

    @property
    def carrier(self) -> Carrier:
        assert self._carrier is not None, "it was not started"
        return self._carrier

    @property
    def recordings(self) -> Recordings:
        assert self._recordings is not None, "it was not started"
        return self._recordings

    # --- life ----------------------------------------------------------------------------------

    async def connect(self, sink: EventSink) -> None:
        """Ask the carrier who we are; when it cannot be reached, ask again later. Raises `Refused`."""
        self.tell = sink
        self._carrier = Carrier(self._make_client())
        self._recordings = Recordings(
            self._carrier, self._folder, self._download, self._offload, self._pace, self._pass_on
        )
        await self._reach()

    async def _reach(self) -> None:
        try:
            await self.carrier.reached()
        except ProviderGone as gone:
            self.tell(ProviderDown(str(gone)))
            self._retry = self._pace.after(RETRY_MS, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._pace.spawn(self._again())

    async def _again(self) -> None:
        try:
            await self._reach()
        except Refused as refused:
            log.error("The carrier refuses the account: %s", refused)
            return
        if self._retry is None:
            self.tell(ProviderUp())

    async def disconnect(self) -> None:
        """Tell nothing more and let go."""
        self.tell = lambda event: None
        if self._retry is not None:
            self._retry.cancel()
        if self._carrier is not None:
            await self._carrier.close()

    def _pass_on(self, event: Event) -> None:
        self.tell(event)

    # --- what changed --------------------------------------------------------------------------

    async def changed(self, leg: Leg) -> bool:
        """Have the carrier come for the leg's new document; false when the leg is over."""
        leg.changed.set()
        if leg.asking or not leg.sid or not leg.is_answered:
            return leg.name in self.legs
        return await self.carrier.update(leg.sid, url=self.at.leg(leg.name), method="POST")

    async def seated(self, leg: Leg) -> None:
        """Let the carrier know how a leg takes part in its bridge, if it is in and that is news."""
        bridge = self.bridges.get(leg.bridge or "")
        if bridge is None or leg.name not in bridge.members or leg.seat == leg.carried:
            return
        before, leg.carried = leg.carried, leg.seat
        fields: dict[str, object] = {}
        if before.muted != leg.seat.muted:
            fields["muted"] = leg.seat.muted
        if before.coach != leg.seat.coach:
            coached = self.legs.get(leg.seat.coach or "")
            fields["coaching"] = coached is not None
            if coached is not None:
                fields["call_sid_to_coach"] = coached.sid
        if before.music != leg.seat.music:
            fields["hold"] = bool(leg.seat.music)
            if leg.seat.music:
                fields |= {"hold_url": leg.seat.music, "hold_method": "GET"}
        await self.carrier.seat(bridge.sid, leg.sid, **fields)

    # --- what is over --------------------------------------------------------------------------

    def end(self, leg: Leg, cause: Cause, code: int = 0, reason: str = "") -> None:
        """A leg is gone; told once."""
        if self.legs.pop(leg.name, None) is None:
            return
        leg.changed.set()
        self.end_playing(leg)
        self.recordings.end_at(leg.name)
        bridge = self.bridges.get(leg.bridge or "")
        if bridge is not None:
            self.left(bridge, leg.name)
        self.tell(LegEnded(leg.name, cause, code, reason))

    def left(self, bridge: Bridge, leg: str) -> None:
        """A leg is out of a bridge; told once."""
        if bridge.members.pop(leg, None) is not None:
            self.tell(BridgeLeft(bridge.name, leg))

    def played(self, leg: Leg, playback: str) -> None:
        """A round of what is played to a leg was heard."""
        playing = leg.playing
        if playing is not None and playing.name == playback and not playing.next_round():
            self.end_playing(leg)

    def end_playing(self, leg: Leg) -> None:
        """What is played to a leg is over."""
        playing, leg.playing = leg.playing, None
        if playing is not None:
            self.tell(PlaybackEnded(playing.name))

    def announced(self, bridge: Bridge, error: str = "") -> None:
        """What is played to all of a bridge is over."""
        playback, bridge.announcing = bridge.announcing, ""
        if self.announcements.pop(playback, None) is not None:
            self.tell(PlaybackEnded(playback, error))
