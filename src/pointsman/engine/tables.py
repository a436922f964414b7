"""The tables of one workspace's live records, and the journal of what changed.

**`put` and `remove` are the only doors.** Each leaves an entry in the journal, which is both the undo
list and the change set, and then lets the indexes follow. What the indexes are is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pointsman.engine.indexes.heaps import Ordered
from pointsman.engine.records import (
    Activity,
    Record,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Transfer,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)

Follow = Callable[[Any, Any], None]
"""Brings the indexes up to date with one record: from its version before to the one after; None is absent."""


class Tables:
    """Live records by SID, in creation order, one table for each kind; and the workspace itself."""

    def __init__(self) -> None:
        self.workspace: Workspace | None = None
        self.activities: dict[str, Activity] = {}
        self.task_channels: dict[str, TaskChannel] = {}
        self.workers: dict[str, Worker] = {}
        self.worker_channels: dict[str, WorkerChannel] = {}
        self.task_queues: dict[str, TaskQueue] = {}
        self.workflows: dict[str, Workflow] = {}
        self.tasks: dict[str, Task] = {}
        self.reservations: dict[str, Reservation] = {}
        self.transfers: dict[str, Transfer] = {}
        self._follow: dict[type, Follow] = {}
        self._journal: list[tuple[Record | None, Record | None]] = []
        self._tables: dict[type, dict[str, Any]] = {
            Activity: self.activities,
            TaskChannel: self.task_channels,
            Worker: self.workers,
            WorkerChannel: self.worker_channels,
            TaskQueue: self.task_queues,
            Workflow: self.workflows,
            Task: self.tasks,
            Reservation: self.reservations,
            Transfer: self.transfers,
        }
        self._orders: dict[type, Ordered] = {kind: Ordered() for kind in self._tables}

    def put(self, record: Record) -> None:
        """Store the record in place of its earlier version and follow up in every index."""
        before = self._set(record)
        self._journal.append((before, record))
        self._follow[type(record)](before, record)

    def remove(self, record: Record) -> None:
        """Take the record out of the live state."""
        self._journal.append((record, None))
        self._unset(record)
        self._follow[type(record)](record, None)

    def order(self, kind: type) -> Ordered:
        """SIDs of one kind of record, in creation order."""
        return self._orders[kind]

    def take_changes(self) -> list[tuple[Record, bool]]:
        """The last version of each record changed since the last call, and whether it was removed."""
        last: dict[str, tuple[Record, bool]] = {}
        for before, after in self._journal:
            if after is not None:
                last[after.sid] = (after, False)
            else:
                assert before is not None
                last[before.sid] = (before, True)
        self._journal.clear()
        return list(last.values())

    def roll_back(self) -> None:
        """Undo everything since `take_changes`."""
        journal, self._journal = self._journal, []
        for before, after in reversed(journal):
            if before is None:
                assert after is not None
                self._unset(after)
            else:
                self._set(before)
            kind = type(after if before is None else before)
            self._follow[kind](after, before)

    def _set(self, record: Record) -> Record | None:
        if isinstance(record, Workspace):
            before, self.workspace = self.workspace, record
            return before
        table = self._tables[type(record)]
        earlier: Record | None = table.get(record.sid)
        table[record.sid] = record
        if earlier is None:
            self.order(type(record)).add(record.sid)
        return earlier

    def _unset(self, record: Record) -> None:
        if isinstance(record, Workspace):
            self.workspace = None
            return
        del self._tables[type(record)][record.sid]
        self.order(type(record)).remove(record.sid)
