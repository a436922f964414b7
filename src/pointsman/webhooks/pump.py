"""The running part of sending: takes what is due from the lanes, sends it, and sleeps until the next.

One timer, no polling: it wakes when something is added, when a post ended, or at the next due time
(domain time). What a post is, and what follows from its end, is its owner's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pointsman.ambient import Ambient
from pointsman.webhooks.lanes import Lanes
from pointsman.wire.outbox import Callback

__all__ = ["Pump"]

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 30.0
"""Domain time may be set while the machine sleeps or is corrected; then a timer must not oversleep."""

Send = Callable[[Callback], Awaitable[Callback | None]]
"""Sends one callback; gives it back as it is to be tried again, or None when it is over."""


class Pump:
    """Keeps the posts of one kind going."""

    def __init__(self, lanes: Lanes, send: Send, ambient: Ambient) -> None:
        self.lanes = lanes
        self._send = send
        self._ambient = ambient
        self._sending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._running = False

    def start(self) -> None:
        """Begin with what was added so far."""
        self._running = True
        self.wake()

    async def stop(self) -> None:
        """Send no more; what is on its way is broken off and counts as not sent."""
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def wake(self) -> None:
        """Send everything that is due and has room; something was added, or time was set."""
        if not self._running:
            return
        for callback in self.lanes.take(self._ambient.now()):
            task = asyncio.get_running_loop().create_task(self._carry(callback))
            self._sending.add(task)
            task.add_done_callback(self._carried)
        self._arm()

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._sending:
            await asyncio.wait(self._sending)
            await asyncio.sleep(0)  # what follows from their end may be on its way by then

    async def _carry(self, callback: Callback) -> None:
        try:
            again = await self._send(callback)
        except Exception:
            # Its row stays, so the next start tries again; trying now would only repeat the mistake.
            log.exception("The callback of %s waits for a restart", callback.event_sid)
            again = None
        if again is None:
            self.lanes.end(callback)
        else:
            self.lanes.try_again(again)

    def _carried(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self.wake()

    def _arm(self) -> None:
        at = self.lanes.next_at()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None:
            delay_s = min(max(0, at - self._ambient.now()) / 1000, LONGEST_SLEEP_S)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self.wake)
