"""Forgetting what is older than it has to be kept, a slice at a time.

The rule: what is live stays, and so does an event that somebody is still to be told. A task, its
reservations and a deleted worker go with the last event about them. Why and when is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.store.statements import named_statements

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["forget", "oldest"]

SQL = named_statements("retention.sql")


def oldest(connection: Connection) -> int | None:
    """When the oldest thing that is still there was told."""
    found: int | None = connection.execute(SQL["oldest"]).fetchone()[0]
    return found


def forget(connection: Connection, before: int, limit: int) -> bool:
    """Forget at most `limit` rows of what was told before this moment; whether there may be more."""
    part = _Slice(connection, before, limit)
    for shard, workspace_sid in connection.execute(SQL["shards"]).fetchall():
        part.forget_events(shard)
        part.forget("forget_alerts", workspace_sid=workspace_sid)
    part.forget("forget_dead_letters")
    part.forget("forget_reservations")
    part.forget_owners("forget_tasks")
    part.forget_owners("forget_workers")
    return part.left == 0


class _Slice:
    """One transaction's worth of rows; `left` is how many more it may take."""

    def __init__(self, connection: Connection, before: int, limit: int) -> None:
        self.left = limit
        self._connection = connection
        kinds = {"event": "EV", "alert": "NO", "reservation": "WR", "task": "WT", "worker": "WK"}
        self._values: dict[str, Any] = {"before": before}
        for kind, prefix in kinds.items():
            self._values[f"last_{kind}"] = f"{prefix}{max(before, 0):012x}"

    def forget(self, statement: str, **more: Any) -> list[Any]:
        """The first column of what one statement forgot."""
        if self.left == 0:
            return []
        values = {**self._values, "limit": self.left, **more}
        rows = self._connection.execute(SQL[statement], values).fetchall()
        self.left -= len(rows)
        return [row[0] for row in rows]

    def forget_events(self, shard: int) -> None:
        """Events, and the attributes of workers that only they showed."""
        for worker_sid in {sid for sid in self.forget("forget_events", shard=shard) if sid}:
            values = {"sid": worker_sid, "shard": shard}
            self._connection.execute(SQL["forget_former_attributes"], values)

    def forget_owners(self, statement: str) -> None:
        """Records that have attributes, with them."""
        for sid in self.forget(statement):
            self._connection.execute(SQL["forget_attributes"], (sid,))
