"""Bridges of the provider `asterisk`: who is in which, muted or whispering.

Who coaches hears and whispers through a spy channel on the one he coaches, in a bridge of their own; to the
outside he is in the bridge where he was put.
"""

from __future__ import annotations

from pointsman.voice.asterisk.ari import Asking
from pointsman.voice.asterisk.legs import Leg, Legs

__all__ = ["SPY", "Rooms", "is_inner"]

SPY, _WHISPERS = "-spy", "-whispers"


def is_inner(name: str) -> bool:
    """Whether a channel or bridge is one of those that exist for whispering or recording only."""
    return name.endswith((SPY, _WHISPERS))


class Rooms:
    """The bridges that we made."""

    def __init__(self, asking: Asking, legs: Legs, app: str) -> None:
        self._asking = asking
        self._legs = legs
        self._app = app
        self.bridges: set[str] = set()

    async def create(self, bridge: str) -> None:
        self.bridges.add(bridge)
        await self._asking.post(f"/bridges/{bridge}", type="mixing")

    async def add(self, bridge: str, leg: Leg, coach: str | None, *, muted: bool) -> bool:
        if leg.bridge == bridge:
            await self.coach(leg, coach)
            await self.mute(leg, on=muted)
            return True
        if leg.bridge is not None:
            await self.remove(leg)
        if coach is None:
            path = f"/bridges/{bridge}/addChannel"
            added = await self._asking.post(path, channel=leg.name)
        else:
            added = await self._whisper(leg, bridge, coach)
        if added and muted:
            await self.mute(leg, on=True)
        return added

    async def remove(self, leg: Leg) -> None:
        """Take it out of its bridge; its muting and coaching end."""
        bridge = leg.bridge
        await self.mute(leg, on=False)
        if leg.coaches is None:
            await self._asking.post(f"/bridges/{bridge}/removeChannel", channel=leg.name)
        else:
            await self.stop_whispering(leg)
            self._legs.leaves(leg)

    async def destroy(self, bridge: str) -> None:
        self.bridges.discard(bridge)
        for leg in [leg for leg in self._legs.live.values() if leg.bridge == bridge]:
            await self.remove(leg)
        await self._asking.delete(f"/bridges/{bridge}")

    async def mute(self, leg: Leg, *, on: bool) -> None:
        if leg.is_muted != on:
            leg.is_muted = on
            how = self._asking.post if on else self._asking.delete
            await how(f"/channels/{leg.name}/mute", direction="in")

    async def coach(self, leg: Leg, whom: str | None) -> None:
        """Let only one hear a leg of a bridge, or everybody again."""
        if leg.bridge is None or leg.coaches == whom:
            return
        bridge, was_open = leg.bridge, leg.coaches is None
        await self.stop_whispering(leg)
        if whom is None:
            await self._asking.post(f"/bridges/{bridge}/addChannel", channel=leg.name)
            return
        leg.coaches = whom  # before it leaves the bridge, so that nobody is told that it left
        if was_open:
            await self._asking.post(f"/bridges/{bridge}/removeChannel", channel=leg.name)
        await self._whisper(leg, bridge, whom)

    async def stop_whispering(self, leg: Leg) -> None:
        if leg.coaches is not None:
            leg.coaches = None
            await self._asking.delete(f"/bridges/{leg.name}{_WHISPERS}")
            await self._asking.delete(f"/channels/{leg.name}{SPY}")

    async def _whisper(self, leg: Leg, bridge: str, whom: str) -> bool:
        leg.coaches = whom
        spy, room = leg.name + SPY, leg.name + _WHISPERS
        snoop = f"/channels/{whom}/snoop/{spy}"
        made = await self._asking.post(snoop, spy="both", whisper="out", app=self._app)
        if made:
            await self._asking.post(f"/bridges/{room}", type="mixing")
            path = f"/bridges/{room}/addChannel"
            if await self._asking.post(path, channel=f"{leg.name},{spy}"):
                self._legs.joins(leg, bridge)
                return True
        await self.stop_whispering(leg)
        return False
