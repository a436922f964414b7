"""Facts of events, read from their rows: the little that figures are made of.

Only the fields needed are taken from a body; the rest of it is passed over, so that a long window can
be read. What an older version did not write is None.
"""

from __future__ import annotations

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder

from pointsman.engine.statistics import Fact
from pointsman.store import StoreError

__all__ = ["decode_fact"]


class _FactFields(Struct, frozen=True, gc=False):
    """Of an event's fields those that figures are made of."""

    task_queue_sid: str | None = None
    workflow_sid: str | None = None
    task_channel_sid: str | None = None
    worker_sid: str | None = None
    worker_activity_sid: str | None = None
    worker_activity_name: str | None = None
    worker_previous_activity_sid: str | None = None
    worker_previous_activity_name: str | None = None


class _FactBody(Struct, frozen=True, gc=False, array_like=True):
    """An `EventBody`, of which only the end is read."""

    description: Raw
    resource_type: Raw
    resource_sid: Raw
    actor: Raw
    fields: _FactFields
    waited_since: tuple[int | None, int | None] | None = None


_fact_decoder = Decoder(_FactBody)


def decode_fact(sid: str, kind: str, at: int, text: str) -> Fact:
    """The little of an event that figures are made of."""
    try:
        body = _fact_decoder.decode(text)
    except (DecodeError, ValidationError) as problem:
        raise StoreError(f"The stored event {sid} cannot be read: {problem}") from problem
    fields = body.fields
    return Fact(
        kind,
        at,
        fields.task_queue_sid,
        fields.workflow_sid,
        fields.task_channel_sid,
        fields.worker_sid,
        fields.worker_activity_sid,
        fields.worker_activity_name,
        fields.worker_previous_activity_sid,
        fields.worker_previous_activity_name,
        *(body.waited_since or (None, None)),
    )
