"""Calls, conferences and recordings that are over are forgotten after so many days, by domain time.

The rule is that of all history: nothing looks around periodically. The oldest that is kept says when
something is next to be forgotten, in full hours. A recording's sound goes first, so that none is left
without its record; what the provider cannot be asked now goes an hour later.
"""

from __future__ import annotations

import logging

from pointsman.runtime import Runtime
from pointsman.store import History, VoiceNote
from pointsman.voice.exchange import Exchange
from pointsman.voice.provider import ProviderGone

__all__ = ["Forgetting"]

log = logging.getLogger(__name__)

KINDS = {"call": "CA", "conference": "CF", "recording": "RE"}
"""And what their SIDs begin with."""
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
SLICE = 200


class Forgetting:
    """Forgets for one server; 0 days is for ever."""

    def __init__(self, runtime: Runtime, exchange: Exchange, days: int) -> None:
        self._runtime = runtime
        self._exchange = exchange
        self._kept_ms = days * DAY_MS
        self._is_due = False
        """Whether a moment is set at which something goes."""

    async def start(self) -> None:
        """See what there is; what is too old already goes at once."""
        if self._kept_ms:
            self._is_due = True
            oldest = await self._runtime.history(_oldest)
            self._set(oldest)

    def remembered(self, note: VoiceNote) -> None:
        """The first thing that there is to forget one day."""
        over = note.body and not note.live and note.kind in KINDS
        if self._kept_ms and over and not self._is_due:
            self._set(_made_at(note))

    def _set(self, oldest: int | None) -> None:
        self._is_due = oldest is not None
        if oldest is not None:
            hour = -(-(oldest + self._kept_ms + 1) // HOUR_MS) * HOUR_MS
            self._exchange.pace.at(hour, self._due)

    def _due(self) -> None:
        self._exchange.spawn(self._forget(), "forgetting")

    async def _forget(self) -> None:
        exchange = self._exchange
        before = exchange.now - self._kept_ms
        try:
            for kind in KINDS:
                while await self._forget_some(kind, before):
                    pass
        except ProviderGone as gone:
            log.warning("Old recordings will be forgotten within an hour: %s", gone)
            self._set(exchange.now - self._kept_ms)
            return
        self._set(await self._runtime.history(_oldest))

    async def _forget_some(self, kind: str, before: int) -> bool:
        """Whether there may be more."""
        notes = await self._runtime.history(lambda history: _over(history, kind, SLICE))
        old = [note for note in notes if _made_at(note) < before]
        for note in old:
            if kind == "recording":
                await self._exchange.provider.delete_recording(note.sid)
            self._exchange.forget(kind, note.sid, note)
        return len(old) == SLICE


def _over(history: History, kind: str, limit: int) -> list[VoiceNote]:
    return history.voice_records(kind, live=False, after_sid=KINDS[kind], limit=limit)


def _oldest(history: History) -> int | None:
    first = [note for kind in KINDS for note in _over(history, kind, 1)]
    return min((_made_at(note) for note in first), default=None)


def _made_at(note: VoiceNote) -> int:
    """When the record was made, which its SID begins with."""
    return int(note.sid[2:14], 16)
