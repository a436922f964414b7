"""`python -m bench.witness FILE serve …`: the program as it is, with a witness beside its store.

For each event of each committed group one line goes to the file: its number in its workspace, and when
the commit returned, on the clock that all processes of the machine share. Nothing else is changed.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from pointsman.cli import main
from pointsman.store import Group, Result
from pointsman.store.sqlite import SqliteStore

_commit = SqliteStore.commit


def bear_witness(path: Path) -> None:
    """From now on commits are written down."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def commit(store: SqliteStore, group: Group) -> dict[str, Result]:
        results = _commit(store, group)
        at = time.perf_counter()
        seqs = [event.seq for workspace in group.workspaces for event in workspace.events]
        os.write(file, "".join(f"{seq} {at!r}\n" for seq in seqs).encode())
        return results

    SqliteStore.commit = commit  # type: ignore[method-assign]


def commits(path: Path) -> dict[int, float]:
    """When each event was committed."""
    pairs = (line.split() for line in path.read_text().splitlines())
    return {int(seq): float(at) for seq, at in pairs}


if __name__ == "__main__":
    bear_witness(Path(sys.argv.pop(1)))
    main()
