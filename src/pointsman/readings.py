"""What the engines know and the metrics show, asked at each look.

Nothing is kept here, and a look costs no more than there are queues in use.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.engine.state import State
from pointsman.metrics import QueueReading, Reading
from pointsman.runtime import Runtime, Unavailable

__all__ = ["Readings"]


class Readings:
    """Reads all workspaces that are in memory."""

    def __init__(self, runtime: Runtime, accounts: Accounts, ambient: Ambient) -> None:
        self._runtime = runtime
        self._accounts = accounts
        self._ambient = ambient

    def read(self) -> Reading:
        """How it is now."""
        scans = 0
        queues: list[QueueReading] = []
        for account in self._accounts.all():
            for workspace_sid in self._runtime.workspaces_of(account.sid):
                with contextlib.suppress(Unavailable):
                    scans += self._runtime.glance(workspace_sid, _scanned)
                    queues += self._runtime.glance(workspace_sid, self._queues)
        return Reading(scans, queues)

    def _queues(self, state: State) -> Iterator[QueueReading]:
        assert state.workspace is not None
        now = self._ambient.now()
        for queue_sid, waiting, since in state.waits.of_queues():
            oldest_s = 0.0 if since is None else max(0, now - since) / 1000
            yield QueueReading(state.workspace.sid, queue_sid, waiting, oldest_s)


def _scanned(state: State) -> int:
    return state.line.scanned
