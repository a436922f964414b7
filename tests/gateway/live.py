"""A live channel on loopback: the real store, runtime, api and gateway behind uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import orjson
import uvicorn
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant
from twilio.jwt.taskrouter.capabilities import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)
from websockets.asyncio.client import ClientConnection, connect

from pointsman.ambient import Ambient
from pointsman.api import Api, Request
from pointsman.auth import Account, Accounts, ApiKey
from pointsman.auth.principal import account_principal
from pointsman.engine.commands import Command
from pointsman.gateway.endpoint import Gateway
from pointsman.runtime import Offload, Runtime
from pointsman.settings import Settings
from pointsman.store.sqlite import SqliteStore, open_store

AC, OTHER_AC = "AC" + "a1" * 16, "AC" + "b2" * 16
KEY_SID, KEY_SECRET = "SK" + "c3" * 16, "9d" * 16
AUTH_TOKEN, OTHER_AUTH_TOKEN = "6d" * 16, "7e" * 16
ALL = {
    "allow_update_self": True,
    "allow_delete_self": True,
    "allow_fetch_subresources": True,
    "allow_update_activities": True,
    "allow_update_reservations": True,
}
"""What a worker's token can be given beside the defaults."""


class WatchedRuntime(Runtime):
    """The real runtime; a test can wait until a command was carried out."""

    failing: Exception | None = None
    """What every command raises instead."""

    def watch(self) -> None:
        self._carried_out: asyncio.Queue[Command] = asyncio.Queue()

    async def execute(
        self, workspace_sid: str, command: Command, render: Any, keep: Any = None
    ) -> Any:
        if self.failing is not None:
            raise self.failing
        try:
            return await super().execute(workspace_sid, command, render, keep)
        finally:
            self._carried_out.put_nowait(command)

    async def saw(self, kind: type[Command]) -> Command:
        """The next command of this kind, once it was answered."""
        async with asyncio.timeout(10):
            while not isinstance(command := await self._carried_out.get(), kind):
                pass
        return command


