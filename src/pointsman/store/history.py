"""What was, read from the store's tables with read-only connections.

Conditions are chosen from the fixed lists below and values are always bound, so no text of a
caller becomes SQL. A question may be asked from any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from pointsman.engine.records import Reservation, Task
from pointsman.engine.statistics import Fact
from pointsman.store import EventFilters, StoredEvent
from pointsman.store.codec import decode_event, decode_record
from pointsman.store.facts import decode_fact
from pointsman.store.notes import StoredNotes
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


class StoredHistory(StoredNotes):
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

    def read_facts(
        self,
        workspace_sid: str,
        take: Callable[[Fact], object],
        *,
        start: int,
        end: int,
        worker_sid: str | None = None,
    ) -> int:
        values = {
            "worker_sid": worker_sid,
            "first_sid": _sid_at("EV", start),
            "last_sid": _sid_at("EV", end + CLOCK_SLACK_MS),
        }
        beyond = _sid_at("EV", end + 1)
        of_worker = "" if worker_sid is None else " AND e.worker_sid = :worker_sid"
        statement = f"{SQL['facts']}{of_worker} ORDER BY e.sid"
        rows_read = 0
        with self._connection() as connection:
            shard = _shard_of(connection, workspace_sid)
            for sid, kind, at, body in connection.execute(statement, {"shard": shard, **values}):
                rows_read += 1
                if at > end and sid >= beyond:
                    break  # from here on both say that it is over
                if start <= at <= end:
                    take(decode_fact(sid, kind, at, body))
        return rows_read

    def fact_before(self, workspace_sid: str, worker_sid: str, at: int) -> Fact | None:
        values = {"worker_sid": worker_sid, "first_sid": _sid_at("EV", at)}
        rows = self._rows(workspace_sid, SQL["fact_before"], values)
        return decode_fact(*rows[0]) if rows else None

    def fact_after(self, workspace_sid: str, worker_sid: str, at: int) -> Fact | None:
        values = {"worker_sid": worker_sid, "first_sid": _sid_at("EV", at + 1)}
        rows = self._rows(workspace_sid, SQL["fact_after"], values)
        return decode_fact(*rows[0]) if rows else None

    def former_workers(self, workspace_sid: str) -> list[str]:
        return [sid for (sid,) in self._rows(workspace_sid, SQL["former_workers"], {})]

    def _rows(self, workspace_sid: str, statement: str, values: dict[str, Any]) -> list[Any]:
        """The rows of one workspace; none when there is no such workspace."""
        with self._connection() as connection:
            shard = _shard_of(connection, workspace_sid)
            return connection.execute(statement, {"shard": shard, **values}).fetchall()


def _shard_of(connection: Connection, workspace_sid: str) -> int | None:
    """The key of the workspace in every table; None, which no row has, when there is none."""
    found = connection.execute(SQL["shard_id"], {"workspace_sid": workspace_sid}).fetchone()
    return None if found is None else found[0]


def _page(statement: str, conditions: list[str], key: str, backwards: bool) -> str:
    where = "".join(f" AND {condition}" for condition in conditions)
    return f"{statement}{where} ORDER BY {key}{' DESC' if backwards else ''} LIMIT :limit"


def _ascending(rows: list[Any], backwards: bool) -> list[Any]:
    return rows[::-1] if backwards else rows


def _sid_at(prefix: str, at: int) -> str:
    """The least SID that can have been made at this moment."""
    return f"{prefix}{max(at, 0):012x}{'0' * 20}"
