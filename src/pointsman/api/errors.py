"""Refusals → HTTP status, code and the error body that the stock clients read.

The engine says *why* in a sentence; here is decided what number that is on the wire
(docs/compatibility.md). Nothing here knows who asked. A body never has the keys `type` and `title`
together: the Python client would raise another class of exception.
"""

from __future__ import annotations

from typing import Any

from pointsman.engine.errors import (
    EngineError,
    IllegalMove,
    InUse,
    Invalid,
    LimitReached,
    NotFound,
    ReservationOver,
    VersionMismatch,
)

__all__ = ["MORE_INFO", "Refused", "error_body", "no_such_resource", "refused", "unsupported"]

MORE_INFO = "https://www.twilio.com/docs/errors/"

# Differs from Twilio: a refused parameter is answered with a sentence that names it and says what is
# allowed; the wording is ours, except for the sentences that programs are known to compare.
_NUMBERS: dict[type[EngineError], tuple[int, int]] = {
    NotFound: (404, 20404),
    Invalid: (400, 20001),
    IllegalMove: (400, 20001),
    InUse: (400, 20001),
    LimitReached: (400, 20001),
    ReservationOver: (410, 20001),
    VersionMismatch: (412, 20412),
}


class Refused(Exception):
    """A request that is answered with an error body; `status` is HTTP's, `code` is the wire's."""

    def __init__(
        self, status: int, code: int, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def refused(error: EngineError, path: str) -> Refused:
    """What the engine refused, with its numbers; an unknown SID is an unknown path to the client."""
    if isinstance(error, NotFound):
        return no_such_resource(path)
    status, code = next(_NUMBERS[kind] for kind in type(error).__mro__ if kind in _NUMBERS)
    return Refused(status, code, error.message)


def no_such_resource(path: str) -> Refused:
    """404, in the words that clients know."""
    return Refused(404, 20404, f"The requested resource {path} was not found")


def unsupported(name: str) -> Refused:
    """400 for what the original accepts and this server does not offer: better than ignoring it."""
    return Refused(400, 20001, f"{name} is not supported by this server yet; leave it out")


def error_body(status: int, code: int, message: str) -> dict[str, Any]:
    """The body of every answer that is not a success."""
    return {
        "code": code,
        "message": message,
        "more_info": f"{MORE_INFO}{code}",
        "status": status,
    }
