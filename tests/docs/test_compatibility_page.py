"""docs/compatibility.md is made of what the project says elsewhere, and is not older than that.

Two parts are generated (`pytest tests/docs --rewrite`): the table of features, scored by the tests that
carry a row's number, and the list of deviations, taken from the sources' own remarks.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
ROWS = ROOT / "docs" / "features.tsv"
REMARK = re.compile(r"^\W*Differs from Twilio: (.*)$")

COLLECT = """
import sys, pytest
class Marks:
    def pytest_collection_modifyitems(self, items):
        for item in items:
            for mark in item.iter_markers("feature"):
                score = "partly" if mark.kwargs.get("partly") else "yes"
                for row in mark.args:
                    print("feature", type(row).__name__, row, score)
sys.exit(pytest.main(["--collect-only", "-q", "--no-header", "-p", "no:cacheprovider"], [Marks()]))
"""


def sections() -> list[tuple[str, list[tuple[str, str]]]]:
    """The feature table: sections, each with its rows of number and feature."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in ROWS.read_text().splitlines():
        number, feature = line.split("\t")
        if number:
            found[-1][1].append((number, feature))
        else:
            found.append((feature, []))
    return found


@pytest.fixture(scope="module")
def scores() -> dict[str, str]:
    """Each row that tests of the whole suite carry: "yes", or "partly" when all of them say so."""
    run = subprocess.run(
        [sys.executable, "-c", COLLECT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    marks = re.findall(r"^feature (\w+) (\S+) (\w+)$", run.stdout, re.MULTILINE)
    floats = {row for kind, row, _ in marks if kind == "float"}
    assert not floats, f"write rows with a point as text, or 181.1 and 181.10 are one: {floats}"
    found: dict[str, str] = {}
    for _, row, score in marks:
        found[row] = max(score, found.get(row, score))  # "yes" is greater than "partly"
    return found


def remarks() -> list[str]:
    """Each `Differs from Twilio:` of the sources, with the lines that continue its sentence."""
    found = []
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "web").glob("*/src/**/*.ts")]
    for path in sorted(files):
        lines = path.read_text().splitlines()
        for i, line in enumerate(lines):
            match = REMARK.match(line)
            if match:
                sentence = match[1].rstrip()
                for following in lines[i + 1 :]:
                    if sentence.endswith((".", '"""')):
                        break
                    sentence += " " + following.strip(" #*")
                found.append(f"- {sentence.rstrip('. ')}. (`{path.relative_to(ROOT)}`)")
    return found


def table(scores: dict[str, str]) -> str:
    """The scored table as it stands on the page."""
    lines = []
    for title, rows in sections():
        lines += [f"### {title}", "", "| # | feature | shown by a test |", "|---|---|---|"]
        lines += [
            f"| {number} | {feature} | {scores.get(number, 'no')} |" for number, feature in rows
        ]
        lines.append("")
    return "\n".join(lines).rstrip()


def with_part(page: str, name: str, text: str) -> str:
    """The page with its generated part `name` replaced."""
    begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
    assert page.count(begin) == page.count(end) == 1, f"the page has no part {name}"
    head, rest = page.split(begin)
    return f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}"


@pytest.mark.feature(297, partly=True)
def test_the_page_is_not_stale(scores: dict[str, str], rewrite: bool) -> None:
    """The table scores exactly the rows that tests carry; each deviation is listed."""
    page = with_part(PAGE.read_text(), "features", table(scores))
    page = with_part(page, "deviations", "\n".join(remarks()))
    if rewrite:
        PAGE.write_text(page)

    assert PAGE.read_text() == page


def test_tests_name_rows_that_exist(scores: dict[str, str]) -> None:
    """No test carries the number of a row that the table does not have."""
    known = {number for _, rows in sections() for number, _ in rows}

    assert set(scores) <= known
