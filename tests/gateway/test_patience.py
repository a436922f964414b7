"""Waits that may not take too long, many of them by one timer."""

from __future__ import annotations

import asyncio

import pytest

from pointsman.gateway.patience import Patience


async def nothing() -> None:
    """A write that a reader takes at once."""


def test_what_takes_too_long_ends_with_a_time_out() -> None:
    """A wait that is not over in time ends, and its task goes on uncancelled."""

    async def story() -> None:
        patience = Patience(0.01)
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.sleep(60))
        task = asyncio.current_task()
        assert task is not None and task.cancelling() == 0
        await asyncio.sleep(0)
        patience.end()

    asyncio.run(story())


def test_many_waits_make_one_timer() -> None:
    """A hundred waits in a row arm one timer between them."""

    async def story() -> None:
        patience = Patience(60)
        await patience.wait(nothing())
        armed = patience._timer
        for _ in range(100):
            await patience.wait(nothing())
        assert armed is not None and patience._timer is armed
        patience.end()
        assert armed.cancelled()

    asyncio.run(story())


def test_a_cancellation_by_others_stays_one() -> None:
    """Whoever cancels the task that waits sees it cancelled."""

    async def story() -> None:
        patience = Patience(60)
        waiting = asyncio.create_task(patience.wait(asyncio.sleep(60)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        patience.end()

    asyncio.run(story())


def test_a_young_wait_is_not_ended_by_the_timer_of_an_older_one() -> None:
    """A timer that rings while a later wait is young lets it be, and rings again for it."""

    async def story() -> None:
        patience = Patience(60)
        await patience.wait(nothing())
        waiting = asyncio.create_task(patience.wait(asyncio.sleep(60)))
        await asyncio.sleep(0)
        assert patience._timer is not None
        patience._timer.cancel()
        patience._look()
        assert patience._timer is not None and patience._timer.when() == patience._until
        assert not waiting.cancelling()
        waiting.cancel()
        await asyncio.wait([waiting])
        patience.end()

    asyncio.run(story())
