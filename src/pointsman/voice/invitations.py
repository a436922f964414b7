"""Participants who are called into a room: dialled, seated when they answer, and let go with the room.

Until he answers somebody is `coming`: the room is there for him, and he can be seen, changed and
called off. What is asked for is read here from the parameters of the original's Participants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pointsman.api.errors import Refused
from pointsman.api.params import Params
from pointsman.voice.calls import Source, StatusCallback
from pointsman.voice.conference import MOST_PARTICIPANTS, Participant
from pointsman.voice.lines import Line, RoomOver
from pointsman.voice.old_api import (
    RECORDING_EVENTS,
    asked_callback,
    asked_flag,
    asked_method,
    asked_text,
    asked_url,
    asked_whole,
)
from pointsman.voice.placing import Order, call, limit, nobody_called, ordered, record
from pointsman.voice.provider import ProviderGone
from pointsman.voice.rooms import Room

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["Invitation", "coaching", "invitation", "invite"]

ROOM_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
BAD_ATTRIBUTE, NOT_THERE = 16002, 16028
LONGEST_LABEL = 128
BEEPS = ("true", "false", "onEnter", "onExit")


class Invitation(Struct, frozen=True):
    """Whom to call, and how he takes part."""

    order: Order
    seat: dict[str, Any]
    """Fields of his `Participant`."""
    conference: dict[str, Any]
    """Fields of the `Conference`, if it begins with him."""


def invitation(
    board: Switchboard, account_sid: str, params: Params, room: Room | None
) -> Invitation:
    """What the parameters ask for. Raises `Refused` and `Invalid`."""
    order = ordered(board, account_sid, params, Source())
    trims = "trim" in board.provider.capabilities
    return Invitation(order, _seat(params, room), _conference(params, trims=trims))


def _recording_callback(params: Params, name: str) -> StatusCallback | None:
    return asked_callback(params, name, RECORDING_EVENTS, ("completed",))


def _seat(params: Params, room: Room | None) -> dict[str, Any]:
    beep = asked_text(params, "Beep", "true")
    if beep not in BEEPS:
        raise Refused(400, 20001, f"Beep {beep!r} is not one of {', '.join(BEEPS)}")
    label = asked_text(params, "Label", "")
    if len(label) > LONGEST_LABEL or (label and room is not None and room.participant(label)):
        told = f"Label has to be of at most {LONGEST_LABEL} characters, and nobody else's here"
        raise Refused(400, BAD_ATTRIBUTE, told)
    return coaching(params, room) | {
        "label": label,
        "muted": asked_flag(params, "Muted"),
        "beep": beep,
        "start_conference_on_enter": asked_flag(params, "StartConferenceOnEnter", otherwise=True),
        "end_conference_on_exit": asked_flag(params, "EndConferenceOnExit"),
        "wait_url": asked_url(params, "WaitUrl", "") if "WaitUrl" in params else None,
        "wait_method": asked_method(params, "WaitMethod", "POST"),
    }


def coaching(
    params: Params, room: Room | None, before: Participant | None = None
) -> dict[str, Any]:
    """Whom a participant coaches from now on, who has to be in the room with him."""
    coached = asked_text(params, "CallSidToCoach", "") or (before and before.call_sid_to_coach)
    if not asked_flag(params, "Coaching", otherwise=bool(coached)):
        return {"coaching": False, "call_sid_to_coach": coached or None}
    other = room.participant(coached) if room is not None and coached else None
    if other is None or (before is not None and other.call_sid == before.call_sid):
        told = "CallSidToCoach has to be the call of another participant of this conference"
        raise Refused(400, NOT_THERE, told)
    return {"coaching": True, "call_sid_to_coach": other.call_sid}


def _conference(params: Params, *, trims: bool) -> dict[str, Any]:
    record = asked_text(params, "ConferenceRecord", "false")
    most = asked_whole(params, "MaxParticipants", MOST_PARTICIPANTS)
    if not 2 <= most <= MOST_PARTICIPANTS:
        told = f"MaxParticipants has to be between 2 and {MOST_PARTICIPANTS}"
        raise Refused(400, 20001, told)
    return {
        "max_participants": most,
        "record": record in ("true", "record-from-start"),
        "trim": asked_text(params, "ConferenceTrim", "") == "trim-silence" and trims,
        "callback": asked_callback(
            params, "ConferenceStatusCallback", ROOM_EVENTS, ("start", "end")
        ),
        "recording_callback": _recording_callback(params, "ConferenceRecordingStatusCallback"),
    }


# --- on the telephone --------------------------------------------------------------------------


async def invite(board: Switchboard, account_sid: str, name: str, asked: Invitation) -> Participant:
    """Call somebody into the room of this name. Raises `Refused` when nobody can be called."""
    try:
        line = await call(board, account_sid, asked.order)
    except ProviderGone as gone:
        raise nobody_called(gone) from gone
    room = board.rooms.expect(line, name, asked.seat, asked.conference)
    coming = room.coming[line.sid]
    line.script = board.pace.spawn(_attend(board, room, line, asked), f"invitation of {line.sid}")
    return coming


async def _attend(board: Switchboard, room: Room, line: Line, asked: Invitation) -> None:
    """From the first ring until he is out of the conference; redirected before, his call goes on."""
    exchange = board.exchange
    try:
        while not line.is_up:
            await line.control.next()
        limit(board, line)
        if await board.rooms.take_seat(room, line):
            await _take_part(board, room, line, asked.order)
        exchange.spawn(exchange.hang_up(line))
    finally:
        exchange.spawn(board.rooms.expect_no_more(room, line))


async def _take_part(board: Switchboard, room: Room, line: Line, order: Order) -> None:
    await record(board, line, order)
    while not isinstance(await line.control.next(), RoomOver):
        pass
