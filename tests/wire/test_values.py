"""Dates and shares of capacity as the wire writes them."""

from __future__ import annotations

import pytest

from pointsman.wire.values import available_capacity_percentage, iso


@pytest.mark.feature(7)
@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (999, "1970-01-01T00:00:00Z"),
        (1_700_000_000_000, "2023-11-14T22:13:20Z"),
        (1_709_164_799_999, "2024-02-28T23:59:59Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (-2_208_988_800_000, "1900-01-01T00:00:00Z"),
    ],
)
def test_dates(at: int, text: str) -> None:
    """A date is in UTC with whole seconds, before 1970 too."""
    assert iso(at) == text


@pytest.mark.feature(56)
@pytest.mark.parametrize(
    ("capacity", "used", "percent"),
    [
        (1, 0, 100),
        (1, 1, 0),
        (3, 1, 66),
        (3, 2, 33),
        (10, 9, 10),
        (10, 3, 70),
        (50, 1, 98),
        (0, 0, 0),
        (0, 2, 0),
        (2, 5, 0),
    ],
)
def test_available_capacity(capacity: int, used: int, percent: int) -> None:
    """What is free is cut to whole percent, and never leaves 0 to 100."""
    assert available_capacity_percentage(capacity, used) == percent
