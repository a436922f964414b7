"""What is older than `retention_days` is forgotten, by domain time.

The rule: nothing looks around periodically. The oldest thing that is kept says when something is
next to be forgotten, counted in full hours so that much is forgotten together; it goes in small
transactions between the commits. What may be forgotten is the store's to know.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from pointsman.ambient import Ambient
from pointsman.engine.events import Event
from pointsman.runtime import Runtime
from pointsman.store import Store, StoreError
from pointsman.writer import Offload

__all__ = ["Retention"]

log = logging.getLogger(__name__)

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
SLICE_ROWS = 500
LONGEST_SLEEP_S = 30.0
"""Domain time may be set while the machine sleeps or is corrected; then a timer must not oversleep."""


class Retention:
    """Forgets for one store; 0 days is for ever."""

    def __init__(
        self, runtime: Runtime, store: Store, offload: Offload, ambient: Ambient, days: int
    ) -> None:
        """`offload` is the one that runs commits: a slice never runs beside them."""
        self._store = store
        self._offload = offload
        self._ambient = ambient
        self._kept_ms = days * DAY_MS
        self._at: int | None = None
        self._work: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._running = False
        if days:
            runtime.subscribe(self._hear)

    async def start(self) -> None:
        """See what there is, and forget at once what is too old already."""
        if self._kept_ms:
            self._running = True
            await self._look()
            self.clock_changed()

    async def stop(self) -> None:
        """Finish the slice under way."""
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
        await self.settled()

    def next_at(self) -> int | None:
        """When something is to be forgotten; None while there is nothing."""
        return self._at

    def clock_changed(self) -> None:
        """Forget what is due, or see to it that it will be."""
        if not self._running or self._work is not None or self._at is None:
            return
        if self._at <= self._ambient.now():
            self._work = asyncio.get_running_loop().create_task(self._forget())
        else:
            self._arm(self._at)

    async def settled(self) -> None:
        """Wait until nothing is being forgotten."""
        if self._work is not None:
            await asyncio.wait([self._work])

    def _hear(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        """Something was told: the first thing that there is to forget one day."""
        if self._running and self._at is None and self._work is None:
            self._at = self._due(events[0].at)
            self.clock_changed()

    async def _forget(self) -> None:
        before = self._ambient.now() - self._kept_ms
        try:
            while self._running and await self._offload(
                partial(self._store.forget, before, SLICE_ROWS)
            ):
                pass
            await self._look()
        except StoreError as problem:
            log.error("What is old could not be forgotten, and will be in an hour: %s", problem)
            self._at = self._due(before)
        finally:
            self._work = None
        self.clock_changed()

    async def _look(self) -> None:
        oldest = await self._offload(self._store.oldest)
        self._at = None if oldest is None else self._due(oldest)

    def _due(self, at: int) -> int:
        """When that which was told at this moment is to be forgotten: in a full hour still to come."""
        hour = -(-(at + self._kept_ms + 1) // HOUR_MS) * HOUR_MS
        now = self._ambient.now()
        return max(hour, (now // HOUR_MS + 1) * HOUR_MS) if self._work else hour

    def _arm(self, at: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay_s = min(max(0, at - self._ambient.now()) / 1000, LONGEST_SLEEP_S)
        self._timer = asyncio.get_running_loop().call_later(delay_s, self.clock_changed)
