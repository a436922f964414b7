"""docs/benchmarks.md tells every suite, option and mark there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import expressions, lifecycle, matching, sockets, statistics, voice
from bench.__main__ import SUITES, main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_the_page_has_a_part_for_each_suite() -> None:
    """Whatever `make bench` runs has its heading."""
    assert set(SUITES) <= set(re.findall(r"^## (\w+)$", PAGE, re.MULTILINE))


def test_the_page_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """The table of options is that of the command."""
    with pytest.raises(SystemExit):
        main(["--help"])

    offered = set(re.findall(r"--\w+", capsys.readouterr().out)) - {"--help"}
    assert set(re.findall(r"^\| `(--\w+)", PAGE, re.MULTILINE)) == offered


def test_the_page_tells_the_marks() -> None:
    """The bounds that are compared with are those that the page promises."""
    assert f"at most {matching.LARGE_TIMES:g} times" in PAGE
    assert f"at most {matching.BEHIND_TIMES:g} times" in PAGE
    assert f"at most {statistics.LONGER_TIMES:g} times as long" in PAGE
    assert f"at least {expressions.AT_LEAST_TIMES} times as long" in PAGE
    assert f"at most {sockets.SOCKET_KB} kB a socket" in PAGE
    assert f"at most {sockets.FRAME_SYNCS} times one `fdatasync`" in PAGE
    assert f"with {voice.MARK_CALLS} calls on two cores" in PAGE
    assert f"less than {voice.MARK_SILENT:.1%}".replace("%", " %") in PAGE
    assert f"less than {voice.MOST_LOST:.0%}".replace("%", " %") in PAGE
    assert lifecycle.ACKNOWLEDGED_PER_SYNC == 1
    assert "at least one durable acknowledgement for each `fdatasync`" in PAGE
