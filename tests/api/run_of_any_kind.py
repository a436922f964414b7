"""A run of the real engine under random deeds, put into a store and served; and its figures, naively.

The naive figures are reckoned from the whole list of events, one question at a time, from nothing but
who, what and when: a task was made when `task.created` says so, is in the queue that it entered last,
and a worker is in the activity that he was told into last.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from pathlib import Path
from random import Random
from typing import Any

from pointsman.engine.events import Event
from pointsman.engine.records import Record, replace
from pointsman.store import Group, WorkspaceGroup
from pointsman.store.sqlite import open_store
from tests.engine.deeds import DEEDS, OFTEN, SPANS
from tests.engine.walks import BEGINNING
from tests.engine.world import World
from tests.inside import ACCOUNT


class Run(World):
    """A world that remembers what happened and what is gone."""

    def __init__(self, seed: int, steps: int) -> None:
        self.events: list[Event] = []
        self.ended: dict[str, Record] = {}
        super().__init__()
        chance = Random(seed)
        for number in range(steps):
            if number >= len(BEGINNING) and chance.random() < 0.2:
                self.wait(chance.choice(SPANS))
                continue
            name = BEGINNING[number] if number < len(BEGINNING) else chance.choice([*DEEDS, *OFTEN])
            command = DEEDS[name](self, [chance.randrange(64) for _ in range(4)])
            if command is not None:
                self.ask(command)

    def _follow(self, outcome: Any, *rest: Any) -> None:
        self.events += outcome.events
        self.ended |= {record.sid: record for record, removed in outcome.changes if removed}
        super()._follow(outcome, *rest)

    def put_into(self, folder: Path) -> None:
        """Store all of it as one group of our account; events get SIDs that tell their time."""
        state = self.engine.state
        alive = {sid: (record, True) for sid, record in self.stored.items()}
        gone = {sid: (record, False) for sid, record in self.ended.items()}
        events = [replace(e, sid=f"EV{e.at:012x}{e.seq:020x}") for e in self.events]
        store = open_store(folder)
        group = WorkspaceGroup(
            workspace_sid=self.engine.workspace_sid,
            epoch=1,
            old_seq=0,
            new_seq=state.seq,
            event_seq=state.event_seq,
            at=self.now,
            account_sid=ACCOUNT.sid,
            changes=gone | alive,
            events=events,
        )
        store.commit(Group([group]))
        store.close()


# --- naive figures -----------------------------------------------------------------------------

Keep = Callable[[Event, str | None], bool]
"""(event, queue that its task is in) → whether it is asked for."""


def whole_s(span_ms: Fraction | int) -> int:
    return floor(Fraction(span_ms) / 1000 + Fraction(1, 2))


def spread(spans_ms: list[int]) -> dict[str, int]:
    if not spans_ms:
        return {"avg": 0, "min": 0, "max": 0, "total": 0}
    return {
        "avg": whole_s(Fraction(sum(spans_ms), len(spans_ms))),
        "min": whole_s(min(spans_ms)),
        "max": whole_s(max(spans_ms)),
        "total": whole_s(sum(spans_ms)),
    }


class Told:
    """What the events tell of a window, for those that are kept."""

    def __init__(self, events: list[Event], start: int, end: int, keep: Keep) -> None:
        made: dict[str, int] = {}
        entered: dict[str, int] = {}
        queue: dict[str, str] = {}
        self.types: list[str] = []
        self.accepted: list[int] = []
        self.accepted_in_queue: list[int] = []
        self.canceled: list[int] = []
        for event in events:
            task_sid = event.task.sid if event.task else ""
            if event.type == "task.created":
                made[task_sid] = event.at
            if event.type == "task-queue.entered":
                assert event.queue is not None
                entered[task_sid], queue[task_sid] = event.at, event.queue.sid
            if not start <= event.at <= end or not keep(event, queue.get(task_sid)):
                continue
            self.types.append(event.type.value)
            if event.type == "reservation.accepted":
                self.accepted.append(event.at - made[task_sid])
                self.accepted_in_queue.append(event.at - entered[task_sid])
            if event.type == "task.canceled":
                self.canceled.append(event.at - made[task_sid])

    def reservations(self) -> dict[str, int]:
        ends = {"timed_out": "timeout"}
        names = ("created", "accepted", "rejected", "timed_out", "canceled", "rescinded")
        return {f"reservations_{n}": self.count(f"reservation.{ends.get(n, n)}") for n in names}

    def count(self, *types: str) -> int:
        return sum(self.types.count(kind) for kind in types)

    def of(self, owner: str) -> dict[str, Any]:
        """The figures of a workspace, workflow or task queue."""
        told = {
            **self.reservations(),
            "tasks_completed": self.count("task.completed"),
            "tasks_canceled": self.count("task.canceled"),
            "tasks_deleted": self.count("task.deleted", "task.system-deleted"),
            "tasks_moved": self.count("task-queue.moved"),
            "avg_task_acceptance_time": spread(self.accepted)["avg"],
            "wait_duration_until_accepted": spread(self.accepted),
            "wait_duration_until_canceled": spread(self.canceled),
        }
        if owner == "workspace":
            told["tasks_created"] = self.count("task.created")
        if owner == "task_queue":
            told["tasks_entered"] = self.count("task-queue.entered")
            told["wait_duration_in_queue_until_accepted"] = spread(self.accepted_in_queue)
        if owner == "workflow":
            told["tasks_entered"] = self.count("workflow.entered")
        if owner != "task_queue":
            told["tasks_timed_out_in_workflow"] = self.count("workflow.timeout")
        return told

    def split(self, threshold_s: int) -> dict[str, dict[str, int]]:
        """Waits above and below a threshold."""
        waits = {"tasks_canceled": self.canceled, "reservations_accepted": self.accepted}
        most = threshold_s * 1000
        return {
            "above": {name: sum(ms > most for ms in spans) for name, spans in waits.items()},
            "below": {name: sum(ms <= most for ms in spans) for name, spans in waits.items()},
        }


def stays(
    events: list[Event], start: int, end: int, worker_sid: str | None = None
) -> dict[str, dict[str, int]]:
    """Time in each activity, from every worker's whole life."""
    spans: dict[str, list[int]] = {}
    for sid in {e.worker.sid for e in events if e.worker} if worker_sid is None else {worker_sid}:
        life: list[tuple[int, str]] = []
        for event in events:
            if event.worker is None or event.worker.sid != sid or event.resource_type != "worker":
                continue
            gone = event.type == "worker.deleted"
            activity_sid = "" if gone else event.worker.activity_sid
            if not life or life[-1][1] != activity_sid:
                life.append((event.at, activity_sid))
        for (since, activity_sid), (until, _) in zip(life, [*life[1:], (end, "")], strict=True):
            span_ms = min(until, end) - max(since, start)
            if activity_sid and span_ms > 0:
                spans.setdefault(activity_sid, []).append(span_ms)
    return {activity_sid: spread(found) for activity_sid, found in spans.items()}
