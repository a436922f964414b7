"""A whole server in the test's own loop, beside receivers on loopback, on a clock that the test moves.

`a_scene(folder)` opens the real app on a virtual clock; requests go through its ASGI interface.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import httpx

from pointsman.ambient import VirtualAmbient
from pointsman.app import App, create_app
from pointsman.settings import Settings
from pointsman.store.sqlite import open_store
from pointsman.store.vault import open_vault
from pointsman.webhooks.callbacks import Callbacks

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "fedcba9876543210" * 2


class Scene:
    """One server, and one workspace in it with a queue for everybody."""

    def __init__(self, app: App, ambient: VirtualAmbient, auth: tuple[str, str]) -> None:
        self.app = app
        self.ambient = ambient
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://router.test", auth=auth
        )
        self.workspace_sid = ""
        self.workflow_sid = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await self.app.drain()
        await self.app.close()

    @property
    def callbacks(self) -> Callbacks:
        assert self.app._parts is not None
        return self.app._parts.callbacks

    @property
    def home(self) -> str:
        return f"/v1/Workspaces/{self.workspace_sid}"

    async def post(self, path: str, **params: Any) -> dict[str, Any]:
        """A POST that has to succeed; its answer."""
        answer = await self.http.post(path, data=params)
        assert answer.status_code < 300, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = await self.http.get(path, params=params or None)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def furnish(self, *, workflow: dict[str, Any] | None = None, **workspace: Any) -> None:
        """Make the workspace; what it owes for its own making is sent like everything else."""
        made = await self.post("/v1/Workspaces", FriendlyName="office", **workspace)
        self.workspace_sid = made["sid"]
        queue = await self.post(f"{self.home}/TaskQueues", FriendlyName="all")
        routing = {"task_routing": {"default_filter": {"queue": queue["sid"]}}}
        made = await self.post(
            f"{self.home}/Workflows",
            FriendlyName="calls",
            Configuration=json.dumps(routing),
            TaskReservationTimeout="3600",
            **(workflow or {}),
        )
        self.workflow_sid = made["sid"]

    async def a_worker(self, name: str = "alice", **params: Any) -> str:
        available = (await self.get(f"{self.home}/Activities", Available="true"))["activities"]
        params = {"FriendlyName": name, "ActivitySid": available[0]["sid"], **params}
        sid: str = (await self.post(f"{self.home}/Workers", **params))["sid"]
        return sid

    async def activity(self, name: str) -> str:
        found = await self.get(f"{self.home}/Activities", FriendlyName=name)
        sid: str = found["activities"][0]["sid"]
        return sid

    async def a_task(self, **params: Any) -> str:
        sid: str = (await self.post(f"{self.home}/Tasks", **params))["sid"]
        return sid

    async def offers(self, task_sid: str) -> list[dict[str, Any]]:
        path = f"{self.home}/Tasks/{task_sid}/Reservations"
        found: list[dict[str, Any]] = (await self.get(path))["reservations"]
        return found

    async def statuses(self, task_sid: str) -> list[str]:
        """What became of each offer of the task."""
        return [offer["reservation_status"] for offer in await self.offers(task_sid)]

    async def alerts(self) -> list[tuple[int, str]]:
        """Code and level of every alert."""
        found = (await self.get("/pointsman/v1/Alerts"))["alerts"]
        return [(each["error_code"], each["log_level"]) for each in found]

    async def dead_letters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("/pointsman/v1/DeadLetters"))["dead_letters"]
        return found

    async def quiet(self) -> None:
        """Let everything be written and sent that is due now."""
        assert self.app._parts is not None
        for _ in range(3):
            await self.callbacks.settled()
            await self.app._parts.runtime.history(lambda history: None)

    async def pass_time(self, seconds: float) -> None:
        """Let domain time pass, attempt by attempt."""
        goal = self.ambient.now() + int(seconds * 1000)
        await self.quiet()
        while (at := self.callbacks.next_at()) is not None and at <= goal:
            await self._set(at)
        await self._set(goal)

    async def _set(self, at: int) -> None:
        assert self.app._parts is not None
        self.ambient.set(max(at, self.ambient.now()))
        self.app._parts.runtime.clock_changed()
        self.callbacks.clock_changed()
        await self.quiet()


@contextlib.asynccontextmanager
async def a_scene(
    folder: Path, ambient: VirtualAmbient | None = None, *, trusted: bool = True, **settings: Any
) -> AsyncIterator[Scene]:
    """A server on the folder; without trust the requests are those of an ordinary account."""
    ambient = ambient or VirtualAmbient()
    chosen = Settings(data=folder, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, **settings)
    app = create_app(chosen, ambient)
    app.open()
    auth = (ACCOUNT_SID, AUTH_TOKEN) if trusted else an_account(chosen, ambient)
    await app.load()
    async with Scene(app, ambient, auth) as scene:
        yield scene


def an_account(settings: Settings, ambient: VirtualAmbient) -> tuple[str, str]:
    """Another account's SID and auth token, made beside the server."""
    store = open_store(settings.data, exclusive=False)
    try:
        made = open_vault(store, settings).new_account("Ordinary", ambient.now())
    finally:
        store.close()
    return made.sid, made.auth_token
