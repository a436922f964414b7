"""The store in one SQLite file: write-ahead log, synced at every commit.

One connection writes, under a lock; readers have connections of their own, which can only read.
Each workspace of a group is written whole behind its fence, or not at all. The log is folded into the
file by `checkpoint`, never by a commit. Nothing here knows who calls, or why.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import MsgspecError
from msgspec.structs import astuple

from pointsman.store import (
    AccountRow,
    AlertNote,
    ApiKeyRow,
    CommitFailed,
    Committed,
    Fenced,
    Group,
    Loaded,
    Poisoned,
    Result,
    StoreError,
    WorkspaceGroup,
    retention,
)
from pointsman.store.codec import AttributesSeen, decode_record, event_row, record_row
from pointsman.store.folder import FolderLock, prepare_folder
from pointsman.store.history import StoredHistory
from pointsman.store.migrate import migrate
from pointsman.store.notes import write_callbacks, write_notes
from pointsman.store.readers import Readers
from pointsman.store.statements import named_statements

__all__ = ["DATABASE_FILE", "SqliteStore", "open_store"]

DATABASE_FILE = "pointsman.db"
BUSY_S = 5.0
CHECKPOINT_ROWS = 4_000
LOG_PAGES_MAX = 4_000
"""About 16 MB: a log beyond this is folded while no commit runs, so that it begins anew. Writing over
an old log is cheaper than making it longer."""

SQL = named_statements("sqlite.sql")

_OWN_MISTAKES = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    MsgspecError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What one workspace's rows can cause; everything else is the file's or the disk's trouble."""


def open_store(folder: Path, *, exclusive: bool = True) -> SqliteStore:
    """The store of a data folder, which is made if it is missing.

    A server holds the folder alone (`StoreBusy` when another has it). Tools that only read and
    write accounts pass `exclusive=False` and can work beside a server.
    """
    prepare_folder(folder)
    lock = FolderLock(folder) if exclusive else None
    try:
        return SqliteStore(folder / DATABASE_FILE, lock)
    except StoreError:
        if lock is not None:
            lock.release()
        raise


