"""Lists: pages by token, filters, and walks that never hold the loop for long.

A page is "`PageSize` items after (or before) this SID", in the order of creation (other orders:
`pointsman.api.ordering`). A walk over live
records goes in slices; between two slices everybody else gets a turn, so a rare filter over a
million tasks delays nobody. The record that a token names need not exist any more.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from msgspec import Struct

from pointsman.api.errors import Refused
from pointsman.api.params import Params, one, text, whole
from pointsman.engine.errors import Invalid
from pointsman.engine.state import State
from pointsman.wire.lists import parse_page_token

__all__ = ["Found", "Page", "Search", "Steps", "Walk", "page_asked", "walk"]

DEFAULT_SIZE = 50
LARGEST_SIZE = 1_000
_TOKEN = re.compile(r"([^~]*)((?:~-?[0-9]{1,18}){0,2})")
"""What the wire calls a token, and in an ordered list the values that its item was ordered by."""
SLICE_S = 0.005
"""How long one turn of a walk may take; at least one record is looked at."""


class Page(Struct, frozen=True):
    """What part of a list is asked for; `number` is the client's own bookkeeping."""

    size: int = DEFAULT_SIZE
    number: int = 0
    token: str | None = None
    after: str | None = None
    before: str | None = None
    keys: tuple[int, ...] = ()
    """In an ordered list: the values that the item of the token was ordered by."""

    @property
    def start(self) -> str | None:
        """The SID beside which the page begins, on either side."""
        return self.before if self.backwards else self.after

    @property
    def backwards(self) -> bool:
        return self.before is not None

    def of(self, sids: list[str]) -> list[str]:
        """Those of ascending SIDs that lie in the page's direction, the nearest first."""
        if self.before is not None:
            return [sid for sid in reversed(sids) if sid < self.before]
        return [sid for sid in sids if self.after is None or sid > self.after]

    def cut(self, rows: list[Any]) -> tuple[list[Any], bool]:
        """Ascending rows, of which one more than the page's size was asked for: (page, more)."""
        more = len(rows) > self.size
        if not more:
            return rows, False
        return (rows[1:], True) if self.backwards else (rows[:-1], True)


class Found(Struct):
    """A page of a list, in ascending order, and whether there is more beyond it."""

    items: list[Any]
    sids: list[str]
    versions: list[int]
    more: bool = False
    places: list[str] = []
    """What the tokens beside an ordered page name: SIDs with the values they are ordered by."""

    @property
    def ends(self) -> tuple[str, str] | None:
        """What the tokens of the pages before and after this one name; None: the page is empty."""
        places = self.places or self.sids
        return (places[0], places[-1]) if places else None

    @property
    def etag(self) -> str:
        """Changes when an item is added, removed or changed (docs/compatibility.md)."""
        seen = ",".join(
            f"{sid}:{version}" for sid, version in zip(self.sids, self.versions, strict=True)
        )
        return f'"{zlib.crc32(seen.encode()):08x}"'


def page_asked(params: Params, ordered_by: int = 0) -> Page:
    """The page that PageSize, Page and PageToken ask for, of a list ordered by so many numbers.

    Sizes above 1,000 are clamped, because the stock libraries send any limit as a size. Counting
    pages without a token is retired, and refused.
    """
    size = _asked_whole(params, "PageSize", DEFAULT_SIZE, least=1)
    number = _asked_whole(params, "Page", 0, least=0)
    token = one(params, "PageToken")
    if token in (None, ""):
        if number > 0:
            told = "Page without PageToken is not possible; follow next_page_url instead"
            raise Refused(400, 40153, told)
        return Page(min(size, LARGEST_SIZE))
    token = text("PageToken", token)
    match = _TOKEN.fullmatch(token)
    parsed = parse_page_token(match[1]) if match else None
    if match is None or parsed is None:
        raise Invalid("PageToken", "PageToken is not one that this server gave")
    sid, backwards = parsed
    after, before = (None, sid) if backwards else (sid, None)
    keys = tuple(int(key) for key in match[2].split("~")[1:])
    if len(keys) != ordered_by:
        raise Invalid("PageToken", "PageToken belongs to a list in another Ordering")
    return Page(min(size, LARGEST_SIZE), number, token, after, before, keys)


def _asked_whole(params: Params, name: str, otherwise: int, least: int) -> int:
    value = one(params, name)
    if value in (None, ""):
        return otherwise
    number = whole(name, value)
    if number < least:
        raise Invalid(name, f"{name} has to be {least} or more")
    return number


Source = Callable[[State, str | None, bool], Iterable[Any]]
"""Records of a state that lie after (or, backwards, before) a SID."""
Keep = Callable[[Any, State, int], bool]
Render = Callable[[Any, State, int], dict[str, Any]]


class Search(Struct, frozen=True):
    """What a walk looks for: which part of which list, and how an item looks."""

    source: Source
    page: Page
    asked: list[Keep]
    render: Render
    clock: Callable[[], float]
    """Measures the slices, in seconds."""

    def keeps(self, record: Any, state: State, now: int) -> bool:
        return all(keep(record, state, now) for keep in self.asked)


class Reader(Protocol):
    """The part of the runtime that answers a question about a workspace's live records."""

    async def read(self, workspace_sid: str, question: Callable[[State, int], bool]) -> bool: ...


class Steps(Protocol):
    """A way through a list, slice by slice."""

    def advance(self, state: State, now: int) -> bool:
        """Do the work of one slice; true when there is no more to do."""

    def result(self) -> Found: ...


class Walk:
    """One pass over a source for one page, which ends when the page is full."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._at = search.page.start
        self.found = Found([], [], [])

    def advance(self, state: State, now: int) -> bool:
        """Look at the next slice; true when the page is full or the source has no more."""
        search, found = self._search, self.found
        end = search.clock() + SLICE_S
        for record in search.source(state, self._at, search.page.backwards):
            if search.keeps(record, state, now):
                if len(found.items) == search.page.size:
                    found.more = True
                    return True
                found.items.append(search.render(record, state, now))
                found.sids.append(record.sid)
                found.versions.append(getattr(record, "version", 0))
            self._at = record.sid
            if search.clock() >= end:
                return False
        return True

    def result(self) -> Found:
        """The page in ascending order, whichever way it was walked."""
        if self._search.page.backwards:
            self.found.items.reverse()
            self.found.sids.reverse()
            self.found.versions.reverse()
        return self.found


async def walk(runtime: Reader, workspace_sid: str, steps: Steps) -> Found:
    """The page, gathered slice by slice; each slice is answered as durably as any read."""
    while True:
        if await runtime.read(workspace_sid, steps.advance):
            return steps.result()
        await asyncio.sleep(0)


# --- sources -----------------------------------------------------------------------------------


def all_of(kind: type, table: Callable[[State], Mapping[str, Any]]) -> Source:
    """Every live record of one kind."""

    def source(state: State, start: str | None, backwards: bool) -> Iterator[Any]:
        order = state.order(kind)
        records = table(state)
        sids = order.before(start) if backwards and start else order.after(start)
        return (records[sid] for sid in sids)

    return source


def some_of(records: Callable[[State], list[Any]]) -> Source:
    """A short list that the state keeps in order, such as the reservations of one task."""

    def source(state: State, start: str | None, backwards: bool) -> Iterable[Any]:
        listed = records(state)
        if start is None:
            return listed
        if backwards:
            return [record for record in reversed(listed) if record.sid < start]
        return [record for record in listed if record.sid > start]

    return source
