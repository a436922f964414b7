"""What one decision costs the engine, from a small floor to a large one, and behind a long line.

A cycle is what routing does for each task: one is completed, its worker is offered the next that he
may take and accepts it, and a new one comes and is matched or waits. All of the engine is in it:
checks, records, events, timers; no store and no protocol. What counts is processor time, and floors
that are compared exist at the same time and take turns: so what else the machine does disturbs least.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from bench.floor import Shape, ShopFloor
from bench.report import Mark, Plan, Rounds, Watch, progress, spread, table, title

Measure = Callable[[ShopFloor, int], float]

SEED = 4
LARGE_TIMES = 4.0
BEHIND_TIMES = 1.1
TURNS_A_ROUND = 8
"""So often two floors take turns within one round."""


@dataclass(frozen=True)
class Sizes:
    """What one run looks at."""

    workers: tuple[int, ...]
    queues: tuple[int, ...]
    backlogs: tuple[int, ...]
    small: Shape
    large: Shape
    unique: Shape
    backlog: int
    burden: int
    cycles: int


FULL = Sizes(
    workers=(100, 1_000, 10_000, 100_000),
    queues=(10, 100, 1_000),
    backlogs=(0, 10_000, 100_000),
    small=Shape(1_000, 100),
    large=Shape(100_000, 1_000),
    unique=Shape(10_000, 1_000, profiles=10_000, eligible=20),
    backlog=100_000,
    burden=1_000_000,
    cycles=2_000,
)
QUICK = Sizes(
    workers=(100, 1_000, 10_000),
    queues=(10, 100, 1_000),
    backlogs=(0, 10_000),
    small=Shape(1_000, 100),
    large=Shape(10_000, 1_000),
    unique=Shape(2_000, 1_000, profiles=2_000, eligible=20),
    backlog=10_000,
    burden=50_000,
    cycles=1_000,
)
TINY = Sizes(
    workers=(10, 20),
    queues=(2, 4),
    backlogs=(0, 20),
    small=Shape(10, 4, profiles=4, eligible=2),
    large=Shape(20, 8, profiles=4, eligible=4),
    unique=Shape(10, 4, profiles=10, eligible=2),
    backlog=20,
    burden=20,
    cycles=20,
)


def main(plan: Plan) -> list[Mark]:
    """Print the curves, then what has a mark: a large floor, and a long line of others in front."""
    sizes = plan.pick(FULL, QUICK, TINY)
    title(
        "Matching: µs of processor time a cycle, and how many times that is the first row's first"
    )
    curves(sizes)
    title("Matching: floors that take turns")
    rounds = Rounds(3 * plan.rounds)
    with collector_at_rest():
        marks = [
            compare_sizes(sizes, plan.rounds, rounds),
            compare_lines(sizes, plan.rounds, rounds),
        ]
        every_worker_unique(sizes, plan.rounds, rounds)
    print(rounds.summary())
    return marks


# --- curves ------------------------------------------------------------------------------------


def curves(sizes: Sizes) -> None:
    """A table over workers, queues and backlog; the longest backlog on the small floor only."""
    shapes = [Shape(workers, queues) for workers in sizes.workers for queues in sizes.queues]
    found: dict[Shape, list[float]] = {}
    for shape in shapes:
        backlogs = (*sizes.backlogs, sizes.burden) if shape == sizes.small else sizes.backlogs
        with collector_at_rest():
            found[shape] = curve(shape, backlogs, sizes.cycles)
        told = ", ".join(f"{us:,.0f}" for us in found[shape])
        progress(f"{shape.workers:,} workers, {shape.queues:,} queues: {told} µs")
    unit = found[shapes[0]][0]
    backlogs = (*sizes.backlogs, sizes.burden)
    rows = [
        [f"{shape.workers:,}", f"{shape.queues:,}"]
        + [f"{us:,.0f} ({us / unit:.1f}x)" for us in found[shape]]
        + [""] * (len(backlogs) - len(found[shape]))
        for shape in shapes
    ]
    table(["workers", "queues", *(f"backlog {backlog:,}" for backlog in backlogs)], rows)


def curve(shape: Shape, backlogs: tuple[int, ...], cycles: int) -> list[float]:
    """Microseconds of a cycle on one floor, while its backlog grows."""
    floor = ShopFloor(shape, random.Random(SEED))
    found = []
    for backlog in backlogs:
        floor.fill(backlog)
        found.append(median(cycle_us(floor, cycles // 5) for _ in range(5)))
    return found


# --- floors that take turns --------------------------------------------------------------------


def compare_sizes(sizes: Sizes, times: int, rounds: Rounds) -> Mark:
    """A hundred times the workers and ten times the queues, with the same backlog."""
    small, large = (a_floor(shape, sizes.backlog) for shape in (sizes.small, sizes.large))
    ratios = take_turns(small, large, cycle_us, sizes.cycles, times, rounds)
    text = f"a cycle at {_told(sizes.large)} ≤ {LARGE_TIMES:g} times that at {_told(sizes.small)}"
    return _mark(f"{text}, backlog {sizes.backlog:,}", ratios, LARGE_TIMES)


def compare_lines(sizes: Sizes, times: int, rounds: Rounds) -> Mark:
    """The same floor with and without a line of tasks in front that nobody can take."""
    without, behind = (a_floor(sizes.small, sizes.backlogs[1]) for _ in range(2))
    progress(f"{sizes.burden:,} tasks that nobody can take")
    behind.burden(sizes.burden)
    gc.freeze()
    ratios = take_turns(without, behind, claim_us, sizes.cycles, times, rounds)
    text = f"a claim behind {sizes.burden:,} tasks that nobody can take ≤ {BEHIND_TIMES:g} times"
    return _mark(f"{text} that behind none", ratios, BEHIND_TIMES)


def every_worker_unique(sizes: Sizes, times: int, rounds: Rounds) -> None:
    """The worst case of the index, for comparison; it has no mark."""
    small, unique = a_floor(sizes.small, 0), a_floor(sizes.unique, 0)
    ratios = take_turns(small, unique, cycle_us, sizes.cycles, times, rounds)
    print(
        f"Without a mark: a cycle at {_told(sizes.unique)} takes {spread(ratios)} times that at "
        f"{_told(sizes.small)}, both without a backlog."
    )


def take_turns(
    first: ShopFloor,
    second: ShopFloor,
    measure: Measure,
    steps: int,
    times: int,
    rounds: Rounds,
) -> list[float]:
    """How many times the first floor's time the second one took, in each round."""
    ratios = []
    for floor in (first, second):
        measure(floor, steps // TURNS_A_ROUND + 1)  # warm
    for _ in range(times):
        watch = Watch()
        turns = [
            (measure(first, steps // TURNS_A_ROUND), measure(second, steps // TURNS_A_ROUND))
            for _ in range(TURNS_A_ROUND)
        ]
        us = [median(column) for column in zip(*turns, strict=True)]
        ratios.append(us[1] / us[0])
        rounds.ended(f"{us[0]:,.0f} µs and {us[1]:,.0f} µs", watch.others())
    return ratios


def a_floor(shape: Shape, backlog: int) -> ShopFloor:
    """A floor as it is after some time, out of the collector's way as a loaded server is."""
    progress(f"a floor of {_told(shape)}, backlog {backlog:,}")
    floor = ShopFloor(shape, random.Random(SEED))
    floor.fill(backlog)
    return floor


def cycle_us(floor: ShopFloor, cycles: int) -> float:
    """Microseconds of a whole cycle."""
    began_at = time.thread_time()
    for _ in range(cycles):
        floor.cycle()
    return (time.thread_time() - began_at) / cycles * 1e6


def claim_us(floor: ShopFloor, claims: int) -> float:
    """Microseconds in which a worker completes a task and has the next; new tasks are not timed."""
    spent = 0.0
    for _ in range(claims):
        began_at = time.thread_time()
        floor.finish()
        spent += time.thread_time() - began_at
        floor.create()
    return spent / claims * 1e6


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """No cyclic collections: a server keeps what it loaded out of their way as well."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _mark(text: str, ratios: list[float], most: float) -> Mark:
    return Mark(text, f"{spread(ratios)} times", median(ratios) <= most)


def _told(shape: Shape) -> str:
    return (
        f"{shape.workers:,} workers ({shape.profiles:,} profiles), {shape.queues:,} queues "
        f"({min(shape.eligible, shape.queues)} a worker)"
    )
