"""What the program knows of its worker, kept true from the first socket to the last.

The rule: what was missed between two sockets is told when the next one opens: the server sends it, or says
`resync`, and then the reservations are fetched and compared. Frames that come meanwhile count too; the
ledger sees to it that nothing is told twice. How a connection is made is not known here.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.sdk.errors import Refused, WorkerError
from pointsman.sdk.ledger import Event, Ledger
from pointsman.sdk.lists import whole_list
from pointsman.sdk.work import LIVE, Desk

__all__ = ["Habits", "Presence"]

_GONE = 404

log = logging.getLogger("pointsman.sdk")


@dataclass(frozen=True)
class Habits:
    """What is to happen when the worker comes and when he is gone; activities by name or SID."""

    connect_activity: str | None
    disconnect_activity: str | None
    close_existing_sessions: bool


class Presence:
    """The listener of a `Link`: what arrives, and what that means."""

    def __init__(
        self,
        desk: Desk,
        habits: Habits,
        tell: Callable[[Event], None],
    ) -> None:
        """`tell` is given each event."""
        self.worker: dict[str, Any] = {}
        """The worker's fields, as of the last time that the server told of him."""
        self.ledger = Ledger(desk)
        self.ready = asyncio.Event()
        """Set when everything is known for the first time."""
        self._desk = desk
        self._habits = habits
        self._tell_listeners = tell
        self._disconnect_sid = ""
        self._seq = ""
        """The last frame that came: what follows it is what the next socket has to bring."""
        self._is_whole = False
        """Whether everything up to that frame is known; if not, the next socket begins anew."""
        self._begins = False
        """Whether this socket began anew, and the server has yet to say from which frame it counts."""
        self._gap = asyncio.Event()

    async def prepare(self) -> None:
        """Find out what the first socket's address needs. Raises `ValueError` for an unknown activity."""
        if self._habits.disconnect_activity is not None:
            wanted = self._habits.disconnect_activity
            self._disconnect_sid = await self._desk.activity_sid_of(wanted)

    def query(self) -> dict[str, str]:
        """What the next socket's address says beside the token."""
        self._begins = not self._is_whole
        query = {
            "closeExistingSessions": str(self._habits.close_existing_sessions).lower(),
            "after": self._seq if self._is_whole else "",
        }
        if self._disconnect_sid:
            query["disconnectActivitySid"] = self._disconnect_sid
        return query

    async def arrive(self, settle: Callable[[], None]) -> None:
        """The channel is open: find out how everything stands, now and whenever there was a gap.

        `settle` is called when the connection has proved good.
        """
        self.worker = await self._desk.ask("GET", f"Workers/{self._desk.sid}")
        if not self._is_whole:
            await self._look()
        await self._enter()
        settle()
        self.ready.set()
        self._tell(Event("connected"))
        while await self._gap.wait():
            await self._look()

    def received(self, text: str) -> None:
        """A frame."""
        frame = json.loads(text)
        event_type, payload = frame["event_type"], frame["payload"]
        self._seq = str(frame["seq"])
        if event_type == "resync":
            if not self._begins:
                self._is_whole = False
                self._gap.set()
            self._begins = False
            return
        if event_type in ("worker.activity.update", "worker.attributes.update"):
            self.worker = {**self.worker, **payload}
        self._tell(self.ledger.frame(event_type, payload))

    def disconnected(self, code: int, reason: str) -> None:
        """The socket ended."""
        self._tell(Event("disconnected", payload={"code": code, "reason": reason}))

    async def show_token(self) -> None:
        """Have the server see the token of the moment, so that the socket lives as long as it."""
        try:
            await self._desk.ask("GET", f"Workers/{self._desk.sid}")
        except WorkerError as problem:
            log.warning("the new token was not taken: %s", problem)

    def _tell(self, event: Event | None) -> None:
        if event is not None:
            self._tell_listeners(event)

    async def _look(self) -> None:
        """Compare what is known with the reservations that are live now."""
        self._gap.clear()
        before = self.ledger.sids()
        listed: dict[str, dict[str, Any]] = {}
        path = f"Workers/{self._desk.sid}/Reservations"
        for status in LIVE:  # in the order in which they follow, so that none slips through
            found = await whole_list(self._desk, path, "reservations", ReservationStatus=status)
            listed |= {each["sid"]: each for each in found}
        for sid in sorted(listed):
            await self._learn(listed[sid])
        for sid in self.ledger.missing(before, listed):
            await self._learn_end(sid)
        self._is_whole = not self._gap.is_set()

    async def _learn(self, told: Mapping[str, Any]) -> None:
        sid, status = told["sid"], told["reservation_status"]
        task = None
        if not self.ledger.knows(sid):
            try:
                task = await self._desk.ask("GET", f"Tasks/{told['task_sid']}")
            except Refused as refusal:
                if refusal.status != _GONE:
                    raise
                return  # it ended and was forgotten while we asked
        held_from_before = status != "pending" and not self.ready.is_set()
        if held_from_before and task is not None and not self.ledger.knows(sid):
            self.ledger.take(sid, status, task)
        else:
            self._tell(self.ledger.listed(sid, status, task))

    async def _learn_end(self, sid: str) -> None:
        try:
            told = await self._desk.ask("GET", f"Workers/{self._desk.sid}/Reservations/{sid}")
        except Refused as refusal:
            if refusal.status != _GONE:
                raise
            told = {"reservation_status": "canceled"}  # it went with its task
        self._tell(self.ledger.listed(sid, told["reservation_status"]))

    async def _enter(self) -> None:
        """Change to the connect activity, when he comes and when he was gone too long meanwhile."""
        if self._habits.connect_activity is None:
            return
        wanted = await self._desk.activity_sid_of(self._habits.connect_activity)
        current = self.worker["activity_sid"]
        if current != wanted and (not self.ready.is_set() or current == self._disconnect_sid):
            params = {"ActivitySid": wanted}
            self.worker = await self._desk.ask("POST", f"Workers/{self._desk.sid}", params)
