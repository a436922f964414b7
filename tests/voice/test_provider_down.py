"""The provider dies and comes back: what was under way, what is asked for meanwhile, and what comes after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.voice.test_dequeue import waiting

PROVIDER_DOWN = 32011


async def refused(scene: VoiceScene, instruction: str, **params: str) -> int:
    """The code with which the newest offer refuses an instruction."""
    offer = await scene.offer()
    path = f"{scene.home}/Tasks/{offer['task_sid']}/Reservations/{offer['sid']}"
    answer = await scene.http.post(path, data={"Instruction": instruction, **params})
    assert answer.status_code == 400
    code: int = answer.json()["code"]
    return code


@pytest.mark.feature(224)
def test_instructions_while_the_provider_is_down(tmp_path: Path) -> None:
    """Each is refused with its documented code, and the task waits again; with the provider back, calls work."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        await scene.a_phone("alice")
        attributes = f'{{"to": "{HOTLINE}", "from": "{CALLER}", "call_sid": "CA{"0" * 32}"}}'
        await scene.a_task(Attributes=attributes)
        scene.world.fall()
        url = f"{scene.application.url}/worker"
        asked: dict[str, dict[str, str]] = {
            "dequeue": {},
            "call": {"CallFrom": HOTLINE, "CallUrl": url},
            "redirect": {"RedirectCallSid": f"CA{'0' * 32}", "RedirectUrl": url},
            "conference": {},
        }
        for (kind, params), code in zip(asked.items(), (40133, 40113, 40122, 40145), strict=True):
            assert (await scene.offer())["reservation_status"] == "pending"
            assert await refused(scene, kind, **params) == code
            assert await scene.status() == ("pending", "canceled")
            await scene.pass_time(60)
        scene.world.rise()
        task = (await scene.task())["sid"]
        await scene.post(f"{scene.home}/Tasks/{task}", AssignmentStatus="canceled", Reason="over")
        assert (PROVIDER_DOWN, "error") in await scene.alerts()
        number = f'<Enqueue workflowSid="{scene.workflow_sid}"/>'
        await scene.number(number)
        caller = await scene.call_in()
        assert scene.hears(caller) == {"music"}

    told(tmp_path, story)


def test_supervising_while_the_provider_is_down(tmp_path: Path) -> None:
    """Nobody can listen in, and the reservation that was accepted stays as it is."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        await scene.a_phone("alice")
        await scene.a_task(Attributes=f'{{"from": "{HOTLINE}"}}')
        await scene.instruct("accept")
        scene.world.fall()
        params = {"Supervisor": "client:boss", "SupervisorMode": "monitor"}
        assert await refused(scene, "supervise", **params) == 40148
        assert await scene.status() == ("assigned", "accepted")

    told(tmp_path, story)


@pytest.mark.feature(224, partly=True)
@pytest.mark.parametrize("multi", ["true", "false"])
def test_talking_when_the_provider_dies(tmp_path: Path, multi: str) -> None:
    """The talk is over: the work is wrapped up, or completed where a worker has one task at a time."""

    async def story(scene: VoiceScene) -> None:
        await scene.furnish(MultiTaskEnabled=multi)
        await waiting(scene)
        await scene.instruct("dequeue")
        await scene.pass_time(1)
        assert await scene.status() == ("assigned", "accepted")
        scene.world.fall()
        await scene.pass_time(0)
        after = "wrapping" if multi == "true" else "completed"
        assert await scene.status() == (after, after)
        assert {code for code, _ in await scene.alerts()} == {PROVIDER_DOWN}
        scene.world.rise()
        await scene.call_in("+15552223333")
        assert len(await scene.tasks()) == 2

    told(tmp_path, story)


@pytest.mark.feature(224, partly=True)
def test_ringing_when_the_provider_dies(tmp_path: Path) -> None:
    """The caller is gone: offer and task are canceled with a reason, and nothing is on hold."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct("dequeue")
        scene.world.fall()
        await scene.pass_time(0)
        assert await scene.status() == ("canceled", "canceled")
        assert (await scene.task())["reason"] == "hangup"

    told(tmp_path, story)
