"""One socket's life, sans-I/O: what to write next, and when to look again.

The rule: frames leave in the order in which they were pushed; a frame that waits for the response
of the POST that caused it (`Hold`) keeps all later ones behind it. Time is an argument, in seconds
of a clock that never goes back; `wake` is called whenever there may be something new to write. This
module knows no socket, no token's text and no other session.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

__all__ = [
    "EVICTED",
    "EXPIRED",
    "HEARTBEAT",
    "STOPPING",
    "TOO_SLOW",
    "Close",
    "Hold",
    "Opening",
    "Session",
]

HEARTBEAT = " "
"""A blank text frame: the clients' watchdogs do not see protocol pings."""
HOLD_S = 0.020
"""Response and socket are two connections that race at the client; measured, 0 ms is not enough."""
EXPIRY_GRACE_S = 120.0
"""A refreshed token reaches the server with the client's next POST, so expiry does not cut at once."""
SNAPSHOT_WITHIN_S = 5.0
"""So long is a modern client waited for that has not asked for what it has to know."""
QUEUE_MAX_LENGTH = 256 * 1024
"""Characters; a task event has a few thousand."""


class Close(Struct, frozen=True):
    """How a socket ends; every close has a reason, because some clients show nothing else."""

    code: int
    reason: str


EVICTED = Close(1000, "closed by a newer session")
STOPPING = Close(1012, "the server is restarting")
EXPIRED = Close(4401, "the token expired")
TOO_SLOW = Close(4408, "the reader is too slow")


class Hold:
    """The frames of one bridge POST wait until 20 ms after its response was written."""

    def __init__(self) -> None:
        self.sessions: set[Session] = set()
        self.free_at: float | None = None

    def release(self, now: float) -> None:
        """The response was written, or given up: the frames may leave soon."""
        self.free_at = now + HOLD_S
        for session in self.sessions:
            session.wake()
        self.sessions.clear()


class _Queued(Struct, frozen=True):
    """A frame on its way, and the event that it tells of."""

    frame: str
    hold: Hold | None
    length: int
    """What it counts against the queue's limit."""
    seq: int
    kept: str | None
    """What is left of it for a client who was shown the event's effect; None: nothing."""


class Opening(Struct, frozen=True, kw_only=True):
    """What a client says when its socket opens, from a token that was verified."""

    account_sid: str
    workspace_sid: str
    channel_sid: str
    token_digest: bytes
    expires_at: float
    """When the token expires, on the sessions' clock."""
    close_existing: bool = False
    after: int | None = None
    """The event after which the client wants its frames; None: it only wants what comes from now on."""
    ip_address: str | None = None
    modern: bool = False
    """Whether the client is the newer SDK, which begins by asking for everything."""


class Session:
    """One open socket. `closing` is set once; after that nothing but the close is written."""

    def __init__(
        self, opening: Opening, now: float, heartbeat_s: float, wake: Callable[[], None]
    ) -> None:
        self.opening = opening
        self.expires_at = opening.expires_at
        self.closing: Close | None = None
        self.wake = wake
        self.queued_length = 0
        self._heartbeat_s = heartbeat_s
        self._sent_at = now
        self._queue: deque[_Queued] = deque()
        self._start: Hold | None = None
        self._seen = 0

    @property
    def is_starting(self) -> bool:
        """Whether the client has not seen yet what it has to know first."""
        return self._start is not None

    def begin(self, frame: str, now: float) -> None:
        """Queue a client's first frame; all others wait until it `saw` what it asks for then."""
        self._append(_Queued(frame, None, 0, 0, None))
        self._start = Hold()
        self._start.free_at = now + SNAPSHOT_WITHIN_S
        self._start.sessions.add(self)
        self._append(_Queued(HEARTBEAT, self._start, 0, 0, None))

    def saw(self, seq: int, now: float) -> None:
        """The client was shown all events up to this one: they are not told any more.

        How its worker is since then is told: he was shown to it before the rest.
        """
        start, self._start = self._start, None
        if start is None:
            return
        self._seen = seq
        self._queue = deque(left for each in self._queue if (left := self._left_of(each)))
        self.queued_length = sum(each.length for each in self._queue)
        start.release(now)

    def push(
        self, frame: str, hold: Hold | None = None, seq: int = 0, kept: str | None = None
    ) -> None:
        """Queue a frame; a reader who lets more than 256 k characters pile up is cut off instead.

        `seq` is the event's, 0 for a frame that tells of none. `kept` is sent in its place to a
        client that was shown the event's effect already.
        """
        if self.closing is not None:
            return
        queued = self._left_of(_Queued(frame, hold, len(frame), seq, kept))
        if queued is None:
            return
        self.queued_length += queued.length
        if self.queued_length > QUEUE_MAX_LENGTH:
            self.close(TOO_SLOW)
            return
        self._append(queued)

    def replay(self, frames: Iterable[tuple[str, Hold | None]]) -> None:
        """Queue what the client missed; these frames are kept in any case, and cost no room here."""
        for frame, hold in frames:
            self._append(_Queued(frame, hold, 0, 0, None))

    def _left_of(self, queued: _Queued) -> _Queued | None:
        """What of a frame is still to be told."""
        if queued.seq == 0 or queued.seq > self._seen:
            return queued
        if queued.kept is None:
            return None
        return replace(queued, frame=queued.kept, length=len(queued.kept))

    def _append(self, queued: _Queued) -> None:
        hold = queued.hold
        self._queue.append(queued)
        if hold is not None and hold.free_at is None:
            hold.sessions.add(self)
        else:
            self.wake()

    def close(self, how: Close) -> None:
        """Close as soon as possible, ahead of all that is queued; the first reason stands."""
        if self.closing is None:
            self.closing = how
            self._queue.clear()
            self.queued_length = 0
            self.wake()

    def next_write(self, now: float) -> str | Close | None:
        """The frame or the close to write now; None: nothing before `wake_at` or a wake-up."""
        if self.closing is None and now >= self.expires_at + EXPIRY_GRACE_S:
            self.close(EXPIRED)
        if self.closing is not None:
            return self.closing
        if self._queue:
            return self._next_frame(now)
        if now >= self._sent_at + self._heartbeat_s:
            self._sent_at = now
            return HEARTBEAT
        return None

    def wake_at(self) -> float:
        """When `next_write` may have something without a wake-up; a held frame's POST wakes it."""
        expiry = self.expires_at + EXPIRY_GRACE_S
        if not self._queue:
            return min(expiry, self._sent_at + self._heartbeat_s)
        hold = self._queue[0].hold
        if hold is None or hold.free_at is None:
            return expiry
        return min(expiry, hold.free_at)

    def _next_frame(self, now: float) -> str | None:
        first = self._queue[0]
        hold = first.hold
        if hold is not None and (hold.free_at is None or now < hold.free_at):
            return None
        self._queue.popleft()
        self.queued_length -= first.length
        self._sent_at = now
        return first.frame
