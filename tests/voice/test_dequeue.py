"""The instruction dequeue, from the caller's ring to the end of the talk, and everything that may go wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.voice.calls import Source
from pointsman.voice.hearing import Hearing
from pointsman.voice.provider import BridgeLeft, Event, LegAnswered, LegIncoming
from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told


async def waiting(scene: VoiceScene, **workers: dict[str, object]) -> str:
    """A caller who waits, offered to the workers; his leg."""
    for name, plan in (workers or {"alice": {}}).items():
        await scene.a_phone(name, **plan)
    await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}" action="/after"/>')
    return await scene.call_in()


@pytest.mark.feature(149, 156, 159, 220)
def test_from_ring_to_wrapping(tmp_path: Path) -> None:
    """The worker is called with the number dialled, hears the caller, and wraps up when he hangs up."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        assert scene.hears(caller) == {"music"}
        task = await scene.task()
        assert (task["attributes"]["from"], task["attributes"]["to"]) == (CALLER, HOTLINE)
        assert task["task_channel_unique_name"] == "voice"
        shown = await scene.instruct("dequeue")
        assert shown["reservation_status"] == "pending"
        worker = scene.leg_of("client:alice")
        assert scene.world.legs[worker].other == HOTLINE
        assert (await scene.task())["attributes"]["worker_call_sid"] == worker
        await scene.pass_time(1)
        assert await scene.status() == ("assigned", "accepted")
        assert scene.hears(caller) == {"client:alice"}
        assert scene.hears(worker) == {CALLER}
        scene.world.hang_up(worker)
        await scene.pass_time(0)
        assert await scene.status() == ("wrapping", "wrapping")
        (after,) = scene.application.told("/after")
        assert (after["QueueResult"], after["TaskSid"]) == ("bridged", task["sid"])
        assert after["QueueTime"] == "1"

    told(tmp_path, story)


@pytest.mark.feature(150, 218)
def test_nobody_picks_up(tmp_path: Path) -> None:
    """A phone nobody picks up ends the offer with the caller's music going on, and the next worker is rung."""

    async def story(scene: VoiceScene) -> None:
        busy: dict[str, object] = {"outcome": "no-answer"}
        caller = await waiting(scene, alice=busy, bob={})
        await scene.instruct("dequeue", DequeueTimeout="15")
        await scene.pass_time(15)
        assert await scene.status() == ("pending", "canceled")
        assert scene.hears(caller) == {"music"}
        await scene.pass_time(1)
        await scene.instruct("dequeue")
        await scene.pass_time(1)
        assert scene.hears(caller) == {"client:bob"}
        heard = [sources for _, sources in map(_pair, scene.world.heard(caller)) if sources]
        assert heard[0] == {"music"} and len(heard) == 2

    told(tmp_path, story)


@pytest.mark.feature(161)
@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_the_caller_leaves_while_the_phone_rings(tmp_path: Path, seconds: float) -> None:
    """When the caller hangs up, the worker's phone stops ringing, and task and offer are canceled."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct("dequeue")
        await scene.pass_time(seconds)
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert await scene.status() == ("canceled", "canceled")
        assert (await scene.task())["reason"] == "hangup"
        assert scene.world.legs[scene.leg_of("client:alice")].ended
        (after,) = scene.application.told("/after")
        assert (after["QueueResult"], after["TaskCanceledReason"]) == ("hangup", "hangup")

    told(tmp_path, story)


@pytest.mark.feature(225)
def test_the_caller_leaves_in_the_moment_of_the_answer(tmp_path: Path) -> None:
    """Hang-up and answer at once: the worker is let go, and the task is canceled."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct("dequeue")
        scene.ambient.advance(1_000)
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert await scene.status() == ("canceled", "canceled")
        assert scene.world.legs[scene.leg_of("client:alice")].ended

    told(tmp_path, story)


@pytest.mark.feature(225, partly=True)
@pytest.mark.parametrize("instruction", ["dequeue", "conference"])
@pytest.mark.parametrize("turns", range(6))
def test_the_caller_leaves_just_after_the_answer(
    tmp_path: Path, instruction: str, turns: int
) -> None:
    """However far the two were on their way to each other: nobody is left on the line, and nothing is open."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        hear, loop = scene.exchange.hear, asyncio.get_running_loop()

        def leave(left: int) -> None:
            if left:
                loop.call_soon(leave, left - 1)
            else:
                scene.world.hang_up(caller)

        def listen(event: Event) -> None:
            hear(event)
            if isinstance(event, LegAnswered):
                leave(turns)

        scene.world._sink = listen
        both = {"EndConferenceOnCustomerExit": "true"} if instruction == "conference" else {}
        await scene.instruct(instruction, **both)
        await scene.pass_time(2)
        assert scene.exchange.lines == {}
        task, offer = await scene.status()
        assert (task, offer) in {("canceled", "canceled"), ("wrapping", "wrapping")}
        assert scene.world.legs[scene.leg_of("client:alice")].ended

    told(tmp_path, story)


def test_the_caller_leaves_the_queue(tmp_path: Path) -> None:
    """Nobody rang for him yet: task and offer are canceled, and the worker gets the next caller's offer."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        second = await scene.call_in("+15552223333")
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        first, other = await scene.tasks()
        assert (first["assignment_status"], first["reason"]) == ("canceled", "hangup")
        assert await scene.statuses(first["sid"]) == ["canceled"]
        assert await scene.statuses(other["sid"]) == ["pending"]
        assert scene.hears(second) == {"music"}

    told(tmp_path, story)


