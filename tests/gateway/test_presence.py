"""Coming and going of a worker's sockets, and what it does to his activity."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.engine.commands import NoteConnected, NoteDisconnected, SetDisconnectActivity
from tests.gateway.live import ALL, Live, a_live_channel, ended

GRACE_MS = 5_000


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


def leaving(live: Live, activity: str = "Offline", **token: Any) -> Any:
    """A socket that wants to leave the worker in an activity."""
    sid = live.names.get(activity, activity)
    told = live.token(**{"allow_update_activities": True, **token})
    return live.socket(told, disconnectActivitySid=sid)


async def activity_of(live: Live) -> str:
    return str((await live.worker())["activity_name"])


@pytest.mark.feature("181.5", 245)
def test_a_worker_whose_line_is_cut_is_set_after_the_grace_period(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """The activity of the socket's address is set when the last socket was gone for 5 s, not before."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with leaving(live) as opened:
                await live.runtime.saw(NoteConnected)
                opened.transport.abort()
            await live.runtime.saw(NoteDisconnected)

            ambient.advance(GRACE_MS - 1)
            assert await activity_of(live) == "Available"
            ambient.advance(1)
            assert await activity_of(live) == "Offline"

    asyncio.run(story())


@pytest.mark.feature("181.5", 245)
def test_who_comes_back_in_time_keeps_his_activity(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A reconnect within the grace period leaves the worker where he was."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with leaving(live):
                await live.runtime.saw(NoteConnected)
            await live.runtime.saw(NoteDisconnected)
            ambient.advance(GRACE_MS - 1)
            async with leaving(live):
                await live.runtime.saw(NoteConnected)
                ambient.advance(60_000)

                assert await activity_of(live) == "Available"

    asyncio.run(story())


@pytest.mark.feature("181.5", 182, 247)
def test_another_open_tab_keeps_the_worker_present(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """Closing one of two tabs changes nothing, closing the other one does."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with leaving(live):
                await live.runtime.saw(NoteConnected)
                async with leaving(live):
                    await live.runtime.saw(SetDisconnectActivity)
                ambient.advance(60_000)
                assert await activity_of(live) == "Available"
            await live.runtime.saw(NoteDisconnected)
            ambient.advance(GRACE_MS)
            assert await activity_of(live) == "Offline"

    asyncio.run(story())


@pytest.mark.feature("181.5")
def test_who_is_evicted_by_a_newer_session_is_not_gone(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Eviction is no absence: the newer session is the worker."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live, leaving(live) as older:
            await live.runtime.saw(NoteConnected)
            newer = live.token(allow_update_activities=True, ttl=60)
            async with live.socket(
                newer,
                closeExistingSessions="true",
                disconnectActivitySid=live.names["Offline"],
            ):
                assert (await ended(older))[0] == 1000
                await live.runtime.saw(NoteConnected)
                ambient.advance(60_000)

                assert await activity_of(live) == "Available"

    asyncio.run(story())


@pytest.mark.feature("181.5", 289)
def test_a_restart_of_the_server_is_not_the_worker_s_absence(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """After a restart the grace period begins anew: who returns within it keeps his activity."""

    async def first() -> dict[str, str]:
        async with a_live_channel(tmp_path, ambient) as live:
            async with leaving(live) as opened:
                await live.runtime.saw(NoteConnected)
                await live.gateway.stop()
                assert (await ended(opened))[0] == 1012
                ambient.advance(60_000)
                assert await activity_of(live) == "Available"
            return live.names

    async def second(names: dict[str, str], *, returns: bool) -> str:
        async with a_live_channel(tmp_path, ambient, names=names) as live:
            if not returns:
                ambient.advance(GRACE_MS)
                return await activity_of(live)
            ambient.advance(GRACE_MS - 1)
            async with leaving(live):
                await live.runtime.saw(NoteConnected)
                ambient.advance(60_000)
                activity = await activity_of(live)
                await live.gateway.stop()
                return activity

    names = asyncio.run(first())
    assert asyncio.run(second(names, returns=True)) == "Available"
    assert asyncio.run(second(names, returns=False)) == "Offline"


@pytest.mark.feature("181.5")
@pytest.mark.parametrize(
    ("activity", "token", "word"),
    [
        ("Offline", {"allow_update_activities": False}, "ActivityUpdates"),
        ("WA" + "9" * 32, {}, "does not exist"),
        ("Offline", {"allow_update_activities": False, "allow_update_self": True}, None),
    ],
)
def test_a_disconnect_activity_needs_the_right_and_the_activity(
    tmp_path: Path,
    ambient: VirtualAmbient,
    activity: str,
    token: dict[str, bool],
    word: str | None,
) -> None:
    """Without the right to set it, or outside of the workspace, it is dropped with an alert and the
    socket stays.
    """

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with leaving(live, activity, **token) as opened:
                await live.runtime.saw(NoteConnected)
                await opened.ping()
            await live.runtime.saw(NoteDisconnected)
            ambient.advance(GRACE_MS)

            assert await activity_of(live) == ("Available" if word else "Offline")

    asyncio.run(story())
    with sqlite3.connect(tmp_path / "pointsman.db") as database:
        messages = [row[0] for row in database.execute("SELECT message FROM alert")]
    database.close()
    assert [word in message for message in messages] == ([True] if word else [])


@pytest.mark.feature("181.5")
def test_a_session_without_the_parameter_forgets_an_earlier_one(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Who connects without a disconnect activity stays where he is when he leaves."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            async with leaving(live):
                await live.runtime.saw(NoteConnected)
            await live.runtime.saw(NoteDisconnected)
            async with live.socket(live.token(**ALL)):
                await live.runtime.saw(NoteConnected)
            await live.runtime.saw(NoteDisconnected)
            ambient.advance(60_000)

            assert await activity_of(live) == "Available"

    asyncio.run(story())


@pytest.mark.feature(246)
@pytest.mark.parametrize(
    ("parameter", "setting", "ends"),
    [
        ("true", "", "Offline"),
        ("true", "false", "Offline"),
        ("false", "", "Available"),
        ("false", "true", "Available"),
        (None, "", "Available"),
        (None, "true", "Offline"),
        ("maybe", "true", "Offline"),
    ],
)
def test_a_worker_goes_offline_as_his_page_or_else_the_workspace_says(
    tmp_path: Path, ambient: VirtualAmbient, parameter: str | None, setting: str, ends: str
) -> None:
    """`setWorkerOfflineIfDisconnected` is followed after the grace period; absent, the setting is."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            if setting:
                settings = f"/pointsman{live.home}/Settings"
                await live.rest("POST", settings, OfflineIfDisconnected=setting)
            query = {} if parameter is None else {"setWorkerOfflineIfDisconnected": parameter}
            async with live.socket(live.token(**ALL), **query):
                await live.runtime.saw(NoteConnected)
            await live.runtime.saw(NoteDisconnected)
            ambient.advance(GRACE_MS - 1)
            assert await activity_of(live) == "Available"
            ambient.advance(1)
            assert await activity_of(live) == ends

    asyncio.run(story())


@pytest.mark.feature(246)
def test_going_offline_needs_the_right_unless_the_workspace_says_so(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """A page without the right to move its worker cannot wish him away; the operator's setting can."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            for query, ends in (
                ({"setWorkerOfflineIfDisconnected": "true"}, "Available"),
                ({}, "Offline"),
            ):
                async with live.socket(live.token(), **query):
                    await live.runtime.saw(NoteConnected)
                await live.runtime.saw(NoteDisconnected)
                ambient.advance(GRACE_MS)
                assert await activity_of(live) == ends
                settings = f"/pointsman{live.home}/Settings"
                await live.rest("POST", settings, OfflineIfDisconnected="true")

    asyncio.run(story())


@pytest.mark.feature(246)
def test_a_restart_takes_nobody_offline_who_comes_back(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """After a restart who is back within the grace period stays, and who is not goes offline."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.add_worker("bob")
            async with contextlib.AsyncExitStack() as sockets:
                for name in ("alice", "bob"):
                    token = live.token(name, **ALL)
                    told = {"setWorkerOfflineIfDisconnected": "true"}
                    await sockets.enter_async_context(live.socket(token, name, **told))
                    await live.runtime.saw(NoteConnected)
                names = live.names
                await live.gateway.stop()
        async with a_live_channel(tmp_path, ambient, names=names) as live:
            token = live.token(**ALL)
            async with live.socket(token, setWorkerOfflineIfDisconnected="true"):
                await live.runtime.saw(NoteConnected)
                ambient.advance(60_000)
                there, gone = await live.worker("alice"), await live.worker("bob")

        assert (there["activity_name"], gone["activity_name"]) == ("Available", "Offline")

    asyncio.run(story())


@pytest.mark.feature(246)
def test_without_an_activity_called_offline_the_one_of_who_did_not_answer_counts(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """A workspace that renamed its activity still has one for who is not there."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            away = f"{live.home}/Activities/{live.names['Offline']}"
            await live.rest("POST", away, FriendlyName="Away")
            async with live.socket(live.token(**ALL), setWorkerOfflineIfDisconnected="true"):
                await live.runtime.saw(NoteConnected)
            await live.runtime.saw(NoteDisconnected)
            ambient.advance(GRACE_MS)
            assert await activity_of(live) == "Away"

    asyncio.run(story())
