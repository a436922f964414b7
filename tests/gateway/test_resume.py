"""Clients that lose their socket: what they are given when they come back."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from pointsman.ambient import VirtualAmbient
from pointsman.engine.commands import NoteConnected
from tests.gateway.live import ALL, Live, a_live_channel, frame

FRAMES = (
    "worker.activity.update",
    "worker.attributes.update",
    "worker.capacity.update",
    "worker.channel.availability.update",
    "reservation.created",
    "reservation.accepted",
    "reservation.rejected",
    "reservation.timeout",
    "reservation.canceled",
    "reservation.rescinded",
    "reservation.wrapup",
    "reservation.completed",
)


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


@pytest.fixture
def real_time() -> VirtualAmbient:
    """Domain time stands still, the clock of sockets runs."""
    return VirtualAmbient(machine_wall=True)


class Returning:
    """A client that remembers its last frame, as our SDKs do."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.cursor: int | None = None
        self.heard: list[tuple[int, str]] = []
        self.token = live.token(**ALL)

    def socket(self) -> Any:
        return self.live.socket(self.token, after="" if self.cursor is None else str(self.cursor))

    async def hear(self, opened: ClientConnection) -> str:
        """The name of the next frame."""
        told = await frame(opened)
        self.cursor = told["seq"]
        if told["event_type"] != "resync":
            self.heard.append((told["seq"], told["event_type"]))
        return str(told["event_type"])


async def log_of(live: Live) -> list[str]:
    """The events that a worker's channel carries, as the event log has them."""
    body = await live.rest("GET", f"{live.home}/Events", Minutes=60, PageSize=1000)
    events = sorted(body["events"], key=lambda each: each["sid"])
    return [each["event_type"] for each in events if each["event_type"] in FRAMES]


async def change(live: Live, chance: random.Random, number: int) -> None:
    """Something that Alice's channel tells, and now and then something that it does not."""
    worker = f"{live.home}/Workers/{live.names['alice']}"
    match chance.randrange(4):
        case 0:
            sid = live.names[chance.choice(["Available", "Offline"])]
            await live.rest("POST", worker, ActivitySid=sid)
        case 1:
            await live.rest("POST", worker, Attributes=f'{{"number":{number}}}')
        case 2:
            sid = await live.add_task()
            if chance.random() < 0.5:
                await live.rest("DELETE", f"{live.home}/Tasks/{sid}")
        case _:
            await live.rest("POST", f"{live.home}/Activities", FriendlyName=f"Other {number}")


@pytest.mark.feature(243)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_is_cut_at_random_hears_every_event_once(
    tmp_path: Path, real_time: VirtualAmbient, seed: int
) -> None:
    """Sockets are cut at random moments; what was heard in all is the event log, in order."""

    async def story() -> None:
        chance = random.Random(seed)
        async with a_live_channel(tmp_path, real_time) as live:
            client = Returning(live)
            async with client.socket() as opened:
                assert await client.hear(opened) == "resync"
            before = len(await log_of(live))
            for number in range(12):
                for step in range(chance.randrange(3)):  # while nobody listens
                    await change(live, chance, 100 * number + 50 + step)
                async with client.socket() as opened:
                    for step in range(chance.randrange(4)):
                        await change(live, chance, 100 * number + step)
                    missing = len(await log_of(live)) - before - len(client.heard)
                    for _ in range(chance.randrange(missing + 1)):
                        await client.hear(opened)
                    opened.transport.abort()
            log = (await log_of(live))[before:]
            async with client.socket() as opened:
                while len(client.heard) < len(log):
                    await client.hear(opened)
                await opened.ping()

        assert [name for _, name in client.heard] == log
        seqs = [seq for seq, _ in client.heard]
        assert seqs == sorted(set(seqs))

    asyncio.run(story())


@pytest.mark.feature(243)
def test_after_a_restart_who_missed_something_is_told_so(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Nothing happened: nothing is sent. Something did: `resync`, with the number to count from."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            client = Returning(live)
            async with client.socket() as opened:
                await client.hear(opened)
            names = live.names
        async with a_live_channel(tmp_path, ambient, names=names) as client.live:
            async with client.socket() as opened:
                await client.live.add_task()
                assert await client.hear(opened) == "reservation.created"
            await client.live.rest("DELETE", f"{client.live.home}/Tasks/{(await tasks(client))[0]}")
        async with (
            a_live_channel(tmp_path, ambient, names=names) as client.live,
            client.socket() as opened,
        ):
            assert await client.hear(opened) == "resync"
            heard = client.cursor
            await client.live.add_task()
            assert await client.hear(opened) == "reservation.created"
            assert heard is not None and client.cursor is not None and heard < client.cursor

    async def tasks(client: Returning) -> list[str]:
        body = await client.live.rest("GET", f"{client.live.home}/Tasks")
        return [each["sid"] for each in body["tasks"]]

    asyncio.run(story())


@pytest.mark.feature(243)
def test_who_missed_more_than_a_socket_may_queue_is_given_all_of_it(
    tmp_path: Path, real_time: VirtualAmbient
) -> None:
    """What is replayed does not count as a slow reader's backlog."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time) as live:
            client = Returning(live)
            async with client.socket() as opened:
                await client.hear(opened)
            attributes = "x" * 4000
            for number in range(100):
                await live.rest(
                    "POST",
                    f"{live.home}/Workers/{live.names['alice']}",
                    Attributes=f'{{"{number}":"{attributes}"}}',
                )
            async with client.socket() as opened:
                for _ in range(100):
                    await client.hear(opened)

        assert len(client.heard) == 100

    asyncio.run(story())


@pytest.mark.feature(243)
def test_a_stock_client_is_replayed_nothing(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """Without a cursor only what comes from now on is sent, also where others resume."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            client = Returning(live)
            async with client.socket() as opened:
                await client.hear(opened)
            await live.add_task()
            async with live.socket(live.token(**ALL)) as stock:
                await live.runtime.saw(NoteConnected)
                await live.rest(
                    "POST", f"{live.home}/Workers/{live.names['alice']}", Attributes='{"a":1}'
                )
                assert (await frame(stock))["event_type"] == "worker.attributes.update"

    asyncio.run(story())
