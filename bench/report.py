"""What every suite prints: tables, spreads, marks, and how busy the rest of the machine was.

Wall time on a shared machine says little. So suites measure against a floor of the same round, and
here is told whether that round was disturbed: by the processor time that nobody of ours used.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

T = TypeVar("T")

DISTURBED_CORES = 0.5
"""More processor time of others than this, in cores, and a round counts as disturbed."""
TICKS_S = os.sysconf("SC_CLK_TCK")
PACKAGES = ("uvicorn", "uvloop", "httptools", "websockets", "orjson", "msgspec")


@dataclass(frozen=True)
class Plan:
    """How much to measure: `quick` is a look, `tiny` only shows that a suite works."""

    rounds: int = 5
    quick: bool = False
    tiny: bool = False
    folder: Path = Path()

    def pick(self, full: T, quick: T, tiny: T) -> T:
        """One of three sizes."""
        return tiny if self.tiny else quick if self.quick else full


class Mark(NamedTuple):
    """Something that is promised, and whether it was so."""

    text: str
    measured: str
    met: bool


class Usage(NamedTuple):
    """Processor time of a process so far, in seconds, and bytes it had written to the disk."""

    seconds: float
    written: int


def usage(pid: int) -> Usage:
    """What a running process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / TICKS_S
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    written = next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
    return Usage(seconds, written)


def resident_bytes(pid: int) -> int:
    """The memory that a running process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Watch:
    """How many cores others keep busy, from now until asked."""

    def __init__(self, *pids: int) -> None:
        """`pids` are ours besides this process."""
        self._pids = pids
        self._began = time.perf_counter(), _busy_s(), self._own_s()

    def others(self) -> float:
        """Cores that neither we nor `pids` used, on average since the beginning."""
        began_at, busy, own = self._began
        others = (_busy_s() - busy) - (self._own_s() - own)
        return max(0.0, others / (time.perf_counter() - began_at))

    def _own_s(self) -> float:
        return sum((usage(pid).seconds for pid in self._pids), sum(os.times()[:4]))


def _busy_s() -> float:
    """Seconds that all cores together were busy since the machine began; waiting is not busy."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = ticks[:8]
    return (user + nice + system + interrupts + soft + stolen) / TICKS_S


class Rounds:
    """Tells each round's end with what others did meanwhile, and counts the disturbed ones."""

    def __init__(self, of: int) -> None:
        self._of = of
        self._others: list[float] = []

    def ended(self, told: str, others: float) -> None:
        self._others.append(others)
        sign = "  DISTURBED" if others > DISTURBED_CORES else ""
        number = len(self._others)
        progress(f"round {number} of {self._of}: {told}; others kept {others:.2f} cores busy{sign}")

    def summary(self) -> str:
        disturbed = sum(others > DISTURBED_CORES for others in self._others)
        return (
            f"{len(self._others)} rounds; others kept {spread(self._others)} cores busy, "
            f"more than {DISTURBED_CORES} in {disturbed} of them."
        )


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, least and most."""
    form = f",.{digits}f"
    middle, least, most = median(values), min(values), max(values)
    return f"{middle:{form}} ({least:{form}} to {most:{form}})"


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table that reads well in a terminal and is Markdown as well."""
    listed = [list(columns), *map(list, rows)]
    widths = [max(len(row[place]) for row in listed) for place in range(len(columns))]
    for number, row in enumerate(listed):
        first, *others = row
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print(f"| {' | '.join(cells)} |")
        if number == 0:
            print("|---" + "|---:" * (len(columns) - 1) + "|")
    print(flush=True)


def progress(told: str) -> None:
    """A line for whoever waits; it is no part of the report."""
    print(f"  … {told}", file=sys.stderr, flush=True)


def title(text: str) -> None:
    print(f"\n## {text}\n", flush=True)


def environment() -> str:
    """What the figures depend on."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {', '.join(map(_versioned, PACKAGES))}; "
        f"{platform.system()} {platform.release()}, {os.cpu_count()} cores ({_chip()}); "
        f"load average {load}."
    )


def _versioned(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def _chip() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def print_marks(marks: Sequence[Mark]) -> None:
    """All marks at the end, in one place."""
    title("Marks")
    rows = [[mark.text, mark.measured, "met" if mark.met else "MISSED"] for mark in marks]
    table(["mark", "measured", ""], rows)
    missed = sum(not mark.met for mark in marks)
    print(f"{len(marks) - missed} of {len(marks)} marks met." if marks else "Nothing has a mark.")
