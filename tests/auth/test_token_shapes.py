"""Token shapes: what the helper libraries write differently, and ours reads alike.

Claims and policies are written here as each library writes them and signed by the test; the Python
library, which is installed, makes its own in `test_authorization`.
"""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.auth import check_channel
from tests.auth.builders import (
    AC,
    AUTH_TOKEN,
    BASE,
    CHANNELS,
    NOW_S,
    REST,
    WA,
    WK,
    WORKER,
    WR,
    WS,
    WT,
    read,
    signed,
)

pytestmark = pytest.mark.feature(20, "181.24")

CHANNEL = f"{CHANNELS}/{AC}/{WK}"
REQUIRED = {"ActivitySid": {"required": True}}
EMPTY: dict[str, Any] = {"query_filter": {}, "post_filter": {}}

# url, method, and whether it is the policy with a filter
PARTS = [
    (CHANNEL, "GET", False),
    (CHANNEL, "POST", False),
    (REST + WORKER, "GET", False),
    (f"{REST}{BASE}/Activities", "GET", False),
    (f"{REST}{BASE}/Tasks/**", "GET", False),
    (f"{REST}{WORKER}/Reservations/**", "GET", False),
    (REST + WORKER, "POST", True),
    (f"{REST}{BASE}/Tasks/**", "POST", False),
    (f"{REST}{WORKER}/Reservations/**", "POST", False),
]


def written(plain: dict[str, Any], filtered: dict[str, Any]) -> list[dict[str, Any]]:
    """The policies, with the filters as one library writes them."""
    return [
        {"url": url, "method": method, "allow": True, **(filtered if has_filter else plain)}
        for url, method, has_filter in PARTS
    ]


def claims(**own: Any) -> dict[str, Any]:
    shared = {"iss": AC, "account_sid": AC, "workspace_sid": WS, "channel": WK, "worker_sid": WK}
    return shared | {"version": "v1", "exp": NOW_S + 3600} | own


def php_filters() -> tuple[dict[str, Any], dict[str, Any]]:
    """PHP leaves null filters out in newer versions; a helper appends objects to a list."""
    return {}, {"query_filter": {}, "post_filter": [REQUIRED]}


SHAPES: dict[str, dict[str, Any]] = {
    "python": claims(
        nbf=NOW_S, friendly_name=WK, policies=written(EMPTY, EMPTY | {"post_filter": REQUIRED})
    ),
    "node": claims(iat=NOW_S, policies=written(EMPTY, EMPTY | {"post_filter": REQUIRED})),
    "php, nulls": claims(
        friendly_name=WK,
        policies=written(
            {"query_filter": None, "post_filter": None},
            {"query_filter": {}, "post_filter": REQUIRED},
        ),
    ),
    "php, appended": claims(friendly_name=WK, policies=written(*php_filters())),
    "php, empty lists": claims(
        policies=written(
            {"query_filter": [], "post_filter": []}, {"query_filter": [], "post_filter": REQUIRED}
        )
    ),
    "ruby": claims(
        nbf=NOW_S,
        friendly_name=WK,
        policies=written(EMPTY, {"query_filter": {}, "post_filter": REQUIRED})[::-1],
    ),
    "java": claims(
        policies=written({}, {"post_filter": {"ActivitySid": {"required": True}}}),
    ),
    "c#": claims(friendly_name=None, policies=written(EMPTY, EMPTY | {"post_filter": REQUIRED})),
    "documentation": claims(policies=written({}, {"post_filter": REQUIRED}), note="ignored"),
}


@pytest.mark.parametrize("library", SHAPES)
def test_a_libraries_token_has_the_rights_of_a_worker(library: str) -> None:
    """Whoever made it, a worker's token may do the same things and no more."""
    token = read(signed(SHAPES[library], AUTH_TOKEN))
    may = token.policies.allow

    assert token.worker_sid == WK
    check_channel(token, AC, WK, "GET")
    check_channel(token, AC, WK, "POST")
    assert may("GET", WORKER, {})
    assert may("GET", f"{BASE}/Activities", {"PageSize": "1000"})
    assert may("GET", f"{WORKER}/Reservations", {"ReservationStatus": "pending"})
    assert may("GET", f"{BASE}/Tasks/{WT}", {})
    assert may("POST", WORKER, {"ActivitySid": WA})
    assert may("POST", f"{BASE}/Tasks/{WT}", {"AssignmentStatus": "completed"})
    assert may("POST", f"{WORKER}/Reservations/{WR}", {"ReservationStatus": "accepted"})
    assert not may("POST", WORKER, {"Attributes": "{}"})
    assert not may("POST", WORKER, {"ActivitySid": WA, "Attributes": "{}"})
    assert not may("POST", f"{BASE}/Tasks", {"Attributes": "{}"})
    assert not may("GET", f"{WORKER}/Channels", {})
    assert not may("DELETE", WORKER, {})
