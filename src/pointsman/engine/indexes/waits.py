"""How many tasks wait in each queue, and since when; for whoever watches, not for routing."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.engine.indexes.heaps import LazyHeap
from pointsman.engine.records import Task, TaskStatus


class Waits:
    """The pending tasks of each queue, oldest first; a queue that had some stays, with none."""

    def __init__(self) -> None:
        self._queues: dict[str, LazyHeap] = {}

    def change(self, before: Task | None, after: Task | None) -> None:
        """Follow one task from `before` to `after`; either may be absent."""
        left, entered = _queue_of(before), _queue_of(after)
        if before is not None and left is not None and left != entered:
            self._queues[left].discard(before.sid)
        if after is not None and entered is not None:
            queue = self._queues.get(entered)
            if queue is None:
                queue = self._queues[entered] = LazyHeap()
            queue.set(after.sid, (after.date_created, after.sid))

    def drop_queue(self, queue_sid: str) -> None:
        """The queue is gone."""
        self._queues.pop(queue_sid, None)

    def of_queues(self) -> Iterator[tuple[str, int, int | None]]:
        """Each queue, how many tasks wait in it, and when the oldest of them was made."""
        for queue_sid, tasks in self._queues.items():
            head = tasks.head()
            yield queue_sid, len(tasks), None if head is None else head[0][0]


def _queue_of(task: Task | None) -> str | None:
    """Where the task waits, if it does."""
    if task is None or task.assignment_status is not TaskStatus.PENDING:
        return None
    return task.target.queue_sid
