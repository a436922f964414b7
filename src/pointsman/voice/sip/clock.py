"""Waiting for a moment of the event loop's clock."""

from __future__ import annotations

import asyncio

__all__ = ["until"]


async def until(moment: float) -> None:
    """Return at that moment, at once if it is past; nothing is left behind when it is cancelled."""
    loop = asyncio.get_running_loop()
    rung = loop.create_future()
    timer = loop.call_at(moment, rung.set_result, None)
    try:
        await rung
    finally:
        timer.cancel()
