"""What was, read from the store's tables with read-only connections.

Conditions are chosen from the fixed lists below and values are always bound, so no text of a
caller becomes SQL. A question may be asked from any thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from pointsman.engine.records import Reservation, Task
from pointsman.store import EventFilters, StoredEvent
from pointsman.store.codec import decode_event, decode_record
from pointsman.store.notes import StoredCallbacks
from pointsman.store.statements import named_statements

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["StoredHistory"]

SQL = named_statements("sqlite.sql")
CLOCK_SLACK_MS = 3_600_000
"""A SID may be later than its event's time by as much as the machine's clock was set back."""

_EVENT_CONDITIONS = {
    "task_sid": "e.task_sid = :task_sid",
    "worker_sid": "e.worker_sid = :worker_sid",
    "event_type": "e.type = :event_type",
    "reservation_sid": (
        "e.task_sid = (SELECT task_sid FROM record WHERE sid = :reservation_sid)"
        " AND json_extract(e.body, '$[4].reservation_sid') = :reservation_sid"
    ),
    "workflow_sid": "json_extract(e.body, '$[4].workflow_sid') = :workflow_sid",
    "task_queue_sid": "json_extract(e.body, '$[4].task_queue_sid') = :task_queue_sid",
    "task_channel": (
        "(json_extract(e.body, '$[4].task_channel_sid') = :task_channel"
        " OR json_extract(e.body, '$[4].task_channel_unique_name') = :task_channel)"
    ),
    "sid": "e.sid = :sid",
    "start": "e.at >= :start AND e.sid >= :first_sid",
    "end": "e.at <= :end AND e.sid < :last_sid",
    "after_sid": "e.sid > :after_sid",
    "before_sid": "e.sid < :before_sid",
}


class StoredHistory(StoredCallbacks):
    """See `pointsman.store.History`."""

    def events(
        self, workspace_sid: str, *, limit: int = 50, **filters: Unpack[EventFilters]
    ) -> list[StoredEvent]:
        asked: dict[str, Any] = {k: value for k, value in filters.items() if value is not None}
        conditions = [_EVENT_CONDITIONS[name] for name in asked]
        if "start" in asked:
            asked["first_sid"] = _sid_at("EV", asked["start"])
        if "end" in asked:
            asked["last_sid"] = _sid_at("EV", asked["end"] + CLOCK_SLACK_MS)
        backwards = "before_sid" in asked
        statement = _page(SQL["events"], conditions, "e.sid", backwards)
        rows = self._rows(workspace_sid, statement, {**asked, "limit": limit})
        return [decode_event(row[:5], *row[5:]) for row in _ascending(rows, backwards)]

    def event(self, workspace_sid: str, sid: str) -> StoredEvent | None:
        found = self.events(workspace_sid, sid=sid, limit=1)
        return found[0] if found else None

    def reservations_of_worker(
        self,
        workspace_sid: str,
        worker_sid: str,
        *,
        statuses: list[str] | None = None,
        after_sid: str | None = None,
        before_sid: str | None = None,
        limit: int = 50,
    ) -> list[Reservation]:
        values: dict[str, Any] = {"worker_sid": worker_sid, "limit": limit}
        conditions = []
        if statuses is not None:
            names = [f"status_{number}" for number in range(len(statuses))]
            values |= dict(zip(names, statuses, strict=True))
            conditions.append(f"status IN ({', '.join(':' + name for name in names)})")
        if after_sid is not None:
            values["after_sid"] = after_sid
            conditions.append("sid > :after_sid")
        if before_sid is not None:
            values["before_sid"] = before_sid
            conditions.append("sid < :before_sid")
        backwards = before_sid is not None
        statement = _page(SQL["reservations"], conditions, "sid", backwards)
        rows = self._rows(workspace_sid, statement, values)
        records = [decode_record(sid, body) for sid, body in _ascending(rows, backwards)]
        return [record for record in records if isinstance(record, Reservation)]

    def task(self, workspace_sid: str, sid: str) -> Task | None:
        rows = self._rows(workspace_sid, SQL["record"], {"sid": sid})
        record = decode_record(sid, rows[0][0]) if rows else None
        return record if isinstance(record, Task) else None

    def _rows(self, workspace_sid: str, statement: str, values: dict[str, Any]) -> list[Any]:
        """The rows of one workspace; none when there is no such workspace."""
        with self._connection() as connection:
            run = connection.execute
            shard = run(SQL["shard_id"], {"workspace_sid": workspace_sid}).fetchone()
            if shard is None:
                return []
            return run(statement, {"shard": shard[0], **values}).fetchall()


def _page(statement: str, conditions: list[str], key: str, backwards: bool) -> str:
    where = "".join(f" AND {condition}" for condition in conditions)
    return f"{statement}{where} ORDER BY {key}{' DESC' if backwards else ''} LIMIT :limit"


def _ascending(rows: list[Any], backwards: bool) -> list[Any]:
    return rows[::-1] if backwards else rows


def _sid_at(prefix: str, at: int) -> str:
    """The least SID that can have been made at this moment."""
    return f"{prefix}{max(at, 0):012x}{'0' * 20}"
