"""A worker's line is cut and he does not come back: what the workspace's settings do with his work."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.engine.commands import NoteConnected, NoteDisconnected
from tests.gateway.live import ALL, Live, a_live_channel, frame

VANISHED_MS = 30_000


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


async def set_up(live: Live, **settings: str) -> tuple[str, str]:
    """Whoever is away for 30 s has vanished. Alice has one task and is offered another one; the tasks."""
    await live.rest("POST", f"/pointsman{live.home}/Settings", VanishedAfter="30", **settings)
    channel = f"{live.home}/Workers/{live.names['alice']}/Channels/default"
    await live.rest("POST", channel, Capacity="2")
    held, offered = await live.add_task(), await live.add_task()
    [offer] = await reservations(live, held)
    path = f"{live.home}/Tasks/{held}/Reservations/{offer['sid']}"
    await live.rest("POST", path, ReservationStatus="accepted")
    return held, offered


async def reservations(live: Live, task_sid: str) -> list[dict[str, Any]]:
    found = await live.rest("GET", f"{live.home}/Tasks/{task_sid}/Reservations")
    told: list[dict[str, Any]] = found["reservations"]
    return told


async def statuses(live: Live, *tasks: str) -> list[str]:
    """What became of the first reservation of each task."""
    return [(await reservations(live, task))[0]["reservation_status"] for task in tasks]


async def cut(live: Live, ambient: VirtualAmbient, token: str) -> None:
    """Alice connects, and her line is cut."""
    async with live.socket(token) as opened:
        await live.runtime.saw(NoteConnected)
        opened.transport.abort()
    await live.runtime.saw(NoteDisconnected)


@pytest.mark.feature(270)
@pytest.mark.parametrize(
    ("pending", "accepted", "ends"),
    [
        ("reject", "keep", ["accepted", "rejected"]),
        ("cancel", "wrapup", ["wrapping", "canceled"]),
        ("keep", "complete", ["completed", "pending"]),
        ("reject", "requeue", ["completed", "rejected"]),
    ],
)
def test_who_does_not_come_back_loses_his_work_as_the_settings_say(
    tmp_path: Path, ambient: VirtualAmbient, pending: str, accepted: str, ends: list[str]
) -> None:
    """Half a minute after his last socket was lost, and not before, it goes the chosen way."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            chosen = {"VanishedPending": pending, "VanishedAccepted": accepted}
            tasks = await set_up(live, **chosen)
            await cut(live, ambient, live.token(**ALL))
            ambient.advance(VANISHED_MS - 1)
            assert await statuses(live, *tasks) == ["accepted", "pending"]
            ambient.advance(1)
            assert await statuses(live, *tasks) == ends
            assert (await live.worker())["activity_name"] == "Offline"

    asyncio.run(story())


@pytest.mark.feature(270)
def test_a_colleague_is_offered_what_the_vanished_had(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """With `requeue` and `reject` both go on to who is there, over his socket, without anybody's help."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            chosen = {"VanishedPending": "reject", "VanishedAccepted": "requeue"}
            await set_up(live, **chosen)
            await cut(live, ambient, live.token(**ALL))
            await live.add_worker("bob")
            async with contextlib.AsyncExitStack() as sockets:
                bob = await sockets.enter_async_context(live.socket(live.token("bob"), "bob"))
                await live.runtime.saw(NoteConnected)
                ambient.advance(VANISHED_MS)
                live.runtime.clock_changed()
                told = await frame(bob)
                assert told["event_type"] == "reservation.created"
                channel = f"{live.home}/Workers/{live.names['bob']}/Channels/default"
                await live.rest("POST", channel, Capacity="2")
                assert (await frame(bob))["event_type"] == "worker.capacity.update"
                second = await frame(bob)
                assert second["event_type"] == "reservation.created"
                assert second["payload"]["sid"] != told["payload"]["sid"]

    asyncio.run(story())


@pytest.mark.feature(270)
def test_who_comes_back_in_time_keeps_everything(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A page that is loaded again, in whichever tab, has not vanished."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            chosen = {"VanishedPending": "reject", "VanishedAccepted": "complete"}
            tasks = await set_up(live, **chosen)
            await cut(live, ambient, live.token(**ALL))
            ambient.advance(VANISHED_MS - 1)
            async with live.socket(live.token(**ALL)):
                await live.runtime.saw(NoteConnected)
                ambient.advance(90_000)
                assert await statuses(live, *tasks) == ["accepted", "pending"]

    asyncio.run(story())
