"""Access tokens: signed with an API key, and limited by a role, as newer helper libraries make them.

HS256, HS384 or HS512 under the secret of the API key that `iss` names. A token tells whose it is and
which role it has; what a role may do is in `roles` (docs/tokens.md).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec
from msgspec import Struct

from pointsman.auth.credentials import canonical_sid, is_sid
from pointsman.auth.errors import AuthError, wrong_token
from pointsman.auth.signing import (
    check_algorithm,
    check_signature,
    check_time,
    instant,
    unverified,
)

ALGORITHMS = ("HS256", "HS384", "HS512")
CONTENT_TYPE = "twilio-fpa;v=1"
"""What the header's `cty` says; a capability token has none."""

SigningSecret = Callable[[str, str], str | None]
"""API key SID and account SID → the key's secret, or None when the account has no such key."""


class Role(StrEnum):
    """What the bearer is in the workspace."""

    WORKER = "worker"
    """He works on what is offered to him."""
    SUPERVISOR = "supervisor"
    """A worker who also looks after other workers."""
    ADMIN = "admin"
    """A supervisor who also sees queues and every task; needs not be a worker."""


class AccessToken(Struct, frozen=True):
    """What a verified token says. The token's text is not kept: it is a secret."""

    account_sid: str
    workspace_sid: str
    worker_sid: str | None
    role: Role
    api_key_sid: str
    expires_at: int
    """Epoch ms, as the token says; it is accepted for 60 s more."""
    valid_from: int
    """Epoch ms: the later of nbf and iat, 0 without either."""

    task_queue_sid: None = None
    """It is never a queue's."""

    @property
    def channel_sid(self) -> str:
        """The live channel that the token is for: its worker's, else its workspace's."""
        return self.worker_sid or self.workspace_sid

    @property
    def resource_path(self) -> str:
        """The path of the token's own resource: its worker or its workspace."""
        own = f"/Workers/{self.worker_sid}" if self.worker_sid else ""
        return f"/v1/Workspaces/{self.workspace_sid}{own}"


class _Grant(Struct):
    workspace_sid: str | None = None
    worker_sid: str | None = None
    role: str | None = None


class _Grants(Struct):
    task_router: _Grant | None = None


class _Claims(Struct):
    iss: str
    sub: str
    exp: float
    nbf: float | None = None
    iat: float | None = None
    grants: _Grants | None = None


_DECODER = msgspec.json.Decoder(_Claims)


def is_access_token(text: str) -> bool:
    """Whether the token says that it is one of this kind; its signature is not looked at."""
    try:
        header, _ = unverified(text)
    except AuthError:
        return False
    return header.get("cty") == CONTENT_TYPE


def verify(text: str, signing_secret: SigningSecret, now_s: float) -> AccessToken:
    """The token, if an API key of its account signed it and it is valid now.

    Refuses: malformed, of an unknown key, or without a TaskRouter grant (403/20101), signature or
    algorithm (403/20107), expired or not yet valid (401/20104).
    """
    header, payload = unverified(text)
    algorithm = check_algorithm(header, *ALGORITHMS)
    try:
        claims = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise wrong_token(f"The token's claims cannot be read: {error}") from None
    api_key_sid, account_sid = canonical_sid(claims.iss), canonical_sid(claims.sub)
    if not is_sid(api_key_sid, "SK") or not is_sid(account_sid, "AC"):
        raise wrong_token("The token's iss must be an API key's SID and its sub an account's")
    secret = signing_secret(api_key_sid, account_sid)
    if secret is None:
        raise wrong_token(
            f"The token was issued by {api_key_sid}, which is not a key of {account_sid} here"
        )
    check_signature(text, secret, algorithm, "API key's secret")
    token = _token(claims, api_key_sid, account_sid)
    check_time(token, now_s)
    return token


def _token(claims: _Claims, api_key_sid: str, account_sid: str) -> AccessToken:
    grant = claims.grants.task_router if claims.grants is not None else None
    if grant is None:
        raise wrong_token("The token carries no TaskRouter grant")
    workspace_sid = canonical_sid(grant.workspace_sid or "")
    worker_sid = canonical_sid(grant.worker_sid or "") or None
    if not is_sid(workspace_sid, "WS"):
        raise wrong_token("The grant's workspace_sid must be a workspace SID")
    if worker_sid is not None and not is_sid(worker_sid, "WK"):
        raise wrong_token("The grant's worker_sid must be a worker SID")
    try:
        role = Role(grant.role or "")
    except ValueError:
        told = ", ".join(Role)
        raise wrong_token(f"The grant needs a role, which is one of {told}") from None
    if role is Role.WORKER and worker_sid is None:
        raise wrong_token("A grant with the role worker needs a worker_sid")
    return AccessToken(
        account_sid=account_sid,
        workspace_sid=workspace_sid,
        worker_sid=worker_sid,
        role=role,
        api_key_sid=api_key_sid,
        expires_at=instant("exp", claims.exp),
        valid_from=max(instant("nbf", claims.nbf), instant("iat", claims.iat)),
    )
