"""Tokens that we make: the same as the stock library's, and the customer's."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from pointsman.auth import AuthError, Principal, authorize, check_channel
from pointsman.auth.minting import customer_token, task_queue_token, worker_token, workspace_token
from pointsman.auth.principal import token_principal
from tests.auth.builders import (
    AC,
    AUTH_TOKEN,
    BASE,
    NOW_S,
    OTHER_WS,
    QUEUE,
    WK,
    WORKER,
    WQ,
    WS,
    WT,
    an_account,
    read,
)
from tests.auth.stock_tokens import REQUESTS, WORKER_CALLS, stock_token

FETCHES = (*WORKER_CALLS[:2], *WORKER_CALLS[7:10])
ADDED = {
    "activities": ("allow_update_activities",),
    "reservations": ("allow_update_reservations",),
    "self": ("allow_update_self",),
    "subresources": ("allow_fetch_subresources",),
}


def claims(text: str) -> dict[str, Any]:
    """What the token says, its policies in an order of their own."""
    read_claims: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    read_claims["policies"].sort(key=repr)
    return read_claims


def may(principal: Principal, method: str, path: str, params: dict[str, Any]) -> bool:
    try:
        authorize(principal, method, path, params)
    except AuthError:
        return False
    return True


@pytest.mark.feature(20, 287)
@pytest.mark.parametrize("allow", [(), *((word,) for word in ADDED), tuple(ADDED)])
def test_a_workers_token_is_the_stock_librarys(allow: tuple[str, ...]) -> None:
    """Claims, policies and filters are those that the stock library writes."""
    text = worker_token(an_account(), WS, WK, now_s=NOW_S, allow=allow)
    calls = [call for word in allow for call in ADDED[word]]

    assert claims(text) == claims(stock_token(*FETCHES, *calls))


@pytest.mark.feature(287)
def test_a_workers_token_allows_all_four_by_default() -> None:
    """Without a choice a worker's token has activities, reservations, self and subresources."""
    default = worker_token(an_account(), WS, WK, now_s=NOW_S)

    assert default == worker_token(an_account(), WS, WK, now_s=NOW_S, allow=set(ADDED))


@pytest.mark.feature(287)
@pytest.mark.parametrize("channel", [WQ, WS])
@pytest.mark.parametrize("allow", [(), ("self",), ("subresources",), ("self", "subresources")])
def test_queue_and_workspace_tokens_are_the_stock_librarys(
    channel: str, allow: tuple[str, ...]
) -> None:
    """`self` adds update and delete, `subresources` fetch, update and delete of all below."""
    verbs = {"self": ("update", "delete"), "subresources": ("fetch", "update", "delete")}
    calls = [f"allow_{verb}_{word}" for word in allow for verb in verbs[word]]
    if channel == WQ:
        text = task_queue_token(an_account(), WS, WQ, now_s=NOW_S, allow=allow)
    else:
        text = workspace_token(an_account(), WS, now_s=NOW_S, allow=allow)

    assert claims(text) == claims(stock_token(*WORKER_CALLS[:2], *calls, channel=channel))


@pytest.mark.feature(287)
@pytest.mark.parametrize(
    ("text", "channel", "own"),
    [
        (worker_token(an_account(), WS, WK, now_s=NOW_S), WK, WORKER),
        (task_queue_token(an_account(), WS, WQ, now_s=NOW_S), WQ, QUEUE),
        (workspace_token(an_account(), WS, now_s=NOW_S), WS, BASE),
    ],
)
def test_each_token_opens_its_channel(text: str, channel: str, own: str) -> None:
    """A token of each kind is verified, opens its channel and fetches its own resource."""
    token = read(text)

    check_channel(token, AC, channel, "GET")
    check_channel(token, AC, channel, "POST")
    assert may(token_principal(token), "GET", own, {})


@pytest.mark.feature(287)
@pytest.mark.parametrize("make", [task_queue_token, worker_token])
def test_an_unknown_right_is_refused(make: Any) -> None:
    """A misspelt word does not make a token that allows less than was meant."""
    with pytest.raises(ValueError, match=r"cannot allow activites; choose from .*self"):
        make(an_account(), WS, WK, now_s=NOW_S, allow=["self", "activites"])


@pytest.mark.feature(287)
def test_a_token_ends_when_it_was_asked_to() -> None:
    """`ttl_s` is the time from now to `exp`."""
    text = worker_token(an_account(), WS, WK, now_s=NOW_S + 0.9, ttl_s=20)

    assert (claims(text)["nbf"], claims(text)["exp"]) == (NOW_S, NOW_S + 20)


@pytest.mark.feature(235)
def test_a_customers_token_creates_tasks_and_nothing_else() -> None:
    """Every other request, the live channel included, is 403."""
    token = read(customer_token(an_account(), WS, now_s=NOW_S))
    customer = token_principal(token)

    assert (customer.actor_type, customer.actor_sid) == ("account", AC)
    assert may(customer, "POST", f"{BASE}/Tasks", {"Attributes": "{}", "WorkflowSid": "WW1"})
    for name, (method, path, params) in REQUESTS.items():
        assert may(customer, method, path, params) is (name == "create task")
    for method in ("GET", "POST", "DELETE"):
        assert not may(customer, method, f"/v1/Workspaces/{OTHER_WS}/Tasks", {})
        assert not may(customer, method, f"{BASE}/Tasks/{WT}", {})
        assert not may(customer, method, BASE, {})
    for verb in ("GET", "POST"):
        with pytest.raises(AuthError, match="allow_web_sockets"):
            check_channel(token, AC, WS, verb)


@pytest.mark.feature(286)
def test_a_token_holds_no_secret() -> None:
    """The auth token signs; it is not among what the token says."""
    assert AUTH_TOKEN not in repr(claims(worker_token(an_account(), WS, WK, now_s=NOW_S)))
