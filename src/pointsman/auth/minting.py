"""Make tokens as the stock helper libraries do, for the command line and the demo.

The claims and policies are those of the libraries, the vendor's hosts included: only paths are
compared (`policies`), and a token that looks the same everywhere can be compared everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from pointsman.auth.access import CONTENT_TYPE, Role
from pointsman.auth.accounts import Account, ApiKey
from pointsman.auth.capability import ALGORITHM
from pointsman.auth.signing import signatures

REST_URL = "https://taskrouter.twilio.com/v1"
CHANNELS_URL = "https://event-bridge.twilio.com/v1/wschannels"
DEFAULT_TTL_S = 3600
WORKER_ALLOWS = ("activities", "reservations", "self", "subresources")
RESOURCE_ALLOWS = ("self", "subresources")

Policy = dict[str, Any]
_JWS = signatures(ALGORITHM)


def worker_token(
    account: Account,
    workspace_sid: str,
    worker_sid: str,
    *,
    now_s: float,
    ttl_s: int = DEFAULT_TTL_S,
    allow: Collection[str] = WORKER_ALLOWS,
) -> str:
    """A worker's token: it always fetches what the browser SDK needs to start.

    `allow` adds: `activities` (change his activity), `reservations` (answer and complete), `self`
    (change name and attributes), `subresources` (see channels and statistics).
    """
    _check_allow(allow, WORKER_ALLOWS)
    workspace = f"{REST_URL}/Workspaces/{workspace_sid}"
    own = f"{workspace}/Workers/{worker_sid}"
    policies = [
        *_basic_policies(account.sid, worker_sid, own),
        _policy(f"{workspace}/Activities", "GET"),
        _policy(f"{workspace}/Tasks/**", "GET"),
        _policy(f"{own}/Reservations/**", "GET"),
    ]
    if "activities" in allow:
        policies.append(_policy(own, "POST", {"ActivitySid": {"required": True}}))
    if "reservations" in allow:
        policies.append(_policy(f"{workspace}/Tasks/**", "POST"))
        policies.append(_policy(f"{own}/Reservations/**", "POST"))
    if "self" in allow:
        policies.append(_policy(own, "POST"))
    if "subresources" in allow:
        policies.append(_policy(f"{own}/**", "GET"))
    return _sign(account, workspace_sid, worker_sid, policies, now_s, ttl_s)


def workspace_token(
    account: Account,
    workspace_sid: str,
    *,
    now_s: float,
    ttl_s: int = DEFAULT_TTL_S,
    allow: Collection[str] = RESOURCE_ALLOWS,
) -> str:
    """A workspace's token. `allow` adds: `self` and `subresources`, each update and delete."""
    own = f"{REST_URL}/Workspaces/{workspace_sid}"
    policies = _resource_policies(account.sid, workspace_sid, own, allow)
    return _sign(account, workspace_sid, workspace_sid, policies, now_s, ttl_s)


def task_queue_token(
    account: Account,
    workspace_sid: str,
    task_queue_sid: str,
    *,
    now_s: float,
    ttl_s: int = DEFAULT_TTL_S,
    allow: Collection[str] = RESOURCE_ALLOWS,
) -> str:
    """A task queue's token. `allow` adds: `self` and `subresources`, each update and delete."""
    own = f"{REST_URL}/Workspaces/{workspace_sid}/TaskQueues/{task_queue_sid}"
    policies = _resource_policies(account.sid, task_queue_sid, own, allow)
    return _sign(account, workspace_sid, task_queue_sid, policies, now_s, ttl_s)


def customer_token(
    account: Account, workspace_sid: str, *, now_s: float, ttl_s: int = DEFAULT_TTL_S
) -> str:
    """A token for REST that can do one thing: create tasks. It opens no live channel."""
    policies = [_policy(f"{REST_URL}/Workspaces/{workspace_sid}/Tasks", "POST")]
    return _sign(account, workspace_sid, workspace_sid, policies, now_s, ttl_s)


def access_token(
    key: ApiKey,
    workspace_sid: str,
    worker_sid: str | None,
    role: Role,
    *,
    now_s: float,
    ttl_s: int = DEFAULT_TTL_S,
) -> str:
    """A token for the newer SDK, signed with an API key; without a worker it opens no socket."""
    grant = {"workspace_sid": workspace_sid, "role": role.value}
    if worker_sid is not None:
        grant["worker_sid"] = worker_sid
    claims: dict[str, Any] = {
        "jti": f"{key.sid}-{int(now_s)}",
        "iss": key.sid,
        "sub": key.account_sid,
        "nbf": int(now_s),
        "exp": int(now_s) + ttl_s,
        "grants": {"task_router": grant},
    }
    headers = {"cty": CONTENT_TYPE}
    text = msgspec.json.encode(claims)
    return _JWS.encode(text, key.secret, algorithm=ALGORITHM, headers=headers)


def _basic_policies(account_sid: str, channel_sid: str, own: str) -> list[Policy]:
    channel = f"{CHANNELS_URL}/{account_sid}/{channel_sid}"
    return [_policy(channel, "GET"), _policy(channel, "POST"), _policy(own, "GET")]


def _resource_policies(
    account_sid: str, channel_sid: str, own: str, allow: Collection[str]
) -> list[Policy]:
    _check_allow(allow, RESOURCE_ALLOWS)
    policies = _basic_policies(account_sid, channel_sid, own)
    if "self" in allow:
        policies += [_policy(own, "POST"), _policy(own, "DELETE")]
    if "subresources" in allow:
        policies += [_policy(f"{own}/**", method) for method in ("GET", "POST", "DELETE")]
    return policies


def _check_allow(allow: Iterable[str], known: tuple[str, ...]) -> None:
    unknown = sorted(set(allow) - set(known))
    if unknown:
        raise ValueError(
            f"A token cannot allow {', '.join(unknown)}; choose from {', '.join(known)}"
        )


def _policy(url: str, method: str, post_filter: dict[str, Any] | None = None) -> Policy:
    return {
        "url": url,
        "method": method,
        "allow": True,
        "query_filter": {},
        "post_filter": post_filter or {},
    }


def _sign(
    account: Account,
    workspace_sid: str,
    channel_sid: str,
    policies: list[Policy],
    now_s: float,
    ttl_s: int,
) -> str:
    claims: dict[str, Any] = {
        "iss": account.sid,
        "account_sid": account.sid,
        "workspace_sid": workspace_sid,
        "channel": channel_sid,
        "version": "v1",
        "friendly_name": channel_sid,
        "policies": policies,
        "nbf": int(now_s),
        "exp": int(now_s) + ttl_s,
    }
    claim = {"WK": "worker_sid", "WQ": "taskqueue_sid"}.get(channel_sid[:2])
    if claim is not None:
        claims[claim] = channel_sid
    return _JWS.encode(msgspec.json.encode(claims), account.auth_token, algorithm=ALGORITHM)
