"""A worker passes a caller on: who hears whom before, meanwhile and afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pointsman.engine.commands import CancelTransfer
from pointsman.engine.records import Actor
from pointsman.voice.provider import Event, LegAnswered
from tests.voice.scene import CALLER, VoiceScene, told
from tests.voice.test_dequeue import waiting
from tests.webhooks.scene import ACCOUNT_SID
from tests.webhooks.test_transfers import KEY, Colleagues

ALICE, BOB = "client:alice", "client:bob"


class Talk:
    """Alice talks with the caller in a conference; Bob could take over."""

    def __init__(self, scene: VoiceScene, caller: str, they: Colleagues) -> None:
        self.scene, self.caller, self.they = scene, caller, they

    async def take_over(self, **params: str) -> None:
        await self.scene.instruct("conference", **params)
        await self.scene.pass_time(2)

    async def fetch_back(self, worker_sid: str) -> None:
        """A worker takes the customer off hold."""
        told = {"TaskSid": self.they.task, "Hold": "false"}
        await self.they.ask(worker_sid, "CustomerParticipant", **told)
        await self.scene.pass_time(0)

    async def goes_on_without_bob(self) -> None:
        """Bob is out, the task is Alice's again, and she takes the customer back."""
        assert self.scene.world.legs[self.scene.leg_of(BOB)].ended
        assert await self.standing() == ("assigned", ["accepted", "canceled"])
        await self.fetch_back(self.they.alice)
        assert self.scene.hears(self.caller) == {ALICE}

    async def standing(self) -> tuple[str, list[str]]:
        """Where the task and its reservations stand, the oldest first."""
        task = await self.scene.task()
        offers = await self.scene.offers(task["sid"])
        return task["assignment_status"], [one["reservation_status"] for one in offers]


async def talking(scene: VoiceScene, bob: dict[str, Any], **conference: str) -> Talk:
    """The caller, and Alice who took him; then Bob comes in."""
    caller = await waiting(scene)
    await scene.instruct("conference", **conference)
    await scene.pass_time(2)
    offer = await scene.offer()
    bob_sid = await scene.a_phone("bob", **bob)
    they = Colleagues(scene, offer["worker_sid"], bob_sid, offer["task_sid"], offer["sid"])
    assert scene.hears(caller) == {ALICE}
    return Talk(scene, caller, they)


@pytest.mark.feature(187)
def test_a_warm_transfer(tmp_path: Path) -> None:
    """The customer is held, the two workers talk, then all three, and the last worker wraps up the task."""

    async def story(scene: VoiceScene) -> None:
        talk = await talking(scene, {})
        await talk.they.pass_on(talk.they.bob)
        await scene.pass_time(0)
        assert scene.hears(talk.caller) == {"music"}
        assert await talk.standing() == ("reserved", ["accepted", "pending"])
        await talk.take_over()
        assert await talk.standing() == ("assigned", ["accepted", "accepted"])
        alice, bob = scene.leg_of(ALICE), scene.leg_of(BOB)
        assert (scene.hears(alice), scene.hears(bob)) == ({BOB}, {ALICE})
        assert scene.hears(talk.caller) == {"music"}
        await talk.fetch_back(talk.they.bob)
        assert scene.hears(talk.caller) == {ALICE, BOB}
        assert scene.hears(bob) == {ALICE, CALLER}
        scene.world.hang_up(alice)
        await scene.pass_time(1)
        assert scene.hears(talk.caller) == {BOB}
        assert await talk.standing() == ("assigned", ["wrapping", "accepted"])
        scene.world.hang_up(bob)
        await scene.pass_time(0)
        assert await talk.standing() == ("wrapping", ["wrapping", "wrapping"])

    told(tmp_path, story, **KEY)


