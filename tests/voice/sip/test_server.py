"""A whole server with the provider `sip`: an instruction rings a real telephone, which hears what is said."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.program import pointsman, running_server
from tests.voice.sip.stage import TONES, Telephones, free_ports, tone, words

pytestmark = pytest.mark.alone

SID, TOKEN = "AC" + "1" * 32, "f" * 32
ACCOUNT = {"POINTSMAN_ACCOUNT_SID": SID, "POINTSMAN_AUTH_TOKEN": TOKEN}
HELLO = (
    "<Response><Say loop='0'>There is a caller for you, please stay on the line</Say></Response>"
)


HOTLINE = "+4930123"


def telephony(folder: Path, sip_port: int, **more: str) -> dict[str, str]:
    """Settings of a server whose callers are telephones of loopback; its hold music is a tone."""
    (folder / "sounds").mkdir(exist_ok=True)
    (folder / "sounds" / "music.wav").write_bytes(tone(TONES["music"]))
    return {
        **ACCOUNT,
        "POINTSMAN_VOICE": "sip",
        "POINTSMAN_SIP_PORT": str(sip_port),
        "POINTSMAN_SIP_TRUNKS": "127.0.0.0/8",
        "POINTSMAN_SIP_RTP_FROM": str(free_ports(64)),
        "POINTSMAN_SIP_RTP_PORTS": "64",
        "POINTSMAN_VOICE_SIP_HOSTS": "127.0.0.1",
        "POINTSMAN_VOICE_CALLER_ID": "any",
        **more,
    }


@pytest.fixture
def sip_port() -> int:
    return free_ports(4)


@pytest.fixture
def client(tmp_path: Path, sip_port: int) -> Iterator[httpx.Client]:
    with (
        running_server(tmp_path, **telephony(tmp_path, sip_port)) as program,
        httpx.Client(base_url=program.address, auth=(SID, TOKEN), timeout=20) as made,
    ):
        yield made


def post(client: httpx.Client, path: str, **fields: str) -> dict[str, Any]:
    answer = client.post(path, data=fields)
    assert answer.status_code < 300, answer.text
    made: dict[str, Any] = answer.json()
    return made


def a_workspace(client: httpx.Client) -> tuple[str, str]:
    """The path of a workspace with a worker, and the SID of its workflow."""
    path = f"/v1/Workspaces/{post(client, '/v1/Workspaces', FriendlyName='Here')['sid']}"
    activities = client.get(f"{path}/Activities", params={"Available": "true"}).json()["activities"]
    queue = post(client, f"{path}/TaskQueues", FriendlyName="All")["sid"]
    routing = json.dumps({"task_routing": {"default_filter": {"queue": queue}}})
    workflow = post(client, f"{path}/Workflows", FriendlyName="All", Configuration=routing)
    post(client, f"{path}/Workers", FriendlyName="ann", ActivitySid=activities[0]["sid"])
    return path, workflow["sid"]


def an_offer(client: httpx.Client) -> str:
    """The path of a reservation that waits for its answer."""
    path, _ = a_workspace(client)
    task = post(client, f"{path}/Tasks", TaskChannel="voice")["sid"]
    (offer,) = client.get(f"{path}/Tasks/{task}/Reservations").json()["reservations"]
    return f"{path}/Tasks/{task}/Reservations/{offer['sid']}"


@pytest.mark.feature(151, 206, partly=True)
def test_an_instruction_rings_a_telephone(client: httpx.Client) -> None:
    """The worker's phone rings with our number, is picked up, and hears the document that is stored here."""
    document = post(client, "/pointsman/v1/TwiML", FriendlyName="Hello", Twiml=HELLO)

    async def story() -> None:
        async with Telephones(free_ports(4)) as telephones:
            fields = {
                "Instruction": "call",
                "CallFrom": "+15550001111",
                "CallUrl": document["links"]["served"],
                "CallTo": f"sip:worker@127.0.0.1:{telephones.port}",
                "CallAccept": "true",
            }
            told = await asyncio.to_thread(post, client, an_offer(client), **fields)
            assert told["reservation_status"] == "accepted"
            rings = await telephones.until(lambda told: told["event"] == "rings")
            assert rings["from_"] == "sip:+15550001111@127.0.0.1"
            heard = telephones.until(
                lambda told: told["event"] == "heard" and words(told["levels"]) == {"say"}
            )
            await heard
            telephones.do("hang_up", name="worker")
            await telephones.until(lambda told: told["event"] == "ended")

    asyncio.run(story())


