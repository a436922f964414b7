"""Time and chance: the only module that knows either.

`now()` is domain time (epoch milliseconds, may be virtual): everything that routes is told this
time. `wall()` is the machine's clock in seconds: tokens and I/O limits use it. `monotonic()` only
measures spans. A part that has to run on a virtual clock is given an `Ambient`; the functions of
this module are those of the real one. It must not know who asks, nor why.
"""

from __future__ import annotations

import os
import random as chance
import time

__all__ = [
    "REAL",
    "Ambient",
    "VirtualAmbient",
    "monotonic",
    "new_sid",
    "now",
    "random",
    "random_bytes",
    "wall",
]

_TAIL_BITS = 80
_STEP_BITS = 48


class Ambient:
    """The machine's own time and chance."""

    def __init__(self, seed: int | None = None) -> None:
        self._chance = chance.Random(seed if seed is not None else os.urandom(32))
        self._last_value = -1

    def now(self) -> int:
        """Domain time: epoch milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def wall(self) -> float:
        """The machine's clock: epoch seconds, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment; only differences mean anything, and they are never negative."""
        return time.monotonic()

    def new_sid(self, prefix: str) -> str:
        """A new identifier: the prefix and 32 lower-case hex digits, 34 characters for two letters.

        The first 12 digits are domain time, so that rows land beside each other in the store's
        trees; every SID is greater than the one before, also when the clock goes back. It is
        unique, not secret. One thread calls this: the one that runs the engines.
        """
        value = self._last_value + 1 + self._chance.getrandbits(_STEP_BITS)  # a full tail runs over
        moment = self.now() << _TAIL_BITS
        if moment > value:
            value = moment | self._chance.getrandbits(_TAIL_BITS - 1)
        self._last_value = value
        return f"{prefix}{value:032x}"

    def not_before(self, at: int) -> None:
        """SIDs made from now on are later than this moment, at which others were made before a restart."""
        self._last_value = max(self._last_value, (at + 1 << _TAIL_BITS) - 1)

    def random_bytes(self, count: int) -> bytes:
        """Bytes fit for keys and tokens, from the operating system."""
        return os.urandom(count)

    def random(self) -> float:
        """A number in [0, 1), for jitter; not for secrets."""
        return self._chance.random()


class VirtualAmbient(Ambient):
    """Time that stands still until it is set or advanced, and chance from a seed.

    With `machine_wall` only domain time is virtual: tokens and heartbeats of real clients go on
    by the machine's clock.
    """

    def __init__(
        self, start_ms: int = 1_700_000_000_000, *, seed: int = 0, machine_wall: bool = False
    ) -> None:
        super().__init__(seed)
        self._now_ms = start_ms
        self._start_ms = start_ms
        self._machine_wall = machine_wall

    def now(self) -> int:
        return self._now_ms

    def wall(self) -> float:
        return super().wall() if self._machine_wall else self._now_ms / 1000

    def monotonic(self) -> float:
        if self._machine_wall:
            return super().monotonic()
        return max(0.0, (self._now_ms - self._start_ms) / 1000)

    def random_bytes(self, count: int) -> bytes:
        """Bytes from the seed, so that a run can be repeated; never for a real secret."""
        return self._chance.randbytes(count)

    def set(self, now_ms: int) -> None:
        """Make it this moment, be it earlier or later."""
        self._now_ms = now_ms

    def advance(self, span_ms: int) -> int:
        """Let time pass; returns the new moment."""
        assert span_ms >= 0, "time does not pass backwards; use set()"
        self._now_ms += span_ms
        return self._now_ms


REAL = Ambient()
now = REAL.now
wall = REAL.wall
monotonic = REAL.monotonic
new_sid = REAL.new_sid
random_bytes = REAL.random_bytes
random = REAL.random
