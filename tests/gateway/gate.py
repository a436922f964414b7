"""A disk that is busy for as long as a test wants, or broken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from pointsman.store import CommitFailed

T = TypeVar("T")


class Gate:
    """Commits in a thread, but only while it is open; or not at all, like a broken disk."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.waiting = asyncio.Event()
        self.broken = False

    async def __call__(self, function: Callable[[], T], /) -> T:
        self.waiting.set()
        await self.is_open.wait()
        if self.broken:
            self.broken = False
            raise CommitFailed("The disk is full")
        return await asyncio.to_thread(function)
