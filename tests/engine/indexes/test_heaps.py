"""The ordered collections against plain sorting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.indexes import heaps
from pointsman.engine.indexes.heaps import Deadlines, Heads, Key, LazyHeap, Ordered

IDENTS = st.sampled_from([f"i{number:02}" for number in range(40)])
STEPS = st.lists(st.tuples(IDENTS, st.one_of(st.none(), st.integers(0, 9))), max_size=400)


@given(STEPS)
def test_a_lazy_heap_knows_its_head(steps: list[tuple[str, int | None]]) -> None:
    """After any setting and discarding, head, size, membership and order are those of a sorted dict."""
    heap, plain = LazyHeap(), dict[str, Key]()
    for ident, number in steps:
        if number is None:
            heap.discard(ident)
            plain.pop(ident, None)
        else:
            heap.set(ident, (number, ident))
            plain[ident] = (number, ident)
        first = min(((key, ident) for ident, key in plain.items()), default=None)
        assert heap.head() == first
        assert len(heap) == len(plain)
        assert (ident in heap) == (ident in plain)
    assert heap.ordered() == sorted(plain, key=plain.__getitem__)


def test_a_lazy_heap_forgets_what_is_stale() -> None:
    """Keys that were overtaken do not pile up."""
    heap = LazyHeap()
    for number in range(10_000):
        heap.set("one", (-number, "one"))

    assert len(heap._heap) < 100


@given(STEPS)
def test_deadlines_are_met_in_order(steps: list[tuple[str, int | None]]) -> None:
    """The next deadline is the earliest that is armed; equal ones come by SID."""
    deadlines, plain = Deadlines(), dict[str, int]()
    for sid, at in steps:
        deadlines.set(sid, at)
        plain.pop(sid, None)
        if at is not None:
            plain[sid] = at

        assert deadlines.next() == min(((at, sid) for sid, at in plain.items()), default=None)
        assert len(deadlines) == len(plain)


class Stock:
    """A source with a heap for one channel."""

    def __init__(self) -> None:
        self.heap = LazyHeap()

    def head_key(self, channel_sid: str) -> Key | None:
        assert channel_sid == "TC1"
        head = self.heap.head()
        return None if head is None else head[0]


@given(
    st.lists(
        st.tuples(st.integers(0, 59), st.sampled_from("+-sd"), st.integers(0, 9)), max_size=400
    )
)
def test_heads_see_the_best_source(steps: list[tuple[int, str, int]]) -> None:
    """With few sources or many, the best head is the smallest of those that take part."""
    stocks = [Stock() for _ in range(60)]
    heads: Heads[Stock] = Heads("TC1")
    for stock in stocks[:40]:
        heads.add(stock)
    for position, what, number in steps:
        stock, ident = stocks[position], f"{position:02}"
        if what == "+":
            heads.add(stock)
        elif what == "-":
            heads.remove(stock)
        elif what == "s":
            stock.heap.set(ident, (number, ident))
            heads.improved(stock)
        else:
            stock.heap.discard(ident)
        keys = [key for s in heads.sources if (key := s.head_key("TC1")) is not None]
        best = heads.best()
        assert (None if best is None else best[0]) == min(keys, default=None)


def test_heads_forget_what_is_stale() -> None:
    """A source that improves again and again does not fill the heap of heads."""
    stocks = [Stock() for _ in range(heaps.SCAN_LIMIT + 1)]
    heads: Heads[Stock] = Heads("TC1")
    for stock in stocks:
        heads.add(stock)
    assert heads.best() is None
    for number in range(10_000):
        stocks[0].heap.set("one", (-number, "one"))
        heads.improved(stocks[0])

    assert heads.best() == ((-9_999, "one"), stocks[0])
    assert heads._heap is not None and len(heads._heap) < 400


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 200)), max_size=600), st.integers(0, 200))
def test_sids_stay_in_order(steps: list[tuple[bool, int]], number: int) -> None:
    """Whatever comes and goes, in whatever order, both directions read it sorted."""
    ordered, plain = Ordered(), set[str]()
    for come, name in steps:
        sid = f"{name:03}"
        if come:
            ordered.add(sid)
            plain.add(sid)
        elif sid in plain:
            ordered.remove(sid)
            plain.remove(sid)
    middle = f"{number:03}"

    assert len(ordered) == len(plain)
    assert list(ordered.after()) == sorted(plain)
    assert list(ordered.after(middle)) == sorted(sid for sid in plain if sid > middle)
    assert list(ordered.before()) == sorted(plain, reverse=True)
    assert list(ordered.before(middle)) == sorted((s for s in plain if s < middle), reverse=True)


def test_sids_that_are_gone_are_cleared_away() -> None:
    """Who reads while many go reads on as if nothing had happened."""
    ordered = Ordered()
    sids = [f"{number:03}" for number in range(200)]
    for sid in sids:
        ordered.add(sid)
    reading = ordered.after()
    assert next(reading) == "000"
    for sid in sids[:150]:
        ordered.remove(sid)

    assert list(ordered.after()) == sids[150:]
    assert set(reading) >= set(sids[150:])
