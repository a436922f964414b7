"""Refusals that only a provider can give, each with its documented code, and the choice of a provider."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.voice.test_dequeue import waiting
from tests.webhooks.scene import a_scene

FOREIGN = "+15559999999"


async def refused(scene: VoiceScene, instruction: str, **params: Any) -> int:
    """The code with which the newest offer refuses an instruction; it stays pending, with an alert."""
    offer = (await scene.get(f"{scene.home}/Tasks"))["tasks"][-1]["sid"]
    (reservation,) = await scene.offers(offer)
    path = f"{scene.home}/Tasks/{offer}/Reservations/{reservation['sid']}"
    answer = await scene.http.post(path, data={"Instruction": instruction, **params})
    assert answer.status_code == 400
    assert await scene.statuses(offer) == ["pending"]
    code: int = answer.json()["code"]
    assert code in {alert for alert, _ in await scene.alerts()}
    return code


@pytest.mark.feature(148)
def test_tasks_without_a_call(tmp_path: Path) -> None:
    """Without a caller who waits there is nothing to dequeue, to confer with or to redirect."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        await scene.a_phone("alice")
        await scene.a_task(Attributes=f'{{"to": "{HOTLINE}", "call_sid": "CA0"}}')
        assert await refused(scene, "dequeue") == 40140
        assert await refused(scene, "conference") == 40142
        url = f"{scene.application.url}/other"
        gone = {"RedirectCallSid": "CA0", "RedirectUrl": url}
        assert await refused(scene, "redirect", **gone) == 40122

    told(tmp_path, story)


@pytest.mark.feature(148)
def test_numbers_of_others(tmp_path: Path) -> None:
    """No call shows a number that is not the account's own."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        url = f"{scene.application.url}/worker"
        assert await refused(scene, "dequeue", DequeueFrom=FOREIGN) == 40132
        assert await refused(scene, "call", CallFrom=FOREIGN, CallUrl=url) == 40111
        assert await refused(scene, "conference", From=FOREIGN) == 40138

    told(tmp_path, story)


def test_any_number_where_the_operator_says_so(tmp_path: Path) -> None:
    """POINTSMAN_VOICE_CALLER_ID=any lets calls show every number."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct("dequeue", DequeueFrom=FOREIGN)
        await scene.pass_time(1)
        assert scene.world.legs[scene.leg_of("client:alice")].other == FOREIGN
        assert scene.hears(caller) == {"client:alice"}

    told(tmp_path, story, voice_caller_id="any")


def test_numbers_nobody_configured(tmp_path: Path) -> None:
    """A call to a number that is not ours is turned away, and makes neither call nor task."""

    async def story(scene: VoiceScene) -> None:
        leg = await scene.call_in(CALLER, "+15558888888")
        assert scene.world.legs[leg].ended
        assert scene.exchange.lines == {}

    told(tmp_path, story)


@pytest.mark.feature(158)
@pytest.mark.parametrize(("voice", "code"), [("none", 40133), ("simulator", 40140)])
def test_the_provider_is_a_setting(tmp_path: Path, voice: str, code: int) -> None:
    """The same request meets the provider that the setting names, and each answers with its own code."""

    async def story() -> None:
        async with a_scene(tmp_path, voice=voice) as scene:
            await scene.furnish()
            await scene.a_worker(Attributes='{"contact_uri": "client:alice"}')
            task_sid = await scene.a_task(Attributes=f'{{"to": "{HOTLINE}", "call_sid": "CA0"}}')
            (offer,) = await scene.offers(task_sid)
            path = f"{scene.home}/Tasks/{task_sid}/Reservations/{offer['sid']}"
            answer = await scene.http.post(path, data={"Instruction": "dequeue"})
            assert (answer.status_code, answer.json()["code"]) == (400, code)

    asyncio.run(story())
