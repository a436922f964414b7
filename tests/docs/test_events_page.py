"""docs/events.md names every type of event, with its fields, and what the live channel sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.engine.events import EventType
from pointsman.wire.events import recipients
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS
from tests.wire.small_workspace import ALICE, an_event

PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"


def rows(name: str) -> list[list[str]]:
    """The cells of one of the page's tables, without its head."""
    text = PAGE.read_text(encoding="utf-8")
    table = text.split(f"<!-- {name}: begin -->\n")[1].split(f"<!-- {name}: end -->")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]


def test_every_type_has_its_row() -> None:
    """The table of types is the closed list, in its order, with the groups of each and a reason."""
    told = {cells[0].strip("`"): cells[2] for cells in rows("types")}

    assert told == {kind: ", ".join(FIELD_GROUPS[kind]) or "–" for kind in EventType}
    assert list(told) == list(EventType)
    assert all(len(cells) == 4 and all(cells) for cells in rows("types"))


@pytest.mark.feature(168)
def test_every_group_has_its_fields() -> None:
    """The table of groups says which fields are always told, and which only sometimes."""

    def fields(cell: str) -> tuple[str, ...]:
        return () if cell == "–" else tuple(cell.replace("`", "").split())

    told = {name: (fields(always), fields(optional)) for name, always, optional in rows("groups")}

    assert told == {name: (group.fields, group.optional) for name, group in GROUPS.items()}


def test_every_frame_has_its_row() -> None:
    """The table of frames names what is sent to workers, and nothing else."""
    told = {cells[0].strip("`") for cells in rows("frames")}

    assert told == {kind for kind in EventType if recipients(an_event(kind, worker=ALICE))}
