"""What survives: live records, history, accounts. The Protocol that every store keeps to.

The law of `commit`: a group is one transaction, durable when the call returns. Each workspace in it
is fenced on `(epoch, seq)`: if somebody else has written or taken the workspace since it was loaded,
nothing of it is written, and its neighbours in the group are not disturbed. A store knows records
and events; it must not know commands, callers or time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypedDict, Unpack

from msgspec import Struct, field

from pointsman.engine.events import Event
from pointsman.engine.records import Actor, Alert, Record, Reservation, Task
from pointsman.engine.statistics import Fact
from pointsman.wire.outbox import Callback

__all__ = [
    "AccountRow",
    "AlertFilters",
    "AlertNote",
    "AnswerRow",
    "ApiKeyRow",
    "CallbackNote",
    "CommitFailed",
    "Committed",
    "EventFilters",
    "Fenced",
    "Group",
    "History",
    "Loaded",
    "Note",
    "Poisoned",
    "Result",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoredEvent",
    "VoiceNote",
    "WorkspaceGroup",
]


class StoreError(Exception):
    """The store cannot be used; the message is a sentence for the operator."""


class StoreBusy(StoreError):
    """Another server holds the data folder."""


class CommitFailed(StoreError):
    """Nothing of the group was written; what was executed for it must be forgotten."""


# --- what is written ---------------------------------------------------------------------------


class WorkspaceGroup(Struct, kw_only=True):
    """Everything one workspace changed in one group."""

    workspace_sid: str
    epoch: int
    old_seq: int
    new_seq: int
    event_seq: int
    at: int
    """Domain time of the last change; time never falls within a workspace, not even by a restart."""
    account_sid: str | None = None
    """Set when this group creates the workspace, whose account it is then."""
    ended: bool = False
    """The workspace is deleted by this group: nothing of it is live any more."""
    changes: dict[str, tuple[Record, bool]] = field(default_factory=dict)
    """By SID: the last version, and whether it is live."""
    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    answers: list[AnswerRow] = field(default_factory=list)


class AnswerRow(Struct, frozen=True):
    """The answer to a request with an idempotency key; a later one with the same key replaces it."""

    account_sid: str
    key: str
    fingerprint: str
    at: int
    expires_at: int
    answer: str
    """Status, headers and body as JSON text."""


class AlertNote(Struct, frozen=True):
    """A message for the developer that a shell raised outside of any command."""

    workspace_sid: str
    alert: Alert


class CallbackNote(Struct, frozen=True):
    """What became of a callback: it is `done`, or is kept as it is told here."""

    callback: Callback
    done: bool = False


class VoiceNote(Struct, frozen=True):
    """A record of voice (a call, conference, recording, number …) as it is now, named by its SID."""

    sid: str
    kind: str
    account_sid: str
    live: bool
    """Whether it is to be taken up again at the next start."""
    body: str
    """The record as JSON text; empty: it is deleted."""


Note = AlertNote | AnswerRow | CallbackNote | VoiceNote
"""Bookkeeping of the shells."""


class Group(Struct):
    """What is written in one transaction. Notes are bookkeeping and not fenced."""

    workspaces: list[WorkspaceGroup] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


class Committed(Struct, frozen=True):
    """The workspace's changes are durable."""

    seq: int


class Fenced(Struct, frozen=True):
    """The workspace is not where this writer left it; nothing of it was written."""

    reason: str


class Poisoned(Struct, frozen=True):
    """The workspace's rows cannot be stored (our own mistake); nothing of it was written."""

    reason: str


Result = Committed | Fenced | Poisoned


# --- what is read ------------------------------------------------------------------------------


class Loaded(Struct):
    """A workspace as its new owner finds it; `records` are the live ones in creation order."""

    workspace_sid: str
    account_sid: str
    epoch: int
    seq: int
    event_seq: int
    at: int
    records: list[Record]


class StoredEvent(Struct, frozen=True):
    """An event as it was told, with the attributes of that moment."""

    sid: str
    seq: int
    type: str
    at: int
    actor: Actor
    description: str
    resource_type: str
    resource_sid: str
    event_data: dict[str, str]


class AccountRow(Struct, frozen=True):
    """An account; its auth token arrives and leaves sealed."""

    sid: str
    friendly_name: str
    sealed_auth_token: bytes
    date_created: int
    date_updated: int


class ApiKeyRow(Struct, frozen=True):
    """A key of an account; its secret arrives and leaves sealed."""

    sid: str
    account_sid: str
    friendly_name: str
    sealed_secret: bytes
    date_created: int
    date_updated: int


