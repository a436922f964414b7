"""`python -m bench [suite …]`: run the suites one after the other and print what was found.

A missed mark is printed and is no failure of the command: what a shared machine does in a bad moment
must not stop anybody. Everything that is started is ours, on loopback and a free port, and is ended
by its process number; everything that is written is in a folder of its own, which is removed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import disk, expressions, lifecycle, matching, sockets, statistics, voice
from bench.report import Mark, Plan, environment, print_marks, title


def of_expressions(plan: Plan) -> list[Mark]:
    """The comparison with other expression engines, which prints its own table."""
    title("Expressions")
    met = expressions.main(rounds=plan.pick(15, 5, 1))
    return [Mark(f"each peer takes ≥ {expressions.AT_LEAST_TIMES} times ours", "see above", met)]


SUITES: dict[str, Callable[[Plan], list[Mark]]] = {
    "disk": disk.main,
    "expressions": of_expressions,
    "matching": matching.main,
    "lifecycle": lifecycle.main,
    "sockets": sockets.main,
    "statistics": statistics.main,
    "voice": voice.main,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for, all of it by default."""
    asked = _parser().parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as folder:
        plan = Plan(asked.rounds, asked.quick, asked.tiny, Path(folder))
        print(f"# Benchmarks\n\n{environment()}")
        marks: list[Mark] = []
        for name in asked.suites or SUITES:
            marks += SUITES[name](plan)
    print_marks(marks)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    # No `choices`: with `nargs="*"` argparse would not take an empty list for one.
    parser.add_argument("suites", nargs="*", type=_suite, help=f"of {', '.join(SUITES)}")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each comparison [5]")
    parser.add_argument("--quick", action="store_true", help="a look: smaller and shorter")
    parser.add_argument("--tiny", action="store_true", help="only show that the suites work")
    parser.add_argument(
        "--folder", type=Path, default=Path("build"), help="on the disk to measure [build]"
    )
    return parser


def _suite(name: str) -> str:
    if name not in SUITES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SUITES)}")
    return name


if __name__ == "__main__":
    main()
