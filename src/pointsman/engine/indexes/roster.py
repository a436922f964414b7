"""Worker classes: workers whom no expression of the workspace can tell apart.

The *signature* is the set of attribute paths that expressions read. Workers with equal values there
form a class, so an expression is evaluated once per class, when a worker or a queue changes, and
never when a task arrives. Expressions that read load (`worker.channel...`) cannot be answered for a
class: their queues are marked *loaded* and the answer is left to the moment of matching.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pointsman.engine.expressions import Atom, Expression, Place, compile_expression, resolve
from pointsman.engine.expressions import index_key as key_of
from pointsman.engine.indexes.heaps import Heads, Key, LazyHeap
from pointsman.engine.names import Names, worker_names
from pointsman.engine.records import Activity, TaskQueue, Worker

if TYPE_CHECKING:
    from pointsman.engine.indexes.cells import Cell

Path = tuple[str | int, ...]


class WorkerClass:
    """Workers with equal values on the whole signature, and which of them are ready on which channel."""

    __slots__ = (
        "activities",
        "cells",
        "key",
        "loaded_cells",
        "members",
        "names",
        "queues",
        "ready",
    )

    def __init__(self, key: tuple[str, ...], names: Names) -> None:
        self.key = key
        self.names = names
        """Of one member: as good as any other's for every expression within the signature."""
        self.queues: set[str] = set()
        self.members: set[str] = set()
        self.activities: Counter[str] = Counter()
        self.ready: dict[str, LazyHeap] = {}
        self.cells: dict[str, Heads[Cell]] = {}
        self.loaded_cells: dict[str, dict[Cell, None]] = {}

    def head_key(self, channel_sid: str) -> Key | None:
        """The key of the worker of this class who is next on this channel."""
        heap = self.ready.get(channel_sid)
        head = None if heap is None else heap.head()
        return None if head is None else head[0]


