"""Capability tokens: signed statements of what a browser may do, as the helper libraries make them.

HS256 under the account's auth token, nothing else. Times are compared here, with the time that is
given, never by the JWT library's own clock. The claims are read before the signature is verified
only to learn whose key to use; nothing of them is believed before (docs/tokens.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import msgspec
from jwt.algorithms import HMACAlgorithm
from msgspec import Struct

from pointsman.auth.credentials import canonical_sid, is_sid
from pointsman.auth.errors import badly_signed, forbidden, not_now, wrong_token
from pointsman.auth.policies import Policies, parse_policies

ALGORITHM = "HS256"
TOKEN_MAX_LENGTH = 8192
SKEW_S = 60
_LAST_SECOND = 253_402_300_799  # the end of the year 9999; what lies beyond is no date

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


class AnyLengthHS256(HMACAlgorithm):
    """HS256 for any secret: the operator chooses an account's auth token, and its length."""

    def __init__(self) -> None:
        super().__init__(HMACAlgorithm.SHA256)

    def check_key_length(self, key: bytes) -> str | None:
        return None


def signatures() -> jwt.PyJWS:
    """The JWT library, knowing one algorithm only."""
    jws = jwt.PyJWS(algorithms=[])
    jws.register_algorithm(ALGORITHM, AnyLengthHS256())
    return jws


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


_JWS = signatures()
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
    try:
        _JWS.decode(text, key, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        raise badly_signed(
            "The token's signature does not match its account's auth token"
        ) from None
    token = _token(claims, account_sid)
    check_time(token, now_s)
    return token


def check_time(token: CapabilityToken, now_s: float) -> None:
    """Refuses (401/20104) a token that expired or is not yet valid, with 60 s of skew allowed."""
    late_s = now_s - token.expires_at / 1000
    if late_s > SKEW_S:
        raise not_now(f"The token expired {late_s:.0f} s ago; make a new one")
    early_s = token.valid_from / 1000 - now_s
    if early_s > SKEW_S:
        raise not_now(f"The token is not valid for another {early_s:.0f} s; compare the clocks")


def check_channel(token: CapabilityToken, account_sid: str, channel_sid: str, verb: str) -> None:
    """Whether the token opens (GET) or commands (POST) this live channel.

    Refuses: another account or channel (403/20101), no policy for the verb (403/20003).
    """
    if canonical_sid(account_sid) != token.account_sid:
        raise wrong_token(f"The token is for account {token.account_sid}, not {account_sid}")
    if canonical_sid(channel_sid) != token.channel_sid:
        raise wrong_token(f"The token is for channel {token.channel_sid}, not {channel_sid}")
    if not token.policies.allow(verb, token.channel_path, {}):
        raise forbidden(
            f"The token's policies do not allow {verb} {token.channel_path}: "
            "allow_web_sockets would"
        )


def _read(text: str) -> _Claims:
    """The claims, not yet to be believed."""
    if len(text) > TOKEN_MAX_LENGTH:
        raise wrong_token(f"The token is longer than {TOKEN_MAX_LENGTH} characters")
    try:
        parts = _JWS.decode_complete(text, options={"verify_signature": False})
    except (jwt.PyJWTError, UnicodeError, RecursionError):
        raise wrong_token("The token is not a signed JSON Web Token") from None
    if parts["header"].get("alg") != ALGORITHM:
        raise badly_signed(f"The token must be signed with {ALGORITHM}")
    try:
        return _DECODER.decode(parts["payload"])
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
        expires_at=_instant("exp", claims.exp),
        valid_from=max(_instant("nbf", claims.nbf or 0), _instant("iat", claims.iat or 0)),
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


def _instant(claim: str, seconds: float) -> int:
    if not 0 <= seconds <= _LAST_SECOND:
        raise wrong_token(f"The token's {claim} is not a time in epoch seconds")
    return int(seconds * 1000)


def _resource_path(workspace_sid: str, channel_sid: str) -> str:
    kind = {"WK": "/Workers/", "WQ": "/TaskQueues/"}.get(channel_sid[:2])
    own = f"{kind}{channel_sid}" if kind else ""
    return f"/v1/Workspaces/{workspace_sid}{own}"
