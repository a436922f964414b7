"""How credentials are written, read and made."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.auth import credentials
from pointsman.auth.credentials import BasicCredentials, BearerCredentials, parse_authorization
from tests.auth.builders import AC, WK


@pytest.mark.feature(3)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_password_survives_the_header(secret: str) -> None:
    """The first colon ends the SID; the rest, colons included, is the secret."""
    read = parse_authorization(credentials.basic_authorization(AC, secret))

    assert read == BasicCredentials(AC, secret)


@pytest.mark.feature(3)
@given(st.text(max_size=60))
def test_no_header_breaks_the_reader(header: str) -> None:
    """Whatever is sent is read as credentials or as nothing."""
    assert parse_authorization(header) is None or header


def test_printing_credentials_does_not_tell_them() -> None:
    """The `repr` of what was read from a header holds neither secret nor token."""
    assert repr(BasicCredentials(AC, "hush")) == f"BasicCredentials({AC}, …)"
    assert repr(BearerCredentials("hush")) == "BearerCredentials(…)"


def test_sids_have_one_form() -> None:
    """A SID in capitals is made small but for its kind; other text stays."""
    assert credentials.canonical_sid("WK" + WK[2:].upper()) == WK
    assert credentials.canonical_sid("Tasks") == "Tasks"
    assert credentials.is_sid(WK, "WQ", "WK")
    assert not credentials.is_sid(WK, "WQ")
    assert not credentials.is_sid("WK" + WK[2:].upper(), "WK")
    assert not credentials.is_sid(WK + "0", "WK")


@pytest.mark.feature(284)
def test_credentials_are_made_from_random_bytes() -> None:
    """SIDs and tokens are hexadecimal, secrets are 32 characters that need no quoting."""
    sixteen = bytes(range(16))

    assert credentials.new_account_sid(sixteen) == "AC000102030405060708090a0b0c0d0e0f"
    assert credentials.new_api_key_sid(sixteen) == "SK000102030405060708090a0b0c0d0e0f"
    assert credentials.new_auth_token(sixteen) == "000102030405060708090a0b0c0d0e0f"
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", credentials.new_secret(bytes(range(232, 256))))


@pytest.mark.parametrize("make", [credentials.new_account_sid, credentials.new_secret])
def test_too_little_chance_is_refused(make: object) -> None:
    """A short draw would be guessable, so it is an error and not padded."""
    with pytest.raises(ValueError, match="random bytes"):
        make(b"short")  # type: ignore[operator]
