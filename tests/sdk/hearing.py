"""What a test hears of a worker's events, in order, and how it waits for one."""

from __future__ import annotations

import asyncio

from pointsman.sdk import Event, Reservation, Worker

PATIENCE_S = 20.0


class Heard:
    """Every event of a worker since this was made."""

    def __init__(self, worker: Worker) -> None:
        self.types: list[str] = []
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        worker.listen(self._hear)

    async def next(self, event_type: str) -> Event:
        """The next event of this type; others before it are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while (event := await self._events.get()).type != event_type:
                pass
        return event

    def _hear(self, event: Event) -> None:
        self.types.append(event.type)
        self._events.put_nowait(event)


async def next_offer(worker: Worker) -> Reservation:
    """The next reservation that is offered to the worker."""
    async with asyncio.timeout(PATIENCE_S):
        async for reservation in worker.reservations():
            return reservation
    raise AssertionError("the worker was closed")
