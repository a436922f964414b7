"""Call control of the newer SDK: hold, mute and drop those who talk in a task's conference."""

from __future__ import annotations

from typing import Any

from pointsman.api.telephony import Begun, NotBegun
from pointsman.voice.rooms import Room
from pointsman.voice.sessions import Session

__all__ = ["CONTROLS", "control", "customer_of", "leg_of"]

CONTROLS = frozenset({"update-participant", "hold-customer", "hold-worker", "kick-worker"})
NO_CONFERENCE = 20001


async def control(session: Session) -> Begun | NotBegun:
    """Carry it out at once; refused when nobody talks, or whoever is meant is not there."""
    rooms = session.board.rooms
    room = rooms.named(session.account_sid, session.task.sid)
    if room is None:
        return NotBegun(NO_CONFERENCE, f"The task {session.task.sid} has no conference")
    is_customer = session.kind == "hold-customer"
    call_sid = customer_of(room) if is_customer else leg_of(room, session.reservation.sid)
    if call_sid is None:
        return NotBegun(NO_CONFERENCE, f"{session.kind}: whoever is meant is not in the conference")
    if session.kind == "kick-worker":
        await rooms.remove(room, call_sid)
    else:
        await rooms.update(room, call_sid, **_changes(session.fields))
    return Begun()


def leg_of(room: Room, reservation_sid: str) -> str | None:
    """The call that was made for the reservation."""
    found = (s for s, line in room.lines.items() if line.call.reservation_sid == reservation_sid)
    return next(found, None)


def customer_of(room: Room) -> str | None:
    """The call of the task's customer."""
    found = (sid for sid, one in room.participants.items() if one.label == "customer")
    return next(found, None)


def _changes(fields: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "hold" in fields:
        changes = {"hold": fields["hold"], "hold_url": fields["hold_url"] or ""}
        changes["hold_method"] = fields["hold_method"]
    if "mute" in fields:
        changes["muted"] = fields["mute"]
    if "end_conference_on_exit" in fields:
        changes["end_conference_on_exit"] = fields["end_conference_on_exit"]
    if "beep_on_exit" in fields:
        changes["beep"] = "true" if fields["beep_on_exit"] else "onEnter"
    return changes
