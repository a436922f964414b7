"""A whole server with the provider `asterisk` beside a fake of its interface: who is heard by whom."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pointsman.ambient import VirtualAmbient
from tests.voice.asterisk.fake import FakeAsterisk
from tests.voice.scene import HOTLINE, VoiceScene, a_server, an_application

CALLER, WORKER, BOSS = (f"sip:{name}@phones.test" for name in ("caller", "worker", "boss"))
HEARD = {
    "monitor": ({WORKER}, {CALLER}, {CALLER, WORKER}),
    "whisper": ({WORKER}, {CALLER, BOSS}, {CALLER, WORKER}),
    "barge": ({WORKER, BOSS}, {CALLER, BOSS}, {CALLER, WORKER}),
}
"""By mode: what the caller, the worker and the supervisor hear."""


class AsteriskScene:
    """A server and its Asterisk; time is the phones'."""

    def __init__(self, scene: VoiceScene, fake: FakeAsterisk) -> None:
        self.scene = scene
        self.fake = fake

    async def waiting(self) -> None:
        """A caller in the queue, for a worker whose phone is picked up."""
        await self.scene.number(f"<Enqueue workflowSid='{self.scene.workflow_sid}'/>")
        attributes = json.dumps({"contact_uri": WORKER})
        await self.scene.a_worker("worker", Attributes=attributes)
        for phone in (WORKER, BOSS):
            self.fake.plans[phone] = {}
        self.fake.call("1700000000.1", CALLER, HOTLINE)
        await self.until(lambda: bool(self.hears(CALLER)))
        async with asyncio.timeout(15):
            while not await self.scene.tasks():
                await a_moment()

    async def becomes(self, status: tuple[str, str]) -> None:
        async with asyncio.timeout(15):
            while await self.scene.status() != status:
                await a_moment()

    def hears(self, phone: str) -> frozenset[str]:
        """What a phone hears by now; nothing when it is not on the line."""
        names = [name for name, one in self.fake.channels.items() if one.phone == phone]
        return self.fake.heard_by(names[-1]) if names else frozenset()

    async def until(self, right: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not right():
                await a_moment()


async def a_moment() -> None:
    """Let the phones go on: their time is the machine's."""
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_later(0.01, passed.set_result, None)
    await passed


@contextlib.asynccontextmanager
async def a_scene(folder: Path) -> AsyncIterator[AsteriskScene]:
    fake = FakeAsterisk()
    await fake.start()
    settings = {
        "voice": "asterisk",
        "asterisk_url": fake.url,
        "asterisk_user": "pointsman",
        "asterisk_password": "secret",
        "voice_sip_uri": "PJSIP/out/{uri}",
        "voice_sip_hosts": "phones.test",
        "voice_caller_id": "any",
    }
    try:
        async with (
            an_application() as application,
            a_server(folder, application, VirtualAmbient(), **settings) as scene,
        ):
            await scene.furnish()
            yield AsteriskScene(scene, fake)
    finally:
        await fake.stop()


@pytest.mark.feature(155, partly=True)
@pytest.mark.parametrize("mode", list(HEARD))
@pytest.mark.parametrize("instruction", ["dequeue", "conference"])
def test_a_supervisor_at_an_asterisk(tmp_path: Path, instruction: str, mode: str) -> None:
    """Each mode is heard by whom it is for, a whisper by the worker alone, and ends with the worker's call."""

    async def story(asterisk: AsteriskScene) -> None:
        scene = asterisk.scene
        await asterisk.waiting()
        await scene.instruct(
            instruction, **({"Beep": "false"} if instruction == "conference" else {})
        )
        await asterisk.becomes(("assigned", "accepted"))
        await scene.instruct("supervise", Supervisor=BOSS, SupervisorMode=mode)
        phones = (CALLER, WORKER, BOSS)
        await asterisk.until(lambda: tuple(map(asterisk.hears, phones)) == HEARD[mode])
        (worker,) = [one.name for one in asterisk.fake.channels.values() if one.phone == WORKER]
        asterisk.fake.hang_up(worker)
        await asterisk.becomes(("wrapping", "wrapping"))
        await asterisk.until(lambda: asterisk.hears(BOSS) == frozenset())

    async def run() -> None:
        async with a_scene(tmp_path) as asterisk:
            await story(asterisk)

    asyncio.run(run())