class Live:
    """One server and what a test does with it."""

    def __init__(
        self, folder: Path, ambient: Ambient, settings: Settings, offload: Offload, **limits: float
    ) -> None:
        self.ambient = ambient
        self.store: SqliteStore = open_store(folder)
        self.runtime = WatchedRuntime(self.store, offload, ambient=ambient)
        self.runtime.watch()
        self.api = Api(self.runtime, ambient=ambient)
        accounts = [
            Account(AC, "Main", AUTH_TOKEN, 0),
            Account(OTHER_AC, "Other", OTHER_AUTH_TOKEN, 1),
        ]
        key = ApiKey(KEY_SID, AC, "Pages", KEY_SECRET, 0)
        self.gateway = Gateway(
            self.api, self.runtime, Accounts(lambda: (accounts, [key])), settings, ambient, **limits
        )
        self.port = 0
        self.names: dict[str, str] = {}
        """SIDs by the names that the test uses."""

    # --- as an account ---------------------------------------------------------------------------

    async def rest(self, method: str, path: str, account_sid: str = AC, **params: Any) -> Any:
        """The body of an answer to the account; `path` is from /v1."""
        request = Request(
            method=method,
            path=path,
            params=params,
            principal=account_principal(account_sid),
            base=f"http://127.0.0.1:{self.port}",
        )
        reply = await self.api.call(request)
        assert reply.status < 300, (method, path, reply.body)
        return reply.body

    async def set_up(self) -> None:
        """A workspace with one queue for everybody, two activities, and the worker Alice."""
        workspace = await self.rest("POST", "/v1/Workspaces", FriendlyName="Support")
        self.names["workspace"] = workspace["sid"]
        for activity in (await self.rest("GET", f"{self.home}/Activities"))["activities"]:
            self.names[activity["friendly_name"]] = activity["sid"]
        queue = await self.rest("POST", f"{self.home}/TaskQueues", FriendlyName="Everybody")
        self.names["queue"] = queue["sid"]
        routing = {"task_routing": {"default_filter": {"queue": queue["sid"]}}}
        configuration = orjson.dumps(routing).decode()
        workflow = await self.rest(
            "POST", f"{self.home}/Workflows", FriendlyName="All", Configuration=configuration
        )
        self.names["workflow"] = workflow["sid"]
        await self.add_worker("alice")

    @property
    def home(self) -> str:
        """The path of the workspace."""
        return f"/v1/Workspaces/{self.names['workspace']}"

    async def add_worker(self, name: str, activity: str = "Available") -> str:
        body = await self.rest(
            "POST", f"{self.home}/Workers", FriendlyName=name, ActivitySid=self.names[activity]
        )
        self.names[name] = body["sid"]
        return str(body["sid"])

    async def add_task(self, **params: Any) -> str:
        body = await self.rest(
            "POST", f"{self.home}/Tasks", WorkflowSid=self.names["workflow"], **params
        )
        return str(body["sid"])

    async def worker(self, name: str = "alice") -> Any:
        return await self.rest("GET", f"{self.home}/Workers/{self.names[name]}")

    # --- as a page -------------------------------------------------------------------------------

    def token(self, name: str = "alice", **more: Any) -> str:
        """A token of the stock library, by the name of a worker, queue or workspace."""
        sid = self.names[name]
        kinds: dict[str, type] = {"WS": WorkspaceCapabilityToken, "WQ": TaskQueueCapabilityToken}
        kind = kinds.get(sid[:2], WorkerCapabilityToken)
        now_s = int(self.ambient.wall())
        told = {"valid_until": now_s + 3600, "nbf": now_s, **more}
        key = told.pop("auth_token", AUTH_TOKEN)
        account_sid = told.pop("account_sid", AC)
        own = () if sid.startswith("WS") else (sid,)
        return str(kind(account_sid, key, self.names["workspace"], *own, **told).to_jwt())

    def channel(self, name: str = "alice", account_sid: str = AC) -> str:
        return f"127.0.0.1:{self.port}/v1/wschannels/{account_sid}/{self.names[name]}"

    @contextlib.asynccontextmanager
    async def socket(
        self, token: str, name: str = "alice", account_sid: str = AC, **query: str
    ) -> AsyncIterator[ClientConnection]:
        """An open socket of a page."""
        more = "".join(f"&{key}={value}" for key, value in query.items())
        path = self.channel(name, account_sid).partition("/")[2]
        async with self.socket_at(f"/{path}?token={token}{more}") as opened:
            yield opened

    def socket_at(self, target: str) -> connect:
        url = f"ws://127.0.0.1:{self.port}{target}"
        return connect(url, compression=None, ping_interval=None)

    async def post(
        self, told: Any, name: str = "alice", account_sid: str = AC, **headers: str
    ) -> httpx.Response:
        """A POST as browsers send it: JSON that is called text."""
        content = told if isinstance(told, bytes) else orjson.dumps(told)
        headers = {"Content-Type": "text/plain;charset=UTF-8", **headers}
        async with httpx.AsyncClient(timeout=20) as client:
            url = f"http://{self.channel(name, account_sid)}"
            return await client.post(url, content=content, headers=headers)

    # --- as a page with the newer SDK ------------------------------------------------------------

    def access_token(
        self,
        *,
        worker_sid: str | None = "",
        role: str = "worker",
        ttl: int = 3600,
        api_key_sid: str = KEY_SID,
    ) -> str:
        """An access token of the stock library: Alice's, or another one's; None: nobody's."""
        now_s = int(self.ambient.wall())
        made = AccessToken(
            AC, api_key_sid, KEY_SECRET, nbf=min(now_s, now_s + ttl), valid_until=now_s + ttl
        )
        named = self.names["alice"] if worker_sid == "" else worker_sid
        made.add_grant(TaskRouterGrant(self.names["workspace"], named, role))
        return str(made.to_jwt())

    def modern_socket(self, token: str, **query: str) -> connect:
        """An open socket at the bare path."""
        more = "".join(f"&{key}={value}" for key, value in query.items())
        return self.socket_at(f"/v1/wschannels?token={token}&closeExistingSessions=false{more}")

    async def send_modern(self, told: Any) -> httpx.Response:
        """A POST to the bare path as the SDK's HTTP client sends it: JSON that is called a form."""
        content = told if isinstance(told, bytes) else orjson.dumps(told)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "apiVersion": "v2"}
        async with httpx.AsyncClient(timeout=20) as client:
            url = f"http://127.0.0.1:{self.port}/v1/wschannels"
            return await client.post(url, content=content, headers=headers)

    async def post_modern(self, path: str, token: str, method: str = "GET", **params: Any) -> Any:
        """The payload of an answer; `path` is from the workspace."""
        params = params or ({"Active": "true"} if path.endswith("/Reservations") else {})
        url = f"{self.home.removeprefix('/v1/')}{path}"
        told = {"url": url, "method": method, "params": params, "token": token}
        answer = await self.send_modern(told)
        assert answer.status_code == 200, answer.text
        return answer.json()["payload"]

    def offers(self, name: str) -> str:
        """The path of a worker's reservations, from the workspace."""
        return f"/Workers/{self.names[name]}/Reservations"

    def asked(self, path: str, token: str, method: str = "GET", **params: Any) -> dict[str, Any]:
        """The envelope of a request; `path` is from the workspace."""
        url = f"https://taskrouter.twilio.com{self.home}{path}"
        return {"url": url, "method": method, "params": params, "token": token}


@contextlib.asynccontextmanager
async def a_live_channel(
    folder: Path,
    ambient: Ambient,
    *,
    heartbeat_s: float = 15.0,
    ping_s: float | None = None,
    names: dict[str, str] | None = None,
    offload: Offload = asyncio.to_thread,
    **limits: float,
) -> AsyncIterator[Live]:
    """A server that runs within the block, on a free port; `names` are those of an earlier one."""
    live = Live(folder, ambient, Settings(heartbeat_s=heartbeat_s), offload, **limits)
    live.gateway.start()
    await live.runtime.start()
    await live.api.start()
    listener = socket.create_server(("127.0.0.1", 0))
    live.port = listener.getsockname()[1]
    config = uvicorn.Config(
        live.gateway,
        lifespan="off",
        log_config=None,
        ws="websockets-sansio",
        ws_ping_interval=ping_s,
        ws_ping_timeout=ping_s,
        timeout_graceful_shutdown=1,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        if names is None:
            await live.set_up()
        else:
            live.names = names
        yield live
    finally:
        await live.gateway.stop()
        await server.shutdown()
        await live.runtime.stop()
        live.store.close()


async def frame(opened: ClientConnection) -> dict[str, Any]:
    """The next frame that is no heartbeat."""
    while True:
        async with asyncio.timeout(10):
            text = await opened.recv()
        if text.strip():
            told: dict[str, Any] = msgspec.json.decode(text)
            return told


async def ended(opened: ClientConnection) -> tuple[int | None, str | None]:
    """How the server closed the socket."""
    async with asyncio.timeout(10):
        await opened.wait_closed()
    return opened.close_code, opened.close_reason
