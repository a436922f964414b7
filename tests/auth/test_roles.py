"""What each role of an access token may do, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.auth import AccessToken, AuthError, Role, authorize, task_to_hold
from pointsman.auth.principal import token_principal
from tests.auth.builders import (
    AC,
    BASE,
    NOW_S,
    OTHER_WK,
    OTHER_WS,
    QUEUE,
    SK,
    WA,
    WC,
    WK,
    WORKER,
    WR,
    WS,
    WT,
)

pytestmark = pytest.mark.feature(22, 255)

OTHER = f"{BASE}/Workers/{OTHER_WK}"
TASK = f"{BASE}/Tasks/{WT}"
SUPERVISE = {"Instruction": "supervise", "Supervisor": WK, "SupervisorMode": "monitor"}
W, S, A, NOBODY = "worker", "supervisor", "admin", None

# method, path, parameters, and the least role that may
REQUESTS: list[tuple[str, str, dict[str, Any], str | None]] = [
    ("GET", WORKER, {}, W),
    ("POST", WORKER, {"ActivitySid": WA}, W),
    ("POST", WORKER, {"Attributes": {"a": 1}}, W),
    ("GET", f"{WORKER}/WorkerChannels", {}, W),
    ("GET", f"{WORKER}/Reservations", {"Active": "true"}, W),
    ("GET", f"{WORKER}/Reservations/{WR}", {}, W),
    ("POST", f"{WORKER}/Reservations/{WR}", {"ReservationStatus": "accepted"}, W),
    ("POST", f"{WORKER}/Transfers", {"TaskSid": WT}, W),
    ("POST", f"{WORKER}/HoldWorkerParticipant", {"TaskSid": WT}, W),
    ("GET", f"{BASE}/Activities", {}, W),
    ("POST", f"{BASE}/Tasks", {"RoutingTarget": WK}, W),
    ("GET", TASK, {}, W),
    ("POST", TASK, {"AssignmentStatus": "completed"}, W),
    ("POST", f"{TASK}/Reservations/{WR}", {"ReservationStatus": "accepted"}, W),
    ("GET", f"{BASE}/Workers", {}, S),
    ("GET", OTHER, {}, S),
    ("GET", f"{OTHER}/Reservations", {}, S),
    ("POST", OTHER, {"ActivitySid": WA}, S),
    ("POST", OTHER, {"Attributes": "{}"}, S),
    ("GET", f"{BASE}/Tasks", {}, S),
    ("POST", f"{TASK}/Reservations/{WR}", SUPERVISE, S),
    ("GET", f"{BASE}/TaskQueues", {}, A),
    ("GET", QUEUE, {}, A),
    ("POST", f"{TASK}/Reservations/{WR}", {**SUPERVISE, "Supervisor": OTHER_WK}, NOBODY),
    ("POST", f"{OTHER}/Channels/{WC}", {"Capacity": 5}, NOBODY),
    ("POST", f"{OTHER}/Reservations/{WR}", {"ReservationStatus": "accepted"}, NOBODY),
    ("POST", f"{BASE}/Tasks", {}, NOBODY),
    ("POST", f"{BASE}/Tasks", {"RoutingTarget": OTHER_WK}, NOBODY),
    ("POST", f"{BASE}/Workers", {"FriendlyName": "x"}, NOBODY),
    ("POST", f"{BASE}/Activities", {"FriendlyName": "x"}, NOBODY),
    ("POST", QUEUE, {"FriendlyName": "x"}, NOBODY),
    ("GET", BASE, {}, NOBODY),
    ("GET", f"{BASE}/Workflows", {}, NOBODY),
    ("GET", f"{BASE}/Events", {}, NOBODY),
    ("DELETE", WORKER, {}, NOBODY),
    ("DELETE", TASK, {}, NOBODY),
    ("DELETE", BASE, {}, NOBODY),
]


def a_token(role: Role = Role.WORKER, worker_sid: str | None = WK) -> AccessToken:
    return AccessToken(AC, WS, worker_sid, role, SK, NOW_S * 1000, 0)


def refused(token: AccessToken, method: str, path: str, params: dict[str, Any]) -> str | None:
    """The sentence of the refusal; None: it is allowed."""
    try:
        authorize(token_principal(token), method, path, params)
    except AuthError as refusal:
        return f"{refusal.status}/{refusal.code} {refusal.message}"
    return None


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_each_role_may_what_the_one_below_it_may(
    request_: tuple[str, str, dict[str, Any], str | None],
) -> None:
    """A request is allowed from its least role on; a refusal names the request and that role."""
    method, path, params, least = request_
    roles = list(Role)
    enough = roles.index(Role(least)) if least is not None else len(roles)
    for number, role in enumerate(roles):
        told = refused(a_token(role), method, path, params)

        assert (told is None) == (number >= enough), role
        if told is not None:
            assert told.startswith("403/20003 ")
            assert f"role {role} does not allow {method} {path}" in told
            assert told.endswith(f"the role {least} would" if least else "no role does")


def test_another_workspace_is_out_of_reach() -> None:
    """Every role ends with its workspace."""
    with pytest.raises(AuthError) as caught:
        authorize(token_principal(a_token(Role.ADMIN)), "GET", f"/v1/Workspaces/{OTHER_WS}", {})

    assert (caught.value.status, caught.value.code) == (403, 20101)


def test_an_admin_who_is_no_worker() -> None:
    """Without a worker a token reads as its role says, and does no worker's work."""
    admin = a_token(Role.ADMIN, None)

    assert refused(admin, "GET", f"{BASE}/Workers", {}) is None
    assert refused(admin, "GET", TASK, {}) is None
    assert refused(admin, "POST", TASK, {"Reason": "x"}) is not None
    assert refused(admin, "POST", f"{TASK}/Reservations/{WR}", SUPERVISE) is not None


@pytest.mark.parametrize(
    ("role", "method", "path", "params", "held"),
    [
        (Role.WORKER, "GET", TASK, {}, WT),
        (Role.WORKER, "POST", TASK, {}, WT),
        (Role.WORKER, "POST", f"{TASK}/Reservations/{WR}", {}, WT),
        (Role.WORKER, "POST", f"{BASE}/Tasks", {"RoutingTarget": WK}, None),
        (Role.WORKER, "GET", f"{BASE}/Activities", {}, None),
        (Role.SUPERVISOR, "GET", TASK, {}, None),
        (Role.SUPERVISOR, "POST", TASK, {}, WT),
        (Role.ADMIN, "POST", f"{TASK}/Reservations/{WR}", SUPERVISE, None),
    ],
)
def test_which_task_has_to_be_held(
    role: Role, method: str, path: str, params: dict[str, Any], held: str | None
) -> None:
    """A worker reaches a task through his reservation; a supervisor reads and listens without."""
    assert task_to_hold(a_token(role), method, path, params) == held
