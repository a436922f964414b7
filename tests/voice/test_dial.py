"""The verb Dial: several phones for one caller, and what its action is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.voice.hearing import Hearing
from pointsman.voice.phones import Plan
from tests.voice.scene import CALLER, VoiceScene, told

THREE = (
    "<Dial action='/after' timeout='20'><Number>+1555 000-2222</Number><Client>bob</Client>"
    "<Sip>sip:carol@phones.test</Sip></Dial>"
)
PHONES = ("+15550002222", "client:bob", "sip:carol@phones.test")


@pytest.mark.feature(209)
@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_first_who_answers(tmp_path: Path, first: int) -> None:
    """All phones ring, the first who answers talks to the caller, the others are left alone."""

    async def story(scene: VoiceScene) -> None:
        for place, phone in enumerate(PHONES):
            scene.world.plan(phone, Plan(answers_after_ms=1_000 if place == first else 9_000))
        await scene.number(THREE)
        caller = await scene.call_in()
        assert scene.hears(caller) == {"ring"}
        await scene.pass_time(1)
        assert scene.hears(caller) == {PHONES[first]}
        legs = [scene.world.legs[scene.leg_of(phone)] for phone in PHONES]
        assert [leg.ended for leg in legs] == [place != first for place in range(3)]
        await scene.pass_time(4)
        scene.world.hang_up(scene.leg_of(PHONES[first]))
        await scene.pass_time(0)
        (after,) = scene.application.told("/after")
        assert (after["DialCallStatus"], after["DialCallDuration"]) == ("completed", "4")

    told(tmp_path, story)


@pytest.mark.feature(209)
@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
def test_nobody_answers(tmp_path: Path, outcome: str) -> None:
    """The action is told why nobody answered, and the caller goes on there."""

    async def story(scene: VoiceScene) -> None:
        scene.world.plan("client:bob", Plan(outcome=outcome))
        scene.application.documents["/after"] = "<Say>Nobody is there</Say>"
        await scene.number("<Dial action='/after' timeout='20'><Client>bob</Client></Dial>")
        caller = await scene.call_in()
        await scene.pass_time(20)
        (after,) = scene.application.told("/after")
        assert after["DialCallStatus"] == outcome
        told_apologies = [sources for _, sources in map(_pair, scene.world.heard(caller))]
        assert {"say:Nobody is there"} in told_apologies

    told(tmp_path, story)


@pytest.mark.feature(214, partly=True)
def test_what_changes_nothing_is_named(tmp_path: Path) -> None:
    """Attributes that are not offered raise a warning each, and the phone is called all the same."""

    async def story(scene: VoiceScene) -> None:
        number = "<Number url='/screen' sendDigits='1'>+15550002222</Number>"
        await scene.number(f"<Dial hangupOnStar='true'>{number}</Dial>")
        caller = await scene.call_in()
        await scene.pass_time(1)
        assert scene.hears(caller) == {"+15550002222"}
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        named = {alert["message"].partition(" is not offered")[0] for alert in alerts}
        assert named == {"<Dial hangupOnStar>", "<Number url>", "<Number sendDigits>"}

    told(tmp_path, story)


def test_the_caller_leaves_while_phones_ring(tmp_path: Path) -> None:
    """A caller who hangs up leaves no phone ringing."""

    async def story(scene: VoiceScene) -> None:
        await scene.number(THREE)
        caller = await scene.call_in()
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert all(scene.world.legs[scene.leg_of(phone)].ended for phone in PHONES)

    told(tmp_path, story)


@pytest.mark.feature(210, partly=True)
def test_a_conference_of_three(tmp_path: Path) -> None:
    """Three callers hear each other in a room; when the one who ends it leaves, it is over."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("<Dial action='/after'><Conference>room</Conference></Dial>")
        first = await scene.call_in()
        assert scene.hears(first) == {"music"}
        second = await scene.call_in("+15552222222")
        scene.application.documents["/voice"] = (
            "<Dial><Conference endConferenceOnExit='true'>room</Conference></Dial>"
        )
        third = await scene.call_in("+15553333333")
        await scene.pass_time(1)
        assert scene.hears(first) == {"+15552222222", "+15553333333"}
        assert scene.hears(third) == {CALLER, "+15552222222"}
        scene.world.hang_up(third)
        await scene.pass_time(0)
        assert scene.world.legs[first].ended and scene.world.legs[second].ended
        assert len(scene.application.told("/after")) == 2

    told(tmp_path, story)


def _pair(heard: Hearing) -> tuple[int, frozenset[str]]:
    return heard.since, heard.sources
