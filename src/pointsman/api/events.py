"""Events: what happened in a workspace, read from the store; nothing here changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.api.actions import listed
from pointsman.api.calls import Call, Reply
from pointsman.api.filters import sid_asked, words_asked
from pointsman.api.lists import Found, page_asked
from pointsman.api.params import Params, instant, one, sid_text, whole
from pointsman.engine.errors import Invalid
from pointsman.engine.events import EventType
from pointsman.wire import resources

if TYPE_CHECKING:
    from pointsman.store import StoredEvent

__all__ = ["FILTERS", "fetch_event", "list_events", "window"]

DEFAULT_MINUTES = 15
_MINUTE_MS = 60_000
_LONGEST_MINUTES = 200 * 365 * 24 * 60
_SIDS = {
    "TaskSid": ("task_sid", "WT"),
    "WorkerSid": ("worker_sid", "WK"),
    "TaskQueueSid": ("task_queue_sid", "WQ"),
    "WorkflowSid": ("workflow_sid", "WW"),
    "ReservationSid": ("reservation_sid", "WR"),
    "Sid": ("sid", "EV"),
}
# Differs from Twilio (GET /v1/Workspaces/*/Events): events are kept for ever, or for
# `POINTSMAN_RETENTION_DAYS`, not for 30 days.
FILTERS = (*_SIDS, "EventType", "TaskChannel", "Minutes", "StartDate", "EndDate")


async def list_events(call: Call) -> Reply:
    """A page of the events in a window of time, oldest first; the last 15 minutes by default."""
    page = page_asked(call.params)
    asked = _conditions(call.params)
    start, end = window(call.params, call.ambient.now())
    rows = await call.runtime.history(
        lambda history: history.events(
            call.workspace_sid,
            **asked,
            start=start,
            end=end,
            after_sid=page.after,
            before_sid=page.before,
            limit=page.size + 1,
        )
    )
    events, more = page.cut(rows)
    items = [_shown(call, event) for event in events]
    found = Found(items, [event.sid for event in events], [], more)
    return listed("events", found, page, call, FILTERS)


async def fetch_event(call: Call) -> Reply:
    """One event, however old."""
    event = await call.runtime.history(
        lambda history: history.event(call.workspace_sid, call.names["event_sid"])
    )
    if event is None:
        raise call.missing()
    return Reply(200, _shown(call, event))


def window(params: Params, now: int) -> tuple[int | None, int | None]:
    """First and last moment asked for, in epoch ms: by minutes or by dates, not by both."""
    given = {name: one(params, name) for name in ("Minutes", "StartDate", "EndDate")}
    asked = {name: value for name, value in given.items() if value not in (None, "")}
    if "Minutes" in asked and len(asked) > 1:
        raise Invalid("Minutes", "Minutes and dates cannot be mixed; give one or the other")
    if "StartDate" in asked or "EndDate" in asked:
        return _dates(asked)
    minutes = whole("Minutes", asked.get("Minutes", DEFAULT_MINUTES))
    if not 1 <= minutes <= _LONGEST_MINUTES:
        raise Invalid("Minutes", "Minutes has to be 1 or more")
    return now - minutes * _MINUTE_MS, None


def _dates(asked: dict[str, Any]) -> tuple[int, int | None]:
    end = instant("EndDate", asked["EndDate"]) if "EndDate" in asked else None
    if "StartDate" in asked:
        start = instant("StartDate", asked["StartDate"])
    else:
        assert end is not None
        start = end - DEFAULT_MINUTES * _MINUTE_MS
    if end is not None and end < start:
        raise Invalid("EndDate", "EndDate lies before StartDate")
    return start, end


def _conditions(params: Params) -> dict[str, Any]:
    """What the history is asked for besides the window."""
    conditions: dict[str, Any] = {
        field: sid_asked(name, params, prefix)
        for name, (field, prefix) in _SIDS.items()
        if one(params, name) not in (None, "")
    }
    if one(params, "EventType") not in (None, ""):
        types = words_asked("EventType", params, EventType)
        if len(types) != 1:
            raise Invalid("EventType", "EventType has to be one type of event")
        conditions["event_type"] = next(iter(types))
    if one(params, "TaskChannel") not in (None, ""):
        conditions["task_channel"] = sid_text("TaskChannel", one(params, "TaskChannel"))
    return conditions


def _shown(call: Call, event: StoredEvent) -> dict[str, Any]:
    account_sid = call.request.principal.account_sid
    return resources.event(event, account_sid, call.workspace_sid, call.origin)
