"""Capability tokens: signed statements of what a browser may do, as the helper libraries make them.

HS256 under the account's auth token, nothing else (docs/tokens.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from pointsman.auth.credentials import canonical_sid, is_sid
from pointsman.auth.errors import wrong_token
from pointsman.auth.policies import Policies, parse_policies
from pointsman.auth.signing import (
    check_algorithm,
    check_signature,
    check_time,
    instant,
    unverified,
)

ALGORITHM = "HS256"

SigningKey = Callable[[str], str | None]
"""Account SID → its auth token, or None when there is no such account."""


class CapabilityToken(Struct, frozen=True):
    """What a verified token says. The token's text is not kept: it is a secret."""

    account_sid: str
    workspace_sid: str
    channel_sid: str
    worker_sid: str | None
    task_queue_sid: str | None
    policies: Policies
    expires_at: int
    """Epoch ms, as the token says; it is accepted for 60 s more."""
    valid_from: int
    """Epoch ms: the later of nbf and iat, 0 without either."""

    @property
    def resource_path(self) -> str:
        """The path of the token's own resource: its worker, its task queue or its workspace."""
        return _resource_path(self.workspace_sid, self.channel_sid)

    @property
    def channel_path(self) -> str:
        """The path of the live channel that the token is for."""
        return f"/v1/wschannels/{self.account_sid}/{self.channel_sid}"


class _Claims(Struct):
    iss: str
    account_sid: str
    workspace_sid: str
    channel: str
    exp: float
    nbf: float | None = None
    iat: float | None = None
    worker_sid: str | None = None
    taskqueue_sid: str | None = None
    policies: list[Any] | None = None


_DECODER = msgspec.json.Decoder(_Claims)


def verify(text: str, signing_key: SigningKey, now_s: float) -> CapabilityToken:
    """The token, if its account signed it and it is valid now.

    Refuses: malformed or of an unknown account (403/20101), signature or algorithm (403/20107),
    expired or not yet valid (401/20104).
    """
    claims = _read(text)
    account_sid = _account_of(claims)
    key = signing_key(account_sid)
    if key is None:
        raise wrong_token(f"The token was issued by {account_sid}, which is not an account here")
    check_signature(text, key, ALGORITHM, "account's auth token")
    token = _token(claims, account_sid)
    check_time(token, now_s)
    return token


def _read(text: str) -> _Claims:
    """The claims, not yet to be believed."""
    header, payload = unverified(text)
    check_algorithm(header, ALGORITHM)
    try:
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise wrong_token(f"The token's claims cannot be read: {error}") from None


def _account_of(claims: _Claims) -> str:
    account_sid = canonical_sid(claims.iss)
    if not is_sid(account_sid, "AC"):
        raise wrong_token("The token's iss must be an account SID: it is no capability token")
    if canonical_sid(claims.account_sid) != account_sid:
        raise wrong_token("The token's iss and account_sid name different accounts")
    return account_sid


def _token(claims: _Claims, account_sid: str) -> CapabilityToken:
    workspace_sid, channel_sid = canonical_sid(claims.workspace_sid), canonical_sid(claims.channel)
    _check_sids(claims, workspace_sid, channel_sid)
    try:
        own_path = _resource_path(workspace_sid, channel_sid)
        policies = parse_policies(claims.policies or [], own_path)
    except ValueError as error:
        raise wrong_token(f"The token's policies cannot be read: {error}") from None
    return CapabilityToken(
        account_sid=account_sid,
        workspace_sid=workspace_sid,
        channel_sid=channel_sid,
        worker_sid=channel_sid if channel_sid.startswith("WK") else None,
        task_queue_sid=channel_sid if channel_sid.startswith("WQ") else None,
        policies=policies,
        expires_at=instant("exp", claims.exp),
        valid_from=max(instant("nbf", claims.nbf), instant("iat", claims.iat)),
    )


def _check_sids(claims: _Claims, workspace_sid: str, channel_sid: str) -> None:
    if not is_sid(workspace_sid, "WS"):
        raise wrong_token("The token's workspace_sid must be a workspace SID")
    if not is_sid(channel_sid, "WK", "WQ", "WS"):
        raise wrong_token("The token's channel must be the SID of a worker, queue or workspace")
    if channel_sid.startswith("WS") and channel_sid != workspace_sid:
        raise wrong_token("The token's channel and workspace_sid name different workspaces")
    for claim, prefix in (("worker_sid", "WK"), ("taskqueue_sid", "WQ")):
        named = getattr(claims, claim)
        expected = channel_sid if channel_sid.startswith(prefix) else None
        if named and canonical_sid(named) != expected:
            raise wrong_token(f"The token's {claim} and channel do not agree")


def _resource_path(workspace_sid: str, channel_sid: str) -> str:
    kind = {"WK": "/Workers/", "WQ": "/TaskQueues/"}.get(channel_sid[:2])
    own = f"{kind}{channel_sid}" if kind else ""
    return f"/v1/Workspaces/{workspace_sid}{own}"
