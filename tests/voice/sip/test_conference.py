"""A conference of three real telephones, measured in tones: who waits, who hears whom, and when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.voice.sip.stage import Telephones, free_ports
from tests.voice.sip.test_failures import Office, an_office, heard, left
from tests.voice.sip.test_server import SID

pytestmark = pytest.mark.alone

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
                phones.do("hang_up", name="third")
                await phones.until(left("caller"))
                await phones.until(left("worker"))

    asyncio.run(story())


@pytest.mark.feature(196)
def test_participants_are_changed_while_they_talk(tmp_path: Path) -> None:
    """Over REST one is muted, held, coached and taken out, and each tone is heard by whom it is for."""

    async def story() -> None:
        port = free_ports(4)
        async with Telephones(free_ports(4)) as phones:
            with an_office(tmp_path, port, phones) as (_, office):
                await runs(office, HOST, "")
                for name in NAMES:
                    phones.do("dial", name=name, uri=f"sip:{HOST}@127.0.0.1:{port}")
                    await phones.until(named(name))
                await all_hear(
                    phones, {"worker", "third"}, {"caller", "third"}, {"caller", "worker"}
                )
                await changed(office, phones)

    asyncio.run(story())


NAMES = ("caller", "worker", "third")


def named(name: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a telephone tells anything, so that its call is there."""
    return lambda told: told["event"] == "heard" and told["phone"] == name


async def all_hear(phones: Telephones, *sources: set[str]) -> None:
    """What each of the three hears from now on."""
    since = len(phones.told)
    for name, heard_by_him in zip(NAMES, sources, strict=True):
        await phones.until(heard(name, heard_by_him), since)


async def changed(office: Office, phones: Telephones) -> None:
    place = f"/2010-04-01/Accounts/{SID}/Conferences"
    (found,) = (await office.get(f"{place}.json?Status=in-progress"))["conferences"]
    place = f"{place}/{found['sid']}/Participants"
    there = (await office.get(f"{place}.json"))["participants"]
    caller, _, third = (f"{place}/{one['call_sid']}" for one in there)
    await office.post(f"{caller}.json", Muted="true")
    await all_hear(phones, {"worker", "third"}, {"third"}, {"worker"})
    await office.post(f"{caller}.json", Muted="false", Hold="true")
    await all_hear(phones, {"music"}, {"third"}, {"worker"})
    await office.post(f"{caller}.json", Hold="false")
    await office.post(f"{third}.json", Coaching="true", CallSidToCoach=there[1]["call_sid"])
    await all_hear(phones, {"worker"}, {"caller", "third"}, {"caller", "worker"})
    answer = await asyncio.to_thread(office.client.delete, f"{third}.json")
    assert answer.status_code == 204
    await phones.until(left("third"))
    since = len(phones.told)
    await phones.until(heard("caller", {"worker"}), since)
    await phones.until(heard("worker", {"caller"}), since)
