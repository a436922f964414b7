"""Answers to reservations: a status or an instruction becomes a command, or a call is begun.

A reservation is answered below its own task or worker only; below another one it does not exist.
Once over it stays over: 410 to what was lost (rescinded, timed out, canceled, rejected), 400 to
what was taken. A refused instruction leaves an alert with its documented code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pointsman.api.actions import command_of
from pointsman.api.calls import Call, Reply
from pointsman.api.errors import Refused
from pointsman.api.instructions import KINDS, BadInstruction, Scene, checked
from pointsman.api.params import one, sid_text, text
from pointsman.api.reply import RESERVATION_OF_TASK, Noun
from pointsman.api.reservations import past_reservation
from pointsman.api.telephony import NotBegun
from pointsman.engine.commands import (
    AcceptReservation,
    Command,
    CompleteReservation,
    RejectReservation,
    WrapUpReservation,
)
from pointsman.engine.errors import IllegalMove, Invalid, ReservationOver, VersionMismatch
from pointsman.engine.records import LIVE_RESERVATION, Alert, ReservationStatus
from pointsman.engine.state import State
from pointsman.store import AlertNote

if TYPE_CHECKING:
    from pointsman.engine.engine import Outcome

__all__ = ["Answer"]

_BY_STATUS: Mapping[str, type[Command]] = {
    "accepted": AcceptReservation,
    "rejected": RejectReservation,
    "wrapping": WrapUpReservation,
    "completed": CompleteReservation,
}
_BY_INSTRUCTION: Mapping[str, type[Command]] = {
    "accept": AcceptReservation,
    "reject": RejectReservation,
}
_TAKEN = LIVE_RESERVATION | {ReservationStatus.COMPLETED}


class Answer(Struct, frozen=True):
    """A worker's answer to a reservation, or an instruction that prepares it: one of the two."""

    noun: Noun

    async def __call__(self, call: Call) -> Reply:
        kind = self._instruction(call)
        if kind in KINDS:
            return await self._instruct(call, kind)
        command = _BY_INSTRUCTION[kind] if kind else _BY_STATUS[_status(call)]
        await self._check_own(call)
        return await self._execute(call, command)

    def _instruction(self, call: Call) -> str:
        """The instruction asked for, or empty text; refuses one that does not exist here."""
        value = one(call.params, "Instruction")
        if value in (None, ""):
            return ""
        if one(call.params, "ReservationStatus") not in (None, ""):
            raise Invalid("Instruction", "Give ReservationStatus or Instruction, not both")
        kind = text("Instruction", value)
        offered = [*_BY_INSTRUCTION, *KINDS]
        if self.noun is not RESERVATION_OF_TASK:
            offered.remove("supervise")
        if kind not in offered:
            raise Refused(400, 55555, f"Instruction {kind!r} is not one of {', '.join(offered)}")
        return kind

    async def _check_own(self, call: Call) -> None:
        """Refuses a reservation that is not below this path, or is only history by now."""

        def question(state: State) -> bool:
            return self.noun.find(state, call.names) is not None

        if call.runtime.glance(call.workspace_sid, question):
            return
        past = await past_reservation(call)
        if past is None:
            raise call.missing()
        status = past.reservation_status
        if status in _TAKEN:
            raise IllegalMove(f"The reservation {past.sid} is {status}; its task has ended")
        raise ReservationOver(past.sid, status)

    async def _execute(self, call: Call, command: type[Command]) -> Reply:
        fixed = call.own_names
        sid = fixed["reservation_sid"]

        def render(state: State, outcome: Outcome) -> Reply:
            record = outcome.record or state.reservations[sid]
            return self.noun.reply(record, state, call, call.ambient.now())

        asked = command_of(command, call, reservation_sid=sid)
        return await call.execute(asked, render)

    async def _instruct(self, call: Call, kind: str) -> Reply:
        """Check and begin; the answer shows the reservation as it is stored now."""
        await self._check_own(call)
        scene = await call.runtime.read(call.workspace_sid, lambda state, now: _scene(state, call))
        if scene is None:
            raise call.missing()
        version, if_match = scene.reservation.version, call.if_match
        if if_match is not None and if_match != version:
            raise VersionMismatch(scene.reservation.sid, if_match, version)
        try:
            begun = await call.telephony.begin(
                checked(kind, call.params, scene, call.workspace_sid)
            )
            if isinstance(begun, NotBegun):
                raise BadInstruction(begun.code, begun.message)
        except BadInstruction as refusal:
            _note_alert(call, refusal)
            raise Refused(refusal.status, refusal.code, refusal.message) from refusal
        return await call.runtime.read(
            call.workspace_sid,
            lambda state, now: self.noun.reply(
                state.reservations[scene.reservation.sid], state, call, now
            ),
        )


def _status(call: Call) -> str:
    value = one(call.params, "ReservationStatus")
    if value in (None, ""):
        raise Invalid("ReservationStatus", "ReservationStatus field is required")
    status = text("ReservationStatus", value)
    if status not in _BY_STATUS:
        told = f"ReservationStatus {status!r} is not one of {', '.join(_BY_STATUS)}"
        raise Invalid("ReservationStatus", told)
    return status


def _scene(state: State, call: Call) -> Scene | None:
    reservation = state.reservations.get(call.names["reservation_sid"])
    if reservation is None:
        return None
    task = state.tasks.get(reservation.task_sid)
    worker = state.workers.get(reservation.worker_sid)
    if task is None:
        return None
    named: Any = one(call.params, "Supervisor") or ""
    supervisor = state.workers.get(sid_text("Supervisor", named))
    return Scene(reservation, task, worker, state.activities, supervisor)


def _note_alert(call: Call, refusal: BadInstruction) -> None:
    alert = Alert(
        sid=call.ambient.new_sid("NO"),
        code=refusal.alert,
        level="error",
        message=refusal.message,
        at=call.ambient.now(),
        resource_sid=call.names["reservation_sid"],
    )
    call.runtime.note([AlertNote(call.workspace_sid, alert)])
