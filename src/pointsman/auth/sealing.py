"""Secrets at rest: AES-256-GCM under one key, each bound to the SID it belongs to.

Auth tokens and API key secrets are signing keys, so they must be recoverable and are sealed rather
than digested. Where the key lies, and where a nonce comes from, is not known here: both are
arguments. A nonce must never be used twice under one key; twelve fresh random bytes are enough.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_TEXT_MIN_LENGTH = 16
_FORM = b"\x01"  # the first byte of what is sealed says how; a later form gets another number
_SALT = b"pointsman: key of the sealed secrets"


class SealError(Exception):
    """What was sealed cannot be opened: another key, another owner, or it was changed."""


def derive_key(key_text: str) -> bytes:
    """The 32 bytes that POINTSMAN_SECRET_KEY (or the text in the key file) stands for.

    Slow on purpose (scrypt), because a person may have chosen the text. Refuses a text under 16
    characters, which could be guessed.
    """
    if len(key_text) < KEY_TEXT_MIN_LENGTH:
        raise ValueError(f"The secret key needs at least {KEY_TEXT_MIN_LENGTH} characters")
    return hashlib.scrypt(key_text.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32)


def seal(key: bytes, plaintext: str, nonce: bytes, sid: str = "") -> bytes:
    """The secret of `sid`, readable only with the key and only as that of the same SID."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"A nonce has {NONCE_BYTES} bytes")
    sealed = AESGCM(key).encrypt(nonce, plaintext.encode(), _bound_to(sid))
    return _FORM + nonce + sealed


def open_sealed(key: bytes, sealed: bytes, sid: str = "") -> str:
    """The secret that was sealed for `sid`; refuses with `SealError` what was not."""
    nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != _FORM or len(nonce) != NONCE_BYTES:
        raise SealError(f"The secret of {sid or 'this record'} is not in a known sealed form")
    try:
        return AESGCM(key).decrypt(nonce, rest, _bound_to(sid)).decode()
    except InvalidTag:
        raise SealError(
            f"The secret of {sid or 'this record'} was sealed with another key, or was changed"
        ) from None


def _bound_to(sid: str) -> bytes:
    return _FORM + sid.encode()
