"""docs/rest.md lists what is below /pointsman/v1, and other pages explain each of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pointsman.api.catalogue import parameters
from pointsman.api.operations import OPERATIONS
from pointsman.api.rehearsal import CLOCK_PATH, RESET_PATH
from pointsman.rest.asgi import DEMO_PATH

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "rest.md"
BEGIN, END = "<!-- own operations: begin -->\n", "<!-- own operations: end -->\n"
SIDS = {"workspace_sid": "WS…", "task_sid": "WT…", "workflow_sid": "WW…"}
SIDS |= {"alert_sid": "NO…", "event_sid": "EV…"}
APART = [
    ("GET", CLOCK_PATH, ""),
    ("POST", CLOCK_PATH, "`advance_s`"),
    ("POST", RESET_PATH, ""),
    ("GET", DEMO_PATH, ""),
    ("POST", DEMO_PATH, "`worker`"),
]
"""What only a server for tests, or one with the demo, has beside the table of operations."""


def own() -> list[tuple[str, str, str]]:
    """Method, path and parameters of every operation that the original does not have."""
    rows = [
        (row.method, row.path, ", ".join(f"`{each.name}`" for each in parameters(row)))
        for row in OPERATIONS
        if row.path.startswith("/pointsman/")
    ]
    return [*rows, *APART]


def table() -> str:
    """They, as they stand on the page."""
    lines = ["| operation | parameters |", "|---|---|"]
    for method, path, names in own():
        shown = re.sub(r"\{(\w+)\}", lambda part: SIDS.get(part[1], "…"), path)
        lines.append(f"| `{method} {shown}` | {names or '–'} |")
    return "\n".join(lines) + "\n"


@pytest.mark.feature(298)
def test_every_operation_of_our_own_is_on_its_page(rewrite: bool) -> None:
    """The table is what the server offers below /pointsman/v1; docs/compatibility.md has the rest."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    told, after = rest.split(END)
    if rewrite:
        PAGE.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
        return

    assert told == table()


@pytest.mark.feature(298)
def test_every_operation_of_our_own_is_explained() -> None:
    """Some other page tells what each of them is for."""
    pages = [page for page in DOCS.glob("*.md") if page != PAGE]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)

    def is_explained(path: str) -> bool:
        shape = re.sub(r"\\\{\w+\\\}", r"[^/\\s`]+", re.escape(path))
        return re.search(rf"{shape}(?![/\w])", text) is not None

    assert [path for _, path, _ in own() if not is_explained(path)] == []


@pytest.mark.feature(298)
def test_every_operation_of_the_original_is_told() -> None:
    """docs/compatibility.md has a row for each operation below /v1."""
    text = (DOCS / "compatibility.md").read_text(encoding="utf-8")
    offered = [
        f"{row.method} {re.sub(r'{[^}]*}', '*', row.path)}"
        for row in OPERATIONS
        if row.path.startswith("/v1/")
    ]

    assert [each for each in offered if f"| `{each}` |" not in text] == []
