"""A supervisor listens, whispers to the worker, or talks with both: in a dequeue's talk and in a conference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice.scene import CALLER, VoiceScene, told
from tests.voice.test_conferences import chaired
from tests.voice.test_dequeue import waiting

ALICE, BOSS = "client:alice", "client:boss"
HEARD = {
    "monitor": ({ALICE}, {CALLER}, {ALICE, CALLER}),
    "whisper": ({ALICE}, {CALLER, BOSS}, {ALICE, CALLER}),
    "barge": ({ALICE, BOSS}, {CALLER, BOSS}, {ALICE, CALLER}),
}
"""By mode: what the caller, the worker and the supervisor hear."""


@pytest.mark.feature(155)
@pytest.mark.parametrize("mode", list(HEARD))
@pytest.mark.parametrize("instruction", ["dequeue", "conference"])
def test_who_hears_the_supervisor(tmp_path: Path, instruction: str, mode: str) -> None:
    """Each mode is heard by whom it is for; the work is as before; his call ends with the worker's."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct(instruction)
        await scene.pass_time(2)
        shown = await scene.instruct("supervise", Supervisor=BOSS, SupervisorMode=mode)
        assert shown["reservation_status"] == "accepted"
        await scene.pass_time(1)
        legs = (caller, scene.leg_of(ALICE), scene.leg_of(BOSS))
        assert tuple(scene.hears(leg) for leg in legs) == HEARD[mode]
        assert await scene.status() == ("assigned", "accepted")
        scene.world.hang_up(scene.leg_of(ALICE))
        await scene.pass_time(0)
        assert scene.world.legs[scene.leg_of(BOSS)].ended
        assert await scene.status() == ("wrapping", "wrapping")

    told(tmp_path, story)


@pytest.mark.feature(155, partly=True)
def test_a_supervisor_is_a_participant(tmp_path: Path) -> None:
    """In a conference he is seen and changed from outside: he whispers, then talks, then is taken out."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        await scene.instruct("conference")
        await scene.pass_time(2)
        await scene.instruct("supervise", Supervisor=BOSS, SupervisorMode="whisper")
        await scene.pass_time(1)
        chair = await chaired(scene)
        seen = await chair.ask(lambda c: c.participants("supervisor").fetch())
        assert (seen.coaching, seen.call_sid_to_coach) == (True, scene.leg_of(ALICE))
        place = chair.calls.index(seen.call_sid)
        await chair.change(place, coaching=False)
        assert scene.hears(caller) == {ALICE, BOSS}
        await chair.kick(place)
        assert scene.hears(caller) == {ALICE}
        assert scene.world.legs[scene.leg_of(BOSS)].ended
        assert await scene.status() == ("assigned", "accepted")

    told(tmp_path, story)
