"""Recordings over REST, by the stock library: found, heard, stopped and forgotten; and what is told of them."""

from __future__ import annotations

import io
import shutil
import wave
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.voice.test_conferences import SECOND, meeting, refusal
from tests.voice.test_dequeue import waiting
from tests.webhooks.scene import ACCOUNT_SID, an_account

CURRENT = "Twilio.CURRENT"
RECORDED = "record='record-from-start' recordingStatusCallback='/recording' "
EVERYTHING = RECORDED + "recordingStatusCallbackEvent='in-progress completed absent'"


async def heard(scene: VoiceScene, recording: Any, form: str = "") -> httpx.Response:
    """The answer at the recording's address, or its form with this ending."""
    place = recording.uri.removesuffix(".json")
    return await scene.http.get(f"{place}{form}")


async def talked(scene: VoiceScene, legs: list[str]) -> None:
    """Three seconds more of talk, and then all hang up."""
    await scene.pass_time(3)
    for leg in legs:
        scene.world.hang_up(leg)
    await scene.pass_time(1)


async def recorded(scene: VoiceScene) -> Any:
    """The newest recording: of a conference of two that lasted four seconds."""
    legs = await meeting(scene, CALLER, SECOND, attributes=RECORDED)
    await talked(scene, legs)
    return (await scene.stock(lambda c: c.recordings.list()))[0]


@pytest.mark.feature(198, partly=True)
def test_a_conference_that_was_recorded(tmp_path: Path) -> None:
    """It is listed under the conference and its call, heard as WAV, and gone when it is deleted."""

    async def story(scene: VoiceScene) -> None:
        recording = await recorded(scene)
        (conference,) = await scene.stock(lambda c: c.conferences.list())
        assert recording.conference_sid == conference.sid
        assert (recording.status, recording.source) == ("completed", "Conference")
        below = [
            lambda c: c.conferences(conference.sid).recordings.list(),
            lambda c: c.calls(recording.call_sid).recordings.list(),
            lambda c: c.recordings.list(conference_sid=conference.sid),
            lambda c: c.recordings.list(date_created_after=recording.date_created),
        ]
        for ask in below:
            assert [one.sid for one in await scene.stock(ask)] == [recording.sid]
        assert await scene.stock(lambda c: c.calls("CA" + "0" * 32).recordings.list()) == []
        fetched = await scene.stock(lambda c: c.recordings(recording.sid).fetch())
        for form in ("", ".wav"):
            answer = await heard(scene, fetched, form)
            assert answer.headers["content-type"] == "audio/x-wav"
            with wave.open(io.BytesIO(answer.content)) as file:
                assert file.getnframes() // file.getframerate() == int(fetched.duration)
        assert await scene.stock(lambda c: c.recordings(recording.sid).delete())
        assert (await heard(scene, fetched)).status_code == 404
        assert await scene.stock(lambda c: c.recordings.list()) == []
        assert await refusal(scene, lambda c: c.recordings(recording.sid).fetch()) == (404, 20404)

    told(tmp_path, story)


@pytest.mark.feature(198, partly=True)
def test_mp3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ffmpeg a recording is heard as MP3 as well; without it the answer is 404 and says why."""

    async def story(scene: VoiceScene) -> None:
        recording = await recorded(scene)
        assert shutil.which("ffmpeg"), "Debian's ffmpeg is installed for the tests"
        answer = await heard(scene, recording, ".mp3")
        assert answer.headers["content-type"] == "audio/mpeg"
        assert answer.content[:3] == b"ID3" and 1_000 < len(answer.content) < 32_000
        monkeypatch.setenv("PATH", "")
        answer = await heard(scene, recording, ".mp3")
        assert answer.status_code == 404 and answer.json()["code"] == 20404
        assert "ffmpeg is not installed" in answer.json()["message"]

    told(tmp_path, story)


@pytest.mark.feature(204)
def test_what_is_told_of_a_recording(tmp_path: Path) -> None:
    """Beginning and end are told to those who asked for them, with the address that is the sound."""

    async def story(scene: VoiceScene) -> None:
        legs = await meeting(scene, CALLER, SECOND, attributes=EVERYTHING)
        (began,) = scene.application.told("/recording")
        assert began["RecordingStatus"] == "in-progress"
        (recording,) = await scene.stock(lambda c: c.recordings.list())
        assert (await heard(scene, recording)).status_code == 404
        await talked(scene, legs)
        _, done = scene.application.told("/recording")
        assert (done["RecordingStatus"], done["RecordingDuration"]) == ("completed", "4")
        assert (done["AccountSid"], done["RecordingChannels"]) == (ACCOUNT_SID, "1")
        assert done["ConferenceSid"] == recording.conference_sid and "CallSid" not in done
        assert (await scene.http.get(done["RecordingUrl"])).content[:4] == b"RIFF"

    told(tmp_path, story)


@pytest.mark.feature(199, partly=True)
def test_a_recorded_dequeue(tmp_path: Path) -> None:
    """The last callback of the worker's leg comes after the recording, and tells its address."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        url = f"{scene.application.url}/leg"
        await scene.instruct(
            "dequeue", DequeueRecord="record-from-answer", DequeueStatusCallbackUrl=url
        )
        await scene.pass_time(5)
        scene.world.hang_up(caller)
        await scene.pass_time(1)
        (done,) = scene.application.told("/leg")
        assert (done["CallStatus"], done["RecordingDuration"]) == ("completed", "4")
        assert (await scene.http.get(done["RecordingUrl"])).content[:4] == b"RIFF"

    told(tmp_path, story)


