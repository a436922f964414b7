"""The failure story: the worker's leg fails, the application hears of it and moves the caller by his call.

The application is the original's: an assignment callback that answers `dequeue` with a status callback,
which finds the caller's call in `taskCallSid` and gives it other TwiML with the stock library.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from twilio.twiml.voice_response import VoiceResponse

from tests.voice.scene import Asked, VoiceScene, document, told
from tests.voice.stock import stock
from tests.webhooks.scene import ACCOUNT_SID

FAILURES = ("busy", "no-answer", "failed")


def answering(scene: VoiceScene, onward: str) -> None:
    """The application's two callbacks; callers of failed legs go on at `onward`."""
    url = scene.application.url

    async def assign(_: Asked) -> web.StreamResponse:
        return web.json_response(
            {"instruction": "dequeue", "timeout": "15", "status_callback_url": f"{url}/status"}
        )

    async def status(asked: Asked) -> web.StreamResponse:
        if asked.fields["CallStatus"] in FAILURES:
            caller = stock(scene).calls(asked.fields["taskCallSid"])
            await caller.update_async(url=f"{url}{onward}")
        return web.Response()

    scene.application.documents |= {"/assign": assign, "/status": status}


async def answered_by_dequeue(scene: VoiceScene) -> None:
    """Have the workflow ask the application what to do with each offer."""
    path = f"{scene.home}/Workflows/{scene.workflow_sid}"
    await scene.post(path, AssignmentCallbackUrl=f"{scene.application.url}/assign")


@pytest.mark.feature(217)
@pytest.mark.parametrize("outcome", FAILURES)
def test_the_caller_leaves_a_message(tmp_path: Path, outcome: str) -> None:
    """The caller hears music until the worker's leg fails, then he is asked for a message, and it is kept."""

    async def story(scene: VoiceScene) -> None:
        response = VoiceResponse()
        response.say("Nobody is there. Please leave a message.")
        response.record(action="/message", finish_on_key="#", max_length=60)
        scene.application.documents["/voicemail"] = document(response)
        scene.application.documents["/message"] = "<Say>Thank you</Say><Hangup/>"
        answering(scene, "/voicemail")
        await answered_by_dequeue(scene)
        await scene.a_phone("alice", outcome=outcome)
        await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}" action="/after"/>')
        caller = await scene.call_in()
        assert scene.hears(caller) == {"music"}
        await scene.pass_time(15)
        (failed,) = scene.application.told("/status")
        task = await scene.task()
        assert failed["taskCallSid"] == task["attributes"]["call_sid"]
        assert failed["CallSid"] == task["attributes"]["worker_call_sid"]
        assert (task["assignment_status"], task["reason"]) == ("canceled", "redirected")
        await scene.pass_time(5)
        assert scene.world.legs[caller].is_up
        scene.world.press(caller, "#")
        await scene.pass_time(5)
        (message,) = scene.application.told("/message")
        assert message["CallSid"] == failed["taskCallSid"]
        path = message["RecordingUrl"].removeprefix("http://router.test")
        kept = await scene.http.get(f"{path}.wav")
        assert (kept.status_code, kept.content[:4]) == (200, b"RIFF")
        assert scene.world.legs[caller].ended
        (after,) = scene.application.told("/after")
        assert after["QueueResult"] == "redirected"
        ended = await stock(scene).calls(failed["taskCallSid"]).fetch_async()
        assert ended.status == "completed"

    told(tmp_path, story)


@pytest.mark.feature(217)
@pytest.mark.parametrize("outcome", FAILURES)
def test_the_caller_waits_in_another_workflow(tmp_path: Path, outcome: str) -> None:
    """The failed leg moves the caller to another workflow, whose worker answers: one call from ring to talk."""

    async def story(scene: VoiceScene) -> None:
        second = await another_workflow(scene)
        response = VoiceResponse()
        response.enqueue(workflow_sid=second).task(json.dumps({"second": True}))
        scene.application.documents["/second"] = document(response)
        answering(scene, "/second")
        await answered_by_dequeue(scene)
        await scene.a_phone("alice", outcome=outcome)
        await scene.a_phone("bob")
        await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}"/>')
        caller = await scene.call_in()
        await scene.pass_time(15)
        await scene.pass_time(1)
        assert scene.hears(caller) == {"client:bob"}
        first, moved = await scene.tasks()
        assert (first["assignment_status"], first["reason"]) == ("canceled", "redirected")
        assert moved["assignment_status"] == "assigned"
        assert moved["attributes"]["second"] is True
        assert moved["attributes"]["call_sid"] == first["attributes"]["call_sid"]
        assert [told["CallStatus"] for told in scene.application.told("/status")] == [outcome]
        sources = [heard.sources for heard in scene.world.heard(caller) if heard.sources]
        assert sources[0] == sources[-2] == {"music"}
        (call,) = [c for c in await stock(scene).calls.list_async() if c.direction == "inbound"]
        assert (call.sid, call.account_sid) == (first["attributes"]["call_sid"], ACCOUNT_SID)

    told(tmp_path, story)


async def another_workflow(scene: VoiceScene) -> str:
    """A second workflow for bob alone, and the first one for alice alone; the SID of the second."""
    sids = []
    for name in ("alice", "bob"):
        queue = await scene.post(
            f"{scene.home}/TaskQueues",
            FriendlyName=name,
            TargetWorkers=f'contact_uri == "client:{name}"',
        )
        routing = {"task_routing": {"default_filter": {"queue": queue["sid"]}}}
        sids.append(json.dumps(routing))
    await scene.post(f"{scene.home}/Workflows/{scene.workflow_sid}", Configuration=sids[0])
    made = await scene.post(
        f"{scene.home}/Workflows",
        FriendlyName="second",
        Configuration=sids[1],
        AssignmentCallbackUrl=f"{scene.application.url}/assign",
    )
    sid: str = made["sid"]
    return sid
