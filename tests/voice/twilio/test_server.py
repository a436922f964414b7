"""A whole server with the provider `twilio`, beside a carrier that says yes to everything and tells what happens."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from pointsman.ambient import VirtualAmbient
from pointsman.settings import Settings, SettingsError
from tests.program import environment
from tests.voice.scene import (
    CALLER,
    HOTLINE,
    Application,
    Asked,
    VoiceScene,
    a_server,
    an_application,
)
from tests.voice.twilio.recorder import SID, TOKEN

# The stock client logs in in a way that its own HTTP library will give up one day.
pytestmark = [
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]

PUBLIC = "http://router.test"
CALLS = f"/2010-04-01/Accounts/{SID}/Calls"
CARRIED = {
    "voice": "twilio",
    "twilio_account_sid": SID,
    "twilio_auth_token": TOKEN,
    "public_url": PUBLIC,
    "voice_number_uri": "{number}",
    "voice_client_uri": "client:{name}",
}


class Carrier:
    """Takes every request of the server, and makes the signed ones of the network."""

    def __init__(self, scene: VoiceScene, application: Application) -> None:
        self.scene = scene
        self.application = application
        self.placed = 0
        for path in (f"/2010-04-01/Accounts/{SID}.json", f"{CALLS}.json"):
            application.documents[path] = self._yes

    async def _yes(self, asked: Asked) -> web.StreamResponse:
        if asked.path == f"{CALLS}.json":
            self.placed += 1
            self.application.documents[f"{CALLS}/CA{self.placed:032}.json"] = self._yes
        return web.json_response({"sid": f"CA{self.placed:032}"})

    async def tells(self, url: str, token: str = TOKEN, **fields: str) -> tuple[int, str]:
        signature = RequestValidator(token).compute_signature(url, fields)
        answer = await self.scene.http.post(
            url.removeprefix(PUBLIC), data=fields, headers={"X-Twilio-Signature": signature}
        )
        await self.scene.post("/pointsman/v1/Clock", advance_s=0)
        return answer.status_code, answer.text

    async def comes_in(self, sid: str) -> str:
        """A caller dials our number; the document that his call is given."""
        fields = {"CallSid": sid, "CallStatus": "ringing", "From": CALLER, "To": HOTLINE}
        self.application.documents[f"{CALLS}/{sid}.json"] = self._yes
        status, document = await self.tells(f"{PUBLIC}/twilio/incoming", **fields)
        assert status == 200
        return document


def told(folder: Path, story: Callable[[VoiceScene, Carrier], Awaitable[None]]) -> None:
    @contextlib.asynccontextmanager
    async def stage() -> AsyncIterator[tuple[VoiceScene, Carrier]]:
        async with an_application() as application:
            account = f"/2010-04-01/Accounts/{SID}.json"

            async def yes(_: Asked) -> web.StreamResponse:
                return web.json_response({"sid": SID})

            application.documents[account] = yes
            settings: dict[str, Any] = {**CARRIED, "twilio_api_url": application.url}
            async with a_server(folder, application, VirtualAmbient(), **settings) as scene:
                await scene.furnish()
                yield scene, Carrier(scene, application)

    async def run() -> None:
        async with stage() as (scene, carrier):
            await story(scene, carrier)

    asyncio.run(run())


@pytest.mark.feature(222)
def test_from_the_caller_to_the_worker(tmp_path: Path) -> None:
    """A caller hears music; a dequeue calls the worker; who answers meets the caller in a conference; then it is wrapped up."""

    async def story(scene: VoiceScene, carrier: Carrier) -> None:
        await scene.number(f"<Enqueue workflowSid='{scene.workflow_sid}'/>")
        await scene.a_worker("alice", Attributes='{"contact_uri": "client:alice"}')
        document = await carrier.comes_in("CA" + "9" * 32)
        assert "/twilio/sounds/music.wav" in document
        shown = await scene.instruct("dequeue")
        assert shown["reservation_status"] == "pending"
        (placed,) = carrier.application.told(f"{CALLS}.json")
        assert placed["To"].startswith("client:alice?X-Task=WT")
        assert placed["From"] == HOTLINE
        worker = {"CallSid": f"CA{1:032}", "CallStatus": "in-progress"}
        await carrier.tells(placed["StatusCallback"], **worker)
        documents = {}
        for sid in ("CA" + "9" * 32, worker["CallSid"]):
            update = carrier.application.told(f"{CALLS}/{sid}.json")[-1]
            _, documents[sid] = await carrier.tells(update["Url"], CallSid=sid)
        rooms = [re.findall("<Conference[^>]*>([^<]+)<", text) for text in documents.values()]
        assert len(rooms[0]) == 1
        assert rooms[0] == rooms[1]
        assert await scene.status() == ("assigned", "accepted")
        await carrier.tells(placed["StatusCallback"], **worker | {"CallStatus": "completed"})
        assert await scene.status() == ("wrapping", "wrapping")
        last = carrier.application.told(f"{CALLS}/{'CA' + '9' * 32}.json")[-1]
        assert last == {"Status": "completed"}

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_forged_calls(tmp_path: Path) -> None:
    """A call that nobody signed, or with another token, makes no call here; nor does one to a foreign number."""

    async def story(scene: VoiceScene, carrier: Carrier) -> None:
        await scene.number("<Say>Hello</Say>")
        fields = {
            "CallSid": "CA" + "9" * 32,
            "CallStatus": "ringing",
            "From": CALLER,
            "To": HOTLINE,
        }
        url = f"{PUBLIC}/twilio/incoming"
        assert (await carrier.tells(url, token="1" * 32, **fields))[0] == 403
        unsigned = await scene.http.post("/twilio/incoming", data=fields)
        assert unsigned.status_code == 403
        assert scene.exchange.lines == {}
        status, document = await carrier.tells(url, **fields | {"To": "+15559999999"})
        assert (status, "<Reject" in document) == (200, True)
        assert scene.exchange.lines == {}
        assert "Hello" in await carrier.comes_in("CA" + "8" * 32)

    told(tmp_path, story)


@pytest.mark.feature(214, partly=True)
def test_what_the_carrier_cannot_honour(tmp_path: Path) -> None:
    """A parameter beyond the carrier leaves the instruction working, and a warning alert names it."""

    async def story(scene: VoiceScene, carrier: Carrier) -> None:
        await scene.number(f"<Enqueue workflowSid='{scene.workflow_sid}'/>")
        await scene.a_worker("alice", Attributes='{"contact_uri": "client:alice"}')
        await carrier.comes_in("CA" + "9" * 32)
        await scene.instruct("conference", Region="ie1", EarlyMedia="true")
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        messages = {alert["message"] for alert in alerts if alert["log_level"] == "warning"}
        assert "Region is not offered by the provider twilio; it is left out" in messages
        assert len(carrier.application.told(f"{CALLS}.json")) == 1

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_a_menu(tmp_path: Path) -> None:
    """A prompt is a gather of the carrier's; the keys that it tells lead to the action, whose document is the answer."""

    async def story(scene: VoiceScene, carrier: Carrier) -> None:
        await scene.number("<Gather action='/keys' timeout='3'><Say>Press keys</Say></Gather>")
        scene.application.documents["/keys"] = "<Say>Thank you</Say>"
        caller = "CA" + "9" * 32
        document = await carrier.comes_in(caller)
        assert "Press keys" in document
        (keys,) = re.findall('<Gather action="([^"]*)"', document)
        _, document = await carrier.tells(keys, CallSid=caller, Digits="42#")
        assert scene.application.told("/keys")[0]["Digits"] == "42"
        assert "Thank you" in document
        (end,) = re.findall("<Redirect[^>]*>([^<]*)", document)
        await carrier.tells(end.replace("&amp;", "&"), CallSid=caller)
        last = scene.application.told(f"{CALLS}/{caller}.json")[-1]
        assert last == {"Status": "completed"}

    told(tmp_path, story)


