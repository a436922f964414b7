"""Telephones of others: Debian's baresip as the worker's, Debian's sipp as the caller's.

What each of them hears is measured: a tone in the file that baresip writes, and a tone that comes back
by way of sipp. That a call is up proves nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.voice.sip.stage import LOUD, RATE, TONES, Telephones, free_ports, tone, words
from tests.voice.sip.test_failures import Office, an_office, heard, left, played
from tests.voice.sip.test_server import HOTLINE, becomes, the_offer

pytestmark = pytest.mark.alone

MODULES = "/usr/lib/baresip/modules"
PHONE = """\
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
snd_path {folder}
audio_source aufile,{folder}/says.wav
audio_player aubridge,nowhere
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
rtp_ports {rtp}-{last}
"""
CALLER = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="a caller">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+4930999@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:+4930999@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 8
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200"/>
  <send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+4930999@[local_ip]:[local_port]>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Contact: <sip:+4930999@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv request="BYE" optional="true" next="over"/>
  <recv request="INVITE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:+4930999@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 2 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  <label id="over"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


@contextlib.asynccontextmanager
async def started(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program of somebody else's, gone when this ends."""
    quiet = {"stdin": asyncio.subprocess.DEVNULL, "stdout": asyncio.subprocess.DEVNULL}
    process = await asyncio.create_subprocess_exec(
        *command, stderr=asyncio.subprocess.DEVNULL, **quiet
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def a_baresip(folder: Path) -> AsyncIterator[str]:
    """A foreign telephone that picks up, says its tone, and writes down what it hears; its address."""
    port = free_ports(4)
    await asyncio.to_thread(write_settings, folder, port)
    async with started("baresip", "-f", str(folder)):
        yield f"sip:foreign@127.0.0.1:{port}"


def write_settings(folder: Path, port: int) -> None:
    folder.mkdir()
    rtp = free_ports(16)
    (folder / "says.wav").write_bytes(tone(TONES["worker"], 60))
    settings = PHONE.format(modules=MODULES, folder=folder, port=port, rtp=rtp, last=rtp + 15)
    (folder / "config").write_text(settings)
    (folder / "accounts").write_text("<sip:foreign@127.0.0.1>;regint=0;answermode=auto\n")
    (folder / "contacts").touch()


def tones_in(recorded: bytes) -> set[str]:
    """The sources whose tones are loud in the second half of a WAV file, which may not be complete."""
    with wave.open(io.BytesIO(recorded)) as file:
        frames = file.readframes(file.getnframes() or len(recorded))
    sound = np.frombuffer(frames[: len(frames) // 2 * 2], dtype="<i2").astype(float)
    late = sound[len(sound) // 2 :]
    times = np.arange(len(late)) / RATE
    return {
        word
        for word, hertz in TONES.items()
        if 2 * abs(np.dot(late, np.exp(-2j * np.pi * hertz * times))) / len(late) > LOUD
    }


def test_a_worker_with_a_foreign_phone(tmp_path: Path) -> None:
    """Debian's baresip is rung, picks up, hears the caller, and is heard by him."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones) as (_, office):
            async with a_baresip(tmp_path / "baresip") as address:
                await office.furnish()
                await office.call_in("caller")
                offer = await asyncio.to_thread(the_offer, office.client, office.path)
                await office.post(offer, Instruction="dequeue", DequeueTo=address)
                await telephones.until(heard("caller", {"worker"}))
                assert await asyncio.to_thread(becomes, office.client, offer, "accepted")
                assert words(await telephones.windows("caller", 4)) == {"worker"}
                telephones.do("hang_up", name="caller")
                await telephones.until(left("caller"))
                assert await asyncio.to_thread(becomes, office.client, offer, "wrapping")
            (written,) = (tmp_path / "baresip").glob("dump-*-dec.wav")
            assert tones_in(written.read_bytes()) == {"caller"}

    played(story)


def test_a_caller_with_a_foreign_phone(tmp_path: Path) -> None:
    """Debian's sipp calls and sends back what it hears: the worker hears his own tone by way of it."""

    async def story(telephones: Telephones, port: int) -> None:
        (tmp_path / "caller.xml").write_text(CALLER)
        with an_office(tmp_path, port, telephones) as (_, office):
            await office.furnish()
            mine = ("-i", "127.0.0.1", "-p", str(free_ports(2)), "-mp", str(free_ports(4)))
            where = ("-s", HOTLINE, "-m", "1", f"127.0.0.1:{port}")
            scenario = ("-sf", str(tmp_path / "caller.xml"), "-rtp_echo", "-nostdin")
            async with started("sipp", *scenario, *mine, *where) as sipp:
                offer = await asyncio.to_thread(the_offer, office.client, office.path)
                await talk_with_echo(office, telephones, offer)
                async with asyncio.timeout(15):
                    assert await sipp.wait() == 0, "sipp was hung up as its scenario says"

    played(story)


async def talk_with_echo(office: Office, telephones: Telephones, offer: str) -> None:
    """The worker picks up, hears himself come back, and hangs up."""
    worker = f"sip:worker@127.0.0.1:{telephones.port}"
    await office.post(offer, Instruction="dequeue", DequeueTo=worker)
    await telephones.until(heard("worker", {"worker"}))
    assert words(await telephones.windows("worker", 4)) == {"worker"}
    telephones.do("hang_up", name="worker")
    over = await telephones.until(left("worker"))
    assert over["received"] > 50
    assert await asyncio.to_thread(becomes, office.client, offer, "wrapping")
