"""What goes in and out of the api: a request without its protocol, a reply without its bytes.

Whoever asks (REST, the live channel's POST bridge) makes a `Request` and gets a `Reply`. A `Call`
is one request on its way through the table of operations, with what it may use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from pointsman.api.errors import Refused, no_such_resource
from pointsman.api.params import Params
from pointsman.engine.commands import Command
from pointsman.engine.events import Event
from pointsman.engine.records import Actor
from pointsman.engine.state import State
from pointsman.wire.outbox import Callback

if TYPE_CHECKING:
    from pointsman.ambient import Ambient
    from pointsman.api.idempotency import Keep
    from pointsman.api.telephony import Provider
    from pointsman.api.windows import Pace, StatisticsLimits
    from pointsman.auth import Principal
    from pointsman.engine.engine import Outcome
    from pointsman.runtime import Runtime

__all__ = ["Call", "Redrive", "Reply", "Request", "no_redrive"]


class Request(Struct, kw_only=True):
    """One request, whoever carried it; `path` begins with /v1, `params` are those of its method."""

    method: str
    path: str
    params: Params
    principal: Principal
    base: str
    """Public scheme and host, for links."""
    view: Literal["rest", "bridge_l", "bridge_m"] = "rest"
    if_match: str | None = None
    ip_address: str | None = None
    source: Literal["api", "websocket"] = "api"
    idempotency_key: str | None = None
    """Of anything but a GET: with the same key it is carried out once."""
    noted: Callable[[tuple[Event, ...]], None] | None = None
    """Is told the events that the request makes, before they are committed or published."""


class Reply(Struct):
    """An answer: `body` is JSON to be, or None for an empty one."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)
    seen: int | None = None
    """Of a list that a client begins with: the last event that it already shows."""
    content: bytes | None = None
    """A file instead of a body; `headers` tell its type."""


Redrive = Callable[[Callback], Callback]
"""Has a dead letter sent again, and gives it back as it is owed now."""


def no_redrive(letter: Callback) -> Callback:
    """Of a server that sends no callbacks."""
    raise Refused(503, 20503, "This server sends no callbacks")


class Call(Struct):
    """A request that has found its operation; `names` are the variable parts of its path."""

    request: Request
    names: dict[str, str]
    actor: Actor
    runtime: Runtime
    ambient: Ambient
    telephony: Provider
    statistics: StatisticsLimits
    bulk_pace: Pace
    long_reads: asyncio.Semaphore
    keep: Keep | None = None
    """Of a request with an idempotency key: makes the row that keeps its reply."""

    redrive: Redrive = no_redrive

    async def execute(self, command: Command, render: Callable[[State, Outcome], Reply]) -> Reply:
        """What `render` says of the command's outcome in the moment of the change."""
        noted = self.request.noted
        if noted is None:
            return await self.runtime.execute(self.workspace_sid, command, render, self.keep)

        def told(state: State, outcome: Outcome) -> Reply:
            noted(outcome.events)
            return render(state, outcome)

        return await self.runtime.execute(self.workspace_sid, command, told, self.keep)

    @property
    def params(self) -> Params:
        return self.request.params

    @property
    def workspace_sid(self) -> str:
        return self.names["workspace_sid"]

    @property
    def origin(self) -> str:
        return self.request.base

    @property
    def own_names(self) -> dict[str, str]:
        """The parts of the path below the workspace: fields of commands have the same names."""
        return {name: value for name, value in self.names.items() if name != "workspace_sid"}

    @property
    def if_match(self) -> int | None:
        """The version that the client saw; `*` and no header mean any."""
        tag = self.request.if_match
        if tag is None or tag.strip() in ("", "*"):
            return None
        digits = tag.strip().removeprefix("W/").strip('"')
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            raise Refused(412, 20412, f"If-Match {tag} is not a version of this resource")
        return int(digits)

    def missing(self) -> Refused:
        """404 for what the path names."""
        return no_such_resource(self.request.path.removeprefix("/v1"))
