"""The waiting line against looking at every task and every worker."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.indexes import line as line_module
from pointsman.engine.indexes.cells import Cell, Demand
from pointsman.engine.indexes.heaps import Key
from pointsman.engine.indexes.line import Line
from pointsman.engine.indexes.roster import Roster
from pointsman.engine.records import Activity, TaskOrder, TaskQueue, Worker

ACTIVITY = Activity("WA1", "Available", True, 0, 0)
TEAMS = ("a", "b", "c")
STEP = st.one_of(
    st.tuples(st.just("ready"), st.integers(0, 5), st.integers(0, 1), st.integers(0, 9)),
    st.tuples(st.just("busy"), st.integers(0, 5), st.integers(0, 1)),
    st.tuples(st.just("move"), st.integers(0, 5), st.sampled_from(TEAMS)),
    st.tuples(
        st.just("wait"),
        st.integers(0, 9),
        st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 4)),
        st.integers(0, 9),
    ),
    st.tuples(st.just("leave"), st.integers(0, 9)),
    st.tuples(st.just("claim"), st.integers(0, 9), st.integers(1, 3)),
)


class Scan:
    """A line with four queues (of each team, and of everybody), and the same as plain lists."""

    def __init__(self) -> None:
        self.line = Line(Roster())
        self.team: dict[str, str] = {}
        self.ready: dict[tuple[str, str], Key] = {}
        self.waiting: dict[str, tuple[Cell, Key]] = {}
        for number, rule in enumerate([*(f"team == '{t}'" for t in TEAMS), "1 == 1"]):
            queue = TaskQueue(f"WQ{number}", "queue", rule, 1, TaskOrder.FIFO, 0, 0)
            missing = self.line.roster.put_queue(queue)
            if missing:
                self.line.widen(missing, [])
                self.line.roster.put_queue(queue)
        for number in range(6):
            self.move(number, TEAMS[number % 3])

    def move(self, number: int, team: str) -> None:
        sid = f"WK{number}"
        changed = self.team.get(sid) != team
        self.team[sid] = team
        worker = Worker(sid, f"Worker {number}", f'{{"team":"{team}"}}', "WA1", 0, 0, 0)
        assert self.line.move_worker(worker, ACTIVITY) == changed

    def set_ready(self, number: int, channel: int, since: int) -> None:
        slot = (f"WK{number}", f"TC{channel}")
        self.ready[slot] = (since, slot[0])
        self.line.set_ready(*slot, self.ready[slot])

    def set_busy(self, number: int, channel: int) -> None:
        slot = (f"WK{number}", f"TC{channel}")
        self.ready.pop(slot, None)
        self.line.set_busy(*slot)

    def wait(self, number: int, place: tuple[int, int, int], start: int) -> None:
        queue, channel, wish = place
        demand = (
            Demand(),
            Demand(),
            Demand(known=("sid", "WK2")),
            Demand(known=("friendly_name", "worker 3")),
            Demand(nobody=True),
        )[wish]
        queue_sid, channel_sid = f"WQ{queue}", f"TC{channel}"
        cell = self.line.cell(queue_sid, channel_sid, demand)
        if cell is None:
            cell = Cell(queue_sid, channel_sid, demand)
            self.line.open_cell(cell)
        sid = f"WT{number}"
        self.waiting[sid] = (cell, (start, sid))
        self.line.wait(sid, cell, (start, sid))

    def leave(self, number: int) -> None:
        self.waiting.pop(f"WT{number}", None)
        self.line.leave(f"WT{number}")

    def fits(self, cell: Cell, worker_sid: str) -> bool:
        """The truth about a worker and a cell, readiness aside."""
        known = {None: worker_sid, ("sid", "WK2"): "WK2"}.get(cell.demand.known, "WK3")
        team = {"WQ0": "a", "WQ1": "b", "WQ2": "c"}.get(cell.queue_sid, self.team[worker_sid])
        wanted = not cell.demand.nobody and known == worker_sid
        return wanted and team == self.team[worker_sid]

    def best_task(self, slot: tuple[str, str]) -> tuple[Key, str] | None:
        return min(
            (
                (key, sid)
                for sid, (cell, key) in self.waiting.items()
                if cell.channel_sid == slot[1] and self.fits(cell, slot[0])
            ),
            default=None,
        )

    def claim(self, number: int, limit: int) -> None:
        """The line's choice for a task is that of sorting everybody."""
        sid = f"WT{number}"
        if sid not in self.waiting:
            return
        cell = self.waiting[sid][0]
        assert self.line.cell_of(sid) is cell
        wanted = sorted(
            (key, slot)
            for slot, key in self.ready.items()
            if slot[1] == cell.channel_sid and self.fits(cell, slot[0])
        )[:limit]
        assert self.line.claim(cell, limit, self.fits) == [slot[0] for _, slot in wanted]
        for _, slot in wanted:
            del self.ready[slot]

    def check(self) -> None:
        for worker in self.team:
            for channel in ("TC0", "TC1"):
                slot = (worker, channel)
                assert self.line.ready_key(*slot) == self.ready.get(slot)
                assert self.line.best_task(*slot, self.fits) == self.best_task(slot)
        for number in range(4):
            queue_sid = f"WQ{number}"
            here = {sid for sid, (c, _) in self.waiting.items() if c.queue_sid == queue_sid}
            assert set(self.line.waiting_in(queue_sid)) == here


DOES: dict[str, Any] = {
    "ready": Scan.set_ready,
    "busy": Scan.set_busy,
    "move": Scan.move,
    "wait": Scan.wait,
    "leave": Scan.leave,
    "claim": Scan.claim,
}


@pytest.mark.feature(134, 137)
@pytest.mark.parametrize("kept", [0, 1_000])
@given(steps=st.lists(STEP, max_size=80))
def test_both_questions_have_the_answers_of_a_scan(kept: int, steps: list[tuple[Any, ...]]) -> None:
    """Whoever comes, goes, moves or waits: the best task and the claimed workers are a scan's."""
    scan = Scan()
    limit, line_module.KEPT_EMPTY_CELLS = line_module.KEPT_EMPTY_CELLS, kept
    try:
        for kind, *rest in steps:
            DOES[kind](scan, *rest)
        scan.check()
    finally:
        line_module.KEPT_EMPTY_CELLS = limit


def test_a_worker_who_is_gone_is_not_found() -> None:
    """A removed worker leaves every heap; a dropped queue every cell."""
    scan = Scan()
    scan.set_ready(0, 0, 1)
    scan.wait(0, (3, 0, 0), 1)
    cell = scan.line.cell_of("WT0")
    scan.line.remove_worker("WK0")

    assert scan.line.claim(cell, 3, scan.fits) == []
    scan.leave(0)
    scan.line.drop_queue("WQ3")
    assert scan.line.cell("WQ3", "TC0", Demand()) is None
