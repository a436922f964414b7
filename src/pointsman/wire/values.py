"""Values that look the same wherever they appear on the wire: dates and shares of capacity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from pointsman.engine.waiting import available_capacity_percentage

__all__ = ["available_capacity_percentage", "iso", "rfc2822"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at: int) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` of an instant in epoch milliseconds; fractions are cut off.

    The stock Python client parses exactly this form, and hands out a string for any other.
    """
    return _iso(at // 1000)


def rfc2822(at: int) -> str:
    """`Fri, 27 Nov 2026 09:00:00 +0000` of such an instant: how the oldest part of the api writes dates."""
    return format_datetime(_EPOCH + timedelta(seconds=at // 1000))


@lru_cache(maxsize=16_384)
def _iso(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19] + "Z"
