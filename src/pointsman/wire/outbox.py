"""Events → the callbacks that they owe. Pure, so that the store and the sender come to the same.

The store writes these rows in the transaction of the events; whoever hears of the events after the
commit makes the same rows again. A callback goes where its workspace or workflow said at the moment
of the event, whatever is changed later.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from pointsman.engine.events import Event, EventType

__all__ = ["Callback", "CallbackKind", "outbox"]


class CallbackKind(StrEnum):
    """What is posted."""

    EVENT = "event"
    """An event, to the workspace's EventCallbackUrl; delivered at least once."""
    ASSIGNMENT = "assignment"
    """An offer, to its workflow's AssignmentCallbackUrl; the answer is an instruction."""


class Callback(Struct, frozen=True, gc=False, kw_only=True):
    """One post that is owed; `event_sid` and `kind` name it, on every attempt."""

    event_sid: str
    kind: CallbackKind
    account_sid: str
    workspace_sid: str
    resource_sid: str
    """Callbacks of one resource arrive in the order of their events."""
    url: str
    fallback_url: str = ""
    since: int
    """Domain time from which its retries are counted: of the event, or of its last redrive."""
    attempts: int = 0
    next_at: int
    """When it is due; of a dead letter, when it was given up."""
    reason: str = ""
    """Why the last attempt failed."""
    dead: bool = False


def outbox(events: Iterable[Event]) -> list[Callback]:
    """What is owed for these events, in their order."""
    owed = []
    for event in events:
        workspace = event.workspace
        if workspace.event_callback_url and _is_wanted(event, workspace.events_filter):
            owed.append(_callback(event, CallbackKind.EVENT, workspace.event_callback_url))
        workflow = event.workflow
        if event.type is EventType.RESERVATION_CREATED and workflow is not None:
            url, fallback = (
                workflow.assignment_callback_url,
                workflow.fallback_assignment_callback_url,
            )
            if url or fallback:
                # Without the first URL the fallback alone is asked.
                urls = (url, fallback) if url else (fallback, "")
                owed.append(_callback(event, CallbackKind.ASSIGNMENT, *urls))
    return owed


def _callback(event: Event, kind: CallbackKind, url: str, fallback_url: str = "") -> Callback:
    return Callback(
        event_sid=event.sid,
        kind=kind,
        account_sid=event.workspace.account_sid,
        workspace_sid=event.workspace.sid,
        resource_sid=event.resource_sid,
        url=url,
        fallback_url=fallback_url,
        since=event.at,
        next_at=event.at,
    )


def _is_wanted(event: Event, events_filter: str | None) -> bool:
    return not events_filter or event.type.value in _types(events_filter)


@lru_cache(maxsize=1_000)
def _types(events_filter: str) -> frozenset[str]:
    return frozenset(name.strip() for name in events_filter.split(","))
