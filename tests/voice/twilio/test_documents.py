"""The provider `twilio`: the documents that its legs are given, and conferences, announcements and recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pointsman.voice.provider import (
    BridgeJoined,
    BridgeLeft,
    Builtin,
    Digit,
    LegEnded,
    NotOffered,
    PlaybackEnded,
    RecordingEnded,
    Sound,
    Speech,
)
from pointsman.voice.twilio.asked import Asked
from tests.voice.twilio.recorder import (
    AT,
    LEG,
    WAV,
    WORKER,
    Line,
    told,
    up,
)


@pytest.mark.feature(222)
def test_what_is_played(tmp_path: Path) -> None:
    """The call is sent for its document: prompts within a gather, and its end is told when it asks again."""

    async def story(line: Line) -> None:
        sid = await up(line)
        await line.provider.play("PB1", LEG, [Speech("Hello", "en-GB", "man")], loop=2)
        assert line.recorder.take() == [
            ("POST", f"/Calls/{sid}.json", {"Url": f"{AT}/legs/{LEG}", "Method": "POST"})
        ]
        gather, say, redirect = await line.asks(f"{AT}/legs/{LEG}", CallSid=sid)
        assert gather[0] == "Gather"
        assert say == ("Say", {"language": "en-GB", "voice": "man", "loop": "2"}, "Hello")
        assert redirect == ("Redirect", {"method": "POST"}, f"{AT}/legs/{LEG}?played=PB1")
        assert line.seen == []
        (listening, _, text), _ = await line.asks(redirect[2], CallSid=sid)
        assert (listening, text) == ("Gather", "")
        assert line.seen == [PlaybackEnded("PB1")]

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_rounds_of_several_pieces(tmp_path: Path) -> None:
    """Several pieces are given once for each round, our own sounds from our own address, silence in whole seconds."""

    async def story(line: Line) -> None:
        sid = await up(line)
        pieces = [Sound("http://sounds.test/a.wav"), Builtin("silence", 1_500), Builtin("beep")]
        await line.provider.play("PB1", LEG, pieces, loop=2)
        urls = ["http://sounds.test/a.wav", f"{AT}/sounds/beep.wav"]
        for _ in range(2):
            assert line.seen == []
            verbs = await line.asks(f"{AT}/legs/{LEG}", CallSid=sid)
            assert [text for name, _, text in verbs if name == "Play"] == urls
            assert ("Pause", {"length": "2"}, "") in verbs
            verbs = await line.asks(f"{AT}/legs/{LEG}?played=PB1", CallSid=sid)
        assert line.seen == [PlaybackEnded("PB1")]
        sound = await line.hooks.answer(_plain("sounds/beep.wav"))
        assert sound.file == tmp_path / "beep.wav"
        for name in ("silence-9999.wav", "..wav", "music.mp3", ""):
            assert (await line.hooks.answer(_plain(f"sounds/{name}"))).status == 404

    told(tmp_path, story)


def _plain(path: str) -> Any:
    return Asked(path, f"/twilio/{path}", {}, {}, "")


@pytest.mark.feature(222)
def test_keys(tmp_path: Path) -> None:
    """Keys break off what is played and are told one by one; it begins again when nobody ends it."""

    async def story(line: Line) -> None:
        sid = await up(line)
        await line.provider.play("PB1", LEG, [Speech("Press")], loop=0)
        verbs = await line.asks(f"{AT}/legs/{LEG}?keys=1", CallSid=sid, Digits="42#")
        assert line.seen == [Digit(LEG, "4"), Digit(LEG, "2"), Digit(LEG, "#")]
        assert [name for name, _, _ in verbs] == ["Gather", "Say", "Redirect"]
        await line.provider.send_digits(LEG, "1w2")
        verbs = await line.asks(f"{AT}/legs/{LEG}", CallSid=sid)
        assert verbs[0] == ("Play", {"digits": "1w2"}, "")
        verbs = await line.asks(verbs[1][2], CallSid=sid)
        assert [name for name, _, _ in verbs] == ["Gather", "Say", "Redirect"]

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_hold_music(tmp_path: Path) -> None:
    """Music is played for ever, and stands back for what is played meanwhile."""

    async def story(line: Line) -> None:
        sid = await up(line)
        await line.provider.hold_music(LEG, on=True)
        verbs = await line.asks(f"{AT}/legs/{LEG}", CallSid=sid)
        assert verbs[0] == ("Play", {"loop": "0"}, f"{AT}/sounds/music.wav")
        await line.provider.play("PB1", LEG, [Speech("Soon")])
        verbs = await line.asks(f"{AT}/legs/{LEG}", CallSid=sid)
        assert verbs[1][2] == "Soon"
        verbs = await line.asks(f"{AT}/legs/{LEG}?played=PB1", CallSid=sid)
        assert verbs[0][2] == f"{AT}/sounds/music.wav"

    told(tmp_path, story)


async def in_room(line: Line, leg: str, sid: str, event: str = "join") -> None:
    await line.tells(
        f"{AT}/rooms/BR1",
        ConferenceSid="CF9",
        CallSid=sid,
        ParticipantLabel=leg,
        StatusCallbackEvent=f"participant-{event}",
    )


@pytest.mark.feature(222)
def test_a_bridge_is_a_conference(tmp_path: Path) -> None:
    """Who is added goes into a conference; muting, coaching and music there are changes of the participant."""

    async def story(line: Line) -> None:
        sid, other = await up(line), await up(line, WORKER, "client:ann")
        await line.provider.create_bridge("BR1")
        assert await line.provider.add("BR1", LEG)
        assert await line.provider.add("BR1", WORKER, muted=True, coach=LEG)
        assert [path for _, path, _ in line.recorder.take()] == [
            f"/Calls/{sid}.json",
            f"/Calls/{other}.json",
        ]
        dial, conference, redirect = await line.asks(f"{AT}/legs/{WORKER}", CallSid=other)
        assert (dial[0], conference[2]) == ("Dial", "BR1")
        assert conference[1] == {
            "muted": "true",
            "coach": sid,
            "beep": "false",
            "startConferenceOnEnter": "true",
            "endConferenceOnExit": "false",
            "waitUrl": "",
            "participantLabel": WORKER,
            "statusCallback": f"{AT}/rooms/BR1",
            "statusCallbackMethod": "POST",
            "statusCallbackEvent": "join leave end announcement",
        }
        assert redirect[2] == f"{AT}/legs/{WORKER}?left=BR1"
        await in_room(line, LEG, sid)
        await in_room(line, WORKER, other)
        await in_room(line, WORKER, other)
        assert line.seen == [BridgeJoined("BR1", LEG), BridgeJoined("BR1", WORKER)]
        await line.provider.mute(WORKER, on=False)
        await line.provider.coach(WORKER, None)
        await line.provider.hold_music(LEG, on=True, media=[Sound("http://sounds.test/a.wav")])
        assert line.recorder.take() == [
            ("POST", f"/Conferences/CF9/Participants/{other}.json", {"Muted": "false"}),
            ("POST", f"/Conferences/CF9/Participants/{other}.json", {"Coaching": "false"}),
            (
                "POST",
                f"/Conferences/CF9/Participants/{sid}.json",
                {"Hold": "true", "HoldUrl": "http://sounds.test/a.wav", "HoldMethod": "GET"},
            ),
        ]
        with pytest.raises(NotOffered):
            await line.provider.send_digits(LEG, "1")
        await in_room(line, LEG, sid, "leave")
        assert line.seen[2:] == [BridgeLeft("BR1", LEG)]

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_an_announcement(tmp_path: Path) -> None:
    """What is played to a bridge is announced in its conference, and its end is the carrier's to tell."""

    async def story(line: Line) -> None:
        sid = await up(line)
        await line.provider.create_bridge("BR1")
        await line.provider.add("BR1", LEG)
        await line.provider.play("PB0", "BR1", [Builtin("beep")])
        assert isinstance(line.seen[-1], PlaybackEnded)
        assert line.seen[-1].error
        await in_room(line, LEG, sid)
        line.recorder.take()
        await line.provider.play("PB1", "BR1", [Builtin("beep")])
        assert line.recorder.take() == [
            (
                "POST",
                "/Conferences/CF9.json",
                {"AnnounceUrl": f"{AT}/announcements/PB1", "AnnounceMethod": "POST"},
            )
        ]
        verbs = await line.asks(f"{AT}/announcements/PB1")
        assert verbs == [("Play", {"loop": "1"}, f"{AT}/sounds/beep.wav")]
        await line.tells(
            f"{AT}/rooms/BR1", ConferenceSid="CF9", StatusCallbackEvent="announcement-end"
        )
        assert line.seen[-1] == PlaybackEnded("PB1")
        await line.provider.play("PB2", LEG, [Speech("For you alone")])
        ((_, path, fields),) = line.recorder.take()
        assert path == f"/Conferences/CF9/Participants/{sid}.json"
        assert fields["AnnounceUrl"] == f"{AT}/announcements/PB2"

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_a_message_is_recorded(tmp_path: Path) -> None:
    """A leg alone records by its document; its sound is fetched when it is complete, and kept."""

    async def story(line: Line) -> None:
        sid = await up(line)
        await line.provider.record("RE0", LEG, max_s=30, silence_s=5, beep=True, finish_on="#")
        record, redirect = await line.asks(f"{AT}/legs/{LEG}", CallSid=sid)
        assert record[:2] == (
            "Record",
            {
                "action": f"{AT}/legs/{LEG}?taped=RE0",
                "method": "POST",
                "maxLength": "30",
                "timeout": "5",
                "finishOnKey": "#",
                "playBeep": "true",
                "trim": "do-not-trim",
                "recordingStatusCallback": f"{AT}/recordings/RE0",
                "recordingStatusCallbackMethod": "POST",
                "recordingStatusCallbackEvent": "completed absent",
            },
        )
        assert redirect[2] == f"{AT}/legs/{LEG}"
        verbs = await line.asks(f"{AT}/legs/{LEG}?taped=RE0", CallSid=sid, Digits="#")
        assert [name for name, _, _ in verbs] == ["Gather", "Redirect"]
        assert line.seen == []
        done = {"RecordingSid": "RE1", "RecordingStatus": "completed", "RecordingDuration": "4"}
        await line.tells(f"{AT}/recordings/RE0", **done)
        assert line.seen == [RecordingEnded("RE0", 4_000, "#")]
        assert await line.provider.fetch_recording("RE0") == WAV

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_a_bridge_is_recorded(tmp_path: Path) -> None:
    """Who is connected is recorded by a request, in two channels if asked; the leg's end is the recording's."""

    async def story(line: Line) -> None:
        sid = await up(line)
        await line.provider.create_bridge("BR1")
        await line.provider.add("BR1", LEG)
        await in_room(line, LEG, sid)
        line.recorder.take()
        await line.provider.record("RE0", "BR1", dual=True)
        ((_, path, fields),) = line.recorder.take()
        assert path == f"/Calls/{sid}/Recordings.json"
        assert fields == {
            "RecordingChannels": "dual",
            "Trim": "do-not-trim",
            "RecordingStatusCallback": f"{AT}/recordings/RE0",
            "RecordingStatusCallbackMethod": "POST",
            "RecordingStatusCallbackEvent": ["completed", "absent"],
        }
        await line.provider.stop_recording("RE0")
        ((_, path, fields),) = line.recorder.take()
        assert fields == {"Status": "stopped"}
        await line.tells(f"{AT}/status/{LEG}", CallSid=sid, CallStatus="completed")
        assert [type(event) for event in line.seen[-3:]] == [RecordingEnded, BridgeLeft, LegEnded]

    told(tmp_path, story)
