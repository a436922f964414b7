"""docs/compatibility.md is made of what the project says elsewhere, and is not older than that.

Its tables are generated (`pytest tests/docs --rewrite`): the features, scored by the tests that carry a
row's number; the deviations, taken from the sources' own remarks; and each item of the original, compared
with the code's own tables (`tests/docs/original.py`).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import original
from tests.docs.original import Item

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
ROWS = ROOT / "docs" / "features.tsv"

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


def deviations() -> str:
    """The remarks of the sources, each with what it is about and where it stands."""
    lines = []
    for remark in original.remarks():
        about = ", ".join(f"`{subject}`" for subject in remark.subjects)
        about = f"{about}: " if about else ""
        lines.append(f"- {about}{remark.sentence}. (`{remark.path}`)")
    return "\n".join(lines)


def several(items: list[Item]) -> str:
    """The items that are the same, then those that are not, with what they are."""
    parts = [", ".join(f"`{item.name}`" for item in items if item.verdict == "same")]
    for verdict in ("differs", "absent"):
        names = ", ".join(f"`{item.name}`" for item in items if item.verdict == verdict)
        parts.append(f"*{verdict}*: {names}" if names else "")
    return "; ".join(part for part in parts if part) or "–"


def with_parameters(head: str, rows: list[tuple[Item, list[Item]]]) -> str:
    """A table of things that have parameters."""
    lines = [f"| {head} | is | parameters |", "|---|---|---|"]
    lines += [f"| `{item.name}` | {item.verdict} | {several(of)} |" for item, of in rows]
    return "\n".join(lines)


def event_table(items: list[Item]) -> str:
    """The types of events."""
    lines = ["| event | is | |", "|---|---|---|"]
    lines += [f"| `{item.name}` | {item.verdict} | {item.note} |" for item in items]
    return "\n".join(lines)


def sdk_table(items: list[Item]) -> str:
    """The members of the SDK's classes, by kind."""
    lines = ["| class | | members |", "|---|---|---|"]
    grouped: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        owner, member = item.name.split(" ", 1)
        kind, _, name = member.rpartition(" ")
        found = grouped.setdefault((owner, f"{kind or 'method'}s"), [])
        found.append(Item(name, item.verdict))
    lines += [f"| {owner} | {kind} | {several(of)} |" for (owner, kind), of in grouped.items()]
    return "\n".join(lines)


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


@pytest.mark.feature(297)
def test_the_page_is_not_stale(scores: dict[str, str], rewrite: bool, tmp_path: Path) -> None:
    """Features are scored by the tests that carry them, and each item by the code's own tables."""
    parts = {
        "deviations": deviations(),
        "operations": with_parameters("operation", original.operations()),
        "instructions": with_parameters("instruction", original.instructions()),
        "events": event_table(original.events()),
        "sdk": sdk_table(original.sdk(tmp_path)),
        "features": table(scores),
    }
    page = PAGE.read_text()
    for name, text in parts.items():
        page = with_part(page, name, text)
    if rewrite:
        PAGE.write_text(page)

    assert PAGE.read_text() == page


def test_the_original_is_told_whole() -> None:
    """The comparison begins from 61 operations on 37 paths, and from 49 events."""
    offered = original.operations()

    assert len(offered) == 61
    assert len({item.name.split()[1] for item, _ in offered}) == 37
    assert len({item.name for item in original.events()}) == 49


def test_what_is_missing_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An operation, parameter, event or member that nothing here has is told as absent."""
    more = {
        "operations": {
            "/v1/Workspaces/*/Ghosts": {"GET": None},
            "/v1/Workspaces": {"GET": "Ghost"},
        },
        "events": [{"types": "ghost.seen", "groups": []}],
        "fields": {},
        "sdk": {"Worker": {"methods": "haunt ghost.fetch", "events": "ghost.seen"}},
    }
    monkeypatch.setattr(original, "ORIGINAL", more)
    [(ghosts, _), (workspaces, [parameter])] = original.operations()
    found = [ghosts, parameter, *original.events(), *original.sdk(tmp_path)]

    assert workspaces.verdict == "same"
    assert [item.verdict for item in found] == ["absent"] * 6


def test_every_remark_is_about_something(tmp_path: Path) -> None:
    """What a remark names in brackets is an item of the original."""
    offered = [*original.operations(), *original.instructions()]
    known = {item.name for item, _ in offered}
    for item, parameters in offered:
        for parameter in parameters:
            known |= {parameter.name, f"{item.name.split()[0]} {parameter.name}"}
    known |= {item.name for item in original.events()}
    known |= {field for names in original.ORIGINAL["fields"].values() for field in names.split()}
    known |= {f"{owner}.{member}" for owner, member in original.members()}

    assert original.subjects() - known == set()


def test_tests_name_rows_that_exist(scores: dict[str, str]) -> None:
    """No test carries the number of a row that the table does not have."""
    known = {number for _, rows in sections() for number, _ in rows}

    assert set(scores) <= known
