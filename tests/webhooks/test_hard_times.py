"""Callbacks while the store fails, while time is moved by request, and while many wait."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pointsman.engine.events import EventType
from pointsman.store import CommitFailed, Group, Result
from pointsman.webhooks import lanes
from tests.receiver import Received, a_receiver, no_content
from tests.webhooks.scene import Scene, a_scene


async def always_500(_: Received) -> web.StreamResponse:
    return web.Response(status=500)


async def accept(_: Received) -> web.StreamResponse:
    return web.json_response({"instruction": "accept"})


def fail_once(scene: Scene, kind: EventType) -> asyncio.Event:
    """The next group in which such an event happens is not written; set when it was loaded again."""
    assert scene.app._parts is not None
    loaded = asyncio.Event()
    scene.app._parts.runtime.subscribe_loads(lambda workspace_sid: loaded.set())
    store: Any = scene.app._parts._store
    true, failed = store.commit, []

    def commit(group: Group) -> dict[str, Result]:
        happened = {event.type for part in group.workspaces for event in part.events}
        if kind in happened and not failed:
            failed.append(kind)
            raise CommitFailed("the disk is full")
        result: dict[str, Result] = true(group)
        return result

    store.commit = commit
    return loaded


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (accept, EventType.RESERVATION_ACCEPTED, "accepted"),
        (always_500, EventType.RESERVATION_CANCELED, "canceled"),
    ],
    ids=["accept", "cancel"],
)
def test_an_answer_that_was_not_stored_is_asked_for_again(
    answer: Any, kind: EventType, status: str, tmp_path: Path
) -> None:
    """When the disk fails at the decision the offer is still pending; it is posted once more."""

    async def story() -> None:
        async with a_receiver(answer) as receiver, a_scene(tmp_path) as scene:
            await scene.furnish(workflow={"AssignmentCallbackUrl": receiver.url})
            await scene.a_worker()
            loaded = fail_once(scene, kind)
            task_sid = await scene.a_task()
            await loaded.wait()
            await scene.quiet()
            assert await scene.statuses(task_sid) == ["pending"]
            await scene.pass_time(1)
            assert len(receiver.received) == 2
            assert receiver.received[0].form == receiver.received[1].form
            assert await scene.statuses(task_sid) == [status]

    asyncio.run(story())


def test_nothing_is_told_of_what_was_not_stored(tmp_path: Path) -> None:
    """A task whose making was not written is told to nobody; the next one is, and once."""

    async def story() -> None:
        async with a_receiver() as receiver, a_scene(tmp_path) as scene:
            await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter="task.created")
            loaded = fail_once(scene, EventType.TASK_CREATED)
            lost = await scene.http.post(f"{scene.home}/Tasks")
            assert lost.status_code == 503
            await loaded.wait()
            task_sid = await scene.a_task()
            await scene.quiet()
            assert [got.form["TaskSid"] for got in receiver.received] == [task_sid]

    asyncio.run(story())


@pytest.mark.feature(146, partly=True)
def test_a_clock_that_is_moved_waits_for_the_answers(tmp_path: Path) -> None:
    """One advance of a minute makes every offer, asks about each, and tries every callback again."""

    async def story() -> None:
        asked: list[int] = []

        async with a_receiver() as dead, a_receiver() as flaky, a_scene(tmp_path) as scene:

            async def refuse(_: Received) -> web.StreamResponse:
                asked.append(scene.ambient.now())
                return web.Response(status=500)

            dead.answer = flaky.answer = refuse
            await scene.furnish(
                workflow={"AssignmentCallbackUrl": dead.url},
                EventCallbackUrl=flaky.url,
                EventsFilter="task.created",
            )
            await scene.a_worker()
            began = scene.ambient.now()
            task_sid = await scene.a_task()
            await scene.post("/pointsman/v1/Clock", advance_s="60")

            offers = await scene.offers(task_sid)
            assert [offer["reservation_status"] for offer in offers] == ["canceled"] * 6
            assert len(dead.received) == 6  # at 0, 1, 3, 7, 15 and 31 seconds
            assert len(flaky.received) == 6
            seconds = sorted({(at - began) // 1000 for at in asked})
            assert seconds == [0, 1, 3, 7, 15, 31]

    asyncio.run(story())


@pytest.mark.feature(279, partly=True)
def test_a_receiver_that_is_dead_for_long_does_not_fill_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond its bound callbacks are dead letters at once, and can be redriven when it is back."""
    monkeypatch.setattr(lanes, "MOST_WAITING", 3)

    async def story() -> None:
        async with a_receiver(always_500) as receiver, a_scene(tmp_path) as scene:
            await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter="task.created")
            sids = [await scene.a_task() for _ in range(5)]
            await scene.quiet()
            letters = await scene.dead_letters()
            assert {each["reason"] for each in letters} == {
                "Too many callbacks wait for this receiver"
            }
            assert len(letters) == 2
            receiver.answer = no_content
            receiver.received.clear()
            await scene.pass_time(10)
            for letter in letters:
                await scene.http.post(letter["links"]["redrive"])
            await scene.quiet()
            assert sorted(got.form["TaskSid"] for got in receiver.received) == sorted(sids)

    asyncio.run(story())
