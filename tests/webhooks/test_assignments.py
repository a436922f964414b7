"""Assignment callbacks from the offer to what becomes of it, by each rule of the documentation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pointsman.ambient import VirtualAmbient
from pointsman.settings import Settings
from tests.receiver import Received, Receiver, Reply, a_receiver, never
from tests.webhooks.scene import AUTH_TOKEN, Scene, a_scene

Told = Callable[[Scene, Receiver, str], Awaitable[None]]


def replying(value: Any, content_type: str = "application/json", status: int = 200) -> Reply:
    """Answers with this JSON value, or with this text."""
    text = value if isinstance(value, str) else json.dumps(value)

    async def answer(_: Received) -> web.StreamResponse:
        return web.Response(text=text, content_type=content_type, status=status)

    return answer


def offered(folder: Path, answer: Reply, told: Told, **settings: Any) -> None:
    """Offer one task to alice, let the receiver answer, and hand over to the rest of the test."""

    async def story() -> None:
        async with a_receiver(answer) as receiver, a_scene(folder, **settings) as scene:
            await scene.furnish(
                workflow={
                    "AssignmentCallbackUrl": f"{receiver.url}/first",
                    "FallbackAssignmentCallbackUrl": f"{receiver.url}/second",
                }
            )
            await scene.a_worker(Attributes='{"contact_uri":"client:alice"}')
            task_sid = await scene.a_task(Attributes='{"language":"es","from":"+15550100"}')
            await scene.quiet()
            await told(scene, receiver, task_sid)

    asyncio.run(story())


def paths(receiver: Receiver) -> list[str]:
    return [got.url.removeprefix(receiver.url) for got in receiver.received]


@pytest.mark.feature(19, 142, 143)
def test_an_offer_is_posted_with_every_field(tmp_path: Path) -> None:
    """The form has exactly the documented fields, signed; an empty answer leaves the offer pending."""

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        [got] = receiver.received
        [offer] = await scene.offers(task_sid)
        task = await scene.get(f"{scene.home}/Tasks/{task_sid}")
        worker = await scene.get(offer["links"]["worker"])
        assert got.is_signed_by(AUTH_TOKEN)
        assert got.form == {
            "Timestamp": str(scene.ambient.now() // 1000),
            "AccountSid": task["account_sid"],
            "WorkspaceSid": scene.workspace_sid,
            "WorkspaceName": "office",
            "WorkflowSid": scene.workflow_sid,
            "WorkflowName": "calls",
            "TaskQueueSid": task["task_queue_sid"],
            "TaskQueueName": "all",
            "TaskChannelUniqueName": "default",
            "WorkerSid": offer["worker_sid"],
            "WorkerName": "alice",
            "WorkerAttributes": worker["attributes"],
            "TaskSid": task_sid,
            "TaskAttributes": task["attributes"],
            "TaskAge": "0",
            "TaskPriority": "0",
            "ReservationSid": offer["sid"],
        }
        assert got.headers["webhook-id"] == offer["sid"]
        assert await scene.statuses(task_sid) == ["pending"]
        assert await scene.alerts() == []

    offered(tmp_path, replying("", "text/plain"), told)


@pytest.mark.feature(144)
def test_accept_accepts(tmp_path: Path) -> None:
    """The answer `accept` assigns the task to the worker who was asked."""

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        task = await scene.get(f"{scene.home}/Tasks/{task_sid}")
        assert task["assignment_status"] == "assigned"
        assert await scene.statuses(task_sid) == ["accepted"]
        assert await scene.alerts() == []

    offered(tmp_path, replying({"instruction": "accept"}), told)


@pytest.mark.feature(144)
def test_reject_rejects_and_moves_the_worker(tmp_path: Path) -> None:
    """The answer `reject` frees the worker, who goes to the activity that it names."""

    async def story() -> None:
        async with a_receiver() as receiver, a_scene(tmp_path) as scene:
            await scene.furnish(workflow={"AssignmentCallbackUrl": receiver.url})
            offline = await scene.activity("Offline")
            receiver.answer = replying({"instruction": "reject", "activity_sid": offline})
            worker_sid = await scene.a_worker()
            task_sid = await scene.a_task()
            await scene.quiet()
            worker = await scene.get(f"{scene.home}/Workers/{worker_sid}")
            assert worker["activity_name"] == "Offline"
            assert await scene.statuses(task_sid) == ["rejected"]
            assert await scene.alerts() == []

    asyncio.run(story())


@pytest.mark.feature(144)
def test_a_reject_without_an_activity_is_told(tmp_path: Path) -> None:
    """The offer is rejected all the same, the worker keeps his activity, and 40100 is noted."""
    answers = iter([replying({"instruction": "reject"})])

    async def once(got: Received) -> web.StreamResponse:
        return await next(answers, replying(""))(got)

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        assert await scene.statuses(task_sid) == ["rejected", "pending"]
        assert await scene.alerts() == [(40100, "error")]

    offered(tmp_path, once, told)


@pytest.mark.feature(144)
def test_a_reject_to_an_unknown_activity_is_refused(tmp_path: Path) -> None:
    """The offer stays pending, and 40100 is noted."""

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        assert await scene.statuses(task_sid) == ["pending"]
        assert await scene.alerts() == [(40100, "error")]

    offered(tmp_path, replying({"instruction": "reject", "activity_sid": "WA" + "0" * 32}), told)


@pytest.mark.feature(147)
@pytest.mark.parametrize(
    ("answer", "code", "posts"),
    [
        (replying({"note": "thanks"}), 40005, 1),
        (replying("{not json"), 40001, 1),
    ],
    ids=["40005", "40001"],
)
def test_an_answer_without_an_instruction_is_a_warning(
    answer: Reply, code: int, posts: int, tmp_path: Path
) -> None:
    """JSON without an instruction, and what is no JSON, are noted; the offer stays pending."""

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        assert len(receiver.received) == posts
        assert await scene.statuses(task_sid) == ["pending"]
        assert await scene.alerts() == [(code, "warning")]

    offered(tmp_path, answer, told)


@pytest.mark.feature(147)
def test_an_answer_of_another_type_goes_to_the_fallback(tmp_path: Path) -> None:
    """A body that is not declared JSON is warning 40000 and counts as a failure."""

    async def answer(got: Received) -> web.StreamResponse:
        kind = "text/plain" if "/first" in got.url else "application/json"
        return web.Response(text='{"instruction": "accept"}', content_type=kind)

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        assert paths(receiver) == ["/first", "/second"]
        assert receiver.received[1].form["ErrorCode"] == "40000"
        assert await scene.statuses(task_sid) == ["accepted"]
        assert await scene.alerts() == [(40000, "warning")]

    offered(tmp_path, answer, told)


@pytest.mark.feature(145)
@pytest.mark.parametrize("bad", [never, replying("", status=500)], ids=["slow", "failing"])
def test_the_fallback_is_asked_when_the_first_does_not_answer(bad: Reply, tmp_path: Path) -> None:
    """It gets the same form and what went wrong; its answer counts."""

    async def answer(got: Received) -> web.StreamResponse:
        return await (bad if "/first" in got.url else replying({"instruction": "accept"}))(got)

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        assert paths(receiver) == ["/first", "/second"]
        first, second = receiver.received
        error = {"ErrorCode": "11200", "ErrorUrl": f"{receiver.url}/first"}
        assert second.form == first.form | error
        assert second.is_signed_by(AUTH_TOKEN)
        assert second.headers["webhook-id"] == first.headers["webhook-id"]
        assert await scene.statuses(task_sid) == ["accepted"]

    offered(tmp_path, answer, told, assignment_callback_s=0.2)


@pytest.mark.feature(145, partly=True)
def test_the_limit_is_five_seconds_by_default() -> None:
    """The documented limits are the settings' defaults."""
    assert (Settings().assignment_callback_s, Settings().event_callback_s) == (5.0, 15.0)


