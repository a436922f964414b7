"""The live channel while the store is busy or broken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.engine.commands import NoteConnected
from pointsman.gateway.bridge import ANSWER_WITHIN_S
from tests.gateway.gate import Gate
from tests.gateway.live import ALL, a_live_channel, frame


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


@pytest.fixture
def real_time() -> VirtualAmbient:
    """Domain time stands still, the clock of sockets runs."""
    return VirtualAmbient(machine_wall=True)


def test_a_frame_never_precedes_its_commit(tmp_path: Path, real_time: VirtualAmbient) -> None:
    """While the disk is busy neither the answer nor the frame of a change leaves the server."""

    async def story() -> None:
        gate = Gate()
        async with a_live_channel(tmp_path, real_time, offload=gate) as live:
            async with live.socket(live.token()) as opened:
                await live.runtime.saw(NoteConnected)
                gate.is_open.clear()
                gate.waiting.clear()
                adding = asyncio.create_task(live.add_task())
                await gate.waiting.wait()
                await opened.ping()  # the server had its turn

                assert not adding.done()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await opened.recv()
                gate.is_open.set()
                assert (await frame(opened))["event_type"] == "reservation.created"
                await adding

    asyncio.run(story())


@pytest.mark.feature(251)
def test_an_answer_that_takes_too_long_is_503_and_what_was_asked_goes_on(
    tmp_path: Path, real_time: VirtualAmbient
) -> None:
    """The original client hears of a busy server in time; the change still happens, and is told."""

    async def story() -> None:
        gate = Gate()
        async with a_live_channel(tmp_path, real_time, offload=gate, answer_within_s=0.1) as live:
            token = live.token(**ALL)
            async with live.socket(token) as opened:
                await live.runtime.saw(NoteConnected)
                gate.is_open.clear()
                path = f"/Workers/{live.names['alice']}"
                answer = await live.post(live.asked(path, token, "POST", Attributes='{"a":1}'))

                assert (answer.status_code, answer.json()["code"]) == (503, 20503)
                assert answer.headers["retry-after"] == "1"
                gate.is_open.set()
                assert (await frame(opened))["event_type"] == "worker.attributes.update"

    asyncio.run(story())


@pytest.mark.feature(251)
@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("alice", "GET", "/Workers/{alice}"),
        ("alice", "GET", "/Workers/{alice}/Reservations"),
        ("alice", "GET", "/Workers/{alice}/Statistics"),
        ("alice", "POST", "/Workers/{alice}"),
        ("workspace", "GET", ""),
        ("queue", "GET", "/TaskQueues/{queue}/CumulativeStatistics"),
    ],
)
def test_while_the_store_is_blocked_every_post_is_answered_with_503(
    tmp_path: Path, real_time: VirtualAmbient, name: str, method: str, path: str
) -> None:
    """Reads of what is, reads of what was and changes: a client hears within 4 s to try again."""

    async def story() -> None:
        gate = Gate()
        async with a_live_channel(tmp_path, real_time, offload=gate, answer_within_s=0.1) as live:
            gate.is_open.clear()
            gate.waiting.clear()
            adding = asyncio.create_task(live.add_task())
            await gate.waiting.wait()
            more = {"allow_fetch_subresources": True, "allow_update_self": True}
            token = live.token(name, **more)
            answer = await live.post(live.asked(path.format(**live.names), token, method), name)
            gate.is_open.set()
            await adding

            assert (answer.status_code, answer.json()["code"]) == (503, 20503)
            assert ANSWER_WITHIN_S <= 4

    asyncio.run(story())


@pytest.mark.feature("181.5")
def test_a_commit_that_fails_costs_no_connected_worker_his_activity(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """After the workspace was loaded again those who are connected are not taken for absent."""

    async def story() -> None:
        gate = Gate()
        async with a_live_channel(tmp_path, ambient, offload=gate) as live:
            token = live.token(**ALL)
            wanted = live.names["Offline"]
            async with live.socket(token, disconnectActivitySid=wanted) as opened:
                await live.runtime.saw(NoteConnected)
                gate.broken = True
                path = f"/Workers/{live.names['alice']}"
                failed = await live.post(live.asked(path, token, "POST", Attributes='{"a":1}'))
                assert failed.status_code == 503
                await live.runtime.saw(NoteConnected)
                ambient.advance(60_000)

                assert (await live.worker())["activity_name"] == "Available"
                await live.add_task()
                assert (await frame(opened))["event_type"] == "reservation.created"

    asyncio.run(story())
