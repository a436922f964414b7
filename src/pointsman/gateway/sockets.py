"""Websockets of the live channel: accept, write what the session says, notice the end.

A socket is always accepted, and closed at once with a code and a reason when its token is refused:
a refused handshake reaches the browser as "1006" without a word. Half-open sockets are noticed by the
server's protocol pings (uvicorn's `ws_ping_interval` and `ws_ping_timeout`, set by `pointsman serve`)
and, when something is waiting to be written, by a write that does not drain. Clients never send
anything; what they send is read and dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from urllib.parse import parse_qs

from pointsman.ambient import Ambient
from pointsman.auth import (
    Accounts,
    AuthError,
    Token,
    authorize,
    check_channel,
    check_own_channel,
)
from pointsman.auth.principal import token_principal
from pointsman.engine.commands import Command
from pointsman.engine.errors import NotFound
from pointsman.engine.records import Alert
from pointsman.engine.state import State
from pointsman.gateway.asgi import Message, Receive, Scope, Send
from pointsman.gateway.channels import Channels
from pointsman.gateway.leaving import Wish
from pointsman.gateway.modern import init_frame
from pointsman.gateway.session import STOPPING, TOO_SLOW, Close, Opening, Session
from pointsman.runtime import Crashed, Runtime, Unavailable
from pointsman.store import AlertNote

__all__ = ["DELETED", "Sockets", "check_path", "digest", "expiry"]

WRITE_WITHIN_S = 15.0
CLOSE_WITHIN_S = 3.0
REASON_MAX_BYTES = 123
_REFUSED_CODES = {401: 4401, 403: 4403}

DELETED = Close(4404, "the resource of this channel does not exist")
_OVERLOADED = Close(1013, "the server cannot answer now; please try again")

Submit = Callable[[str, list[Command]], None]
"""Hands commands on to a workspace's engine, in order, without waiting for them."""


class Sockets:
    """The open websockets of one server."""

    def __init__(
        self,
        channels: Channels,
        accounts: Accounts,
        runtime: Runtime,
        ambient: Ambient,
        submit: Submit,
        write_within_s: float = WRITE_WITHIN_S,
    ) -> None:
        self._channels = channels
        self._accounts = accounts
        self._runtime = runtime
        self._ambient = ambient
        self._submit = submit
        self._write_within_s = write_within_s

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, named: tuple[str, str] | None
    ) -> None:
        """One websocket from its handshake to its end; without a channel, that of a modern client."""
        await receive()  # websocket.connect
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        text = query.get("token", [""])[-1]
        try:
            token = self._accounts.verify_token(text, self._ambient.wall())
            check_path(token, named, "GET")
        except AuthError as refusal:
            await _turn_away(send, refusal)
            return
        writer = _Writer(send, self._ambient, self._write_within_s)
        opening = self._opening(scope, query, token, text, modern=named is None)
        session = self._channels.open(opening, self._ambient.monotonic(), writer.wake)
        if opening.modern:
            session.begin(init_frame(token, self._ambient.wall()), self._ambient.monotonic())
        code = None
        try:
            with contextlib.suppress(OSError):  # the client went away meanwhile
                await send({"type": "websocket.accept"})
                keeping = self._keep_open(session, token, _wish(query), receive, writer)
                # A token and its policies are kilobytes, and an idle socket may live for hours.
                scope["query_string"] = b""
                del query, text, token
                code = await keeping
        finally:
            commands = self._channels.gone(session, self._ambient.monotonic())
            if code != STOPPING.code:  # closed by the HTTP server on its way out
                self._submit(opening.workspace_sid, commands)

    async def _keep_open(
        self,
        session: Session,
        token: Token,
        wish: Wish,
        receive: Receive,
        writer: _Writer,
    ) -> int | None:
        """Write and listen until one of both ends; the code, if the socket was closed to us."""
        listening = asyncio.create_task(_until_gone(receive))
        writing = asyncio.create_task(writer.write_all(session))
        try:
            await self._greet(session, token, wish)
            del token
            await asyncio.wait([listening, writing], return_when=asyncio.FIRST_COMPLETED)
            return listening.result() if listening.done() else None
        finally:
            listening.cancel()
            writing.cancel()
            await asyncio.gather(listening, writing, return_exceptions=True)

    async def _greet(self, session: Session, token: Token, wish: Wish) -> None:
        """Tell the engine who came; close the channel of what does not exist."""
        workspace_sid = token.workspace_sid
        try:
            if self._runtime.account_of(workspace_sid) != token.account_sid:
                raise NotFound("workspace", workspace_sid)
            exists, wanted, known = await self._runtime.read(
                workspace_sid,
                lambda state, now: (_exists(state, token), *wish.activity(state)),
            )
        except NotFound:
            exists, wanted, known = False, None, False
        except (Unavailable, Crashed):
            session.close(_OVERLOADED)
            return
        if not exists:
            session.close(DELETED)
            return
        if wanted and wish.is_the_client_s and not self._may_disconnect(token, wanted, known=known):
            wanted = None
        self._submit(workspace_sid, self._channels.greet(session, wanted))

    def _may_disconnect(self, token: Token, activity_sid: str, *, known: bool) -> bool:
        """Whether the worker may be put into this activity by his socket's end.

        If not, the parameter is dropped, the socket stays, and the developer finds an alert.
        """
        if token.worker_sid is None:
            return False
        params = {"ActivitySid": activity_sid}
        try:
            authorize(token_principal(token), "POST", token.resource_path, params)
        except AuthError as refusal:
            self._note_alert(token, refusal.code, refusal.message)
            return False
        if not known:
            told = f"The activity {activity_sid} does not exist in {token.workspace_sid}"
            self._note_alert(token, 20001, told)
        return known

    def _note_alert(self, token: Token, code: int, why: str) -> None:
        alert = Alert(
            sid=self._ambient.new_sid("NO"),
            code=code,
            level="warning",
            message=f"The activity after the disconnection was ignored. {why}",
            at=self._ambient.now(),
            resource_sid=token.channel_sid,
        )
        self._runtime.note([AlertNote(token.workspace_sid, alert)])

    def _opening(
        self,
        scope: Scope,
        query: dict[str, list[str]],
        token: Token,
        text: str,
        *,
        modern: bool,
    ) -> Opening:
        client = scope.get("client")
        return Opening(
            account_sid=token.account_sid,
            workspace_sid=token.workspace_sid,
            channel_sid=token.channel_sid,
            token_digest=digest(text),
            expires_at=expiry(token, self._ambient),
            close_existing=query.get("closeExistingSessions", [""])[-1].lower() == "true",
            after=_after(query),
            ip_address=client[0] if client else None,
            modern=modern,
        )


