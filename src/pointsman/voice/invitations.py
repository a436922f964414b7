"""Participants who are called into a room: dialled, seated when they answer, and let go with the room.

Until he answers somebody is `coming`: the room is there for him, and he can be seen, changed and
called off. What is asked for is read here from the parameters of the original's Participants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pointsman.api.addresses import normalised
from pointsman.api.errors import Refused
from pointsman.api.params import Params
from pointsman.voice.calls import StatusCallback
from pointsman.voice.conference import MOST_PARTICIPANTS, Participant
from pointsman.voice.lines import Line, RoomOver
from pointsman.voice.old_api import (
    asked_callback,
    asked_flag,
    asked_method,
    asked_text,
    asked_url,
    asked_whole,
)
from pointsman.voice.provider import ProviderGone
from pointsman.voice.rooms import Room

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["RECORDING_EVENTS", "Invitation", "coaching", "invitation", "invite"]

NO_TO, BAD_TO, NO_FROM, BAD_FROM, FOREIGN_FROM = 21201, 21211, 21213, 21212, 21210
LEG_EVENTS = ("initiated", "ringing", "answered", "completed")
ROOM_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
RECORDING_EVENTS = ("in-progress", "completed", "absent")
BEEPS = ("true", "false", "onEnter", "onExit")


class Invitation(Struct, frozen=True):
    """Whom to call, and how he takes part."""

    to: str
    from_: str
    timeout_s: int
    time_limit_s: int
    callback: StatusCallback | None
    seat: dict[str, Any]
    """Fields of his `Participant`."""
    conference: dict[str, Any]
    """Fields of the `Conference`, if it begins with him."""
    record: bool
    recording_callback: StatusCallback | None


def invitation(params: Params, room: Room | None) -> Invitation:
    """What the parameters ask for. Raises `Refused` and `Invalid`."""
    return Invitation(
        to=_address(params, "To", NO_TO, BAD_TO),
        from_=_address(params, "From", NO_FROM, BAD_FROM),
        timeout_s=_ranged(params, "Timeout", 60, 1, 600),
        time_limit_s=_ranged(params, "TimeLimit", 14_400, 1, 86_400),
        callback=asked_callback(params, "StatusCallback", LEG_EVENTS, ("completed",)),
        seat=_seat(params, room),
        conference=_conference(params),
        record=asked_flag(params, "Record"),
        recording_callback=_recording_callback(params, "RecordingStatusCallback"),
    )


def _address(params: Params, name: str, missing: int, malformed: int) -> str:
    given = asked_text(params, name, "").strip()
    if not given:
        raise Refused(400, missing, f"{name} is required")
    address = normalised(given)
    if address is None:
        told = f"{name} has to be a phone number such as +4930123456, client:… or sip:…"
        raise Refused(400, malformed, told)
    return address


def _ranged(params: Params, name: str, otherwise: int, least: int, most: int) -> int:
    number = asked_whole(params, name, otherwise)
    if not least <= number <= most:
        raise Refused(400, 20001, f"{name} has to be between {least} and {most}")
    return number


def _recording_callback(params: Params, name: str) -> StatusCallback | None:
    return asked_callback(params, name, RECORDING_EVENTS, ("completed",))


def _seat(params: Params, room: Room | None) -> dict[str, Any]:
    beep = asked_text(params, "Beep", "true")
    if beep not in BEEPS:
        raise Refused(400, 20001, f"Beep {beep!r} is not one of {', '.join(BEEPS)}")
    return coaching(params, room) | {
        "label": asked_text(params, "Label", ""),
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
        raise Refused(400, 20001, told)
    return {"coaching": True, "call_sid_to_coach": other.call_sid}


def _conference(params: Params) -> dict[str, Any]:
    record = asked_text(params, "ConferenceRecord", "false")
    return {
        "max_participants": _ranged(params, "MaxParticipants", MOST_PARTICIPANTS, 2, 250),
        "record": record in ("true", "record-from-start"),
        "trim": asked_text(params, "ConferenceTrim", "") == "trim-silence",
        "callback": asked_callback(
            params, "ConferenceStatusCallback", ROOM_EVENTS, ("start", "end")
        ),
        "recording_callback": _recording_callback(params, "ConferenceRecordingStatusCallback"),
    }


# --- on the telephone --------------------------------------------------------------------------


async def invite(board: Switchboard, account_sid: str, name: str, asked: Invitation) -> Participant:
    """Call somebody into the room of this name. Raises `Refused` when nobody can be called."""
    if not board.may_call_as(account_sid, asked.from_, None):
        told = f"{asked.from_} is no number of this account, and none of its caller IDs"
        raise Refused(400, FOREIGN_FROM, told)
    try:
        line = await board.exchange.place(
            account_sid=account_sid,
            to=asked.to,
            from_=asked.from_,
            timeout_s=asked.timeout_s,
            callback=asked.callback,
            record=asked.record,
        )
    except ProviderGone as gone:
        raise Refused(503, 20503, f"Nobody can be called: {gone}", {"Retry-After": "5"}) from gone
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
        if await board.rooms.take_seat(room, line):
            await _take_part(board, room, line, asked)
        exchange.spawn(exchange.hang_up(line))
    finally:
        exchange.spawn(board.rooms.expect_no_more(room, line))


async def _take_part(board: Switchboard, room: Room, line: Line, asked: Invitation) -> None:
    if asked.record:
        await board.exchange.recorder.record(
            line, source="OutboundAPI", target=room.sid, callback=asked.recording_callback
        )
    until = board.pace.now + asked.time_limit_s * 1000
    while (letter := await line.control.next(until)) is not None:
        if isinstance(letter, RoomOver):
            return
