"""What each helper call of the stock library allows, and what a refusal says."""

from __future__ import annotations

import re

import pytest

from pointsman.auth import AuthError, Principal, authorize, check_channel
from pointsman.auth.principal import token_principal
from tests.auth.builders import (
    AC,
    BASE,
    NOW_S,
    OTHER_WS,
    QUEUE,
    SECRET,
    SK,
    WA,
    WK,
    WORKER,
    WQ,
    WS,
    a_policy,
    a_token,
    basic,
    read,
    some_accounts,
)
from tests.auth.stock_tokens import CALLS, REQUESTS, WORKER_CALLS, stock_token

pytestmark = pytest.mark.feature(21)

READS_TASKS = {"task", "list tasks"}
READS_RESERVATIONS = {"fetchReservations", "reservation"}
UPDATES = {"update activity", "update attributes", "update both"}

ALLOWED: dict[str, set[str]] = {
    "allow_web_sockets": set(),
    "allow_fetch_self": {"fetch"},
    "allow_update_self": UPDATES,
    "allow_delete_self": {"delete"},
    "allow_fetch_subresources": {"fetch", "fetchChannels", "statistics.fetch"} | READS_RESERVATIONS,
    "allow_update_subresources": UPDATES | {"accept", "update channel"},
    "allow_delete_subresources": {"delete", "delete reservation"},
    "allow_fetch_activities": {"activities.fetch"},
    "allow_fetch_reservations": READS_TASKS,
    "allow_fetch_worker_reservations": READS_RESERVATIONS,
    "allow_update_activities": {"update activity"},
    "allow_update_reservations": {"accept", "completeTask", "task's reservation"},
}


def a_bearer(*calls: str, channel: str = WK) -> Principal:
    return token_principal(read(stock_token(*calls, channel=channel)))


def passes(principal: Principal, request: str) -> bool:
    """Whether the request is let through; a refusal has to be 403 with code 20003."""
    try:
        authorize(principal, *REQUESTS[request])
    except AuthError as refusal:
        if (refusal.status, refusal.code) != (403, 20003):
            raise
        return False
    return True


@pytest.mark.feature("181.23")
@pytest.mark.parametrize("call", WORKER_CALLS)
def test_each_helper_call_allows_its_requests_and_no_other(call: str) -> None:
    """With one call of the stock library alone, exactly its own requests pass."""
    bearer = a_bearer(call)

    assert {request for request in REQUESTS if passes(bearer, request)} == ALLOWED[call]


@pytest.mark.feature("181.23")
def test_helper_calls_add_up() -> None:
    """A worker's usual token passes the usual requests, and creating a task is not among them."""
    defaults = WORKER_CALLS[0], WORKER_CALLS[1], *WORKER_CALLS[7:10]
    usual = a_bearer(*defaults, "allow_update_activities", "allow_update_reservations")
    passed = {request for request in REQUESTS if passes(usual, request)}

    assert passed == {
        *{"fetch", "activities.fetch", "update activity", "accept", "completeTask"},
        *{"task's reservation"} | READS_TASKS | READS_RESERVATIONS,
    }
    everything = a_bearer(*WORKER_CALLS)
    refused = {request for request in REQUESTS if not passes(everything, request)}
    assert refused == {
        *{"create task", "delete task", "list workers", "other worker", "other's reservations"},
        *{"workspace", "create activity"},
    }


@pytest.mark.feature("181.23")
@pytest.mark.parametrize("call", WORKER_CALLS)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_only_web_sockets_open_the_channel(call: str, verb: str) -> None:
    """The channel needs its own policy, whatever else a token allows."""
    token = read(stock_token(call))
    if call == "allow_web_sockets":
        check_channel(token, AC, WK, verb)
        return
    with pytest.raises(AuthError, match="allow_web_sockets"):
        check_channel(token, AC, WK, verb)


@pytest.mark.feature("181.23")
@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_refusal_names_what_would_allow_it(request_name: str) -> None:
    """The message says method and path, and the helper call it names does let the request through."""
    method, path, params = REQUESTS[request_name]
    with pytest.raises(AuthError) as caught:
        authorize(a_bearer("allow_web_sockets"), method, path, params)
    message = caught.value.message
    call = re.search(r"allow_[a-z_]+", message.split(":")[-1])

    assert f"do not allow {method} {path}" in message
    if call is None:
        assert message.endswith(f"a policy of its own for {method} {path} would")
        assert not passes(a_bearer(*WORKER_CALLS), request_name)
    else:
        assert passes(a_bearer(call[0]), request_name)


def test_a_refusal_names_the_parameters() -> None:
    """Activity rights alone do not change attributes, and the message shows what was sent."""
    with pytest.raises(AuthError) as caught:
        authorize(a_bearer("allow_update_activities"), *REQUESTS["update both"])

    assert "with ActivitySid, Attributes: allow_update_self would" in caught.value.message
    assert WA not in caught.value.message


@pytest.mark.parametrize(
    ("channel", "own", "sub"),
    [(WQ, QUEUE, f"{QUEUE}/Statistics"), (WS, BASE, f"{BASE}/Tasks")],
)
@pytest.mark.parametrize("call", CALLS[1:])
def test_queue_and_workspace_tokens_reach_their_own(
    channel: str, own: str, sub: str, call: str
) -> None:
    """Each of the six calls allows its method on the resource, or on it and all below it."""
    bearer = a_bearer(call, channel=channel)
    method = {"fetch": "GET", "update": "POST", "delete": "DELETE"}[call.split("_")[1]]
    for verb in ("GET", "POST", "DELETE"):
        for path in (own, sub):
            wanted = verb == method and (path == own or call.endswith("subresources"))
            if wanted:
                authorize(bearer, verb, path, {})
            else:
                with pytest.raises(AuthError, match="would"):
                    authorize(bearer, verb, path, {})


@pytest.mark.feature(240)
@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/v1/Workspaces/{OTHER_WS}", 20101),
        (f"/v1/Workspaces/{OTHER_WS}/Tasks", 20101),
        ("/v1/Workspaces", 20003),
        ("/pointsman/v1/Alerts", 20003),
        ("/v1/Elsewhere/x/y", 20003),
        (f"{BASE}//Tasks", 20003),
        ("", 20003),
    ],
)
def test_a_token_stays_in_its_workspace(path: str, code: int) -> None:
    """Even a policy for everything does not reach another workspace, nor what lies beside them."""
    everything = token_principal(a_token([a_policy("/v1/**"), a_policy("/pointsman/**")], WS))
    with pytest.raises(AuthError) as caught:
        authorize(everything, "GET", path, {})

    assert (caught.value.status, caught.value.code) == (403, code)


def test_an_unusual_method_needs_a_policy_of_its_own() -> None:
    """No helper call allows PATCH."""
    with pytest.raises(AuthError, match=f"a policy of its own for PATCH {WORKER}"):
        authorize(a_bearer(*WORKER_CALLS), "PATCH", WORKER, {})


@pytest.mark.feature(3, 4)
@pytest.mark.parametrize("header", [basic(), basic(SK, SECRET)])
def test_accounts_and_keys_may_do_everything(header: str) -> None:
    """Policies are for tokens; an account's requests are its own affair."""
    principal = some_accounts().authenticate(header, NOW_S)

    for request in REQUESTS:
        assert passes(principal, request)