def check_path(token: Token, named: tuple[str, str] | None, verb: str) -> None:
    """Whether the token fits the channel that the path names, or its own where none is named."""
    if named is None:
        check_own_channel(token, verb)
    else:
        check_channel(token, *named, verb)


def digest(text: str) -> bytes:
    """What tells tokens apart without being one."""
    return hashlib.sha256(text.encode()).digest()


def expiry(token: Token, ambient: Ambient) -> float:
    """When the token expires, on the clock that spans are measured with."""
    return ambient.monotonic() + token.expires_at / 1000 - ambient.wall()


class _Writer:
    """Writes what a session says, and sleeps until it may say something again."""

    def __init__(self, send: Send, ambient: Ambient, write_within_s: float) -> None:
        self._send = send
        self._ambient = ambient
        self._write_within_s = write_within_s
        self._woken = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        self._woken.set()

    async def write_all(self, session: Session) -> None:
        """Returns after the close was written, or when nobody can be written to any more."""
        try:
            with contextlib.suppress(OSError):
                while not isinstance(write := await self._next(session), Close):
                    await self._write(session, {"type": "websocket.send", "text": write})
                await _close(self._send, write)
        finally:
            self._unset()

    async def _next(self, session: Session) -> str | Close:
        """What to write, as soon as there is something."""
        while True:
            self._woken.clear()
            now = self._ambient.monotonic()
            write = session.next_write(now)
            if write is not None:
                return write
            self._set(session.wake_at() - now)
            await self._woken.wait()

    async def _write(self, session: Session, message: Message) -> None:
        try:
            async with asyncio.timeout(self._write_within_s):
                await self._send(message)
        except TimeoutError:
            session.close(TOO_SLOW)

    def _set(self, span_s: float) -> None:
        """Ring after this span at the latest; an alarm that rings earlier is not set anew for that,
        since a frame puts the next heartbeat off and would cost a timer each time.
        """
        loop = asyncio.get_running_loop()
        at = loop.time() + max(0.0, span_s)
        if self._alarm is None or at < self._alarm.when():
            self._unset()
            self._alarm = loop.call_at(at, self._ring)

    def _unset(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        self._alarm = None
        self._woken.set()


async def _until_gone(receive: Receive) -> int | None:
    while (message := await receive())["type"] != "websocket.disconnect":
        pass
    return message.get("code")


async def _turn_away(send: Send, refusal: AuthError) -> None:
    """Accept, and close with a reason that the page can show."""
    code = _REFUSED_CODES.get(refusal.status, 4403)
    with contextlib.suppress(OSError):
        await send({"type": "websocket.accept"})
        await _close(send, Close(code, refusal.message))


async def _close(send: Send, how: Close) -> None:
    """Close, if the client still reads; the reason is cut to what a close frame holds."""
    reason = how.reason.encode()[:REASON_MAX_BYTES].decode(errors="ignore")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await send({"type": "websocket.close", "code": how.code, "reason": reason})


def _wish(query: dict[str, list[str]]) -> Wish:
    offline = query.get("setWorkerOfflineIfDisconnected", [""])[-1].lower()
    return Wish(
        activity_sid=query.get("disconnectActivitySid", [""])[-1],
        offline={"true": True, "false": False}.get(offline),
    )


def _after(query: dict[str, list[str]]) -> int | None:
    """The event after which the client wants its frames; -1, which is before all, if it names none."""
    if "after" not in query:
        return None
    text = query["after"][-1]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _exists(state: State, token: Token) -> bool:
    if token.worker_sid is not None:
        return token.worker_sid in state.workers
    if token.task_queue_sid is not None:
        return token.task_queue_sid in state.task_queues
    return state.workspace is not None
