"""What was executed since the last commit began, and who waits for it.

The rule: whoever is told something of a group waits in it, and is told only what became of his own
workspace. Nothing is executed or written here.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Iterable
from typing import Any

from pointsman.directory import Owned
from pointsman.engine.engine import Outcome
from pointsman.engine.records import Workspace
from pointsman.store import AnswerRow, Group, Note, WorkspaceGroup

__all__ = ["Crashed", "OpenGroup", "Unavailable", "Waiting", "resolve"]


class Unavailable(Exception):
    """What was asked could not be made durable, or cannot be done now; asking again may help."""


class Crashed(Exception):
    """Our own mistake; it is in the log, and the workspace is loaded again."""


class Waiting:
    """An answer that is ready and may not be told yet; without a workspace it waits for any end."""

    __slots__ = ("error", "future", "value", "workspace_sid")

    def __init__(
        self,
        workspace_sid: str | None,
        future: Future[Any],
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        self.workspace_sid = workspace_sid
        self.future = future
        self.value = value
        self.error = error


class OpenGroup:
    """Changes of several workspaces that will be written together."""

    def __init__(self) -> None:
        self.owners: dict[str, Owned] = {}
        self.parts: dict[str, WorkspaceGroup] = {}
        self.notes: list[Note] = []
        self.waiting: list[Waiting] = []
        self.commands = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.parts and not self.notes

    def take(self, owned: Owned, outcome: Outcome, old_seq: int) -> None:
        """Add what one command or tick changed, after what the same workspace changed before."""
        part = self.parts.get(owned.workspace_sid)
        if part is None:
            part = self._begin(owned, old_seq)
        assert part.new_seq == old_seq, "a change was executed that the group does not know"
        part.new_seq = outcome.seq
        part.at = owned.at
        for record, removed in outcome.changes:
            part.changes[record.sid] = (record, not removed)
            if removed and isinstance(record, Workspace):
                part.ended = True
        part.events += outcome.events
        part.alerts += outcome.alerts
        if outcome.events:
            part.event_seq = outcome.events[-1].seq
        self.commands += 1

    def keep(self, workspace_sid: str, row: AnswerRow) -> None:
        """Add an answer, to be written with what its request changed."""
        part = self.parts.get(workspace_sid)
        if part is None:
            self.notes.append(row)  # nothing was changed
        else:
            part.answers.append(row)

    def _begin(self, owned: Owned, old_seq: int) -> WorkspaceGroup:
        assert owned.engine is not None
        sid = owned.workspace_sid
        self.owners[sid] = owned
        self.parts[sid] = part = WorkspaceGroup(
            workspace_sid=sid,
            epoch=owned.epoch,
            old_seq=old_seq,
            new_seq=old_seq,
            event_seq=owned.engine.state.event_seq,
            at=owned.at,
            account_sid=owned.account_sid if old_seq == 0 else None,
        )
        return part

    def drop(self, workspace_sid: str) -> list[Waiting]:
        """Forget what a workspace changed; gives back who waited for it."""
        self.parts.pop(workspace_sid, None)
        self.owners.pop(workspace_sid, None)
        dropped = [w for w in self.waiting if w.workspace_sid == workspace_sid]
        if dropped:
            self.waiting = [w for w in self.waiting if w.workspace_sid != workspace_sid]
        return dropped

    def request_ids(self) -> list[str]:
        """Of those whose requests made events of this group."""
        events = (event for part in self.parts.values() for event in part.events)
        return sorted({event.actor.request_id for event in events if event.actor.request_id})

    def as_written(self) -> Group:
        return Group(list(self.parts.values()), list(self.notes))

    def add_notes(self, notes: Iterable[Note]) -> None:
        self.notes.extend(notes)


def resolve(future: Future[Any], value: Any = None, error: BaseException | None = None) -> None:
    """Tell the one who waits, if he still does."""
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
