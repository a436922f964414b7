"""Accounts and API keys between the store, where their secrets are sealed, and `auth`.

The key that seals is POINTSMAN_SECRET_KEY, or the text of a file in the data folder that is made
with the first account and closed to everybody else. A secret leaves this module open only as a
field of `Account` or `ApiKey`.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from msgspec.structs import replace

from pointsman.ambient import random_bytes
from pointsman.auth.accounts import Account, ApiKey
from pointsman.auth.credentials import SID_BYTES, new_account_sid, new_auth_token
from pointsman.auth.sealing import NONCE_BYTES, SealError, derive_key, open_sealed, seal
from pointsman.settings import Settings
from pointsman.store import AccountRow, ApiKeyRow, Store, StoreError

__all__ = ["KEY_FILE", "Vault", "open_vault"]

KEY_FILE = "secret.key"
_KEY_FILE_BYTES = 32


def open_vault(store: Store, settings: Settings) -> Vault:
    """The vault of the settings' data folder; its key file is made if one is needed.

    Raises `StoreError` with a sentence for a key that is too short, unreadable or lost.
    """
    key_file = settings.data / KEY_FILE
    if not settings.secret_key and not key_file.exists() and store.accounts():
        raise StoreError(
            f"The secrets in {settings.data} are sealed, and {KEY_FILE} is not there: put it back, "
            "or set POINTSMAN_SECRET_KEY."
        )
    key = _sealing_key(settings.data, settings.secret_key)
    return Vault(store, key, settings.account_sid)


class Vault:
    """Reads and writes accounts with their secrets open, over a store that has them sealed."""

    def __init__(self, store: Store, key: bytes, bootstrap_sid: str = "") -> None:
        self._store = store
        self._key = key
        self._bootstrap_sid = bootstrap_sid

    def load(self) -> tuple[list[Account], list[ApiKey]]:
        """Every account and key; `StoreError` when they were sealed with another key."""
        try:
            accounts = [self._account(row) for row in self._store.accounts()]
            return accounts, [self._api_key(row) for row in self._store.api_keys()]
        except SealError as error:
            raise StoreError(
                f"{error}. The right key is the {KEY_FILE} that belongs to this data folder, or "
                "the POINTSMAN_SECRET_KEY that it was first used with."
            ) from error

    def put_account(self, account: Account, now: int) -> None:
        """Store the account as it is now, new or changed."""
        sealed = self._sealed(account.auth_token, account.sid)
        self._store.put_account(
            AccountRow(account.sid, account.friendly_name, sealed, account.date_created, now)
        )

    def put_api_key(self, key: ApiKey, now: int) -> None:
        """Store the key as it is now, new or changed."""
        sealed = self._sealed(key.secret, key.sid)
        self._store.put_api_key(
            ApiKeyRow(key.sid, key.account_sid, key.friendly_name, sealed, key.date_created, now)
        )

    def new_account(self, friendly_name: str, now: int) -> Account:
        """Make and store an account; its auth token can be shown to whoever asked for it."""
        sid, auth_token = new_account_sid(random_bytes(SID_BYTES)), new_auth_token(random_bytes(16))
        account = Account(sid, friendly_name, auth_token, now)
        self.put_account(account, now)
        return account

    def rotate(self, account: Account, now: int) -> Account:
        """Give the account another auth token: the old one, and what it signed, is worth nothing."""
        rotated = replace(account, auth_token=new_auth_token(random_bytes(16)))
        self.put_account(rotated, now)
        return rotated

    def bootstrap(self, settings: Settings, now: int) -> Account | None:
        """See to it that somebody can come in: the account that the settings name, else a first one.

        Returns an account only when it was made here and nobody knows its auth token yet.
        """
        accounts, keys = self.load()
        if settings.account_sid:
            self._bootstrap_named(settings, accounts, keys, now)
            return None
        return None if accounts else self.new_account("First account", now)

    def _bootstrap_named(
        self, settings: Settings, accounts: list[Account], keys: list[ApiKey], now: int
    ) -> None:
        sid, auth_token = settings.account_sid, settings.auth_token
        known = next((account for account in accounts if account.sid == sid), None)
        account = known or Account(sid, "Account of the environment", auth_token, now)
        if known is None or known.auth_token != auth_token:
            self.put_account(replace(account, auth_token=auth_token), now)
        key_sid, secret = settings.api_key_sid, settings.api_key_secret
        if key_sid and not any((key.sid, key.secret) == (key_sid, secret) for key in keys):
            self.put_api_key(ApiKey(key_sid, sid, "Key of the environment", secret, now), now)

    def _account(self, row: AccountRow) -> Account:
        auth_token = open_sealed(self._key, row.sealed_auth_token, row.sid)
        bootstrap = row.sid == self._bootstrap_sid
        return Account(row.sid, row.friendly_name, auth_token, row.date_created, bootstrap)

    def _api_key(self, row: ApiKeyRow) -> ApiKey:
        secret = open_sealed(self._key, row.sealed_secret, row.sid)
        return ApiKey(row.sid, row.account_sid, row.friendly_name, secret, row.date_created)

    def _sealed(self, secret: str, sid: str) -> bytes:
        return seal(self._key, secret, random_bytes(NONCE_BYTES), sid)


def _sealing_key(folder: Path, secret_key: str) -> bytes:
    try:
        return derive_key(secret_key or _key_text(folder / KEY_FILE))
    except ValueError as error:
        place = "POINTSMAN_SECRET_KEY" if secret_key else str(folder / KEY_FILE)
        raise StoreError(f"{place} cannot be used: {error}.") from error


def _key_text(path: Path) -> str:
    """The text in the key file, which is made when it is missing."""
    try:
        if not path.exists():
            _make_key_file(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"The key file {path} cannot be used ({error}).") from error


def _make_key_file(path: Path) -> None:
    """Whole or not at all, readable by its owner alone; of two makers the first wins."""
    draft = path.with_name(f"{KEY_FILE}.{random_bytes(8).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(random_bytes(_KEY_FILE_BYTES).hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # unlike a rename, it never replaces a key that is there
    draft.unlink()
