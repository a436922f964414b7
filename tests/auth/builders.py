"""Accounts, tokens and headers as the tests of `auth` need them."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import msgspec

from pointsman.auth import Account, Accounts, ApiKey
from pointsman.auth.capability import CapabilityToken, verify
from pointsman.auth.credentials import basic_authorization

NOW_S = 1_800_000_000
AC, OTHER_AC = "AC" + "a1" * 16, "AC" + "b2" * 16
SK = "SK" + "c3" * 16
WS, OTHER_WS = "WS" + "d4" * 16, "WS" + "e5" * 16
WK, OTHER_WK = "WK" + "f6" * 16, "WK" + "07" * 16
WQ = "WQ" + "18" * 16
WA, WT, WR, WC = "WA" + "29" * 16, "WT" + "3a" * 16, "WR" + "4b" * 16, "WC" + "5c" * 16
AUTH_TOKEN, OTHER_AUTH_TOKEN, SECRET = "6d" * 16, "7e" * 16, "8f" * 16

REST = "https://taskrouter.twilio.com"
BASE = f"/v1/Workspaces/{WS}"
WORKER = f"{BASE}/Workers/{WK}"
QUEUE = f"{BASE}/TaskQueues/{WQ}"
CHANNELS = "https://event-bridge.twilio.com/v1/wschannels"


def an_account(sid: str = AC, auth_token: str = AUTH_TOKEN, date_created: int = 0) -> Account:
    return Account(sid, "Main", auth_token, date_created)


def an_api_key(sid: str = SK, account_sid: str = AC, secret: str = SECRET) -> ApiKey:
    return ApiKey(sid, account_sid, "Key", secret, 0)


class Rows:
    """Stands for the store: rows that a test changes, a version, and how often they were read."""

    def __init__(self, accounts: list[Account], api_keys: list[ApiKey]) -> None:
        self.accounts, self.api_keys = accounts, api_keys
        self.version = 1
        self.reads = 0

    def load(self) -> tuple[list[Account], list[ApiKey]]:
        self.reads += 1
        return list(self.accounts), list(self.api_keys)

    def stored_version(self) -> int:
        return self.version


def some_rows() -> Rows:
    return Rows([an_account(), an_account(OTHER_AC, OTHER_AUTH_TOKEN, 1)], [an_api_key()])


def some_accounts() -> Accounts:
    return Accounts(some_rows().load)


def basic(sid: str = AC, secret: str = AUTH_TOKEN) -> str:
    return basic_authorization(sid, secret)


def a_policy(url: str, method: str = "GET", *, allow: bool = True, **more: Any) -> dict[str, Any]:
    """A policy for a path, or for a whole URL."""
    full = url if url.startswith("http") else REST + url
    return {"url": full, "method": method, "allow": allow, **more}


def some_claims(channel: str = WK, policies: Any = (), **more: Any) -> dict[str, Any]:
    """The claims of a token for the channel."""
    named = {"WK": "worker_sid", "WQ": "taskqueue_sid"}.get(channel[:2], "")
    return {
        "iss": AC,
        "account_sid": AC,
        "workspace_sid": WS,
        "channel": channel,
        "exp": NOW_S + 3600,
        "version": "v1",
        "policies": list(policies),
        **({named: channel} if named else {}),
        **more,
    }


def changed_claims(changes: dict[str, Any]) -> dict[str, Any]:
    """A worker's claims with these changes; a value of None leaves the claim out."""
    claims = some_claims() | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any], key: str = AUTH_TOKEN, algorithm: str = "HS256") -> str:
    """Sign whatever the claims are: the JWT library's own encoder would refuse odd ones."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm=algorithm)


def a_token(policies: Any = (), channel: str = WK) -> CapabilityToken:
    """A verified token with these policies."""
    return read(signed(some_claims(channel, policies)))


def read(text: str, now_s: float = NOW_S) -> CapabilityToken:
    return verify(text, {AC: AUTH_TOKEN, OTHER_AC: OTHER_AUTH_TOKEN}.get, now_s)


def segment(value: object) -> str:
    """One segment of a token, made by hand."""
    raw = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
