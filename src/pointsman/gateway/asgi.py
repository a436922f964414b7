"""The little of ASGI that the live channel needs: read a bounded body, send JSON.

Every answer carries the headers that let a page of any origin read it, errors too: clients send
"simple" requests with a token in the body and no cookies, so there is nothing an origin could
borrow. This module knows no channel and no token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

__all__ = [
    "BodyTooLarge",
    "ClientGone",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "read_body",
    "send_json",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Retry-After"),
]
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type, apiversion, clientversion, if-match"),
    (b"access-control-max-age", b"86400"),
]


class BodyTooLarge(Exception):
    """The body is longer than may be; it was not read."""


class ClientGone(Exception):
    """The client went away before its request was complete."""


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes:
    """The whole body. Raises `BodyTooLarge` before more than `most` bytes were read."""
    announced = header(scope, b"content-length")
    if announced.isdigit() and int(announced) > most:
        raise BodyTooLarge
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > most:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return bytes(body)


def header(scope: Scope, name: bytes) -> str:
    """The value of a header, or an empty text."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1").strip()
    return ""


async def send_json(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """A JSON answer that a page of any origin may read."""
    fields = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *_CORS,
        *((key.lower().encode(), value.encode("latin-1")) for key, value in headers.items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def send_preflight(send: Send) -> None:
    """What a browser asks before it sends a request that is not simple."""
    fields = [*_CORS, *_PREFLIGHT]
    await send({"type": "http.response.start", "status": 204, "headers": fields})
    await send({"type": "http.response.body", "body": b""})
