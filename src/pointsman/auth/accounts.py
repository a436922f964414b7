"""Accounts and API keys in memory, and who a request comes from.

The rows are the store's; here is only what was read last. It is read again when the store's version
changed (looked at twice a second at most) and when credentials do not fit, once a second at most:
so a new secret works and an old one fails within a second, and guessing costs the store nothing.
Secrets are compared in constant time. Look-ups by digest are caches in memory, dropped on a change.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from msgspec import Struct

from pointsman.auth import access, capability
from pointsman.auth.credentials import (
    BasicCredentials,
    BearerCredentials,
    canonical_sid,
    parse_authorization,
)
from pointsman.auth.errors import AuthError, not_authenticated
from pointsman.auth.principal import (
    Principal,
    Token,
    account_principal,
    api_key_principal,
    token_principal,
)
from pointsman.auth.signing import check_time

VERSION_CHECK_S = 0.5
REREAD_S = 1.0
CACHE_LENGTH = 10_000

T = TypeVar("T")


class Account(Struct, frozen=True, gc=False):
    """An account and the key that signs its tokens and webhooks."""

    sid: str
    friendly_name: str
    auth_token: str
    date_created: int
    bootstrap: bool = False
    """Whether it was made from the environment, which then holds its auth token."""

    def __repr__(self) -> str:
        return f"Account({self.sid}, {self.friendly_name!r})"


class ApiKey(Struct, frozen=True, gc=False):
    """An API key of an account."""

    sid: str
    account_sid: str
    friendly_name: str
    secret: str
    date_created: int

    def __repr__(self) -> str:
        return f"ApiKey({self.sid} of {self.account_sid}, {self.friendly_name!r})"


Load = Callable[[], tuple[Iterable[Account], Iterable[ApiKey]]]
"""Reads all accounts and API keys from the store, secrets opened."""


class Accounts:
    """Who may come in; answers from memory."""

    def __init__(
        self,
        load: Load,
        stored_version: Callable[[], int] | None = None,
        *,
        remember: int = CACHE_LENGTH,
    ) -> None:
        """`stored_version` answers another number when the store's file was written to."""
        self._load = load
        self._stored_version = stored_version
        self._seen_version: int | None = None
        self._version_checked_at_s = float("-inf")
        self._reread_at_s = float("-inf")
        self._accounts: dict[str, Account] = {}
        self._api_keys: dict[str, ApiKey] = {}
        self._principals: _Recent[Principal] = _Recent(remember)
        self._tokens: _Recent[Token] = _Recent(remember)
        self.reload()

    def reload(self) -> bool:
        """Read all rows again; whether anything changed, in which case the caches are dropped."""
        if self._stored_version is not None:
            self._seen_version = self._stored_version()
        accounts, api_keys = self._load()
        by_sid = {account.sid: account for account in accounts}
        keys_by_sid = {key.sid: key for key in api_keys}
        if (by_sid, keys_by_sid) == (self._accounts, self._api_keys):
            return False
        self._accounts, self._api_keys = by_sid, keys_by_sid
        self._principals.clear()
        self._tokens.clear()
        return True

    def authenticate(self, authorization: str | None, now_s: float) -> Principal:
        """Who the `Authorization` value stands for: account, API key, or bearer of a token.

        Refuses with 401/20003 what is missing, unreadable or wrong; tokens as `verify_token` does.
        """
        self._keep_fresh(now_s)
        authorization = authorization or ""
        digest = _digest(authorization)
        principal = self._principals.get(digest)
        if principal is not None:
            return principal
        credentials = parse_authorization(authorization)
        if isinstance(credentials, BearerCredentials):
            return token_principal(self.verify_token(credentials.token, now_s))
        if credentials is None:
            raise not_authenticated()
        principal = self._identify(credentials)
        if principal is None and self._reread(now_s):
            principal = self._identify(credentials)
        if principal is None:
            raise not_authenticated()
        self._principals.put(digest, principal)
        return principal

    def verify_token(self, text: str, now_s: float) -> Token:
        """The verified token; refuses as `capability.verify` and `access.verify` do.

        A token seen before costs one digest: its signature is not computed again until the
        accounts change or it is crowded out.
        """
        self._keep_fresh(now_s)
        digest = _digest(text)
        known = self._tokens.get(digest)
        if known is not None:
            check_time(known, now_s)
            return known
        try:
            token = self._verified(text, now_s)
        except AuthError as refusal:
            # An unknown account or key, or another signature may be a change not yet read; time is not.
            if refusal.status != 403 or not self._reread(now_s):
                raise
            token = self._verified(text, now_s)
        self._tokens.put(digest, token)
        return token

    def account(self, sid: str) -> Account | None:
        return self._accounts.get(canonical_sid(sid))

    def current(self, sid: str, now_s: float) -> Account | None:
        """The account as it is stored now, for what is signed without anybody having come in."""
        self._keep_fresh(now_s)
        return self.account(sid)

    def api_key(self, sid: str) -> ApiKey | None:
        return self._api_keys.get(canonical_sid(sid))

    def signing_key(self, account_sid: str) -> str | None:
        """The account's auth token, which signs its tokens and its webhooks."""
        account = self.account(account_sid)
        return account.auth_token or None if account is not None else None

    def signing_secret(self, api_key_sid: str, account_sid: str) -> str | None:
        """The secret of an account's API key, which signs access tokens."""
        api_key = self.api_key(api_key_sid)
        if api_key is None or api_key.account_sid != account_sid:
            return None
        return api_key.secret or None if account_sid in self._accounts else None

    def all(self) -> list[Account]:
        """Every account, oldest first."""
        return sorted(self._accounts.values(), key=lambda a: (a.date_created, a.sid))

    def _verified(self, text: str, now_s: float) -> Token:
        if access.is_access_token(text):
            return access.verify(text, self.signing_secret, now_s)
        return capability.verify(text, self.signing_key, now_s)

    def _identify(self, credentials: BasicCredentials) -> Principal | None:
        account = self._accounts.get(credentials.sid)
        api_key = self._api_keys.get(credentials.sid)
        secret = account.auth_token if account else api_key.secret if api_key else ""
        # Compared also when the SID is unknown, so that the time taken does not tell.
        fits = hmac.compare_digest(secret.encode(), credentials.secret.encode())
        if not fits or not secret:
            return None
        if account is not None:
            return account_principal(account.sid)
        if api_key is not None and api_key.account_sid in self._accounts:
            return api_key_principal(api_key.account_sid, api_key.sid)
        return None

    def _keep_fresh(self, now_s: float) -> None:
        # Either direction: a machine's clock may be set back, and must not hide a rotation.
        if (
            self._stored_version is None
            or abs(now_s - self._version_checked_at_s) < VERSION_CHECK_S
        ):
            return
        self._version_checked_at_s = now_s
        if self._stored_version() != self._seen_version:
            self.reload()

    def _reread(self, now_s: float) -> bool:
        if abs(now_s - self._reread_at_s) < REREAD_S:
            return False
        self._reread_at_s = now_s
        return self.reload()


class _Recent(Generic[T]):
    """A bounded look-up by digest that forgets what was used longest ago."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._values: OrderedDict[bytes, T] = OrderedDict()

    def get(self, digest: bytes) -> T | None:
        value = self._values.get(digest)
        if value is not None:
            self._values.move_to_end(digest)
        return value

    def put(self, digest: bytes, value: T) -> None:
        self._values[digest] = value
        self._values.move_to_end(digest)
        if len(self._values) > self._length:
            self._values.popitem(last=False)

    def clear(self) -> None:
        self._values.clear()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
