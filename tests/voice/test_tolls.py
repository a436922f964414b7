"""How often an account may dial: the limit, its refusals, and the alert."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.voice.stock import refused as refused_by_library
from tests.voice.stock import stock
from tests.voice.test_dequeue import waiting
from tests.voice.test_provider_down import refused

TOO_MANY = 20429


@pytest.mark.feature(231, partly=True)
def test_instructions_that_dial_too_often(tmp_path: Path) -> None:
    """The call over the limit is not dialled: the documented code, one alert, and later it is possible again."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene, alice={"outcome": "busy"})
        for _ in range(2):
            await scene.instruct("dequeue")
            await scene.pass_time(5)
        dialled = len(scene.world.legs)
        assert await refused(scene, "dequeue") == 40133
        assert await scene.status() == ("pending", "canceled")
        await scene.pass_time(10)
        assert await refused(scene, "dequeue") == 40133
        assert len(scene.world.legs) == dialled
        assert (await scene.alerts()).count((TOO_MANY, "warning")) == 1
        assert scene.hears(caller) == {"music"}
        await scene.pass_time(60)
        await scene.instruct("dequeue")
        assert len(scene.world.legs) == dialled + 1

    told(tmp_path, story, voice_dials_per_minute=2)


def test_dial_that_dials_too_often(tmp_path: Path) -> None:
    """Of many phones that `<Dial>` names only so many ring; who calls in is not counted."""

    async def story(scene: VoiceScene) -> None:
        phones = "".join(f"<Number>+155500022{number:02}</Number>" for number in range(5))
        await scene.number(f"<Dial>{phones}</Dial>")
        await scene.call_in()
        assert len([leg for leg in scene.world.legs.values() if not leg.incoming]) == 3
        assert (TOO_MANY, "warning") in await scene.alerts()
        await scene.number("<Pause length='9'/>")
        caller = await scene.call_in(f"{CALLER}1")
        assert not scene.world.legs[caller].ended

    told(tmp_path, story, voice_dials_per_minute=3)


def test_no_limit(tmp_path: Path) -> None:
    """With 0 every phone rings."""

    async def story(scene: VoiceScene) -> None:
        phones = "".join(f"<Number>+15550002{number:03}</Number>" for number in range(130))
        await scene.number(f"<Dial>{phones}</Dial>")
        await scene.call_in()
        assert len(scene.world.legs) == 131

    told(tmp_path, story, voice_dials_per_minute=0)


def test_calls_over_rest_that_are_too_many(tmp_path: Path) -> None:
    """The stock library is told 429 with the code, and when to try again."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        client = stock(scene)
        asked = {"to": "+15550002222", "from_": HOTLINE, "twiml": "<Response/>"}
        await client.calls.create_async(**asked)
        again = client.calls.create_async(**asked)
        assert await refused_by_library(again) == (429, TOO_MANY)

    told(tmp_path, story, voice_dials_per_minute=1)