@pytest.mark.feature(146)
def test_two_dead_urls_cancel_the_offer_and_let_the_task_rest(tmp_path: Path) -> None:
    """The worker keeps his activity; the next offers come after 1, 2, 4 … at most 30 seconds."""

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        assert paths(receiver) == ["/first", "/second"]
        assert await scene.statuses(task_sid) == ["canceled"]
        [offer] = await scene.offers(task_sid)
        worker = await scene.get(offer["links"]["worker"])
        assert worker["activity_name"] == "Available"
        for rest_s in (1, 2, 4, 8, 16, 30, 30):
            before = len(receiver.received)
            await scene.pass_time(rest_s - 0.001)
            assert len(receiver.received) == before
            await scene.pass_time(0.001)
            assert len(receiver.received) == before + 2
        assert set(await scene.statuses(task_sid)) == {"canceled"}
        assert set(await scene.alerts()) == {(11200, "error")}

        receiver.answer = replying({"instruction": "accept"})
        await scene.pass_time(30)
        assert (await scene.statuses(task_sid))[-1] == "accepted"

    offered(tmp_path, replying("", status=503), told)


@pytest.mark.feature(158, partly=True)
@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ({"instruction": "dequeue", "from": "+15550100"}, 40133),
        ({"instruction": "call", "from": "+15550100", "url": "https://a.example/"}, 40113),
        ({"instruction": "call", "from": "+15550100"}, 40112),
        ({"instruction": "redirect", "call_sid": "CA1", "url": "https://a.example/"}, 40121),
        ({"instruction": "conference", "from": "+15550100"}, 40145),
        ({"instruction": "conference", "from": "+15550100", "max_participants": 1}, 20001),
        ({"instruction": "sing"}, 55555),
    ],
)
def test_an_instruction_that_needs_a_call_leaves_an_alert(
    instruction: dict[str, Any], code: int, tmp_path: Path
) -> None:
    """Without a voice provider the offer stays pending and the documented code is noted."""

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        assert await scene.statuses(task_sid) == ["pending"]
        assert await scene.alerts() == [(code, "error")]
        assert len(receiver.received) == 1

    offered(tmp_path, replying(instruction), told)


