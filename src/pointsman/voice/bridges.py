"""Calls that hear each other, two by two: connected, recorded if that is wanted, and parted.

A bridge is over when one of its calls leaves: by its end, by a redirect, or because whoever connected
them ends it. Conferences are `rooms`'.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pointsman.voice.lines import Bridge, Line
from pointsman.voice.provider import ProviderGone
from pointsman.voice.recordings import Recording

if TYPE_CHECKING:
    from pointsman.voice.exchange import Exchange

__all__ = ["Bridges"]


class Bridges:
    """The bridges of one server."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._bridges: dict[str, Bridge] = {}

    async def connect(
        self, first: Line, second: Line, *, record: bool = False, **recording: Any
    ) -> Bridge | None:
        """Let two calls hear each other, recorded as `recording` says; None when one has ended by now.

        The end of the bridge is told to them once `Bridge.make` said that it counts.
        """
        exchange = self._exchange
        sid = exchange.ambient.new_sid("BR")
        bridge = Bridge(sid, (first, second), None)
        self._bridges[sid] = bridge
        await exchange.quiet(first)
        await exchange.quiet(second)
        with contextlib.suppress(ProviderGone):
            await exchange.provider.create_bridge(sid)
            for line in bridge.lines:
                if not await exchange.provider.add(sid, line.call.leg) or bridge.is_over:
                    break
            else:
                if record:
                    made = await exchange.recorder.record(
                        second, target=sid, source="DialVerb", **recording
                    )
                    bridge.recording_sid = made.sid
                for line in bridge.lines:
                    exchange.update(line, bridge=sid)
                return bridge
        await self.disconnect(bridge)
        return None

    async def disconnect(self, bridge: Bridge) -> None:
        """End the bridge; its calls go on, each told that the talk is over."""
        exchange = self._exchange
        if self._bridges.pop(bridge.sid, None) is None:
            return
        bridge.is_over = True
        for line in bridge.lines:
            exchange.update(line, bridge="")
        if bridge.recording_sid is not None:
            await exchange.recorder.stop(bridge.recording_sid)
        await exchange.attempt(exchange.provider.destroy(bridge.sid))
        if bridge.is_made:
            bridge.tell_over()

    def restore(self, lines: Iterable[Line], recordings: Iterable[Recording]) -> None:
        """Bridges of before a restart, with those who are still there."""
        by_sid: dict[str, list[Line]] = {}
        for line in lines:
            by_sid.setdefault(line.call.bridge, []).append(line)
        for sid, there in by_sid.items():
            if sid and len(there) == 2:
                first, second = there
                sids = {line.sid for line in there}
                made = (one.sid for one in recordings if one.call_sid in sids)
                self._bridges[sid] = Bridge(sid, (first, second), next(made, None))
                self._bridges[sid].is_made = True

    def of(self, line: Line) -> list[Bridge]:
        """Those that the call is in."""
        return [bridge for bridge in self._bridges.values() if line in bridge.lines]

    async def part(self, line: Line) -> None:
        """Take the call out of whatever bridge it is in."""
        for bridge in self.of(line):
            await self.disconnect(bridge)

    def lose(self, line: Line) -> None:
        """The call has ended."""
        for bridge in self.of(line):
            bridge.is_over = True
            self._exchange.spawn(self.disconnect(bridge))
