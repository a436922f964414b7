"""The data folder: one server at a time.

The lock is the operating system's (`flock`), so it ends with the process however that ends; the
file itself stays. Command-line tools that only touch accounts need no lock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from pointsman.store import StoreBusy, StoreError

__all__ = ["FolderLock", "keep_clock", "prepare_folder"]

LOCK_FILE = "pointsman.lock"
CLOCK_FILE = "virtual-clock"
"""There while the folder's time is moved by requests."""


def prepare_folder(folder: Path) -> None:
    """Make the folder if it is missing, closed to other accounts of the machine.

    Raises `StoreError` with a sentence when it cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise _unusable(folder, problem) from problem


def keep_clock(folder: Path, *, virtual: bool, used: bool) -> None:
    """Have a folder keep to its kind of time: what was moved by hours must not meet the machine's.

    Raises `StoreError` with a sentence for a used folder whose time is of the other kind.
    """
    mark = folder / CLOCK_FILE
    if virtual and used and not mark.exists():
        raise StoreError(
            f"The data folder {folder} belongs to a server whose time is the machine's; "
            "choose another with --data, or serve it without --virtual-clock."
        )
    if mark.exists() and not virtual:
        raise StoreError(
            f"The time of the data folder {folder} was moved; "
            "choose another with --data, or serve it with --virtual-clock."
        )
    if virtual:
        prepare_folder(folder)
        try:
            mark.touch(mode=0o600)
        except OSError as problem:
            raise _unusable(folder, problem) from problem


class FolderLock:
    """Held from its making until `release`; a second one on the same folder is `StoreBusy`."""

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_FILE
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise _unusable(folder, problem) from problem
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip()
            os.close(self._file)
            raise StoreBusy(
                f"The data folder {folder} is in use by another server"
                f"{f' (process {holder})' if holder else ''}; "
                "stop that one, or choose another folder with --data."
            ) from problem
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)


def _unusable(folder: Path, problem: OSError) -> StoreError:
    reason = os.strerror(problem.errno) if problem.errno else str(problem)
    return StoreError(
        f"The data folder {folder} cannot be used ({reason}); choose another with --data."
    )
