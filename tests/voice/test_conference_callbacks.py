"""What applications are told of a conference while it lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice.scene import CALLER, VoiceScene, told
from tests.voice.test_conferences import SECOND, chaired, meeting
from tests.voice.test_dequeue import waiting

EVENTS = ["start", "end", "join", "leave", "mute", "hold"]
LIFE = [
    "participant-join",
    "participant-join",
    "conference-start",
    "participant-mute",
    "participant-unmute",
    "participant-hold",
    "participant-unhold",
    "participant-leave",
    "participant-leave",
    "conference-end",
]


@pytest.mark.feature(203)
@pytest.mark.parametrize("asked", [EVENTS, " ".join(EVENTS), ",".join(EVENTS)])
def test_the_life_of_a_conference(tmp_path: Path, asked: object) -> None:
    """Events that are asked for, as a list or as text, are told in order, each with what it is about."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct(
            "conference",
            EndConferenceOnExit="true",
            ConferenceStatusCallback=f"{scene.application.url}/room",
            ConferenceStatusCallbackEvent=asked,
        )
        await scene.pass_time(2)
        chair = await chaired(scene)
        for changes in ({"muted": True}, {"muted": False}, {"hold": True}, {"hold": False}):
            await chair.change(1, **changes)
        await scene.pass_time(1)
        scene.world.hang_up(scene.leg_of("client:alice"))
        await scene.pass_time(1)
        news = scene.application.told("/room")
        assert [one["StatusCallbackEvent"] for one in news] == LIFE
        assert [one["SequenceNumber"] for one in news] == [str(n) for n in range(len(LIFE))]
        task = await scene.task()
        for one in news:
            assert one["ConferenceSid"] == chair.conference_sid
            assert one["FriendlyName"] == task["sid"]
            assert ("CallSid" in one) == one["StatusCallbackEvent"].startswith("participant")
        muted = news[3]
        assert (muted["CallSid"], muted["Muted"], muted["Hold"]) == (
            chair.calls[1],
            "true",
            "false",
        )
        assert (news[4]["Muted"], news[5]["Hold"], news[6]["Hold"]) == ("false", "true", "false")
        worker, end = scene.leg_of("client:alice"), news[-1]
        assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
        assert end["CallSidEndingConference"] == worker

    told(tmp_path, story)


@pytest.mark.feature(203, partly=True)
def test_nothing_is_told_that_nobody_asked_for(tmp_path: Path) -> None:
    """A document that asks for joining alone is told of joining alone, with what was asked of each."""

    async def story(scene: VoiceScene) -> None:
        asked = (
            "statusCallback='/room' statusCallbackEvent='join' muted='true' participantLabel='x'"
        )
        await meeting(scene, CALLER, SECOND, attributes=asked)
        chair = await chaired(scene)
        await chair.change(0, muted=False)
        await chair.ask(lambda c: c.update(status="completed"))
        await scene.pass_time(1)
        news = scene.application.told("/room")
        assert [one["StatusCallbackEvent"] for one in news] == ["participant-join"] * 2
        assert [one["ParticipantLabel"] for one in news] == ["x", "x"]
        assert {one["Muted"] for one in news} == {"true"}

    told(tmp_path, story)


@pytest.mark.feature(214, partly=True)
def test_who_speaks_is_not_told(tmp_path: Path) -> None:
    """Asking for the event speaker, or a place of the media, raises a warning that names it."""

    async def story(scene: VoiceScene) -> None:
        await meeting(scene, CALLER)
        await scene.stock(
            lambda c: c.conferences("room").participants.create(
                from_="+15550001111",
                to="client:bob",
                region="de1",
                conference_status_callback=f"{scene.application.url}/room",
                conference_status_callback_event=["start", "speaker"],
            )
        )
        await scene.pass_time(2)
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        texts = [alert["message"] for alert in alerts]
        assert len(texts) == 2 and "Region" in texts[0] and "speaker" in texts[1]

    told(tmp_path, story)
