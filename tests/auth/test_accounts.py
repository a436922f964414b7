"""Who a request comes from, and how soon a rotated secret counts."""

from __future__ import annotations

import base64

import pytest

from pointsman.auth import Account, Accounts, ApiKey, AuthError, PrincipalKind
from tests.auth.builders import (
    AC,
    AUTH_TOKEN,
    NOW_S,
    OTHER_AC,
    OTHER_AUTH_TOKEN,
    SECRET,
    SK,
    WK,
    WQ,
    an_account,
    an_api_key,
    basic,
    signed,
    some_accounts,
    some_claims,
    some_rows,
)

NEW_AUTH_TOKEN = "9a" * 16


def refused(accounts: Accounts, authorization: str | None, now_s: float = NOW_S) -> AuthError:
    with pytest.raises(AuthError) as caught:
        accounts.authenticate(authorization, now_s)
    return caught.value


@pytest.mark.feature(3)
def test_an_account_comes_in_with_its_auth_token() -> None:
    """Account SID and auth token stand for the account."""
    principal = some_accounts().authenticate(basic(), NOW_S)

    assert (principal.kind, principal.account_sid) == (PrincipalKind.ACCOUNT, AC)
    assert (principal.actor_type, principal.actor_sid) == ("account", AC)
    assert principal.api_key_sid is None and principal.token is None


@pytest.mark.feature(4)
def test_an_api_key_comes_in_with_its_secret() -> None:
    """Key SID and secret stand for the key's account, and events name the account."""
    principal = some_accounts().authenticate(basic(SK, SECRET), NOW_S)

    assert (principal.kind, principal.account_sid) == (PrincipalKind.API_KEY, AC)
    assert (principal.actor_type, principal.actor_sid) == ("account", AC)
    assert principal.api_key_sid == SK


@pytest.mark.feature(20, 237)
@pytest.mark.parametrize(("channel", "actor"), [(WK, ("worker", WK)), (WQ, ("account", AC))])
def test_a_bearer_comes_in_with_his_token(channel: str, actor: tuple[str, str]) -> None:
    """A worker's token acts for the worker, another for its account."""
    text = signed(some_claims(channel))
    principal = some_accounts().authenticate(f"Bearer {text}", NOW_S)

    assert (principal.kind, principal.account_sid) == (PrincipalKind.TOKEN, AC)
    assert (principal.actor_type, principal.actor_sid) == actor
    assert principal.token == some_accounts().verify_token(text, NOW_S)


@pytest.mark.feature(3, 4, 24)
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Digest abc",
        "Bearer",
        "Bearer ",
        basic(AC, "wrong"),
        basic(AC, ""),
        basic(AC, AUTH_TOKEN + "x"),
        basic(AC, AUTH_TOKEN[:-1]),
        basic(AC, AUTH_TOKEN.upper()),
        basic(AC, OTHER_AUTH_TOKEN),
        basic(AC, SECRET),
        basic(SK, AUTH_TOKEN),
        basic(OTHER_AC, AUTH_TOKEN),
        basic("AC" + "0" * 32, AUTH_TOKEN),
        basic("AC" + "0" * 32, ""),
        basic("SK" + "0" * 32, SECRET),
        basic("", ""),
        basic("é", "ü"),
    ],
)
def test_all_else_is_told_to_authenticate(authorization: str | None) -> None:
    """Missing, unreadable and wrong credentials get one and the same answer: 401, 20003."""
    refusal = refused(some_accounts(), authorization)

    assert (refusal.status, refusal.code, refusal.message) == (401, 20003, "Authenticate")


@pytest.mark.feature(3)
def test_the_header_is_read_as_clients_write_it() -> None:
    """The scheme's case, the SID's case and blanks around do not matter."""
    accounts = some_accounts()
    loud = basic("AC" + AC[2:].upper())

    for header in (loud, basic().replace("Basic", "basic"), f" {basic()} "):
        assert accounts.authenticate(header, NOW_S).account_sid == AC


def test_an_empty_secret_lets_nobody_in() -> None:
    """An account without auth token cannot be used, not even with an empty password."""
    accounts = Accounts(lambda: ([an_account(auth_token="")], []))

    assert refused(accounts, basic(AC, "")).status == 401
    assert accounts.signing_key(AC) is None


def test_a_key_without_its_account_lets_nobody_in() -> None:
    """A key whose account is gone is worth nothing."""
    accounts = Accounts(lambda: ([], [an_api_key()]))

    assert refused(accounts, basic(SK, SECRET)).status == 401


@pytest.mark.feature(285)
def test_rotation_counts_within_a_second_when_the_file_tells() -> None:
    """Half a second after the store's version changed the old secret is refused, cached or not."""
    rows = some_rows()
    accounts = Accounts(rows.load, rows.stored_version)
    old_token = signed(some_claims())
    accounts.authenticate(basic(), NOW_S)
    accounts.verify_token(old_token, NOW_S)

    rows.accounts[0] = an_account(auth_token=NEW_AUTH_TOKEN)
    rows.version += 1

    assert refused(accounts, basic(), NOW_S + 0.5).status == 401
    with pytest.raises(AuthError, match="signature"):
        accounts.verify_token(old_token, NOW_S + 0.5)
    new_token = signed(some_claims(), NEW_AUTH_TOKEN)
    assert accounts.authenticate(basic(AC, NEW_AUTH_TOKEN), NOW_S + 0.5).account_sid == AC
    assert accounts.verify_token(new_token, NOW_S + 0.5).account_sid == AC


