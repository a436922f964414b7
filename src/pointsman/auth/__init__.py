"""Who may come in and what he may do: accounts, API keys, capability tokens, policies.

Pure: accounts, the time and random bytes are arguments; no file, clock, socket or log is known
here. Every refusal is an `AuthError` with status and code. Secrets are compared in constant time
and appear in no message and no `repr`.
"""

from __future__ import annotations

from pointsman.auth.accounts import Account, Accounts, ApiKey
from pointsman.auth.authorization import authorize
from pointsman.auth.capability import CapabilityToken, check_channel
from pointsman.auth.errors import AuthError
from pointsman.auth.principal import Principal, PrincipalKind

__all__ = [
    "Account",
    "Accounts",
    "ApiKey",
    "AuthError",
    "CapabilityToken",
    "Principal",
    "PrincipalKind",
    "authorize",
    "check_channel",
]
