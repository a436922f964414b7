"""What the auditor knows of one workspace, and its own slow answers to who fits whom and who is first.

Everything here is thought anew, one task and one worker at a time. It reads the small family of
expressions that `tests/engine/machine.py` writes, with a reader of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import asdict

from pointsman.engine.commands import Command, HoldReservation
from pointsman.engine.events import Event
from pointsman.engine.records import (
    Record,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workspace,
)
from tests.audit_expressions import compare

LIVE = ("pending", "accepted", "wrapping")
WEEKDAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")  # 1970-01-01 was a Thursday

UNCOUNTED = ("version", "restart_workflow", "date_updated", "not_before_at")
"""Fields of a task that may differ between two events of one version."""


@dataclass
class Transferred:
    """A transfer under way; `queue_sid` and `target` are where the task was before."""

    sid: str
    to: str
    offer_sid: str
    mode: str
    queue_sid: str
    target: dict[str, Any]


@dataclass
class TaskView:
    """A task as its events tell it, with its step and deadlines as the auditor reckons them."""

    record: Task
    status: str = "pending"
    priority: int = 0
    queue_sid: str = ""
    position: tuple[int, int] = (-1, 0)
    target: dict[str, Any] = field(default_factory=dict)
    sum_s: int = 0
    assignments: int = 0
    assigned_at: int | None = None
    ended_at: int | None = None
    must_restart: bool = False
    restart_later: bool = False
    timed_out: bool = False
    offer_failed: bool = False
    entered: bool = False
    missed: bool = False
    unreachable: int = 0
    rests_until: int = 0
    ttl_from: int = 0
    transfer: Transferred | None = None
    ended_transfer: tuple[str, str] = ("", "")
    """The SID of a transfer whose end must be told next, and its status since."""
    came_back: bool = False
    """A transfer brought it back to whoever holds it, who may have wrapped up meanwhile."""
    came_loose: bool = False
    """A transfer brought it back when nobody held it any more."""
    expected: list[str] = field(default_factory=list)
    """Types of the events that must come next about this task."""

    @property
    def worker_sid(self) -> str | None:
        """The only worker it is for."""
        if self.transfer is not None:
            return None
        target = self.record.routing_target or ""
        return target if target.startswith("WK") else None

    @property
    def past_filters(self) -> bool:
        """Whether it was placed by its routing target or a transfer, and no filter is asked."""
        if self.transfer is not None:
            return True
        return (self.record.routing_target or "")[:2] in ("WK", "WQ")

    @property
    def ignores_capacity(self) -> bool:
        """Whether its worker is asked whatever he does."""
        return self.worker_sid is not None and self.record.ignore_capacity is True

    @property
    def attributes(self) -> dict[str, Any]:
        """Its attributes as an object."""
        found: dict[str, Any] = json.loads(self.record.attributes)
        return found

    def deadline(self) -> int | None:
        """When its step is over: an age of the task."""
        if self.transfer is not None or self.position[0] < 0 or self.target.get("timeout") is None:
            return None
        return self.record.date_created + self.sum_s * 1000


@dataclass
class Offer:
    """A reservation as its events tell it."""

    task_sid: str
    worker_sid: str
    channel_sid: str
    expires_at: int
    transfer_sid: str | None = None
    before_sid: str = ""
    """The worker's activity when he was asked."""
    reserved_sid: str | None = None
    """In a single-tasking workspace: the activity that he was put into for it."""
    status: str = "pending"
    version: int = 0
    on_hold: bool = False

    def hold_is_over(self, now: int) -> bool:
        """Whether its worker was called for as long as that was allowed to take."""
        return self.on_hold and now >= self.expires_at


@dataclass
class WorkerView:
    """A worker as his events tell him."""

    record: Worker
    version: int
    since: int
    reserved_at: int | None = None
    due_activity_sid: str | None = None
    """In a single-tasking workspace: the activity that he has to be told in before all is done."""
    is_present: bool = False
    vanishes_at: int | None = None
    leaves: dict[str, str] | None = None
    """At the tick at which he vanishes: his reservations, as they were."""


