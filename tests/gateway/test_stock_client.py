"""A client that does what the original's script does, against our server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pointsman.ambient import VirtualAmbient
from tests.gateway.live import ALL, Live, a_live_channel
from tests.gateway.stock_client import StockWorker, Told

HOUR_MS = 3_600_000


@pytest.fixture
def ambient() -> VirtualAmbient:
    """Domain time is the test's, the clock of sockets runs."""
    return VirtualAmbient(machine_wall=True)


def a_client(live: Live, **more: Any) -> StockWorker:
    return StockWorker(live, live.token(**ALL), **more)


async def work(client: StockWorker) -> str:
    """Be offered a task, accept and complete it; its SID."""
    await client.live.add_task()
    offered = await client.hear("reservation.created")
    accepted = await client.accept(offered)
    assert accepted["task"]["assignment_status"] == "assigned"
    await client.hear("reservation.accepted")
    done = await client.post(
        "POST", f"/Tasks/{accepted['task_sid']}", AssignmentStatus="completed", Reason="done"
    )
    assert done["assignment_status"] == "completed"
    assert (await client.hear("reservation.completed"))["reservation_status"] == "completed"
    return str(done["sid"])


def test_a_worker_s_day(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """Ready, moved to the connect activity, offered a task, accepted, completed, with every event."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.rest(
                "POST",
                f"{live.home}/Workers/{live.names['alice']}",
                ActivitySid=live.names["Offline"],
            )
            client = a_client(live, connect_activity_sid=live.names["Available"])
            async with client.connected():
                assert (await client.hear("ready"))["activity_name"] == "Offline"
                assert (await client.hear("activity.update"))["activity_name"] == "Available"
                await work(client)
                with pytest.raises(Told) as told:
                    await client.post("POST", client.url, ActivitySid="WA" + "0" * 32)
                assert told.value.status == 400

    asyncio.run(story())


@pytest.mark.feature("181.10")
def test_all_reservations_can_be_listed_an_hour_after_their_tasks_ended(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Completed, canceled and deleted tasks were purged long ago; the original still calls back."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            client = a_client(live)
            async with client.connected():
                await client.hear("ready")
                completed = await work(client)
                canceled = await live.add_task()
                await client.hear("reservation.created")
                path = f"{live.home}/Tasks/{canceled}"
                await live.rest("POST", path, AssignmentStatus="canceled")
                deleted = await live.add_task()
                await client.hear("reservation.created")
                await live.rest("DELETE", f"{live.home}/Tasks/{deleted}")
                ambient.advance(HOUR_MS)

                listed = await client.fetch_reservations()
                assert listed is not None
                assert {each["task"]["sid"] for each in listed} == {completed, canceled, deleted}
                assert await client.fetch_reservations(ReservationStatus="pending") == []

    asyncio.run(story())


@pytest.mark.feature(244)
def test_what_a_cut_client_missed_is_in_the_state_it_fetches(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Cut off, it misses a change of its activity, an offer that ran out and one that is pending;
    connected again it finds the worker, the pending offer and nothing of the other one.
    """

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            client = a_client(live)
            async with client.connected() as opened:
                await client.hear("ready")
                opened.transport.abort()
            client.events.clear()
            gone = await live.add_task()
            await live.rest("POST", f"{live.home}/Tasks/{gone}", AssignmentStatus="canceled")
            await live.rest(
                "POST", f"{live.home}/Workers/{live.names['alice']}", Attributes='{"level":2}'
            )
            waiting = await live.add_task(Priority=7)

            async with client.connected():
                assert (await client.hear("ready"))["attributes"] == '{"level":2}'
                offered = await client.hear("reservation.created")
                assert (offered["task"]["sid"], offered["task"]["priority"]) == (waiting, 7)
                assert client.events == []
                assert not client.is_stalled
                listed = await client.fetch_reservations()
                assert listed is not None
                told = {each["task_sid"]: each["reservation_status"] for each in listed}
                assert told == {gone: "canceled", waiting: "pending"}

    asyncio.run(story())


@pytest.mark.feature(244)
def test_after_a_restart_of_the_server_it_is_offered_what_waits(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """The server was stopped and another one took over: the offer is still there, once."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            client = a_client(live)
            async with client.connected():
                await live.add_task()
                sid = (await client.hear("reservation.created"))["sid"]
            names = live.names
        async with a_live_channel(tmp_path, ambient, names=names) as live:
            client = a_client(live)
            async with client.connected():
                assert (await client.hear("reservation.created"))["sid"] == sid
                await client.accept({"sid": sid, "task_sid": (await tasks(live))[0]})
                await client.hear("reservation.accepted")
                assert [name for name, _ in client.events] == ["ready"]

    async def tasks(live: Live) -> list[str]:
        return [each["sid"] for each in (await live.rest("GET", f"{live.home}/Tasks"))["tasks"]]

    asyncio.run(story())
