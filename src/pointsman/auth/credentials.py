"""The written form of credentials: the `Authorization` header, SIDs, tokens and secrets.

Pure text: who the credentials belong to is looked up in `accounts`. Random bytes are arguments.
"""

from __future__ import annotations

import base64
import binascii
import re

from msgspec import Struct

SID_BYTES = 16
SECRET_BYTES = 24
_SID = re.compile(r"[A-Z]{2}[0-9A-Fa-f]{32}")


class BasicCredentials(Struct, frozen=True, gc=False):
    """Account SID and auth token, or API key SID and secret."""

    sid: str
    secret: str

    def __repr__(self) -> str:
        return f"BasicCredentials({self.sid}, …)"


class BearerCredentials(Struct, frozen=True, gc=False):
    """A token, not yet verified."""

    token: str

    def __repr__(self) -> str:
        return "BearerCredentials(…)"


def parse_authorization(header: str) -> BasicCredentials | BearerCredentials | None:
    """What an `Authorization` value carries; None when it cannot be read."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "basic":
        return _parse_basic(rest.strip())
    if scheme.lower() == "bearer" and rest.strip():
        return BearerCredentials(rest.strip())
    return None


def basic_authorization(sid: str, secret: str) -> str:
    """The `Authorization` value that a client sends for these credentials."""
    return "Basic " + base64.b64encode(f"{sid}:{secret}".encode()).decode()


def canonical_sid(text: str) -> str:
    """SIDs are accepted in either case and compared in lower case; other text stays as it is."""
    return sid_of(text) or text


def sid_of(text: str) -> str | None:
    """The SID that the text is, in lower case; None for any other text."""
    return text[:2] + text[2:].lower() if _SID.fullmatch(text) else None


def is_sid(text: str, *prefixes: str) -> bool:
    """Whether the text is a SID of one of these kinds, in canonical case."""
    return text[:2] in prefixes and _SID.fullmatch(text) is not None and canonical_sid(text) == text


def new_account_sid(random: bytes) -> str:
    return "AC" + _hex(random)


def new_api_key_sid(random: bytes) -> str:
    return "SK" + _hex(random)


def new_auth_token(random: bytes) -> str:
    """32 hexadecimal digits, as the stock libraries expect them."""
    return _hex(random)


def new_secret(random: bytes) -> str:
    """32 characters that need no quoting in a URL, a shell or a header."""
    if len(random) != SECRET_BYTES:
        raise ValueError(f"A secret is made of {SECRET_BYTES} random bytes")
    return base64.urlsafe_b64encode(random).decode()


def _hex(random: bytes) -> str:
    if len(random) != SID_BYTES:
        raise ValueError(f"A SID or token is made of {SID_BYTES} random bytes")
    return random.hex()


def _parse_basic(encoded: str) -> BasicCredentials | None:
    try:
        sid, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return BasicCredentials(canonical_sid(sid), secret) if colon else None
