"""The life of a worker's live channel, sans-I/O: when to connect, renew the token, hang up, give in.

The rule: a program is never left without a connection, except after a close that is final; and many
programs that lost one server do not come back together. `next` says what to do now, the other methods
tell what happened. Time is an argument, in seconds of a clock that never goes back. No socket is known
here, and no resource.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from pointsman.sdk.errors import (
    ChannelEnded,
    Evicted,
    TokenExpired,
    TokenRefused,
    WorkerDeleted,
    WorkerError,
)

__all__ = ["Connect", "HangUp", "Over", "Renew", "Rest", "Session", "Step"]

SILENCE_S = 60.0
"""The server sends at least a blank frame every 15 seconds."""
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
RENEWAL_LEAD_S = 60.0
"""A token is renewed this long before its end, or when a third of its life is left."""

NORMAL, EXPIRED, REFUSED, DELETED = 1000, 4401, 4403, 4404
EVICTION = "closed by a newer session"


class Connect(NamedTuple):
    """Open a socket; `opened` or `closed` tells what became of it."""


class Renew(NamedTuple):
    """Get another token; `renewed` or `not_renewed` tells what became of it."""


class HangUp(NamedTuple):
    """Close the socket, which says nothing any more; then tell `closed`."""

    reason: str


class Rest(NamedTuple):
    """Nothing to do before this moment, unless something happens."""

    until: float


class Over(NamedTuple):
    """Nothing to do ever again."""

    error: WorkerError


Step = Connect | Renew | HangUp | Rest | Over


class _State(Enum):
    WAITING = auto()
    CONNECTING = auto()
    OPEN = auto()
    OVER = auto()


class Session:
    """One worker's connection, through all its sockets."""

    def __init__(
        self, now: float, life_s: float, random: Callable[[], float], *, renews: bool
    ) -> None:
        """`life_s` is what the first token has left; `renews` says that there may be others."""
        self._random = random
        self._renews = renews
        self._state = _State.WAITING
        self._error: WorkerError | None = None
        self._stale = False
        """The server said that the token expired: connecting again needs another one."""
        self._losses = 0
        self._failures = 0
        self._connect_at = now
        self._heard_at = now
        self._renew_at = math.inf
        self._plan_renewal(now, life_s)

    @property
    def is_open(self) -> bool:
        """Whether frames can arrive now."""
        return self._state is _State.OPEN

    def next(self, now: float) -> Step:
        """What to do at this moment."""
        if self._error is not None:
            return Over(self._error)
        if self._renew_at <= now:
            self._renew_at = math.inf  # until it is told how that went
            return Renew()
        if self._state is _State.WAITING:
            if self._stale or now < self._connect_at:
                return Rest(
                    self._renew_at if self._stale else min(self._connect_at, self._renew_at)
                )
            self._state, self._heard_at = _State.CONNECTING, now
            return Connect()
        silent_at = self._heard_at + SILENCE_S
        if now >= silent_at:
            return HangUp(f"The server was silent for {SILENCE_S:.0f} seconds")
        return Rest(min(silent_at, self._renew_at))

    def opened(self, now: float) -> None:
        """The socket is open."""
        self._state, self._heard_at = _State.OPEN, now

    def heard(self, now: float) -> None:
        """Something arrived, be it a heartbeat."""
        self._heard_at = now

    def settle(self) -> None:
        """The connection proved good: the next loss starts the back-off anew."""
        self._losses = 0

    def closed(self, now: float, code: int, reason: str) -> None:
        """The socket ended, or could not be opened."""
        if self._state is _State.OVER:
            return
        error = _final(code, reason, renews=self._renews)
        if error is not None:
            self.end(error)
            return
        self._state = _State.WAITING
        self._connect_at = now + self._delay(self._losses)
        self._losses += 1
        if code == EXPIRED:
            self._stale = True
            self._renew_at = min(self._renew_at, self._connect_at)

    def renewed(self, now: float, life_s: float) -> None:
        """There is another token."""
        self._stale = False
        self._failures = 0
        self._plan_renewal(now, life_s)

    def not_renewed(self, now: float) -> None:
        """There is none yet; ask again a while later."""
        self._renew_at = now + self._delay(self._failures)
        self._failures += 1

    def end(self, error: WorkerError) -> None:
        """No more connections, for this reason; the first one stands."""
        self._state = _State.OVER
        self._error = self._error or error

    def _plan_renewal(self, now: float, life_s: float) -> None:
        if self._renews:
            lead_s = min(RENEWAL_LEAD_S, life_s / 3)
            self._renew_at = now + max(FIRST_DELAY_S, life_s - lead_s)

    def _delay(self, failures: int) -> float:
        """Full jitter over a span that doubles."""
        return float(self._random() * min(FIRST_DELAY_S * 2**failures, LONGEST_DELAY_S))


def _final(code: int, reason: str, *, renews: bool) -> ChannelEnded | None:
    """The error that a close is, if no other connection can follow it."""
    if code == NORMAL and reason == EVICTION:
        return Evicted(code, reason)
    if code == EXPIRED and not renews:
        return TokenExpired(code, reason)
    kinds: dict[int, type[ChannelEnded]] = {REFUSED: TokenRefused, DELETED: WorkerDeleted}
    return kinds[code](code, reason) if code in kinds else None
