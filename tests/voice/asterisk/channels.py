"""The channels of the fake Asterisk, and what each of them hears."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

APP = "pointsman"


@dataclass
class Channel:
    name: str
    phone: str
    args: list[str]
    state: str = "Ring"
    exten: str = ""
    in_app: bool = True
    bridge: str | None = None
    muted: bool = False
    music: bool = False
    spies_on: str | None = None
    digits: str = ""
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.name,
            "state": self.state,
            "caller": {"number": self.phone},
            "protocol_id": f"sip-{self.name}",
            "dialplan": {
                "exten": self.exten,
                "app_name": "Stasis" if self.in_app else "",
                "app_data": ",".join([APP, *self.args]),
            },
        }


class World:
    """Who is connected with whom."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.playing: dict[str, tuple[str, str]] = {}
        """Target and files of each playback."""

    def heard_by(self, name: str) -> frozenset[str]:
        """Phones, `music`, or files: what a channel hears now."""
        channel = self.channels[name]
        played = [media for target, media in self.playing.values() if target == name]
        if played:
            return frozenset(played)
        if channel.bridge is None:
            return frozenset({"music"}) if channel.music else frozenset()
        return self.said_in(channel.bridge, without=name)

    def said_in(self, bridge: str, without: str = "") -> frozenset[str]:
        found = {media for target, media in self.playing.values() if target == bridge}
        for other in self.channels.values():
            if other.bridge == bridge and other.name != without and not other.muted:
                if other.spies_on is None:
                    found.add(other.phone)
                else:
                    found |= self._spied(self.channels[other.spies_on])
        for other in self.channels.values():  # whispers into this channel
            if other.spies_on == without and other.bridge is not None:
                found |= {
                    member.phone
                    for member in self.channels.values()
                    if member.bridge == other.bridge and member.spies_on is None
                }
        return frozenset(found)

    def said_on(self, channel: Channel) -> frozenset[str]:
        """What a recording of the channel has: of a spy, all that is said on the one it spies on."""
        if channel.spies_on is None:
            return frozenset({channel.phone})
        watched = self.channels[channel.spies_on]
        return self.heard_by(watched.name) | {watched.phone}

    def _spied(self, on: Channel) -> frozenset[str]:
        heard = self.said_in(on.bridge, without=on.name) if on.bridge else frozenset()
        whispering = {
            member.phone
            for spy in self.channels.values()
            if spy.spies_on == on.name
            for member in self.channels.values()
            if member.bridge == spy.bridge and member.spies_on is None
        }
        return (heard - whispering) | {on.phone}
