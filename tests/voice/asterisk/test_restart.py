"""Our server ends and starts again while an Asterisk's calls go on: nobody is dropped, and all is as it was.

The Asterisk is the fake; the server, its store and its router are whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pointsman.ambient import REAL
from pointsman.app import App, create_app
from pointsman.settings import Settings
from tests.voice.asterisk.fake import FakeAsterisk
from tests.voice.scene import CALLER, HOTLINE, Application, VoiceScene, an_application
from tests.webhooks.scene import ACCOUNT_SID, AUTH_TOKEN

PHONE = "sip:{}@phones.test"


class AriScene(VoiceScene):
    """A server beside the fake, both on the machine's own clock."""

    def __init__(self, app: App, application: Application, fake: FakeAsterisk) -> None:
        super().__init__(app, REAL, application)  # type: ignore[arg-type]
        self.fake = fake

    async def until(self, right: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(15):
            while not await right():
                # Requests within the process let nobody else in; waiting for the disk does.
                await self.board.runtime.history(lambda history: None)

    async def stands(self, task: str, reservation: str) -> None:
        """Wait until task and newest offer stand so."""

        async def right() -> bool:
            tasks = await self.tasks()
            return bool(tasks) and await self.status() == (task, reservation)

        await self.until(right)

    async def hear(self, name: str, *heard: str) -> None:
        """Wait until a channel hears just this."""

        async def right() -> bool:
            await self.get(f"{self.home}/Workers")
            return self.fake.channels[name].state == "Up" and self.fake.heard_by(name) == set(heard)

        await self.until(right)

    async def gone(self, *names: str) -> None:
        """Wait until these channels are no more."""

        async def right() -> bool:
            await self.get(f"{self.home}/Workers")
            return not set(names) & set(self.fake.channels)

        await self.until(right)

    async def a_sip_phone(self, name: str, **plan: Any) -> None:
        self.fake.plans[PHONE.format(name)] = plan
        await self.a_worker(name, Attributes=json.dumps({"contact_uri": PHONE.format(name)}))

    async def wait_in_queue(self, action: str = "") -> str:
        """A caller who waits; his channel."""
        await self.a_sip_phone("alice")
        await self.number(f'<Enqueue workflowSid="{self.workflow_sid}" {action}/>')
        self.fake.call("1700.1", CALLER, HOTLINE)
        await self.stands("reserved", "pending")
        await self.hear("1700.1", "music")
        return "1700.1"

    def worker(self) -> str:
        """The channel of the worker who was called."""
        return next(name for name in self.fake.channels if name.startswith("CA"))


@contextlib.asynccontextmanager
async def a_server(
    folder: Path, application: Application, fake: FakeAsterisk
) -> AsyncIterator[AriScene]:
    app = create_app(
        Settings(
            data=folder,
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            voice="asterisk",
            asterisk_url=fake.url,
            voice_sip_hosts="phones.test",
            voice_sip_uri="PJSIP/out/{uri}",
            public_url="http://router.test",
        ),
        REAL,
    )
    app.open()
    await app.load()
    async with AriScene(app, application, fake) as scene:
        yield scene


Story = Callable[[AriScene], Awaitable[None]]


def restarted(
    folder: Path,
    before: Story,
    after: Story,
    between: Callable[[FakeAsterisk], Awaitable[None]] | None = None,
) -> None:
    """Run the first story on one server, the second on the next one, with one Asterisk all the time."""

    async def run() -> None:
        fake = FakeAsterisk()
        await fake.start()
        async with an_application() as application:
            async with a_server(folder, application, fake) as scene:
                await scene.furnish()
                await before(scene)
                home, workflow = scene.workspace_sid, scene.workflow_sid
            if between is not None:
                await between(fake)
            async with a_server(folder, application, fake) as scene:
                scene.workspace_sid, scene.workflow_sid = home, workflow
                await after(scene)
        await fake.stop()

    asyncio.run(run())


async def in_queue(scene: AriScene) -> None:
    await scene.wait_in_queue()


async def in_talk(scene: AriScene) -> None:
    caller = await scene.wait_in_queue('action="/after"')
    await scene.instruct("dequeue", DequeuePostWorkActivitySid=await scene.activity("Offline"))
    await scene.hear(caller, PHONE.format("alice"))
    await scene.stands("assigned", "accepted")


@pytest.mark.feature(221)
def test_a_caller_who_waits(tmp_path: Path) -> None:
    """He waits on at his place, with music and his offer, and the worker who takes him wraps up afterwards."""

    async def after(scene: AriScene) -> None:
        await scene.stands("reserved", "pending")
        await scene.hear("1700.1", "music")
        (queue,) = scene.board.parking.queues(ACCOUNT_SID)
        (member,) = scene.board.parking.members(queue.sid)
        assert member.task_sid == (await scene.task())["sid"]
        await scene.instruct("dequeue")
        await scene.hear("1700.1", PHONE.format("alice"))
        await scene.stands("assigned", "accepted")
        worker = scene.worker()
        scene.fake.hang_up("1700.1")
        await scene.stands("wrapping", "wrapping")
        await scene.gone(worker)
        assert await scene.alerts() == []

    restarted(tmp_path, in_queue, after)


@pytest.mark.feature(221, partly=True)
def test_a_talk(tmp_path: Path) -> None:
    """They talk on; the hang-up afterwards wraps up, with activity and action as if nothing had happened."""

    async def after(scene: AriScene) -> None:
        await scene.stands("assigned", "accepted")
        worker = scene.worker()
        assert scene.fake.heard_by("1700.1") == {PHONE.format("alice")}
        assert scene.fake.heard_by(worker) == {CALLER}
        scene.fake.hang_up(worker)
        await scene.stands("wrapping", "wrapping")
        await scene.gone("1700.1")
        (told,) = scene.application.told("/after")
        assert told["QueueResult"] == "bridged"

        async def offline() -> bool:
            (alice,) = (await scene.get(f"{scene.home}/Workers"))["workers"]
            return bool(alice["activity_name"] == "Offline")

        await scene.until(offline)
        assert await scene.alerts() == []
        assert scene.exchange.lines == {}

    restarted(tmp_path, in_talk, after)


@pytest.mark.feature(221, partly=True)
def test_a_talk_that_is_recorded(tmp_path: Path) -> None:
    """The recording runs on, and the callback at the end of the worker's call names it."""

    async def before(scene: AriScene) -> None:
        caller = await scene.wait_in_queue()
        await scene.instruct(
            "dequeue",
            DequeueRecord="record-from-answer",
            DequeueStatusCallbackUrl=f"{scene.application.url}/status",
        )
        await scene.hear(caller, PHONE.format("alice"))
        await scene.stands("assigned", "accepted")

    async def after(scene: AriScene) -> None:
        (sid,) = scene.exchange.recorder.running
        scene.fake.hang_up("1700.1")

        async def told() -> bool:
            await scene.get(f"{scene.home}/Workers")
            return bool(scene.application.told("/status"))

        await scene.until(told)
        (fields,) = scene.application.told("/status")
        assert (fields["CallStatus"], fields["RecordingSid"]) == ("completed", sid)
        assert scene.fake.stored[sid] == {CALLER, PHONE.format("alice")}
        assert scene.exchange.recorder.running == {}

    restarted(tmp_path, before, after)


@pytest.mark.feature(221, partly=True)
def test_one_who_hangs_up_meanwhile(tmp_path: Path) -> None:
    """Who left while we were away is missed at the start: the other is let go, and the work is wrapped up."""

    async def between(fake: FakeAsterisk) -> None:
        fake.hang_up("1700.1")

    async def after(scene: AriScene) -> None:
        await scene.stands("wrapping", "wrapping")
        await scene.gone(*scene.fake.channels)

    restarted(tmp_path, in_talk, after, between)


@pytest.mark.feature(221, partly=True)
def test_a_phone_that_rings(tmp_path: Path) -> None:
    """It rings on, and whoever picks it up is connected with the caller."""

    async def before(scene: AriScene) -> None:
        await scene.wait_in_queue()
        scene.fake.plans[PHONE.format("alice")] = {"outcome": "no-answer"}
        await scene.instruct("dequeue")
        await scene.until(ringing(scene))

    async def after(scene: AriScene) -> None:
        worker = scene.worker()
        await scene.hear("1700.1", "music")
        scene.fake.pick_up(worker)
        await scene.hear("1700.1", PHONE.format("alice"))
        await scene.stands("assigned", "accepted")

    restarted(tmp_path, before, after)


def ringing(scene: AriScene) -> Callable[[], Awaitable[bool]]:
    async def right() -> bool:
        await scene.get(f"{scene.home}/Workers")
        return any(channel.state == "Ringing" for channel in scene.fake.channels.values())

    return right


@pytest.mark.feature(221, partly=True)
def test_a_conference(tmp_path: Path) -> None:
    """Both are in the room still, held and muted as they were; its end wraps up the work."""

    async def before(scene: AriScene) -> None:
        caller = await scene.wait_in_queue()
        await scene.instruct("conference", EndConferenceOnExit="true", Muted="true")
        await scene.stands("assigned", "accepted")
        await scene.hear(scene.worker(), CALLER)
        assert scene.fake.heard_by(caller) == frozenset()

    async def after(scene: AriScene) -> None:
        (room,) = scene.board.rooms.rooms(ACCOUNT_SID)
        worker = scene.worker()
        assert set(room.lines) == {line.sid for line in scene.exchange.lines.values()}
        seat = room.participants[worker]
        assert seat.muted and seat.end_conference_on_exit
        await scene.board.rooms.update(room, worker, muted=False)
        await scene.hear("1700.1", PHONE.format("alice"))
        scene.fake.hang_up(worker)
        await scene.stands("wrapping", "wrapping")
        await scene.gone("1700.1")
        assert scene.board.rooms.rooms(ACCOUNT_SID) == []

    restarted(tmp_path, before, after)


@pytest.mark.feature(221, partly=True)
def test_somebody_calls_while_we_are_away(tmp_path: Path) -> None:
    """He is answered at the start, and waits like everybody."""

    async def before(scene: AriScene) -> None:
        await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}"/>')

    async def between(fake: FakeAsterisk) -> None:
        fake.call("1700.9", CALLER, HOTLINE)

    async def after(scene: AriScene) -> None:
        await scene.hear("1700.9", "music")
        assert (await scene.task())["attributes"]["from"] == CALLER

    restarted(tmp_path, before, after, between)