class EventFilters(TypedDict, total=False):
    """What events are asked for; None counts as not mentioned."""

    task_sid: str | None
    worker_sid: str | None
    event_type: str | None
    reservation_sid: str | None
    workflow_sid: str | None
    task_queue_sid: str | None
    task_channel: str | None
    """SID or unique name."""
    sid: str | None
    start: int | None
    """Epoch ms, included, as is `end`."""
    end: int | None
    after_sid: str | None
    before_sid: str | None


class AlertFilters(TypedDict, total=False):
    """What alerts are asked for; None counts as not mentioned."""

    levels: list[str] | None
    code: int | None
    start: int | None
    """Epoch ms, included, as is `end`."""
    end: int | None
    sid: str | None
    after_sid: str | None
    before_sid: str | None


class History(Protocol):
    """What was, live or not. Every call reads what is committed at that moment."""

    def events(
        self, workspace_sid: str, *, limit: int = 50, **filters: Unpack[EventFilters]
    ) -> list[StoredEvent]:
        """Ascending by SID, which is by time; with `before_sid` those nearest before it."""

    def event(self, workspace_sid: str, sid: str) -> StoredEvent | None: ...

    def reservations_of_worker(
        self,
        workspace_sid: str,
        worker_sid: str,
        *,
        statuses: list[str] | None = None,
        after_sid: str | None = None,
        before_sid: str | None = None,
        limit: int = 50,
    ) -> list[Reservation]:
        """In creation order, ended ones too; with `before_sid` those nearest before it."""

    def alerts(
        self, account_sid: str, *, limit: int = 50, **filters: Unpack[AlertFilters]
    ) -> list[AlertNote]:
        """The account's alerts, ascending by SID; with `before_sid` those nearest before it."""

    def answers(self, now: int) -> list[AnswerRow]:
        """The answers that are to be given again at this moment, of all accounts."""

    def voice_records(
        self,
        kind: str,
        account_sid: str | None = None,
        *,
        live: bool | None = None,
        after_sid: str | None = None,
        before_sid: str | None = None,
        limit: int = 50,
    ) -> list[VoiceNote]:
        """Records of one kind, ascending by SID; with `before_sid` those nearest before it."""

    def voice_record(self, sid: str) -> VoiceNote | None:
        """The record with this SID, live or not."""

    def task(self, workspace_sid: str, sid: str) -> Task | None:
        """The task as it was last, also when it is no longer live."""

    def waiting_callbacks(self) -> list[Callback]:
        """Every callback that is owed and not given up, in the order of their events."""

    def dead_letters(
        self,
        account_sid: str,
        *,
        event_sid: str | None = None,
        after_sid: str | None = None,
        before_sid: str | None = None,
        limit: int = 50,
    ) -> list[Callback]:
        """The account's callbacks that were given up, in the order of their events."""

    def read_facts(
        self,
        workspace_sid: str,
        take: Callable[[Fact], object],
        *,
        start: int,
        end: int,
        worker_sid: str | None = None,
    ) -> int:
        """Hand over what happened between two moments, both included, in order.

        Returns how many rows were read: no more than happened (to the worker) in between, and one
        where the window has an end.
        """

    def fact_before(self, workspace_sid: str, worker_sid: str, at: int) -> Fact | None:
        """The last thing that happened to the worker before a moment."""

    def fact_after(self, workspace_sid: str, worker_sid: str, at: int) -> Fact | None:
        """The first thing that happened to the worker after a moment."""

    def former_workers(self, workspace_sid: str) -> list[str]:
        """SIDs of the workers that were deleted."""


class Store(Protocol):
    """Blocking calls; `commit` and `load` from one thread at a time, the others from any."""

    def load(self, workspace_sid: str | None = None) -> list[Loaded]:
        """Take ownership of all workspaces (or of one): their epoch rises, older owners are fenced."""

    def look(self, workspace_sid: str) -> Loaded | None:
        """The workspace as it is, taken from nobody and to be read only; from any thread."""

    def commit(self, group: Group) -> dict[str, Result]:
        """Write the group durably; raises `CommitFailed` when nothing of it was written."""

    def history(self) -> History: ...

    def oldest(self) -> int | None:
        """When the oldest event or alert that is still there was told, by domain time."""

    def forget(self, before: int, limit: int) -> bool:
        """Forget at most so many rows of what was told before this moment; whether there may be more.

        What is live stays, and so does an event that somebody is still to be told.
        """

    def checkpoint_due(self) -> bool:
        """Whether enough was written to tidy up the log."""

    def checkpoint(self) -> bool:
        """Tidy up the log beside running commits; false: do it once more while none runs."""

    def accounts(self) -> list[AccountRow]: ...

    def put_account(self, account: AccountRow) -> None: ...

    def api_keys(self) -> list[ApiKeyRow]: ...

    def put_api_key(self, key: ApiKeyRow) -> None: ...

    def accounts_version(self) -> int:
        """Changes with every account or key written, by whatever process."""

    def close(self) -> None: ...
