"""A conference of three real telephones, measured in tones: who waits, who hears whom, and when it is over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.voice.sip.stage import Telephones, free_ports
from tests.voice.sip.test_failures import Office, an_office, heard, left
from tests.voice.sip.test_server import SID

WAITERS, HOST = "+4930111", "+4930222"


def conference(attributes: str) -> str:
    return (
        f"<Response><Dial><Conference beep='false' {attributes}>all</Conference></Dial></Response>"
    )


async def runs(office: Office, number: str, attributes: str) -> None:
    """Let the number lead into the conference."""
    twiml = conference(attributes)
    document = await office.post("/pointsman/v1/TwiML", FriendlyName="Room", Twiml=twiml)
    numbers = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json"
    await office.post(numbers, PhoneNumber=number, VoiceUrl=document["links"]["served"])


@pytest.mark.feature(210)
@pytest.mark.feature(195, 196, partly=True)
def test_three_telephones_in_a_conference(tmp_path: Path) -> None:
    """Two hear music until the third starts it, then each hears the two others; his leaving ends it for all."""

    async def story() -> None:
        port = free_ports(4)
        async with Telephones(free_ports(4)) as phones:
            with an_office(tmp_path, port, phones) as (_, office):
                await runs(office, WAITERS, "startConferenceOnEnter='false'")
                await runs(office, HOST, "endConferenceOnExit='true'")
                for name in ("caller", "worker"):
                    phones.do("dial", name=name, uri=f"sip:{WAITERS}@127.0.0.1:{port}")
                    await phones.until(heard(name, {"music"}))
                phones.do("dial", name="third", uri=f"sip:{HOST}@127.0.0.1:{port}")
                await phones.until(heard("caller", {"worker", "third"}))
                await phones.until(heard("worker", {"caller", "third"}))
                await phones.until(heard("third", {"caller", "worker"}))
                await mutes(office, phones)
                phones.do("hang_up", name="third")
                await phones.until(left("caller"))
                await phones.until(left("worker"))

    asyncio.run(story())


async def mutes(office: Office, phones: Telephones) -> None:
    """The first who came is muted over REST, and heard by nobody."""
    place = f"/2010-04-01/Accounts/{SID}/Conferences"
    (found,) = (await office.get(f"{place}.json?Status=in-progress"))["conferences"]
    there = (await office.get(f"{place}/{found['sid']}/Participants.json"))["participants"]
    since = len(phones.told)
    await office.post(f"{place}/{found['sid']}/Participants/{there[0]['call_sid']}", Muted="true")
    await phones.until(heard("worker", {"third"}), since)
    await phones.until(heard("third", {"worker"}), since)
    await phones.until(heard("caller", {"worker", "third"}), since)
