"""What voice asks of the router: tasks of callers, reservations of workers, and alerts.

Everything is a command through the runtime. A refusal is an answer here, not an error: the caller, the
worker and the clock act at the same time, and somebody is always too late.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import count

from msgspec.json import encode

from pointsman.ambient import Ambient
from pointsman.engine import commands as c
from pointsman.engine.errors import EngineError
from pointsman.engine.records import (
    Actor,
    Alert,
    Reservation,
    ReservationStatus,
    Task,
    read_json,
)
from pointsman.engine.state import State
from pointsman.runtime import Runtime, Unavailable
from pointsman.store import AlertNote
from pointsman.voice.pace import Pace

__all__ = ["Desk"]

log = logging.getLogger(__name__)

TRIES, PAUSE_MS = 5, 1_000
"""A command that could not be stored is given so often, a second apart."""


class Desk:
    """The router's side of voice."""

    def __init__(self, runtime: Runtime, ambient: Ambient, pace: Pace) -> None:
        self._runtime = runtime
        self._ambient = ambient
        self._pace = pace

    def workspace_of(self, account_sid: str, workflow_sid: str) -> str | None:
        """The account's workspace that has the workflow."""
        for workspace_sid in self._runtime.workspaces_of(account_sid):

            def question(state: State) -> bool:
                return workflow_sid in state.workflows

            if self._runtime.glance(workspace_sid, question):
                return workspace_sid
        return None

    def reservation(self, workspace_sid: str, sid: str) -> Reservation | None:
        return self._runtime.glance(workspace_sid, lambda state: state.reservations.get(sid))

    def task(self, workspace_sid: str, sid: str) -> Task | None:
        return self._runtime.glance(workspace_sid, lambda state: state.tasks.get(sid))

    def tasks_of_calls(self, workspace_sid: str) -> list[tuple[str, str, list[str]]]:
        """Tasks that wait or are offered and name a call: task, call, and the offers that are open."""

        def question(state: State) -> list[tuple[str, str, list[str]]]:
            found = {
                task.sid: (task.sid, _call_named(task), list[str]())
                for task in state.tasks.values()
                if task.assignment_status in ("pending", "reserved") and _call_named(task)
            }
            for offer in state.reservations.values():
                is_open = offer.reservation_status is ReservationStatus.PENDING
                if is_open and offer.task_sid in found:
                    found[offer.task_sid][2].append(offer.sid)
            return list(found.values())

        return self._runtime.glance(workspace_sid, question)

    def find_reservation(self, account_sid: str, sid: str) -> tuple[str, Reservation, Task] | None:
        """A live reservation of the account, with its workspace and task."""
        for workspace_sid in self._runtime.workspaces_of(account_sid):
            found = self.reservation(workspace_sid, sid)
            task = None if found is None else self.task(workspace_sid, found.task_sid)
            if found is not None and task is not None:
                return workspace_sid, found, task
        return None

    def is_pending(self, workspace_sid: str, sid: str) -> bool:
        found = self.reservation(workspace_sid, sid)
        return found is not None and found.reservation_status is ReservationStatus.PENDING

    async def create_task(
        self,
        workspace_sid: str,
        workflow_sid: str,
        attributes: dict[str, object],
        priority: int | None,
        timeout_s: int | None,
    ) -> str | EngineError | Unavailable:
        """The SID of a voice task that waits in the workflow, or why there is none."""
        sid = ""

        def made(state: State, outcome: object) -> None:
            nonlocal sid
            record = getattr(outcome, "record", None)
            sid = record.sid if isinstance(record, Task) else ""

        command = c.CreateTask(
            actor=_actor(workspace_sid),
            attributes=encode(attributes).decode(),
            workflow_sid=workflow_sid,
            priority=c.UNSET if priority is None else priority,
            timeout_s=c.UNSET if timeout_s is None else timeout_s,
            task_channel="voice",
        )
        return await self._carry_out(workspace_sid, command, made) or sid

    async def cancel_task(self, workspace_sid: str, task_sid: str, reason: str) -> bool:
        """End a task that waits or is offered; whatever is further on stays as it is."""
        return await self._do(
            workspace_sid,
            c.UpdateTask(
                actor=_actor(workspace_sid),
                task_sid=task_sid,
                assignment_status="canceled",
                reason=reason,
            ),
        )

    async def note(self, workspace_sid: str, task_sid: str, **members: object) -> bool:
        """Add to a task's attributes."""
        text = encode(members).decode()
        command = c.NoteOnTask(actor=_actor(workspace_sid), task_sid=task_sid, members=text)
        if await self._do(workspace_sid, command):
            return True
        names = ", ".join(members)
        self.alert(workspace_sid, 40133, f"{names} could not be noted on the task", task_sid)
        return False

    async def hold(self, workspace_sid: str, reservation_sid: str, at_most_s: int) -> bool:
        """Let an offer's clock stand still; false when it is over or on hold already."""
        return await self._do(
            workspace_sid,
            c.HoldReservation(
                actor=_actor(workspace_sid),
                reservation_sid=reservation_sid,
                at_most_s=at_most_s,
            ),
        )

    async def accept(self, workspace_sid: str, reservation_sid: str) -> bool:
        """Accept for the worker; false when somebody or something was faster."""
        return await self._do(
            workspace_sid,
            c.AcceptReservation(actor=_actor(workspace_sid), reservation_sid=reservation_sid),
        )

    async def cancel(self, workspace_sid: str, reservation_sid: str, code: int | None) -> bool:
        """The worker could not be called: the task waits again, after a rest."""
        return await self._do(
            workspace_sid,
            c.CancelReservation(
                actor=_actor(workspace_sid), reservation_sid=reservation_sid, reason_code=code
            ),
        )

    async def wrap_up(
        self, workspace_sid: str, reservation_sid: str, activity_sid: str | None
    ) -> None:
        """The talk is over: wrapping, or completed in a single-tasking workspace; then the activity."""
        reservation = self.reservation(workspace_sid, reservation_sid)
        if reservation is None:
            return
        actor = _actor(workspace_sid)
        multi = self._runtime.glance(workspace_sid, _is_multi)
        command: c.Command = c.CompleteReservation(actor=actor, reservation_sid=reservation_sid)
        if multi:
            command = c.WrapUpReservation(actor=actor, reservation_sid=reservation_sid)
        if reservation.reservation_status is ReservationStatus.ACCEPTED:
            await self._do(workspace_sid, command)
        if activity_sid is not None:
            worker = c.UpdateWorker(
                actor=actor, worker_sid=reservation.worker_sid, activity_sid=activity_sid
            )
            await self._do(workspace_sid, worker)

    def alert(
        self, workspace_sid: str, code: int, message: str, resource_sid: str, level: str = "warning"
    ) -> None:
        """Tell the developer."""
        alert = Alert(
            sid=self._ambient.new_sid("NO"),
            code=code,
            level=level,
            message=message,
            at=self._ambient.now(),
            resource_sid=resource_sid,
        )
        self._runtime.note([AlertNote(workspace_sid, alert)])

    def alert_account(
        self, account_sid: str, code: int, message: str, resource_sid: str, level: str = "warning"
    ) -> None:
        """Tell the developer of something that belongs to no workspace: in the first of the account."""
        workspaces = self._runtime.workspaces_of(account_sid)
        if workspaces:
            self.alert(workspaces[0], code, message, resource_sid, level)
        else:
            log.warning("%s: %s (%s)", resource_sid, message, code)

    async def _do(self, workspace_sid: str, command: c.Command) -> bool:
        """Carry it out; false when it was refused."""
        problem = await self._carry_out(workspace_sid, command, lambda state, outcome: None)
        return problem is None

    async def _carry_out(
        self, workspace_sid: str, command: c.Command, render: Callable[[State, object], None]
    ) -> EngineError | Unavailable | None:
        """Why it was not done, or None. What could not be stored is tried again."""
        for tries in count(1):
            try:
                await self._runtime.execute(workspace_sid, command, render)
            except EngineError as refusal:
                return refusal
            except Unavailable as problem:
                if tries == TRIES:
                    log.error("%s could not be stored", type(command).__name__)
                    return problem
                await self._pace.sleep(PAUSE_MS)
            else:
                return None
        raise AssertionError("it counts for ever")


def _call_named(task: Task) -> str:
    """The call in the task's attributes."""
    if '"call_sid"' not in task.attributes:
        return ""
    told = read_json(task.attributes)
    named = told.get("call_sid") if isinstance(told, dict) else None
    return named if isinstance(named, str) else ""


def _actor(workspace_sid: str) -> Actor:
    return Actor("workspace", workspace_sid, "twilio")


def _is_multi(state: State) -> bool:
    return state.workspace is None or state.workspace.multi_task_enabled
