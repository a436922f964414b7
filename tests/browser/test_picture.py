"""The pictures of the worker's page in the documents; `make docs` takes them anew."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

IMAGES = Path(__file__).resolve().parents[2] / "docs/images"
NOON = datetime(2026, 1, 12, 12, 0, 0, tzinfo=UTC)
"""The clock of the page stands still, so that two pictures differ only where the page does."""

LAPTOP = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1.5}
PHONE = {
    "viewport": {"width": 375, "height": 812},
    "device_scale_factor": 2,
    "color_scheme": "dark",
}


@pytest.mark.feature(232, 233)
@pytest.mark.parametrize(
    ("name", "options"), [("worker-page.png", LAPTOP), ("worker-page-phone.png", PHONE)]
)
def test_the_picture_shows_the_page(
    desk: Callable[..., Desk], rewrite: bool, name: str, options: dict[str, Any]
) -> None:
    """The documents' picture is one of a worker with offers and work, at this size."""
    alice = desk(**options, timezone_id="UTC", locale="en-GB", reduced_motion="reduce")
    clock = alice.page.clock
    clock.set_fixed_time(NOON)
    alice.sit_down("Alice", "Available")
    clock.set_fixed_time(NOON + timedelta(seconds=20))
    alice.bring_in("Spanish", 2, "Chat")
    alice.press("Accept", alice.offers.first)
    expect(alice.work).to_have_count(1)
    clock.set_fixed_time(NOON + timedelta(seconds=95))
    alice.bring_in("English", 3, "Call")
    expect(alice.offers).to_have_count(1)
    clock.set_fixed_time(NOON + timedelta(seconds=102))
    alice.bring_in("Spanish", 1, "Chat")
    expect(alice.offers).to_have_count(2)
    expect(alice.channel("chat")).to_contain_text("2 of 3")
    clock.set_fixed_time(NOON + timedelta(seconds=106))
    alice.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    alice.page.mouse.move(0, 0)
    expect(alice.offers.first.locator(".seconds")).to_have_text(re.compile("^2[4-8]$"))
    taken = alice.page.screenshot(caret="hide")

    if rewrite:
        IMAGES.mkdir(exist_ok=True)
        (IMAGES / name).write_bytes(taken)
    assert size(taken) == size((IMAGES / name).read_bytes())


def size(png: bytes) -> tuple[int, int]:
    """Width and height, as the head of the file says."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height
