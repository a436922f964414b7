"""The end of an announcement is told to whoever listens to the conference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice.scene import CALLER, VoiceScene, told
from tests.voice.test_conferences import SECOND, chaired
from tests.voice.test_rooms import join

LISTENING = "statusCallback='/heard' statusCallbackEvent='announcement'"


@pytest.mark.feature(203, partly=True)
def test_the_end_of_an_announcement(tmp_path: Path) -> None:
    """It is told when it was heard, with the call if it was for one alone; and why, when it could not be."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/news"] = "<Say>Ten minutes are left</Say>"
        scene.application.documents["/torn"] = "<Say>Ten"
        for caller in (CALLER, SECOND):
            await join(scene, caller, LISTENING)
        chair, base = await chaired(scene), scene.application.url
        await chair.ask(lambda c: c.update(announce_url=f"{base}/news"))
        await scene.pass_time(1)
        assert scene.application.told("/heard") == []
        await scene.pass_time(1)
        await chair.change(0, announce_url=f"{base}/news")
        await scene.pass_time(2)
        await chair.ask(lambda c: c.update(announce_url=f"{base}/torn"))
        await scene.pass_time(0)
        to_all, to_one, failed = scene.application.told("/heard")
        events = [each["StatusCallbackEvent"] for each in (to_all, to_one, failed)]
        assert events == ["announcement-end", "announcement-end", "announcement-fail"]
        assert to_all["AnnounceUrl"] == to_one["AnnounceUrl"] == f"{base}/news"
        assert "CallSid" not in to_all
        assert to_one["CallSid"] in {line.sid for line in scene.exchange.lines.values()}
        assert "not XML" in failed["ReasonAnnouncementFailed"]

    told(tmp_path, story)
