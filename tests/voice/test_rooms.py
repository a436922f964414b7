"""Who hears whom in a conference, and what is heard by whoever waits for it or is held in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from tests.voice.scene import CALLER, Asked, VoiceScene, told
from tests.voice.test_conferences import SECOND, THIRD, chaired, meeting, room

PLEASE = "<Say>Please wait</Say><Play>/tune.wav</Play>"


async def join(scene: VoiceScene, caller: str, attributes: str) -> str:
    """One more caller, whose document asks for this; his leg."""
    await scene.number(room(attributes))
    leg = await scene.call_in(caller)
    await scene.pass_time(1)
    return leg


def heard(scene: VoiceScene, leg: str) -> list[set[str]]:
    """Everything that a leg heard one after another, silence left out."""
    return [set(each.sources) for each in scene.world.heard(leg) if each.sources]


@pytest.mark.feature(210)
def test_three_parties(tmp_path: Path) -> None:
    """Two wait apart until one comes who starts it; all three talk until one leaves who ends it."""

    async def story(scene: VoiceScene) -> None:
        waits = "startConferenceOnEnter='false' beep='false'"
        first = await join(scene, CALLER, waits)
        second = await join(scene, SECOND, waits)
        assert scene.hears(first) == {"music"} and scene.hears(second) == {"music"}
        third = await join(scene, THIRD, "beep='false' endConferenceOnExit='true'")
        assert scene.hears(first) == {SECOND, THIRD}
        assert scene.hears(second) == {CALLER, THIRD}
        assert scene.hears(third) == {CALLER, SECOND}
        scene.world.hang_up(third)
        await scene.pass_time(0)
        assert scene.world.legs[first].ended and scene.world.legs[second].ended
        told_after = scene.application.told("/after")
        assert [one["DialCallStatus"] for one in told_after] == ["completed"] * 2

    told(tmp_path, story)


@pytest.mark.feature(210, partly=True)
def test_a_conference_goes_on_without_him(tmp_path: Path) -> None:
    """Whoever leaves without ending it leaves the others talking; the last one ends it."""

    async def story(scene: VoiceScene) -> None:
        legs = await meeting(scene, CALLER, SECOND, THIRD)
        scene.world.hang_up(legs[2])
        await scene.pass_time(1)
        assert scene.hears(legs[0]) == {SECOND} and scene.hears(legs[1]) == {CALLER}
        scene.world.hang_up(legs[1])
        await scene.pass_time(1)
        assert not scene.world.legs[legs[0]].ended and scene.hears(legs[0]) == set()
        scene.world.hang_up(legs[0])
        await scene.pass_time(1)
        (over,) = await scene.stock(lambda c: c.conferences.list(status="completed"))
        assert over.reason_conference_ended == "last-participant-left"

    told(tmp_path, story)


def test_a_document_for_whoever_waits(tmp_path: Path) -> None:
    """What it says and plays is heard over and over, asked for as waitMethod says, until the talk begins."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/wait"] = PLEASE
        first = await join(scene, CALLER, "waitUrl='/wait' waitMethod='GET'")
        await scene.pass_time(5)
        tune = f"play:{scene.application.url}/tune.wav"
        assert heard(scene, first)[:4] == [{"say:Please wait"}, {tune}] * 2
        asked = [one for one in scene.application.asked if one.path == "/wait"]
        assert {one.method for one in asked} == {"GET"}
        assert asked[0].fields["CallStatus"] == "in-progress"
        await join(scene, SECOND, "beep='false'")
        before = len(scene.application.told("/wait"))
        await scene.pass_time(30)
        assert scene.hears(first) == {SECOND}
        assert len(scene.application.told("/wait")) == before

    told(tmp_path, story)


@pytest.mark.parametrize(("url", "heard"), [("''", set()), ("'/tune.mp3'", {"music:{}/tune.mp3"})])
def test_silence_or_a_sound_for_whoever_waits(tmp_path: Path, url: str, heard: set[str]) -> None:
    """An empty waitUrl is silence, and one that names a sound is that sound."""

    async def story(scene: VoiceScene) -> None:
        first = await join(scene, CALLER, f"waitUrl={url}")
        assert scene.hears(first) == {one.format(scene.application.url) for one in heard}
        assert scene.application.told("/tune.mp3") == []

    told(tmp_path, story)


def test_a_sound_instead_of_a_document(tmp_path: Path) -> None:
    """An address that answers with a sound is played for ever, also one that is larger than any document."""

    async def music(asked: Asked) -> web.StreamResponse:
        return web.Response(body=bytes(300_000), content_type="audio/mpeg")

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/wait"] = music
        first = await join(scene, CALLER, "waitUrl='/wait'")
        await scene.pass_time(60)
        assert scene.hears(first) == {f"play:{scene.application.url}/wait"}
        assert len(scene.application.told("/wait")) == 1

    told(tmp_path, story)


