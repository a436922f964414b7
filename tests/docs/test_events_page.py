"""docs/events.md names every type of event, with its fields, and what the live channel sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from pointsman.engine.events import EventType
from pointsman.wire.events import recipients
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS
from tests.docs.life import a_life
from tests.modern.desk import access_token
from tests.server import ACCOUNT_SID, AUTH_TOKEN, a_server
from tests.wire.small_workspace import ALICE, an_event

PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"


def rows(name: str) -> list[list[str]]:
    """The cells of one of the page's tables, without its head."""
    text = PAGE.read_text(encoding="utf-8")
    table = text.split(f"<!-- {name}: begin -->\n")[1].split(f"<!-- {name}: end -->")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]


@pytest.mark.feature(298, 304)
def test_every_type_has_its_row() -> None:
    """The table of types is the closed list, in its order, with the groups of each and a reason."""
    told = {cells[0].strip("`"): cells[2] for cells in rows("types")}

    assert told == {kind: ", ".join(FIELD_GROUPS[kind]) or "–" for kind in EventType}
    assert list(told) == list(EventType)
    assert all(len(cells) == 4 and all(cells) for cells in rows("types"))


@pytest.mark.feature(168, 304)
def test_every_group_has_its_fields() -> None:
    """The table of groups says which fields are always told, and which only sometimes."""

    def fields(cell: str) -> tuple[str, ...]:
        return () if cell == "–" else tuple(cell.replace("`", "").split())

    told = {name: (fields(always), fields(optional)) for name, always, optional in rows("groups")}

    assert told == {name: (group.fields, group.optional) for name, group in GROUPS.items()}


@pytest.mark.feature(164, 304)
def test_what_happens_is_told_as_the_page_says(tmp_path: Path) -> None:
    """In a workspace in which everything happens, each event has its row's resource and fields.

    All types come but one: a deleted workspace can no longer be asked.
    """

    def advance(seconds: int) -> None:
        asked = {"data": {"advance_s": seconds}, "auth": (ACCOUNT_SID, AUTH_TOKEN), "timeout": 30}
        httpx.post(f"{server.address}/pointsman/v1/Clock", **asked).raise_for_status()  # type: ignore[arg-type]

    def bridge(worker: Any, path: str, **params: str) -> Any:
        told = {
            "url": f"Workspaces/{worker.workspace_sid}/Workers/{worker.sid}/{path}",
            "method": "POST",
            "params": params,
            "token": access_token(worker.workspace_sid, worker.sid),
        }
        answer = httpx.post(
            f"{server.address}/v1/wschannels", json=told, headers={"apiVersion": "v2"}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["payload"]

    with a_server(tmp_path, "--virtual-clock") as server:
        workspace = a_life(server.client().taskrouter.v1, advance, bridge)
        happened = workspace.events.list(minutes=2 * 24 * 60)

    told = {cells[0].strip("`"): cells for cells in rows("types")}
    groups = {
        name: (set(always.replace("`", "").split()), optional)
        for name, always, optional in rows("groups")
    }
    for event in happened:
        _, _, names, resource = told[event.event_type]
        asked = [groups[name] for name in names.split(", ") if name != "–"]
        always = set().union(*(fields for fields, _ in asked), {"workspace_sid", "workspace_name"})
        allowed = always.union(*(set(more.replace("`", "").split()) for _, more in asked))
        assert event.resource_type == resource, event.event_type
        assert always <= set(event.event_data) <= allowed, event.event_type
    assert {event.event_type for event in happened} == {*EventType} - {"workspace.deleted"}


def test_every_frame_has_its_row() -> None:
    """The table of frames names what is sent to workers, and nothing else."""
    told = {cells[0].strip("`") for cells in rows("frames")}

    assert told == {kind for kind in EventType if recipients(an_event(kind, worker=ALICE))}
