"""Secrets at rest: what opens them, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.auth.sealing import NONCE_BYTES, SealError, derive_key, open_sealed, seal
from tests.auth.builders import AC, AUTH_TOKEN, OTHER_AC, SK

pytestmark = pytest.mark.feature(286)

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
NONCE = bytes(NONCE_BYTES)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")), st.binary(min_size=12, max_size=12))
def test_what_is_sealed_is_opened(secret: str, nonce: bytes) -> None:
    """The same key and SID give the secret back, whatever it is."""
    assert open_sealed(KEY, seal(KEY, secret, nonce, AC), AC) == secret


def test_the_secret_cannot_be_seen() -> None:
    """What is stored holds no piece of the secret, and differs with the nonce."""
    sealed = seal(KEY, AUTH_TOKEN, NONCE, AC)

    assert AUTH_TOKEN[:4].encode() not in sealed
    assert sealed != seal(KEY, AUTH_TOKEN, b"\x01" * NONCE_BYTES, AC)


def test_any_change_is_noticed() -> None:
    """One flipped bit anywhere, or a lost byte, and it does not open."""
    sealed = seal(KEY, AUTH_TOKEN, NONCE, AC)
    for place in range(len(sealed)):
        tampered = bytearray(sealed)
        tampered[place] ^= 1
        with pytest.raises(SealError):
            open_sealed(KEY, bytes(tampered), AC)
        with pytest.raises(SealError):
            open_sealed(KEY, sealed[:place], AC)


@pytest.mark.parametrize(("key", "sid"), [(OTHER_KEY, AC), (KEY, OTHER_AC), (KEY, SK), (KEY, "")])
def test_another_key_or_owner_does_not_open(key: bytes, sid: str) -> None:
    """A secret moved to another row is as good as lost, and the message says whose it was."""
    with pytest.raises(SealError, match=sid or "this record"):
        open_sealed(key, seal(KEY, AUTH_TOKEN, NONCE, AC), sid)


def test_a_nonce_has_its_length() -> None:
    """A nonce of another length is our own mistake."""
    with pytest.raises(ValueError, match="12 bytes"):
        seal(KEY, "x", b"short")


def test_a_key_is_derived_from_text() -> None:
    """The same text gives the same 32 bytes, another text others, and a short one is refused."""
    key = derive_key("correct horse battery staple")

    assert len(key) == 32
    assert key == derive_key("correct horse battery staple")
    assert key != derive_key("correct horse battery stapler")
    with pytest.raises(ValueError, match="at least 16 characters"):
        derive_key("too short")
