"""Calls, conferences and recordings go after the days that the setting says, with their sound."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pointsman.ambient import VirtualAmbient
from tests.voice.scene import VoiceScene, a_server, an_application, told
from tests.voice.test_recordings import heard, recorded

DAY_S = 86_400


async def kept(scene: VoiceScene) -> list[int]:
    """How many calls, conferences and recordings are told."""
    lists = ("calls", "conferences", "recordings")
    return [len(await scene.stock(lambda c, name=name: getattr(c, name).list())) for name in lists]


@pytest.mark.feature(170, partly=True)
def test_what_is_over_goes_in_time(tmp_path: Path) -> None:
    """Two days later, and at most an hour, everything of the talk is gone, and what came later is not."""

    async def story(scene: VoiceScene) -> None:
        first = await recorded(scene)
        await scene.pass_time(DAY_S)
        second = await recorded(scene)
        assert await kept(scene) == [4, 2, 2]
        await scene.pass_time(DAY_S - 60)
        assert await kept(scene) == [4, 2, 2]
        await scene.pass_time(3_700)
        assert await kept(scene) == [2, 1, 1]
        assert (await heard(scene, first)).status_code == 404
        assert await scene.world.fetch_recording(first.sid) == b""
        assert (await heard(scene, second)).content[:4] == b"RIFF"
        await scene.pass_time(DAY_S)
        assert await kept(scene) == [0, 0, 0]

    told(tmp_path, story, retention_days=2)


@pytest.mark.feature(170, partly=True)
def test_a_provider_that_is_away(tmp_path: Path) -> None:
    """A recording whose sound cannot be deleted stays until it can, an hour later."""

    async def story(scene: VoiceScene) -> None:
        await recorded(scene)
        await scene.pass_time(DAY_S - 60)
        scene.world.fall()
        await scene.pass_time(3_700)
        assert await kept(scene) == [0, 0, 1]
        scene.world.rise()
        await scene.pass_time(3_600)
        assert await kept(scene) == [0, 0, 0]

    told(tmp_path, story, retention_days=1)


@pytest.mark.feature(170, partly=True)
def test_what_was_over_before_a_restart(tmp_path: Path) -> None:
    """A server that was down when something was due forgets it at its start."""

    async def run() -> None:
        ambient = VirtualAmbient()
        async with an_application() as application:
            settings: dict[str, Any] = {"retention_days": 1}
            async with a_server(tmp_path, application, ambient, **settings) as scene:
                await scene.furnish()
                await recorded(scene)
                assert await kept(scene) == [2, 1, 1]
            ambient.set(ambient.now() + 2 * DAY_S * 1000)
            async with a_server(tmp_path, application, ambient, **settings) as scene:
                await scene.pass_time(0)
                assert await kept(scene) == [0, 0, 0]

    asyncio.run(run())
