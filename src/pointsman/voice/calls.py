"""A call as a record: what REST shows of it, and which status may follow which.

A status only rises: what is told late or twice changes nothing. Who dials, and what runs on a call, is
not known here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pointsman.voice.twiml import Element

__all__ = [
    "ENDED",
    "Call",
    "CallStatus",
    "Direction",
    "Instructed",
    "Source",
    "StatusCallback",
    "Waiting",
    "moved",
]


class CallStatus(StrEnum):
    """Where a call stands; the words are the wire's."""

    QUEUED = "queued"
    """It was asked for and not dialled yet."""
    INITIATED = "initiated"
    """The provider was told to dial; an incoming one is never this."""
    RINGING = "ringing"
    """The phone rings; an incoming one waits for our answer."""
    IN_PROGRESS = "in-progress"
    """It was answered."""
    COMPLETED = "completed"
    """Somebody hung up. Final, as all below."""
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


ENDED = frozenset(
    {
        CallStatus.COMPLETED,
        CallStatus.BUSY,
        CallStatus.NO_ANSWER,
        CallStatus.FAILED,
        CallStatus.CANCELED,
    }
)
_RANK = {status: 4 if status in ENDED else rank for rank, status in enumerate(CallStatus)}


class Direction(StrEnum):
    """Who began a call."""

    INBOUND = "inbound"
    OUTBOUND_API = "outbound-api"
    """REST or an instruction."""
    OUTBOUND_DIAL = "outbound-dial"
    """The verb `<Dial>`."""


class Source(Struct, frozen=True):
    """Where the TwiML of a call comes from: a URL, or the text itself."""

    url: str = ""
    method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    twiml: str = ""


class StatusCallback(Struct, frozen=True):
    """Who is told of a call's life: of `events` (initiated, ringing, answered, completed)."""

    url: str
    method: str = "POST"
    events: tuple[str, ...] = ("completed",)
    fields: tuple[tuple[str, str], ...] = ()
    """Sent besides those every leg has, such as taskCallSid."""


class Waiting(Struct, frozen=True):
    """What a caller who waits needs to wait on after a restart of ours."""

    queue_sid: str
    since: int
    url: str
    """Of the document that lets him wait."""
    verbs: tuple[Element, ...]
    """The verb that does, and those after it."""
    is_taken: bool = False
    """Somebody took him out of the queue, to talk with him."""


class Instructed(Struct, frozen=True):
    """The instruction that a worker is called for, as it was given."""

    kind: str
    fields: dict[str, Any]


class Call(Struct, frozen=True, kw_only=True):
    """One leg, from the first ring until it is history."""

    sid: str
    account_sid: str
    from_: str
    to: str
    direction: Direction
    status: CallStatus
    date_created: int
    date_updated: int
    leg: str
    """The provider's name of it."""
    parent_call_sid: str | None = None
    """Of a call that `<Dial>` made: the call it was made for."""
    number_sid: str | None = None
    """The IncomingPhoneNumber that was dialled."""
    start_at: int | None = None
    """When it was answered."""
    end_at: int | None = None
    code: int = 0
    reason: str = ""
    """The engine's number and word for its end."""
    source: Source = Source()
    callback: StatusCallback | None = None
    record: bool = False
    timeout_s: int = 60
    time_limit_s: int | None = None
    """It is hung up so long after the answer."""
    workspace_sid: str | None = None
    task_sid: str | None = None
    """The task that this call made, or that its worker was called for."""
    reservation_sid: str | None = None
    """Of a worker's call."""
    instructed: Instructed | None = None
    waiting: Waiting | None = None
    bridge: str = ""
    """Where it hears one other call."""

    @property
    def is_live(self) -> bool:
        return self.status not in ENDED

    @property
    def duration_s(self) -> int:
        """How long it was talked; 0 for a call that was not answered or has not ended."""
        if self.start_at is None or self.end_at is None:
            return 0
        return (self.end_at - self.start_at) // 1000


def moved(call: Call, status: CallStatus, now: int, code: int = 0, reason: str = "") -> Call | None:
    """The call in its new status; None when that is no step forward (told twice, or too late)."""
    if _RANK[status] <= _RANK[call.status]:
        return None
    changes: dict[str, object] = {"status": status, "date_updated": now}
    if status is CallStatus.IN_PROGRESS:
        changes["start_at"] = now
    if status in ENDED:
        changes |= {"end_at": now, "code": code, "reason": reason}
    return replace(call, **changes)
