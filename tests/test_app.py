"""The wired app behind any ASGI server: its life, its readiness, and a clock of one's own."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import pointsman
from pointsman.ambient import VirtualAmbient
from pointsman.app import App, limits
from pointsman.engine.records import Limits
from pointsman.settings import Settings
from tests.server import ACCOUNT_SID, AUTH_TOKEN

WORKSPACES = "/v1/Workspaces"


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(data=folder, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, **more)


def client(app: App) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://router", auth=(ACCOUNT_SID, AUTH_TOKEN)
    )


@contextlib.asynccontextmanager
async def living(app: App) -> AsyncIterator[None]:
    """The app between the two halves of the ASGI lifespan, as a server would have it."""
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, asked.get, told.put))
    asked.put_nowait({"type": "lifespan.startup"})
    assert await told.get() == {"type": "lifespan.startup.complete"}
    yield
    asked.put_nowait({"type": "lifespan.shutdown"})
    assert await told.get() == {"type": "lifespan.shutdown.complete"}
    await life


def test_any_asgi_server_can_run_it(tmp_path: Path) -> None:
    """`create_app` is a whole server: started and stopped by the lifespan, its work kept."""

    async def story() -> None:
        app = pointsman.create_app(settings(tmp_path))
        async with living(app), client(app) as http:
            made = await http.post(WORKSPACES, data={"FriendlyName": "Support"})
            assert made.status_code == 201
        again = pointsman.create_app(settings(tmp_path))
        async with living(again), client(again) as http:
            found = await http.get(f"{WORKSPACES}/{made.json()['sid']}")
            assert found.json() == made.json()

    asyncio.run(story())


def test_nobody_is_served_before_and_after(tmp_path: Path) -> None:
    """Before the load and after the end REST answers 503, and only health is well."""

    async def story() -> None:
        app = App(settings(tmp_path))
        async with client(app) as http:
            await check_not_ready(http)
            async with living(app):
                assert (await http.get("/readyz")).status_code == 200
                await app.drain()
                assert (await http.get("/readyz")).status_code == 503
            await check_not_ready(http)

    async def check_not_ready(http: httpx.AsyncClient) -> None:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        refused = await http.get(WORKSPACES)
        assert (refused.status_code, refused.json()["code"]) == (503, 20503)
        assert refused.headers["retry-after"] == "1"

    asyncio.run(story())


def test_a_socket_that_comes_too_early_is_told_to_come_back(tmp_path: Path) -> None:
    """Before the load a live channel is closed with the code of a restart."""

    async def story() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        path = f"/v1/wschannels/{ACCOUNT_SID}/WK1"
        await App(settings(tmp_path))({"type": "websocket", "path": path}, send, send)
        return sent

    (closed,) = asyncio.run(story())
    assert (closed["type"], closed["code"]) == ("websocket.close", 1012)


@pytest.mark.feature(294, partly=True)
def test_the_counters_are_those_of_the_parts(tmp_path: Path) -> None:
    """What the parts count shows at /metrics: requests, commands, commits, scans."""

    async def story() -> str:
        app = App(settings(tmp_path))
        async with living(app), client(app) as http:
            await http.post(WORKSPACES, data={"FriendlyName": "Support"})
            return (await http.get("/metrics")).text

    lines = asyncio.run(story()).splitlines()
    assert 'pointsman_requests_total{method="POST",status="2xx"} 1.0' in lines
    assert "pointsman_commands_total 1.0" in lines
    assert 'pointsman_commits_total{result="committed"} 1.0' in lines
    assert "pointsman_commit_seconds_count 1.0" in lines
    assert "pointsman_residual_scans_total 0.0" in lines
    assert "pointsman_sockets_open 0.0" in lines


@pytest.mark.feature(12)
def test_links_begin_with_the_public_url(tmp_path: Path) -> None:
    """Links name the public URL if there is one, else the host that the request was sent to."""

    async def url_with(public_url: str, folder: Path) -> str:
        app = App(settings(folder, public_url=public_url))
        async with living(app), client(app) as http:
            return str((await http.get(WORKSPACES)).json()["meta"]["url"])

    async def story() -> None:
        public = await url_with("https://router.example", tmp_path / "a")
        assert public.startswith("https://router.example/v1/Workspaces")
        assert (await url_with("", tmp_path / "b")).startswith("http://router/v1/Workspaces")

    asyncio.run(story())


@pytest.mark.feature(85)
def test_a_server_can_run_on_a_clock_of_ones_own(tmp_path: Path) -> None:
    """On a virtual clock a task's time-out comes when the clock is moved, and dates are its dates."""

    async def story() -> None:
        clock = VirtualAmbient(1_800_000_000_000, machine_wall=True)
        app = App(settings(tmp_path), clock)
        async with living(app), client(app) as http:
            workspace = await make(http, WORKSPACES, FriendlyName="Support")
            queue = await make(http, f"{workspace}/TaskQueues", FriendlyName="all")
            target = {"task_routing": {"default_filter": {"queue": queue[-34:]}}}
            workflow = {"FriendlyName": "w", "Configuration": json.dumps(target)}
            await make(http, f"{workspace}/Workflows", **workflow)
            task = await make(http, f"{workspace}/Tasks", Timeout="5", Attributes="{}")
            pending = (await http.get(task)).json()
            clock.advance(5_000)
            over = (await http.get(task)).json()

        assert pending["date_created"] == "2027-01-15T08:00:00Z"
        assert (pending["assignment_status"], over["assignment_status"]) == ("pending", "canceled")
        assert over["date_updated"] == "2027-01-15T08:00:05Z"

    async def make(http: httpx.AsyncClient, path: str, **fields: str) -> str:
        made = await http.post(path, data=fields)
        assert made.status_code == 201, made.text
        return f"{path}/{made.json()['sid']}"

    asyncio.run(story())


def test_limits_are_those_of_the_settings() -> None:
    """Each limit of a workspace is the setting of the same name."""
    chosen = {
        field.name: number
        for number, field in enumerate(dataclasses.fields(Settings), start=100)
        if field.name.startswith("limit_")
    }
    expected = {name.removeprefix("limit_"): number for name, number in chosen.items()}

    assert limits(Settings(disconnect_grace_s=7, **chosen)) == Limits(
        **expected, disconnect_grace_s=7
    )


def test_public_names_are_loaded_when_asked_for() -> None:
    """The package offers its public names and no others."""
    assert pointsman.Settings is Settings
    assert "create_app" in dir(pointsman)
    with pytest.raises(AttributeError, match="no attribute 'Engine'"):
        _ = pointsman.Engine
