"""How figures are told: spreads, percentiles, marks, and what others did meanwhile."""

from __future__ import annotations

import os

import pytest

from bench.report import (
    Mark,
    Rounds,
    Watch,
    percentile,
    print_marks,
    spread,
    table,
    usage,
)


def test_a_spread_has_the_median_and_both_ends() -> None:
    """Of several rounds the middle one counts, and the outer ones are told."""
    assert spread([3.0, 1.0, 20.0]) == "3.00 (1.00 to 20.00)"
    assert spread([1234.5, 2345.6], 0) == "1,790 (1,234 to 2,346)"


def test_a_percentile_is_one_of_the_values() -> None:
    """A share of all values does not exceed the percentile, and it never lies beyond the last."""
    values = [float(n) for n in range(100)]

    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7


def test_a_missed_mark_is_told_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """The end of a report has every mark with what was measured, and says how many were met."""
    print_marks([Mark("quick enough", "2 times", met=True), Mark("short", "9", met=False)])

    printed = capsys.readouterr().out
    assert "| quick enough |  2 times |    met |" in printed
    assert "| short        |        9 | MISSED |" in printed
    assert "1 of 2 marks met." in printed


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """A table is Markdown whose first column is text and whose others are figures."""
    table(["name", "µs"], [["a", "1,000"], ["longer", "2"]])

    assert capsys.readouterr().out.splitlines() == [
        "| name   |    µs |",
        "|---|---:|",
        "| a      | 1,000 |",
        "| longer |     2 |",
        "",
    ]


def test_a_disturbed_round_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """A round in which others used more than half a core is marked and counted."""
    rounds = Rounds(2)
    rounds.ended("first", 0.5)
    rounds.ended("second", 0.6)

    told = capsys.readouterr().err.splitlines()
    assert ["DISTURBED" in line for line in told] == [False, True]
    assert rounds.summary() == (
        "2 rounds; others kept 0.55 (0.50 to 0.60) cores busy, more than 0.5 in 1 of them."
    )


def test_others_are_never_less_than_nobody() -> None:
    """What others used is what the machine did without us, and never negative."""
    watch = Watch(os.getpid())
    total = sum(range(10_000))

    assert total
    assert watch.others() >= 0


def test_a_process_tells_what_it_used() -> None:
    """Processor time and bytes written are read from the kernel's own account of a process."""
    used = usage(os.getpid())

    assert used.seconds > 0
    assert used.written >= 0
