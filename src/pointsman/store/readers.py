"""Read-only connections to the SQLite file: whoever asks what was can change nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pointsman.store import StoreError

__all__ = ["Readers"]


class Readers:
    """Read-only connections, as many as are in use at one time."""

    def __init__(self, path: Path, busy_s: float) -> None:
        self._busy_s = busy_s
        self._address = f"{path.absolute().as_uri()}?mode=ro"
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one question; its trouble is a `StoreError`."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(
                self._address,
                uri=True,
                timeout=self._busy_s,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            yield connection
        except sqlite3.Error as problem:
            raise StoreError(f"The history could not be read: {problem}") from problem
        finally:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()