@pytest.mark.feature(198, 204, partly=True)
def test_a_call_is_recorded_from_now_on(tmp_path: Path) -> None:
    """The stock library begins and stops the recording of a live call; what is over it refuses."""

    async def story(scene: VoiceScene) -> None:
        first, _ = await meeting(scene, CALLER, SECOND)
        call_sid = next(sid for sid, one in scene.exchange.lines.items() if one.call.leg == first)
        made = await scene.stock(lambda c: c.calls(call_sid).recordings.create())
        assert (made.status, made.source) == ("in-progress", "StartCallRecordingAPI")
        await scene.pass_time(2)
        stop = {"status": "stopped"}
        running = await scene.stock(lambda c: c.calls(call_sid).recordings(CURRENT).fetch())
        assert (running.sid, running.duration) == (made.sid, None)
        await scene.stock(lambda c: c.calls(call_sid).recordings(CURRENT).update(**stop))
        await scene.pass_time(1)
        assert (await scene.stock(lambda c: c.recordings(made.sid).fetch())).duration == "2"
        for code, ask in [
            (21220, lambda c: c.calls(call_sid).recordings(made.sid).update(**stop)),
            (20001, lambda c: c.calls(call_sid).recordings(made.sid).update(status="paused")),
            (20404, lambda c: c.calls("CA" + "0" * 32).recordings.create()),
            (20404, lambda c: c.calls(call_sid).recordings(CURRENT).update(**stop)),
        ]:
            assert await refusal(scene, ask) == (404 if code == 20404 else 400, code)

    told(tmp_path, story)


@pytest.mark.feature(198, partly=True)
def test_nobody_else_hears_it(tmp_path: Path) -> None:
    """Without credentials a recording is 401, with those of another account 404."""

    async def story(scene: VoiceScene) -> None:
        recording = await recorded(scene)
        other = an_account(scene.app.settings, scene.ambient)
        place = recording.uri.removesuffix(".json")
        assert (await scene.http.get(place, auth=other)).status_code == 404
        theirs = place.replace(ACCOUNT_SID, other[0])
        assert (await scene.http.get(theirs, auth=other)).status_code == 404
        anonymous = httpx.AsyncClient(transport=httpx.ASGITransport(scene.app))
        answer = await anonymous.get(f"http://router.test{place}.wav")
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)

    told(tmp_path, story)


@pytest.mark.feature(151, 199, partly=True)
def test_a_worker_who_is_called_is_recorded_from_his_answer(tmp_path: Path) -> None:
    """One recording, from the document to the end of the talk, has what he says and hears, and is told."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        offer = await scene.offer()
        queue = f"<Dial><Queue reservationSid='{offer['sid']}'/></Dial>"
        scene.application.documents["/worker"] = f"<Pause length='3'/>{queue}"
        url = scene.application.url
        asked = {"CallUrl": f"{url}/worker", "CallStatusCallbackUrl": f"{url}/leg"}
        await scene.instruct("call", CallFrom=HOTLINE, CallRecord="true", **asked)
        await scene.pass_time(6)
        scene.world.hang_up(caller)
        await scene.pass_time(1)
        (whole,) = await scene.stock(lambda c: c.recordings.list())
        assert (whole.source, whole.duration) == ("OutboundAPI", "5")
        voices = {f"voice:{scene.leg_of('client:alice')}", f"voice:{caller}"}
        assert scene.world.recorded(whole.sid) == voices
        (done,) = scene.application.told("/leg")
        assert done["RecordingSid"] == whole.sid

    told(tmp_path, story)


@pytest.mark.feature(153, 204, partly=True)
def test_a_worker_in_a_conference_is_recorded(tmp_path: Path) -> None:
    """Record is what is said around the worker's call, until it ends, and its callback tells it."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        url = f"{scene.application.url}/recording"
        await scene.instruct("conference", Record="true", RecordingStatusCallback=url)
        await scene.pass_time(4)
        scene.world.hang_up(scene.leg_of("client:alice"))
        await scene.pass_time(1)
        (done,) = scene.application.told("/recording")
        assert (done["RecordingStatus"], done["RecordingDuration"]) == ("completed", "3")
        assert done["CallSid"] == scene.leg_of("client:alice")
        voices = {one for one in scene.world.recorded(done["RecordingSid"]) if one != "beep"}
        assert len(voices) == 2

    told(tmp_path, story)
