"""Requests that are sent again because their answer was lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from pointsman.ambient import VirtualAmbient
from tests.gateway.live import ALL, Live, a_live_channel


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


async def offer(live: Live) -> tuple[str, str]:
    """The task and the path of a pending reservation of Alice."""
    task_sid = await live.add_task()
    body = await live.rest("GET", f"{live.home}/Tasks/{task_sid}/Reservations")
    return task_sid, f"/Tasks/{task_sid}/Reservations/{body['reservations'][0]['sid']}"


async def accept(live: Live, path: str, request_id: object, token: str) -> httpx.Response:
    told: dict[str, Any] = live.asked(path, token, "POST", ReservationStatus="accepted")
    return await live.post({**told, "request_id": request_id})


async def accepted(live: Live) -> int:
    """How often a reservation was accepted."""
    body = await live.rest("GET", f"{live.home}/Events", EventType="reservation.accepted")
    return len(body["events"])


@pytest.mark.feature("181.4")
def test_an_accept_whose_answer_was_lost_is_repeated_without_an_error(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """The repetition gets the first answer; one reservation was accepted, once."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            _, path = await offer(live)
            token = live.token(**ALL)
            first = await accept(live, path, "r1", token)
            second = await accept(live, path, "r1", live.token(**ALL, ttl=60))

            assert (first.status_code, second.status_code) == (200, 200)
            assert first.json() == second.json()
            assert first.json()["payload"]["reservation_status"] == "accepted"
            assert await accepted(live) == 1
            assert (await accept(live, path, "r2", token)).status_code == 400

    asyncio.run(story())


@pytest.mark.feature("181.4")
def test_repetitions_that_meet_are_one_request(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A repetition that comes while the first is under way waits for its answer."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            _, path = await offer(live)
            token = live.token(**ALL)
            answers = await asyncio.gather(*(accept(live, path, "r1", token) for _ in range(4)))

            assert [answer.status_code for answer in answers] == [200] * 4
            assert await accepted(live) == 1

    asyncio.run(story())


@pytest.mark.feature("181.4")
def test_after_a_restart_the_answer_is_still_known(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """The answer was stored with the change, so the server that comes after repeats it."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            _, path = await offer(live)
            first = await accept(live, path, "r1", live.token(**ALL))
            names, moment = live.names, ambient.now()
        async with a_live_channel(tmp_path, ambient, names=names) as live:
            ambient.set(moment + 119_000)
            second = await accept(live, path, "r1", live.token(**ALL))

            assert (second.status_code, second.json()) == (200, first.json())

    asyncio.run(story())


@pytest.mark.feature("181.4")
def test_channels_do_not_share_their_names_of_requests(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Two workers may use the same `request_id` for different requests."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.add_worker("bob")
            answers = []
            for name in ("alice", "bob"):
                path = f"/Workers/{live.names[name]}"
                told = live.asked(path, live.token(name, **ALL), "POST", Attributes='{"a":1}')
                answers.append(await live.post({**told, "request_id": "1"}, name))

            assert [each.json()["payload"]["friendly_name"] for each in answers] == ["alice", "bob"]

    asyncio.run(story())


@pytest.mark.feature("181.4")
def test_a_deletion_may_be_repeated(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """Deleting twice with one `request_id` is 200 twice, without it 404."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.add_worker("bob")
            told = live.asked("", live.token("workspace", **_MASTER), "DELETE")
            told["url"] += f"/Workers/{live.names['bob']}"
            answers = [await live.post({**told, "request_id": "1"}, "workspace") for _ in range(2)]
            answers.append(await live.post(told, "workspace"))

            assert [each.status_code for each in answers] == [200, 200, 404]
            assert [each.json().get("payload") for each in answers[:2]] == [None, None]

    asyncio.run(story())


_MASTER = {"allow_update_subresources": True, "allow_delete_subresources": True}


@pytest.mark.parametrize("request_id", ["x" * 201, 7, ["a"], {"a": 1}])
def test_what_names_no_request_is_refused(
    tmp_path: Path, ambient: VirtualAmbient, request_id: object
) -> None:
    """A `request_id` that is no text, or too long, is refused by name before anything happens."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            _, path = await offer(live)
            answer = await accept(live, path, request_id, live.token(**ALL))

            assert answer.status_code == 400
            assert "request_id" in answer.json()["message"]
            assert await accepted(live) == 0

    asyncio.run(story())
