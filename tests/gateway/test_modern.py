"""The live channel at the bare path: what a client of the newer SDK is sent, and when."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from pointsman.ambient import VirtualAmbient
from pointsman.engine.commands import NoteConnected, NoteDisconnected
from pointsman.gateway.modern import LONGEST_TIMER_MS
from pointsman.gateway.session import SNAPSHOT_WITHIN_S
from tests.gateway.live import AC, ALL, Live, a_live_channel, ended, frame

GRACE_MS = 5_000


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


@pytest.fixture
def real_time() -> VirtualAmbient:
    """Domain time stands still, the clock of sockets runs."""
    return VirtualAmbient(machine_wall=True)


async def begun(live: Live, opened: ClientConnection, token: str) -> Any:
    """The `init` of a socket, whose client then asked for its reservations; they are in `shown`."""
    told = await frame(opened)
    answer = await live.post_modern(live.offers("alice"), token)
    return {**told, "shown": answer["contents"]}


@pytest.mark.feature(185, partly=True)
def test_the_first_frame_is_init(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A socket begins with whose channel it is and with how many milliseconds its token has left."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with live.modern_socket(live.access_token(ttl=3600)) as opened:
                told = await frame(opened)

            assert told == {
                "event_type": "init",
                "payload": {
                    "channel_id": live.names["alice"],
                    "account_sid": AC,
                    "workspace_sid": live.names["workspace"],
                    "token_lifetime": 3_600_000,
                },
            }
            async with live.modern_socket(live.access_token(ttl=90 * 86400)) as opened:
                told = await frame(opened)

            assert told["payload"]["token_lifetime"] == LONGEST_TIMER_MS

    asyncio.run(story())


@pytest.mark.feature(185, partly=True)
def test_what_happens_before_the_snapshot_is_told_once(
    tmp_path: Path, real_time: VirtualAmbient
) -> None:
    """Frames wait for the list of reservations: what it shows is not repeated, the rest follows."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time) as live:
            token = live.access_token()
            async with live.modern_socket(token) as opened:
                first = await live.add_task()
                seen = await begun(live, opened, token)
                assert seen["event_type"] == "init"
                [shown] = seen["shown"]
                assert shown["task"]["sid"] == first
                await live.rest("POST", f"{live.home}/Tasks/{first}", AssignmentStatus="canceled")
                heard = [(await frame(opened)) for _ in range(3)]

            assert [each["event_type"] for each in heard] == [
                "worker.attributes.update",
                "reservation.canceled",
                "task.canceled",
            ]
            assert heard[1]["payload"]["sid"] == shown["sid"]
            assert heard[1]["payload"]["task"]["assignment_status"] == "canceled"

    asyncio.run(story())


def test_what_a_worker_is_told_of_himself_is_kept(
    tmp_path: Path, real_time: VirtualAmbient
) -> None:
    """A change of the worker before the snapshot is told after it: he may have been shown before."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time) as live:
            token = live.access_token()
            async with live.modern_socket(token) as opened:
                sid = live.names["Unavailable"]
                await live.rest(
                    "POST", f"{live.home}/Workers/{live.names['alice']}", ActivitySid=sid
                )
                await begun(live, opened, token)
                told = await frame(opened)

            assert told["event_type"] == "worker.activity.update"
            assert told["payload"]["activity_sid"] == sid

    asyncio.run(story())


@pytest.mark.feature(254, partly=True)
def test_a_version_that_rose_before_the_snapshot_is_told(
    tmp_path: Path, real_time: VirtualAmbient
) -> None:
    """An offer between the fetch of the worker and that of his reservations is told as his version."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time) as live:
            token = live.access_token()
            async with live.modern_socket(token) as opened:
                before = await live.post_modern(f"/Workers/{live.names['alice']}", token)
                await live.add_task()
                seen = await begun(live, opened, token)
                told = await frame(opened)
            after = await live.post_modern(f"/Workers/{live.names['alice']}", token)

            assert len(seen["shown"]) == 1
            assert told["event_type"] == "worker.attributes.update"
            assert told["payload"]["version"] == before["version"] + 1 == after["version"]

    asyncio.run(story())


@pytest.mark.feature(185, partly=True)
def test_a_token_that_was_refreshed_meanwhile(tmp_path: Path, real_time: VirtualAmbient) -> None:
    """A client that begins with one token and asks with a later one is told on at once."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time) as live:
            async with live.modern_socket(live.access_token(ttl=600)) as opened:
                await begun(live, opened, live.access_token(ttl=3600))
                task_sid = await live.add_task()
                told = await frame(opened)

            assert told["payload"]["task"]["sid"] == task_sid

    asyncio.run(story())


def test_who_never_asks_is_told_after_a_while(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A client that asks for nothing hears what happened, at the latest after 5 seconds."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with live.modern_socket(live.access_token()) as opened:
                await frame(opened)
                await live.add_task()
                ambient.advance(int(SNAPSHOT_WITHIN_S * 1000))
                told = await frame(opened)

            assert told["event_type"] == "reservation.created"

    asyncio.run(story())


@pytest.mark.feature(185, partly=True)
def test_both_kinds_of_clients_hear_their_own_form(
    tmp_path: Path, real_time: VirtualAmbient
) -> None:
    """One worker's two clients, one of each SDK, hear the same event, each in its own form."""

    async def story() -> None:
        async with a_live_channel(tmp_path, real_time) as live:
            token = live.access_token()
            async with live.modern_socket(token) as new, live.socket(live.token(**ALL)) as old:
                await begun(live, new, token)
                task_sid = await live.add_task()
                modern, legacy = await frame(new), await frame(old)

            assert modern["event_type"] == legacy["event_type"] == "reservation.created"
            assert modern["seq"] == legacy["seq"]
            assert modern["payload"]["task"]["sid"] == legacy["payload"]["sid"] == task_sid
            assert modern["payload"]["sid"] == legacy["payload"]["reservation_sid"]

    asyncio.run(story())


