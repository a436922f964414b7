"""A copy of the database while it is in use, and the way back from a copy.

The copy is one file, taken as of one moment by a connection that can only read: a running server
goes on writing beside it. It holds the secrets sealed and never the key that opens them. Whole or
not at all: a file of this name appears when it is complete and on disk. Nobody's accounts,
workspaces or time are known here.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pointsman.store import StoreError
from pointsman.store.folder import FolderLock, prepare_folder
from pointsman.store.migrate import newest_format

__all__ = ["back_up", "restore"]

BUSY_S = 5.0
LEFT_ALONE = frozenset({"secret.key", "pointsman.lock", "hosts"})
"""What a folder may hold before a database is put there: the key, and certificates, may be there first."""


def back_up(database: Path, file: Path) -> None:
    """Copy the database, used by a server or not, to a new file.

    Raises `StoreError` with a sentence when there is none, or the file is there already.
    """
    if not database.exists():
        raise StoreError(f"There is no database in {database.parent}; choose it with --data.")
    _copy(database, file)


def restore(file: Path, database: Path) -> None:
    """Put the database of a backup into a folder that has none.

    Raises `StoreError` with a sentence for a folder with something in it, or a file that is no backup.
    """
    if not file.is_file():
        raise StoreError(f"There is no file {file}.")
    _check(file)
    folder = database.parent
    prepare_folder(folder)
    if found := sorted(path.name for path in folder.iterdir() if path.name not in LEFT_ALONE):
        raise StoreError(
            f"The data folder {folder} is not empty (it has {found[0]}); "
            "choose an empty one with --data."
        )
    lock = FolderLock(folder)
    try:
        _copy(file, database)
    finally:
        lock.release()


def _copy(source: Path, target: Path) -> None:
    """A complete copy under another name first, closed to other accounts of the machine."""
    if target.exists():
        raise StoreError(f"{target} is there already; name a file that is not.")
    draft = target.with_name(f".{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with _reading(source) as reader, contextlib.closing(sqlite3.connect(draft)) as writer:
            reader.backup(writer)
            writer.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        _make_durable(draft)
        os.link(draft, target)  # unlike a rename, it never replaces a file that is there
        _make_durable(target.parent)
    except FileExistsError as problem:
        raise StoreError(f"{target} is there already; name a file that is not.") from problem
    except (OSError, sqlite3.Error) as problem:
        raise StoreError(f"{source} could not be copied to {target}: {problem}.") from problem
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _check(file: Path) -> None:
    """Whether this is a sound database of ours, in a format that this version knows."""
    try:
        with _reading(file) as reader:
            form = reader.execute("PRAGMA user_version").fetchone()[0]
            sound = reader.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            ours = reader.execute("SELECT count(*) FROM sqlite_master WHERE name = 'shard'")
            known = ours.fetchone()[0] == 1 and form > 0
    except sqlite3.Error as problem:
        raise StoreError(f"{file} is not a backup of Pointsman: {problem}.") from problem
    if not sound:
        raise StoreError(f"{file} is damaged; nothing was restored.")
    if not known:
        raise StoreError(f"{file} is not a backup of Pointsman.")
    if form > newest_format():
        raise StoreError(f"{file} was made by a newer version of Pointsman; restore it with that.")


@contextlib.contextmanager
def _reading(database: Path) -> Iterator[sqlite3.Connection]:
    address = f"{database.absolute().as_uri()}?mode=ro"
    with contextlib.closing(
        sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)
    ) as connection:
        yield connection


def _make_durable(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
