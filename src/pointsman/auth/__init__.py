"""Who may come in and what he may do: accounts, API keys, tokens of two kinds, policies, roles.

Pure: accounts, the time and random bytes are arguments; no file, clock, socket or log is known
here. Every refusal is an `AuthError` with status and code. Secrets are compared in constant time
and appear in no message and no `repr`.
"""

from __future__ import annotations

from pointsman.auth.access import AccessToken, Role
from pointsman.auth.accounts import Account, Accounts, ApiKey
from pointsman.auth.authorization import authorize
from pointsman.auth.capability import CapabilityToken
from pointsman.auth.channel import check_channel, check_own_channel
from pointsman.auth.errors import AuthError
from pointsman.auth.principal import Principal, PrincipalKind, Token
from pointsman.auth.roles import task_to_hold

__all__ = [
    "AccessToken",
    "Account",
    "Accounts",
    "ApiKey",
    "AuthError",
    "CapabilityToken",
    "Principal",
    "PrincipalKind",
    "Role",
    "Token",
    "authorize",
    "check_channel",
    "check_own_channel",
    "task_to_hold",
]
