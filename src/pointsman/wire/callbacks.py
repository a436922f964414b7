"""Events → the forms that callbacks post; names in CamelCase, every value text.

Both forms are made of what the Event resource tells, so a callback made from the event itself and
one made from the store after a restart are the same. Where they go, and whether they arrive, is
not known here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pointsman.wire.field_groups import Fields
from pointsman.wire.outbox import Callback
from pointsman.wire.resources import Told
from pointsman.wire.values import iso

__all__ = ["assignment_form", "dead_letter", "event_form"]


_LITERAL = {"known_worker_sid": "known_worker_sid"}
"""Documented in this spelling, beside all the others."""


@cache
def _camel(name: str) -> str:
    """`task_sid` → `TaskSid`."""
    return _LITERAL.get(name) or "".join(word.capitalize() for word in name.split("_"))


def event_form(event: Told, told: Fields, account_sid: str) -> dict[str, str]:
    """The form of an event callback: the common fields, then those of the type's groups."""
    form = {
        "EventType": str(event.type),
        "EventDescription": event.description,
        "AccountSid": account_sid,
        "WorkspaceSid": told["workspace_sid"],
        "WorkspaceName": told["workspace_name"],
        "ResourceType": event.resource_type,
        "ResourceSid": event.resource_sid,
        "Timestamp": str(event.at // 1000),
        "Sid": event.sid,
        "TimestampMs": str(event.at),
    }
    return form | {_camel(name): value for name, value in told.items()}


_ASSIGNMENT = (
    "workspace_sid",
    "workspace_name",
    "workflow_sid",
    "workflow_name",
    "task_queue_sid",
    "task_queue_name",
    "worker_sid",
    "worker_name",
    "worker_attributes",
    "task_sid",
    "task_attributes",
    "task_age",
    "task_priority",
    "task_channel_unique_name",
    "reservation_sid",
)


def assignment_form(event: Told, told: Fields, account_sid: str) -> dict[str, str]:
    """The form of an assignment callback, from its `reservation.created`."""
    form = {"Timestamp": str(event.at // 1000), "AccountSid": account_sid}
    return form | {_camel(name): told[name] for name in _ASSIGNMENT}


def dead_letter(letter: Callback, base: str) -> dict[str, Any]:
    """A callback that was given up (or that was redriven just now), as its resource shows it."""
    url = f"{base}/pointsman/v1/DeadLetters/{letter.event_sid}"
    home = f"{base}/v1/Workspaces/{letter.workspace_sid}"
    return {
        "sid": letter.event_sid,
        "account_sid": letter.account_sid,
        "workspace_sid": letter.workspace_sid,
        "resource_sid": letter.resource_sid,
        "callback_url": letter.url,
        "attempts": letter.attempts,
        "reason": letter.reason,
        "date_created": iso(letter.since),
        "date_given_up": iso(letter.next_at) if letter.dead else None,
        "url": url,
        "links": {"event": f"{home}/Events/{letter.event_sid}", "redrive": f"{url}/Redrive"},
    }
