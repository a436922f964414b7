"""Who fits whom, and who comes first: questions on the state that change no record.

`Search` is the order of business of one `route`: which waiting task is next, and which ready workers
it goes to. It rests on one invariant: between commands no waiting task fits a ready worker. So only
fresh tasks and woken workers have to be looked at, and a task that is not fresh can only fit a worker
who just woke.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush, heapreplace

from pointsman.engine.indexes.heaps import Key
from pointsman.engine.records import Task
from pointsman.engine.state import State
from pointsman.engine.waiting import fits_at, loaded_names


class Search:
    """Pairs tasks with workers, first task in order first, until nothing fits any more."""

    def __init__(self, state: State, now: int) -> None:
        self._state = state
        self._fits = fits_at(state, now)
        self._heap: list[tuple[Key, str, str]] = []

    def next_task(self) -> Task | None:
        """The first in order of the fresh tasks and of those that a woken worker could take."""
        self._meet_woken()
        fresh = self._state.fresh.head()
        wanted = self._next_wanted()
        if fresh is None and wanted is None:
            return None
        if fresh is not None and (wanted is None or fresh[0] <= wanted):
            return self._state.tasks[fresh[1]]
        assert wanted is not None
        return self._state.tasks[wanted[-1]]

    def workers_for(self, task: Task) -> list[str]:
        """The workers the task is to be offered to, best first; each of them will be given a reservation."""
        state = self._state
        if task.not_before_at is not None:
            return []
        if task.is_direct and task.ignore_capacity:
            self._settle_all()
            assert task.routing_target is not None
            return [task.routing_target]
        limit = state.task_queues[task.target.queue_sid].max_reserved_workers
        if len(self._heap) == 1 and task.sid not in state.fresh:
            _, worker_sid, channel_sid = heappop(self._heap)  # only who found it can fit
            state.line.set_busy(worker_sid, channel_sid)
            return [worker_sid]
        self._settle_all()
        return state.line.claim(state.line.cell_of(task.sid), limit, self._fits)

    def _meet_woken(self) -> None:
        """Show every woken worker the waiting tasks; who finds none becomes findable for tasks."""
        state = self._state
        while state.woken:
            worker_sid, channel_sid = next(iter(state.woken))
            best = state.line.best_task(worker_sid, channel_sid, self._fits)
            if best is None:
                state.settle(worker_sid, channel_sid)
            else:
                del state.woken[worker_sid, channel_sid]
                heappush(self._heap, (best[0], worker_sid, channel_sid))

    def _next_wanted(self) -> Key | None:
        """The key of the first task that a woken worker could take, with entries brought up to date."""
        state = self._state
        while self._heap:
            key, worker_sid, channel_sid = self._heap[0]
            best = None
            if state.is_ready(worker_sid, channel_sid):
                best = state.line.best_task(worker_sid, channel_sid, self._fits)
            if best is None:
                heappop(self._heap)
                state.settle(worker_sid, channel_sid)
            elif best[0] != key:
                heapreplace(self._heap, (best[0], worker_sid, channel_sid))
            else:
                return key
        return None

    def _settle_all(self) -> None:
        for _, worker_sid, channel_sid in self._heap:
            self._state.settle(worker_sid, channel_sid)


def workers_by_activity(state: State, queue_sid: str) -> Counter[str]:
    """How many of the queue's workers are in each activity, whatever their load."""
    rule = state.line.roster.loaded_queues.get(queue_sid)
    if rule is None:
        return state.line.roster.activity_counts(queue_sid)
    return Counter(
        worker.activity_sid
        for worker in state.workers.values()
        if rule.matches(loaded_names(state, worker.sid))
    )


def workers_names(state: State, queue_sid: str) -> dict[str, int]:
    """`workers.*` as `skip_if` reads it: counts by queue membership only."""
    counts = workers_by_activity(state, queue_sid)
    names: dict[str, int] = {sid: counts[sid] for sid in state.activities}
    available = sum(counts[sid] for sid, a in state.activities.items() if a.available)
    names["available"] = available
    names["unavailable"] = counts.total() - available
    return names
