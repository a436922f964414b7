"""`Worker`: a worker whose work is done by a program.

The rule: each reservation that is offered is seen once, through lost connections and restarts of the
server too. How a connection lives, what was told already and how a command travels stand in their own
modules.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import aiohttp

from pointsman.sdk.bridge import Bridge
from pointsman.sdk.errors import Unanswered, WorkerError
from pointsman.sdk.ledger import Event
from pointsman.sdk.link import Link, TokenSource, new_token
from pointsman.sdk.lists import whole_list
from pointsman.sdk.presence import Habits, Presence
from pointsman.sdk.token import Token, read_token
from pointsman.sdk.work import Reservation, parsed_attributes

__all__ = ["Worker"]

CONNECTED_WITHIN_S = 30.0
"""How long the first connection may take; later ones are tried for ever."""


class Worker:
    """A worker's program: `async with Worker(url, token) as worker`.

    Entering connects, and waits until the server answered; leaving closes the connection. `token` is the
    text of a worker's token, or a function (asynchronous or not) that makes one whenever it is called:
    with a function the program goes on when a token ends. `ssl` is the context that verifies the
    server's certificate. With `connect_activity` the worker changes to that activity when he comes, and with
    `disconnect_activity` the server changes it when he is gone; both take a name or a SID.
    `close_existing_sessions` ends other programs and pages of the same worker.
    """

    def __init__(
        self,
        url: str,
        token: str | TokenSource,
        *,
        connect_activity: str | None = None,
        disconnect_activity: str | None = None,
        close_existing_sessions: bool = False,
        ssl: ssl.SSLContext | bool = True,
    ) -> None:
        self._url = url.rstrip("/")
        self._given = token
        habits = Habits(connect_activity, disconnect_activity, close_existing_sessions)
        self._presence = Presence(self, habits, self._tell)
        self._tls = ssl
        self._activities: dict[str, str] = {}
        self._offers: deque[Reservation] = deque()
        self._news = asyncio.Event()
        self._listeners: list[Callable[[Event], None]] = []
        self._http: aiohttp.ClientSession | None = None
        self._living: asyncio.Task[WorkerError] | None = None

    # --- coming and going ----------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        source = self._given if callable(self._given) else None
        text = self._given if isinstance(self._given, str) else await new_token(self._given)
        token = read_token(text)
        self._http = aiohttp.ClientSession()
        try:
            await self._begin(self._http, token, source)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection and end all iterations, without an error."""
        if self._living is not None:
            self._living.cancel()
            await asyncio.wait([self._living])
        if self._http is not None:
            await self._http.close()

    async def _begin(
        self, http: aiohttp.ClientSession, token: Token, source: TokenSource | None
    ) -> None:
        channel_url = f"{self._url}/v1/wschannels/{token.account_sid}/{token.worker_sid}"
        self._link = Link(http, channel_url, self._tls, token, source, self._presence)
        self._bridge = Bridge(
            http, channel_url, self._tls, lambda: self._link.token.text, self._link.renew
        )
        await self._presence.prepare()
        self._living = asyncio.create_task(self._link.run())
        self._living.add_done_callback(lambda task: self._news.set())
        ready = asyncio.create_task(self._presence.ready.wait())
        try:
            await asyncio.wait(
                [ready, self._living],
                return_when=asyncio.FIRST_COMPLETED,
                timeout=CONNECTED_WITHIN_S,
            )
        finally:
            ready.cancel()
        if self._living.done():
            raise self._living.result()
        if not self._presence.ready.is_set():
            told = f"{self._url} was not reached within {CONNECTED_WITHIN_S:.0f} seconds"
            raise Unanswered(f"{told}: {self._link.problem}.")

    # --- the worker himself --------------------------------------------------------------------

    @property
    def sid(self) -> str:
        """The worker's SID."""
        return self._link.token.worker_sid

    @property
    def name(self) -> str:
        """The worker's friendly name."""
        return str(self._presence.worker["friendly_name"])

    @property
    def attributes(self) -> dict[str, Any]:
        """What the worker can do, and all else that is written of him."""
        return parsed_attributes(self._presence.worker)

    @property
    def activity(self) -> str:
        """The friendly name of the worker's activity."""
        return str(self._presence.worker["activity_name"])

    @property
    def is_available(self) -> bool:
        """Whether the activity is one in which reservations come."""
        return bool(self._presence.worker["available"])

    @property
    def is_connected(self) -> bool:
        """Whether the live channel is open at this moment; if not, it is being opened again."""
        return self._link.is_open

    @property
    def held(self) -> list[Reservation]:
        """The reservations that are not over, the oldest first; those of an earlier run too."""
        return self._presence.ledger.held

    async def set_activity(self, activity: str, *, reject_pending: bool = False) -> None:
        """Change to an activity (its name or SID); `reject_pending` leaves open offers to others."""
        params = {"ActivitySid": await self.activity_sid_of(activity)}
        if reject_pending:
            params["RejectPendingReservations"] = "true"
        self._presence.worker = await self.ask("POST", f"Workers/{self.sid}", params)

    async def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Replace the worker's attributes; the token needs leave to update the worker."""
        params = {"Attributes": json.dumps(attributes)}
        self._presence.worker = await self.ask("POST", f"Workers/{self.sid}", params)

    async def capacity(self) -> dict[str, int]:
        """How many tasks of each channel the worker takes at a time, by the channel's unique name.

        The token needs leave to fetch the worker's subresources.
        """
        return {
            each["task_channel_unique_name"]: each["configured_capacity"]
            for each in await whole_list(self, f"Workers/{self.sid}/Channels", "channels")
        }

    async def set_capacity(self, channel: str, capacity: int) -> None:
        """Take this many tasks of a channel (its unique name) at a time.

        The token needs leave to fetch and to update the worker's subresources.
        """
        listed = await whole_list(self, f"Workers/{self.sid}/Channels", "channels")
        sids = {each["task_channel_unique_name"]: each["sid"] for each in listed}
        if channel not in sids:
            raise ValueError(
                f"There is no channel {channel!r}; there are {', '.join(sorted(sids))}."
            )
        params = {"Capacity": capacity}
        await self.ask("POST", f"Workers/{self.sid}/Channels/{sids[channel]}", params)

    async def activities(self) -> dict[str, str]:
        """The workspace's activities: SIDs by friendly name."""
        listed = await whole_list(self, "Activities", "activities")
        self._activities = {each["friendly_name"]: each["sid"] for each in listed}
        return dict(self._activities)

    def update_token(self, token: str) -> None:
        """Use this token from now on. Raises `ValueError` for another worker's, or what is none."""
        self._link.update_token(read_token(token))

    # --- what happens --------------------------------------------------------------------------

    async def reservations(self) -> AsyncIterator[Reservation]:
        """Each reservation that is offered, once, while it is still pending.

        Several loops over it share the work. It ends when the worker is closed, and with an error (a
        `ChannelEnded`) when the server ended the channel for good.
        """
        while True:
            while self._offers:
                reservation = self._offers.popleft()
                if reservation.status == "pending":
                    yield reservation
            if self._living is None or self._living.done():
                break
            self._news.clear()
            await self._news.wait()
        if self._living is not None and not self._living.cancelled():
            raise self._living.result()

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call the listener with each `Event` from now on; what is given back ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def _tell(self, event: Event) -> None:
        if event.type == "reservation.created" and event.reservation is not None:
            # Without those that are over: a program that never iterates must not gather them for ever.
            pending = (each for each in self._offers if each.status == "pending")
            self._offers = deque([*pending, event.reservation])
            self._news.set()
        for listener in list(self._listeners):
            # A listener that fails is reported by the loop, and nobody else is hurt.
            asyncio.get_running_loop().call_soon(listener, event)

    # --- what the parts ask --------------------------------------------------------------------

    async def ask(self, method: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """One request below the workspace, for what has no method here: `ask("GET", "TaskQueues")`.

        The names of parameters and fields are those of the REST API.
        """
        if self._http is None or self._http.closed:
            raise Unanswered("This worker is not connected: it was closed, or never entered.")
        workspace = f"Workspaces/{self._link.token.workspace_sid}"
        return await self._bridge.ask(method, f"{workspace}/{path}", params)

    async def activity_sid_of(self, activity: str) -> str:
        """The SID of an activity that is named or given by its SID; `ValueError` if there is none."""
        if activity not in self._activities:
            await self.activities()
        if activity in self._activities.values():
            return activity
        if activity not in self._activities:
            known = ", ".join(sorted(self._activities))
            raise ValueError(f"There is no activity {activity!r}; there are {known}.")
        return self._activities[activity]
