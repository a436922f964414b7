"""`/v1/wschannels` and what is below it: the live channel as a raw ASGI application.

The path chooses the representation: with account and channel in it, it is the legacy SDK's, bare it
is the newer SDK's, whatever kind of token comes.

The rule: a frame never precedes its commit. Only what `runtime.subscribe` delivers is sent; it goes to
the sockets that are open at that moment, and what a bridge POST caused waits there until that POST
was answered. Each frame is made once, and only if somebody listens. The wiring of its neighbours
(`sockets`, `bridge`, `channels`) is here, their rules are theirs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from pointsman.ambient import REAL, Ambient
from pointsman.api import Api
from pointsman.api.errors import Refused
from pointsman.auth import Accounts, Token
from pointsman.engine.commands import Command
from pointsman.engine.errors import EngineError
from pointsman.engine.events import Event, EventType
from pointsman.gateway.asgi import (
    BodyTooLarge,
    ClientGone,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    send_json,
    send_preflight,
)
from pointsman.gateway.bridge import ANSWER_WITHIN_S, Answer, Bridge, Posted, refusal
from pointsman.gateway.channels import Channels
from pointsman.gateway.holds import Holds
from pointsman.gateway.session import Hold
from pointsman.gateway.sockets import DELETED, WRITE_WITHIN_S, Sockets, digest, expiry
from pointsman.metrics import Metrics
from pointsman.runtime import Crashed, Runtime, Unavailable
from pointsman.settings import Settings
from pointsman.wire.bridge_frames import frame_m, kept_m, recipients_m
from pointsman.wire.events import frame_l, recipients

__all__ = ["PATH", "Gateway"]

PATH = "/v1/wschannels"
BODY_MAX_BYTES = 2 * 1024 * 1024
_ENDS = frozenset(
    {EventType.WORKER_DELETED, EventType.TASK_QUEUE_DELETED, EventType.WORKSPACE_DELETED}
)


class Gateway:
    """The live channels of one server."""

    def __init__(
        self,
        api: Api,
        runtime: Runtime,
        accounts: Accounts,
        settings: Settings,
        ambient: Ambient = REAL,
        metrics: Metrics | None = None,
        answer_within_s: float = ANSWER_WITHIN_S,
        write_within_s: float = WRITE_WITHIN_S,
    ) -> None:
        self._runtime = runtime
        self._settings = settings
        self._ambient = ambient
        self._channels = Channels(settings.heartbeat_s)
        self._holds = Holds()
        self._bridge = Bridge(api, accounts, ambient, self._refresh, self._saw, answer_within_s)
        self._sockets = Sockets(
            self._channels, accounts, runtime, ambient, self._submit, write_within_s
        )
        self._told: set[asyncio.Task[None]] = set()
        self._subscriptions: list[Callable[[], None]] = []
        if metrics is not None:
            metrics.sockets_open.set_function(lambda: len(self._channels))

    @property
    def sockets_open(self) -> int:
        """How many sockets are open now."""
        return len(self._channels)

    def start(self) -> None:
        """From now on events reach sockets; call it before the runtime starts."""
        self._subscriptions = [
            self._runtime.subscribe(self._publish),
            self._runtime.subscribe_loads(self._loaded),
        ]

    async def stop(self) -> None:
        """Close every socket with a code after which clients come back; nobody becomes absent.

        Call it before the HTTP server closes its connections and before the runtime stops.
        """
        self._channels.stop()
        await asyncio.gather(*self._told)
        while self._subscriptions:
            self._subscriptions.pop()()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known, named = _named(scope["path"])
        if scope["type"] == "websocket":
            if known:
                await self._sockets.serve(scope, receive, send, named)
            else:
                await _no_channel(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await send_preflight(send)
        else:
            with contextlib.suppress(ClientGone):
                await self._post(scope, receive, send, known=known, named=named)

    async def _post(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        known: bool,
        named: tuple[str, str] | None,
    ) -> None:
        """Answer one POST; afterwards its events may leave, whatever became of it."""
        hold, made = Hold(), list[Event]()

        def noted(events: tuple[Event, ...]) -> None:
            if hold.free_at is None:  # later ones wait for no answer
                made.extend(events)
                self._holds.note(hold, events)

        try:
            if known:
                answer = await self._answer(scope, receive, named, noted)
            else:
                answer = _nowhere(scope)
            await send_json(send, answer.status, answer.body, answer.headers)
            if answer.written is not None:
                answer.written()
        finally:
            self._holds.release(hold, made, self._ambient.monotonic())

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        named: tuple[str, str] | None,
        noted: Callable[[tuple[Event, ...]], None],
    ) -> Answer:
        if scope["method"] != "POST":
            told = f"{scope['method']} is not possible here; POST is"
            return refusal(Refused(405, 20004, told, {"Allow": "POST, OPTIONS"}))
        try:
            body = await read_body(scope, receive, BODY_MAX_BYTES)
        except BodyTooLarge:
            return refusal(Refused(413, 20001, f"The body is over {BODY_MAX_BYTES} bytes"))
        client = scope.get("client")
        posted = Posted(
            named=named,
            body=body,
            base=self._settings.public_url or f"{scope['scheme']}://{header(scope, b'host')}",
            ip_address=client[0] if client else None,
            if_match=header(scope, b"if-match") or None,
            noted=noted,
        )
        return await self._bridge.answer(posted)

    def _publish(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        """What was committed goes to those who are connected now, each frame made once."""
        now = self._ambient.monotonic()
        for event in events:
            hold = self._holds.take(event)
            account_sid = event.workspace.account_sid
            listening = [sid for sid in recipients(event) if self._channels.has(account_sid, sid)]
            frame = frame_l(event) if listening else None
            if frame is not None:
                for sid in listening:
                    self._channels.push((account_sid, sid), event.seq, frame.decode(), hold, now)
            self._publish_modern(event, hold)
            if event.type in _ENDS:
                self._channels.end(account_sid, event.resource_sid, DELETED)
            self._channels.published(workspace_sid, event.seq)

    def _publish_modern(self, event: Event, hold: Hold | None) -> None:
        account_sid = event.workspace.account_sid
        keys = [(account_sid, sid) for sid in recipients_m(event)]
        listening = [key for key in keys if self._channels.has_modern(key)]
        frame = frame_m(event) if listening else None
        if frame is not None:
            starting = any(self._channels.is_starting(key) for key in listening)
            kept = kept_m(event) if starting else None
            for key in listening:
                self._channels.push_modern(
                    key, event.seq, frame.decode(), hold, kept.decode() if kept else None
                )

    def _saw(self, token: Token, text: str, seq: int) -> None:
        key = (token.account_sid, token.channel_sid)
        self._channels.saw(key, digest(text), seq, self._ambient.monotonic())

    def _refresh(self, token: Token) -> None:
        expires_at = expiry(token, self._ambient)
        self._channels.refresh(token.account_sid, token.channel_sid, expires_at)

    def _loaded(self, workspace_sid: str) -> None:
        seq = self._runtime.glance(workspace_sid, lambda state: state.event_seq)
        self._channels.loaded(workspace_sid, seq)
        self._submit(workspace_sid, self._channels.connected(workspace_sid))

    def _submit(self, workspace_sid: str, commands: list[Command]) -> None:
        """Hand on what the engine has to know of a worker's coming and going, in order."""
        for command in commands:
            told = asyncio.create_task(self._tell(workspace_sid, command))
            self._told.add(told)
            told.add_done_callback(self._told.discard)

    async def _tell(self, workspace_sid: str, command: Command) -> None:
        # A refusal says that the worker is gone. What was not stored is told to the engine that is
        # loaded in place of this one: it takes everybody for absent, and we tell who is not.
        with contextlib.suppress(EngineError, Unavailable, Crashed):
            await self._runtime.execute(workspace_sid, command, lambda state, outcome: None)


def _named(path: str) -> tuple[bool, tuple[str, str] | None]:
    """Whether there is a live channel at the path, and the account and channel that it names."""
    below = path.removeprefix(PATH).strip("/")
    if not below:
        return True, None
    segments = below.split("/")
    return (True, (segments[0], segments[1])) if len(segments) == 2 else (False, None)


async def _no_channel(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse the handshake, for there is nobody at this path whom a client could mean."""
    await receive()  # websocket.connect
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 4404, "reason": "there is no channel here"})
        return
    nowhere = _nowhere(scope)
    fields = [(b"content-type", b"application/json; charset=utf-8")]
    start = {"type": "websocket.http.response.start", "status": nowhere.status, "headers": fields}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": nowhere.body})


def _nowhere(scope: Scope) -> Answer:
    return refusal(Refused(404, 20404, f"There is no live channel at {scope['path']}"))
