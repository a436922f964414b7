"""Accounts in the data folder: sealed at rest, open in memory, one known or made at the start."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.settings import Settings
from pointsman.store import StoreError
from pointsman.store.sqlite import open_store
from pointsman.store.vault import KEY_FILE, Vault, open_vault

ACCOUNT = "AC" + "a" * 32
KEY = "SK" + "b" * 32
NOW = 1_700_000_000_000


@contextlib.contextmanager
def vault_of(folder: Path, **settings: str) -> Iterator[Vault]:
    with contextlib.closing(open_store(folder, exclusive=False)) as store:
        yield open_vault(store, Settings(data=folder, **settings))


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.feature(284)
def test_the_first_start_makes_an_account_once(tmp_path: Path) -> None:
    """An empty folder gets one account, whose auth token is told only then."""
    with vault_of(tmp_path) as vault:
        made = vault.bootstrap(Settings(), NOW)
        again = vault.bootstrap(Settings(), NOW)
        accounts, _ = vault.load()

    assert made is not None
    assert again is None
    assert accounts == [made]


@pytest.mark.feature(4, 284)
def test_the_environment_names_a_known_account_and_key(tmp_path: Path) -> None:
    """The account and key of the environment are there after the start, and stay one each."""
    settings = Settings(
        account_sid=ACCOUNT, auth_token="t" * 32, api_key_sid=KEY, api_key_secret="s" * 32
    )
    with vault_of(tmp_path, account_sid=ACCOUNT, auth_token="t" * 32) as vault:
        assert vault.bootstrap(settings, NOW) is None
        assert vault.bootstrap(settings, NOW) is None
        accounts, keys = vault.load()

    assert [(a.sid, a.auth_token, a.bootstrap) for a in accounts] == [(ACCOUNT, "t" * 32, True)]
    assert [(k.sid, k.account_sid, k.secret) for k in keys] == [(KEY, ACCOUNT, "s" * 32)]


def test_a_changed_token_in_the_environment_wins(tmp_path: Path) -> None:
    """The environment's auth token replaces the one that the account had, and nothing else."""
    with vault_of(tmp_path) as vault:
        vault.bootstrap(Settings(account_sid=ACCOUNT, auth_token="first"), NOW)
        vault.bootstrap(Settings(account_sid=ACCOUNT, auth_token="second"), NOW + 1)
        (account,), _ = vault.load()

    assert (account.auth_token, account.date_created) == ("second", NOW)


@pytest.mark.feature(285)
def test_a_rotated_account_has_another_token(tmp_path: Path) -> None:
    """Rotation changes the auth token and keeps the account."""
    with vault_of(tmp_path) as vault:
        account = vault.new_account("Desk", NOW)
        rotated = vault.rotate(account, NOW + 1)

        assert vault.load()[0] == [rotated]
        assert rotated.sid == account.sid
        assert rotated.auth_token != account.auth_token


@pytest.mark.feature(286)
def test_no_secret_lies_open_in_the_folder(tmp_path: Path) -> None:
    """Neither an auth token nor a key's secret can be found in any file of the data folder."""
    token, secret = "canary-in-the-mine", "canary-in-the-shaft"
    settings = Settings(
        account_sid=ACCOUNT, auth_token=token, api_key_sid=KEY, api_key_secret=secret
    )
    with vault_of(tmp_path) as vault:
        vault.bootstrap(settings, NOW)

    assert b"canary" not in everything_in(tmp_path)


@pytest.mark.feature(286)
def test_the_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The key file can be read by nobody but its owner, and no draft of it is left."""
    with vault_of(tmp_path):
        pass

    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("secret.key*")] == [KEY_FILE]


def test_with_a_key_in_the_environment_there_is_no_key_file(tmp_path: Path) -> None:
    """POINTSMAN_SECRET_KEY keeps the key out of the folder."""
    with vault_of(tmp_path, secret_key="correct horse battery staple") as vault:
        made = vault.new_account("Desk", NOW)
    with vault_of(tmp_path, secret_key="correct horse battery staple") as vault:
        assert vault.load()[0] == [made]

    assert not (tmp_path / KEY_FILE).exists()


def test_another_key_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Secrets sealed with one key are not opened with another."""
    with vault_of(tmp_path) as vault:
        vault.new_account("Desk", NOW)
    with (
        vault_of(tmp_path, secret_key="some other key text") as vault,
        pytest.raises(StoreError, match="sealed with another key"),
    ):
        vault.load()


def test_a_lost_key_file_is_not_made_anew(tmp_path: Path) -> None:
    """Where secrets are sealed already, a missing key file is a refusal and stays missing."""
    with vault_of(tmp_path) as vault:
        vault.new_account("Desk", NOW)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(StoreError, match=r"secret\.key is not there"), vault_of(tmp_path):
        pass

    assert not (tmp_path / KEY_FILE).exists()


@pytest.mark.parametrize("text", ["short", "\xff"])
def test_a_key_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    """A key file that is too short or no text is refused with its path."""
    (tmp_path / KEY_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(StoreError, match=KEY_FILE), vault_of(tmp_path):
        pass
