"""Live calls that an application redirects or ends over REST, in whatever they are, on simulated phones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice.scene import HOTLINE, VoiceScene, told
from tests.voice.stock import refused, stock
from tests.voice.test_dequeue import waiting

BOB = "+15550002222"
HELLO = "<Response><Say>Hello</Say><Pause length='30'/></Response>"


@pytest.mark.feature(194)
def test_a_live_call_is_redirected_and_ended(tmp_path: Path) -> None:
    """It runs other TwiML, by text or URL, as soon as it is told so; `completed` hangs it up."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("<Say loop='0'>Hello</Say>")
        scene.application.documents["/other"] = "<Say loop='0'>Good evening</Say>"
        caller = await scene.call_in()
        client, sid = stock(scene), scene.exchange.call_of(caller)
        assert sid is not None and scene.hears(caller) == {"say:Hello"}
        await client.calls(sid).update_async(url=f"{scene.application.url}/other", method="GET")
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Good evening"}
        goodbye = "<Response><Say loop='0'>Goodbye</Say></Response>"
        assert (await client.calls(sid).update_async(twiml=goodbye)).status == "in-progress"
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Goodbye"}
        canceled = await client.calls(sid).update_async(status="canceled")
        assert canceled.status == "in-progress"
        assert (await client.calls(sid).update_async(status="completed")).status == "completed"
        await scene.pass_time(0)
        assert scene.world.legs[caller].ended
        late = client.calls(sid).update_async(twiml=goodbye)
        assert await refused(late) == (400, 21220)

    told(tmp_path, story)


@pytest.mark.feature(194, partly=True)
def test_a_ringing_call_is_canceled_and_not_redirected(tmp_path: Path) -> None:
    """Before the answer there is nothing to redirect; `canceled` stops the ringing."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        client = stock(scene)
        made = await client.calls.create_async(to=BOB, from_=HOTLINE, twiml=HELLO)
        assert await refused(client.calls(made.sid).update_async(twiml=HELLO)) == (400, 21220)
        assert (await client.calls(made.sid).update_async(status="canceled")).status == "canceled"
        await scene.pass_time(0)
        assert scene.world.legs[made.sid].ended

    told(tmp_path, story)


@pytest.mark.feature(194, partly=True)
def test_a_waiting_caller_is_redirected(tmp_path: Path) -> None:
    """He leaves his queue, his task is canceled with that word, and the phone that rang for him is let be."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct("dequeue")
        sid = (await scene.task())["attributes"]["call_sid"]
        await stock(scene).calls(sid).update_async(twiml=HELLO)
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Hello"}
        assert await scene.status() == ("canceled", "canceled")
        assert (await scene.task())["reason"] == "redirected"
        assert scene.world.legs[scene.leg_of("client:alice")].ended
        (after,) = scene.application.told("/after")
        assert after["QueueResult"] == "redirected"

    told(tmp_path, story)


@pytest.mark.feature(194, partly=True)
@pytest.mark.parametrize("instruction", ["dequeue", "conference"])
@pytest.mark.parametrize("side", ["caller", "worker"])
def test_one_of_those_who_talk_is_redirected(tmp_path: Path, instruction: str, side: str) -> None:
    """He runs his document, the work is wrapped up, and nobody is left in a bridge or in a room."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct(instruction)
        await scene.pass_time(2)
        worker = scene.leg_of("client:alice")
        assert scene.hears(caller) == {"client:alice"}
        leg = caller if side == "caller" else worker
        sid = scene.exchange.call_of(leg)
        assert sid is not None
        await stock(scene).calls(sid).update_async(twiml=HELLO)
        await scene.pass_time(0)
        assert scene.hears(leg) == {"say:Hello"}
        assert scene.world.legs[leg].room is None
        if side == "worker" or instruction == "dequeue":
            assert await scene.status() == ("wrapping", "wrapping")
        if side == "caller" and instruction == "dequeue":
            assert scene.world.legs[worker].ended
        scene.world.hang_up(leg)
        await scene.pass_time(60)
        assert scene.world.legs[leg].ended

    told(tmp_path, story)


@pytest.mark.feature(194, partly=True)
def test_the_dialled_side_is_redirected(tmp_path: Path) -> None:
    """The phone that Dial called runs its own document; the caller goes on with Dial's action."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/after"] = "<Say loop='0'>He is gone</Say>"
        await scene.number("<Dial action='/after'><Number>+15550002222</Number></Dial>")
        caller = await scene.call_in()
        await scene.pass_time(1)
        called = scene.leg_of(BOB)
        await stock(scene).calls(called).update_async(twiml=HELLO)
        await scene.pass_time(0)
        assert scene.hears(called) == {"say:Hello"}
        assert scene.hears(caller) == {"say:He is gone"}

    told(tmp_path, story)


@pytest.mark.feature(194, partly=True)
def test_who_waits_with_another_task_by_now(tmp_path: Path) -> None:
    """An instruction for his old task sends him on, and the new one is canceled: neither is left waiting."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene, alice={}, bob={})
        offer = await scene.offer()
        path = f"{scene.home}/Tasks/{offer['task_sid']}/Reservations/{offer['sid']}"
        sid = scene.exchange.call_of(caller)
        assert sid is not None
        again = {"Instruction": "redirect", "RedirectCallSid": sid}
        await scene.post(path, RedirectUrl=f"{scene.application.url}/voice", **again)
        await scene.pass_time(0)
        _, second = await scene.tasks()
        assert second["assignment_status"] == "reserved"
        answer = await scene.http.post(path, data={"Instruction": "dequeue"})
        assert answer.status_code == 400
        scene.application.documents["/say"] = "<Say loop='0'>Hello</Say>"
        await scene.post(path, RedirectUrl=f"{scene.application.url}/say", **again)
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Hello"}
        _, second = await scene.tasks()
        assert (second["assignment_status"], second["reason"]) == ("canceled", "redirected")

    told(tmp_path, story)