@pytest.mark.feature(187)
@pytest.mark.parametrize("ends", ["true", "false"])
def test_a_cold_transfer(tmp_path: Path, ends: str) -> None:
    """Whoever passes on cold is out at once, and the customer waits with music, whatever ends the conference."""

    async def story(scene: VoiceScene) -> None:
        talk = await talking(scene, {}, EndConferenceOnExit=ends)
        await talk.they.pass_on(talk.they.bob, "COLD")
        await scene.pass_time(0)
        assert scene.world.legs[scene.leg_of(ALICE)].ended
        assert scene.hears(talk.caller) == {"music"}
        assert await talk.standing() == ("reserved", ["wrapping", "pending"])
        await talk.take_over()
        await talk.fetch_back(talk.they.bob)
        assert scene.hears(talk.caller) == {BOB}
        assert scene.hears(scene.leg_of(BOB)) == {CALLER}
        assert await talk.standing() == ("assigned", ["wrapping", "accepted"])

    told(tmp_path, story, **KEY)


@pytest.mark.feature(187, partly=True)
def test_nobody_answers_a_transfer(tmp_path: Path) -> None:
    """The task is Alice's again, who takes the customer back."""

    async def story(scene: VoiceScene) -> None:
        talk = await talking(scene, {"outcome": "busy"})
        await talk.they.pass_on(talk.they.bob)
        await talk.take_over()
        await talk.goes_on_without_bob()

    told(tmp_path, story, **KEY)


@pytest.mark.feature(187, partly=True)
@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_a_transfer_is_taken_back(tmp_path: Path, seconds: float) -> None:
    """While Bob's phone rings: it stops ringing, and the talk in the conference goes on."""

    async def story(scene: VoiceScene) -> None:
        talk = await talking(scene, {"answers_after_ms": 1_000})
        transfer = await talk.they.pass_on(talk.they.bob)
        await scene.instruct("conference")
        await scene.pass_time(seconds)
        await talk.they.cancel(transfer)
        await scene.pass_time(2)
        await talk.goes_on_without_bob()

    told(tmp_path, story, **KEY)


@pytest.mark.feature(187, partly=True)
@pytest.mark.parametrize("turns", range(8))
def test_a_transfer_is_taken_back_in_the_moment_of_the_answer(tmp_path: Path, turns: int) -> None:
    """However far Bob was on his way into the conference, he is out of it, and the others talk on."""

    async def story(scene: VoiceScene) -> None:
        talk = await talking(scene, {})
        transfer = await talk.they.pass_on(talk.they.bob)
        hear, loop = scene.exchange.hear, asyncio.get_running_loop()

        def late(left: int, event: Event) -> None:
            if left:
                loop.call_soon(late, left - 1, event)
            else:
                hear(event)

        def listen(event: Event) -> None:
            if not isinstance(event, LegAnswered):
                hear(event)
                return
            command = CancelTransfer(actor=Actor("worker", talk.they.alice), transfer_sid=transfer)
            scene.board.pace.spawn(scene.board.desk._do(scene.workspace_sid, command))
            late(turns, event)

        scene.world._sink = listen
        await talk.take_over()
        await talk.goes_on_without_bob()

    told(tmp_path, story, **KEY)


@pytest.mark.feature(187, partly=True)
def test_a_customer_nobody_is_left_for(tmp_path: Path) -> None:
    """Passed on cold, and then canceled: he leaves the conference, and his document goes on."""

    async def story(scene: VoiceScene) -> None:
        talk = await talking(scene, {})
        scene.application.documents["/after"] = "<Say>Nobody is there</Say><Pause length='9'/>"
        await talk.they.pass_on(talk.they.bob, "COLD")
        await scene.pass_time(0)
        path = f"{scene.home}/Tasks/{talk.they.task}"
        await scene.post(path, AssignmentStatus="canceled", Reason="nobody")
        await scene.pass_time(1)
        assert scene.application.told("/after")
        assert not scene.world.legs[talk.caller].ended
        conferences = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Conferences.json"
        [conference] = (await scene.get(conferences))["conferences"]
        assert conference["status"] == "completed"

    told(tmp_path, story, **KEY)
