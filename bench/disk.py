"""The floor of everything durable: how often a second this disk can be told to keep something.

One writer, one page, one `fdatasync`, over and over. Writing over a file that is already there is
the quickest that the disk can do, and what the other suites compare themselves with; making a file
longer also has the file system write down the new length.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.report import Mark, Plan, Rounds, Watch, percentile, spread, table, title

PAGE = bytes(4096)
PAGES_OF_THE_FILE = 1024


@dataclass(frozen=True)
class Floor:
    """What one second of syncing gave."""

    per_s: float
    p50_ms: float
    p99_ms: float


def overwriting(folder: Path, seconds: float) -> Floor:
    """Over and over the same few megabytes, written once before."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(PAGE * PAGES_OF_THE_FILE)
        file.flush()
        os.fsync(file.fileno())
        return _sync_for(file.fileno(), seconds, PAGES_OF_THE_FILE)


def appending(folder: Path, seconds: float) -> Floor:
    """A file that grows by a page each time."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return _sync_for(file.fileno(), seconds, 1 << 40)


def middle(floors: Sequence[Floor]) -> Floor:
    """Of several floors the medians."""
    return Floor(
        median(floor.per_s for floor in floors),
        median(floor.p50_ms for floor in floors),
        median(floor.p99_ms for floor in floors),
    )


def _sync_for(file: int, seconds: float, pages: int) -> Floor:
    clock = time.perf_counter
    spans: list[float] = []
    began_at = now = clock()
    while now - began_at < seconds:
        os.pwrite(file, PAGE, len(spans) % pages * len(PAGE))
        os.fdatasync(file)
        now, before = clock(), now
        spans.append(now - before)
    return Floor(
        len(spans) / (now - began_at), median(spans) * 1000, percentile(spans, 0.99) * 1000
    )


def main(plan: Plan) -> list[Mark]:
    """Print both floors; nothing is promised about a disk."""
    title("Disk: one page and one fdatasync at a time")
    seconds = plan.pick(1.0, 0.3, 0.01)
    found: dict[str, list[Floor]] = {"over a written file": [], "making it longer": []}
    rounds = Rounds(plan.rounds)
    for _ in range(plan.rounds):
        watch = Watch()
        found["over a written file"].append(overwriting(plan.folder, seconds))
        found["making it longer"].append(appending(plan.folder, seconds))
        told = f"{found['over a written file'][-1].per_s:,.0f} fdatasync/s"
        rounds.ended(told, watch.others())
    rows = [
        [
            name,
            spread([floor.per_s for floor in floors], 0),
            spread([floor.p50_ms for floor in floors]),
            spread([floor.p99_ms for floor in floors]),
        ]
        for name, floors in found.items()
    ]
    table(["", "fdatasync/s", "p50 ms", "p99 ms"], rows)
    print(rounds.summary())
    return []