class SqliteStore:
    """See `pointsman.store.Store`."""

    connection_class: type[sqlite3.Connection] = sqlite3.Connection

    def __init__(self, path: Path, lock: FolderLock | None = None) -> None:
        self._path = path
        self._folder_lock = lock
        self._writing = threading.Lock()
        self._checkpointing = threading.Lock()
        self._seen = AttributesSeen()
        self._rows_since_checkpoint = 0
        try:
            self._writer = self._connect()
            migrate(self._writer)
            self._checkpointer = self._connect()
        except sqlite3.Error as problem:
            raise StoreError(f"The database {path} cannot be opened: {problem}.") from problem
        self._readers = Readers(path, BUSY_S)
        self._history = StoredHistory(self._readers.connection)

    def close(self) -> None:
        """Fold the log into the file and let go of the folder."""
        with self._writing, self._checkpointing:
            self._readers.close()
            self._checkpointer.close()
            self._writer.close()
            if self._folder_lock is not None:
                self._folder_lock.release()
                self._folder_lock = None

    # --- loading -------------------------------------------------------------------------------

    def load(self, workspace_sid: str | None = None) -> list[Loaded]:
        """Take and read in one transaction: nobody can write in between."""
        with self._writing:
            try:
                with self._transaction():
                    return self._take(workspace_sid)
            except sqlite3.Error as problem:
                raise StoreError(f"The workspaces could not be loaded: {problem}") from problem

    def _take(self, workspace_sid: str | None) -> list[Loaded]:
        run = self._writer.execute
        if workspace_sid is None:
            taken = run(SQL["take_all"]).fetchall()
        else:
            taken = run(SQL["take_one"], {"workspace_sid": workspace_sid}).fetchall()
        return [_loaded(self._writer, row) for row in sorted(taken)]

    def look(self, workspace_sid: str) -> Loaded | None:
        """Both statements see one moment."""
        with self._readers.connection() as connection:
            connection.execute("BEGIN")
            try:
                columns = {"workspace_sid": workspace_sid}
                row = connection.execute(SQL["look_at_one"], columns).fetchone()
                return None if row is None else _loaded(connection, row)
            finally:
                connection.execute("ROLLBACK")

    # --- writing -------------------------------------------------------------------------------

    def commit(self, group: Group) -> dict[str, Result]:
        with self._writing:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                write = self._write_fenced if len(group.workspaces) > 1 else self._write_alone
                results = {w.workspace_sid: write(w) for w in group.workspaces}
                write_notes(self._writer, group.notes)
            except sqlite3.Error as problem:
                self._roll_back()
                raise CommitFailed(f"The group could not be written: {problem}") from problem
            except BaseException:
                self._roll_back()
                raise
            self._end_commit(group, results)
            return results

    def _write_fenced(self, workspace: WorkspaceGroup) -> Result:
        """One workspace of several, all of it or nothing."""
        run = self._writer.execute
        run("SAVEPOINT workspace")
        result = self._try_to_write(workspace)
        if not isinstance(result, Committed):
            run("ROLLBACK TO workspace")
        run("RELEASE workspace")
        return result

    def _write_alone(self, workspace: WorkspaceGroup) -> Result:
        """The same without a savepoint, for which SQLite keeps a copy of every page that changes."""
        result = self._try_to_write(workspace)
        if not isinstance(result, Committed):
            self._writer.execute("ROLLBACK")
            self._writer.execute("BEGIN IMMEDIATE")
        return result

    def _try_to_write(self, workspace: WorkspaceGroup) -> Result:
        result: Result
        try:
            result = self._write(workspace)
        except _OWN_MISTAKES as problem:
            result = Poisoned(f"{type(problem).__name__}: {problem}")
        if not isinstance(result, Committed):
            self._seen.forget()
        return result

    def _write(self, workspace: WorkspaceGroup) -> Result:
        shard = self._fence(workspace)
        if shard is None:
            return Fenced(self._whereabouts(workspace))
        changes = workspace.changes.values()
        alive = [record_row(record, shard) for record, live in changes if live]
        ended = [record_row(record, shard) for record, live in changes if not live]
        events: list[tuple[Any, ...]] = []
        attributes: list[tuple[str, int, str]] = []
        for event in workspace.events:
            row, more = event_row(event, shard, self._seen)
            events.append(row)
            attributes += more
        many = self._writer.executemany
        for statement, rows in (
            ("put_live", alive),
            ("put_ended", ended),
            ("insert_event", events),
            ("insert_attributes", attributes),
        ):
            if rows:
                many(SQL[statement], rows)
        alerts = [AlertNote(workspace.workspace_sid, alert) for alert in workspace.alerts]
        write_notes(self._writer, [*alerts, *workspace.answers])
        write_callbacks(self._writer, workspace.events)
        if workspace.ended:
            self._writer.execute(SQL["end_records"], {"shard": shard})
        self._rows_since_checkpoint += len(changes) + len(events) + len(attributes)
        return Committed(workspace.new_seq)

    def _fence(self, workspace: WorkspaceGroup) -> int | None:
        """The shard's key if it is still ours at `(epoch, old_seq)`, moved on to `new_seq`."""
        statement = "fence" if workspace.account_sid is None else "create_shard"
        columns = {
            "workspace_sid": workspace.workspace_sid,
            "account_sid": workspace.account_sid,
            "epoch": workspace.epoch,
            "old_seq": workspace.old_seq,
            "new_seq": workspace.new_seq,
            "event_seq": workspace.event_seq,
            "at": workspace.at,
            "ended": workspace.ended,
        }
        rows = self._writer.execute(SQL[statement], columns).fetchall()
        return rows[0][0] if rows else None

    def _whereabouts(self, workspace: WorkspaceGroup) -> str:
        found = self._where_is(workspace.workspace_sid)
        return f"expected epoch and seq {(workspace.epoch, workspace.old_seq)}, found {found}"

    def _where_is(self, workspace_sid: str) -> tuple[int, int] | None:
        columns = {"workspace_sid": workspace_sid}
        found: tuple[int, int] | None
        found = self._writer.execute(SQL["where_is"], columns).fetchone()
        return found

    def _end_commit(self, group: Group, results: dict[str, Result]) -> None:
        """COMMIT; when it fails it is in doubt, and what the file says counts.

        A transaction is whole: if one workspace arrived, all did. A group of notes alone has nothing
        to look at and counts as failed; notes may be written twice.
        """
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as problem:
            self._roll_back()
            if not self._arrived(group, results):
                raise CommitFailed(f"The group could not be committed: {problem}") from problem

    def _arrived(self, group: Group, results: dict[str, Result]) -> bool:
        ours = [w for w in group.workspaces if isinstance(results[w.workspace_sid], Committed)]
        try:
            found = [self._where_is(w.workspace_sid) == (w.epoch, w.new_seq) for w in ours]
        except sqlite3.Error as problem:
            raise CommitFailed(f"The file cannot be read after a commit: {problem}") from problem
        return bool(found) and all(found)

    def _roll_back(self) -> None:
        self._seen.forget()
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error:
            self._writer.close()
            self._writer = self._connect()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self._writer.execute("COMMIT")

    # --- forgetting ----------------------------------------------------------------------------

    def oldest(self) -> int | None:
        with self._readers.connection() as connection:
            return retention.oldest(connection)

    def forget(self, before: int, limit: int) -> bool:
        with self._writing:
            try:
                with self._transaction():
                    more = retention.forget(self._writer, before, limit)
            except sqlite3.Error as problem:
                raise StoreError(f"What is old could not be deleted: {problem}") from problem
            self._rows_since_checkpoint += limit
            return more

    # --- the log -------------------------------------------------------------------------------

    def checkpoint_due(self) -> bool:
        return self._rows_since_checkpoint >= CHECKPOINT_ROWS

    def checkpoint(self) -> bool:
        """Fold what is in the log into the file, without holding up readers or the writer.

        The log begins anew only when all of it was folded at a moment when nobody wrote; so when it
        has grown too long this answers false, and is to be called again between two commits.
        """
        self._rows_since_checkpoint = 0
        with self._checkpointing:
            try:
                found = self._checkpointer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.Error as problem:
                raise StoreError(f"The log could not be folded: {problem}") from problem
        _, pages, folded = found
        return bool(folded >= pages or pages < LOG_PAGES_MAX)

    # --- reading -------------------------------------------------------------------------------

    def history(self) -> StoredHistory:
        return self._history

    def accounts(self) -> list[AccountRow]:
        return [AccountRow(*row) for row in self._read("accounts")]

    def put_account(self, account: AccountRow) -> None:
        self._put("put_account", astuple(account))

    def api_keys(self) -> list[ApiKeyRow]:
        return [ApiKeyRow(*row) for row in self._read("api_keys")]

    def put_api_key(self, key: ApiKeyRow) -> None:
        self._put("put_api_key", astuple(key))

    def accounts_version(self) -> int:
        version: int = self._read("accounts_version")[0][0]
        return version

    def _read(self, statement: str) -> list[Any]:
        with self._readers.connection() as connection:
            return connection.execute(SQL[statement]).fetchall()

    def _put(self, statement: str, columns: tuple[Any, ...]) -> None:
        with self._writing:
            try:
                with self._transaction():
                    self._writer.execute(SQL[statement], columns)
                    self._writer.execute(SQL["count_accounts_version"])
            except sqlite3.Error as problem:
                raise StoreError(f"The account could not be written: {problem}") from problem

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
            factory=self.connection_class,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA cache_size = -32000")
        return connection


def _loaded(connection: sqlite3.Connection, taken: tuple[Any, ...]) -> Loaded:
    """The workspace of a shard's row, with its live records."""
    shard, sid, account_sid, epoch, seq, event_seq, at = taken
    rows = connection.execute(SQL["live_records"], {"shard": shard}).fetchall()
    rows.sort(key=_by_time)
    records = [decode_record(*row) for row in rows]
    return Loaded(sid, account_sid, epoch, seq, event_seq, at, records)


def _by_time(row: tuple[str, str]) -> str:
    """Creation order over all kinds: a SID without its prefix."""
    return row[0][2:]
