"""Reservations and their tasks, as a worker's program holds them.

The rule: a status only moves forward, whether an answer or a frame tells it first, and whichever is
late. Both wire forms of a task (an answer's and a frame's) become the same fields. Nothing here knows
how the server is reached.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["LIVE", "Desk", "Reservation", "Task", "is_later", "parsed_attributes"]

LIVE = ("pending", "accepted", "wrapping")
"""The statuses of a reservation that is not over, in the order in which they follow."""


class Desk(Protocol):
    """What reservations and tasks ask of the worker that holds them."""

    @property
    def sid(self) -> str: ...
    async def ask(self, method: str, path: str, params: Mapping[str, Any] | None = None) -> Any: ...
    async def activity_sid_of(self, activity: str) -> str: ...


class Task:
    """The work itself. Its fields are as of the last time that the server told of it."""

    def __init__(self, desk: Desk, told: Mapping[str, Any]) -> None:
        self._desk = desk
        self.sid: str = told["sid"]
        """The task's SID."""
        self.attributes: dict[str, Any] = {}
        """What the task is about, as its creator and all others wrote it."""
        self.status = ""
        """`pending`, `reserved`, `assigned`, `wrapping`, `completed` or `canceled`."""
        self.reason: str | None = None
        """Why it was completed or canceled."""
        self.priority = 0
        """Its priority."""
        self.channel = ""
        """The unique name of its task channel, such as `voice`."""
        self.queue = ""
        """The friendly name of the task queue that it came through."""
        self.workflow = ""
        """The friendly name of its workflow."""
        self._adopt(told)

    def __repr__(self) -> str:
        return f"<Task {self.sid} {self.status}>"

    async def fetch(self) -> Task:
        """Get the task's fields as they are now."""
        self._adopt(await self._desk.ask("GET", f"Tasks/{self.sid}"))
        return self

    async def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Replace the task's attributes by these, for everybody who sees the task from now on."""
        await self._post(Attributes=json.dumps(attributes))

    async def complete(self, reason: str = "") -> None:
        """Complete the task and with it the worker's reservation, with a reason if there is one."""
        await self._post(AssignmentStatus="completed", **({"Reason": reason} if reason else {}))

    async def _post(self, **params: Any) -> None:
        self._adopt(await self._desk.ask("POST", f"Tasks/{self.sid}", params))

    def _adopt(self, told: Mapping[str, Any]) -> None:
        self.attributes = parsed_attributes(told)
        self.status = told["assignment_status"]
        self.reason = told["reason"]
        self.priority = told["priority"]
        self.channel = told["task_channel_unique_name"]
        self.queue = told.get("queue_name") or told.get("task_queue_friendly_name") or ""
        self.workflow = told.get("workflow_name") or told.get("workflow_friendly_name") or ""


class Reservation:
    """An offer of one task to this worker, and what became of it."""

    def __init__(self, desk: Desk, sid: str, status: str, task: Task) -> None:
        self._desk = desk
        self._over = asyncio.Event()
        self.sid = sid
        """The reservation's SID."""
        self.status = status
        """`pending`, `accepted`, `wrapping`; or how it ended: `completed`, `rejected`, `timeout`,
        `canceled`, `rescinded`."""
        self.task = task
        """The task that is offered."""

    def __repr__(self) -> str:
        return f"<Reservation {self.sid} {self.status} of {self.task!r}>"

    @property
    def is_over(self) -> bool:
        """Whether it ended, in whatever way."""
        return self.status not in LIVE

    async def accept(self) -> None:
        """Take the task. `Refused` with status 410 says that the offer is over."""
        await self._post(ReservationStatus="accepted")

    async def reject(self, activity: str | None = None) -> None:
        """Leave the task to others, and change to an activity (its name or SID) if one is given."""
        params = {"ReservationStatus": "rejected"}
        if activity is not None:
            params["WorkerActivitySid"] = await self._desk.activity_sid_of(activity)
        await self._post(**params)

    async def wrap_up(self) -> None:
        """The conversation is over, the work on the task is not: it is wrapping until completed."""
        await self._post(ReservationStatus="wrapping")

    async def complete(self) -> None:
        """The work is done."""
        await self._post(ReservationStatus="completed")

    async def wait_over(self) -> str:
        """Wait until it ended, by whomever; the status that it ended with."""
        await self._over.wait()
        return self.status

    async def _post(self, **params: str) -> None:
        path = f"Workers/{self._desk.sid}/Reservations/{self.sid}"
        answer = await self._desk.ask("POST", path, params)
        self._move(answer["reservation_status"])

    def _move(self, status: str) -> None:
        if is_later(status, self.status):
            self.status = status
        if self.is_over:
            self._over.set()


def is_later(status: str, than: str) -> bool:
    """Whether a reservation can have come to this status after that one."""
    return _rank(status) > _rank(than)


def parsed_attributes(told: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a resource, which the wire has as the text of a JSON object."""
    attributes = json.loads(told["attributes"] or "{}")
    return attributes if isinstance(attributes, dict) else {}


def _rank(status: str) -> int:
    return LIVE.index(status) if status in LIVE else len(LIVE)
