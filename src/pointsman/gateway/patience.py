"""How long a write may take: many waits in a row, one timer.

`asyncio.timeout` makes a timer for each wait and throws it away; a socket that is written to all day
waits as good as never. Here a timer rings every so often at most, and looks whether somebody waits
for too long. What is waited for is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

__all__ = ["Patience"]


class Patience:
    """One after the other, for one task: what takes longer than `within_s` ends with `TimeoutError`."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_over = False

    async def wait(self, work: Awaitable[None]) -> None:
        """Let the work be done. A cancellation by others stays one, whatever the time."""
        loop = asyncio.get_running_loop()
        self._until = loop.time() + self._within_s
        self._task = asyncio.current_task()
        if self._timer is None:
            self._timer = loop.call_at(self._until, self._look)
        try:
            await work
        except asyncio.CancelledError:
            if self._is_over and self._task is not None and self._task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._until = None

    def end(self) -> None:
        """Nothing more will be waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._until is None or self._task is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._until:
            self._timer = loop.call_at(self._until, self._look)
        else:
            self._is_over = True
            self._task.cancel()
