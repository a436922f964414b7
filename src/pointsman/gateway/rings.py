"""What each channel was sent lately, so that a client who lost its socket can be given the rest.

The rule: after the frame that a client names it is given every later one of its channel, once and in
order, or is told to look for itself (`resync`); never a part. A ring begins with the first client of
its channel that can resume, keeps 10 minutes or 1,000 frames, and ends 10 minutes after the channel's
last socket. All rings together are bounded too: beyond that the oldest frames go, whosoever they are.
Time is an argument, in seconds of a clock that never goes back. This module knows no socket.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import orjson

from pointsman.gateway.session import Hold

__all__ = ["RINGS_LENGTH", "RING_FRAMES", "RING_S", "Kept", "Rings", "resync"]

RING_S = 600.0
RING_FRAMES = 1_000
RINGS_LENGTH = 64 * 1024 * 1024
"""Characters of all rings of a server; a task event has a few thousand."""

Key = tuple[str, str]
"""Account and channel."""
Kept = tuple[str, Hold | None]
"""A frame, and what holds it if the POST that caused it is not answered yet."""


@dataclass(slots=True)
class _Ring:
    workspace_sid: str
    since: int
    """Every frame of the channel after this event is in the ring."""
    frames: deque[tuple[int, str, Hold | None]] = field(default_factory=deque)
    left_at: float | None = None


def resync(seq: int) -> str:
    """The frame that sends a client to look for itself, and to count from this event on."""
    return orjson.dumps({"event_type": "resync", "payload": None, "seq": seq}).decode()


class Rings:
    """The rings of one server."""

    def __init__(
        self, *, frames: int = RING_FRAMES, span_s: float = RING_S, length: int = RINGS_LENGTH
    ) -> None:
        self._most_frames = frames
        self._span_s = span_s
        self._most_length = length
        self._rings: dict[Key, _Ring] = {}
        self._told: dict[str, int] = {}
        self._ages: deque[tuple[float, Key, int]] = deque()
        self._left: deque[tuple[float, Key]] = deque()
        self.length = 0

    def has(self, key: Key) -> bool:
        """Whether frames of this channel are kept, although nobody may listen now."""
        return key in self._rings

    def told(self, workspace_sid: str, seq: int) -> None:
        """Every event of the workspace up to this one was published."""
        self._told[workspace_sid] = seq

    def loaded(self, workspace_sid: str, seq: int) -> bool:
        """The workspace was loaded with its events up to this one; whether some were never published.

        Then its rings have a gap, and whoever listens has missed something.
        """
        known = self._told.get(workspace_sid)
        self._told[workspace_sid] = seq
        if known in (None, seq):
            return False
        for ring in self._rings.values():
            if ring.workspace_sid == workspace_sid:
                self._empty(ring, seq)
        return True

    def keep(self, key: Key, seq: int, frame: str, hold: Hold | None, now: float) -> None:
        """A frame of this channel is published; it is kept if its channel has a ring."""
        ring = self._rings.get(key)
        if ring is None:
            return
        ring.frames.append((seq, frame, hold))
        self.length += len(frame)
        self._ages.append((now, key, seq))
        if len(ring.frames) > self._most_frames:
            self._drop_first(ring)
        self._forget(now)

    def resume(self, key: Key, workspace_sid: str, after: int, now: float) -> list[Kept]:
        """What a client who opens a socket now has missed since the event that it names."""
        self._forget(now)
        told = self._told.get(workspace_sid, 0)
        ring = self._rings.setdefault(key, _Ring(workspace_sid, told))
        ring.left_at = None
        if not ring.since <= after <= told:
            return [(resync(told), None)]
        return [(frame, hold) for seq, frame, hold in ring.frames if seq > after]

    def left(self, key: Key, now: float) -> None:
        """The channel has no socket any more."""
        ring = self._rings.get(key)
        if ring is not None:
            ring.left_at = now
            self._left.append((now, key))

    def returned(self, key: Key) -> None:
        """The channel has a socket again, be it of a client who cannot resume."""
        ring = self._rings.get(key)
        if ring is not None:
            ring.left_at = None

    def end(self, key: Key) -> None:
        """The channel's resource was deleted: nobody can come back."""
        ring = self._rings.pop(key, None)
        if ring is not None:
            self._empty(ring, ring.since)

    def _forget(self, now: float) -> None:
        """Drop what is older than may be, and as much of the oldest as is too much in all."""
        long_ago = now - self._span_s
        while self._ages and (self._ages[0][0] <= long_ago or self.length > self._most_length):
            _, key, seq = self._ages.popleft()
            ring = self._rings.get(key)
            if ring is not None and ring.frames and ring.frames[0][0] == seq:
                self._drop_first(ring)
        while self._left and self._left[0][0] <= long_ago:
            at, key = self._left.popleft()
            ring = self._rings.get(key)
            if ring is not None and ring.left_at == at:
                self.end(key)

    def _drop_first(self, ring: _Ring) -> None:
        seq, frame, _ = ring.frames.popleft()
        ring.since = seq
        self.length -= len(frame)

    def _empty(self, ring: _Ring, since: int) -> None:
        self.length -= sum(len(frame) for _, frame, _ in ring.frames)
        ring.frames.clear()
        ring.since = since
