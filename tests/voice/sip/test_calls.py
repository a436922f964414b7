"""Calls of the stock library over real SIP and RTP: what a telephone hears that an application calls."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from twilio.rest import Client

from tests.voice.sip.stage import Telephones, free_ports, tones_in
from tests.voice.sip.test_failures import an_office, heard, left, played
from tests.voice.sip.test_server import HOTLINE, SID, TOKEN

pytestmark = pytest.mark.alone

SPEAKS = "<Response><Say loop='0'>Good morning, this is a call for you</Say></Response>"
WAITS = "<Response><Enqueue>door</Enqueue></Response>"


async def becomes(client: Client, sid: str, status: str) -> Any:
    """The call, once it has this status."""
    async with asyncio.timeout(15):
        while (call := await asyncio.to_thread(client.calls(sid).fetch)).status != status:
            pass
    return call


LATE = (0.8, 0.95)
"""The part of a recording in which the music is heard, however long the document took."""


@pytest.mark.feature(193, 194)
def test_a_telephone_is_called_redirected_and_let_go(tmp_path: Path) -> None:
    """It hears the document, then the music of a queue, and is hung up; the recording has both sides."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones, free_ports(1)) as (program, _):
            client = Client(SID, TOKEN)
            client.api.base_url = program.address
            made = await asyncio.to_thread(
                client.calls.create,
                to=f"sip:worker@127.0.0.1:{telephones.port}",
                from_=HOTLINE,
                twiml=SPEAKS,
                record=True,
            )
            rings = await telephones.until(lambda told: told["event"] == "rings")
            assert rings["from_"] == f"sip:{HOTLINE}@127.0.0.1"
            await telephones.until(heard("worker", {"say"}))
            await becomes(client, made.sid, "in-progress")
            since = len(telephones.told)
            await asyncio.to_thread(client.calls(made.sid).update, twiml=WAITS)
            await telephones.until(heard("worker", {"music"}), since)
            await telephones.windows("worker", 8)
            await asyncio.to_thread(client.calls(made.sid).update, status="completed")
            await telephones.until(left("worker"))
            await becomes(client, made.sid, "completed")
            (kept,) = await asyncio.to_thread(client.recordings.list, call_sid=made.sid)
            sound = (tmp_path / "recordings" / f"{kept.sid}.wav").read_bytes()
            assert {"worker", "music"} <= tones_in(sound, LATE)

    played(story)


@pytest.mark.feature(193, partly=True)
def test_whom_nobody_may_call(tmp_path: Path) -> None:
    """A number without a trunk, and a phone at a host that is not listed, are failed calls that rang nowhere."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones) as (program, _):
            client = Client(SID, TOKEN)
            client.api.base_url = program.address
            for to in ("+4930555555555", f"sip:worker@localhost:{telephones.port}"):
                made = await asyncio.to_thread(
                    client.calls.create, to=to, from_=HOTLINE, twiml=SPEAKS
                )
                await becomes(client, made.sid, "failed")
            assert not [told for told in telephones.told if told["event"] == "rings"]

    played(story)
