"""What only a server for tests has: its clock, below /pointsman/v1.

Offered with `pointsman serve --virtual-clock` alone; any account or API key of the server may use
it, a token may not. How time is moved is the clock's to know.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

from pointsman.api.calls import Reply, Request
from pointsman.api.clock import VirtualClock
from pointsman.api.errors import Refused
from pointsman.auth import authorize
from pointsman.runtime import Unavailable
from pointsman.wire.values import iso

__all__ = ["CLOCK_PATH", "Rehearsal"]

CLOCK_PATH = "/pointsman/v1/Clock"
LONGEST_ADVANCE_S = 10 * 366 * 86_400


class Rehearsal:
    """The operations of a server for tests."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._acts: dict[str, dict[str, Callable[[Request], Awaitable[Reply]]]] = {
            CLOCK_PATH: {"GET": self._tell, "POST": self._advance},
        }

    def offers(self, path: str) -> bool:
        """Whether requests for this path come here."""
        return path in self._acts

    async def call(self, request: Request) -> Reply:
        """Carry it out; raises `Refused` or an `AuthError` where it is not possible."""
        authorize(request.principal, request.method, request.path, request.params)
        acts = self._acts[request.path]
        act = acts.get(request.method)
        if act is None:
            allowed = ", ".join(acts)
            told = f"{request.method} is not possible here; {allowed} is"
            raise Refused(405, 20004, told, {"Allow": f"{allowed}, OPTIONS"})
        try:
            return await act(request)
        except Unavailable as fault:
            raise Refused(503, 20503, str(fault), {"Retry-After": "1"}) from fault

    async def _tell(self, request: Request) -> Reply:
        return Reply(200, self._time())

    async def _advance(self, request: Request) -> Reply:
        await self._clock.advance(_span_ms(request.params.get("advance_s")))
        return Reply(200, self._time())

    def _time(self) -> dict[str, Any]:
        """The moment, and the one at which something will happen by itself."""
        at, due = self._clock.now, self._clock.next_at()
        return {"now": iso(at), "now_ms": at, "next_due_ms": due}


def _span_ms(advance_s: Any) -> int:
    """Whole milliseconds; text that is a number counts as one."""
    try:
        seconds = math.nan if isinstance(advance_s, bool) else float(advance_s)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_ADVANCE_S:  # also refuses NaN
        told = f"advance_s has to be a number of seconds from 0 to {LONGEST_ADVANCE_S}"
        raise Refused(400, 20001, told)
    return round(seconds * 1000)
