"""docs/statistics.md names every request for figures and every cumulative figure."""

from __future__ import annotations

import re
from pathlib import Path

from pointsman.api.operations import OPERATIONS
from pointsman.engine.statistics import Flow, Stays
from pointsman.wire import statistics as wire

PAGE = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"
SIDS = {"workflow_sid": "WW…", "task_queue_sid": "WQ…", "worker_sid": "WK…"}
TASKS = ("workspace", "workflow", "task queue")


def rows(name: str) -> list[list[str]]:
    """The cells of one of the page's tables, without its head."""
    text = PAGE.read_text(encoding="utf-8")
    table = text.split(f"<!-- {name}: begin -->\n")[1].split(f"<!-- {name}: end -->")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]


def test_every_request_has_its_row() -> None:
    """The table of requests is the part of the table of operations that is about statistics."""
    offered = [
        f"{row.method} " + re.sub(r"\{(\w+)\}", lambda part: SIDS[part[1]], path)
        for row in OPERATIONS
        if row.path.endswith("Statistics")
        for path in [row.path.replace("/v1/Workspaces/{workspace_sid}", "<W>")]
    ]

    assert [cells[0].strip("`") for cells in rows("paths")] == [
        request.replace("<W>", "{W}") for request in offered
    ]


def test_every_figure_has_its_row() -> None:
    """The table of figures says of whom each of them is told."""
    told: dict[str, set[str]] = {}
    for name, owners, _ in rows("cumulative"):
        all_of = [*TASKS, "workers"] if owners == "all" else owners.split(", ")
        for owner in all_of:
            told.setdefault(owner, set()).add(name.strip("`"))
    shown = {
        owner: set(wire.cumulative(owner.replace(" ", "_"), Flow(), 0, 0, whole=True))
        for owner in TASKS
    }
    shown["workers"] = set(wire.worker_cumulative(Flow(), Stays(0, 0), {}, 0, 0))
    for names in shown.values():
        names -= {"start_time", "end_time"}

    assert told == shown
