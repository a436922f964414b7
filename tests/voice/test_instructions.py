"""The instructions call, redirect, conference and supervise, and phones that are scripted over REST."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.api.telephony import Begun, Instruction
from pointsman.voice.calls import Source
from pointsman.voice.provider import SipAuth
from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.voice.test_dequeue import waiting


@pytest.mark.feature(151, 163)
def test_call_and_dial_queue(tmp_path: Path) -> None:
    """A called worker runs the document; Dial Queue in it accepts, connects, and wraps up afterwards."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        offer = await scene.offer()
        scene.application.documents["/worker"] = (
            f"<Say>A caller</Say><Dial><Queue reservationSid='{offer['sid']}'/></Dial>"
        )
        url = f"{scene.application.url}/worker"
        shown = await scene.instruct("call", CallFrom=HOTLINE, CallUrl=url)
        assert shown["reservation_status"] == "pending"
        await scene.pass_time(1)
        (asked,) = scene.application.told("/worker")
        assert (asked["CallStatus"], asked["Direction"]) == ("in-progress", "outbound-api")
        await scene.pass_time(1)
        assert await scene.status() == ("assigned", "accepted")
        assert scene.hears(caller) == {"client:alice"}
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert await scene.status() == ("wrapping", "wrapping")

    told(tmp_path, story)


@pytest.mark.feature(151)
def test_call_accepts_first(tmp_path: Path) -> None:
    """With CallAccept the reservation is accepted before the phone rings."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene, alice={"outcome": "never"})
        url = f"{scene.application.url}/worker"
        shown = await scene.instruct("call", CallFrom=HOTLINE, CallUrl=url, CallAccept="true")
        assert shown["reservation_status"] == "accepted"
        await scene.pass_time(60)
        assert await scene.status() == ("assigned", "accepted")

    told(tmp_path, story)


@pytest.mark.feature(152)
@pytest.mark.parametrize("accept", ["true", "false"])
def test_redirect(tmp_path: Path, accept: str) -> None:
    """The caller hears the document; unaccepted, task and offer are canceled at the end of its clock."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        scene.application.documents["/other"] = "<Say loop='0'>Elsewhere</Say>"
        call_sid = (await scene.task())["attributes"]["call_sid"]
        shown = await scene.instruct(
            "redirect",
            RedirectCallSid=call_sid,
            RedirectUrl=f"{scene.application.url}/other",
            RedirectAccept=accept,
        )
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Elsewhere"}
        (after,) = scene.application.told("/after")
        assert after["QueueResult"] == "redirected"
        if accept == "true":
            assert shown["reservation_status"] == "accepted"
            return
        assert shown["reservation_status"] == "pending"
        await scene.pass_time(3_600)
        assert await scene.status() == ("canceled", "canceled")
        assert (await scene.task())["reason"] == "redirected"

    told(tmp_path, story)


@pytest.mark.feature(153)
@pytest.mark.feature(155, partly=True)
def test_conference_and_supervisor(tmp_path: Path) -> None:
    """Worker and caller meet in the task's room; a supervisor whispers; the worker's hang-up wraps up."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        url = f"{scene.application.url}/room"
        await scene.instruct(
            "conference",
            EndConferenceOnExit="true",
            ConferenceStatusCallback=url,
            ConferenceStatusCallbackEvent=["start", "end", "join", "leave"],
        )
        await scene.pass_time(2)
        assert await scene.status() == ("assigned", "accepted")
        task = await scene.task()
        conference = task["attributes"]["conference"]
        assert conference["room_name"] == task["sid"]
        assert conference["participants"]["worker"] == scene.leg_of("client:alice")
        assert scene.hears(caller) == {"client:alice"}
        await scene.instruct("supervise", Supervisor="client:boss", SupervisorMode="whisper")
        await scene.pass_time(1)
        assert scene.hears(caller) == {"client:alice"}
        assert scene.hears(scene.leg_of("client:alice")) == {CALLER, "client:boss"}
        scene.world.hang_up(scene.leg_of("client:alice"))
        await scene.pass_time(0)
        assert await scene.status() == ("wrapping", "wrapping")
        assert scene.world.legs[scene.leg_of("client:boss")].ended
        kinds = [one["StatusCallbackEvent"] for one in scene.application.told("/room")]
        assert kinds[:3] == ["participant-join", "participant-join", "conference-start"]
        assert kinds[-1] == "conference-end"

    told(tmp_path, story)


def test_the_customer_is_held(tmp_path: Path) -> None:
    """Call control holds the customer with music, brings him back, and drops the worker."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct("conference", EndConferenceOnExit="true")
        await scene.pass_time(2)
        offer = await scene.offer()
        state = scene.board.desk
        task = state.task(scene.workspace_sid, offer["task_sid"])
        reservation = state.reservation(scene.workspace_sid, offer["sid"])
        assert task is not None and reservation is not None

        async def ask(kind: str, **fields: object) -> None:
            asked = Instruction(kind, reservation, task, fields, scene.workspace_sid)
            assert await scene.board.instructions.begin(asked) == Begun()

        await ask("hold-customer", hold=True, hold_url=None, hold_method="POST")
        assert scene.hears(caller) == {"music"}
        assert scene.hears(scene.leg_of("client:alice")) == set()
        await ask("hold-customer", hold=False, hold_url=None, hold_method="POST")
        assert scene.hears(caller) == {"client:alice"}
        await ask("update-participant", mute=True)
        assert scene.hears(caller) == set()
        await ask("kick-worker")
        await scene.pass_time(0)
        assert await scene.status() == ("wrapping", "wrapping")
        assert scene.world.legs[caller].ended

    told(tmp_path, story)