def test_no_document_for_whoever_waits(tmp_path: Path) -> None:
    """A document that cannot be had leaves music and an alert, and is heard as soon as it is there."""

    async def missing(asked: Asked) -> web.StreamResponse:
        return web.Response(status=404)

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/wait"] = missing
        first = await join(scene, CALLER, "waitUrl='/wait'")
        assert scene.hears(first) == {"music"}
        assert (11200, "warning") in await scene.alerts()
        scene.application.documents["/wait"] = "<Say loop='0'>Please wait</Say>"
        await scene.pass_time(60)
        assert scene.hears(first) == {"say:Please wait"}

    told(tmp_path, story)


@pytest.mark.feature(196, partly=True)
def test_a_document_for_whoever_is_held(tmp_path: Path) -> None:
    """It is heard, and not in the conference, until he is brought back; its verbs are those of waiting."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/hold"] = "<Hangup/><Say loop='0'>One moment</Say>"
        first, second, third = await meeting(scene, CALLER, SECOND, THIRD)
        chair = await chaired(scene)
        url = f"{scene.application.url}/hold"
        await chair.change(0, hold=True, hold_url=url)
        await scene.pass_time(10)
        assert scene.hears(first) == {"say:One moment"}
        assert scene.hears(second) == {THIRD} and scene.hears(third) == {SECOND}
        assert await scene.alerts() == [(13238, "warning")]
        (asked,) = [one for one in scene.application.asked if one.path == "/hold"]
        assert asked.method == "GET"
        await chair.change(0, hold=False)
        assert scene.hears(first) == {SECOND, THIRD} and scene.hears(second) == {CALLER, THIRD}

    told(tmp_path, story)


@pytest.mark.feature(196, partly=True)
def test_a_coach_is_heard_by_nobody_else(tmp_path: Path) -> None:
    """Held or gone, whom he coaches takes his ears along; back in the talk he hears his coach again."""

    async def story(scene: VoiceScene) -> None:
        first, second, third = await meeting(scene, CALLER, SECOND, THIRD)
        chair = await chaired(scene)
        await chair.change(2, coaching=True, call_sid_to_coach=chair.calls[0])
        assert scene.hears(first) == {SECOND, THIRD} and scene.hears(second) == {CALLER}
        await chair.change(0, hold=True)
        assert scene.hears(second) == set() and scene.hears(third) == {SECOND}
        await chair.change(0, hold=False)
        assert scene.hears(first) == {SECOND, THIRD} and scene.hears(second) == {CALLER}
        await chair.change(2, muted=True)
        assert scene.hears(first) == {SECOND}
        await chair.change(2, muted=False)
        scene.world.hang_up(first)
        await scene.pass_time(1)
        assert scene.hears(second) == set()
        await chair.change(2, coaching=False)
        assert scene.hears(second) == {THIRD}

    told(tmp_path, story)


@pytest.mark.feature(195, 196, partly=True)
def test_an_announcement(tmp_path: Path) -> None:
    """What a document says is heard once by everybody over the talk, or by one participant alone."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/news"] = "<Say>Ten minutes are left</Say><Record/>"
        first, second, _ = await meeting(scene, CALLER, SECOND, THIRD)
        chair, url = await chaired(scene), f"{scene.application.url}/news"
        news = "say:Ten minutes are left"
        await chair.ask(lambda c: c.update(announce_url=url))
        await scene.pass_time(0)
        assert scene.hears(first) == {SECOND, THIRD, news} and news in scene.hears(second)
        assert scene.application.told("/news")[0]["ConferenceSid"] == chair.conference_sid
        assert await scene.alerts() == [(13238, "warning")]
        await scene.pass_time(5)
        await chair.change(0, announce_url=url, announce_method="GET")
        await scene.pass_time(0)
        assert scene.hears(first) == {SECOND, THIRD, news}
        assert scene.hears(second) == {CALLER, THIRD}
        await scene.pass_time(5)
        assert scene.hears(first) == {SECOND, THIRD}
        asked = [one.method for one in scene.application.asked if one.path == "/news"]
        assert asked == ["POST", "GET"]

    told(tmp_path, story)


@pytest.mark.feature(213, partly=True)
def test_a_coach_of_nobody(tmp_path: Path) -> None:
    """A document that coaches a call which is not there fails with its code, and the action is told."""

    async def story(scene: VoiceScene) -> None:
        first, second = await meeting(scene, CALLER, SECOND)
        coach = await join(scene, THIRD, f"coach='CA{'0' * 32}' statusCallbackEvent='speaker'")
        assert scene.world.legs[coach].ended
        assert scene.hears(first) == {SECOND} and scene.hears(second) == {CALLER}
        assert await scene.alerts() == [(12200, "warning"), (13240, "warning")]
        assert [one["DialCallStatus"] for one in scene.application.told("/after")] == ["failed"]
        chair = await chaired(scene)
        coach = await join(scene, THIRD, f"beep='false' coach='{chair.calls[0]}'")
        assert scene.hears(first) == {SECOND, THIRD} and scene.hears(second) == {CALLER}

    told(tmp_path, story)
