"""Threads for what blocks: commits in order on their own thread, reads beside them."""

from __future__ import annotations

import asyncio
import threading

from pointsman.threads import Threads


def test_a_long_read_does_not_hold_up_commits() -> None:
    """While all readers are busy, commits are run, in the order in which they were given."""

    async def story() -> None:
        threads = Threads()
        free = threading.Event()
        reads = [asyncio.ensure_future(threads.read(free.wait)) for _ in range(8)]
        done: list[int] = []
        await asyncio.gather(*(threads.commit(lambda n=n: done.append(n)) for n in range(20)))
        names = {await threads.commit(lambda: threading.current_thread().name) for _ in range(3)}
        free.set()
        await asyncio.gather(*reads)
        threads.close()

        assert done == list(range(20))
        assert len(names) == 1
        assert threading.current_thread().name not in names

    asyncio.run(story())
