"""Event callbacks from the request that causes them to the receiver that gets them."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pointsman.ambient import VirtualAmbient
from tests.receiver import Received, Receiver, Reply, a_receiver, never, no_content
from tests.webhooks.scene import AUTH_TOKEN, Scene, a_scene


def types(received: list[Received]) -> list[str]:
    return [got.form["EventType"] for got in received]


def failing(*statuses: int) -> Reply:
    """Answers with these statuses, one each, then with 204."""
    left = list(statuses)

    async def answer(_: Received) -> web.StreamResponse:
        return web.Response(status=left.pop(0) if left else 204)

    return answer


async def always_500(_: Received) -> web.StreamResponse:
    return web.Response(status=500)


@pytest.mark.feature(19, 32, 165, 166)
def test_the_events_of_the_filter_are_posted_and_signed(tmp_path: Path) -> None:
    """Exactly the filtered types arrive, signed for the stock validator, with what Events tells."""

    async def story() -> None:
        async with a_receiver() as receiver, a_scene(tmp_path) as scene:
            await scene.furnish(
                EventCallbackUrl=f"{receiver.url}/events?app=1",
                EventsFilter="task.created, reservation.created,worker.activity.update",
            )
            await scene.a_worker()
            task_sid = await scene.a_task(Attributes='{"language":"es"}')
            received = await receiver.wait_for(2)
            await scene.quiet()

            assert sorted(types(received)) == ["reservation.created", "task.created"]
            assert all(got.is_signed_by(AUTH_TOKEN) for got in received)
            assert received[0].form["TaskSid"] == received[1].form["TaskSid"] == task_sid
            await compare(scene, received)

    asyncio.run(story())


async def compare(scene: Scene, received: list[Received]) -> None:
    """Each form says what the Event resource of its Sid says."""
    for got in received:
        event = await scene.get(f"{scene.home}/Events/{got.form['Sid']}")
        told = {
            "".join(w.capitalize() for w in name.split("_")): value
            for name, value in event["event_data"].items()
        }
        assert {name: got.form[name] for name in told} == told
        assert got.form["EventType"] == event["event_type"]
        assert got.form["EventDescription"] == event["description"]
        assert got.form["TimestampMs"] == str(event["event_date_ms"])
        assert got.form["ResourceSid"] == event["resource_sid"]
        assert got.headers["webhook-id"] == got.form["Sid"]
        assert got.headers["I-Twilio-Idempotency-Token"] == got.form["Sid"]


@pytest.mark.feature(32)
def test_without_a_filter_every_event_is_posted(tmp_path: Path) -> None:
    """All types arrive, the making and the end of the workspace included; none once it is cleared."""

    async def story() -> None:
        async with a_receiver() as receiver, a_scene(tmp_path) as scene:
            await scene.furnish(EventCallbackUrl=receiver.url)
            await scene.a_worker()
            await scene.quiet()
            assert {"workspace.created", "task-queue.created", "worker.created"} <= set(
                types(receiver.received)
            )

            await scene.post(scene.home, EventCallbackUrl="")
            await scene.quiet()
            before = len(receiver.received)
            await scene.a_task()
            await scene.quiet()
            assert len(receiver.received) == before

            await scene.post(scene.home, EventCallbackUrl=receiver.url)
            await scene.http.delete(scene.home)
            await scene.quiet()
            assert "workspace.deleted" in types(receiver.received)

    asyncio.run(story())


@pytest.mark.feature(169)
def test_a_flaky_receiver_gets_everything_in_order_with_the_same_sid(tmp_path: Path) -> None:
    """What fails is tried again with its Sid, and what follows of the same task waits for it."""

    async def story() -> None:
        async with a_receiver(failing(500, 503, 302, 404)) as receiver, a_scene(tmp_path) as scene:
            await scene.furnish()
            await scene.post(
                scene.home,
                EventCallbackUrl=receiver.url,
                EventsFilter="task.created,task.updated,task.canceled",
            )
            task_sid = await scene.a_task()
            task = f"{scene.home}/Tasks/{task_sid}"
            await scene.post(task, Attributes='{"step":1}')
            await scene.post(task, AssignmentStatus="canceled")
            await scene.quiet()
            assert types(receiver.received) == ["task.created"]

            await scene.pass_time(60)
            told = types(receiver.received)
            assert told == ["task.created"] * 5 + ["task.updated", "task.canceled"]
            assert len({got.form["Sid"] for got in receiver.received[:5]}) == 1
            assert len({got.headers["webhook-id"] for got in receiver.received}) == 3
            assert [got.form for got in receiver.received[:5]] == [receiver.received[0].form] * 5

    asyncio.run(story())


@pytest.mark.feature(169, 278)
def test_attempts_come_later_each_time_and_end_in_a_dead_letter(tmp_path: Path) -> None:
    """Delays double up to their bound; after a day the letter is dead, and a redrive delivers it."""
    times: list[int] = []

    async def story() -> None:
        async with a_receiver() as receiver, a_scene(tmp_path) as scene:

            async def refuse(_: Received) -> web.StreamResponse:
                times.append(scene.ambient.now())
                return web.Response(status=500)

            receiver.answer = refuse
            await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter="task.created")
            await scene.a_task()
            await scene.pass_time(90_000)

            seconds = [(b - a) / 1000 for a, b in itertools.pairwise(times)]
            assert seconds[:12] == [2.0**n for n in range(12)]
            assert set(seconds[12:-1]) == {3600.0}
            assert times[-1] - times[0] == 86_400_000
            await check_letter(scene, receiver, len(times))

    asyncio.run(story())


async def check_letter(scene: Scene, receiver: Receiver, attempts: int) -> None:
    [letter] = await scene.dead_letters()
    assert letter["sid"] == receiver.received[0].form["Sid"]
    assert (letter["reason"], letter["attempts"]) == ("It answered with status 500", attempts)
    assert letter["callback_url"] == receiver.url
    assert await scene.get(letter["url"]) == letter
    assert (await scene.get(letter["links"]["event"]))["sid"] == letter["sid"]

    receiver.answer = no_content
    answer = await scene.http.post(letter["links"]["redrive"])
    assert (answer.status_code, answer.json()["date_given_up"]) == (202, None)
    await scene.quiet()
    assert len(receiver.received) == attempts + 1
    assert receiver.received[-1].form == receiver.received[0].form
    assert await scene.dead_letters() == []
    assert (await scene.http.post(letter["links"]["redrive"])).status_code == 404


@pytest.mark.feature(278)
def test_dead_letters_are_the_accounts_own(tmp_path: Path) -> None:
    """Another account neither sees nor redrives a dead letter; pages hold the asking account's."""

    async def story() -> None:
        async with a_receiver(always_500) as receiver:
            async with a_scene(tmp_path, event_retry_s=0) as scene:
                url = receiver.url
                await scene.furnish(EventCallbackUrl=url, EventsFilter="task.created")
                for _ in range(3):
                    await scene.a_task()
                await scene.quiet()
                letters = await scene.dead_letters()
                page = await scene.get("/pointsman/v1/DeadLetters", PageSize=2)
                rest = await scene.get(page["meta"]["next_page_url"])
            assert [page["dead_letters"], rest["dead_letters"]] == [letters[:2], letters[2:]]
            async with a_scene(tmp_path, trusted=False) as other:
                assert await other.dead_letters() == []
                assert (await other.http.get(letters[0]["url"])).status_code == 404
                redrive = await other.http.post(letters[0]["links"]["redrive"])
                assert redrive.status_code == 404

    asyncio.run(story())


