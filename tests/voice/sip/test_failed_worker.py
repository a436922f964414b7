"""The failure story over real SIP and RTP: the worker's phone is busy, and his caller is moved on the same call."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from tests.voice.scene import Application, Asked, an_application, document
from tests.voice.sip.stage import Telephones, free_ports, tones_in
from tests.voice.sip.test_failures import Office, an_office, heard, left, played
from tests.voice.sip.test_server import SID, TOKEN

pytestmark = pytest.mark.alone

BUSY, ANSWERS = "worker.busy", "worker"


def moves(application: Application, address: str, onward: str) -> asyncio.Queue[Asked]:
    """Have the application move callers of failed legs to `onward`, by the stock library; what it was told."""
    told: asyncio.Queue[Asked] = asyncio.Queue()
    client = Client(SID, TOKEN)
    client.api.base_url = address

    async def status(asked: Asked) -> web.StreamResponse:
        if asked.fields["CallStatus"] == "busy":
            caller = client.calls(asked.fields["taskCallSid"])
            await asyncio.to_thread(caller.update, url=f"{application.url}{onward}")
        await told.put(asked)
        return web.Response()

    application.documents["/status"] = status
    return told


async def dequeued(office: Office, phone: str, **more: str) -> str:
    """Ring this telephone for whoever waits; the path of his task."""
    tasks = f"{office.path}/Tasks"
    found = await office.until(f"{tasks}?AssignmentStatus=reserved", lambda told: told["tasks"])
    task = f"{tasks}/{found['tasks'][0]['sid']}"
    offers = (await office.get(f"{task}/Reservations"))["reservations"]
    to = f"sip:{phone}@127.0.0.1:{office.telephones.port}"
    await office.post(
        f"{task}/Reservations/{offers[-1]['sid']}", Instruction="dequeue", DequeueTo=to, **more
    )
    return task


@pytest.mark.feature(217)
def test_the_caller_of_a_busy_worker_leaves_a_message(tmp_path: Path) -> None:
    """Music, then the announcement, then his own voice in the recording that the action is told of."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones, free_ports(1)) as (program, office):
            async with an_application() as application:
                told = moves(application, program.address, "/voicemail")
                response = VoiceResponse()
                response.say("Please leave a message")
                response.record(action="/message", finish_on_key="#", max_length=20)
                application.documents["/voicemail"] = document(response)
                messages: asyncio.Queue[Asked] = asyncio.Queue()

                async def message(asked: Asked) -> web.StreamResponse:
                    await messages.put(asked)
                    return web.Response(text="<Response/>", content_type="text/xml")

                application.documents["/message"] = message
                await office.furnish()
                await office.call_in("caller")
                task = await dequeued(
                    office, BUSY, DequeueStatusCallbackUrl=f"{application.url}/status"
                )
                failed = (await told.get()).fields
                await telephones.until(heard("caller", {"say"}))
                over = await office.until(task, lambda t: t["assignment_status"] == "canceled")
                assert over["reason"] == "redirected"
                since = len(telephones.told)
                for _ in range(8):
                    quiet = await telephones.until(heard("caller", set()), since)
                    since = telephones.told.index(quiet, since) + 1
                telephones.do("press", name="caller", digits="#")
                kept = (await messages.get()).fields
                assert kept["CallSid"] == failed["taskCallSid"]
                sound = await asyncio.to_thread(office.client.get, kept["RecordingUrl"])
                assert tones_in(sound.content) == {"caller"}
                await telephones.until(left("caller"))

    played(story)


@pytest.mark.feature(217)
def test_the_caller_of_a_busy_worker_waits_elsewhere(tmp_path: Path) -> None:
    """Music, the other workflow's music, then the voice of the worker who answers, all on one call."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones, free_ports(1)) as (program, office):
            async with an_application() as application:
                told = moves(application, program.address, "/second")
                await office.furnish()
                made = await office.get(f"{office.path}/Workflows")
                (first,) = made["workflows"]
                second = await office.post(
                    f"{office.path}/Workflows",
                    FriendlyName="second",
                    Configuration=first["configuration"],
                )
                response = VoiceResponse()
                response.enqueue(workflow_sid=second["sid"])
                application.documents["/second"] = document(response)
                await office.call_in("caller")
                task = await dequeued(
                    office, BUSY, DequeueStatusCallbackUrl=f"{application.url}/status"
                )
                failed = (await told.get()).fields
                await office.until(task, lambda t: t["assignment_status"] == "canceled")
                since = len(telephones.told)
                await telephones.until(heard("caller", {"music"}), since)
                moved = await dequeued(office, ANSWERS)
                await telephones.until(heard("caller", {"worker"}))
                await telephones.until(heard("worker", {"caller"}))
                assert moved != task
                attributes = (await office.get(moved))["attributes"]
                assert failed["taskCallSid"] in attributes
                assert not any(left("caller")(each) for each in telephones.told)

    played(story)
