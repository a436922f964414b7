"""The verbs that need nothing but their call: what is heard and when, and what the application is told."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from twilio.twiml.voice_response import Gather, VoiceResponse

from pointsman.voice.calls import CallStatus
from pointsman.voice.provider import ProviderGone
from tests.voice.scene import CALLER, HOTLINE, VoiceScene, document, told


async def calling(scene: VoiceScene, response: VoiceResponse, **plan: Any) -> str:
    """The leg of a caller whose number runs this document."""
    await scene.number("")
    scene.application.documents["/voice"] = document(response)
    return await scene.call_in(**plan)


def timeline(scene: VoiceScene, leg: str) -> list[tuple[float, str]]:
    """What the leg heard, and for how many seconds."""
    heard = scene.world.heard(leg)
    spans = [after.since - before.since for before, after in pairwise(heard)]
    return [
        (span / 1000, "+".join(sorted(each.sources)))
        for each, span in zip(heard, spans, strict=False)
    ]


@pytest.mark.feature(206, partly=True)
def test_loops(tmp_path: Path) -> None:
    """Prompts are heard one after another, each as often as it says; with loop 0 until the caller hangs up."""

    async def story(scene: VoiceScene) -> None:
        scene.world.sound_ms[f"{scene.application.url}/tune.mp3"] = 3_000
        response = VoiceResponse()
        response.say("Hello", loop=2)
        response.play("/tune.mp3", loop=2)
        response.say("Forever", loop=0)
        caller = await calling(scene, response)
        await scene.pass_time(3_600)
        tune = f"play:{scene.application.url}/tune.mp3"
        assert timeline(scene, caller) == [(0.6, "say:Hello"), (6, tune)]
        assert scene.hears(caller) == {"say:Forever"}
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert scene.exchange.lines == {}

    told(tmp_path, story)


def test_keys_that_are_played(tmp_path: Path) -> None:
    """Play sends keys to the telephone."""

    async def story(scene: VoiceScene) -> None:
        response = VoiceResponse()
        response.play(digits="1w2#")
        caller = await calling(scene, response)
        assert scene.world.legs[caller].got_digits == "1w2#"

    told(tmp_path, story)


@pytest.mark.feature(207)
def test_the_trace_of_a_call(tmp_path: Path) -> None:
    """A pause and a redirect before anything is heard leave the call ringing; a hang-up ends it where it stands."""

    async def story(scene: VoiceScene) -> None:
        response = VoiceResponse()
        response.pause(3)
        response.redirect("/second?step=2", method="GET")
        response.say("This is never heard")
        second = VoiceResponse()
        second.say("Hello")
        second.pause(2)
        second.say("Again")
        second.hangup()
        second.say("This is never heard")
        scene.application.documents["/second"] = document(second)
        caller = await calling(scene, response)
        await scene.pass_time(2)
        (line,) = scene.exchange.lines.values()
        assert line.call.status is CallStatus.RINGING
        assert not scene.application.told("/second")
        await scene.pass_time(1)
        asked = scene.application.asked[-1]
        assert (asked.path, asked.method, asked.fields["step"]) == ("/second", "GET", "2")
        assert (asked.fields["CallSid"], asked.fields["CallStatus"]) == (line.sid, "ringing")
        assert line.is_up
        await scene.pass_time(10)
        assert timeline(scene, caller) == [
            (0.3, "say:Hello"),
            (2, ""),
            (0.3, "say:Again"),
        ]
        assert scene.world.legs[caller].ended
        assert line.call.status is CallStatus.COMPLETED
        assert line.call.duration_s == 2

    told(tmp_path, story)


@pytest.mark.feature(207)
def test_a_document_that_runs_again(tmp_path: Path) -> None:
    """A redirect without an address asks for the same document again."""

    async def story(scene: VoiceScene) -> None:
        response = VoiceResponse()
        response.say("Once more")
        response.redirect("")
        caller = await calling(scene, response)
        await scene.pass_time(2)
        assert len(scene.application.told("/voice")) == 4
        assert scene.hears(caller) == {"say:Once more"}

    told(tmp_path, story)


@pytest.mark.feature(207)
@pytest.mark.parametrize(
    ("reason", "status"),
    [("busy", CallStatus.BUSY), ("rejected", CallStatus.FAILED), (None, CallStatus.FAILED)],
)
def test_rejected(tmp_path: Path, reason: str | None, status: CallStatus) -> None:
    """A rejected caller is never answered, and his call ends with the status of the reason."""

    async def story(scene: VoiceScene) -> None:
        response = VoiceResponse()
        response.pause(1)
        response.reject(reason=reason)
        response.say("This is never heard")
        caller = await calling(scene, response)
        (line,) = scene.exchange.lines.values()
        await scene.pass_time(1)
        leg = scene.world.legs[caller]
        assert (leg.answered, leg.ended) == (False, True)
        assert line.call.status is status

    told(tmp_path, story)


def a_menu(**attributes: Any) -> VoiceResponse:
    """A gather with prompts, and what comes when nothing is pressed."""
    response = VoiceResponse()
    gather = Gather(action="/keys", **attributes)
    gather.say("Press")
    gather.pause(1)
    gather.play("/tune.mp3")
    response.append(gather)
    response.say("Nothing")
    return response


@pytest.mark.feature(208)
def test_nothing_is_pressed(tmp_path: Path) -> None:
    """The prompts are heard in their order, then the time-out passes, then the next verb runs."""

    async def story(scene: VoiceScene) -> None:
        caller = await calling(scene, a_menu(timeout=7))
        await scene.pass_time(11)
        tune = f"play:{scene.application.url}/tune.mp3"
        assert timeline(scene, caller) == [
            (0.3, "say:Press"),
            (1, ""),
            (2, tune),
            (7, ""),
            (0.42, "say:Nothing"),
        ]
        assert not scene.application.told("/keys")

    told(tmp_path, story)


@pytest.mark.feature(208)
@pytest.mark.parametrize(
    ("attributes", "presses", "digits", "finish"),
    [
        ({"num_digits": 2}, [(0, "4"), (4, "2")], "42", None),
        ({}, [(0, "4"), (4, "2#")], "42", "#"),
        ({}, [(0, "4"), (6, "2")], "4", None),
        ({"timeout": 2}, [(0, "41"), (3, "2")], "41", None),
        ({"finish_on_key": "9"}, [(0, "4#"), (1, "9")], "4#", "9"),
        ({"finish_on_key": ""}, [(0, "#"), (4, "*")], "#*", None),
        ({"action_on_empty_result": True}, [(0, "#")], "", "#"),
        ({"action_on_empty_result": True}, [], "", None),
        ({"method": "GET", "num_digits": 1}, [(0, "0")], "0", None),
    ],
)
def test_keys(
    tmp_path: Path,
    attributes: dict[str, Any],
    presses: list[tuple[float, str]],
    digits: str,
    finish: str | None,
) -> None:
    """The number of keys, the finish key or the time-out ends the collecting, and the action is told the keys."""

    async def story(scene: VoiceScene) -> None:
        caller = await calling(scene, a_menu(**attributes))
        for after, keys in presses:
            await scene.pass_time(after)
            scene.world.press(caller, keys)
        await scene.pass_time(10)
        (asked,) = [asked for asked in scene.application.asked if asked.path == "/keys"]
        assert asked.method == attributes.get("method", "POST")
        assert asked.fields["Digits"] == digits
        assert asked.fields.get("FinishedOnKey") == finish

    told(tmp_path, story)


@pytest.mark.feature(208)
def test_the_finish_key_alone(tmp_path: Path) -> None:
    """Without another key the finish key leads to the next verb."""

    async def story(scene: VoiceScene) -> None:
        caller = await calling(scene, a_menu())
        scene.world.press(caller, "#")
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Nothing"}
        assert not scene.application.told("/keys")

    told(tmp_path, story)


def a_message(**attributes: Any) -> VoiceResponse:
    """A voice mail box."""
    response = VoiceResponse()
    response.record(action="/after", recording_status_callback="/recorded", **attributes)
    response.say("Nothing")
    return response


@pytest.mark.feature(211)
@pytest.mark.parametrize(
    ("attributes", "key", "seconds"),
    [({}, "5", 4), ({"finish_on_key": "*"}, "*", 4), ({"max_length": 3}, "", 3)],
)
def test_the_end_of_a_message(
    tmp_path: Path, attributes: dict[str, Any], key: str, seconds: int
) -> None:
    """After the beep a message goes on to its finish key or its longest time, and the action's document runs."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/after"] = "<Say>Thank you</Say>"
        caller = await calling(scene, a_message(**attributes))
        assert scene.hears(caller) == {"beep"}
        await scene.pass_time(4)
        scene.world.press(caller, key)
        await scene.pass_time(0)
        (after,) = scene.application.told("/after")
        assert (after["Digits"], after["RecordingDuration"]) == (key, str(seconds))
        (recorded,) = scene.application.told("/recorded")
        assert recorded["RecordingStatus"] == "completed"
        assert recorded["RecordingUrl"] == after["RecordingUrl"]
        assert scene.world.recorded(after["RecordingSid"]) == {f"voice:{caller}"}
        assert (await scene.exchange.recorder.audio(after["RecordingSid"]))[:4] == b"RIFF"

    told(tmp_path, story)


