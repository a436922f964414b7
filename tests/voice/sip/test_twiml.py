"""TwiML heard and obeyed by real telephones: documents of the stock library, measured in sound and keys."""

from __future__ import annotations

import asyncio
import io
import re
import wave
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from aiohttp import web
from twilio.twiml.voice_response import Gather, VoiceResponse

from tests.program import running_server
from tests.voice.scene import Application, Asked, an_application, document
from tests.voice.sip.stage import RATE, WITHIN_S, Telephones, free_ports, tone
from tests.voice.sip.test_server import HOTLINE, SID, TOKEN, post, telephony

pytestmark = pytest.mark.alone

Story = Callable[[Application, "Caller"], Awaitable[None]]
LOUD, AUDIBLE = 6_000, 250


class Hotline:
    """A server over real SIP, and the number that it answers."""

    def __init__(self, client: httpx.Client, sip_port: int, folder: Path) -> None:
        self.client = client
        self.sip_port = sip_port
        self.folder = folder
        numbers = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers"
        made = post(client, f"{numbers}.json", PhoneNumber=HOTLINE)
        self._number = f"{numbers}/{made['sid']}.json"

    def runs(self, url: str) -> None:
        post(self.client, self._number, VoiceUrl=url)

    def told(self, story: Story) -> None:
        """Run a story with an application and a caller of its own."""

        async def run() -> None:
            async with an_application() as application, Telephones(free_ports(4)) as telephones:
                await asyncio.to_thread(self.runs, f"{application.url}/voice")
                await story(application, Caller(telephones, self.sip_port))

        asyncio.run(run())


class Caller:
    """The telephone that calls the hotline; it says its tone all the time."""

    def __init__(self, telephones: Telephones, sip_port: int) -> None:
        self.telephones = telephones
        self._uri = f"sip:{HOTLINE}@127.0.0.1:{sip_port}"

    def dial(self) -> None:
        self.telephones.do("dial", name="caller", uri=self._uri)

    def press(self, digits: str) -> None:
        self.telephones.do("press", name="caller", digits=digits)

    async def hears(self, what: str) -> None:
        """Wait until this is heard from now on: sound, say or nothing."""
        since = len(self.telephones.told)
        await self.telephones.until(
            lambda told: told["event"] == "heard" and word(told["levels"]) == what, since
        )

    async def ended(self) -> str:
        told = await self.telephones.until(lambda told: told["event"] == "ended")
        return str(told["told"])

    def heard(self) -> list[str]:
        """What was heard in each quarter of a second."""
        return [word(t["levels"]) for t in self.telephones.told if t["event"] == "heard"]


def word(levels: dict[str, int]) -> str:
    """What a quarter of a second sounded like: the tone of our sound, something else, or nothing."""
    if levels["720"] > LOUD:
        return "sound"
    return "say" if levels["all"] > AUDIBLE else "nothing"


@pytest.fixture(scope="module")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    folder, port = tmp_path_factory.mktemp("hotline"), free_ports(4)
    chosen = telephony(folder, port, POINTSMAN_CALLBACK_ADDRESSES="127.0.0.0/8")
    with (
        running_server(folder, **chosen) as program,
        httpx.Client(base_url=program.address, auth=(SID, TOKEN), timeout=20) as client,
    ):
        yield Hotline(client, port, folder)


def listened(
    answer: VoiceResponse | None = None,
) -> tuple[asyncio.Queue[Asked], Callable[..., Awaitable[web.StreamResponse]]]:
    """A document, and the requests for it as they come."""
    asked: asyncio.Queue[Asked] = asyncio.Queue()

    async def take(request: Asked) -> web.StreamResponse:
        asked.put_nowait(request)
        return await document(answer or VoiceResponse())(request)

    return asked, take


async def first(asked: asyncio.Queue[Asked]) -> dict[str, str]:
    """The fields of the first request, which may still be on its way."""
    async with asyncio.timeout(WITHIN_S):
        return (await asked.get()).fields


async def a_sound(_: Asked) -> web.StreamResponse:
    """A second of tone and a second of nothing."""
    with wave.open(io.BytesIO(tone(720, 1.0))) as file:
        samples = file.readframes(file.getnframes())
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples + bytes(2 * RATE))
    return web.Response(body=body.getvalue(), content_type="audio/wav")


