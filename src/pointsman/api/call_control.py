"""Call control, which only the newer SDK asks for: who hears whom while a task is worked on.

What the records tell is checked here: that the worker works on the task, and whoever he means as
well. Whether there is a conference, and what happens in it, is the provider's to know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from pointsman.api.calls import Call, Reply
from pointsman.api.errors import Refused
from pointsman.api.params import Params, one, sid_text, text, truth
from pointsman.api.telephony import Instruction, NotBegun
from pointsman.engine.errors import Invalid
from pointsman.engine.records import Reservation, ReservationStatus
from pointsman.engine.state import State
from pointsman.wire import bridge

__all__ = ["HOLD_CUSTOMER", "HOLD_WORKER", "KICK_WORKER", "UPDATE_PARTICIPANT", "Control"]

_AT_WORK = (ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING)
Fields = dict[str, Any]


class Control(Struct, frozen=True):
    """One kind of call control; the answer shows the task, or the worker's reservation as it is."""

    kind: str
    leg: Callable[[Call, State], Reservation]
    """Whose leg it is about, as the worker's or another one's reservation; refuses what is none."""
    fields: Callable[[Params], Fields]
    shows_task: bool = True

    async def __call__(self, call: Call) -> Reply:
        fields = self.fields(call.params)

        def scene(state: State, now: int) -> Instruction:
            leg = self.leg(call, state)
            return Instruction(
                self.kind, leg, state.tasks[leg.task_sid], fields, call.workspace_sid
            )

        instruction = await call.runtime.read(call.workspace_sid, scene)
        begun = await call.telephony.begin(instruction)
        if isinstance(begun, NotBegun):
            raise Refused(400, begun.code, begun.message)

        def shown(state: State, now: int) -> Reply:
            if self.shows_task:
                return Reply(200, bridge.task(instruction.task, state, now))
            return Reply(200, bridge.reservation(instruction.reservation, state, now))

        return await call.runtime.read(call.workspace_sid, shown)


def _own_reservation(call: Call, state: State) -> Reservation:
    """The reservation that is named, if the worker works on it."""
    sid, worker_sid = _sid(call, "ReservationSid"), call.names["worker_sid"]
    found = state.reservations.get(sid)
    if found is None or found.worker_sid != worker_sid or found.reservation_status not in _AT_WORK:
        raise Invalid("ReservationSid", f"{sid} is not accepted work of the worker {worker_sid}")
    return found


def _own_task(call: Call, state: State) -> Reservation:
    """The worker's reservation on the task that is named, if he works on it."""
    return _at_work(state, "TaskSid", _sid(call, "TaskSid"), call.names["worker_sid"])


def _target(call: Call, state: State) -> Reservation:
    """The reservation of the worker who is meant, if both of them work on the task."""
    own, target_sid = _own_task(call, state), _sid(call, "TargetWorkerSid")
    return _at_work(state, "TargetWorkerSid", own.task_sid, target_sid)


def _at_work(state: State, name: str, task_sid: str, worker_sid: str) -> Reservation:
    for found in state.reservations_of_task(task_sid):
        if found.worker_sid == worker_sid and found.reservation_status in _AT_WORK:
            return found
    raise Invalid(name, f"The worker {worker_sid} does not work on the task {task_sid} now")


def _sid(call: Call, name: str) -> str:
    value = one(call.params, name)
    if value in (None, ""):
        raise Invalid(name, f"{name} field is required")
    return sid_text(name, value)


def _own_fields(params: Params) -> Fields:
    names = {
        "EndConferenceOnExit": "end_conference_on_exit",
        "Mute": "mute",
        "BeepOnExit": "beep_on_exit",
    }
    given = {field: one(params, name) for name, field in names.items()}
    return {
        field: truth(name, given[field])
        for name, field in names.items()
        if given[field] is not None
    }


def _hold_fields(params: Params) -> Fields:
    hold = one(params, "Hold")
    if hold is None:
        raise Invalid("Hold", "Hold field is required")
    url, method = one(params, "HoldUrl"), one(params, "HoldMethod") or "POST"
    if url is not None and urlsplit(text("HoldUrl", url)).scheme not in ("http", "https"):
        raise Invalid("HoldUrl", "HoldUrl must be an address that begins with http or https")
    if method not in ("GET", "POST"):
        raise Invalid("HoldMethod", "HoldMethod must be GET or POST")
    return {"hold": truth("Hold", hold), "hold_url": url, "hold_method": method}


UPDATE_PARTICIPANT = Control("update-participant", _own_reservation, _own_fields, shows_task=False)
HOLD_CUSTOMER = Control("hold-customer", _own_task, _hold_fields)
HOLD_WORKER = Control("hold-worker", _target, _hold_fields)
KICK_WORKER = Control("kick-worker", _target, lambda params: {})
