"""Documents of the stock library run as they are, and what of them is out of scope is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from twilio.twiml.voice_response import Connect, Dial, Enqueue, Refer, Start, VoiceResponse

from pointsman.voice.phones import Plan
from tests.voice.scene import CALLER, VoiceScene, document, told


@pytest.mark.feature(159, 160, 162, 212)
def test_a_caller_in_a_queue(tmp_path: Path) -> None:
    """Enqueue with a task, a wait document that counts, Leave, and what comes afterwards."""

    async def story(scene: VoiceScene) -> None:
        response = VoiceResponse()
        enqueue = Enqueue(
            workflow_sid=scene.workflow_sid,
            action="/after",
            method="POST",
            wait_url="/wait",
            wait_url_method="GET",
        )
        enqueue.task(json.dumps({"language": "es"}), priority=5, timeout=200)
        response.append(enqueue)
        waiting = VoiceResponse()
        waiting.say("Please hold")
        waiting.pause(1)
        waiting.leave()
        after = VoiceResponse()
        after.say("Goodbye then")
        after.hangup()
        documents = scene.application.documents
        await scene.number("")
        for path, made in (("/voice", response), ("/wait", waiting), ("/after", after)):
            documents[path] = document(made)
        caller = await scene.call_in()
        task = await scene.task()
        assert (task["priority"], task["timeout"]) == (5, 200)
        assert task["attributes"]["language"] == "es"
        assert scene.hears(caller) == {"say:Please hold"}
        await scene.pass_time(2)
        assert scene.application.told("/after")[0]["QueueResult"] == "leave"
        assert scene.hears(caller) == {"say:Goodbye then"}
        assert await scene.alerts() == []

    told(tmp_path, story)


@pytest.mark.feature(209, 210, partly=True)
def test_phones_and_a_conference(tmp_path: Path) -> None:
    """Dial with every kind of phone, and after them a conference; nothing of it raises a warning."""

    async def story(scene: VoiceScene) -> None:
        for phone in ("+15550002222", "sip:carol@phones.test"):
            scene.world.plan(phone, Plan(outcome="no-answer"))
        response = VoiceResponse()
        dial = Dial(timeout=15, time_limit=60, hangup_on_star=True, record="record-from-answer")
        dial.number("+1 555 000 2222", status_callback="/status", status_callback_event="answered")
        dial.client("bob")
        dial.sip("sip:carol@phones.test", username="me", password="secret")
        response.append(dial)
        room = Dial()
        room.conference(
            "room",
            start_conference_on_enter=True,
            end_conference_on_exit=True,
            wait_url="",
            beep=False,
        )
        response.append(room)
        await scene.number("")
        scene.application.documents["/voice"] = document(response)
        caller = await scene.call_in()
        await scene.pass_time(1)
        assert scene.hears(caller) == {"client:bob"}
        scene.world.hang_up(scene.leg_of("client:bob"))
        await scene.pass_time(0)
        assert scene.hears(caller) == set()
        scene.world.plan("client:bob", Plan(outcome="busy"))
        other = await scene.call_in("+15552222222")
        await scene.pass_time(16)
        assert scene.hears(other) == {CALLER}
        assert scene.hears(caller) == {"+15552222222"}
        assert await scene.alerts() == []

    told(tmp_path, story)


@pytest.mark.feature(213)
def test_what_is_out_of_scope(tmp_path: Path) -> None:
    """Every verb of the stock library that is not offered raises a warning that names it, and the rest runs."""

    async def story(scene: VoiceScene) -> None:
        response = VoiceResponse()
        connect, start, refer = Connect(), Start(), Refer()
        connect.stream(url="wss://media.test")
        start.siprec(connector_name="c")
        refer.sip("sip:alice@phones.test")
        for verb in (connect, start, refer):
            response.append(verb)
        response.pay()
        response.prompt(for_="payment-card-number")
        response.queue("q")
        response.sms("Hello", to=CALLER, from_="+15550001111")
        response.stop().stream(name="s")
        response.say("Still here")
        await scene.number("")
        scene.application.documents["/voice"] = document(response)
        caller = await scene.call_in()
        assert scene.hears(caller) == {"say:Still here"}
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        named = sorted(alert["message"].split()[2] for alert in alerts)
        verbs = "Connect Pay Prompt Queue Refer Sms Start Stop"
        assert named == [f"<{verb}>" for verb in verbs.split()]

    told(tmp_path, story)