@pytest.mark.feature(206)
def test_say_and_play_are_heard_as_often_as_they_say(hotline: Hotline) -> None:
    """A sound is heard three times with loop 3, each for its own length, and a sentence thrice as long as once."""

    async def story(application: Application, caller: Caller) -> None:
        response = VoiceResponse()
        response.say("Good morning", language="en-GB", voice="woman")
        response.pause(1)
        response.play("/tone.wav", loop=3)
        response.pause(1)
        response.say("Good morning", language="en-GB", voice="woman", loop=3)
        response.hangup()
        application.documents["/voice"] = document(response)
        application.documents["/tone.wav"] = a_sound
        caller.dial()
        await caller.ended()
        heard = caller.heard()
        start, end = heard.index("sound"), len(heard) - heard[::-1].index("sound")
        played = "".join("x" if each == "sound" else " " for each in heard[start:end])
        bursts = re.sub("x x", "xxx", played).split()  # a late packet is no silence
        assert [3 <= len(burst) <= 5 for burst in bursts] == [True] * 3, played
        once, thrice = heard[: start - 1].count("say"), heard[end + 1 :].count("say")
        assert once >= 2
        assert 2.2 * once <= thrice <= 3.8 * once

    hotline.told(story)


@pytest.mark.feature(207, partly=True)
def test_a_rejected_caller(hotline: Hotline) -> None:
    """Reject turns the telephone away before it was picked up."""

    async def story(application: Application, caller: Caller) -> None:
        response = VoiceResponse()
        response.reject(reason="busy")
        application.documents["/voice"] = document(response)
        caller.dial()
        assert "486" in await caller.ended()
        assert not [t for t in caller.telephones.told if t["event"] == "talks"]

    hotline.told(story)


@pytest.mark.feature(208)
def test_keys_are_gathered(hotline: Hotline) -> None:
    """The first key ends the prompt, the finish key the collecting, and the action is told the keys."""

    async def story(application: Application, caller: Caller) -> None:
        response = VoiceResponse()
        gather = Gather(finish_on_key="#", timeout=10, action="/keys")
        gather.say("Please enter your number", loop=0)
        response.append(gather)
        goodbye = VoiceResponse()
        goodbye.hangup()
        application.documents["/voice"] = document(response)
        asked, application.documents["/keys"] = listened(goodbye)
        caller.dial()
        await caller.hears("say")
        caller.press("42")
        await caller.hears("nothing")
        await caller.hears("nothing")
        caller.press("7#")
        told = await first(asked)
        assert (told["Digits"], told["FinishedOnKey"]) == ("427", "#")
        await caller.ended()

    hotline.told(story)


def levels(recording: bytes) -> dict[int, float]:
    """How loud the caller's tone and the beep are in the middle of a recording."""
    with wave.open(io.BytesIO(recording)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    middle = sound[len(sound) // 4 : len(sound) * 3 // 4]
    at = np.arange(len(middle)) / RATE
    return {
        hertz: float(2 * abs(np.dot(middle, np.exp(-2j * np.pi * hertz * at))) / len(middle))
        for hertz in (440, 1000)
    }


@pytest.mark.feature(211)
def test_a_message_after_the_beep(hotline: Hotline) -> None:
    """After the beep the caller is recorded until his finish key; action and callback are told of the message."""

    async def story(application: Application, caller: Caller) -> None:
        response = VoiceResponse()
        response.say("Please speak")
        response.pause(1)
        response.record(
            action="/after", finish_on_key="#", timeout=5, recording_status_callback="/recorded"
        )
        after, application.documents["/after"] = listened()
        recorded, application.documents["/recorded"] = listened()
        application.documents["/voice"] = document(response)
        caller.dial()
        await caller.hears("say")
        await caller.hears("nothing")
        await caller.hears("say")
        for _ in range(6):
            await caller.hears("nothing")
        caller.press("#")
        told = await first(after)
        assert told["Digits"] == "#"
        assert 1 <= int(told["RecordingDuration"]) <= 5
        heard = levels((hotline.folder / "recordings" / f"{told['RecordingSid']}.wav").read_bytes())
        assert heard[440] > LOUD > 1_000 > heard[1000]
        event = await first(recorded)
        assert event["RecordingStatus"] == "completed"
        assert event["RecordingUrl"] == told["RecordingUrl"]
        await caller.ended()

    hotline.told(story)


@pytest.mark.feature(211)
@pytest.mark.parametrize("speaks", [True, False])
def test_a_message_that_ends_in_silence(hotline: Hotline, *, speaks: bool) -> None:
    """Silence for the time-out ends a message; a caller who said nothing goes on with the next verb."""

    async def story(application: Application, caller: Caller) -> None:
        response = VoiceResponse()
        response.say("Please speak")
        response.record(action="/after", timeout=2, play_beep=False)
        response.redirect("/nothing")
        after, application.documents["/after"] = listened()
        nothing, application.documents["/nothing"] = listened()
        application.documents["/voice"] = document(response)
        caller.dial()
        await caller.hears("say")
        if not speaks:
            caller.telephones.do("silence", name="caller")
        await caller.hears("nothing")
        if speaks:
            for _ in range(4):
                await caller.hears("nothing")
            caller.telephones.do("silence", name="caller")
            told = await first(after)
            assert told["Digits"] == ""
            assert int(told["RecordingDuration"]) >= 2
        else:
            await first(nothing)
            assert after.empty()
        await caller.ended()

    hotline.told(story)
