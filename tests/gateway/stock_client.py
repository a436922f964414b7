"""A client of the live channel that does what the original's script 1.21 does, mistakes included.

It posts JSON that is called text, takes nothing but 200 for success, fetches the task of every
reservation that it is shown and falls silent when one of these fetches fails, never stops coming
back, and has no cursor. What the original would trip over (a payload whose kind it does not know, a
body that is no JSON, an answer that pages may not read) is an error here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import orjson
from websockets.asyncio.client import ClientConnection

from tests.gateway.live import Live

KINDS = ("WS", "WW", "WQ", "WK", "WA", "WT", "WR", "WC")
LISTS = ("workflows", "task_queues", "workers", "activities", "tasks", "reservations", "channels")
ORIGIN = "https://application.example"


class Told(Exception):
    """What a page's callback gets in place of a result: the status of the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class StockWorker:
    """The original's Worker: `events` are what a page would have heard, in order."""

    def __init__(
        self,
        live: Live,
        token: str,
        *,
        name: str = "alice",
        connect_activity_sid: str = "",
        close_existing: bool = False,
    ) -> None:
        self.live = live
        self.token = token
        self.name = name
        self.events: list[tuple[str, Any]] = []
        self.is_stalled = False
        """Whether a fetch failed on the way, after which the original says nothing more."""
        self._connect_activity_sid = connect_activity_sid
        self._close_existing = close_existing
        self._heard = asyncio.Event()

    @property
    def url(self) -> str:
        return f"/Workers/{self.live.names[self.name]}"

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[ClientConnection]:
        """One connection: what it does when the socket opens is done, then frames are followed."""
        query = {"closeExistingSessions": str(self._close_existing).lower()}
        async with self.live.socket(self.token, self.name, **query) as opened:
            listening = asyncio.create_task(self._listen(opened))
            try:
                await self._arrive()
                yield opened
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await listening

    async def post(self, method: str, path: str, event_type: str = "", **params: Any) -> Any:
        """One command; the payload, after what the original asks of it was checked."""
        told = self.live.asked(path, self.token, method, **params)
        if not params:
            del told["params"]
        if event_type:
            told["event_type"] = event_type
        answer = await self.live.post(told, self.name, Origin=ORIGIN)
        assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)
        assert answer.status_code != 500
        if answer.status_code != 200:
            raise Told(answer.status_code)
        body = orjson.loads(answer.content)
        if body["event_type"] is not None:
            self._emit(body["event_type"], _checked(body["payload"]))
        return _checked(body["payload"])

    async def fetch_reservations(self, **params: Any) -> list[dict[str, Any]] | None:
        """The list with each reservation's task; None where the original would never call back."""
        listed = await self.post("GET", f"{self.url}/Reservations", **params)
        for reservation in listed["reservations"]:
            try:
                reservation["task"] = await self.post("GET", f"/Tasks/{reservation['task_sid']}")
            except Told:
                return None
        return list(listed["reservations"])

    async def accept(self, reservation: dict[str, Any]) -> dict[str, Any]:
        """The reservation with its task, as the page's callback gets it."""
        path = f"/Tasks/{reservation['task_sid']}/Reservations/{reservation['sid']}"
        answered = await self.post("POST", path, ReservationStatus="accepted")
        answered["task"] = await self.post("GET", f"/Tasks/{answered['task_sid']}")
        return dict(answered)

    async def hear(self, name: str) -> Any:
        """What the next event of this name that nobody took brought."""
        async with asyncio.timeout(10):
            while True:
                for number, (event, brought) in enumerate(self.events):
                    if event == name:
                        del self.events[number]
                        return brought
                self._heard.clear()
                await self._heard.wait()

    async def _arrive(self) -> None:
        await self.post("GET", self.url, "ready")
        pending = await self.fetch_reservations(ReservationStatus="pending")
        if pending is None:
            self.is_stalled = True
        elif not pending and self._connect_activity_sid:
            await self.post("POST", self.url, ActivitySid=self._connect_activity_sid)
        else:
            for reservation in pending:
                await self._reserved("reservation.created", reservation["sid"], reservation["task"])

    async def _listen(self, opened: ClientConnection) -> None:
        async for text in opened:
            if not text.strip():
                continue
            told = msgspec.json.decode(text)
            name, payload = told["event_type"].removeprefix("worker."), _checked(told["payload"])
            if name.startswith("reservation."):
                await self._reserved(name, payload["reservation_sid"], payload)
            else:
                self._emit(name, payload)

    async def _reserved(self, name: str, sid: str, task: dict[str, Any]) -> None:
        """Fetch both; if that fails the page gets a bare reservation."""
        path = f"/Tasks/{task['sid']}"
        try:
            fetched, reservation = await asyncio.gather(
                self.post("GET", path), self.post("GET", f"{path}/Reservations/{sid}")
            )
        except Told:
            fetched, reservation = task, {"sid": sid}
        self._emit(name, {**reservation, "task": fetched})

    def _emit(self, name: str, brought: Any) -> None:
        self.events.append((name, brought))
        self._heard.set()


def _checked(payload: Any) -> Any:
    """A payload of which the original can make an object: by its list's key, or its SID's kind."""
    if payload is None or "cumulative" in payload or "realtime" in payload:
        return payload
    if "meta" in payload:
        meta = payload["meta"]
        assert meta["key"] in LISTS
        assert isinstance(meta["url"], str)
        assert {"page", "page_size", "next_page_url", "previous_page_url"} <= meta.keys()
        for item in payload[meta["key"]]:
            _checked(item)
        return payload
    assert payload["sid"][:2] in KINDS, payload["sid"]
    for name in {"attributes", "configuration", "addons"} & payload.keys():
        orjson.loads(payload[name])
    if payload["sid"].startswith("WR"):
        assert payload["task_sid"]
    if payload["sid"].startswith("WC"):
        assert payload["worker_sid"]
    return payload
