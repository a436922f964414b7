"""A request of the carrier's and our answer, free of any web framework and of the stock library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from msgspec import Struct

__all__ = ["PATH", "AnswerCarrier", "Asked", "Told"]

PATH = "/twilio"
"""All that the carrier asks of us is below."""


class Asked(Struct, frozen=True):
    """A request: `path` is what comes after ours, `url` what it was signed for, without our host."""

    path: str
    url: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    signature: str


class Told(Struct, frozen=True):
    """An answer: a document, a sentence, or a file of sound."""

    status: int
    text: str = ""
    file: Path | None = None


AnswerCarrier = Callable[[Asked], Awaitable[Told]]
