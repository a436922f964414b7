"""Why a worker may be offered a task or not, and who would be first.

The rule here: the obstacles come in the order of docs/why.md, and a worker without any is eligible.
Must not know: filters and deadlines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pointsman.engine.expressions import (
    Expression,
    OrderClause,
    Place,
    compile_expression,
    judge,
    parse_order_by,
    resolve,
)
from pointsman.engine.indexes.cells import ranks_of
from pointsman.engine.indexes.heaps import Key
from pointsman.engine.indexes.roster import WorkerClass
from pointsman.engine.lifecycle import move_task
from pointsman.engine.names import clock_names, task_names, worker_names
from pointsman.engine.records import (
    LIVE_RESERVATION,
    ReservationStatus,
    Task,
    TaskStatus,
    Worker,
)
from pointsman.engine.state import State
from pointsman.engine.waiting import known_worker_value, loaded_names


class Obstacle(NamedTuple):
    """One reason why a worker is not offered a task; `code` is stable (docs/why.md)."""

    code: str
    sentence: str
    failing: tuple[str, ...] = ()
    """The terms of the expression that fail, when it is one that fails."""
    values: dict[str, Any] = {}  # noqa: RUF012  never changed
    """What the expression read."""


class Candidate(NamedTuple):
    """A worker as one task sees him; `place` counts the eligible ones from 1."""

    worker: Worker
    obstacles: tuple[Obstacle, ...]
    place: int | None = None


class Candidates:
    """All workers of the workspace, seen by one waiting or offered task."""

    def __init__(self, state: State, task: Task, now: int) -> None:
        self._state = state
        self._task = task
        self._channel = state.task_channels[task.task_channel_sid]
        waiting = task
        if task.assignment_status is not TaskStatus.PENDING:  # as it would be if it came back
            waiting = move_task(task, TaskStatus.PENDING, now)
        self._names = task_names(waiting, self._channel.unique_name, now)
        self._clock = clock_names(now)
        queue = state.task_queues[task.target.queue_sid]
        self._queue_name = queue.friendly_name
        self._rule = _compiled(queue.target_workers.strip(), Place.QUEUE)
        self._wish = _compiled(task.target.expression or "", Place.TARGET)
        self._reads_load = any(e is not None and e.reads_load for e in (self._rule, self._wish))
        known = task.target.known_worker
        self._wanted = None if known is None else known_worker_value(known, self._names)
        self._holders = {
            reservation.worker_sid: reservation
            for reservation in state.reservations_of_task(task.sid)
            if reservation.reservation_status in LIVE_RESERVATION
        }
        order_by = task.target.order_by
        self.order: tuple[OrderClause, ...] = parse_order_by(order_by) if order_by else ()

    def of(self, worker: Worker) -> Candidate:
        """The worker with everything that speaks against him; without his place."""
        return Candidate(worker, tuple(self._obstacles(worker)))

    def in_order(self) -> list[str]:
        """The SIDs of the eligible workers, in the order in which they would be offered the task."""
        state, channel_sid = self._state, self._channel.sid
        if self._task.is_for_one:
            workers = list(state.workers.values())
            return [worker.sid for worker in workers if not any(self._obstacles(worker))]
        ready: dict[str, tuple[WorkerClass, Key]] = {}
        for found in state.line.roster.by_queue[self._task.target.queue_sid]:
            heap = found.ready.get(channel_sid)
            if heap is not None and (self._reads_load or self._fits(found.names)):
                ready |= {sid: (found, key) for sid, key in heap.keys.items()}
        eligible = [sid for sid in ready if self._may_have_it(state.workers[sid])]
        ranks = ranks_of(self.order, list({ready[sid][0]: None for sid in eligible}))
        return sorted(eligible, key=lambda sid: (ranks[ready[sid][0]], ready[sid][1]))

    def ordered_by(self, worker: Worker) -> dict[str, Any]:
        """What `order_by` reads of the worker, clause by clause."""
        names = self._names_of(worker)
        return {
            f"{_path_text(clause)} {'DESC' if clause.descending else 'ASC'}": resolve(
                names, clause.path
            )
            for clause in self.order
        }

    # --- obstacles -----------------------------------------------------------------------------

    def _obstacles(self, worker: Worker) -> Iterator[Obstacle]:
        names = self._names_of(worker)
        if self._task.is_for_one:  # nobody asks whether he belongs to the queue
            pass
        elif self._rule is None:
            told = f"The task queue {self._queue_name} has no expression: nobody serves it"
            yield Obstacle("queue-expression", told)
        elif not self._rule.matches(names):
            yield self._refusal("queue-expression", self._rule, names)
        yield from self._other_known(worker)
        if self._wish is not None and not self._matches(self._wish, names):
            yield self._refusal("target-expression", self._wish, names)
        yield from self._held(worker)
        if not (self._task.is_direct and self._task.ignore_capacity):
            yield from self._unready(worker)

    def _refusal(self, code: str, expression: Expression, names: dict[str, Any]) -> Obstacle:
        found = judge(expression, worker=names, task=self._names, taskrouter=self._clock)
        of = f"task queue {self._queue_name}" if code == "queue-expression" else "target"
        told = f"The expression of the {of} does not hold: {' and '.join(found.failing)}"
        return Obstacle(code, told, found.failing, found.values)

    def _is_meant(self, worker: Worker) -> bool:
        """Whether the target wants nobody in particular, or this one."""
        known = self._task.target.known_worker
        if known is None or self._wanted is None:
            return known is None
        if known.by == "sid":
            return worker.sid == self._wanted
        return worker.friendly_name.casefold() == self._wanted.casefold()

    def _other_known(self, worker: Worker) -> Iterator[Obstacle]:
        known = self._task.target.known_worker
        if known is None or self._is_meant(worker):
            return
        told = f"The target wants the worker with the {known.by} {self._wanted}"
        if self._wanted is None:
            told = f"The target wants a known worker, but the task names none ({known.by})"
        yield Obstacle("known-worker", told)

    def _held(self, worker: Worker) -> Iterator[Obstacle]:
        held = self._holders.get(worker.sid)
        if held is not None:
            told = f"The worker has this task already: {held.sid} is {held.reservation_status}"
            yield Obstacle("has-task", told)

    def _unready(self, worker: Worker) -> Iterator[Obstacle]:
        activity = self._state.activities[worker.activity_sid]
        if not activity.available:
            told = f"The worker's activity {activity.friendly_name} is not available"
            yield Obstacle("activity", told)
        if self._state.workspace is not None and not self._state.workspace.multi_task_enabled:
            live = self._state.live_reservations_of_worker(worker.sid)
            if live:
                told = f"The worker does one task at a time and has {live[0].task_sid}"
                yield Obstacle("capacity", told)
            return
        name = self._channel.unique_name
        channel = self._state.worker_channel(worker.sid, self._channel.sid)
        if channel is None or not channel.available:
            yield Obstacle("channel", f"The worker's channel {name} is not available")
            return
        used = self._state.used_slots(worker.sid, self._channel.sid)
        if used >= channel.configured_capacity:
            told = (
                f"The worker uses {used} of {channel.configured_capacity} on the channel {name}"
                f"{self._work_on(worker)}"
            )
            yield Obstacle("capacity", told)

    def _work_on(self, worker: Worker) -> str:
        """How many of his reservations on the channel are offered, accepted and wrapping."""
        live = self._state.live_reservations_of_worker(worker.sid)
        mine = [r.reservation_status for r in live if r.task_channel_sid == self._channel.sid]
        counts = {
            "offered": mine.count(ReservationStatus.PENDING),
            "accepted": mine.count(ReservationStatus.ACCEPTED),
            "wrapping": mine.count(ReservationStatus.WRAPPING),
        }
        told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return f" ({told})" if told else ""

    # --- fitting -------------------------------------------------------------------------------

    def _may_have_it(self, worker: Worker) -> bool:
        """What the class of a worker does not tell: who is meant, who has it, whose load allows it."""
        if self._reads_load and not self._fits(self._names_of(worker)):
            return False
        return worker.sid not in self._holders and self._is_meant(worker)

    def _fits(self, names: Mapping[str, Any]) -> bool:
        if self._rule is None or not self._rule.matches(names):
            return False
        return self._wish is None or self._matches(self._wish, names)

    def _matches(self, wish: Expression, names: Mapping[str, Any]) -> bool:
        return wish.matches(names, self._names, {}, self._clock)

    def _names_of(self, worker: Worker) -> dict[str, Any]:
        if self._reads_load:
            return loaded_names(self._state, worker.sid)
        return worker_names(worker, self._state.activities[worker.activity_sid])


def _compiled(text: str, place: Place) -> Expression | None:
    return compile_expression(text, place) if text else None


def _path_text(clause: OrderClause) -> str:
    steps = (f".{step}" if isinstance(step, str) else f"[{step}]" for step in clause.path)
    return f"worker{''.join(steps)}"
