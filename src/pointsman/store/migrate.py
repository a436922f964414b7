"""Bringing a database file forward: numbered scripts in `migrations/`, one transaction each.

A file knows its format by `user_version`. Going back is not offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pointsman.store import StoreError
from pointsman.store.statements import migrations

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["migrate", "newest_format"]


def migrate(connection: Connection) -> None:
    """Bring the file forward, one transaction per step; two processes may try at once.

    A file of a later version is refused: it may hold what this one would destroy.
    """
    newest = newest_format()
    for number, statements in migrations():
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > newest:
            connection.execute("ROLLBACK")
            raise StoreError(
                f"The database has format {found}, and this version of Pointsman knows formats up "
                f"to {newest}; use a newer version."
            )
        if found < number:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")


def newest_format() -> int:
    """The latest format that this version knows."""
    return migrations()[-1][0]
