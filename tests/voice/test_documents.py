"""Documents that cannot be had: each kind with its code, an alert, and the fallback or an apology."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from tests.voice.scene import HOTLINE, Asked, Document, VoiceScene, told
from tests.voice.test_enqueue import NOBODY


async def down(_: Asked) -> web.StreamResponse:
    return web.Response(status=500)


async def slow(_: Asked) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def huge(_: Asked) -> web.StreamResponse:
    return web.Response(body=b"<Response>" + b" " * 100_000 + b"</Response>")


async def malformed(_: Asked) -> web.StreamResponse:
    return web.Response(text="<Response><Say>")


async def elsewhere(asked: Asked) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": asked.path})


KINDS: dict[str, tuple[Document, int]] = {
    "down": (down, 11200),
    "slow": (slow, 11200),
    "huge": (huge, 11750),
    "malformed": (malformed, 12100),
    "a redirection without end": (elsewhere, 11215),
    "documents without end": ("<Redirect>/voice</Redirect>", 11215),
}


def with_fallback(scene: VoiceScene, path: str) -> None:
    """Let the hotline have a fallback."""
    number = scene.exchange.numbers[HOTLINE]
    source = replace(number.source, fallback_url=f"{scene.application.url}{path}")
    scene.board.put_number(replace(number, source=source))


@pytest.mark.feature(227)
@pytest.mark.parametrize("kind", KINDS)
def test_documents_that_cannot_be_had(tmp_path: Path, kind: str) -> None:
    """The caller hears the fallback, which is told why, or else an apology; one alert tells the code."""
    document, code = KINDS[kind]

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        scene.application.documents["/voice"] = document
        caller = await scene.call_in()
        (heard,) = scene.hears(caller)
        assert heard.startswith("say:We are sorry")
        await scene.pass_time(60)
        assert scene.world.legs[caller].ended
        assert await scene.alerts() == [(code, "warning")]
        with_fallback(scene, "/fallback")
        scene.application.documents["/fallback"] = "<Say>Please call later</Say>"
        caller = await scene.call_in()
        assert scene.hears(caller) == {"say:Please call later"}
        (asked,) = scene.application.told("/fallback")
        url = f"{scene.application.url}/voice"
        assert (asked["ErrorCode"], asked["ErrorUrl"]) == (str(code), url)
        assert await scene.alerts() == [(code, "warning")] * 2

    told(tmp_path, story, voice_twiml_s=0.3)


@pytest.mark.feature(227, partly=True)
def test_an_application_that_is_not_there(tmp_path: Path) -> None:
    """Where nobody listens the code is that of a failed connection, and a fallback there is no better."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        number = scene.exchange.numbers[HOTLINE]
        nowhere = "http://127.0.0.1:9/voice"
        source = replace(number.source, url=nowhere, fallback_url=f"{nowhere}/again")
        scene.board.put_number(replace(number, source=source))
        caller = await scene.call_in()
        (heard,) = scene.hears(caller)
        assert heard.startswith("say:We are sorry")
        assert await scene.alerts() == [(11205, "warning")] * 2

    told(tmp_path, story)


@pytest.mark.feature(227, partly=True)
def test_a_later_document_that_cannot_be_had(tmp_path: Path) -> None:
    """When what comes after a menu fails, the call's fallback is run."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("<Gather numDigits='1' action='/menu'/>")
        with_fallback(scene, "/fallback")
        scene.application.documents["/menu"] = down
        scene.application.documents["/fallback"] = "<Say>Please call later</Say>"
        caller = await scene.call_in()
        scene.world.press(caller, "1")
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Please call later"}
        (asked,) = scene.application.told("/fallback")
        assert asked["ErrorUrl"] == f"{scene.application.url}/menu"

    told(tmp_path, story)


@pytest.mark.feature(227, partly=True)
def test_music_when_the_wait_document_fails(tmp_path: Path) -> None:
    """A caller whose wait document fails hears music, and the document is asked for again."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/wait"] = down
        await scene.number(NOBODY.format(scene.workflow_sid, ""))
        caller = await scene.call_in()
        assert scene.hears(caller) == {"music"}
        scene.application.documents["/wait"] = "<Say>Please hold</Say>"
        await scene.pass_time(1)
        assert scene.hears(caller) == {"say:Please hold"}

    told(tmp_path, story)
