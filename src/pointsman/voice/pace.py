"""How voice waits: timers of domain time, and tasks of which it is known whether they are at rest.

The rule: whoever waits for time or for an event does so in a `Mailbox` or through `Pace.at`; every
other wait is work that will end by itself (a request, a commit). So `settled` is exact: all that was
to be done at this moment is done. A server on a virtual clock moves on only then. What is waited
for is not known here.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any, Generic, TypeVar

from pointsman.ambient import Ambient

__all__ = ["Mailbox", "Pace", "Timer"]

log = logging.getLogger(__name__)

T = TypeVar("T")
LONGEST_SLEEP_S = 30.0
"""Domain time may be set while the machine sleeps or is corrected; then a timer must not oversleep."""


class Timer:
    """One thing that is due at a moment of domain time; `cancel` takes it back."""

    __slots__ = ("act", "at")

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self.at = at
        self.act: Callable[[], None] | None = act

    def cancel(self) -> None:
        self.act = None


class Pace:
    """The timers and tasks of voice; follows a virtual clock."""

    def __init__(self, ambient: Ambient) -> None:
        self.ambient = ambient
        self._heap: list[tuple[int, int, Timer]] = []
        self._order = count()
        self._armed: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._working = 0
        self._resumed = 0
        self._rest: asyncio.Future[None] | None = None
        self._stopped = False

    @property
    def now(self) -> int:
        return self.ambient.now()

    @property
    def is_stopped(self) -> bool:
        """Whether the server ends: what is cancelled now is to go on after the next start."""
        return self._stopped

    def at(self, at: int, act: Callable[[], None]) -> Timer:
        """Do it at that moment of domain time, or as soon as possible after it."""
        timer = Timer(at, act)
        heapq.heappush(self._heap, (at, next(self._order), timer))
        self._arm()
        return timer

    def after(self, span_ms: int, act: Callable[[], None]) -> Timer:
        return self.at(self.now + span_ms, act)

    async def sleep(self, span_ms: int) -> None:
        """Wait for so long, of domain time."""
        await Mailbox[None](self).next(self.now + span_ms)

    def spawn(self, work: Coroutine[Any, Any, T], name: str = "") -> asyncio.Task[T]:
        """Run it; it counts as work until it ends or rests in a mailbox. After `stop` nothing runs any more."""
        task = asyncio.get_running_loop().create_task(work, name=name or None)
        self._tasks.add(task)
        self.begin()
        task.add_done_callback(self._ended)
        if self._stopped:
            task.cancel()
        return task

    async def stop(self) -> None:
        """End every task and timer."""
        self._stopped = True
        self._heap.clear()
        if self._armed is not None:
            self._armed.cancel()
        for task in self._tasks:
            task.cancel()
        while self._tasks:  # what ends may have begun something that ends at once
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- what a virtual clock asks -----------------------------------------------------------------

    def clock_changed(self) -> None:
        """Do what is due now."""
        now = self.now
        while self._heap and self._heap[0][0] <= now:
            timer = heapq.heappop(self._heap)[2]
            act, timer.act = timer.act, None
            if act is not None:
                act()
        self._arm()

    def next_at(self) -> int | None:
        """When something is due by itself."""
        while self._heap and self._heap[0][2].act is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    async def settled(self) -> None:
        """Wait until every task rests or has ended."""
        while True:
            if self._working:
                self._rest = self._rest or asyncio.get_running_loop().create_future()
                await asyncio.shield(self._rest)
            seen = self._resumed
            for _ in range(3):  # who was just woken says so in the next round of the loop
                await asyncio.sleep(0)
            if not self._working and seen == self._resumed:
                return

    # --- what mailboxes tell -----------------------------------------------------------------------

    def begin(self) -> None:
        """A task works."""
        self._working += 1
        self._resumed += 1

    def rest(self) -> None:
        """A task waits for somebody or something else."""
        self._working -= 1
        if not self._working and self._rest is not None:
            rest, self._rest = self._rest, None
            rest.set_result(None)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self.rest()
        if not task.cancelled() and (mistake := task.exception()) is not None:
            log.error("A task of voice crashed: %s", task.get_name(), exc_info=mistake)

    def _arm(self) -> None:
        at = self.next_at()
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None
        if at is not None and not self._stopped:
            delay_s = min(max(0, at - self.now) / 1000, LONGEST_SLEEP_S)
            self._armed = asyncio.get_running_loop().call_later(delay_s, self.clock_changed)


class Mailbox(Generic[T]):
    """What is told to one task, in order; the task rests while there is nothing."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._letters: deque[T] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def put(self, letter: T) -> None:
        """Tell it; nobody waits for that."""
        self._letters.append(letter)
        self._wake()

    async def next(self, until: int | None = None) -> T | None:
        """The next letter; None when that moment of domain time comes first."""
        if not self._letters and (until is None or until > self._pace.now):
            await self._sleep(until)
        return self._letters.popleft() if self._letters else None

    async def _sleep(self, until: int | None) -> None:
        assert self._waiter is None, "a mailbox has one reader"
        self._waiter = asyncio.get_running_loop().create_future()
        timer = None if until is None else self._pace.at(until, self._wake)
        self._pace.rest()
        try:
            await self._waiter
        finally:
            self._pace.begin()
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
