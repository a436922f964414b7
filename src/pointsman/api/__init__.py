"""Every operation by name, whoever asks: parameters → command or question → reply.

REST, the live channel's POST bridge and whatever comes later make the same `Api.call`, under the
same policies. Refusals are replies; nothing here knows HTTP's bytes, sockets or files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from pointsman import logs
from pointsman.ambient import REAL, Ambient
from pointsman.api.calls import Call, Redrive, Reply, Request, no_redrive
from pointsman.api.errors import Refused, error_body, no_such_resource, refused
from pointsman.api.held import check_held
from pointsman.api.idempotency import Keep, Ledger
from pointsman.api.operations import Operation, find
from pointsman.api.telephony import NoProvider, Provider
from pointsman.api.windows import Pace, StatisticsLimits
from pointsman.auth import AuthError, authorize
from pointsman.engine.errors import EngineError
from pointsman.engine.records import Actor
from pointsman.runtime import Crashed, Unavailable
from pointsman.store import AnswerRow

if TYPE_CHECKING:
    from pointsman.runtime import Runtime

__all__ = ["Api", "Reply", "Request", "error_reply"]

Act = Callable[[Request], Awaitable[Reply]]
"""What carries a request out."""
LONG_READS = 2
"""So many windows of the past are read at once, so that short questions always find a thread."""


class Api:
    """The operations on one server's workspaces."""

    def __init__(
        self,
        runtime: Runtime,
        telephony: Provider | None = None,
        ambient: Ambient = REAL,
        statistics: StatisticsLimits | None = None,
    ) -> None:
        self._runtime = runtime
        self._telephony = telephony or NoProvider()
        self._ambient = ambient
        self._redrive: Redrive = no_redrive
        self._statistics = statistics or StatisticsLimits()
        self._bulk_pace = Pace(self._statistics.bulk_per_s)
        self._long_reads = asyncio.Semaphore(LONG_READS)
        self._ledger = Ledger(ambient)

    async def start(self) -> None:
        """Take up the idempotency keys of before a restart; the runtime has to be started."""
        now = self._ambient.now()
        self._ledger.load(await self._runtime.history(lambda history: history.answers(now)))

    def redrive_by(self, redrive: Redrive) -> None:
        """From now on dead letters are given to whoever sends callbacks."""
        self._redrive = redrive

    async def call(self, request: Request) -> Reply:
        """Carry the request out; a refusal is a reply with the documented error body."""
        return await self._answered(request, self._call)

    async def beside(self, request: Request, act: Act) -> Reply:
        """Carry out what is no operation of this api by its rules: refusals, and keys that count once."""
        return await self._answered(request, partial(self._once, act))

    async def _answered(self, request: Request, act: Act) -> Reply:
        try:
            return await act(request)
        except EngineError as error:
            return error_reply(refused(error, request.path.removeprefix("/v1")))
        except (Refused, AuthError) as refusal:
            return error_reply(refusal)
        except Unavailable as fault:
            told = str(fault) or "This was not stored; please try again"
            return error_reply(Refused(503, 20503, told, {"Retry-After": "1"}))
        except Crashed:
            return error_reply(Refused(500, 20500, "The server made a mistake; it was logged"))

    async def _call(self, request: Request) -> Reply:
        principal = request.principal
        row, names = find(request.method, request.path, internal=request.view == "bridge_m")
        authorize(principal, request.method, request.path, request.params)
        workspace_sid = names.get("workspace_sid")
        if workspace_sid is not None:
            owner = self._runtime.account_of(workspace_sid)
            if owner != principal.account_sid:
                raise no_such_resource(request.path.removeprefix("/v1"))
        actor = Actor(
            principal.actor_type,
            principal.actor_sid,
            request.source,
            request.ip_address,
            logs.request_id.get() or None,
        )
        call = Call(
            request,
            names,
            actor,
            self._runtime,
            self._ambient,
            self._telephony,
            self._statistics,
            self._bulk_pace,
            self._long_reads,
        )
        call.redrive = self._redrive
        check_held(call)
        if request.method != "GET" and request.idempotency_key:
            return await self._ledger.once(request, partial(self._keeping, row, call))
        return await row.act(call)

    async def _once(self, act: Act, request: Request) -> Reply:
        is_token = request.principal.token is not None  # which the act has to judge each time
        if request.method == "GET" or not request.idempotency_key or is_token:
            return await act(request)

        async def keeping(keep: Keep) -> Reply:
            reply = await act(request)
            self._runtime.note([keep(reply)])
            await self._runtime.history(lambda history: None)
            return reply

        return await self._ledger.once(request, keeping)

    async def _keeping(self, row: Operation, call: Call, keep: Keep) -> Reply:
        """Carry out and keep the reply: with the change, or by itself if nothing was changed."""
        kept = False

        def note(reply: Reply) -> AnswerRow:
            nonlocal kept
            kept = True
            return keep(reply)

        call.keep = note
        reply = await row.act(call)
        if not kept:
            self._runtime.note([keep(reply)])
        return reply


def error_reply(refusal: Refused | AuthError) -> Reply:
    """A refusal as an answer."""
    headers = refusal.headers if isinstance(refusal, Refused) else {}
    body = error_body(refusal.status, refusal.code, refusal.message)
    return Reply(refusal.status, body, headers)