class Model:
    """The workspace, as far as events tell it, and the naive questions."""

    def __init__(self) -> None:
        self.workspace: Workspace | None = None
        self.available: dict[str, bool] = {}
        self.activity_names: dict[str, str] = {}
        self.channels: dict[str, TaskChannel] = {}
        self.queues: dict[str, TaskQueue] = {}
        self.workflows: dict[str, dict[str, Any]] = {}
        self.timeouts: dict[str, int] = {}
        self.workers: dict[str, WorkerView] = {}
        self.capacity: dict[tuple[str, str], int] = {}
        self.open: dict[tuple[str, str], bool] = {}
        self.channel_reserved_at: dict[tuple[str, str], int] = {}
        self.tasks: dict[str, TaskView] = {}
        self.offers: dict[str, Offer] = {}

    # --- expressions -----------------------------------------------------------------------------

    def hold(self, asked: Command | None, now: int) -> None:
        """A reservation on hold has a new end; nothing else is told of it."""
        if isinstance(asked, HoldReservation):
            offer = self.offers[asked.reservation_sid]
            assert offer.status == "pending" and not offer.on_hold, "it could not be held"
            offer.on_hold, offer.expires_at = True, now + asked.at_most_s * 1000

    def holds(self, text: str | None, names: dict[str, Any]) -> bool:
        """Whether all comparisons, joined by AND, hold; nothing at all holds for an absent text."""
        if text is None:
            return True
        return bool(text) and all(compare(part, names) for part in text.split(" AND "))

    def worker_names(self, sid: str) -> dict[str, Any]:
        """What expressions may read of a worker."""
        worker = self.workers[sid].record
        channels = {}
        for channel in self.channels.values():
            used, capacity = self.used(sid, channel.sid), self.capacity.get((sid, channel.sid), 1)
            free = max(0, (capacity - used) * 100 // capacity) if capacity else 0
            channels[channel.unique_name] = {
                "configured_capacity": capacity,
                "assigned_tasks": self.used(sid, channel.sid, ("accepted",)),
                "available_capacity_percentage": free,
            }
        return {
            "sid": sid,
            "friendly_name": worker.friendly_name,
            "activity_name": self.activity_names[worker.activity_sid],
            "channel": channels,
            **json.loads(worker.attributes),
        }

    def clock(self, now: int) -> dict[str, Any]:
        """What expressions may read of the time."""
        minutes = now // 60_000
        day = WEEKDAYS[minutes // 1440 % 7]
        return {"currentMin": minutes % 60, "dayOfWeek": day}

    # --- workers ---------------------------------------------------------------------------------

    @property
    def single_tasking(self) -> bool:
        """Whether a worker has one task at a time, and his activity follows it."""
        return self.workspace is not None and not self.workspace.multi_task_enabled

    def used(self, worker_sid: str, channel_sid: str, statuses: tuple[str, ...] = LIVE) -> int:
        """How many reservations in these statuses the worker holds on the channel."""
        return sum(
            (offer.worker_sid, offer.channel_sid) == (worker_sid, channel_sid)
            and offer.status in statuses
            for offer in self.offers.values()
        )

    def is_ready(self, worker_sid: str, channel_sid: str) -> bool:
        """Whether the worker may be offered anything on the channel."""
        slot = (worker_sid, channel_sid)
        if self.single_tasking:
            busy = any(
                o.worker_sid == worker_sid and o.status in LIVE for o in self.offers.values()
            )
            return self.available[self.workers[worker_sid].record.activity_sid] and not busy
        return (
            self.available[self.workers[worker_sid].record.activity_sid]
            and self.open.get(slot, True)
            and self.used(*slot) < self.capacity.get(slot, 1)
        )

    def fits(self, task: TaskView, worker_sid: str, now: int) -> bool:
        """Whether the worker is in the queue and is whom the step asks for."""
        if task.transfer is not None and task.transfer.to.startswith("WK"):
            return task.transfer.to == worker_sid
        queue, worker = self.queues[task.queue_sid], self.worker_names(worker_sid)
        roots = {"worker": worker, "task": task.attributes, "taskrouter": self.clock(now)}
        wanted = task.attributes.get("agent")
        if "known_worker_sid" in task.target and wanted != worker_sid:
            return False
        by_name = "known_worker_friendly_name" in task.target
        if by_name and str(wanted).lower() != worker["friendly_name"].lower():
            return False
        in_queue = self.holds(queue.target_workers, {**worker, **roots})
        return in_queue and self.holds(task.target.get("expression"), roots)

    def candidates(self, task: TaskView, now: int) -> list[str]:
        """Everybody who could be offered the task now, in the order in which they are to be asked."""
        channel_sid = task.record.task_channel_sid
        if task.rests_until > now:
            return []
        if task.worker_sid is not None:
            there = task.worker_sid in self.workers
            ready = there and (task.ignores_capacity or self.is_ready(task.worker_sid, channel_sid))
            return [task.worker_sid] if ready else []
        found = [
            sid
            for sid in self.workers
            if self.is_ready(sid, channel_sid)
            and self.fits(task, sid, now)
            and not any(offer.worker_sid == sid for offer in self.offers_of(task.record.sid, *LIVE))
        ]
        columns = [] if "order_by" not in task.target else self._columns(task, found)
        return sorted(
            found, key=lambda sid: ([c[sid] for c in columns], self._idle(sid, channel_sid))
        )

    def _columns(self, task: TaskView, found: list[str]) -> list[dict[str, tuple[bool, int]]]:
        columns = []
        for clause in task.target["order_by"].split(", "):
            path, direction = clause.split(" ")
            values = {
                sid: json.loads(self.workers[sid].record.attributes).get(path.split(".")[1])
                for sid in found
            }
            if all(value is None or type(value) is int for value in values.values()):
                sign = -1 if direction == "DESC" else 1
                columns.append({sid: (v is None, sign * (v or 0)) for sid, v in values.items()})
        return columns

    def _idle(self, sid: str, channel_sid: str) -> tuple[bool, int, int, str]:
        worker = self.workers[sid]
        if not self.channels[channel_sid].channel_optimized_routing:
            return (False, worker.reserved_at or 0, worker.since, sid)
        busy = any(o.worker_sid == sid and o.status in LIVE for o in self.offers.values())
        return (busy, self.channel_reserved_at.get((sid, channel_sid), 0), worker.since, sid)

    def counts(self, queue_sid: str) -> dict[str, int]:
        """`workers.available` and `workers.unavailable` of a queue."""
        members: Counter[bool] = Counter()
        for sid, worker in self.workers.items():
            names = self.worker_names(sid)
            if self.holds(self.queues[queue_sid].target_workers, {**names, "worker": names}):
                members[self.available[worker.record.activity_sid]] += 1
        return {"available": members[True], "unavailable": members[False]}

    # --- tasks -----------------------------------------------------------------------------------

    def waiting(self) -> list[TaskView]:
        """All pending tasks."""
        return [task for task in self.tasks.values() if task.status == "pending"]

    def task_order(self, task: TaskView) -> tuple[Any, ...]:
        """Where the task stands among all that wait."""
        assert self.workspace is not None
        order = self.queues[task.queue_sid].task_order
        second = order != self.workspace.prioritize_queue_order
        start, record = task.record.virtual_start_at, task.record
        if order == "FIFO":
            return (second, -task.priority, start, record.date_created, record.sid)
        return (second, 0, -start, record.date_created, record.sid)

    def offers_of(self, task_sid: str, *statuses: str) -> list[Offer]:
        """The task's reservations in these statuses."""
        return [
            offer
            for offer in self.offers.values()
            if offer.task_sid == task_sid and offer.status in statuses
        ]

    def check_turn(self, view: TaskView, now: int) -> None:
        """Nobody who waits before the task could be served instead."""
        key = self.task_order(view)
        for other in self.waiting():
            if other.rests_until == now:
                continue  # of two deadlines in one moment, either may come first
            if other is not view and self.task_order(other) < key:
                waits = self.candidates(other, now)
                assert not waits, f"{view.record.sid} overtook {other.record.sid}"

    def first_step(self, task: TaskView, start: int = 0) -> tuple[int, int] | None:
        """The first filter from `start` on that takes the task, at its first target."""
        for index, filter_ in enumerate(self.workflows[task.record.workflow_sid]["filters"]):
            if index >= start and self.holds(filter_["expression"], task.attributes):
                return index, 0
        return None

    def has_default(self, task: TaskView) -> bool:
        """Whether the task's workflow has a default filter."""
        return self.workflows[task.record.workflow_sid]["default"] is not None

    def first_queue(self, task: TaskView) -> str:
        """The queue that the task's workflow names first."""
        routing = self.workflows[task.record.workflow_sid]
        filters = routing["filters"]
        found: str = (filters[0]["targets"][0] if filters else routing["default"])["queue"]
        return found

    def target_at(self, task: TaskView, position: tuple[int, int]) -> dict[str, Any]:
        """The target at a position of the task's workflow, with its queue."""
        routing = self.workflows[task.record.workflow_sid]
        if position[0] < 0:
            found: dict[str, Any] = routing["default"]
            return found
        targets = routing["filters"][position[0]]["targets"][: position[1] + 1]
        queue = [target["queue"] for target in targets if "queue" in target][-1]
        return {**targets[-1], "queue": queue}

    def learn_workflow(self, event: Event) -> None:
        """Take up a workflow's configuration."""
        assert event.workflow is not None
        routing = json.loads(event.workflow.configuration)["task_routing"]
        self.timeouts[event.workflow.sid] = event.workflow.task_reservation_timeout_s
        self.workflows[event.workflow.sid] = {
            "filters": routing.get("filters", []),
            "default": routing.get("default_filter"),
        }

    def learn_answer(self, answer: Record | None) -> None:
        """Take up what an answer shows and no event tells."""
        if isinstance(answer, TaskQueue) and self.workspace is not None:
            self.queues[answer.sid] = answer
        if isinstance(answer, WorkerChannel):
            self.learn_channel(answer)

    def learn_channel(self, channel: WorkerChannel) -> None:
        """Take up a worker channel."""
        slot = (channel.worker_sid, channel.task_channel_sid)
        self.capacity[slot] = channel.configured_capacity
        self.open[slot] = channel.available


def content(task: Task) -> dict[str, Any]:
    """What two events about one version of a task agree on."""
    return {name: value for name, value in asdict(task).items() if name not in UNCOUNTED}
