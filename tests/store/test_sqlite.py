"""The SQLite store keeps to the contract, and what only a file can get wrong."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pointsman.store import AccountRow, CommitFailed, Group, StoreBusy, StoreError
from pointsman.store.sqlite import DATABASE_FILE, SQL, SqliteStore, open_store
from pointsman.store.statements import migrations
from tests.store.builders import ACCOUNT, START, a_task, an_event, change, creation, sid
from tests.store.contract import StoreContract
from tests.store.contract_history import HistoryContract
from tests.store.contract_retention import RetentionContract


class InDoubt(sqlite3.Connection):
    """A connection whose COMMIT number `trouble` raises an error, having happened or not."""

    commits = 0
    trouble = 0
    arrives = False

    unreadable = False

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if self.unreadable and statement == SQL["where_is"]:
            raise sqlite3.OperationalError("disk I/O error")
        if statement != "COMMIT":
            return super().execute(statement, *values)
        type(self).commits += 1
        if type(self).commits != type(self).trouble:
            return super().execute(statement)
        if self.arrives:
            super().execute(statement)
        raise sqlite3.OperationalError("disk I/O error")


class TestSqlite(StoreContract, HistoryContract, RetentionContract):
    """The contract, on SQLite."""

    def open(self, folder: Path) -> SqliteStore:
        return open_store(folder, exclusive=False)

    def open_in_doubt(self, folder: Path, *, arrives: bool) -> SqliteStore:
        connection = type("Connection", (InDoubt,), {"arrives": arrives})
        kind = type("Store", (SqliteStore,), {"connection_class": connection})
        store: SqliteStore = kind(folder / DATABASE_FILE)
        connection.trouble = connection.commits + 2  # after those of the migration
        return store


def test_a_commit_in_doubt_that_cannot_be_looked_at_failed(tmp_path: Path) -> None:
    """When the file cannot even be read after an unclear COMMIT, the group counts as failed."""
    store = TestSqlite().open_in_doubt(tmp_path, arrives=True)
    store.commit(Group([creation()]))
    store.connection_class.unreadable = True  # type: ignore[attr-defined]

    with pytest.raises(CommitFailed, match="cannot be read after a commit"):
        store.commit(Group([change()]))
    store.close()
    assert TestSqlite().loaded(tmp_path).seq == 2


def test_a_connection_that_cannot_go_back_is_replaced(tmp_path: Path) -> None:
    """When even ROLLBACK fails, the store goes on with a new connection."""

    class Stuck(sqlite3.Connection):
        stuck = False

        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            if self.stuck and statement in (SQL["fence"], "ROLLBACK"):
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(statement, *values)

    kind = type("Store", (SqliteStore,), {"connection_class": Stuck})
    store: SqliteStore = kind(tmp_path / DATABASE_FILE)
    store.commit(Group([creation()]))
    Stuck.stuck = True
    with pytest.raises(CommitFailed):
        store.commit(Group([change(records=[a_task()])]))
    Stuck.stuck = False

    store.commit(Group([change(events=[an_event(1)])]))
    assert len(store.history().events(sid("WS", 1))) == 1
    store.close()


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    """Reading, loading, writing and folding report a broken file with a sentence."""
    store = open_store(tmp_path)
    store.accounts()
    for connection in (store._writer, store._checkpointer, *store._readers._idle):
        connection.close()
    account = AccountRow(ACCOUNT, "first", b"sealed", START, START)
    asked = (store.load, store.accounts, store.checkpoint, lambda: store.put_account(account))
    for ask in asked:
        with pytest.raises(StoreError, match="could not be"):
            ask()
    store.close()


@pytest.mark.feature(290)
def test_a_second_server_on_the_folder_is_refused(tmp_path: Path) -> None:
    """One server holds the folder; a second one is told so in a sentence, until the first is gone."""
    first = open_store(tmp_path)
    with pytest.raises(StoreBusy, match=r"in use by another server \(process \d+\); stop that one"):
        open_store(tmp_path)
    first.close()

    open_store(tmp_path).close()


@pytest.mark.feature(290)
def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    """A server that was killed leaves no lock behind."""
    program = (
        "import sys, pathlib; from pointsman.store.sqlite import open_store;"
        "store = open_store(pathlib.Path(sys.argv[1])); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreBusy):
            open_store(tmp_path)
        other.kill()

    open_store(tmp_path).close()


def test_a_tool_works_beside_a_server(tmp_path: Path) -> None:
    """A tool that only touches accounts opens the folder that a server holds."""
    server = open_store(tmp_path)
    tool = open_store(tmp_path, exclusive=False)

    assert tool.accounts() == server.accounts() == []
    tool.close()
    server.close()


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """A data folder below a file is refused with a sentence."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path / "file" / "folder")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file that SQLite cannot read is refused with a sentence, and the lock is let go."""
    (tmp_path / DATABASE_FILE).write_text(
        "no database at all, but long enough to be looked at" * 40
    )
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be opened"):
            open_store(tmp_path)