@pytest.mark.feature(211)
def test_a_caller_hangs_up_after_his_message(tmp_path: Path) -> None:
    """The action is told of the message all the same, with the word hangup instead of a key."""

    async def story(scene: VoiceScene) -> None:
        caller = await calling(scene, a_message(play_beep=False))
        assert scene.hears(caller) == set()
        await scene.pass_time(4)
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        (after,) = scene.application.told("/after")
        assert (after["Digits"], after["RecordingDuration"]) == ("hangup", "4")
        assert (after["From"], after["To"], after["CallStatus"]) == (CALLER, HOTLINE, "completed")
        assert len(scene.application.told("/recorded")) == 1

    told(tmp_path, story)


@pytest.mark.feature(211, partly=True)
def test_a_redirect_ends_a_message(tmp_path: Path) -> None:
    """A caller who is sent elsewhere is recorded no longer, and the action is not asked."""

    async def story(scene: VoiceScene) -> None:
        await calling(scene, a_message())
        await scene.pass_time(4)
        (line,) = scene.exchange.lines.values()
        source = line.call.source
        scene.application.documents["/voice"] = "<Say>Elsewhere</Say>"
        await scene.exchange.redirect(line, source)
        await scene.pass_time(0)
        assert not scene.application.told("/after")
        assert len(scene.application.told("/recorded")) == 1

    told(tmp_path, story)


