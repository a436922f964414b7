"""What only a server for tests has, below /pointsman/v1: its clock, and the way back to its beginning.

Offered with `pointsman serve --virtual-clock` alone; any account or API key of the server may use
it, a token may not. How time is moved is the clock's to know.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import to_builtins

from pointsman.api.calls import Reply, Request
from pointsman.api.clock import VirtualClock
from pointsman.api.errors import Refused
from pointsman.api.planting import Planted, plant
from pointsman.auth import Accounts, authorize
from pointsman.engine.commands import DeleteWorkspace
from pointsman.engine.errors import NotFound
from pointsman.engine.records import Actor
from pointsman.runtime import Runtime, Unavailable
from pointsman.seed import SeedError, SeedWorkspace
from pointsman.wire.values import iso

__all__ = ["CLOCK_PATH", "RESET_PATH", "Rehearsal"]

CLOCK_PATH = "/pointsman/v1/Clock"
RESET_PATH = "/pointsman/v1/Reset"
LONGEST_ADVANCE_S = 10 * 366 * 86_400


class Rehearsal:
    """The operations of a server for tests."""

    def __init__(
        self,
        runtime: Runtime,
        accounts: Accounts,
        clock: VirtualClock,
        account_sid: str = "",
        seed: Callable[[], SeedWorkspace] | None = None,
    ) -> None:
        """`seed` reads what the account's workspace is to be; without it there is none to begin with."""
        self._runtime = runtime
        self._accounts = accounts
        self._clock = clock
        self._account_sid = account_sid
        self._seed = seed
        self._resetting = asyncio.Lock()
        self._acts: dict[str, dict[str, Callable[[Request], Awaitable[Reply]]]] = {
            CLOCK_PATH: {"GET": self._tell, "POST": self._advance},
            RESET_PATH: {"POST": self._reset},
        }

    async def prepare(self) -> None:
        """Begin where the workspaces are, or with the seed where there are none.

        Raises `SeedError` when the seed cannot be used.
        """
        workspace_sids = self._workspace_sids()
        await self._clock.catch_up(workspace_sids)
        if not workspace_sids:
            await self._plant()

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

    async def _reset(self, request: Request) -> Reply:
        """Delete every workspace and make the seed's anew; time stays where it is."""
        async with self._resetting:
            for workspace_sid in self._workspace_sids():
                owner = self._runtime.account_of(workspace_sid)
                command = DeleteWorkspace(actor=Actor("account", owner or self._account_sid))
                with contextlib.suppress(NotFound):
                    await self._runtime.execute(workspace_sid, command, lambda state, outcome: None)
            try:
                planted = await self._plant()
            except SeedError as problem:
                raise Refused(400, 20001, str(problem)) from problem
        return Reply(200, {**self._time(), "workspace": planted and to_builtins(planted)})

    async def _plant(self) -> Planted | None:
        if self._seed is None:
            return None
        return await plant(self._runtime, self._account_sid, self._seed())

    def _workspace_sids(self) -> list[str]:
        found = (self._runtime.workspaces_of(one.sid) for one in self._accounts.all())
        return [workspace_sid for sids in found for workspace_sid in sids]

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