def test_a_worker_is_sent_elsewhere(tmp_path: Path) -> None:
    """A worker's call that is redirected out of the conference goes on, and his work is wrapped up."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct("conference")
        await scene.pass_time(2)
        alice = scene.leg_of("client:alice")
        survey = Source(twiml="<Response><Say loop='0'>How was it?</Say></Response>")
        await scene.exchange.redirect(scene.exchange.lines[alice], survey)
        await scene.pass_time(1)
        assert scene.hears(alice) == {"say:How was it?"}
        assert await scene.status() == ("wrapping", "wrapping")

    told(tmp_path, story)


@pytest.mark.feature(154)
def test_outbound_conference(tmp_path: Path) -> None:
    """The worker is called first, then the customer; when both are in, the offer is accepted."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        await scene.a_phone("alice")
        await scene.a_task(Attributes=f'{{"outbound_to": "{CALLER}", "from": "{HOTLINE}"}}')
        await scene.instruct("conference", From=HOTLINE, EndConferenceOnExit="true")
        await scene.pass_time(3)
        assert await scene.status() == ("assigned", "accepted")
        assert scene.hears(scene.leg_of(CALLER)) == {"client:alice"}
        scene.world.hang_up(scene.leg_of("client:alice"))
        await scene.pass_time(0)
        assert scene.world.legs[scene.leg_of(CALLER)].ended

    told(tmp_path, story)


@pytest.mark.feature(214)
def test_parameters_that_cannot_be_honoured(tmp_path: Path) -> None:
    """A parameter that the provider cannot honour leaves the instruction working, and a warning names it."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct("conference", Region="de1", JitterBufferSize="small")
        await scene.pass_time(1)
        assert (await scene.status())[1] == "accepted"
        found = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        texts = " ".join(alert["message"] for alert in found)
        assert "Region" in texts and "JitterBufferSize" in texts

    told(tmp_path, story)


def test_user_and_password_of_a_sip_phone(tmp_path: Path) -> None:
    """They reach the phone's leg; where the provider has no use for them a warning names them, and it rings."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        login = {"SipAuthUsername": "ann", "SipAuthPassword": "secret"}
        await scene.instruct("conference", **login)
        await scene.pass_time(1)
        worker = scene.leg_of("client:alice")
        assert scene.world.legs[worker].auth == SipAuth("ann", "secret")
        scene.world.hang_up(worker)
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert await scene.alerts() == []
        scene.world.capabilities = scene.world.capabilities - {"sip_auth"}
        task = (await scene.task())["sid"]
        await scene.post(f"{scene.home}/Tasks/{task}", AssignmentStatus="completed", Reason="ok")
        caller = await scene.call_in()
        offers = (await scene.get(f"{scene.home}/Tasks"))["tasks"][-1]["sid"]
        (offer,) = await scene.offers(offers)
        path = f"{scene.home}/Tasks/{offers}/Reservations/{offer['sid']}"
        await scene.post(path, Instruction="conference", **login)
        await scene.pass_time(1)
        assert "client:alice" in scene.hears(caller)
        assert scene.world.legs[scene.leg_of("client:alice")].auth is None
        texts = " ".join(
            alert["message"] for alert in (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        )
        assert "SipAuthUsername" in texts and "SipAuthPassword" in texts
        assert "secret" not in texts

    told(tmp_path, story)


@pytest.mark.feature(220)
def test_phones_scripted_over_rest(tmp_path: Path) -> None:
    """Plans, calls, keys and hang-ups are given over REST, and what was heard is read back."""

    async def story(scene: VoiceScene) -> None:
        path = "/pointsman/v1/Voice/Simulator"
        await scene.a_phone("alice")
        await scene.post(f"{path}/Phones", Address="client:alice", AnswersAfter="3", HangsUpAfter=5)
        await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}"/>')
        call = await scene.post(f"{path}/Calls", From=CALLER, To=HOTLINE)
        await scene.pass_time(0)
        await scene.instruct("dequeue")
        await scene.pass_time(2)
        assert (await scene.status())[1] == "pending"
        await scene.pass_time(1)
        assert (await scene.status())[1] == "accepted"
        shown = await scene.get(f"{path}/Calls/{call['leg']}")
        assert shown["hears"] == [f"voice:{scene.leg_of('client:alice')}"]
        await scene.pass_time(5)
        assert (await scene.status())[0] == "wrapping"

    told(tmp_path, story)
