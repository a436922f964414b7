"""Requests that may be sent twice: the second time they are answered, not carried out.

A key counts within its account for 120 s of domain time. The answer is stored in the transaction of
its change, so a repetition after a crash finds either both or neither. Refusals change nothing and
are not kept: after one, the key may be used again. Which operations there are is not known here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from pointsman.api.calls import Reply
from pointsman.engine.errors import Invalid
from pointsman.store import AnswerRow

if TYPE_CHECKING:
    from pointsman.ambient import Ambient
    from pointsman.api.calls import Request

__all__ = ["KEPT_MS", "LONGEST_KEY", "Keep", "Ledger"]

KEPT_MS = 120_000
LONGEST_KEY = 255

Keep = Callable[[Reply], AnswerRow]
"""The row that keeps a reply."""
_Name = tuple[str, str]


class _Entry:
    """What became of a key: under way as `work`, or over with an `answer`."""

    __slots__ = ("answer", "expires_at", "fingerprint", "work")

    def __init__(self, fingerprint: str, expires_at: int, answer: str = "") -> None:
        self.fingerprint = fingerprint
        self.expires_at = expires_at
        self.answer = answer
        self.work: asyncio.Task[Reply] | None = None

    async def reply(self) -> Reply:
        """The first request's reply, or its refusal; whoever waits may go without ending the work."""
        if self.work is not None:
            return await asyncio.shield(self.work)
        status, headers, body = orjson.loads(self.answer)
        return Reply(status, body, headers)


class Ledger:
    """The keys of the last 120 s and their answers."""

    def __init__(self, ambient: Ambient) -> None:
        self._ambient = ambient
        self._entries: OrderedDict[_Name, _Entry] = OrderedDict()

    def load(self, rows: Iterable[AnswerRow]) -> None:
        """Take up what was kept before the server was started."""
        for row in sorted(rows, key=lambda row: row.expires_at):
            entry = _Entry(row.fingerprint, row.expires_at, row.answer)
            self._entries[row.account_sid, row.key] = entry

    async def once(self, request: Request, carry_out: Callable[[Keep], Awaitable[Reply]]) -> Reply:
        """The reply to the first request with this key; without one, this request is the first.

        Refuses a key that another request was made with.
        """
        key = request.idempotency_key or ""
        if len(key) > LONGEST_KEY:
            told = f"Idempotency-Key may have at most {LONGEST_KEY} characters"
            raise Invalid("Idempotency-Key", told)
        self._forget()
        name = (request.principal.account_sid, key)
        fingerprint = _fingerprint(request)
        entry = self._entries.get(name)
        if entry is None or self._is_over(entry):
            entry = self._begin(name, fingerprint, carry_out)
        elif entry.fingerprint != fingerprint:
            told = f"{key!r} was the Idempotency-Key or request_id of another request"
            raise Invalid("Idempotency-Key", f"{told}; a new request needs a new one")
        return await entry.reply()

    def _begin(
        self, name: _Name, fingerprint: str, carry_out: Callable[[Keep], Awaitable[Reply]]
    ) -> _Entry:
        entry = _Entry(fingerprint, self._ambient.now() + KEPT_MS)
        self._entries.pop(name, None)
        self._entries[name] = entry

        def keep(reply: Reply) -> AnswerRow:
            entry.answer = orjson.dumps([reply.status, reply.headers, reply.body]).decode()
            return AnswerRow(
                *name, fingerprint, entry.expires_at - KEPT_MS, entry.expires_at, entry.answer
            )

        async def work() -> Reply:
            return await carry_out(keep)

        entry.work = asyncio.get_running_loop().create_task(work())
        entry.work.add_done_callback(partial(self._settle, name, entry))
        return entry

    def _settle(self, name: _Name, entry: _Entry, work: asyncio.Task[Reply]) -> None:
        """What was answered is kept; what was refused or not stored may be tried again."""
        entry.work = None
        if (work.cancelled() or work.exception() is not None) and self._entries.get(name) is entry:
            del self._entries[name]

    def _forget(self) -> None:
        """Drop what is older than 120 s; entries are in the order of their making."""
        while self._entries:
            name, entry = next(iter(self._entries.items()))
            if not self._is_over(entry):
                return
            del self._entries[name]

    def _is_over(self, entry: _Entry) -> bool:
        return entry.work is None and entry.expires_at <= self._ambient.now()


def _fingerprint(request: Request) -> str:
    """Tells requests apart that are not the same."""
    told: list[Any] = [request.method, request.path, request.if_match, request.params, request.view]
    try:
        text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # nested too deeply
        raise Invalid("Idempotency-Key", f"The parameters cannot be compared: {error}") from error
    return hashlib.sha256(text).hexdigest()