@pytest.mark.feature(22)
def test_an_access_token_on_the_long_path(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """With an account and a channel in the path, an access token gets the public form."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.access_token()
            path = f"/Workers/{live.names['alice']}"
            long = await live.post({**live.asked(path, token), "event_type": "ready"})
            async with live.socket(token) as opened:
                await live.runtime.saw(NoteConnected)
                await live.add_task()
                told = await frame(opened)

            assert (long.status_code, long.json()["event_type"]) == (200, "ready")
            assert "links" in long.json()["payload"]
            assert "reservation_sid" in told["payload"]

    asyncio.run(story())


@pytest.mark.feature(22, 241)
@pytest.mark.parametrize(
    ("kind", "code", "reason"),
    [
        ("nonsense", 4403, "not a signed"),
        ("expired", 4401, "expired"),
        ("admin", 4403, "names no worker"),
        ("stranger", 4403, "not a key"),
        ("gone", 4404, "does not exist"),
    ],
)
def test_a_refused_socket_is_closed_with_a_reason(
    tmp_path: Path, ambient: VirtualAmbient, kind: str, code: int, reason: str
) -> None:
    """A socket is accepted and closed with a code and a sentence that the client shows."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            tokens = {
                "nonsense": "nonsense",
                "expired": live.access_token(ttl=-61),
                "admin": live.access_token(worker_sid=None, role="admin"),
                "stranger": live.access_token(api_key_sid="SK" + "0" * 32),
                "gone": live.access_token(worker_sid="WK" + "0" * 32),
            }
            async with live.modern_socket(tokens[kind]) as opened:
                told = await ended(opened)

            assert told[0] == code
            assert reason in (told[1] or "")

    asyncio.run(story())


@pytest.mark.feature(185, partly=True)
@pytest.mark.parametrize(
    ("told", "status"),
    [
        (b"no json", 400),
        ({}, 401),
        ({"token": "nonsense", "url": "Workspaces/WS1", "method": "GET"}, 403),
        ({"url": f"Workspaces/WS{'0' * 32}/Activities", "method": "GET"}, 403),
        ({"url": "{W}/Workflows", "method": "GET"}, 403),
        ({"url": "{W}/Workers/{A}/Nothing", "method": "GET"}, 404),
        ({"url": "{W}/Workers/{A}", "method": "PUT"}, 405),
        ({"url": "{W}/Workers/{A}/Reservations", "method": "GET"}, 400),
    ],
)
def test_every_error_is_json_with_a_message(
    tmp_path: Path, ambient: VirtualAmbient, told: Any, status: int
) -> None:
    """Whatever is wrong with a request, the answer is JSON with a sentence, readable by any origin."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            if isinstance(told, dict) and told:
                asked = {"token": live.access_token(), **told}
                home = live.home.removeprefix("/v1/")
                asked["url"] = asked["url"].format(W=home, A=live.names["alice"])
            else:
                asked = told
            answer = await live.send_modern(asked)

            assert answer.status_code == status
            assert answer.json()["status"] == status
            assert answer.json()["message"]
            assert answer.headers["access-control-allow-origin"] == "*"

    asyncio.run(story())


@pytest.mark.feature(185, partly=True)
def test_a_worker_who_asked_for_it_goes_offline(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """SetWorkerOfflineIfDisconnected sets `Offline` when the last socket was gone for the grace period."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            asked = {"setWorkerOfflineIfDisconnected": "true"}
            async with live.modern_socket(live.access_token(), **asked):
                await live.runtime.saw(NoteConnected)
            await live.runtime.saw(NoteDisconnected)
            ambient.advance(GRACE_MS - 1)
            assert (await live.worker())["activity_name"] == "Available"
            ambient.advance(1)
            assert (await live.worker())["activity_name"] == "Offline"

    asyncio.run(story())


def test_a_worker_who_did_not_ask_stays(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """Without the parameter, and with false, a worker's activity outlives his sockets."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            for more in ({}, {"setWorkerOfflineIfDisconnected": "false"}):
                async with live.modern_socket(live.access_token(), **more):
                    await live.runtime.saw(NoteConnected)
                await live.runtime.saw(NoteDisconnected)
                ambient.advance(10 * GRACE_MS)

                assert (await live.worker())["activity_name"] == "Available"

    asyncio.run(story())


def test_a_later_token_keeps_the_socket_open(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A request with a later token lets the open socket live as long as that one."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with live.modern_socket(live.access_token(ttl=60)) as opened:
                await frame(opened)
                later = live.access_token(ttl=3600)
                await live.post_modern(live.offers("alice"), later)
                ambient.advance(1_000_000)
                await live.add_task()

                assert (await frame(opened))["event_type"] == "reservation.created"

    asyncio.run(story())
