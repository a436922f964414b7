"""The provider `asterisk`: the port of voice, carried out by an Asterisk over ARI.

Names of legs, bridges and recordings are ours wherever we make the thing, so that after a restart of
ours everything is found again in Asterisk's own lists. While the event connection is away calls go
on; when it is back, the list tells who ended meanwhile. What an event says is believed once: a second or
late one changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pointsman.voice.addresses import Routes, caller_of
from pointsman.voice.asterisk.ari import Ari, AriSettings, Asking, Unreachable
from pointsman.voice.asterisk.legs import Leg, Legs, cause_of
from pointsman.voice.asterisk.playing import Players
from pointsman.voice.asterisk.recordings import Recordings
from pointsman.voice.asterisk.rooms import Rooms, is_inner
from pointsman.voice.asterisk.survey import OURS, seen_in, survey
from pointsman.voice.pace import Pace, Timer
from pointsman.voice.provider import (
    Cause,
    Digit,
    EventSink,
    LegEnded,
    Media,
    NotOffered,
    ProviderDown,
    ProviderGone,
    ProviderUp,
    SipAuth,
)
from pointsman.voice.sounds import Sounds

__all__ = ["AsteriskProvider"]

_ALWAYS = "bridge bridge_digits coach digits hold_music play record say sip survives_restart"
FIRST_RETRY_MS, LONGEST_RETRY_MS = 500, 15_000
KEY_WAIT_MS = 500
UNHEARD = "It ended while Asterisk could not be heard"


class AsteriskProvider:
    """One Asterisk."""

    name = "asterisk"

    def __init__(self, settings: AriSettings, routes: Routes, sounds: Sounds, pace: Pace) -> None:
        self._app = settings.app
        self._ari = Ari(settings)
        self._asking = Asking(self._ari)
        self._routes = routes
        self._pace = pace
        self._legs = Legs()
        self._rooms = Rooms(self._asking, self._legs, settings.app)
        self._recordings = Recordings(self._asking, self._legs, self._app)
        self._players = Players(self._asking, sounds, pace, self._legs)
        self._retry: Timer | None = None
        self._failures = 0
        self._stopping = False
        self._first: asyncio.Future[frozenset[str]] | None = None
        """While it starts: the legs that live, told to who started it rather than as an event."""

    @property
    def capabilities(self) -> frozenset[str]:
        client = ["client"] if self._routes.client_uri else []
        return frozenset([*_ALWAYS.split(), *client])

    async def start(self, sink: EventSink) -> frozenset[str]:
        """Connect; an Asterisk that is not there yet is waited for."""
        self._legs.sink = sink
        first: asyncio.Future[frozenset[str]] = asyncio.get_running_loop().create_future()
        self._first = first
        self._pace.spawn(self._listen())
        return await first

    async def stop(self) -> None:
        """Let go; calls live on."""
        self._stopping = True
        if self._retry is not None:
            self._retry.cancel()
        await self._ari.close()

    # --- legs ----------------------------------------------------------------------------------

    async def answer(self, leg: str) -> None:
        if self._legs.get(leg) is not None:
            await self._asking.post(f"/channels/{leg}/answer")

    async def reject(self, leg: str, *, busy: bool) -> None:
        known = self._legs.get(leg)
        if known is not None and not known.is_answered and not known.is_ours:
            cause = Cause.BUSY if busy else Cause.FAILED
            await self._end(known, cause, reason="busy" if busy else "congestion")

    async def hangup(self, leg: str) -> None:
        known = self._legs.get(leg)
        if known is not None:
            await self._end(known, Cause.COMPLETED if known.is_answered else Cause.CANCELED)

    async def _end(self, leg: Leg, cause: Cause, **how: str) -> None:
        leg.wanted = leg.wanted or cause
        await self._asking.delete(f"/channels/{leg.name}", **how)

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
        if auth is not None:
            raise NotOffered("sip_auth: user and password belong into Asterisk's configuration")
        endpoint = self._routes.uri(to)
        if endpoint is None:
            self._legs.tell(LegEnded(leg, Cause.FAILED, reason=f"There is no route to {to}"))
            return
        known = self._legs.live[leg] = Leg(leg, is_ours=True)
        variables = {f"PJSIP_HEADER(add,{name})": value for name, value in headers.items()}
        how = {"app": self._app, "appArgs": OURS, "channelId": leg, "timeout": timeout_s}
        how |= {"endpoint": endpoint, "callerId": caller_of(from_)}
        if not await self._asking.call(variables, how):
            self._over(known, Cause.FAILED, 0, f"Asterisk does not call {endpoint}")

    async def send_digits(self, leg: str, digits: str) -> None:
        """Keys go out run by run; `w` waits before the next."""
        wait_ms = 0
        for run in digits.replace("W", "w").split("w"):
            if run:
                self._pace.after(wait_ms, partial(self._press, leg, run))
            wait_ms += KEY_WAIT_MS

    def _press(self, leg: str, run: str) -> None:
        if self._legs.get(leg) is not None:
            self._pace.spawn(self._quietly(f"/channels/{leg}/dtmf", dtmf=run))

    # --- playing -------------------------------------------------------------------------------

    async def play(
        self, playback: str, target: str, media: Sequence[Media], *, loop: int = 1
    ) -> None:
        path = self._path(target)
        if path is not None:
            await self._players.play(playback, target, path, media, loop)

    async def stop_playing(self, playback: str) -> None:
        await self._players.stop(playback)

    async def hold_music(self, leg: str, *, on: bool, media: Sequence[Media] = ()) -> None:
        if self._legs.get(leg) is not None:
            await self._players.music(leg, media if on else None)

    # --- bridges -------------------------------------------------------------------------------

    async def create_bridge(self, bridge: str) -> None:
        await self._rooms.create(bridge)

    async def add(
        self, bridge: str, leg: str, *, muted: bool = False, coach: str | None = None
    ) -> bool:
        known = self._legs.get(leg)
        if known is None or bridge not in self._rooms.bridges:
            return False
        await self._players.music(leg, None)
        return await self._rooms.add(bridge, known, coach, muted=muted)

    async def remove(self, bridge: str, leg: str) -> None:
        known = self._legs.get(leg)
        if known is not None and known.bridge == bridge:
            await self._rooms.remove(known)

    async def destroy(self, bridge: str) -> None:
        if bridge in self._rooms.bridges:
            self._players.end_at(bridge)
            self._recordings.end_at(bridge)
            await self._rooms.destroy(bridge)

    async def mute(self, leg: str, *, on: bool) -> None:
        known = self._legs.get(leg)
        if known is not None and known.bridge is not None:
            await self._rooms.mute(known, on=on)

    async def coach(self, leg: str, whom: str | None) -> None:
        known = self._legs.get(leg)
        if known is not None:
            await self._rooms.coach(known, whom)

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
        for wanted, word in ((dual, "record_dual"), (trim, "trim")):
            if wanted:
                raise NotOffered(f"{word}: Asterisk records one channel, as it is")
        path = self._path(target)
        if path is not None:
            longest = {"maxDurationSeconds": max_s, "maxSilenceSeconds": silence_s, "beep": beep}
            await self._recordings.begin(recording, path, target, finish_on, **longest)

    async def record_call(
        self, recording: str, leg: str, *, dual: bool = False, trim: bool = False
    ) -> None:
        if dual or trim:
            raise NotOffered("record_dual, trim: Asterisk records one channel, as it is")
        if self._legs.get(leg) is not None:
            await self._recordings.spy(recording, leg)

    async def stop_recording(self, recording: str) -> None:
        await self._recordings.stop(recording)

    async def fetch_recording(self, recording: str) -> bytes:
        return await self._recordings.fetch(recording)

    async def delete_recording(self, recording: str) -> None:
        await self._recordings.delete(recording)

    # --- the connection ------------------------------------------------------------------------

    def _path(self, target: str) -> str | None:
        """Asterisk's path of a leg or a bridge that is there."""
        if self._legs.get(target) is not None:
            return f"/channels/{target}"
        return f"/bridges/{target}" if target in self._rooms.bridges else None

    async def _listen(self) -> None:
        """Hear first and look then, so that nothing happens unseen in between."""
        try:
            reason = await self._ari.listen(self._opened, self._hear)
        except Unreachable as problem:
            reason = str(problem)
        if not self._stopping:
            self._down(reason)

    def _down(self, reason: str) -> None:
        """Told once until it is up again; then the next attempt, later each time."""
        if self._failures == 0:
            self._legs.tell(ProviderDown(reason))
        self._started_with(frozenset())
        wait_ms = min(FIRST_RETRY_MS << min(self._failures, 6), LONGEST_RETRY_MS)
        self._failures += 1
        self._retry = self._pace.after(wait_ms, self._again)

    def _again(self) -> None:
        self._pace.spawn(self._listen())

    def _opened(self) -> None:
        self._pace.spawn(self._take_up())

    async def _take_up(self) -> None:
        with contextlib.suppress(ProviderGone):  # then the event connection ends, too
            legs = await self._survey()
            self._failures = 0
            if not self._started_with(legs):
                self._legs.tell(ProviderUp(legs))

    def _started_with(self, legs: frozenset[str]) -> bool:
        """Answer `start`; whether it was still waiting for that."""
        first, self._first = self._first, None
        if first is None:
            return False
        if not first.done():
            first.set_result(legs)
        return True

    async def _survey(self) -> frozenset[str]:
        """Take up what Asterisk says is there; gives back the names of our legs."""
        found = survey(
            self._app, await self._asking.get("/channels"), await self._asking.get("/bridges")
        )
        for leg in [leg for leg in self._legs.live.values() if leg.name not in found.legs]:
            self._over(leg, cause_of(0, leg), 0, UNHEARD)
        self._rooms.bridges |= found.bridges
        for name, seen in found.legs.items():
            self._legs.see(seen)
            if name in found.where:
                self._legs.live[name].bridge = found.where[name]
        return frozenset(found.legs)

    # --- what is heard -------------------------------------------------------------------------

    def _hear(self, event: dict[str, Any]) -> None:
        heard = _HEARD.get(event.get("type", ""))
        if heard is not None:
            heard(self, event)

    def _of(self, event: dict[str, Any]) -> Leg | None:
        return self._legs.get(event["channel"]["id"])

    def _entered(self, event: dict[str, Any]) -> None:
        """StasisStart: a caller, or a phone of ours that was answered."""
        channel, leg = event["channel"], self._of(event)
        if OURS in event.get("args", ()):
            if leg is not None:
                self._legs.answered(leg)
        elif leg is None and not is_inner(channel["id"]):
            self._legs.see(seen_in(channel))

    def _changed(self, event: dict[str, Any]) -> None:
        leg, state = self._of(event), event["channel"]["state"]
        if leg is not None and leg.is_ours and state == "Ringing":
            self._legs.rings(leg)
        elif leg is not None and not leg.is_ours and state == "Up":
            self._legs.answered(leg)

    def _destroyed(self, event: dict[str, Any]) -> None:
        leg = self._of(event)
        if leg is not None:
            code = int(event.get("cause", 0))
            self._over(leg, cause_of(code, leg), code, event.get("cause_txt", ""))

    def _over(self, leg: Leg, cause: Cause, code: int, reason: str) -> None:
        """A leg ended: what was played to it, recorded of it, and its place in a bridge end before."""
        self._players.end_at(leg.name)
        self._recordings.end_at(leg.name)
        if leg.coaches is not None:
            self._pace.spawn(self._forget_spy(leg))
        self._legs.leaves(leg)
        del self._legs.live[leg.name]
        self._legs.tell(LegEnded(leg.name, cause, code, reason))

    async def _forget_spy(self, leg: Leg) -> None:
        with contextlib.suppress(ProviderGone):
            await self._rooms.stop_whispering(leg)

    def _joined(self, event: dict[str, Any]) -> None:
        leg, bridge = self._of(event), event["bridge"]["id"]
        if leg is not None and not is_inner(bridge):
            self._legs.joins(leg, bridge)

    def _left(self, event: dict[str, Any]) -> None:
        leg = self._of(event)
        # Who begins to coach is taken out of the bridge, and is still told as in it.
        if leg is not None and leg.bridge == event["bridge"]["id"] and leg.coaches is None:
            self._legs.leaves(leg)

    def _pressed(self, event: dict[str, Any]) -> None:
        leg = self._of(event)
        if leg is not None:
            self._legs.tell(Digit(leg.name, event["digit"]))
            for recording in self._recordings.pressed(leg.name, event["digit"]):
                self._pace.spawn(self._quietly(f"/recordings/live/{recording}/stop"))

    async def _quietly(self, path: str, **params: object) -> None:
        with contextlib.suppress(ProviderGone):
            await self._asking.post(path, **params)

    def _played(self, event: dict[str, Any]) -> None:
        playback = event["playback"]
        self._players.finished(playback["id"], failed=playback.get("state") == "failed")

    def _recorded(self, event: dict[str, Any]) -> None:
        recording = event["recording"]
        failed = event["type"] == "RecordingFailed"
        error = recording.get("cause", "Asterisk could not record it") if failed else ""
        self._recordings.ended(recording["name"], recording.get("duration", 0), error)


_HEARD = {
    "StasisStart": AsteriskProvider._entered,
    "ChannelStateChange": AsteriskProvider._changed,
    "ChannelDestroyed": AsteriskProvider._destroyed,
    "ChannelEnteredBridge": AsteriskProvider._joined,
    "ChannelLeftBridge": AsteriskProvider._left,
    "ChannelDtmfReceived": AsteriskProvider._pressed,
    "PlaybackFinished": AsteriskProvider._played,
    "RecordingFinished": AsteriskProvider._recorded,
    "RecordingFailed": AsteriskProvider._recorded,
}
"""All that is listened to; the bulk of Asterisk's events is about variables and passed over."""
