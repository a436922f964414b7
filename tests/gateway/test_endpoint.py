"""The live channel over real sockets: events, answers and their order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import orjson
import pytest

from pointsman.ambient import VirtualAmbient
from tests.gateway.live import AC, ALL, Live, a_live_channel, ended, frame


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


def test_a_worker_becomes_ready_by_his_own_request(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """The socket opens silently; the first answer repeats the event type that makes a client ready."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live, live.socket(live.token()):
            told = live.asked(f"/Workers/{live.names['alice']}", live.token())
            answer = await live.post({**told, "event_type": "ready"})

            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            body = answer.json()
            assert (body["event_type"], body["payload"]["friendly_name"]) == ("ready", "alice")
            assert body["payload"]["sid"] == live.names["alice"]

    asyncio.run(story())


def test_a_reservation_reaches_the_sockets_of_its_worker_only(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """A task made over REST becomes a frame with the task, its reservation and a number."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.add_worker("bob", "Offline")
            async with (
                live.socket(live.token()) as one,
                live.socket(live.token()) as other,
                live.socket(live.token("bob"), "bob") as bob,
            ):
                task_sid = await live.add_task(Attributes='{"language": "es"}')
                told = await frame(one)

                assert told == await frame(other)
                assert told["event_type"] == "reservation.created"
                assert told["payload"]["sid"] == task_sid
                assert told["payload"]["reservation_sid"].startswith("WR")
                assert orjson.loads(told["payload"]["attributes"]) == {"language": "es"}
                assert isinstance(told["seq"], int)

                await live.rest("POST", f"{live.home}/Workers/{live.names['bob']}", Attributes="{}")
                await live.rest(
                    "POST",
                    f"{live.home}/Workers/{live.names['bob']}",
                    ActivitySid=live.names["Unavailable"],
                )
                assert (await frame(bob))["event_type"] == "worker.activity.update"

    asyncio.run(story())


async def accepted(live: Live, token: str, told: dict[str, object]) -> httpx.Response:
    payload = told["payload"]
    assert isinstance(payload, dict)
    path = f"/Tasks/{payload['sid']}/Reservations/{payload['reservation_sid']}"
    return await live.post(live.asked(path, token, "POST", ReservationStatus="accepted"))


def test_an_answer_comes_before_the_frames_it_caused(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """What a bridge POST caused reaches every socket at least 20 ms after its answer was read."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        async with a_live_channel(tmp_path, VirtualAmbient(machine_wall=True)) as live:
            token = live.token(**ALL)
            async with live.socket(token) as one, live.socket(token) as other:
                await live.add_task()
                told = await frame(one)
                await frame(other)

                seen: list[tuple[str, float]] = []

                async def watch(socket: object) -> None:
                    told = await frame(socket)
                    seen.append((told["event_type"], loop.time()))

                watching = [asyncio.create_task(watch(each)) for each in (one, other)]
                answer = await accepted(live, token, told)
                answered_at = loop.time()
                await asyncio.gather(*watching)

                assert answer.json()["payload"]["reservation_status"] == "accepted"
                assert [name for name, _ in seen] == ["reservation.accepted"] * 2
                assert all(at > answered_at for _, at in seen)

    asyncio.run(story())


def test_success_is_always_200_with_json(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A creation and a deletion answer 200 too: the original client takes 201 and 204 for errors."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.token("workspace", allow_update_subresources=True)
            made = await live.post(
                live.asked("/Activities", token, "POST", FriendlyName="Lunch"), "workspace"
            )
            assert (made.status_code, made.json()["payload"]["friendly_name"]) == (200, "Lunch")

            token = live.token("workspace", allow_delete_subresources=True)
            gone = await live.post(
                live.asked(f"/Activities/{made.json()['payload']['sid']}", token, "DELETE"),
                "workspace",
            )
            assert (gone.status_code, gone.json()) == (200, {"event_type": None, "payload": None})

    asyncio.run(story())


def test_a_list_is_followed_page_by_page(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """The address of the next page, query included, is asked for as it is."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.token()
            first = await live.post(live.asked("/Activities", token, PageSize=2))
            page = first.json()["payload"]
            second = await live.post(
                {"url": page["meta"]["next_page_url"], "method": "GET", "token": token}
            )

            assert len(page["activities"]) == 2
            assert page["meta"]["url"].startswith(f"http://127.0.0.1:{live.port}/")
            assert second.json()["payload"]["activities"][0]["sid"] not in {
                each["sid"] for each in page["activities"]
            }

    asyncio.run(story())


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x/y"])
def test_the_content_type_says_nothing(tmp_path: Path, ambient: VirtualAmbient, kind: str) -> None:
    """Browsers call their JSON text or a form; it is read as JSON all the same."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            asked = live.asked("/Activities", live.token())
            answer = await live.post(asked, **{"Content-Type": kind, "Origin": "https://x.example"})

            assert answer.status_code == 200

    asyncio.run(story())


@pytest.mark.feature("181.5")
def test_the_unload_beacon_is_an_ordinary_post(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """What a page sends while it is left sets the worker's activity at once."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.token(allow_update_activities=True)
            path = f"/Workers/{live.names['alice']}"
            beacon = live.asked(path, token, "POST", ActivitySid=live.names["Offline"])
            answer = await live.post(beacon, Cookie="a=b", Origin="https://desk.example")

            assert answer.status_code == 200
            assert (await live.worker())["activity_name"] == "Offline"

    asyncio.run(story())


def test_a_task_of_a_listed_reservation_can_be_fetched_long_after_its_end(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """An hour after a task ended its worker's channel still answers it; REST does not."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.token(**ALL)
            async with live.socket(token) as opened:
                task_sid = await live.add_task()
                await accepted(live, token, await frame(opened))
            await live.post(
                live.asked(f"/Tasks/{task_sid}", token, "POST", AssignmentStatus="completed")
            )
            ambient.advance(3_600_000)
            await live.add_worker("bob")

            listed = await live.post(
                live.asked(f"/Workers/{live.names['alice']}/Reservations", token)
            )
            assert [each["task_sid"] for each in listed.json()["payload"]["reservations"]] == [
                task_sid
            ]
            fetched = await live.post(live.asked(f"/Tasks/{task_sid}", token))
            assert fetched.status_code == 200
            assert fetched.json()["payload"]["assignment_status"] == "completed"

            other = await live.post(live.asked(f"/Tasks/{task_sid}", live.token("bob")), "bob")
            assert other.status_code == 404

    asyncio.run(story())


@pytest.mark.feature(287)
@pytest.mark.parametrize("name", ["workspace", "queue"])
def test_workspaces_and_queues_have_a_live_channel(
    tmp_path: Path, ambient: VirtualAmbient, name: str
) -> None:
    """Tokens of a workspace and of a task queue open their sockets and carry requests."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.token(name)
            async with live.socket(token, name, closeExistingSessions="false"):
                path = "/" if name == "workspace" else f"/TaskQueues/{live.names[name]}"
                told = {**live.asked(path, token), "event_type": "ready"}
                answer = await live.post(told, name)

                assert (answer.status_code, answer.json()["event_type"]) == (200, "ready")
                assert answer.json()["payload"]["sid"] == live.names[name]

    asyncio.run(story())


@pytest.mark.feature(182)
def test_a_newer_session_evicts_with_a_reason(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """The older tab is told by code and reason that a newer one took over."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with (
                live.socket(live.token()) as older,
                live.socket(live.token(ttl=7200), closeExistingSessions="true") as newer,
            ):
                assert await ended(older) == (1000, "closed by a newer session")
                await live.add_task()
                assert (await frame(newer))["event_type"] == "reservation.created"

    asyncio.run(story())


def test_a_deleted_worker_is_told(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """Deleting a worker closes his sockets with 4404; a socket of no worker is closed the same way."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            token = live.token(**ALL)
            async with live.socket(token) as opened:
                path = f"/Workers/{live.names['alice']}"
                await live.rest("POST", live.home + path, ActivitySid=live.names["Offline"])
                answer = await live.post(live.asked(path, token, "DELETE"))

                assert (answer.status_code, answer.json()["payload"]) == (200, None)
                assert (await ended(opened))[0] == 4404
            async with live.socket(token) as late:
                assert (await ended(late))[0] == 4404

    asyncio.run(story())


@pytest.mark.feature(289)
def test_a_stopping_server_says_so(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """Sockets close with 1012 and a reason, so that clients come back."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live, live.socket(live.token()) as opened:
            await live.gateway.stop()

            code, reason = await ended(opened)
            assert code == 1012 and reason

    asyncio.run(story())


@pytest.mark.parametrize("path", [f"/v1/wschannels/{AC}", f"/v1/wschannels/{AC}/x/y"])
def test_paths_without_a_channel_are_refused(
    tmp_path: Path, ambient: VirtualAmbient, path: str
) -> None:
    """What is not served is 404 with the documented body, for a page of any origin."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live, httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{live.port}{path}", content=b"{}")

            assert (answer.status_code, answer.json()["code"]) == (404, 20404)
            assert answer.headers["access-control-allow-origin"] == "*"

    asyncio.run(story())
