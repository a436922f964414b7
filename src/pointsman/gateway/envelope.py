"""The bodies of the POST bridge: what a client asks for, and what it is answered.

A body is JSON whatever its Content-Type says, because browsers send it as text or as a form. The
answer repeats the request's `event_type`: without it the original client never becomes ready. This
module knows no token and nobody who could answer.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from msgspec import Struct

from pointsman.api.errors import Refused, error_body

__all__ = ["Envelope", "error_bytes", "parse", "success_bytes"]

LONGEST_REQUEST_ID = 200
_METHODS = ("GET", "POST", "DELETE")
_RESOURCE = re.compile(r"(?:^|/)(Workspaces(?:/.*)?)$")
_NO_WORKSPACE = "/v1"


class Envelope(Struct, frozen=True):
    """A request within a POST; `path` is from /v1, decoded, without a trailing slash."""

    method: str
    path: str
    params: dict[str, Any]
    token: str
    event_type: str | None
    request_id: str | None = None
    """The same in every repetition of one request, which is carried out once."""


def parse(body: bytes) -> Envelope:
    """The request in the body. Raises `Refused` (400, 401 without a token, 405) with a sentence."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise _unreadable(f"The body is not JSON: {problem}") from None
    if not isinstance(told, dict):
        raise _unreadable("The body has to be a JSON object with url, method and token")
    token, url = told.get("token"), told.get("url")
    if not isinstance(token, str) or not token:
        raise Refused(401, 20003, "The request has no token")
    if not isinstance(url, str):
        raise _unreadable("url has to be the text of a resource's address")
    method = _method(told.get("method"))
    path, query = _split(url)
    params = _params(told.get("params"))
    if method != "POST":
        params = {**query, **params}
    event_type = told.get("event_type")
    return Envelope(
        method,
        path,
        params,
        token,
        event_type if isinstance(event_type, str) else None,
        _request_id(told.get("request_id")),
    )


def success_bytes(event_type: str | None, payload: dict[str, Any] | None) -> bytes:
    """The answer to what was done."""
    return orjson.dumps({"event_type": event_type, "payload": payload})


def error_bytes(status: int, code: int, message: str) -> bytes:
    """The answer to what was refused."""
    return orjson.dumps(error_body(status, code, message))


def _method(named: object) -> str:
    method = named.upper() if isinstance(named, str) else ""
    if method not in _METHODS:
        raise Refused(405, 20004, f"method has to be one of {', '.join(_METHODS)}")
    return method


def _params(given: object) -> dict[str, Any]:
    """The parameters that were given; null means that one was not."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise _unreadable("params has to be a JSON object")
    return {name: value for name, value in given.items() if value is not None}


def _request_id(given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str) or len(given) > LONGEST_REQUEST_ID:
        raise _unreadable(f"request_id has to be a text of up to {LONGEST_REQUEST_ID} characters")
    return given


def _split(url: str) -> tuple[str, dict[str, Any]]:
    """Path and query of an absolute or relative address.

    Scheme, host and whatever stands before `Workspaces` are the client's idea of where the API is,
    and say nothing here.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _unreadable(f"url {url!r} is not an address") from None
    found = _RESOURCE.search(unquote(parts.path).rstrip("/"))
    path = f"/v1/{found[1]}" if found else _NO_WORKSPACE
    query = {
        name: values if len(values) > 1 else values[0]
        for name, values in parse_qs(parts.query, keep_blank_values=True).items()
    }
    return path, query


def _unreadable(message: str) -> Refused:
    return Refused(400, 20001, message)
