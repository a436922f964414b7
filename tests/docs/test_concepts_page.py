"""docs/concepts.md draws the life cycles from their tables, and names every status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pointsman.engine import lifecycle
from pointsman.engine.records import ReservationStatus, TaskStatus, TransferStatus

PAGE = Path(__file__).resolve().parents[2] / "docs" / "concepts.md"
Status = TaskStatus | ReservationStatus | TransferStatus
TABLES: dict[str, Mapping[Status, frozenset[Status]]] = {
    name.removesuffix("_MOVES").lower(): table
    for name, table in vars(lifecycle).items()
    if name.endswith("_MOVES")
}


def diagram(moves: Mapping[Status, frozenset[Status]]) -> str:
    """The table as a state diagram; what nothing follows is an end."""
    order = {status: number for number, status in enumerate(moves)}
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(moves))}"]
    for status, following in moves.items():
        lines += [f"    {status} --> {after}" for after in sorted(following, key=order.__getitem__)]
        if not following:
            lines.append(f"    {status} --> [*]")
    return "\n".join([*lines, "```"])


def drawn(text: str) -> str:
    """The page with its diagrams drawn anew."""
    for name, moves in TABLES.items():
        begin, end = f"<!-- {name} moves: begin -->", f"<!-- {name} moves: end -->"
        assert begin in text, f"the page does not draw the life of a {name}"
        picture = f"{begin}\n\n{diagram(moves)}\n\n{end}"
        text = re.sub(f"{begin}.*?{end}", lambda _, new=picture: new, text, flags=re.DOTALL)
    return text


@pytest.mark.feature(80, 93)
def test_the_diagrams_are_those_of_the_tables(rewrite: bool) -> None:
    """What the page draws is what the engine allows; `make docs` draws it anew."""
    if rewrite:
        PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")

    assert text == drawn(text)


def test_a_stale_diagram_is_noticed() -> None:
    """A page with a move left out differs from the page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    stale = text.replace("    pending --> reserved\n", "")

    assert stale != text
    assert drawn(stale) == text


def test_every_status_is_explained() -> None:
    """Each status of a task, of a reservation and of a transfer is on the page."""
    text = PAGE.read_text(encoding="utf-8")

    statuses = (*TaskStatus, *ReservationStatus, *TransferStatus)
    assert [status for status in statuses if f"`{status}`" not in text] == []