@pytest.mark.feature(228)
def test_two_workers_for_one_caller(tmp_path: Path) -> None:
    """The first who answers gets the caller; the other's phone is hung up and his offer rescinded."""

    async def story(scene: VoiceScene) -> None:
        (queue,) = (await scene.get(f"{scene.home}/TaskQueues"))["task_queues"]
        await scene.post(f"{scene.home}/TaskQueues/{queue['sid']}", MaxReservedWorkers="2")
        caller = await waiting(scene, alice={"answers_after_ms": 3_000}, bob={})
        task = await scene.task()
        for offer in await scene.offers(task["sid"]):
            path = f"{scene.home}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
            await scene.post(path, Instruction="dequeue")
        await scene.pass_time(3)
        assert sorted(await scene.statuses(task["sid"])) == ["accepted", "rescinded"]
        assert scene.hears(caller) == {"client:bob"}
        assert scene.world.legs[scene.leg_of("client:alice")].ended

    told(tmp_path, story)


@pytest.mark.feature(216)
def test_a_phone_that_never_answers(tmp_path: Path) -> None:
    """The answer to an instruction comes at once, with the offer pending, although the phone is silent."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene, alice={"outcome": "never"})
        shown = await scene.instruct("dequeue", DequeueTimeout="30")
        assert shown["reservation_status"] == "pending"
        assert scene.ambient.now() == scene.exchange.now
        await scene.pass_time(30)
        assert (await scene.status())[1] == "canceled"

    told(tmp_path, story)


@pytest.mark.feature(157)
@pytest.mark.feature(217, partly=True)
def test_voice_mail_when_the_worker_cannot_be_reached(tmp_path: Path) -> None:
    """The status callback names the caller's call, which is then sent to voice mail and never dropped."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene, alice={"outcome": "busy"})
        url = f"{scene.application.url}/status"
        await scene.instruct(
            "dequeue",
            DequeueStatusCallbackUrl=url,
            DequeueStatusCallbackEvent=["initiated", "ringing", "completed"],
        )
        await scene.pass_time(1)
        callbacks = scene.application.told("/status")
        assert [one["CallStatus"] for one in callbacks] == ["initiated", "ringing", "busy"]
        call_sid = (await scene.task())["attributes"]["call_sid"]
        assert {one["taskCallSid"] for one in callbacks} == {call_sid}
        scene.application.documents["/mail"] = (
            "<Say>Leave a message</Say><Record maxLength='5' playBeep='false' action='/kept'/>"
        )
        line = scene.exchange.lines[call_sid]
        await scene.exchange.redirect(line, Source(url=f"{scene.application.url}/mail"))
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Leave a message"}
        assert (await scene.task())["reason"] == "redirected"
        await scene.pass_time(8)
        (kept,) = scene.application.told("/kept")
        assert kept["RecordingDuration"] == "5"
        assert scene.world.recorded(kept["RecordingSid"]) == {f"voice:{caller}"}

    told(tmp_path, story)


def test_a_recorded_talk(tmp_path: Path) -> None:
    """With record-from-answer the completed callback waits for the recording and names it."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene, alice={"hangs_up_after_ms": 10_000})
        await scene.instruct(
            "dequeue",
            DequeueRecord="record-from-answer",
            DequeueStatusCallbackUrl=f"{scene.application.url}/status",
        )
        await scene.pass_time(12)
        (told_,) = scene.application.told("/status")
        assert (told_["CallStatus"], told_["CallDuration"]) == ("completed", "10")
        assert told_["RecordingDuration"] == "10"
        voices = {f"voice:{caller}", f"voice:{scene.leg_of('client:alice')}"}
        assert scene.world.recorded(told_["RecordingSid"]) == voices

    told(tmp_path, story)


def test_where_the_worker_goes_afterwards(tmp_path: Path) -> None:
    """The post-work activity is the worker's when the talk is over."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        offline = await scene.activity("Offline")
        await scene.instruct("dequeue", DequeuePostWorkActivitySid=offline)
        await scene.pass_time(1)
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert await scene.status() == ("wrapping", "wrapping")
        (worker,) = (await scene.get(f"{scene.home}/Workers"))["workers"]
        assert worker["activity_sid"] == offline

    told(tmp_path, story)


@pytest.mark.feature(229)
def test_events_twice_and_late(tmp_path: Path) -> None:
    """Every event of a talk told again, in any order, changes nothing."""

    async def story(scene: VoiceScene) -> None:
        seen: list[Event] = []
        hear = scene.exchange.hear

        def listen(event: Event) -> None:
            seen.append(event)
            hear(event)

        scene.world._sink = listen
        caller = await waiting(scene)
        await scene.instruct("dequeue")
        await scene.pass_time(1)
        for event in [e for e in reversed(seen) if not isinstance(e, BridgeLeft)]:
            hear(event)
        await scene.pass_time(0)
        assert scene.hears(caller) == {"client:alice"}
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        events = (await scene.get(f"{scene.home}/Events"))["events"]
        for event in reversed(seen):
            if not isinstance(event, LegIncoming):
                hear(event)
        await scene.pass_time(0)
        assert (await scene.get(f"{scene.home}/Events"))["events"] == events
        assert await scene.status() == ("wrapping", "wrapping")

    told(tmp_path, story)


def test_a_number_that_is_not_ours(tmp_path: Path) -> None:
    """A worker is not called with a number that the account does not have and nobody dialled."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        offer = await scene.offer()
        path = f"{scene.home}/Tasks/{offer['task_sid']}/Reservations/{offer['sid']}"
        params = {"Instruction": "dequeue", "DequeueFrom": "+15559999999"}
        refused = await scene.http.post(path, data=params)
        assert (refused.status_code, refused.json()["code"]) == (400, 40132)
        assert (await scene.status())[1] == "pending"

    told(tmp_path, story)


def _pair(heard: Hearing) -> tuple[int, frozenset[str]]:
    return heard.since, heard.sources
