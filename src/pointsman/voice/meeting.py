"""The instruction `conference`: worker and customer meet in a room that has the task's name.

The worker is there first. Then the customer is taken out of his queue, or called when the task says
`outbound_to`; the offer is accepted when both are in. When the worker leaves, the work is wrapped up;
whether the customer stays in the room is for the parameters to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.voice.calls import StatusCallback
from pointsman.voice.lines import Line, RoomOver
from pointsman.voice.numbers import compared
from pointsman.voice.provider import ProviderGone
from pointsman.voice.rooms import Room
from pointsman.voice.sessions import Session

if TYPE_CHECKING:
    from pointsman.voice.instructions import Instructions

__all__ = ["meet", "outbound_from", "until_gone"]

NOT_CALLED = 13223


async def meet(owner: Instructions, session: Session, worker: Line) -> None:
    """From the worker's answer until he has left the room."""
    board = session.board
    old = board.rooms.named(session.account_sid, session.task.sid)
    room = await board.rooms.enter(
        worker, session.task.sid, _worker_seat(session.fields), _conference(session)
    )
    if room is None:
        await session.cancel(None)
        return
    customer = None
    if old is None:
        customer = await _customer(session, room)
        if customer is None:
            await board.rooms.end(room)
            return
    if session.fields.get("Record"):
        await _record(session, worker)
    if not await session.accept():
        if old is not None:  # the others talk on
            await board.rooms.remove(room, worker.sid)
            return
        if customer is not None and session.entry is not None:
            await board.rooms.remove(room, customer.sid, told=False)
            board.parking.put_back(session.entry)
        await board.rooms.end(room)
        return
    board.callers.pop(session.reservation.sid, None)
    session.bridge, session.worker_leg = room.sid, worker.call.leg
    owner.sessions[session.reservation.sid] = session
    await session.note(conference=_told(session, room, worker, customer))
    await until_gone(owner, session, room, worker)


async def _record(session: Session, worker: Line) -> None:
    """What the worker says and hears until his call ends."""
    callback = _callback(session.fields, "RecordingStatusCallback", ("completed",))
    is_dual = session.fields.get("RecordingChannels") == "dual"
    await session.board.exchange.recorder.record_both(
        worker, source="OutboundAPI", callback=callback, dual=is_dual
    )


async def until_gone(owner: Instructions, session: Session, room: Room, worker: Line) -> None:
    """The worker talks in the room until he has left it; then the work is wrapped up."""
    session.bridge, session.worker_leg = room.sid, worker.call.leg
    owner.sessions[session.reservation.sid] = session
    exchange = session.board.exchange
    while worker.call.is_live and worker.sid in room.lines:
        await worker.control.next()
    session.bridge = None
    owner.sessions.pop(session.reservation.sid, None)
    for listener in session.listeners:
        await exchange.hang_up(listener)
    await exchange.dismiss(worker)
    await session.wrap_up()


async def _customer(session: Session, room: Room) -> Line | None:
    """The customer in the room; None when he could not be had, which was settled then."""
    outbound = session.attributes.get("outbound_to")
    entry = session.caller()
    if entry is None and isinstance(outbound, str):
        return await _called(session, room, outbound)
    board = session.board
    if entry is None or not await board.parking.take(entry):
        await session.cancel_task("hangup")
        await session.cancel(None)
        return None
    session.entry = entry
    if await _enters(session, room, entry.line):
        return entry.line
    if entry.line.call.is_live:
        board.parking.put_back(entry)
    else:
        await session.cancel_task("hangup")
    await session.cancel(None)
    return None


async def _called(session: Session, room: Room, to: str) -> Line | None:
    """The customer of an outbound task is called; the room is his until he hangs up."""
    try:
        line = await session.place(
            compared(to), outbound_from(session), session.fields["timeout_s"]
        )
    except ProviderGone:
        await session.cancel(None)
        return None
    while not line.is_up and line.call.is_live:
        await line.control.next()
    if not line.is_up or not await _enters(session, room, line):
        session.alert(NOT_CALLED, f"The customer {to} could not be called: {line.call.status}")
        await session.cancel(NOT_CALLED)
        return None
    session.board.pace.spawn(_end_with_room(session, line))
    return line


def outbound_from(session: Session) -> str:
    """The number that the customer of an outbound task is shown."""
    return compared(str(session.attributes.get("from") or session.fields["from"]))


async def _end_with_room(session: Session, line: Line) -> None:
    """A customer whom we called has nothing to go back to."""
    while line.call.is_live:
        if isinstance(await line.control.next(), RoomOver):
            await session.board.exchange.dismiss(line)
            return


async def _enters(session: Session, room: Room, line: Line) -> bool:
    fields = session.fields
    seat = {
        "start_conference_on_enter": True,
        "end_conference_on_exit": fields["EndConferenceOnCustomerExit"],
        "beep": "onEnter" if fields["BeepOnCustomerEntrance"] else "false",
        "label": "customer",
    }
    name = room.conference.friendly_name
    return await session.board.rooms.enter(line, name, seat, {}) is not None


def _worker_seat(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "muted": fields["Muted"],
        "start_conference_on_enter": fields["StartConferenceOnEnter"],
        "end_conference_on_exit": fields["EndConferenceOnExit"],
        "beep": fields["Beep"] or "true",
        "wait_url": fields["WaitUrl"],
        "wait_method": fields["WaitMethod"] or "POST",
        "label": "worker",
    }


def _conference(session: Session) -> dict[str, Any]:
    fields = session.fields
    events = tuple(fields["ConferenceStatusCallbackEvent"]) or ("start", "end")
    return {
        "max_participants": fields["max_participants"],
        "record": fields["ConferenceRecord"] in ("true", "record-from-start"),
        "trim": fields["ConferenceTrim"] == "trim-silence"
        and "trim" in session.board.provider.capabilities,
        "callback": _callback(fields, "ConferenceStatusCallback", events),
        "recording_callback": _callback(
            fields, "ConferenceRecordingStatusCallback", ("completed",)
        ),
        "task_sid": session.task.sid,
    }


def _callback(fields: dict[str, Any], name: str, events: tuple[str, ...]) -> StatusCallback | None:
    if not fields.get(name):
        return None
    return StatusCallback(fields[name], fields.get(f"{name}Method") or "POST", events)


def _told(session: Session, room: Room, worker: Line, customer: Line | None) -> dict[str, object]:
    """What the task's attributes say of its conference."""
    before = session.attributes.get("conference")
    participants: dict[str, object] = {}
    if isinstance(before, dict) and isinstance(before.get("participants"), dict):
        participants = dict(before["participants"])
    participants["worker"] = worker.sid
    if customer is not None:
        participants["customer"] = customer.sid
    name = room.conference.friendly_name
    return {"sid": room.sid, "room_name": name, "participants": participants}