@pytest.mark.feature(285)
def test_a_clock_set_back_does_not_hide_a_rotation() -> None:
    """The version is looked at again also when the clock went back."""
    rows = some_rows()
    accounts = Accounts(rows.load, rows.stored_version)
    accounts.authenticate(basic(), NOW_S)
    rows.accounts[0] = an_account(auth_token=NEW_AUTH_TOKEN)
    rows.version += 1

    assert refused(accounts, basic(), NOW_S - 3600).status == 401


@pytest.mark.feature(284, 285)
def test_new_credentials_count_at_once() -> None:
    """Credentials that do not fit make the rows be read again, so new ones are in without waiting."""
    rows = some_rows()
    accounts = Accounts(rows.load)
    rows.accounts[0] = an_account(auth_token=NEW_AUTH_TOKEN)

    assert accounts.authenticate(basic(AC, NEW_AUTH_TOKEN), NOW_S).account_sid == AC

    rows.accounts[0] = an_account()

    assert accounts.verify_token(signed(some_claims()), NOW_S + 1).account_sid == AC


def test_guessing_reads_the_store_once_a_second() -> None:
    """However many wrong credentials come, the rows are read at most once a second."""
    rows = some_rows()
    accounts = Accounts(rows.load)
    for guess in range(50):
        refused(accounts, basic(AC, str(guess)), NOW_S + guess / 100)
        refused(accounts, f"Bearer {guess}", NOW_S + guess / 100)

    assert rows.reads == 2  # at the start, and once for all guesses

    refused(accounts, basic(AC, "again"), NOW_S + 1)

    assert rows.reads == 3


def test_expiry_does_not_read_the_store() -> None:
    """An expired token is no sign of a change."""
    rows = some_rows()
    accounts = Accounts(rows.load)

    assert refused(accounts, f"Bearer {signed(some_claims(exp=1))}").code == 20104
    assert rows.reads == 1


@pytest.mark.feature(20)
def test_a_known_token_expires_all_the_same() -> None:
    """A token's times are compared at each use, also when its signature is remembered."""
    accounts = some_accounts()
    text = signed(some_claims())
    accounts.verify_token(text, NOW_S)

    assert accounts.verify_token(text, NOW_S + 3660).account_sid == AC
    with pytest.raises(AuthError) as caught:
        accounts.verify_token(text, NOW_S + 3661)
    assert (caught.value.status, caught.value.code) == (401, 20104)


def test_what_was_verified_is_remembered_until_something_changes() -> None:
    """The same credentials are the same object until the accounts change; no change keeps it."""
    rows = some_rows()
    accounts = Accounts(rows.load)
    text = signed(some_claims())
    first = accounts.verify_token(text, NOW_S)
    principal = accounts.authenticate(basic(), NOW_S)

    assert accounts.reload() is False
    assert accounts.verify_token(text, NOW_S) is first
    assert accounts.authenticate(basic(), NOW_S) is principal

    rows.api_keys.clear()

    assert accounts.reload() is True
    again = accounts.verify_token(text, NOW_S)
    assert again == first and again is not first


def test_the_memory_of_tokens_is_bounded() -> None:
    """What was used longest ago is forgotten first."""
    accounts = Accounts(some_rows().load, remember=3)
    texts = [f"Bearer {signed(some_claims(number=n))}" for n in range(4)]
    tokens = [accounts.authenticate(text, NOW_S).token for text in texts[:3]]
    accounts.authenticate(texts[0], NOW_S)
    accounts.authenticate(texts[3], NOW_S)

    assert accounts.authenticate(texts[0], NOW_S).token is tokens[0]
    assert accounts.authenticate(texts[2], NOW_S).token is tokens[2]
    assert accounts.authenticate(texts[1], NOW_S).token is not tokens[1]


@pytest.mark.feature(284)
def test_accounts_are_listed_oldest_first() -> None:
    """All accounts come in the order of their creation, and each is found by its SID."""
    accounts = some_accounts()

    assert [account.sid for account in accounts.all()] == [AC, OTHER_AC]
    assert accounts.account("AC" + AC[2:].upper()) == an_account()
    assert accounts.account(SK) is None
    assert accounts.api_key(SK) == an_api_key()
    assert accounts.api_key(AC) is None
    assert accounts.signing_key(OTHER_AC) == OTHER_AUTH_TOKEN
    assert accounts.signing_key("AC" + "0" * 32) is None


@pytest.mark.feature(286)
def test_secrets_are_in_no_repr() -> None:
    """What is printed or logged of accounts, keys, principals and tokens holds no secret."""
    text = signed(some_claims())
    accounts = some_accounts()
    shown = [
        repr(Account(AC, "Main", AUTH_TOKEN, 0)),
        repr(ApiKey(SK, AC, "Key", SECRET, 0)),
        repr(accounts.authenticate(basic(), NOW_S)),
        repr(accounts.authenticate(f"Bearer {text}", NOW_S)),
        str(refused(accounts, basic(AC, "secret-guess"))),
    ]

    for secret in (AUTH_TOKEN, SECRET, text, "secret-guess"):
        assert not any(secret in line for line in shown)
    assert all(sid in shown[1] for sid in (SK, AC))
