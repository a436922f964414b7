"""Threads for what blocks, and the only place that starts any.

Commits have one thread to themselves, so that a long question about history never holds them up.
Names of hosts are looked up in threads of their own, those that are slow beside those that are not.
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
QUICK_NAMES = 16
SLOW_NAMES = 4


class Threads:
    """One thread for commits, a few for reading, more for looking names up."""

    def __init__(self) -> None:
        self._commits = ThreadPoolExecutor(1, thread_name_prefix="commits")
        self._reads = ThreadPoolExecutor(READERS, thread_name_prefix="reads")
        self._names = ThreadPoolExecutor(QUICK_NAMES, thread_name_prefix="names")
        self._slow_names = ThreadPoolExecutor(SLOW_NAMES, thread_name_prefix="slow-names")

    def commit(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Run it after everything given to `commit` before."""
        return asyncio.get_running_loop().run_in_executor(self._commits, function)

    def read(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Run it beside the commits."""
        return asyncio.get_running_loop().run_in_executor(self._reads, function)

    def look_up(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Run it where names are looked up."""
        return asyncio.get_running_loop().run_in_executor(self._names, function)

    def look_up_slowly(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Run it where only those wait who have to be patient."""
        return asyncio.get_running_loop().run_in_executor(self._slow_names, function)

    def close(self) -> None:
        """Wait for what is running, but for names, and end the threads."""
        self._commits.shutdown()
        self._reads.shutdown()
        self._names.shutdown(wait=False, cancel_futures=True)
        self._slow_names.shutdown(wait=False, cancel_futures=True)
