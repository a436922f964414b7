"""How voice ends: whatever runs is canceled, and what that begins does nothing any more."""

from __future__ import annotations

import asyncio

from pointsman.ambient import VirtualAmbient
from pointsman.voice.pace import Mailbox, Pace


def test_nothing_begins_after_the_end() -> None:
    """A task that is canceled by the end may begin another one, which never runs; nor does a later one."""
    done: list[str] = []

    async def note(what: str) -> None:
        done.append(what)

    async def waiting(pace: Pace) -> None:
        try:
            await Mailbox[str](pace).next()
        finally:
            pace.spawn(note("begun by the end"))

    async def story() -> None:
        pace = Pace(VirtualAmbient())
        pace.spawn(note("before"))
        pace.spawn(waiting(pace))
        await pace.settled()
        await pace.stop()
        pace.spawn(note("after"))
        await pace.settled()
        assert done == ["before"]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(story())
