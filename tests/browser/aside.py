"""What a test has beside the browser, in an asyncio loop of its own: telephones, applications.

The browser is driven by blocking calls, so the loop runs in a thread, and `Aside` hands it work.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeVar

from tests.program import PATIENCE_S

T = TypeVar("T")


class Aside:
    """The loop, and what was opened in it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._opened = AsyncExitStack()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Have it done, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def open(self, manager: AbstractAsyncContextManager[T]) -> T:
        """Enter it; it is left when the loop ends."""
        return self.run(self._opened.enter_async_context(manager))

    def close(self) -> None:
        """Leave everything that was opened."""
        self.run(self._opened.aclose())


@contextlib.contextmanager
def an_aside() -> Iterator[Aside]:
    """A running loop, gone when this ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    aside = Aside(loop)
    try:
        yield aside
    finally:
        aside.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()
