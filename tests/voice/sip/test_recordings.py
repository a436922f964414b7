"""What a recorded talk sounds like: over real SIP and RTP, fetched by the address that its callback tells."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.receiver import a_receiver
from tests.voice.sip.stage import Telephones, free_ports, tones_in
from tests.voice.sip.test_failures import an_office

pytestmark = pytest.mark.alone


@pytest.mark.feature(198, 199)
def test_both_are_heard_in_the_recording_of_a_talk(tmp_path: Path) -> None:
    """The completed callback of a recorded dequeue tells an address, and its WAV has both tones."""

    async def story() -> None:
        port = free_ports(4)
        async with Telephones(free_ports(4)) as telephones, a_receiver() as receiver:
            with an_office(tmp_path, port, telephones) as (_, office):
                await office.furnish()
                await office.talk(
                    DequeueRecord="record-from-answer", DequeueStatusCallbackUrl=receiver.url
                )
                await telephones.windows("caller", 6)
                telephones.do("hang_up", name="worker")
                (done,) = await receiver.wait_for(1)
                told = dict(parse_qsl(urlsplit(done.url).query))
                assert told["CallStatus"] == "completed"
                sound = await asyncio.to_thread(office.client.get, told["RecordingUrl"])
                assert tones_in(sound.content) == {"caller", "worker"}
                mp3 = await asyncio.to_thread(office.client.get, f"{told['RecordingUrl']}.mp3")
                assert mp3.content[:3] == b"ID3" and len(mp3.content) < len(sound.content)
                listed = await office.get(
                    f"/2010-04-01/Accounts/{told['AccountSid']}/Recordings.json"
                )
                assert [one["sid"] for one in listed["recordings"]] == [told["RecordingSid"]]

    asyncio.run(story())
