"""Every suite of the benchmarks, in a tiny size: what it prints, and that it leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.__main__ import SUITES, main

TOLD = {
    "disk": ["over a written file", "making it longer"],
    "expressions": [
        "rule-engine",
        "common-expression-language",
        "each peer takes ≥ 100 times ours",
    ],
    "matching": ["backlog 20", "4 times that at", "tasks that nobody can take", "Without a mark"],
    "lifecycle": ["acknowledged ÷ fdatasync", "p99, in fdatasyncs", "per fdatasync at 2 in flight"],
    "sockets": ["10 live channels", "kB a socket ≤ 40", "from commit to frame", "when idle"],
    "voice": ["calls at a time", "packets received", "calls a core", "packets lost"],
    "statistics": [
        "15 minutes out of 20,000 events",
        "rows read a window",
        "no more rows are read",
    ],
}


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_prints_its_table_and_marks(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A suite runs on its own, tells what the figures depend on, and removes what it wrote."""
    main([suite, "--tiny", "--rounds=2", f"--folder={tmp_path}"])

    printed = capsys.readouterr().out
    assert "load average" in printed
    assert [text for text in TOLD[suite] if text not in printed] == []
    assert "marks met" in printed or "Nothing has a mark" in printed
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suite_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt suite ends the command with the names of those there are."""
    with pytest.raises(SystemExit):
        main(["lifecycles"])

    assert (
        "'lifecycles' is none of disk, expressions, matching, lifecycle, sockets, statistics, "
        "voice" in (capsys.readouterr().err)
    )
