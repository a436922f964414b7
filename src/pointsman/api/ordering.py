"""Lists in another order than that of creation: by whole numbers of the record, then by SID.

A token names the SID *and* the numbers that its item was ordered by, so a page goes on where the
one before it ended even when that item has moved or is gone. Every page looks at the whole list, in
slices; of what it found it never keeps much more than a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from pointsman.api import lists
from pointsman.api.lists import Found, Search
from pointsman.api.params import Params, many, one
from pointsman.engine.errors import Invalid
from pointsman.engine.state import State

__all__ = ["Ordering", "Sorted", "ordering_asked"]

Number = Callable[[Any], int]
Place = tuple[int | str, ...]
"""Where an item stands: its numbers, negated where the order descends, then its SID."""


class Ordering(Struct, frozen=True):
    """The orders that a list offers: wire name → the number that a record is ordered by."""

    fields: Mapping[str, Number]
    most: int = 1
    """So many pairs may be given."""
    apart: frozenset[str] = frozenset()
    """Of these only one may be given."""


class _Term(Struct, frozen=True):
    number: Number
    sign: int


def ordering_asked(offered: Ordering, params: Params) -> tuple[_Term, ...]:
    """The terms of `Ordering`; none at all means the order of creation."""
    if one(params, "Ordering") in (None, ""):
        return ()
    pairs = [_pair(offered, word) for word in many(params, "Ordering")]
    names = [name for name, _ in pairs]
    if len(names) > offered.most or len(set(names)) < len(names):
        raise Invalid("Ordering", f"Ordering takes at most {offered.most} different fields")
    if len(offered.apart.intersection(names)) > 1:
        told = " and ".join(sorted(offered.apart))
        raise Invalid("Ordering", f"Ordering cannot combine {told}")
    if pairs == [("DateCreated", 1)]:
        return ()
    return tuple(_Term(offered.fields[name], sign) for name, sign in pairs)


def _pair(offered: Ordering, word: str) -> tuple[str, int]:
    name, _, direction = word.partition(":")
    sign = {"asc": 1, "desc": -1}.get(direction.lower())
    if name not in offered.fields or sign is None:
        known = ", ".join(f"{field}:asc, {field}:desc" for field in offered.fields)
        raise Invalid("Ordering", f"Ordering {word!r} is not one of {known}")
    return name, sign


class Sorted:
    """A page of a list in an order; see `pointsman.api.lists.Steps`."""

    def __init__(self, search: Search, terms: tuple[_Term, ...]) -> None:
        self._search = search
        self._terms = terms
        page = search.page
        self._beside = None if page.start is None else (*page.keys, page.start)
        self._at: str | None = None
        self._best: list[tuple[Place, Any]] = []
        self._chosen: list[tuple[Place, Any]] | None = None
        self._found = Found([], [], [])

    def advance(self, state: State, now: int) -> bool:
        """Look at a slice of the list, or render a slice of what was chosen."""
        end = self._search.clock() + lists.SLICE_S
        if self._chosen is None and self._look(state, now, end):
            self._chosen = self._choose()
        return self._chosen is not None and self._render(self._chosen, state, now, end)

    def result(self) -> Found:
        return self._found

    def _look(self, state: State, now: int, end: float) -> bool:
        """Gather what lies on the right side of the token; true when everything was seen."""
        search = self._search
        for record in search.source(state, self._at, False):
            self._at = record.sid
            place = (*(term.sign * term.number(record) for term in self._terms), record.sid)
            if self._is_beyond(place) and search.keeps(record, state, now):
                self._best.append((place, record))
                if len(self._best) > 2 * (search.page.size + 1):
                    self._trim()
            if search.clock() >= end:
                return False
        return True

    def _is_beyond(self, place: Place) -> bool:
        if self._beside is None:
            return True
        return place < self._beside if self._search.page.backwards else place > self._beside

    def _trim(self) -> None:
        """Keep the items nearest to the token, one more than the page holds."""
        self._best.sort(key=lambda item: item[0], reverse=self._search.page.backwards)
        del self._best[self._search.page.size + 1 :]

    def _choose(self) -> list[tuple[Place, Any]]:
        self._trim()
        chosen = self._best[: self._search.page.size]
        self._found.more = len(self._best) > len(chosen)
        if self._search.page.backwards:
            chosen.reverse()
        return chosen

    def _render(self, chosen: list[tuple[Place, Any]], state: State, now: int, end: float) -> bool:
        found = self._found
        for place, record in chosen[len(found.items) :]:
            found.items.append(self._search.render(record, state, now))
            found.sids.append(record.sid)
            found.versions.append(getattr(record, "version", 0))
            found.places.append("~".join(map(str, (place[-1], *place[:-1]))))
            if self._search.clock() >= end:
                break
        return len(found.items) == len(chosen)