def test_an_empty_file_is_migrated(tmp_path: Path) -> None:
    """An empty file gets all tables, and its format is that of the newest migration."""
    (tmp_path / DATABASE_FILE).write_bytes(b"")
    open_store(tmp_path).close()

    connection = sqlite3.connect(tmp_path / DATABASE_FILE)
    [(version,)] = connection.execute("PRAGMA user_version").fetchall()
    [(mode,)] = connection.execute("PRAGMA journal_mode").fetchall()
    connection.close()
    assert (version, mode) == (migrations()[-1][0], "wal")


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """A file of a format that this version does not know is left alone."""
    open_store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / DATABASE_FILE)
    connection.execute("PRAGMA user_version = 999")
    connection.close()

    with pytest.raises(StoreError, match=r"format 999.*use a newer version"):
        open_store(tmp_path)


def test_rows_of_other_versions_can_be_read(tmp_path: Path) -> None:
    """Fields that a row has too many are passed over, and missing ones take their default."""
    store = open_store(tmp_path)
    store.commit(Group([creation()]))
    store.commit(Group([change(records=[a_task(version=3)])]))
    connection = sqlite3.connect(tmp_path / DATABASE_FILE)
    with connection:
        connection.execute(
            "UPDATE record SET body = json_remove(json_set(body, '$.future', 1), '$.version')"
        )
    connection.close()

    assert store.load()[0].records[-1] == a_task(version=0)
    store.close()


def test_a_row_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A record whose body is damaged is named when it is loaded."""
    store = open_store(tmp_path)
    store.commit(Group([creation()]))
    connection = sqlite3.connect(tmp_path / DATABASE_FILE)
    with connection:
        connection.execute("UPDATE record SET body = '{'")
    connection.close()

    with pytest.raises(StoreError, match=f"{sid('WS', 1)} cannot be read"):
        store.load()
    store.close()


def test_a_full_disk_fails_the_group_and_nothing_else(tmp_path: Path) -> None:
    """When there is no room the group fails as a whole; reading goes on, and later there is room."""

    class Small(sqlite3.Connection):
        pages = 60

        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            if statement == "BEGIN IMMEDIATE":
                super().execute(f"PRAGMA max_page_count = {type(self).pages}")
            return super().execute(statement, *values)

    kind = type("Store", (SqliteStore,), {"connection_class": Small})
    store: SqliteStore = kind(tmp_path / DATABASE_FILE)
    store.commit(Group([creation()]))
    large = change(records=[a_task(attributes="x" * 500_000)], events=[an_event(1)])
    with pytest.raises(CommitFailed, match="full"):
        store.commit(Group([large]))
    assert store.history().events(sid("WS", 1)) == []
    Small.pages = 10_000

    store.commit(Group([large]))
    assert len(store.history().events(sid("WS", 1))) == 1
    store.close()


def test_nobody_writes_while_another_does(tmp_path: Path) -> None:
    """A file that another program holds for writing makes the group fail, not the store."""
    store = open_store(tmp_path)
    store._writer.execute("PRAGMA busy_timeout = 1")
    connection = sqlite3.connect(tmp_path / DATABASE_FILE, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(CommitFailed, match="locked"):
        store.commit(Group([creation()]))
    connection.execute("ROLLBACK")
    connection.close()

    store.commit(Group([creation()]))
    assert len(store.load()) == 1
    store.close()


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("e.sid > 'EV0'", "event_sid (shard=? AND sid>?)"),
        ("e.task_sid = 'WT0' AND e.sid > 'EV0'", "event_task (shard=? AND task_sid=? AND sid>?)"),
        (
            "e.worker_sid = 'WK0' AND e.sid > 'EV0'",
            "event_worker (shard=? AND worker_sid=? AND sid>?)",
        ),
    ],
)
def test_events_are_found_by_an_index(tmp_path: Path, condition: str, index: str) -> None:
    """A page of events is one walk along an index, without sorting."""
    open_store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / DATABASE_FILE)
    statement = f"EXPLAIN QUERY PLAN {SQL['events']} AND {condition} ORDER BY e.sid LIMIT 50"
    plan = [row[3] for row in connection.execute(statement, {"shard": 1})]
    connection.close()

    assert any(f"USING INDEX {index}" in step for step in plan), plan
    assert not any("TEMP B-TREE FOR ORDER BY" in step for step in plan if "e" in step), plan


def test_a_loaded_log_is_due_for_folding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After enough rows the log is due; one that stays too long asks for a quiet moment."""
    monkeypatch.setattr("pointsman.store.sqlite.CHECKPOINT_ROWS", 2)
    monkeypatch.setattr("pointsman.store.sqlite.LOG_PAGES_MAX", 0)
    store = open_store(tmp_path)
    store.commit(Group([creation()]))
    assert not store.checkpoint_due()
    store.commit(Group([change(records=[a_task()])]))
    assert store.checkpoint_due()
    reader = sqlite3.connect(tmp_path / DATABASE_FILE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM shard").fetchall()
    store.commit(Group([change(old_seq=2, records=[a_task(priority=1)])]))

    assert not store.checkpoint()
    reader.close()
    assert store.checkpoint()
    store.close()
