"""Bookkeeping of the shells in SQLite: alerts, kept answers, and the callbacks that are owed.

A callback's row is made with its event and ends when its post was answered; in between it is only
rewritten. What is noted twice, as after a commit that failed, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Unpack

from msgspec.structs import asdict, astuple

from pointsman.engine.records import Alert
from pointsman.store import AlertFilters, AlertNote, AnswerRow, CallbackNote, Note, VoiceNote
from pointsman.store.statements import named_statements
from pointsman.wire.outbox import Callback, CallbackKind, outbox

if TYPE_CHECKING:
    from sqlite3 import Connection

    from pointsman.engine.events import Event

__all__ = ["StoredNotes", "write_callbacks", "write_notes"]

SQL = named_statements("notes.sql")
_AT = AnswerRow.__struct_fields__.index("at")


def write_callbacks(connection: Connection, events: Sequence[Event]) -> None:
    """What these events owe, in their transaction."""
    rows = [astuple(callback) for callback in outbox(events)]
    if rows:
        connection.executemany(SQL["insert_callback"], rows)


def write_notes(connection: Connection, notes: Sequence[Note]) -> None:
    alerts = [_alert_row(note) for note in notes if isinstance(note, AlertNote)]
    if alerts:
        connection.executemany(SQL["insert_alert"], alerts)
    answers = [astuple(note) for note in notes if isinstance(note, AnswerRow)]
    if answers:
        connection.execute(SQL["forget_answers"], (answers[-1][_AT],))
        connection.executemany(SQL["put_answer"], answers)
    for note in notes:
        if isinstance(note, CallbackNote):
            statement = "end_callback" if note.done else "update_callback"
            connection.execute(SQL[statement], asdict(note.callback))
        elif isinstance(note, VoiceNote) and note.body:
            connection.execute(SQL["put_voice_record"], astuple(note))
        elif isinstance(note, VoiceNote):
            connection.execute(SQL["delete_voice_record"], (note.sid,))


class StoredNotes:
    """The part of `pointsman.store.History` that tells of alerts, answers and callbacks."""

    def __init__(self, connection: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connection = connection

    def alerts(
        self, account_sid: str, *, limit: int = 50, **filters: Unpack[AlertFilters]
    ) -> list[AlertNote]:
        asked = {name: value for name, value in filters.items() if value is not None}
        levels = asked.pop("levels", None)
        conditions = [_ALERT_CONDITIONS[name] for name in asked]
        if isinstance(levels, list):
            names = [f"level_{number}" for number in range(len(levels))]
            asked |= dict(zip(names, levels, strict=True))
            conditions.append(f"level IN ({', '.join(':' + name for name in names)})")
        where = "".join(f" AND {condition}" for condition in conditions)
        backwards = "before_sid" in asked
        order = f" ORDER BY sid{' DESC' if backwards else ''} LIMIT :limit"
        values = {"account_sid": account_sid, "limit": limit, **asked}
        with self._connection() as connection:
            rows = connection.execute(SQL["alerts"] + where + order, values).fetchall()
        return [AlertNote(row[0], Alert(*row[1:])) for row in (rows[::-1] if backwards else rows)]

    def answers(self, now: int) -> list[AnswerRow]:
        with self._connection() as connection:
            return [AnswerRow(*row) for row in connection.execute(SQL["answers"], (now,))]

    def waiting_callbacks(self) -> list[Callback]:
        with self._connection() as connection:
            rows = connection.execute(SQL["waiting_callbacks"]).fetchall()
        return [_callback(row) for row in rows]

    def voice_records(
        self,
        kind: str,
        account_sid: str | None = None,
        *,
        live: bool | None = None,
        after_sid: str | None = None,
        before_sid: str | None = None,
        limit: int = 50,
    ) -> list[VoiceNote]:
        asked = {
            "account_sid": account_sid,
            "live": live,
            "after_sid": after_sid,
            "before_sid": before_sid,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        conditions = "".join(f" AND {_VOICE_CONDITIONS[name]}" for name in given)
        order = f" ORDER BY sid{' DESC' if before_sid is not None else ''} LIMIT :limit"
        values = {"kind": kind, "limit": limit, **given}
        with self._connection() as connection:
            statement = SQL["voice_records"] + conditions + order
            rows = connection.execute(statement, values).fetchall()
        return [_voice_note(row) for row in (rows[::-1] if before_sid is not None else rows)]

    def voice_record(self, sid: str) -> VoiceNote | None:
        with self._connection() as connection:
            row = connection.execute(SQL["voice_record"], (sid,)).fetchone()
        return None if row is None else _voice_note(row)

    def dead_letters(
        self,
        account_sid: str,
        *,
        event_sid: str | None = None,
        after_sid: str | None = None,
        before_sid: str | None = None,
        limit: int = 50,
    ) -> list[Callback]:
        asked = {"event_sid": event_sid, "after_sid": after_sid, "before_sid": before_sid}
        given = {name: sid for name, sid in asked.items() if sid is not None}
        conditions = "".join(f" AND {_CONDITIONS[name]}" for name in given)
        backwards = before_sid is not None
        order = f" ORDER BY event_sid{' DESC' if backwards else ''} LIMIT :limit"
        values = {"account_sid": account_sid, "limit": limit, **given}
        with self._connection() as connection:
            rows = connection.execute(SQL["dead_callbacks"] + conditions + order, values).fetchall()
        return [_callback(row) for row in (rows[::-1] if backwards else rows)]


_CONDITIONS = {
    "event_sid": "event_sid = :event_sid",
    "after_sid": "event_sid > :after_sid",
    "before_sid": "event_sid < :before_sid",
}


_ALERT_CONDITIONS = {
    "code": "code = :code",
    "start": "alert.at >= :start",
    "end": "alert.at <= :end",
    "sid": "sid = :sid",
    "after_sid": "sid > :after_sid",
    "before_sid": "sid < :before_sid",
}


_VOICE_CONDITIONS = {
    "account_sid": "account_sid = :account_sid",
    "live": "live = :live",
    "after_sid": "sid > :after_sid",
    "before_sid": "sid < :before_sid",
}


def _voice_note(row: tuple[Any, ...]) -> VoiceNote:
    sid, kind, account_sid, live, body = row
    return VoiceNote(sid, kind, account_sid, bool(live), body)


def _callback(row: tuple[Any, ...]) -> Callback:
    told = dict(zip(Callback.__struct_fields__, row, strict=True))
    return Callback(**told | {"kind": CallbackKind(told["kind"]), "dead": bool(told["dead"])})


def _alert_row(note: AlertNote) -> tuple[Any, ...]:
    alert = note.alert
    return (
        note.workspace_sid,
        alert.sid,
        alert.at,
        alert.level,
        alert.code,
        alert.resource_sid,
        alert.message,
    )
