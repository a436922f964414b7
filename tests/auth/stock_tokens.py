"""Requests of the browser SDK and the calls of the stock Python library that allow them."""

from __future__ import annotations

from typing import Any

from twilio.jwt.taskrouter import TaskRouterCapabilityToken
from twilio.jwt.taskrouter.capabilities import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)

from tests.auth.builders import (
    AC,
    AUTH_TOKEN,
    BASE,
    NOW_S,
    OTHER_WK,
    WA,
    WC,
    WK,
    WORKER,
    WQ,
    WR,
    WS,
    WT,
)

CALLS = (
    "allow_web_sockets",
    "allow_fetch_self",
    "allow_update_self",
    "allow_delete_self",
    "allow_fetch_subresources",
    "allow_update_subresources",
    "allow_delete_subresources",
)
WORKER_CALLS = (
    *CALLS,
    "allow_fetch_activities",
    "allow_fetch_reservations",
    "allow_fetch_worker_reservations",
    "allow_update_activities",
    "allow_update_reservations",
)

Request = tuple[str, str, dict[str, Any]]

REQUESTS: dict[str, Request] = {
    "fetch": ("GET", WORKER, {}),
    "activities.fetch": ("GET", f"{BASE}/Activities", {"PageSize": "1000"}),
    "fetchReservations": ("GET", f"{WORKER}/Reservations", {"ReservationStatus": "pending"}),
    "reservation": ("GET", f"{WORKER}/Reservations/{WR}", {}),
    "task": ("GET", f"{BASE}/Tasks/{WT}", {}),
    "list tasks": ("GET", f"{BASE}/Tasks", {}),
    "fetchChannels": ("GET", f"{WORKER}/Channels", {}),
    "statistics.fetch": ("GET", f"{WORKER}/Statistics", {"Minutes": "60"}),
    "update activity": ("POST", WORKER, {"ActivitySid": WA}),
    "update attributes": ("POST", WORKER, {"Attributes": "{}"}),
    "update both": ("POST", WORKER, {"ActivitySid": WA, "Attributes": "{}"}),
    "delete": ("DELETE", WORKER, {}),
    "accept": ("POST", f"{WORKER}/Reservations/{WR}", {"ReservationStatus": "accepted"}),
    "task's reservation": ("POST", f"{BASE}/Tasks/{WT}/Reservations/{WR}", {"Instruction": "x"}),
    "completeTask": ("POST", f"{BASE}/Tasks/{WT}", {"AssignmentStatus": "completed"}),
    "create task": ("POST", f"{BASE}/Tasks", {"Attributes": "{}"}),
    "update channel": ("POST", f"{WORKER}/Channels/{WC}", {"Capacity": 5}),
    "delete reservation": ("DELETE", f"{WORKER}/Reservations/{WR}", {}),
    "delete task": ("DELETE", f"{BASE}/Tasks/{WT}", {}),
    "list workers": ("GET", f"{BASE}/Workers", {}),
    "other worker": ("GET", f"{BASE}/Workers/{OTHER_WK}", {}),
    "other's reservations": ("GET", f"{BASE}/Workers/{OTHER_WK}/Reservations", {}),
    "workspace": ("GET", BASE, {}),
    "create activity": ("POST", f"{BASE}/Activities", {"FriendlyName": "Lunch"}),
}

_KINDS: dict[str, tuple[type[TaskRouterCapabilityToken], list[str]]] = {
    "WK": (WorkerCapabilityToken, [WK]),
    "WQ": (TaskQueueCapabilityToken, [WQ]),
    "WS": (WorkspaceCapabilityToken, []),
}


def stock_token(*calls: str, channel: str = WK, auth_token: str = AUTH_TOKEN) -> str:
    """A token that the stock library made with these calls alone, without its defaults."""
    kind, sids = _KINDS[channel[:2]]
    flags = {call: call in calls for call in WORKER_CALLS}
    times = {"nbf": NOW_S, "valid_until": NOW_S + 3600}
    return str(kind(AC, auth_token, WS, *sids, **times, **flags).to_jwt())
