"""What is recorded when an instruction asks for it, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pointsman.voice.hearing import voice_of
from tests.voice.scene import HOTLINE, VoiceScene, told
from tests.voice.test_dequeue import waiting


@pytest.mark.feature(151, 204, partly=True)
@pytest.mark.parametrize(
    ("record", "recorded"),
    [("record-from-answer", True), ("true", True), ("false", False), ("none", False)],
)
def test_a_called_worker_is_recorded(tmp_path: Path, record: str, *, recorded: bool) -> None:
    """CallRecord records the worker's call from his answer, and the last callback tells where that is."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        scene.application.documents["/worker"] = "<Pause length='5'/>"
        await scene.instruct(
            "call",
            CallFrom=HOTLINE,
            CallUrl=f"{scene.application.url}/worker",
            CallRecord=record,
            CallStatusCallbackUrl=f"{scene.application.url}/status",
        )
        await scene.pass_time(10)
        (status,) = scene.application.told("/status")
        assert status["CallStatus"] == "completed"
        assert ("RecordingUrl" in status) is recorded
        if recorded:
            assert status["RecordingDuration"] == "5"

    told(tmp_path, story)


def asked_of(scene: VoiceScene) -> list[dict[str, Any]]:
    """What recordings the provider is asked for from now on."""
    asked: list[dict[str, Any]] = []
    record = scene.world.record

    async def listen(recording: str, target: str, **options: Any) -> None:
        asked.append({"target": target, **options})
        await record(recording, target, **options)

    scene.world.record = listen  # type: ignore[method-assign]
    return asked


@pytest.mark.feature(153, 198, partly=True)
def test_a_conference_is_recorded_without_its_silence(tmp_path: Path) -> None:
    """Where the provider can trim, ConferenceTrim reaches it; Record records all that the worker says and hears."""

    async def story(scene: VoiceScene) -> None:
        scene.world.capabilities = scene.world.capabilities | {"trim"}
        asked = asked_of(scene)
        await waiting(scene)
        await scene.instruct(
            "conference", ConferenceRecord="true", ConferenceTrim="trim-silence", Record="true"
        )
        await scene.pass_time(2)
        (room,) = scene.board.rooms.rooms(scene.board.runtime.account_of(scene.workspace_sid) or "")
        assert asked == [{"target": room.sid, "trim": True}]
        running = scene.exchange.recorder.running.values()
        (own,) = [made for made in running if made.source == "OutboundAPI"]
        legs = [scene.world.legs[line.call.leg] for line in room.lines.values()]
        assert own.call_sid == scene.leg_of("client:alice")
        assert {voice_of(leg) for leg in legs} <= scene.world.recorded(own.sid)
        alerts = await scene.alerts()
        assert alerts == []

    told(tmp_path, story)


@pytest.mark.feature(214, partly=True)
def test_early_media_changes_nothing(tmp_path: Path) -> None:
    """A parameter that no provider here honours is named by a warning."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct("conference", EarlyMedia="true")
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        assert [alert["message"].split()[0] for alert in alerts] == ["EarlyMedia"]

    told(tmp_path, story)
