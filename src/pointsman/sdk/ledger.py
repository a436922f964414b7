"""What the program has been told of each reservation, sans-I/O.

The rule: each step of a reservation is told once, though it may arrive twice: as a frame, as a frame
that is replayed after a gap, and in a list that was fetched meanwhile; in whatever order these come.
What is late, because a later step was told already, is not told at all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pointsman.sdk.work import LIVE, Desk, Reservation, Task, is_later

__all__ = ["Event", "Ledger"]

ENDED_KEPT = 1_000
"""As many ended reservations are remembered as the server keeps frames to replay."""

_STATUSES = {
    "reservation.created": "pending",
    "reservation.accepted": "accepted",
    "reservation.wrapup": "wrapping",
    "reservation.completed": "completed",
    "reservation.rejected": "rejected",
    "reservation.timeout": "timeout",
    "reservation.canceled": "canceled",
    "reservation.rescinded": "rescinded",
}
_EVENT_TYPES = {status: event_type for event_type, status in _STATUSES.items()}


@dataclass(frozen=True)
class Event:
    """Something that happened to the worker."""

    type: str
    """`connected`, `disconnected`, or the type of the live channel's event: `reservation.created`,
    `worker.activity.update` …"""
    reservation: Reservation | None = None
    """The reservation, if it is about one."""
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the server told of it."""


class Ledger:
    """The reservations of one worker."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._held: dict[str, Reservation] = {}
        self._told: dict[str, str] = {}
        """The last status of each held reservation that was told; an answer may know a later one."""
        self._ended: OrderedDict[str, None] = OrderedDict()

    @property
    def held(self) -> list[Reservation]:
        """Those that are not over, the oldest first."""
        return [each for each in self._held.values() if not each.is_over]

    def sids(self) -> frozenset[str]:
        """Those whose end was not told yet."""
        return frozenset(self._held)

    def knows(self, sid: str) -> bool:
        """Whether its task was told already, or it is over."""
        return sid in self._held or sid in self._ended

    def frame(self, event_type: str, payload: Mapping[str, Any]) -> Event | None:
        """What a frame tells that was not told before."""
        status = _STATUSES.get(event_type)
        if status is None:
            return Event(event_type, payload=payload)
        return self._move(payload["reservation_sid"], status, payload)

    def listed(self, sid: str, status: str, task: Mapping[str, Any] | None = None) -> Event | None:
        """What a fetched reservation tells; `task` is needed for one that is not known."""
        return self._move(sid, status, task)

    def take(self, sid: str, status: str, task: Mapping[str, Any]) -> None:
        """Hold a reservation that was accepted before this program began; it is no news."""
        self._held[sid] = Reservation(self._desk, sid, status, Task(self._desk, task))
        self._told[sid] = status

    def missing(self, held_before: Iterable[str], listed: Iterable[str]) -> list[str]:
        """Those that were held before a list was asked for, are not in it, and still count as live."""
        return sorted((set(held_before) - set(listed)) & set(self._held))

    def _move(self, sid: str, status: str, task: Mapping[str, Any] | None) -> Event | None:
        if sid in self._ended:
            return None
        reservation = self._held.get(sid)
        if reservation is None:
            assert task is not None, "what is not known is told with its task"
            reservation = Reservation(self._desk, sid, status, Task(self._desk, task))
            self._held[sid] = reservation
        elif not is_later(status, self._told[sid]):
            return None
        elif task is not None:
            reservation.task._adopt(task)
        self._told[sid] = status
        reservation._move(status)
        if status not in LIVE:
            self._end(sid)
        return Event(_EVENT_TYPES[status], reservation, task or {})

    def _end(self, sid: str) -> None:
        del self._held[sid], self._told[sid]
        self._ended[sid] = None
        if len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)
