"""Who asks: an account, one of its API keys, or the bearer of a verified token.

A principal carries no secret. What it may do is decided in `authorization`; what an event says of
it are its actor fields.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pointsman.auth.access import AccessToken
from pointsman.auth.capability import CapabilityToken

Token = CapabilityToken | AccessToken
"""What a browser shows instead of credentials."""


class PrincipalKind(StrEnum):
    """What the credentials were."""

    ACCOUNT = "account"
    """The account's SID and auth token."""
    API_KEY = "api_key"
    """The SID and secret of one of its API keys; it may do what the account may."""
    TOKEN = "token"  # noqa: S105 -- a kind of credentials, not one
    """A capability token, which may do what its policies say, or an access token with a role."""


class Principal(Struct, frozen=True):
    """Who asks, as events and refusals name him."""

    account_sid: str
    kind: PrincipalKind
    actor_type: str
    actor_sid: str
    api_key_sid: str | None = None
    token: Token | None = None


def account_principal(account_sid: str) -> Principal:
    return Principal(account_sid, PrincipalKind.ACCOUNT, "account", account_sid)


def api_key_principal(account_sid: str, api_key_sid: str) -> Principal:
    """Events name the account: the key is only the way it came in."""
    return Principal(account_sid, PrincipalKind.API_KEY, "account", account_sid, api_key_sid)


def token_principal(token: Token) -> Principal:
    """A worker's token acts for the worker, any other for its account."""
    actor_type, actor_sid = "account", token.account_sid
    if token.worker_sid is not None:
        actor_type, actor_sid = "worker", token.worker_sid
    return Principal(token.account_sid, PrincipalKind.TOKEN, actor_type, actor_sid, token=token)
