"""Looking names up: those that are dead hold up nobody but each other."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

from pointsman.ambient import VirtualAmbient
from pointsman.outbound.names import Names
from pointsman.threads import QUICK_NAMES, SLOW_NAMES, Threads

PATIENCE_S = 30.0
ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 80))]


class World:
    """Names that take as long as a test says; those that are `dead` are not answered until `over`."""

    def __init__(self, ambient: VirtualAmbient) -> None:
        self.taking_s: dict[str, float] = {}
        self.dead: list[str] = []
        self.over = threading.Event()
        self._ambient = ambient

    def ask(self, host: str, *rest: Any) -> list[Any]:
        if host in self.dead:
            assert self.over.wait(PATIENCE_S)
            raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")
        self._ambient.advance(int(self.taking_s.get(host, 0) * 1000))
        return ANSWER


async def looked_up(names: Names, host: str) -> str:
    async with asyncio.timeout(PATIENCE_S):
        found = await names(host, 80, socket.AF_INET)
    return found[0]["host"]


def test_many_dead_names_hold_up_no_living_one() -> None:
    """However many names that were slow do not answer, another one is looked up at once."""
    ambient = VirtualAmbient()
    world, threads = World(ambient), Threads()
    names = Names(threads.look_up, threads.look_up_slowly, world.ask, ambient)

    async def story() -> None:
        dead = [f"dead{number}" for number in range(QUICK_NAMES + SLOW_NAMES)]
        world.taking_s = dict.fromkeys(dead, 5.0)
        for host in dead:
            await looked_up(names, host)
        world.dead = dead
        waiting = [asyncio.create_task(looked_up(names, host)) for host in dead]
        await asyncio.sleep(0)
        assert await looked_up(names, "living") == "192.0.2.7"
        assert not any(task.done() for task in waiting)
        world.over.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(result, OSError) for result in results)

    asyncio.run(story())
    threads.close()


def test_a_slow_name_waits_among_the_slow_ones_until_it_is_quick() -> None:
    """Where a name is looked up depends on how long that took the last time."""
    ambient = VirtualAmbient()
    world, threads = World(ambient), Threads()
    asked: list[str] = []

    def quick(function: Any) -> Any:
        asked.append("quick")
        return threads.look_up(function)

    def slow(function: Any) -> Any:
        asked.append("slow")
        return threads.look_up_slowly(function)

    names = Names(quick, slow, world.ask, ambient)

    async def story() -> None:
        for taking_s in (0.1, 5.0, 5.0, 0.1, 0.1):
            world.taking_s["name"] = taking_s
            await looked_up(names, "name")

    asyncio.run(story())
    threads.close()
    assert asked == ["quick", "quick", "slow", "slow", "quick"]
