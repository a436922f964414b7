"""Records and events as text of the store, and back.

Bodies are JSON, so that an operator can read them with any SQLite shell. Reading is tolerant in
one direction: fields that this version does not know are passed over, fields that the row does not
have take their default; a field without a default therefore needs a migration.
"""

from __future__ import annotations

from typing import Any

from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import Decoder, Encoder

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import (
    Activity,
    Actor,
    Record,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Transfer,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from pointsman.store import StoredEvent, StoreError
from pointsman.wire.events import event_data

__all__ = ["AttributesSeen", "decode_event", "decode_record", "event_row", "record_row"]

_KINDS: dict[str, type[Any]] = {
    "WS": Workspace,
    "WA": Activity,
    "TC": TaskChannel,
    "WK": Worker,
    "WC": WorkerChannel,
    "WQ": TaskQueue,
    "WW": Workflow,
    "WT": Task,
    "WR": Reservation,
    "TT": Transfer,
}
_record_decoders: dict[str, Decoder[Any]] = {key: Decoder(kind) for key, kind in _KINDS.items()}
_encode = Encoder().encode

ATTRIBUTES_SEEN = 20_000


class EventBody(Struct, frozen=True, array_like=True):
    """The part of an event that has no column: a JSON list, to which fields are only ever added."""

    description: str
    resource_type: str
    resource_sid: str
    actor: tuple[str, str, str, str | None]
    fields: dict[str, str]
    waited_since: tuple[int, int] | None = None
    """Where a wait ends: when the task was made and when it entered its queue, in epoch ms."""
    request_id: str | None = None
    """Of the actor."""


_event_decoder = Decoder(EventBody)
_WAIT_ENDS = frozenset({EventType.RESERVATION_ACCEPTED, EventType.TASK_CANCELED})


def record_row(record: Record, shard: int) -> tuple[Any, ...]:
    """The columns of table `record`; only a reservation is asked for by worker, task and status."""
    body = _encode(record).decode()
    if isinstance(record, Reservation):
        status = record.reservation_status.value
        return record.sid, shard, status, record.worker_sid, record.task_sid, body
    return record.sid, shard, None, None, None, body


def decode_record(sid: str, body: str) -> Record:
    """The record of a row; a row that this version cannot read is a `StoreError`."""
    try:
        record: Record = _record_decoders[sid[:2]].decode(body)
    except (DecodeError, ValidationError, KeyError) as problem:
        raise StoreError(f"The stored record {sid} cannot be read: {problem}") from problem
    return record


class AttributesSeen:
    """Which attributes were last written for whom, so that each version is written once.

    It may forget: then a version is written a second time under a later number, which is harmless.
    """

    def __init__(self, limit: int = ATTRIBUTES_SEEN) -> None:
        self._limit = limit
        self._last: dict[str, str] = {}

    def is_new(self, sid: str, text: str) -> bool:
        """Whether these attributes have to be written; from now on they count as written."""
        if self._last.get(sid) == text:
            return False
        if len(self._last) >= self._limit:
            self._last.clear()
        self._last[sid] = text
        return True

    def forget(self) -> None:
        """A transaction was rolled back: nothing may count as written."""
        self._last.clear()


def event_row(
    event: Event, shard: int, seen: AttributesSeen
) -> tuple[tuple[Any, ...], list[tuple[str, int, str]]]:
    """The columns of table `event`, and the attributes to be written with it.

    Attributes are large and seldom change: the event holds their owner's SID and version instead.
    """
    data = event_data(event)
    attributes: list[tuple[str, int, str]] = []
    references: list[str | int | None] = []
    for owner, key in ((event.task, "task_attributes"), (event.worker, "worker_attributes")):
        if owner is None:
            references += (None, None)
            continue
        references += (owner.sid, owner.version)
        if data.get(key) == owner.attributes:
            data[key] = ""
            if seen.is_new(owner.sid, owner.attributes):
                attributes.append((owner.sid, owner.version, owner.attributes))
    actor, task = event.actor, event.task
    waited_since = None
    if task is not None and event.type in _WAIT_ENDS:
        waited_since = (task.date_created, task.task_queue_entered_at)
    body = EventBody(
        event.description,
        event.resource_type,
        event.resource_sid,
        (actor.type, actor.sid, actor.source, actor.ip_address),
        data,
        waited_since,
        actor.request_id,
    )
    text = _encode(body).decode()
    row = (shard, event.sid, event.seq, event.type.value, event.at, *references, text)
    return row, attributes


def decode_event(
    row: tuple[str, int, str, int, str], task_attributes: str, worker_attributes: str
) -> StoredEvent:
    """An event as it was told."""
    sid, seq, kind, at, text = row
    try:
        body = _event_decoder.decode(text)
    except (DecodeError, ValidationError) as problem:
        raise StoreError(f"The stored event {sid} cannot be read: {problem}") from problem
    data = body.fields
    if data.get("task_attributes") == "":
        data["task_attributes"] = task_attributes
    if data.get("worker_attributes") == "":
        data["worker_attributes"] = worker_attributes
    return StoredEvent(
        sid,
        seq,
        kind,
        at,
        Actor(*body.actor, body.request_id),
        body.description,
        body.resource_type,
        body.resource_sid,
        data,
    )
