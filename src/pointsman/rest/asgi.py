"""REST as a raw ASGI application around `Api`: credentials, bodies, headers, bytes.

One request costs no framework: headers are looked through once, forms are parsed here, JSON is made
by orjson. A body over its limit is refused before it is read. It must not know any operation: paths,
parameters and policies are the api's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from msgspec.structs import replace

from pointsman.ambient import REAL, Ambient
from pointsman.api import Api, Reply, Request, error_reply
from pointsman.api.errors import Refused
from pointsman.auth import AuthError
from pointsman.rest.forms import parse_body, parse_form
from pointsman.rest.rates import Rates

if TYPE_CHECKING:
    from pointsman.api.demo import Demo
    from pointsman.api.rehearsal import Rehearsal
    from pointsman.auth import Accounts, Principal

__all__ = ["Extra", "Rest"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

FORM_LIMIT = 4 * 1024 * 1024
JSON_LIMIT = 2 * 1024 * 1024
BODY_S = 30.0
"""Longest time a body may take to arrive."""
DEMO_PATH = "/pointsman/v1/Demo/Sessions"

_CORS: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag"),
]
_JSON: Headers = [(b"content-type", b"application/json"), *_CORS]
_PREFLIGHT: Headers = [
    *_CORS,
    (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Content-Type, Authorization, If-Match, Idempotency-Key",
    ),
    (b"access-control-max-age", b"86400"),
]
_PICKED = frozenset(
    {b"authorization", b"content-type", b"content-length", b"host", b"if-match"}
    | {b"x-pointsman-demo-key", b"idempotency-key"}
)


class Extra(Protocol):
    """Operations of this server that only some servers have."""

    def offers(self, path: str) -> bool: ...

    async def call(self, request: Request) -> Reply:
        """Carry it out; raises `Refused` or an `AuthError` where it is not possible."""


class Rest:
    """Everything below /v1, and what a demo or a server for tests has below /pointsman/v1."""

    def __init__(
        self,
        api: Api,
        accounts: Accounts,
        *,
        public_url: str = "",
        ambient: Ambient = REAL,
        demo: Demo | None = None,
        rehearsal: Rehearsal | None = None,
        telephony: Sequence[Extra] = (),
        rates: Rates | None = None,
    ) -> None:
        self._api = api
        self._accounts = accounts
        self._public_url = public_url
        self._ambient = ambient
        self._demo = demo
        self._extras = [extra for extra in (rehearsal, *telephony) if extra is not None]
        self._rates = rates or Rates(0, 0, ambient.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["method"] == "OPTIONS" and scope["path"] != DEMO_PATH:
            await _start(send, 204, _PREFLIGHT, b"")
            return
        headers = {name: value for name, value in scope["headers"] if name in _PICKED}
        try:
            reply = await self._answer(scope, headers, receive)
        except (Refused, AuthError) as refusal:
            reply = error_reply(refusal)
            if refusal.status == 401:
                reply.headers["WWW-Authenticate"] = _challenge(headers)
        except _ClientGone:
            return
        await _send(scope, reply, send)

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Reply:
        if scope["path"] == DEMO_PATH and self._demo is not None:
            return await self._session(self._demo, scope, headers, receive)
        _check_length(headers, JSON_LIMIT if _is_json(headers) else FORM_LIMIT)
        principal = self._authenticate(headers)
        standing = self._rates.count(principal)
        try:
            reply = await self._carry_out(scope, headers, receive, principal)
        except (Refused, AuthError) as refusal:
            reply = error_reply(refusal)
        return replace(reply, headers=reply.headers | standing) if standing else reply

    async def _carry_out(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, principal: Principal
    ) -> Reply:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        params = parse_form(scope["query_string"]) if scope["query_string"] else {}
        if method == "POST":
            body = await _body(receive, JSON_LIMIT if _is_json(headers) else FORM_LIMIT)
            params |= parse_body(body, headers.get(b"content-type", b""))
        request = Request(
            method=method,
            path=scope["path"],
            params=params,
            principal=principal,
            base=self._origin(scope, headers),
            if_match=_text(headers.get(b"if-match")),
            idempotency_key=_text(headers.get(b"idempotency-key")),
            ip_address=scope["client"][0] if scope.get("client") else None,
        )
        for extra in self._extras:
            if extra.offers(request.path):
                return await self._api.beside(request, extra.call)
        return await self._api.call(request)

    def _authenticate(self, headers: dict[bytes, bytes]) -> Principal:
        authorization = _text(headers.get(b"authorization"))
        return self._accounts.authenticate(authorization, self._ambient.wall())

    def _origin(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """Where clients reach this server, as the operator or else as the request says."""
        if self._public_url:
            return self._public_url
        host = _text(headers.get(b"host"))
        if not host:
            address, port = scope.get("server") or ("localhost", None)
            host = f"{address}:{port}" if port else address
        return f"{scope['scheme']}://{host}"

    async def _session(
        self, demo: Demo, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> Reply:
        """A demo session. JSON only: a page of another origin cannot send that without asking."""
        _check_length(headers, JSON_LIMIT)
        key = _text(headers.get(b"x-pointsman-demo-key")) or ""
        if scope["method"] == "GET":
            return Reply(200, await demo.workers(key))
        if scope["method"] != "POST":
            raise Refused(405, 20004, "Demo sessions are made with POST", {"Allow": "GET, POST"})
        if not _is_json(headers):
            raise Refused(415, 20001, 'The body has to be JSON such as {"worker": "alice"}')
        params = parse_body(await _body(receive, JSON_LIMIT), headers[b"content-type"])
        return Reply(200, await demo.session(params.get("worker"), key))


class _ClientGone(Exception):
    """The client hung up before its body was complete."""


def _is_json(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-type", b"").lower().startswith(b"application/json")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _too_large(limit: int) -> Refused:
    told = f"The body is larger than {limit} bytes"
    return Refused(413, 20001, told, {"Connection": "close"})


def _check_length(headers: dict[bytes, bytes], limit: int) -> None:
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and (len(length) > 18 or int(length) > limit):
        raise _too_large(limit)


async def _body(receive: Receive, limit: int) -> bytes:
    """The whole body; most come in one piece."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _ClientGone
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        try:
            async with asyncio.timeout(BODY_S):
                body += await _rest_of_body(receive, limit - len(body), limit)
        except TimeoutError as error:
            told = "The body did not arrive in time"
            raise Refused(408, 20001, told, {"Connection": "close"}) from error
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _rest_of_body(receive: Receive, left: int, limit: int) -> bytes:
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        piece = message.get("body", b"")
        left -= len(piece)
        if left < 0:
            raise _too_large(limit)
        pieces.append(piece)
        more = message.get("more_body", False)
    return b"".join(pieces)


def _challenge(headers: dict[bytes, bytes]) -> str:
    """What to authenticate with; after a token no browser should ask for a password."""
    if headers.get(b"authorization", b"").lower().startswith(b"bearer"):
        return 'Bearer error="invalid_token"'
    return 'Basic realm="Pointsman"'


async def _send(scope: Scope, reply: Reply, send: Send) -> None:
    shared = _CORS if reply.body is None else _JSON
    if scope["path"] == DEMO_PATH:  # tokens are for the page of this server, not for any other
        shared = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    content = (reply.content or b"") if reply.body is None else orjson.dumps(reply.body)
    headers = [*shared, *_encoded(reply.headers.items())]
    await _start(send, reply.status, headers, content, head=scope["method"] == "HEAD")


def _encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]


async def _start(
    send: Send, status: int, headers: Headers, content: bytes, *, head: bool = False
) -> None:
    if status != 204:
        headers = [*headers, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else content})
