"""What there is at Asterisk, read out of its own lists: our legs, our bridges, and who is in which. Pure.

A leg is ours when it is in our application, or when it has a name of ours: one that we call is in no
application before it was answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from pointsman.voice.addresses import address_of
from pointsman.voice.asterisk.legs import Seen
from pointsman.voice.asterisk.rooms import is_inner

__all__ = ["OURS", "Found", "seen_in", "survey"]

OURS = "called"
"""The argument by which our application knows the channels that it made itself."""
CALLED = "CA"
"""Names of legs that we call begin so; Asterisk's own do not."""


class Found(Struct, frozen=True):
    """All that is ours."""

    legs: Mapping[str, Seen]
    bridges: frozenset[str]
    where: Mapping[str, str]
    """The bridge of each leg that is in one."""


def survey(
    app: str, channels: Iterable[Mapping[str, Any]], bridges: Iterable[Mapping[str, Any]]
) -> Found:
    """Read Asterisk's lists of channels and bridges."""
    seen = {
        channel["id"]: seen_in(channel)
        for channel in channels
        if not is_inner(channel["id"])
        and (_arguments(channel)[:1] == [app] or channel["id"].startswith(CALLED))
    }
    ours = [bridge for bridge in bridges if not is_inner(bridge["id"])]
    where = {
        name: bridge["id"] for bridge in ours for name in bridge.get("channels", ()) if name in seen
    }
    return Found(seen, frozenset(bridge["id"] for bridge in ours), where)


def seen_in(channel: Mapping[str, Any]) -> Seen:
    """What Asterisk shows of a channel."""
    name, arguments = channel["id"], _arguments(channel)
    return Seen(
        name,
        is_ours=OURS in arguments or name.startswith(CALLED),
        # One that we called can be connected only when it is in the application.
        is_answered=channel.get("state") == "Up" and bool(arguments),
        rings=channel.get("state") == "Ringing",
        from_=address_of(channel.get("caller", {}).get("number", "")),
        to=address_of(channel.get("dialplan", {}).get("exten", "")),
        sip_call_id=channel.get("protocol_id", ""),
    )


def _arguments(channel: Mapping[str, Any]) -> list[str]:
    """What the channel's Stasis application was started with: its name first; nothing for others."""
    dialplan = channel.get("dialplan", {})
    return (
        str(dialplan.get("app_data", "")).split(",") if dialplan.get("app_name") == "Stasis" else []
    )