def test_an_answer_that_comes_too_late_changes_nothing(tmp_path: Path) -> None:
    """When the task was canceled meanwhile, a telephony instruction leaves its alert, accept none."""

    async def story(instruction: dict[str, Any], alerts: list[tuple[int, str]]) -> None:
        asked, decided = asyncio.Event(), asyncio.Event()

        async def answer(_: Received) -> web.StreamResponse:
            asked.set()
            await decided.wait()
            return web.json_response(instruction)

        folder = tmp_path / instruction["instruction"]
        async with a_receiver(answer) as receiver, a_scene(folder) as scene:
            await scene.furnish(workflow={"AssignmentCallbackUrl": receiver.url})
            await scene.a_worker()
            task_sid = await scene.a_task()
            await asked.wait()
            await scene.post(f"{scene.home}/Tasks/{task_sid}", AssignmentStatus="canceled")
            decided.set()
            await scene.quiet()
            assert await scene.statuses(task_sid) == ["canceled"]
            assert await scene.alerts() == alerts

    asyncio.run(story({"instruction": "accept"}, []))
    asyncio.run(story({"instruction": "dequeue"}, [(40135, "error")]))


def test_an_answer_that_was_not_handled_is_asked_for_again(tmp_path: Path) -> None:
    """After a restart an offer whose callback was under way is posted again, one that is over is not."""

    async def story() -> None:
        ambient = VirtualAmbient()
        async with a_receiver(never) as receiver:
            async with a_scene(tmp_path, ambient) as scene:
                await scene.furnish(workflow={"AssignmentCallbackUrl": receiver.url})
                await scene.a_worker("alice")
                await scene.a_worker("bob")
                pending, over = await scene.a_task(), await scene.a_task()
                before = list(await receiver.wait_for(2))
                await scene.post(f"{scene.home}/Tasks/{over}", AssignmentStatus="canceled")
                home = scene.home
            receiver.received.clear()
            receiver.answer = replying({"instruction": "accept"})
            async with a_scene(tmp_path, ambient) as scene:
                scene.workspace_sid = home.rsplit("/", 1)[1]
                await scene.quiet()
                assert [got.form["TaskSid"] for got in receiver.received] == [pending]
                assert receiver.received[0].form in [got.form for got in before]
                assert await scene.statuses(pending) == ["accepted"]
            receiver.received.clear()
            async with a_scene(tmp_path, ambient) as scene:
                await scene.quiet()
                assert receiver.received == []

    asyncio.run(story())


@pytest.mark.feature(70)
def test_a_workflow_without_urls_calls_nobody(tmp_path: Path) -> None:
    """URLs are stored and cleared by an empty text; then the offer just waits."""

    async def told(scene: Scene, receiver: Receiver, task_sid: str) -> None:
        path = f"{scene.home}/Workflows/{scene.workflow_sid}"
        stored = await scene.get(path)
        assert stored["assignment_callback_url"] == f"{receiver.url}/first"
        assert stored["fallback_assignment_callback_url"] == f"{receiver.url}/second"
        cleared = await scene.post(path, AssignmentCallbackUrl="", FallbackAssignmentCallbackUrl="")
        assert not cleared["assignment_callback_url"]
        assert not cleared["fallback_assignment_callback_url"]
        before = len(receiver.received)
        await scene.a_worker("bob")
        task_sid = await scene.a_task()
        await scene.quiet()
        assert await scene.statuses(task_sid) == ["pending"]
        assert len(receiver.received) == before

    offered(tmp_path, replying(""), told)