class Roster:
    """All workers by class, and the classes by queue and by attribute value."""

    def __init__(self) -> None:
        self.class_of: dict[str, WorkerClass] = {}
        self.by_queue: dict[str, dict[WorkerClass, None]] = {}
        self.loaded_queues: dict[str, Expression] = {}
        self._activity_of: dict[str, str] = {}
        self._classes: dict[tuple[str, ...], WorkerClass] = {}
        self._rules: dict[str, Expression | None] = {}
        self._signature: dict[Path, None] = {}
        self._by_value: dict[Path, dict[Hashable, dict[WorkerClass, None]]] = {}
        self.on_new_class: Callable[[WorkerClass], None] = lambda _: None
        self.on_class_gone: Callable[[WorkerClass], None] = lambda _: None

    # --- workers -------------------------------------------------------------------------------

    def put_worker(self, worker: Worker, activity: Activity) -> bool:
        """Place the worker in his class; True when it is another than before (or his first)."""
        names = worker_names(worker, activity)
        key = tuple([repr(resolve(names, path)) for path in self._signature])
        before = self.class_of.get(worker.sid)
        if before is not None and before.key == key:
            self._count_activity(before, worker)
            return False
        if before is not None:
            self.remove_worker(worker.sid)
        found = self._classes.get(key) or self._open_class(key, names)
        found.members.add(worker.sid)
        self.class_of[worker.sid] = found
        self._count_activity(found, worker)
        return True

    def remove_worker(self, worker_sid: str) -> None:
        """Forget the worker; an empty class goes with him."""
        found = self.class_of.pop(worker_sid)
        found.members.discard(worker_sid)
        found.activities[self._activity_of.pop(worker_sid)] -= 1
        if not found.members:
            self._close_class(found)

    def _count_activity(self, found: WorkerClass, worker: Worker) -> None:
        before = self._activity_of.get(worker.sid)
        if before is not None:
            found.activities[before] -= 1
        self._activity_of[worker.sid] = worker.activity_sid
        found.activities[worker.activity_sid] += 1

    def _open_class(self, key: tuple[str, ...], names: Names) -> WorkerClass:
        found = WorkerClass(key, names)
        self._classes[key] = found
        for queue_sid, rule in self._rules.items():
            if self._admits(queue_sid, rule, found):
                found.queues.add(queue_sid)
                self.by_queue[queue_sid][found] = None
        for path in self._by_value:
            self._index_values(path, found)
        self.on_new_class(found)
        return found

    def _close_class(self, found: WorkerClass) -> None:
        del self._classes[found.key]
        for queue_sid in found.queues:
            self.by_queue[queue_sid].pop(found, None)
        for path, classes in self._by_value.items():
            for value in _values(found, path):
                classes[value].pop(found, None)
        self.on_class_gone(found)

    # --- queues --------------------------------------------------------------------------------

    def put_queue(self, queue: TaskQueue) -> set[Path]:
        """Take up the queue's expression. Returns the paths to `widen` the signature by first."""
        text = queue.target_workers.strip()
        rule = compile_expression(text, Place.QUEUE) if text else None
        missing = self.missing_paths(rule)
        if missing:
            return missing
        self._rules[queue.sid] = rule
        if rule is not None and rule.reads_load:
            self.loaded_queues[queue.sid] = rule
        else:
            self.loaded_queues.pop(queue.sid, None)
        members = self.by_queue[queue.sid] = {}
        for found in self._classes.values():
            found.queues.discard(queue.sid)
            if self._admits(queue.sid, rule, found):
                found.queues.add(queue.sid)
                members[found] = None
        return set()

    def remove_queue(self, queue_sid: str) -> None:
        """Forget the queue."""
        del self._rules[queue_sid]
        self.loaded_queues.pop(queue_sid, None)
        for found in self.by_queue.pop(queue_sid):
            found.queues.discard(queue_sid)

    def _admits(self, queue_sid: str, rule: Expression | None, found: WorkerClass) -> bool:
        if rule is None:
            return False
        return queue_sid in self.loaded_queues or rule.matches(found.names)

    # --- signature -----------------------------------------------------------------------------

    def missing_paths(self, expression: Expression | None) -> set[Path]:
        """Paths that `expression` reads of a worker and the signature does not have yet."""
        if expression is None:
            return set()
        return {
            path
            for path in expression.worker_paths
            if path not in self._signature and path[0] != "channel"
        }

    def widen(self, paths: Iterable[Path], workers: Iterable[tuple[Worker, Activity]]) -> None:
        """Make classes finer by more paths: every worker is placed anew."""
        for path in sorted(paths, key=repr):
            self._signature[path] = None
        for sid in list(self.class_of):
            self.remove_worker(sid)
        for worker, activity in workers:
            self.put_worker(worker, activity)

    def lacks(self, paths: Iterable[Path]) -> set[Path]:
        """Those of `paths` that the signature does not have yet."""
        return {path for path in paths if path not in self._signature}

    # --- questions -----------------------------------------------------------------------------

    def classes(self) -> Iterator[WorkerClass]:
        """All classes."""
        return iter(self._classes.values())

    def with_value(self, atom: Atom, value: Any) -> dict[WorkerClass, None] | None:
        """Classes that can satisfy the atom for this operand; None when that is not indexable."""
        key = key_of(value)
        if key is None:
            return None
        if atom.path not in self._by_value:
            self._by_value[atom.path] = {}
            for found in self._classes.values():
                self._index_values(atom.path, found)
        return self._by_value[atom.path].get(key, {})

    def activity_counts(self, queue_sid: str) -> Counter[str]:
        """Workers of the queue by activity (of a loaded queue: of those its expression may admit)."""
        counts: Counter[str] = Counter()
        for found in self.by_queue[queue_sid]:
            counts.update(found.activities)
        return counts

    def _index_values(self, path: Path, found: WorkerClass) -> None:
        for value in _values(found, path):
            self._by_value[path].setdefault(value, {})[found] = None


def _values(found: WorkerClass, path: Path) -> set[Hashable]:
    value = resolve(found.names, path)
    items = value if isinstance(value, list) else [value]
    return {key for key in map(key_of, items) if key is not None}
