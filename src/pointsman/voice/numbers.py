"""The phone numbers that callers may dial, and what runs when they do; and who else may be shown as caller.

A number nobody configured is not answered: the fence against calls that somebody else would pay for.
"""

from __future__ import annotations

from msgspec import Struct

from pointsman.api.addresses import dialable
from pointsman.voice.calls import Source, StatusCallback

__all__ = ["CallerId", "Number", "compared"]


def compared(phone_number: str) -> str:
    """The form in which numbers are compared, however they were written."""
    return dialable(phone_number) or phone_number


class Number(Struct, frozen=True, kw_only=True):
    """An IncomingPhoneNumber: its TwiML runs on every call to it."""

    sid: str
    account_sid: str
    phone_number: str
    """E.164, or the `sip:…` address that a trunk delivers."""
    friendly_name: str
    date_created: int
    date_updated: int
    source: Source = Source()
    callback: StatusCallback | None = None
    is_live: bool = True


class CallerId(Struct, frozen=True, kw_only=True):
    """An OutgoingCallerId: a number of somebody's own, shown as caller."""

    sid: str
    account_sid: str
    phone_number: str
    friendly_name: str
    date_created: int
    date_updated: int
    is_live: bool = True
