"""What is stuck in a data folder, found and mended while no server runs on it.

Everything is looked at as it is stored, before any timer fires. A repair is an ordinary command,
committed with its events; its time is the last moment that the workspace knew. What counts as stuck
is the engine's to say.
"""

from __future__ import annotations

from typing import NamedTuple

from pointsman.ambient import Ambient
from pointsman.directory import Owned
from pointsman.engine.commands import Mend
from pointsman.engine.engine import Engine
from pointsman.engine.records import Actor
from pointsman.engine.repairs import Finding, findings
from pointsman.group import OpenGroup
from pointsman.store import Committed, Loaded, Store, StoreError

__all__ = ["Stuck", "examine"]


class Stuck(NamedTuple):
    """Something stuck, and where."""

    workspace_sid: str
    finding: Finding


def examine(store: Store, ambient: Ambient, *, repair: bool) -> list[Stuck]:
    """Everything that is stuck in any workspace; mended when that is wanted.

    Raises `StoreError` when a repair could not be written.
    """
    found = []
    for loaded in store.load():
        engine = Engine(loaded.workspace_sid)
        engine.restore(loaded.records, loaded.seq, loaded.event_seq, loaded.at)
        ill = list(findings(engine.state))
        found += [Stuck(loaded.workspace_sid, finding) for finding in ill]
        if ill and repair:
            _mend(store, ambient, loaded, engine)
    return found


def _mend(store: Store, ambient: Ambient, loaded: Loaded, engine: Engine) -> None:
    """One thing after the other, because one repair may be the end of another trouble."""
    owned = Owned(loaded.workspace_sid, loaded.account_sid)
    owned.engine, owned.epoch, owned.at = engine, loaded.epoch, loaded.at
    ambient.not_before(loaded.at)
    actor = Actor("workspace", loaded.workspace_sid)
    group = OpenGroup()
    while finding := next(findings(engine.state), None):
        old_seq = engine.state.seq
        command = Mend(actor=actor, sid=finding.sid)
        group.take(owned, engine.execute(command, loaded.at, ambient.new_sid), old_seq)
    results = store.commit(group.as_written())
    if not isinstance(results[loaded.workspace_sid], Committed):
        raise StoreError(f"{loaded.workspace_sid} could not be repaired.")