def the_offer(client: httpx.Client, path: str) -> str:
    """The path of the reservation of the one task there is, once there is one."""
    for _ in range(200):
        tasks = client.get(f"{path}/Tasks").json()["tasks"]
        offers = [
            f"{path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
            for task in tasks
            for offer in client.get(f"{path}/Tasks/{task['sid']}/Reservations").json()[
                "reservations"
            ]
        ]
        if offers:
            return offers[0]
    raise AssertionError("no task was made of the call")


def becomes(client: httpx.Client, offer: str, status: str) -> bool:
    """Whether the reservation is in this status soon."""
    return any(client.get(offer).json()["reservation_status"] == status for _ in range(200))


@pytest.mark.feature(205)
@pytest.mark.feature(149, 200)
def test_a_caller_hears_music_and_then_the_worker_alone(
    client: httpx.Client, sip_port: int
) -> None:
    """Number, document, queue, dequeue, talk, wrap-up: over real SIP and RTP, and every tone is measured."""
    path, workflow = a_workspace(client)
    enqueue = f"<Response><Enqueue workflowSid='{workflow}'/></Response>"
    document = post(client, "/pointsman/v1/TwiML", FriendlyName="Queue", Twiml=enqueue)
    numbers = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json"
    post(client, numbers, PhoneNumber=HOTLINE, VoiceUrl=document["links"]["served"])

    async def story() -> None:
        async with Telephones(free_ports(4)) as telephones:
            telephones.do("dial", name="caller", uri=f"sip:{HOTLINE}@127.0.0.1:{sip_port}")
            await telephones.until(
                lambda told: told["event"] == "heard" and words(told["levels"]) == {"music"}
            )
            offer = await asyncio.to_thread(the_offer, client, path)
            worker = f"sip:worker@127.0.0.1:{telephones.port}"
            fields = {"Instruction": "dequeue", "DequeueTo": worker}
            told = await asyncio.to_thread(post, client, offer, **fields)
            assert told["reservation_status"] == "pending"
            rings = await telephones.until(lambda told: told["event"] == "rings")
            assert rings["from_"] == f"sip:{HOTLINE}@127.0.0.1"
            since = len(telephones.told)
            await telephones.until(
                lambda told: (
                    told["event"] == "heard"
                    and told["phone"] == "caller"
                    and words(told["levels"]) == {"worker"}
                ),
                since,
            )
            assert words(await telephones.windows("caller", 3)) == {"worker"}
            assert words(await telephones.windows("worker", 3)) == {"caller"}
            assert await asyncio.to_thread(becomes, client, offer, "accepted")
            telephones.do("hang_up", name="worker")
            await telephones.until(
                lambda told: told["event"] == "ended" and told["phone"] == "caller"
            )
            assert await asyncio.to_thread(becomes, client, offer, "wrapping")

    asyncio.run(story())


def test_a_port_that_is_taken_is_told_at_the_start(tmp_path: Path) -> None:
    """The server ends with a sentence instead of taking no calls in silence."""
    port = free_ports(2)
    taken = {"POINTSMAN_VOICE": "sip", "POINTSMAN_SIP_PORT": str(port)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        command = ("serve", "--port=0", f"--data={tmp_path}")
        ended = pointsman(*command, folder=tmp_path, **ACCOUNT, **taken)
    assert ended.returncode == 2
    told = ended.stdout + ended.stderr
    assert "The telephone process cannot listen" in told and f"port {port}" in told
