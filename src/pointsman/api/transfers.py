"""Transfers, which only the newer SDK asks for: a worker passes a task on, or takes it back.

Both are asked below the worker who has the task; a reservation or a transfer of another worker does
not exist there. Who may be asked, and what follows, is the engine's to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.api.actions import command_of
from pointsman.api.calls import Call, Reply
from pointsman.api.errors import Refused
from pointsman.api.params import one, sid_text
from pointsman.engine.commands import CancelTransfer, Command, InitiateTransfer
from pointsman.engine.errors import Invalid
from pointsman.engine.records import Transfer
from pointsman.engine.state import State
from pointsman.wire import bridge

if TYPE_CHECKING:
    from pointsman.engine.engine import Outcome

__all__ = ["cancel_transfer", "initiate_transfer"]


async def initiate_transfer(call: Call) -> Reply:
    """The new transfer; refused (400) unless the reservation and the task are the worker's own."""
    sid, task_sid = _sid(call, "ReservationSid"), _sid(call, "TaskSid")

    def is_own(state: State) -> bool:
        record = state.reservations.get(sid)
        return record is not None and (
            (record.worker_sid, record.task_sid) == (call.names["worker_sid"], task_sid)
        )

    if not call.runtime.glance(call.workspace_sid, is_own):
        raise Invalid("ReservationSid", f"{sid} is not the worker's reservation on {task_sid}")
    return await _execute(call, command_of(InitiateTransfer, call, reservation_sid=sid))


async def cancel_transfer(call: Call) -> Reply:
    """The transfer, canceled; refused when it is over."""
    sid, task_sid = call.names["transfer_sid"], _sid(call, "TaskSid")
    if one(call.params, "TransferStatus") != "canceled":
        raise Invalid("TransferStatus", "TransferStatus must be canceled")

    def is_own(state: State) -> bool:
        record = state.transfers.get(sid)
        return record is not None and (
            (record.initiating_worker_sid, record.task_sid) == (call.names["worker_sid"], task_sid)
        )

    if not call.runtime.glance(call.workspace_sid, is_own):
        raise call.missing()
    return await _execute(call, command_of(CancelTransfer, call, transfer_sid=sid))


async def _execute(call: Call, command: Command) -> Reply:
    def render(state: State, outcome: Outcome) -> Reply:
        assert isinstance(outcome.record, Transfer)
        return Reply(200, bridge.transfer(outcome.record, state, call.ambient.now()))

    return await call.execute(command, render)


def _sid(call: Call, name: str) -> str:
    value: Any = one(call.params, name)
    if value in (None, ""):
        raise Refused(400, 20001, f"{name} field is required")
    return sid_text(name, value)
