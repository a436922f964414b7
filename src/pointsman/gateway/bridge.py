"""The POST bridge: a command in an envelope → token verified → the api → an answer in an envelope.

Success is always 200 with a JSON body, because the original client takes 201 and 204 for errors; an
error is never 500, which that client neither retries nor reports; and every answer comes within 4 s,
because it gives up after 5 s without telling anybody (docs/live-channel.md). What the command caused
is held back from the sockets until the answer was written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from pointsman.ambient import Ambient
from pointsman.api import Api, Reply, Request
from pointsman.api.errors import Refused
from pointsman.auth import Accounts, AuthError, Token
from pointsman.auth.principal import token_principal
from pointsman.engine.events import Event
from pointsman.gateway.envelope import Envelope, error_bytes, parse, success_bytes
from pointsman.gateway.modern import if_match_of, path_of
from pointsman.gateway.sockets import check_path

__all__ = ["Answer", "Bridge", "Posted", "refusal"]

ANSWER_WITHIN_S = 4.0
_RETRY = {"Retry-After": "1"}

log = logging.getLogger(__name__)


class Posted(Struct, kw_only=True):
    """One POST to a channel, read."""

    named: tuple[str, str] | None
    """Account and channel of the path; None: a modern client's, whose token tells them."""

    body: bytes
    base: str
    ip_address: str | None
    if_match: str | None
    noted: Callable[[tuple[Event, ...]], None]
    """Is told the events that the command made, before anybody else hears of them."""


class Answer(Struct, frozen=True):
    """What is written back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    written: Callable[[], None] | None = None
    """Is to be told when the answer was written."""


class Bridge:
    """Carries the commands of one server's channels to its api."""

    def __init__(
        self,
        api: Api,
        accounts: Accounts,
        ambient: Ambient,
        refresh: Callable[[Token], None],
        saw: Callable[[Token, str, int], None],
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        """`refresh` is told of every token that was verified for its channel, `saw` of the token
        with which a modern client was shown everything up to an event.
        """
        self._api = api
        self._accounts = accounts
        self._ambient = ambient
        self._refresh = refresh
        self._saw = saw
        self._answer_within_s = answer_within_s
        self._calls: set[asyncio.Task[Reply]] = set()

    async def answer(self, posted: Posted) -> Answer:
        """The answer to a POST; a refusal is one too. What takes too long goes on without it."""
        try:
            asked = parse(posted.body)
            token = self._accounts.verify_token(asked.token, self._ambient.wall())
            check_path(token, posted.named, "POST")
        except (Refused, AuthError) as refused:
            return refusal(refused)
        self._refresh(token)
        call = asyncio.create_task(self._api.call(_request(posted, asked, token)))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        await asyncio.wait([call], timeout=self._answer_within_s)
        return self._watched(_answered(call, asked), call, asked, token)

    def _watched(
        self, answer: Answer, call: asyncio.Task[Reply], asked: Envelope, token: Token
    ) -> Answer:
        """The answer; a list that a modern client begins with tells its socket what was shown."""
        seen = call.result().seen if call.done() and answer.status == 200 else None
        if seen is None:
            return answer
        return replace(answer, written=partial(self._saw, token, asked.token, seen))


def refusal(refused: Refused | AuthError) -> Answer:
    """The answer to what was refused before it reached the api."""
    headers = refused.headers if isinstance(refused, Refused) else {}
    body = error_bytes(refused.status, refused.code, refused.message)
    return Answer(refused.status, body, headers)


def _request(posted: Posted, asked: Envelope, token: Token) -> Request:
    return Request(
        method=asked.method,
        path=asked.path if posted.named else path_of(asked),
        params=asked.params,
        principal=token_principal(token),
        base=posted.base,
        view="bridge_l" if posted.named else "bridge_m",
        if_match=posted.if_match if posted.named else if_match_of(asked, token, posted.if_match),
        ip_address=posted.ip_address,
        source="websocket",
        noted=posted.noted,
        idempotency_key=f"{token.channel_sid} {asked.request_id}" if asked.request_id else None,
    )


def _answered(call: asyncio.Task[Reply], asked: Envelope) -> Answer:
    """What became of the call, as the original client can read it."""
    if not call.done():
        return _unavailable("The server is busy; what was asked may still happen")
    if call.cancelled():
        return _unavailable("The server is stopping; please try again")
    fault = call.exception()
    if fault is not None:
        log.error("%s %s failed", asked.method, asked.path, exc_info=fault)
        return _unavailable("The server made a mistake; it was logged")
    reply = call.result()
    if reply.status < 300:
        return Answer(200, success_bytes(asked.event_type, reply.body), _kept(reply))
    told = reply.body or {}
    if reply.status == 500 or "code" not in told:
        return _unavailable(told.get("message", "The server made a mistake"))
    return Answer(
        reply.status, error_bytes(reply.status, told["code"], told["message"]), _kept(reply)
    )


def _unavailable(message: str) -> Answer:
    return Answer(503, error_bytes(503, 20503, message), _RETRY)


def _kept(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name in ("ETag", "Retry-After")}
