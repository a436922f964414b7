"""The log: lines for people, or JSON objects for programs, on standard error.

A secret never reaches a line: values told to `keep_secret` and everything that looks like a token
or a Basic credential are replaced before anything is written. This module knows no part of the
server; parts log through `logging.getLogger(__name__)` and give fields as `extra`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable
from contextvars import Context, ContextVar
from typing import TextIO, TypeVar

import orjson

__all__ = [
    "NOBODY",
    "JsonLines",
    "PlainLines",
    "for_programs",
    "keep_secret",
    "on_behalf_of",
    "request_id",
    "set_up",
]

T = TypeVar("T")

_MASK = "[secret]"
_LEAST = 6  # shorter values would mask ordinary words
_LOOKS_SECRET = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"  # a JSON web token
    r"|(?<=Basic )[A-Za-z0-9+/=]{8,}"
    r"|(?<=://)[^/@\s]+:[^/@\s]+(?=@)"
)
_BORN_WITH = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_secrets: set[str] = set()

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is carried out, or that caused what is done now; every line tells it."""
NOBODY = Context()
"""To do something on behalf of no request, whoever happens to have it done."""


def keep_secret(values: Iterable[str]) -> None:
    """From now on these values are masked wherever they would appear in a line."""
    for value in values:
        if len(value) >= _LEAST:
            _secrets.update((value, orjson.dumps(value).decode()[1:-1]))  # as text, and inside JSON


def masked(text: str) -> str:
    """The text without anything secret."""
    for secret in _secrets:
        if secret in text:
            text = text.replace(secret, _MASK)
    return _LOOKS_SECRET.sub(_MASK, text)


class PlainLines(logging.Formatter):
    """`12:00:00 info    pointsman.app: listening port=8080`"""

    def format(self, record: logging.LogRecord) -> str:
        clock = self.formatTime(record, "%H:%M:%S")
        fields = "".join(f" {key}={value}" for key, value in _fields(record).items())
        line = f"{clock} {record.levelname.lower():7} {record.name}: {record.getMessage()}{fields}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return masked(line)


class JsonLines(logging.Formatter):
    """One JSON object a line: time (epoch seconds), level, logger, message, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return masked(orjson.dumps(line, default=str).decode())


def set_up(form: str = "text", level: str = "info", stream: TextIO | None = None) -> None:
    """Send every line of this process through one stream; replaces what was set up before."""
    out = logging.StreamHandler(stream or sys.stderr)
    out.setFormatter(JsonLines() if form == "json" else PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [out]
    root.setLevel(logging.WARNING)
    logging.getLogger("pointsman").setLevel(level.upper())


def for_programs() -> bool:
    """Whether every line of this process is to be JSON."""
    return any(isinstance(each.formatter, JsonLines) for each in logging.getLogger().handlers)


def on_behalf_of(request: str | None, function: Callable[[T], None], given: T) -> None:
    """Call a function; its lines tell the request."""
    before = request_id.set(request or "")
    try:
        function(given)
    finally:
        request_id.reset(before)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = {key: value for key, value in vars(record).items() if key not in _BORN_WITH}
    if request := request_id.get():
        fields.setdefault("request_id", request)
    return fields
