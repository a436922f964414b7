"""Addresses of phones as people write them → the one form in which they are compared and dialled."""

from __future__ import annotations

import re

__all__ = ["dialable", "normalised"]

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_URI = re.compile(r"(client|sips?):[^\s:].*")
_CLIENT_NAME = re.compile(r"[A-Za-z_][\w.\-@]*")


def dialable(address: str) -> str | None:
    """A phone number as E.164, also without its `+`; a URI as it is; None: neither."""
    address = address.strip()
    digits = re.sub(r"[\s().\-]", "", address)
    if _NUMBER.fullmatch(digits):
        return digits if digits.startswith("+") or len(digits) < 10 else f"+{digits}"
    return address if _URI.fullmatch(address) else None


def normalised(address: str) -> str | None:
    """The same for whom a worker's `contact_uri` names: a bare name is a client's."""
    known = dialable(address)
    if known is None and _CLIENT_NAME.fullmatch(address.strip()):
        return f"client:{address.strip()}"
    return known
