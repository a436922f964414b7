"""What a task that is passed on means for the talk in its conference.

The customer is held with music until somebody takes him back; with a cold transfer the worker who
passes him on leaves at once, and the conference lives on whatever his leaving would have done. A talk
that is no conference cannot be passed on, so it is left alone. When nobody is left to take the task,
it is canceled, and the customer is let out of a conference in which nobody will come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import Task, Transfer, TransferMode
from pointsman.voice.control import customer_of, leg_of

if TYPE_CHECKING:
    from pointsman.voice.rooms import Room
    from pointsman.voice.switchboard import Switchboard

__all__ = ["hear_of_task"]


def hear_of_task(board: Switchboard, workspace_sid: str, event: Event) -> None:
    """Follow what was committed about a task whose customer is in a conference."""
    if event.type is EventType.TASK_TRANSFER_INITIATED:
        room = _room(board, workspace_sid, event.task)
        if room is not None and event.transfer is not None:
            board.pace.spawn(_pass_on(board, room, event.transfer), f"transfer in {room.sid}")
    elif event.type is EventType.TASK_CANCELED:
        room = _room(board, workspace_sid, event.task)
        if room is not None and len(room.lines) == 1:
            board.pace.spawn(board.rooms.end(room), f"end of {room.sid}")


async def _pass_on(board: Switchboard, room: Room, transfer: Transfer) -> None:
    customer = customer_of(room)
    if customer is not None:
        await board.rooms.update(room, customer, hold=True, hold_url="", hold_method="GET")
    if transfer.transfer_mode is not TransferMode.COLD:
        return
    leaving = leg_of(room, transfer.initiating_reservation_sid)
    if leaving is not None:
        await board.rooms.update(room, leaving, end_conference_on_exit=False)
        await board.rooms.remove(room, leaving)


def _room(board: Switchboard, workspace_sid: str, task: Task | None) -> Room | None:
    """The task's conference, once its customer is in it."""
    account_sid = board.runtime.account_of(workspace_sid)
    if task is None or account_sid is None:
        return None
    room = board.rooms.named(account_sid, task.sid)
    return None if room is None or customer_of(room) is None else room