@pytest.mark.feature(279)
@pytest.mark.parametrize("bad", [never, always_500], ids=["slow", "failing"])
def test_a_bad_receiver_delays_only_itself(bad: Reply, tmp_path: Path) -> None:
    """While one receiver gets nothing done, another one gets every event at once."""

    async def story() -> None:
        async with a_receiver(bad) as dead, a_receiver() as healthy, a_scene(tmp_path) as scene:
            await scene.furnish(EventCallbackUrl=dead.url, EventsFilter="task.created")
            first = scene.home
            for _ in range(40):
                await scene.a_task()
            await dead.wait_for(16)
            await scene.furnish(EventCallbackUrl=healthy.url, EventsFilter="task.created")
            assert scene.home != first
            for _ in range(40):
                await scene.a_task()
            await healthy.wait_for(40)
            if bad is never:
                assert len(dead.received) == 16  # its own bound: the others wait for these

    asyncio.run(story())


@pytest.mark.feature(169, 279, partly=True)
def test_delivery_goes_on_after_a_restart(tmp_path: Path) -> None:
    """What did not arrive before the end arrives after the next start: same Sids, same order."""

    async def story() -> None:
        ambient = VirtualAmbient()
        async with a_receiver(always_500) as receiver:
            async with a_scene(tmp_path, ambient) as scene:
                await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter="task.created")
                sids = [await scene.a_task() for _ in range(5)]
                await scene.quiet()
            first = {got.form["TaskSid"]: got.form for got in receiver.received}
            receiver.answer = no_content
            receiver.received.clear()
            async with a_scene(tmp_path, ambient) as scene:
                await scene.pass_time(60)
                assert sorted(got.form["TaskSid"] for got in receiver.received) == sorted(sids)
                assert {got.form["TaskSid"]: got.form for got in receiver.received} == first
                await scene.pass_time(100_000)
                assert len(receiver.received) == 5

    asyncio.run(story())


@pytest.mark.feature(294, partly=True)
def test_an_operator_sees_what_is_owed_and_how_late_it_is(tmp_path: Path) -> None:
    """Attempts are counted by result, what waits is shown, and lag is measured when it arrives."""

    async def story() -> None:
        async with a_receiver(failing(500)) as receiver, a_scene(tmp_path) as scene:
            await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter="task.created")
            await scene.a_task()
            await scene.quiet()
            assert await metric(scene, 'waiting{kind="event"}') == 1
            await scene.pass_time(1)
            assert await metric(scene, 'waiting{kind="event"}') == 0
            assert await metric(scene, 's_total{kind="event",result="failed"}') == 1
            assert await metric(scene, 's_total{kind="event",result="arrived"}') == 1
            assert await metric(scene, '_lag_seconds_sum{kind="event"}') == 1

    asyncio.run(story())


async def metric(scene: Scene, name: str) -> float:
    """The value of the callbacks' metric whose name ends so."""
    lines = (await scene.http.get("/metrics")).text.splitlines()
    [line] = [each for each in lines if each.split(" ")[0].endswith(name) and "callback" in each]
    return float(line.split(" ")[1])


@pytest.mark.feature(280)
def test_an_ordinary_account_cannot_call_inside(tmp_path: Path) -> None:
    """Its callback to loopback is a dead letter at once; with the setting it arrives."""

    async def story(expected: int, **settings: Any) -> None:
        async with (
            a_receiver() as receiver,
            a_scene(tmp_path / str(expected), trusted=False, **settings) as scene,
        ):
            await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter="task.created")
            await scene.a_task()
            await scene.quiet()
            assert len(receiver.received) == expected
            reasons = [letter["reason"] for letter in await scene.dead_letters()]
            refused = ["The address 127.0.0.1 may not be called"]
            assert reasons == ([] if expected else refused)

    asyncio.run(story(0))
    asyncio.run(story(1, callback_addresses="127.0.0.1"))