LACKING = "import sys; sys.modules['twilio'] = None; from pointsman.cli import main; main()"


def test_without_the_stock_library(tmp_path: Path) -> None:
    """The server ends with a sentence that says what to install."""
    variables = {f"POINTSMAN_{name.upper()}": value for name, value in CARRIED.items()}
    ended = subprocess.run(
        [sys.executable, "-c", LACKING, "serve", "--port=0", f"--data={tmp_path}"],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "pip install 'pointsman[twilio]'" in ended.stdout + ended.stderr


@pytest.mark.parametrize("missing", ["twilio_account_sid", "twilio_auth_token", "public_url"])
def test_settings_that_are_missing(missing: str) -> None:
    """The provider needs its account and an address where the carrier reaches us."""
    with pytest.raises(SettingsError, match="TWILIO"):
        Settings(**{name: value for name, value in CARRIED.items() if name != missing})  # type: ignore[arg-type]


def test_without_a_carrier(tmp_path: Path) -> None:
    """A server with another provider has nothing behind the carrier's addresses."""

    async def story() -> None:
        async with (
            an_application() as application,
            a_server(tmp_path, application, VirtualAmbient()) as scene,
        ):
            assert (await scene.http.post("/twilio/incoming", data={})).status_code == 404

    asyncio.run(story())
