"""Bodies and query strings → parameters.

Text is UTF-8, or the request is refused. A name that comes more than once has a list of its values.
What cannot be read is the client's mistake (400, 415), never a fault of the server.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from pointsman.api.errors import Refused

__all__ = ["MOST_PARAMETERS", "parse_body", "parse_form"]

MOST_PARAMETERS = 1_000

_USUAL = tuple(
    (f"%{character:02X}".encode(), bytes((character,)), f"%{character:02x}".encode())
    for character in b'"{}:,/[] '
)
"""What JSON text and addresses are full of; replacing these at once is quicker than decoding."""


def parse_body(body: bytes, content_type: bytes) -> dict[str, Any]:
    """The parameters of a POST: a form, or a JSON object where the client says so."""
    if not body:
        return {}
    kind = content_type.partition(b";")[0].strip().lower()
    if kind in (b"", b"application/x-www-form-urlencoded"):
        return parse_form(body)
    if kind == b"application/json":
        return _parse_json(body)
    told = "The body has to be application/x-www-form-urlencoded or application/json"
    raise Refused(415, 20001, told)


def parse_form(encoded: bytes) -> dict[str, Any]:
    """Names and values of a form or a query string; values that are repeated become a list."""
    if encoded.count(b"&") >= MOST_PARAMETERS:
        raise Refused(400, 20001, f"There are more than {MOST_PARAMETERS} parameters")
    params: dict[str, Any] = {}
    try:
        for pair in encoded.split(b"&"):
            if not pair:
                continue
            raw_name, _, raw_value = pair.partition(b"=")
            name, value = _plain(raw_name), _plain(raw_value)
            if name not in params:
                params[name] = value
            elif isinstance(params[name], list):
                params[name].append(value)
            else:
                params[name] = [params[name], value]
    except UnicodeDecodeError as error:
        raise Refused(400, 20001, "Parameters have to be UTF-8") from error
    return params


def _plain(encoded: bytes) -> str:
    """Undo `+` and `%XX`; a `%` without two hex digits stays as it is."""
    text = encoded.replace(b"+", b" ")
    if b"%" in text:
        for upper, plain, lower in _USUAL:
            text = text.replace(upper, plain).replace(lower, plain)
        if b"%" in text:
            text = unquote_to_bytes(text)
    return text.decode()


def _parse_json(body: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, 20001, f"The body is not JSON: {error}") from error
    if not isinstance(read, dict):
        raise Refused(400, 20001, "The body has to be a JSON object")
    return read
