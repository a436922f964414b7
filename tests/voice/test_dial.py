"""The verb Dial: several phones for one caller, and what its action is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.voice.hearing import Hearing
from pointsman.voice.lines import Line
from pointsman.voice.phones import Plan
from pointsman.voice.provider import SipAuth
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
        number = "<Number byoc='BY1' machineDetection='Enable'>+15550002222</Number>"
        await scene.number(f"<Dial ringTone='at' trim='trim-silence'>{number}</Dial>")
        caller = await scene.call_in()
        await scene.pass_time(1)
        assert scene.hears(caller) == {"+15550002222"}
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        assert {alert["message"].partition("> ")[0] for alert in alerts} == {
            "<Dial ringTone",
            "<Dial trim",
            "<Number byoc",
            "<Number machineDetection",
        }

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


@pytest.mark.feature(209)
@pytest.mark.parametrize("accepts", [True, False])
def test_who_answers_is_asked_first(tmp_path: Path, *, accepts: bool) -> None:
    """The document of a phone runs on it before it is connected, and may hang up; the caller hears ringing."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/screen"] = (
            "<Gather numDigits='1' action='/yes'><Say>Press a key to take the call</Say></Gather><Hangup/>"
        )
        scene.world.plan("+15550002222", Plan(digits=((500, "1"),) if accepts else ()))
        number = "<Number url='/screen' method='GET' sendDigits='1w2'>+15550002222</Number>"
        await scene.number(f"<Dial action='/after'>{number}</Dial>")
        caller = await scene.call_in()
        await scene.pass_time(1)
        phone = scene.leg_of("+15550002222")
        assert scene.world.legs[phone].got_digits == "1w2"
        assert scene.hears(phone) == {"say:Press a key to take the call"}
        assert scene.hears(caller) == {"ring"}
        (asked,) = [asked for asked in scene.application.asked if asked.path == "/screen"]
        assert (asked.method, asked.fields["ParentCallSid"]) == ("GET", _only(scene).sid)
        await scene.pass_time(0.5 if accepts else 10)
        if accepts:
            assert scene.hears(caller) == {"+15550002222"}
            scene.world.hang_up(phone)
            await scene.pass_time(0)
        (after,) = scene.application.told("/after")
        assert after["DialCallStatus"] == ("completed" if accepts else "no-answer")
        assert scene.world.legs[phone].ended

    told(tmp_path, story)


def _only(scene: VoiceScene) -> Line:
    """The call that came in."""
    return next(line for line in scene.exchange.lines.values() if line.call.parent_call_sid is None)


@pytest.mark.feature(209)
def test_one_after_the_other(tmp_path: Path) -> None:
    """With sequential a phone rings when the one before it did not answer."""

    async def story(scene: VoiceScene) -> None:
        scene.world.plan(PHONES[0], Plan(outcome="no-answer"))
        scene.world.plan(PHONES[1], Plan(outcome="busy"))
        await scene.number(THREE.replace("timeout=", "sequential='true' timeout="))
        caller = await scene.call_in()
        assert [leg.phone for leg in scene.world.legs.values()][1:] == [PHONES[0]]
        await scene.pass_time(22)
        assert scene.hears(caller) == {PHONES[2]}

    told(tmp_path, story)


@pytest.mark.feature(209)
@pytest.mark.parametrize(
    ("verb", "seconds"), [("<Dial hangupOnStar='true'", 3), ("<Dial timeLimit='5'", 5)]
)
def test_an_end_from_here(tmp_path: Path, verb: str, seconds: int) -> None:
    """The caller's star, or the time limit, ends the talk, and the caller goes on with the next verb."""

    async def story(scene: VoiceScene) -> None:
        await scene.number(f"{verb}><Client>bob</Client></Dial><Say>Goodbye</Say>")
        caller = await scene.call_in()
        await scene.pass_time(4)
        scene.world.press(caller, "5*")
        await scene.pass_time(0 if seconds == 3 else 2)
        assert scene.world.legs[scene.leg_of("client:bob")].ended
        assert scene.hears(caller) == {"say:Goodbye"}

    told(tmp_path, story)


@pytest.mark.feature(209, 204)
def test_a_talk_is_recorded(tmp_path: Path) -> None:
    """Both voices in two channels, told at the action and to the recording's own callback."""

    async def story(scene: VoiceScene) -> None:
        await scene.number(
            "<Dial action='/after' record='record-from-answer-dual' recordingStatusCallback='/recorded' "
            "recordingStatusCallbackEvent='in-progress completed'><Client>bob</Client></Dial>"
        )
        await scene.call_in()
        await scene.pass_time(5)
        scene.world.hang_up(scene.leg_of("client:bob"))
        await scene.pass_time(0)
        (after,) = scene.application.told("/after")
        events = scene.application.told("/recorded")
        assert [each["RecordingStatus"] for each in events] == ["in-progress", "completed"]
        assert {each["RecordingChannels"] for each in events} == {"2"}
        assert events[1]["RecordingUrl"] == after["RecordingUrl"]
        assert len(scene.world.recorded(after["RecordingSid"])) == 2
        assert await scene.alerts() == []

    told(tmp_path, story)


def test_a_phone_that_asks_who_calls(tmp_path: Path) -> None:
    """User and password of a SIP noun reach the provider."""

    async def story(scene: VoiceScene) -> None:
        sip = "<Sip username='pointsman' password='secret'>sip:carol@phones.test</Sip>"
        await scene.number(f"<Dial>{sip}</Dial>")
        await scene.call_in()
        leg = scene.world.legs[scene.leg_of("sip:carol@phones.test")]
        assert leg.auth == SipAuth("pointsman", "secret")

    told(tmp_path, story)


@pytest.mark.feature(210, partly=True)
def test_a_conference_that_lasts_no_longer(tmp_path: Path) -> None:
    """The time limit takes a caller out of the conference, and his next verb runs."""

    async def story(scene: VoiceScene) -> None:
        await scene.number(
            "<Dial timeLimit='7'><Conference>room</Conference></Dial><Say>Over</Say>"
        )
        caller = await scene.call_in()
        await scene.pass_time(7)
        assert scene.hears(caller) == {"say:Over"}
        assert scene.board.rooms.rooms(_only(scene).call.account_sid) == []

    told(tmp_path, story)


@pytest.mark.feature(209)
@pytest.mark.parametrize("outcome", ["answer", "busy"])
def test_answered_when_somebody_answers(tmp_path: Path, outcome: str) -> None:
    """With answerOnBridge the caller's call rings on until somebody answers, or the next verb is heard."""

    async def story(scene: VoiceScene) -> None:
        scene.world.plan("client:bob", Plan(outcome=outcome, answers_after_ms=9_000))
        await scene.number(
            "<Dial answerOnBridge='true'><Client>bob</Client></Dial><Say>Nobody is there</Say>"
        )
        caller = await scene.call_in()
        await scene.pass_time(8)
        assert not scene.world.legs[caller].answered
        await scene.pass_time(1)
        expected = "client:bob" if outcome == "answer" else "say:Nobody is there"
        assert scene.hears(caller) == {expected}

    told(tmp_path, story)