@pytest.mark.feature(221, partly=True)
def test_an_asterisk_that_comes_later(tmp_path: Path) -> None:
    """Calls are taken up as soon as Asterisk can say which there are, and are not given up before."""

    async def between(fake: FakeAsterisk) -> None:
        await fake.stop()

    async def after(scene: AriScene) -> None:
        assert not scene.exchange.is_up
        assert (await scene.status())[0] == "reserved"
        await scene.fake.start()

        async def up() -> bool:
            await scene.get(f"{scene.home}/Workers")
            return scene.exchange.is_up

        await scene.until(up)
        await scene.instruct("dequeue")
        await scene.hear("1700.1", PHONE.format("alice"))

    restarted(tmp_path, in_queue, after, between)


@pytest.mark.feature(221, partly=True)
def test_a_leg_that_nobody_knows(tmp_path: Path) -> None:
    """A phone that was called, and of which nothing was stored, is hung up."""

    async def before(scene: AriScene) -> None:
        await scene.wait_in_queue()

    async def between(fake: FakeAsterisk) -> None:
        fake.plans[PHONE.format("bob")] = {"outcome": "no-answer"}
        fake.ring("CA" + "9" * 32, PHONE.format("bob"))

    async def after(scene: AriScene) -> None:
        await scene.gone("CA" + "9" * 32)
        await scene.hear("1700.1", "music")

    restarted(tmp_path, before, after, between)


@pytest.mark.feature(221, partly=True)
def test_a_menu(tmp_path: Path) -> None:
    """A caller in the midst of a document hears it from its beginning."""

    async def before(scene: AriScene) -> None:
        await scene.number("<Gather timeout='60' action='/menu'/>")
        scene.fake.call("1700.1", CALLER, HOTLINE)

        async def asked() -> bool:
            await scene.get(f"{scene.home}/Workers")
            return scene.fake.channels["1700.1"].state == "Up"

        await scene.until(asked)

    async def after(scene: AriScene) -> None:
        async def asked_again() -> bool:
            await scene.get(f"{scene.home}/Workers")
            return len(scene.application.told("/voice")) == 2

        await scene.until(asked_again)
        assert "1700.1" in scene.fake.channels

    restarted(tmp_path, before, after)
