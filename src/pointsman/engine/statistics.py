"""Figures: what is now, counted over live records; what was, folded from the facts of a window.

A fact is the little of an event that figures are made of. **A cumulative figure is a function of the
facts between two moments, in their order, and of nothing else**; the live state is asked only for
workers to whom nothing happened in between. Times are milliseconds throughout; rounding is the wire's.
Who asks, and where facts are kept, is not known here (docs/statistics.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pointsman.engine.events import EventType
from pointsman.engine.matching import workers_by_activity
from pointsman.engine.records import Task, TaskStatus
from pointsman.engine.state import State

__all__ = [
    "Fact",
    "Flow",
    "Spread",
    "Staff",
    "Stays",
    "TaskCount",
    "staff_of_queue",
    "staff_of_workers",
]

_E = EventType


class Fact(NamedTuple):
    """One event, as far as figures need it; what an event does not tell is None.

    `activity_sid` is the worker's activity since the event. The last two are told when a wait ends:
    with `reservation.accepted` and `task.canceled`.
    """

    type: str
    at: int
    queue_sid: str | None = None
    workflow_sid: str | None = None
    task_channel_sid: str | None = None
    worker_sid: str | None = None
    activity_sid: str | None = None
    activity_name: str | None = None
    previous_activity_sid: str | None = None
    previous_activity_name: str | None = None
    task_created_at: int | None = None
    task_queue_entered_at: int | None = None


class Spread:
    """How many spans of time there were, the shortest, the longest and all together."""

    __slots__ = ("count", "least", "most", "total")

    def __init__(self) -> None:
        self.count = self.total = self.least = self.most = 0

    def add(self, span_ms: int) -> None:
        self.least = span_ms if self.count == 0 else min(self.least, span_ms)
        self.most = max(self.most, span_ms)
        self.count += 1
        self.total += span_ms


# --- what was: tasks and reservations ----------------------------------------------------------


class Flow:
    """What happened to the tasks and reservations of one owner; `counts` are by type of event.

    A wait runs from the making of the task to its acceptance or cancellation. For each threshold it
    is counted above or below; a wait of exactly that length is below.
    """

    def __init__(self, thresholds_s: Iterable[int] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self.until_accepted = Spread()
        self.until_canceled = Spread()
        self.in_queue_until_accepted = Spread()
        self.above: dict[int, Counter[str]] = {each: Counter() for each in thresholds_s}
        self.below: dict[int, Counter[str]] = {each: Counter() for each in thresholds_s}

    def add(self, fact: Fact) -> None:
        """Take up the next fact of this owner."""
        self.counts[fact.type] += 1
        if fact.task_created_at is None:
            return
        wait_ms = max(0, fact.at - fact.task_created_at)
        if fact.type == _E.RESERVATION_ACCEPTED:
            self.until_accepted.add(wait_ms)
            entered_at = fact.task_queue_entered_at
            if entered_at is not None:
                self.in_queue_until_accepted.add(max(0, fact.at - entered_at))
        elif fact.type == _E.TASK_CANCELED:
            self.until_canceled.add(wait_ms)
        else:
            return
        for threshold_s, below in self.below.items():
            side = below if wait_ms <= threshold_s * 1000 else self.above[threshold_s]
            side[fact.type] += 1


# --- what was: workers -------------------------------------------------------------------------


class Stays:
    """How long workers stayed in each activity between two moments, by activity.

    A stay begins and ends with the worker's events, and is cut off at both moments. The first event
    of a worker tells in which activity he was before it; to whom nothing happened in the window must
    be given with `stayed`. A stay that has no length is none.
    """

    def __init__(self, start: int, end: int) -> None:
        self._start = start
        self._end = end
        self._since: dict[str, tuple[int, str] | None] = {}
        self.spreads: dict[str, Spread] = {}
        self.names: dict[str, str] = {}
        """Of the activities as they were called last, for those that exist no more."""

    def add(self, fact: Fact) -> None:
        """Take up the next fact; one that tells no worker's activity changes nothing."""
        worker_sid, activity_sid = fact.worker_sid, fact.activity_sid
        if not worker_sid or not activity_sid:
            return
        self._call(activity_sid, fact.activity_name)
        before_sid = activity_sid
        if fact.type == _E.WORKER_ACTIVITY_UPDATE and fact.previous_activity_sid:
            before_sid = fact.previous_activity_sid
            self._call(before_sid, fact.previous_activity_name)
        if worker_sid not in self._since:
            began_at = fact.at if fact.type == _E.WORKER_CREATED else self._start
            self._since[worker_sid] = (began_at, before_sid)
        since = self._since[worker_sid]
        if since is None:
            return
        if fact.type == _E.WORKER_DELETED:
            self._end_stay(*since, fact.at)
            self._since[worker_sid] = None
        elif since[1] != activity_sid:
            self._end_stay(*since, fact.at)
            self._since[worker_sid] = (fact.at, activity_sid)

    def knows(self, worker_sid: str) -> bool:
        """Whether something happened to the worker in the window."""
        return worker_sid in self._since

    def stayed(self, worker_sid: str, activity_sid: str) -> None:
        """The worker was in this activity all the time."""
        self._since[worker_sid] = (self._start, activity_sid)

    def close(self) -> None:
        """The window is over: so are all stays."""
        for since in self._since.values():
            if since is not None:
                self._end_stay(*since, self._end)
        self._since.clear()

    def _call(self, activity_sid: str, name: str | None) -> None:
        if name:
            self.names[activity_sid] = name

    def _end_stay(self, since: int, activity_sid: str, at: int) -> None:
        span_ms = min(at, self._end) - max(since, self._start)
        if span_ms > 0:
            self.spreads.setdefault(activity_sid, Spread()).add(span_ms)


# --- what is -----------------------------------------------------------------------------------


class TaskCount:
    """The live tasks of one owner by status and priority, and who of them has waited longest."""

    def __init__(self) -> None:
        self.statuses: Counter[TaskStatus] = Counter()
        self.priorities: Counter[int] = Counter()
        self.oldest: Task | None = None
        self.longest_in_queue: Task | None = None

    def add(self, task: Task) -> None:
        """Count a task; tasks come in the order of their SIDs, so that the first of equals stays."""
        status = task.assignment_status
        self.statuses[status] += 1
        if status is TaskStatus.PENDING:
            if self.oldest is None or task.date_created < self.oldest.date_created:
                self.oldest = task
            longest = self.longest_in_queue
            if longest is None or task.task_queue_entered_at < longest.task_queue_entered_at:
                self.longest_in_queue = task
        if status in (TaskStatus.PENDING, TaskStatus.RESERVED):
            self.priorities[task.priority] += 1


class Staff(NamedTuple):
    """How many workers there are in each activity, and in all that are available."""

    by_activity: Mapping[str, int]
    total: int
    available: int


def staff_of_workers(state: State, worker_sids: Iterable[str]) -> Staff:
    """These workers by activity."""
    return _staff(state, Counter(state.workers[sid].activity_sid for sid in worker_sids))


def staff_of_queue(state: State, queue_sid: str) -> Staff:
    """The workers whom the queue's expression admits, by activity; nobody for a queue that is not here."""
    if queue_sid not in state.task_queues:
        return _staff(state, Counter())
    return _staff(state, workers_by_activity(state, queue_sid))


def _staff(state: State, counts: Counter[str]) -> Staff:
    by_activity = {sid: counts[sid] for sid in state.activities}
    available = sum(counts[sid] for sid, found in state.activities.items() if found.available)
    return Staff(by_activity, counts.total(), available)
