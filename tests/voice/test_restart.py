"""A server that is started again while people wait and talk, with a provider whose calls end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pointsman.ambient import VirtualAmbient
from tests.voice.scene import HOTLINE, VoiceScene, a_server, an_application
from tests.voice.test_dequeue import waiting
from tests.webhooks.scene import ACCOUNT_SID


def restarted(
    folder: Path,
    before: Callable[[VoiceScene], Awaitable[None]],
    after: Callable[[VoiceScene], Awaitable[None]],
    **workspace: str,
) -> None:
    """Run the first story on one server, the second on the next one of the same folder."""

    async def run() -> None:
        ambient = VirtualAmbient()
        async with an_application() as application:
            async with a_server(folder, application, ambient) as scene:
                await scene.furnish(**workspace)
                await before(scene)
                home = scene.workspace_sid
            async with a_server(folder, application, ambient) as scene:
                scene.workspace_sid = home
                await scene.pass_time(0)
                await after(scene)

    asyncio.run(run())


def test_waiting_when_the_server_ends(tmp_path: Path) -> None:
    """The task of a caller who waited is canceled with a reason, also while a phone rang for him."""

    async def before(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct("dequeue")

    async def after(scene: VoiceScene) -> None:
        assert await scene.status() == ("canceled", "canceled")
        assert (await scene.task())["reason"] == "hangup"
        assert {code for code, _ in await scene.alerts()} == {12200}

    restarted(tmp_path, before, after)


def test_talking_when_the_server_ends(tmp_path: Path) -> None:
    """The work of those who talked is wrapped up, and numbers are answered as before."""

    async def before(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct("dequeue")
        await scene.pass_time(1)
        assert await scene.status() == ("assigned", "accepted")

    async def after(scene: VoiceScene) -> None:
        assert await scene.status() == ("wrapping", "wrapping")
        await scene.call_in(to=HOTLINE)
        assert len(await scene.tasks()) == 2

    restarted(tmp_path, before, after)


def test_talking_in_a_single_tasking_workspace_when_the_server_ends(tmp_path: Path) -> None:
    """There is no wrapping there: the work of those who talked is completed."""

    async def before(scene: VoiceScene) -> None:
        await waiting(scene)
        await scene.instruct("dequeue")
        await scene.pass_time(1)

    async def after(scene: VoiceScene) -> None:
        assert await scene.status() == ("completed", "completed")

    restarted(tmp_path, before, after, MultiTaskEnabled="false")


def test_redirected_and_gone_when_the_server_ends(tmp_path: Path) -> None:
    """The task of a caller who was sent elsewhere and hung up there ends with its offer, as without a restart."""

    async def before(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        scene.application.documents["/mail"] = "<Say>Leave a message</Say>"
        call_sid = (await scene.task())["attributes"]["call_sid"]
        url = f"{scene.application.url}/mail"
        await scene.instruct("redirect", RedirectCallSid=call_sid, RedirectUrl=url)
        scene.world.hang_up(caller)
        await scene.pass_time(0)
        assert await scene.status() == ("reserved", "pending")

    async def after(scene: VoiceScene) -> None:
        await scene.pass_time(3_700)
        assert await scene.status() == ("canceled", "canceled")
        assert (await scene.task())["reason"] == "redirected"

    restarted(tmp_path, before, after)


def test_a_task_about_a_call_that_is_over(tmp_path: Path) -> None:
    """A task that an application made about somebody's call is not the call's, and waits on."""

    async def before(scene: VoiceScene) -> None:
        await scene.number("<Say>Hello</Say>")
        scene.world.hang_up(await scene.call_in())
        await scene.pass_time(0)
        (call,) = (await scene.get(f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"))["calls"]
        await scene.a_task(Attributes=f'{{"call_sid": "{call["sid"]}"}}')

    async def after(scene: VoiceScene) -> None:
        assert (await scene.task())["assignment_status"] == "pending"

    restarted(tmp_path, before, after)
