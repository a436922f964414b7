"""Nobody calls at the operator's expense: real SIP, from strangers and from phones that are ours."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.voice.sip.stage import Telephones, free_ports, words
from tests.voice.sip.test_failures import Office, an_office, heard, left, played
from tests.voice.sip.test_server import HOTLINE

pytestmark = pytest.mark.alone

STRANGER = "127.0.0.2"
TOO_MANY = 20429


def invited(port: int) -> int:
    """Call the hotline from an address that is no trunk's; the status of the final answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((STRANGER, 0))
        phone.settimeout(15)
        ours = f"{STRANGER}:{phone.getsockname()[1]}"
        sdp = f"v=0\r\no=- 1 1 IN IP4 {STRANGER}\r\ns=-\r\nc=IN IP4 {STRANGER}\r\nt=0 0\r\n"
        sdp += f"m=audio {free_ports(2)} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        lines = [
            f"INVITE sip:{HOTLINE}@127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {ours};branch=z9hG4bK1;rport",
            # What a header claims to be from is not believed.
            "From: <sip:caller@127.0.0.1>;tag=1",
            f"To: <sip:{HOTLINE}@127.0.0.1>",
            "Call-ID: stranger",
            "CSeq: 1 INVITE",
            f"Contact: <sip:caller@{ours}>",
            "Max-Forwards: 70",
            "Content-Type: application/sdp",
            f"Content-Length: {len(sdp)}",
        ]
        phone.sendto("\r\n".join([*lines, "", sdp]).encode(), ("127.0.0.1", port))
        while (status := int(phone.recv(4096).split(b" ", 2)[1])) < 200:
            pass
        return status


async def an_offer(office: Office) -> str:
    """The path of an offer that waits for its answer."""
    path = ""
    async with asyncio.timeout(15):
        while not path:
            for task in (await office.get(f"{office.path}/Tasks"))["tasks"]:
                offers = f"{office.path}/Tasks/{task['sid']}/Reservations"
                for offer in (await office.get(offers))["reservations"]:
                    if offer["reservation_status"] == "pending":
                        path = f"{offers}/{offer['sid']}"
    return path


@pytest.mark.feature(231)
def test_four_refusals(tmp_path: Path) -> None:
    """A call from a stranger, a transfer, a call to a host nobody listed, and one call too many come to nothing."""

    async def story(telephones: Telephones, port: int) -> None:
        fences = {
            "POINTSMAN_SIP_TRUNKS": "127.0.0.1",
            "POINTSMAN_VOICE_SIP_HOSTS": "127.0.0.1",
            "POINTSMAN_VOICE_DIALS_PER_MINUTE": "2",
        }
        with an_office(tmp_path, port, telephones, **fences) as (_, office):
            await office.furnish()
            assert await asyncio.to_thread(invited, port) >= 400
            assert (await office.get(f"{office.path}/Tasks"))["tasks"] == []

            talk = await office.talk()
            since = len(telephones.told)
            third = f"sip:third@127.0.0.1:{telephones.port}"
            telephones.do("transfer", name="worker", uri=third)
            told = await telephones.until(lambda told: told["event"] == "refused", since)
            assert "603" in told["told"]
            assert words(await telephones.windows("caller", 3)) == {"worker"}
            telephones.do("hang_up", name="worker")
            await telephones.until(left("caller"))
            await office.post(talk, ReservationStatus="completed")

            await office.call_in("third")
            offer = await an_offer(office)
            elsewhere = f"sip:worker@localhost:{telephones.port}"
            await office.post(offer, Instruction="dequeue", DequeueTo=elsewhere)
            await office.until(offer, lambda told: told["reservation_status"] == "canceled")

            offer = await an_offer(office)
            worker = f"sip:worker@127.0.0.1:{telephones.port}"
            fields = {"Instruction": "dequeue", "DequeueTo": worker}
            answer = await asyncio.to_thread(office.client.post, offer, data=fields)
            assert (answer.status_code, answer.json()["code"]) == (400, 40133)
            assert TOO_MANY in await office.codes()
            rung = [told["phone"] for told in telephones.told if told["event"] == "rings"]
            assert rung == ["worker"]
            await telephones.until(heard("third", {"music"}), len(telephones.told))

    played(story)
