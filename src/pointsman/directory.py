"""Which workspaces there are, whose they are, and their engines.

Only what is committed is in the directory: a workspace that is being made has an `Owned` already,
but nobody can find it yet. Nothing is executed or written here.
"""

from __future__ import annotations

from pointsman.engine.engine import Engine
from pointsman.store import Loaded

__all__ = ["Directory", "Owned"]


class Owned:
    """A workspace that this process owns. Without an engine it was lost and waits to be loaded."""

    __slots__ = ("account_sid", "at", "engine", "epoch", "failures", "stand_in", "workspace_sid")

    def __init__(self, workspace_sid: str, account_sid: str) -> None:
        self.workspace_sid = workspace_sid
        self.account_sid = account_sid
        self.engine: Engine | None = None
        self.stand_in: Engine | None = None
        """Of a lost workspace, what the store has: to be read, and not to be executed on."""
        self.epoch = 1
        self.at = 0
        """Domain time of the last execution: a workspace's time never falls."""
        self.failures = 0
        """How often in a row it was lost."""

    def load(self, loaded: Loaded, engine: Engine, now: int) -> None:
        """Go on from what the store has."""
        self.at = max(self.at, loaded.at, now)
        engine.restore(loaded.records, loaded.seq, loaded.event_seq, self.at)
        self.engine, self.stand_in = engine, None
        self.epoch = loaded.epoch

    def show(self, loaded: Loaded, stand_in: Engine, now: int) -> None:
        """Let what the store has be read, for as long as nothing can be executed."""
        stand_in.restore(loaded.records, loaded.seq, loaded.event_seq, max(self.at, now))
        self.stand_in = stand_in

    def __repr__(self) -> str:
        return f"<Owned {self.workspace_sid} epoch={self.epoch} {self.engine!r}>"


class Directory:
    """Accounts → workspaces, in creation order."""

    def __init__(self) -> None:
        self._owned: dict[str, Owned] = {}
        self._of_account: dict[str, dict[str, None]] = {}

    def add(self, owned: Owned) -> None:
        self._owned[owned.workspace_sid] = owned
        self._of_account.setdefault(owned.account_sid, {})[owned.workspace_sid] = None

    def remove(self, owned: Owned) -> None:
        """The workspace ended; without effect for one that is not there."""
        if self._owned.pop(owned.workspace_sid, None) is not None:
            del self._of_account[owned.account_sid][owned.workspace_sid]

    def get(self, workspace_sid: str) -> Owned | None:
        return self._owned.get(workspace_sid)

    def workspaces_of(self, account_sid: str) -> list[str]:
        return list(self._of_account.get(account_sid, ()))
