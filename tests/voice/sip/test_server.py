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
from tests.voice.sip.stage import Telephones, free_ports, words

SID, TOKEN = "AC" + "1" * 32, "f" * 32
ACCOUNT = {"POINTSMAN_ACCOUNT_SID": SID, "POINTSMAN_AUTH_TOKEN": TOKEN}
HELLO = (
    "<Response><Say loop='0'>There is a caller for you, please stay on the line</Say></Response>"
)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    telephony = {
        "POINTSMAN_VOICE": "sip",
        "POINTSMAN_SIP_PORT": str(free_ports(4)),
        "POINTSMAN_SIP_RTP_FROM": str(free_ports(64)),
        "POINTSMAN_SIP_RTP_PORTS": "64",
        "POINTSMAN_VOICE_SIP_HOSTS": "127.0.0.1",
        "POINTSMAN_VOICE_CALLER_ID": "any",
    }
    with (
        running_server(tmp_path, **ACCOUNT, **telephony) as program,
        httpx.Client(base_url=program.address, auth=(SID, TOKEN), timeout=20) as made,
    ):
        yield made


def post(client: httpx.Client, path: str, **fields: str) -> dict[str, Any]:
    answer = client.post(path, data=fields)
    assert answer.status_code < 300, answer.text
    made: dict[str, Any] = answer.json()
    return made


def an_offer(client: httpx.Client) -> str:
    """The path of a reservation that waits for its answer."""
    path = f"/v1/Workspaces/{post(client, '/v1/Workspaces', FriendlyName='Here')['sid']}"
    activities = client.get(f"{path}/Activities", params={"Available": "true"}).json()["activities"]
    queue = post(client, f"{path}/TaskQueues", FriendlyName="All")["sid"]
    routing = json.dumps({"task_routing": {"default_filter": {"queue": queue}}})
    post(client, f"{path}/Workflows", FriendlyName="All", Configuration=routing)
    post(client, f"{path}/Workers", FriendlyName="ann", ActivitySid=activities[0]["sid"])
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