@pytest.mark.feature(214, partly=True)
@pytest.mark.parametrize(
    ("verb", "told_of"),
    [
        ("<Say loop='often'>Hello</Say>", "<Say loop> has to be a whole number; it is left out"),
        (
            "<Pause length='-1'/><Say>Hello</Say>",
            "<Pause length> has to be a whole number; it is left out",
        ),
        (
            "<Play digits='abc'/><Say>Hello</Say>",
            "<Play digits> has to be keys of 0-9, *, # and w; it is left out",
        ),
        (
            "<Gather hints='yes' timeout='1'/><Say>Hello</Say>",
            "<Gather hints> is not offered here; it changes nothing",
        ),
        (
            "<Gather timeout='1'><Dial/></Gather><Say>Hello</Say>",
            "<Dial> cannot be inside of <Gather> here; it is skipped",
        ),
        (
            "<Redirect method='PUT'>/hello</Redirect>",
            "<Redirect method> has to be GET or POST; it is left out",
        ),
        (
            "<Record trim='trim-silence' maxLength='1' action='/hello'/>",
            "<Record trim> cannot be honoured by the provider simulator; it is left out",
        ),
        (
            "<Record transcribe='true' maxLength='1' action='/hello'/>",
            "<Record transcribe> is not offered here; it changes nothing",
        ),
    ],
)
def test_what_is_not_carried_out_is_named(tmp_path: Path, verb: str, told_of: str) -> None:
    """An attribute that is malformed, unknown or beyond the provider raises one warning, and the rest runs."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/hello"] = "<Say>Hello</Say>"
        await scene.number(verb)
        caller = await scene.call_in()
        await scene.pass_time(2)
        assert "say:Hello" in {source for _, source in timeline(scene, caller)}
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        assert [(each["log_level"], each["message"]) for each in alerts] == [("warning", told_of)]

    told(tmp_path, story)


@pytest.mark.parametrize("method", ["play", "record"])
def test_an_engine_that_is_away_for_a_moment(tmp_path: Path, method: str) -> None:
    """What cannot be played or recorded then is told by an alert, and the call goes on instead of waiting for it."""

    async def story(scene: VoiceScene) -> None:
        heal = getattr(scene.world, method)

        async def gone(*_: Any, **__: Any) -> None:
            setattr(scene.world, method, heal)
            raise ProviderGone("The engine does not answer")

        setattr(scene.world, method, gone)
        response = VoiceResponse()
        verb = response.say("Hello") if method == "play" else response.record(play_beep=False)
        assert verb is not None
        response.say("Here I am")
        caller = await calling(scene, response)
        await scene.pass_time(1 if method == "play" else 0)
        assert scene.hears(caller) == {"say:Here I am"}
        (alert,) = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        assert "The engine does not answer" in alert["message"]

    told(tmp_path, story)
