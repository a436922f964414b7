"""Threads for what blocks, and the only place that starts any.

Commits have one thread to themselves, so that a long question about history never holds them up.
Nothing here knows what is run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["Threads"]

T = TypeVar("T")
READERS = 4


class Threads:
    """One thread for commits, a few for reading."""

    def __init__(self) -> None:
        self._commits = ThreadPoolExecutor(1, thread_name_prefix="commits")
        self._reads = ThreadPoolExecutor(READERS, thread_name_prefix="reads")

    def commit(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Run it after everything given to `commit` before."""
        return asyncio.get_running_loop().run_in_executor(self._commits, function)

    def read(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Run it beside the commits."""
        return asyncio.get_running_loop().run_in_executor(self._reads, function)

    def close(self) -> None:
        """Wait for what is running and end the threads."""
        self._commits.shutdown()
        self._reads.shutdown()
