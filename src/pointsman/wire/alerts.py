"""How an alert looks outside. The shape is our own: the compatible api has no such resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.wire.values import iso

if TYPE_CHECKING:
    from pointsman.engine.records import Alert

__all__ = ["alert"]

_MORE_INFO = "https://www.twilio.com/docs/errors/"


def alert(record: Alert, workspace_sid: str, account_sid: str, base: str) -> dict[str, Any]:
    """An alert; `resource_sid` names what it is about, which may be gone."""
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "log_level": record.level,
        "error_code": record.code,
        "message": record.message,
        "more_info": f"{_MORE_INFO}{record.code}",
        "resource_sid": record.resource_sid,
        "date_created": iso(record.at),
        "url": f"{base}/pointsman/v1/Alerts/{record.sid}",
    }
