"""Ordered collections with lazy deletion: the bricks of the matching indexes.

Rule: an entry in a heap may be out of date, but never *later* than the truth. Whoever makes an entry
smaller pushes it anew; whoever reads the top mends what is stale there. So a change costs one push,
and stale entries are paid for once, when they surface. Nothing here knows a record.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any, Generic, Protocol, TypeVar

Key = tuple[Any, ...]
"""Sort keys are tuples of the same shape within one heap; their last member is a SID, so none are equal."""

SCAN_LIMIT = 24
"""Up to this many sources, looking at each head is cheaper than keeping a heap of heads."""


class LazyHeap:
    """Idents in the order of their keys; setting, discarding and reading the head cost O(log n)."""

    __slots__ = ("_heap", "keys")

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self._heap: list[tuple[Key, str]] = []

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, ident: str) -> bool:
        return ident in self.keys

    def set(self, ident: str, key: Key) -> None:
        """Put `ident` at `key`, wherever it was before."""
        if self.keys.get(ident) == key:
            return
        self.keys[ident] = key
        heappush(self._heap, (key, ident))
        if len(self._heap) > 2 * len(self.keys) + 64:
            self._heap = [(key, ident) for ident, key in self.keys.items()]
            heapify(self._heap)

    def discard(self, ident: str) -> None:
        """Take `ident` out, if it is in."""
        self.keys.pop(ident, None)

    def head(self) -> tuple[Key, str] | None:
        """The smallest key and its ident, or None when empty."""
        heap, keys = self._heap, self.keys
        while heap:
            top = heap[0]
            if keys.get(top[1]) == top[0]:
                return top
            heappop(heap)
        return None

    def ordered(self) -> list[str]:
        """All idents in order; for the few questions that must look at everyone."""
        return sorted(self.keys, key=self.keys.__getitem__)


class Source(Protocol):
    """Something whose best key can be asked for."""

    def head_key(self, channel_sid: str) -> Key | None:
        """The smallest key it holds for this channel."""


S = TypeVar("S", bound=Source)


class Heads(Generic[S]):
    """The source with the smallest head, among few (by looking) or many (by a heap of heads)."""

    __slots__ = ("_channel", "_count", "_heap", "sources")

    def __init__(self, channel_sid: str) -> None:
        self.sources: dict[S, None] = {}
        self._channel = channel_sid
        self._heap: list[tuple[Key, int, S]] | None = None
        self._count = 0

    def add(self, source: S) -> None:
        """Let `source` take part."""
        self.sources[source] = None
        self.improved(source)

    def remove(self, source: S) -> None:
        """Leave `source` out from now on."""
        self.sources.pop(source, None)

    def improved(self, source: S) -> None:
        """Must be called whenever the head of `source` became smaller or came into being."""
        if self._heap is None:
            return
        key = source.head_key(self._channel)
        if key is not None:
            self._push(key, source)
            if len(self._heap) > 4 * len(self.sources) + 64:
                self._rebuild()

    def best(self) -> tuple[Key, S] | None:
        """The smallest head and whose it is."""
        if len(self.sources) <= SCAN_LIMIT:
            self._heap = None
            return self._look()
        if self._heap is None:
            self._rebuild()
        return self._top()

    def _look(self) -> tuple[Key, S] | None:
        found: tuple[Key, S] | None = None
        channel = self._channel
        for source in self.sources:
            key = source.head_key(channel)
            if key is not None and (found is None or key < found[0]):
                found = (key, source)
        return found

    def _top(self) -> tuple[Key, S] | None:
        heap = self._heap
        assert heap is not None
        while heap:
            key, _, source = heap[0]
            current = source.head_key(self._channel) if source in self.sources else None
            if current is None:
                heappop(heap)
            elif current != key:
                self._count += 1
                heapreplace(heap, (current, self._count, source))
            else:
                return key, source
        return None

    def _push(self, key: Key, source: S) -> None:
        assert self._heap is not None
        self._count += 1
        heappush(self._heap, (key, self._count, source))

    def _rebuild(self) -> None:
        self._heap = []
        for source in self.sources:
            key = source.head_key(self._channel)
            if key is not None:
                self._push(key, source)


class Deadlines:
    """When which record must be looked at again; an index that can be rebuilt from the records."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap = LazyHeap()

    def set(self, sid: str, at: int | None) -> None:
        """Arm, move or (with None) disarm the deadline of a record."""
        if at is None:
            self._heap.discard(sid)
        else:
            self._heap.set(sid, (at, sid))

    def next(self) -> tuple[int, str] | None:
        """The earliest deadline and whose it is."""
        head = self._heap.head()
        return None if head is None else (head[0][0], head[1])

    def __len__(self) -> int:
        return len(self._heap)


class Ordered:
    """SIDs in creation order. SIDs are time-ordered, so that is their own order; late ones are inserted."""

    __slots__ = ("_dead", "_sids")

    def __init__(self) -> None:
        self._sids: list[str] = []
        self._dead: set[str] = set()

    def __len__(self) -> int:
        return len(self._sids) - len(self._dead)

    def add(self, sid: str) -> None:
        """Take up a SID; adding one that is in changes nothing."""
        if sid in self._dead:
            self._dead.discard(sid)
        elif not self._sids or sid > self._sids[-1]:
            self._sids.append(sid)
        else:
            position = bisect_left(self._sids, sid)
            if self._sids[position] != sid:
                self._sids.insert(position, sid)

    def remove(self, sid: str) -> None:
        """Forget a SID that is in."""
        self._dead.add(sid)
        if len(self._dead) > 64 and 2 * len(self._dead) > len(self._sids):
            self._sids = [sid for sid in self._sids if sid not in self._dead]
            self._dead = set()  # a new one: whoever iterates over the old list keeps the old set

    def after(self, sid: str | None = None) -> Iterator[str]:
        """The SIDs after `sid` (which need not be in), ascending; all of them without it."""
        start = 0 if sid is None else bisect_right(self._sids, sid)
        sids, dead = self._sids, self._dead
        return (sids[i] for i in range(start, len(sids)) if sids[i] not in dead)

    def before(self, sid: str | None = None) -> Iterator[str]:
        """The SIDs before `sid` (which need not be in), descending; all of them without it."""
        end = len(self._sids) if sid is None else bisect_left(self._sids, sid)
        sids, dead = self._sids, self._dead
        return (sids[i] for i in range(end - 1, -1, -1) if sids[i] not in dead)
