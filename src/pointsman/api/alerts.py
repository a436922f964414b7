"""Alerts: messages for the developer, of all workspaces of the asking account; nothing is changed.

They are kept when the workspace that they tell of is deleted.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pointsman.api.actions import listed
from pointsman.api.calls import Call, Reply
from pointsman.api.filters import words_asked
from pointsman.api.lists import Found, page_asked
from pointsman.api.params import Params, instant, one, whole
from pointsman.engine.errors import Invalid
from pointsman.wire.alerts import alert

if TYPE_CHECKING:
    from pointsman.store import AlertNote

__all__ = ["FILTERS", "LogLevel", "fetch_alert", "list_alerts"]

FILTERS = ("LogLevel", "ErrorCode", "StartDate", "EndDate")
_MOST = 99_999
"""Codes have five digits."""


class LogLevel(StrEnum):
    """How much an alert matters."""

    ERROR = "error"
    WARNING = "warning"


async def list_alerts(call: Call) -> Reply:
    """A page of the account's alerts, oldest first."""
    page = page_asked(call.params)
    asked = _conditions(call.params)
    rows = await call.runtime.history(
        lambda history: history.alerts(
            call.request.principal.account_sid,
            **asked,
            after_sid=page.after,
            before_sid=page.before,
            limit=page.size + 1,
        )
    )
    notes, more = page.cut(rows)
    items = [_shown(call, note) for note in notes]
    found = Found(items, [note.alert.sid for note in notes], [], more)
    return listed("alerts", found, page, call, FILTERS)


async def fetch_alert(call: Call) -> Reply:
    """One alert of the account, however old."""
    account_sid = call.request.principal.account_sid
    notes = await call.runtime.history(
        lambda history: history.alerts(account_sid, sid=call.names["alert_sid"], limit=1)
    )
    if not notes:
        raise call.missing()
    return Reply(200, _shown(call, notes[0]))


def _shown(call: Call, note: AlertNote) -> dict[str, Any]:
    account_sid = call.request.principal.account_sid
    return alert(note.alert, note.workspace_sid, account_sid, call.origin)


def _conditions(params: Params) -> dict[str, Any]:
    """What the history is asked for; refuses what no alert can have."""
    asked = {name for name in FILTERS if one(params, name) not in (None, "")}
    conditions: dict[str, Any] = {}
    if "LogLevel" in asked:
        conditions["levels"] = sorted(words_asked("LogLevel", params, LogLevel))
    if "ErrorCode" in asked:
        code = whole("ErrorCode", one(params, "ErrorCode"))
        if not 0 <= code <= _MOST:
            raise Invalid("ErrorCode", f"ErrorCode has to be a whole number from 0 to {_MOST}")
        conditions["code"] = code
    for name, field in (("StartDate", "start"), ("EndDate", "end")):
        if name in asked:
            conditions[field] = instant(name, one(params, name))
    if "start" in conditions and conditions.get("end", conditions["start"]) < conditions["start"]:
        raise Invalid("EndDate", "EndDate lies before StartDate")
    return conditions
