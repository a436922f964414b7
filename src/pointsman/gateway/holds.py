"""Which events a bridge POST caused, from their making until they are published.

The POST's `Hold` is noted with the sequence numbers of its events before their commit, and taken
when they are published. Events that were never committed are never published: what is left of a
POST is forgotten a minute after its answer. This module knows no socket and no request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from pointsman.engine.events import Event
from pointsman.gateway.session import Hold

__all__ = ["Holds"]

FORGET_S = 60.0

_Key = tuple[str, int]
"""Workspace and the event's sequence number."""


class Holds:
    """Every event that was made by a bridge POST and is not published yet."""

    def __init__(self) -> None:
        self._holds: dict[_Key, Hold] = {}
        self._left: deque[tuple[float, list[_Key]]] = deque()

    def __len__(self) -> int:
        return len(self._holds)

    def note(self, hold: Hold, events: Iterable[Event]) -> None:
        """These events were made by that POST; they are not published yet."""
        for event in events:
            self._holds[_key(event)] = hold

    def take(self, event: Event) -> Hold | None:
        """The hold of an event that is being published."""
        return self._holds.pop(_key(event), None)

    def release(self, hold: Hold, events: Iterable[Event], now: float) -> None:
        """The POST that made these events was answered, or nobody waits for its answer any more."""
        hold.release(now)
        unpublished = [_key(event) for event in events if _key(event) in self._holds]
        if unpublished:
            self._left.append((now, unpublished))
        while self._left and self._left[0][0] < now - FORGET_S:
            for key in self._left.popleft()[1]:
                self._holds.pop(key, None)


def _key(event: Event) -> _Key:
    return (event.workspace.sid, event.seq)
