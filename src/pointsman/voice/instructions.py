"""The port of instructions, carried out: dequeue, call, redirect, conference and supervise begin here.

What can be refused at once is refused with its documented code; what rings and who answers comes
later, as commands and events. An instruction that takes longer than 3 s to be handed to the provider is
taken as begun, and a refusal that comes later cancels the reservation and leaves an alert.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pointsman.api.telephony import Begun, Instruction, NotBegun
from pointsman.voice.calls import Source, StatusCallback
from pointsman.voice.control import CONTROLS, control
from pointsman.voice.dequeue import Dequeue, talk
from pointsman.voice.lines import Letter, Line, Lost, RoomOver
from pointsman.voice.meeting import outbound_from
from pointsman.voice.numbers import compared
from pointsman.voice.pace import Mailbox
from pointsman.voice.provider import ProviderGone
from pointsman.voice.script import Run
from pointsman.voice.sessions import Session
from pointsman.voice.unhonoured import UNHONOURED

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["Instructions"]

ANSWER_S = 3.0
FAILED = {
    "dequeue": 40133,
    "call": 40113,
    "redirect": 40122,
    "conference": 40145,
    "supervise": 40148,
}
BAD_CALLER = {"dequeue": 40132, "call": 40111, "conference": 40138}
NO_CALL = {"dequeue": 40140, "conference": 40142}
TOO_LATE = {"dequeue": 40135, "conference": 40144}
SET_UP_S = 30
"""How much longer than the phone may ring an offer may be on hold."""
NO_RESERVATION = 14217


class Instructions:
    """What `api.telephony.Provider` asks for, on one server."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self.sessions: dict[str, Session] = {}
        """By reservation: who talks, and where a supervisor can listen."""

    async def begin(self, instruction: Instruction) -> Begun | NotBegun:
        work = self._board.pace.spawn(self._begin(instruction), instruction.kind)
        done, _ = await asyncio.wait({work}, timeout=ANSWER_S)
        if done:
            return work.result()
        self._board.pace.spawn(self._late(instruction, work))
        return Begun()

    async def _late(self, instruction: Instruction, work: asyncio.Task[Begun | NotBegun]) -> None:
        """The answer was given; a refusal that comes now is told by an alert and a cancellation."""
        begun = await work
        if isinstance(begun, NotBegun):
            session = Session(self._board, instruction)
            session.alert(begun.code, begun.message)
            await session.cancel(begun.code)

    async def _begin(self, instruction: Instruction) -> Begun | NotBegun:
        kind = instruction.kind
        session = Session(self._board, instruction)
        if kind in CONTROLS:
            return await control(session)
        if not self._board.exchange.is_up:
            if kind in ("dequeue", "call", "redirect", "conference"):
                await session.cancel(None)
            return NotBegun(FAILED[kind], f"The voice provider is down; {kind} was not begun")
        refusal = self._without_call(session) or self._foreign(session)
        if refusal is not None:
            return refusal
        session.warn_unhonoured()
        match kind:
            case "dequeue" | "conference":
                return await self._ring(session, kind)
            case "call":
                return await self._call(session)
            case "redirect":
                return await self._redirect(session)
            case _:
                return await self._supervise(session)

    # --- dequeue and conference --------------------------------------------------------------------

    def _without_call(self, session: Session) -> NotBegun | None:
        """Refuses what needs somebody to connect the worker with, when there is nobody."""
        if session.kind not in NO_CALL or session.caller() is not None:
            return None
        if session.kind == "dequeue":
            return NotBegun(NO_CALL["dequeue"], "The task has no live call that waits in a queue")
        if self._is_talking(session) or isinstance(session.attributes.get("outbound_to"), str):
            return None
        told = "The task has no live call that waits in a queue, and no attribute outbound_to"
        return NotBegun(NO_CALL["conference"], told)

    def _foreign(self, session: Session) -> NotBegun | None:
        """Refuses to show a number that is not the account's."""
        if session.kind not in BAD_CALLER:
            return None
        shown = [str(session.fields.get("from"))]
        if (
            session.kind == "conference"
            and session.caller() is None
            and not self._is_talking(session)
        ):
            shown.append(outbound_from(session))
        for from_ in shown:
            if not session.may_call_as(from_):
                told = f"{from_} is no number of this account, and the caller did not dial it"
                return NotBegun(BAD_CALLER[session.kind], told)
        return None

    def _is_talking(self, session: Session) -> bool:
        return self._board.rooms.named(session.account_sid, session.task.sid) is not None

    async def _ring(self, session: Session, kind: str) -> Begun | NotBegun:
        """Hold the offer, call the worker, and wait for him in a task of its own."""
        timeout_s = session.fields["timeout_s"]
        if not await session.hold(timeout_s * 2 + SET_UP_S):
            return NotBegun(TOO_LATE[kind], "The reservation is not pending any more, or on hold")
        try:
            line = await session.call_worker()
        except ProviderGone as gone:
            await session.cancel(None)
            return NotBegun(FAILED[kind], str(gone))
        self._board.callers[session.reservation.sid] = line
        self._board.pace.spawn(Dequeue(self, session, line).run(), f"{kind} of {line.sid}")
        await session.note(worker_call_sid=line.sid)
        return Begun()

    # --- call, redirect, supervise -----------------------------------------------------------------

    async def _call(self, session: Session) -> Begun | NotBegun:
        fields = session.fields
        if fields["accept"] and not await session.accept():
            return NotBegun(40114, "The reservation is not pending any more")
        record = fields["record"] in ("record-from-answer", "true")
        callback = fields["status_callback_url"]
        try:
            line = await session.call_worker(
                record=record,
                source=Source(url=fields["url"]),
                callback=None if callback is None else _leg_callback(session, callback, "POST"),
            )
        except ProviderGone as gone:
            return NotBegun(40113, str(gone))
        if record:
            self._board.pace.spawn(_record(session, line), f"recording of {line.sid}")
        self._board.exchange.start_script(line, Source(url=fields["url"]))
        await session.note(worker_call_sid=line.sid)
        return Begun()

    async def _redirect(self, session: Session) -> Begun | NotBegun:
        """Send the caller (or the worker's call) elsewhere; his task waits for its reservation's end."""
        fields, board = session.fields, self._board
        line = session.line(fields["call_sid"])
        if line is None or not line.is_up:
            return NotBegun(40122, f"The call {fields['call_sid']} is not live")
        if fields["accept"] and not await session.accept():
            return NotBegun(40123, "The reservation is not pending any more")
        entry = session.caller()
        if entry is not None and entry.line is line:
            board.parking.remove(entry)
            if not fields["accept"]:
                await session.hold_remaining()
                sids = (session.workspace_sid, session.task.sid)
                board.redirected[session.reservation.sid] = sids
        await board.exchange.redirect(line, Source(url=fields["url"]))
        return Begun()

    async def _supervise(self, session: Session) -> Begun | NotBegun:
        watched = self.sessions.get(session.reservation.sid)
        if watched is None or watched.bridge is None:
            return NotBegun(40148, "Nobody talks for this reservation")
        mode = session.fields["mode"]
        if mode == "whisper" and "coach" not in self._board.provider.capabilities:
            session.warn(UNHONOURED, "The provider cannot let a supervisor whisper to the worker")
            return NotBegun(40148, "The provider cannot let a supervisor whisper")
        from_ = session.fields["from"]
        call = session.call()
        if not session.may_call_as(from_) and (call is None or compared(call.from_) != from_):
            told = f"{from_} is no number of this account, and nobody of the call has it"
            return NotBegun(40148, told)
        try:
            line = await session.place(session.fields["supervisor"], from_, 60)
        except ProviderGone as gone:
            return NotBegun(40148, str(gone))
        self._board.pace.spawn(_listen(watched, line, mode), f"supervise {line.sid}")
        return Begun()

    # --- Dial Queue --------------------------------------------------------------------------------

    async def take_reserved(
        self,
        run: Run,
        reservation_sid: str,
        activity_sid: str | None,
        recording: dict[str, Any] | None,
    ) -> dict[str, str]:
        """`<Dial><Queue reservationSid>` on the worker's call: accept, connect, and wrap up afterwards."""
        board = self._board
        session = Session.of_reservation(board, run.line.call.account_sid, reservation_sid)
        entry = None if session is None else session.caller()
        if session is None or entry is None or not session.is_pending():
            run.warn(NO_RESERVATION, f"{reservation_sid} cannot be accepted, or its caller is gone")
            return {"DialCallStatus": "failed", "DialBridged": "false"}
        session.activity_sid = activity_sid
        if recording is not None:
            session.fields["record"] = "record-from-answer"
            session.recording = recording
        if not await board.parking.take(entry):
            return {"DialCallStatus": "no-answer", "DialBridged": "false"}
        status = await talk(self, session, entry, run.line)
        return {
            "DialCallStatus": status,
            "DialBridged": "true" if status == "completed" else "false",
        }


async def _record(session: Session, line: Line) -> None:
    """What the called worker says and hears, from his answer on."""
    box: Mailbox[Letter] = Mailbox(session.board.pace)
    line.watchers.append(box)
    while not line.is_up:
        if not line.call.is_live:
            return
        await box.next()
    await session.board.exchange.recorder.record_both(line, source="OutboundAPI")


def _leg_callback(session: Session, url: str, method: str) -> StatusCallback:
    call_sid = session.attributes.get("call_sid")
    fields = (("taskCallSid", call_sid),) if isinstance(call_sid, str) else ()
    return StatusCallback(url, method, ("completed",), fields)


async def _listen(watched: Session, line: Line, mode: str) -> None:
    """A supervisor joins the talk when he answers, and leaves it when it is over."""
    board = watched.board
    while not line.is_up:
        if not line.call.is_live:
            return
        await line.control.next()
    if not await _joins(watched, line, mode):
        await board.exchange.hang_up(line)
        return
    watched.listeners.append(line)
    while line.call.is_live:
        letter = await line.control.next()
        if isinstance(letter, Lost | RoomOver):
            break
    await board.exchange.hang_up(line)


async def _joins(watched: Session, line: Line, mode: str) -> bool:
    """Whether he is in: in a conference as a participant, else beside the two who talk."""
    board, bridge, leg = watched.board, watched.bridge, watched.worker_leg
    if bridge is None or leg is None:
        return False
    room = board.rooms.of_sid(bridge)
    if room is not None:
        seat = {
            "label": "supervisor",
            "beep": "false",
            "muted": mode == "monitor",
            "coaching": mode == "whisper",
            "call_sid_to_coach": board.exchange.call_of(leg) if mode == "whisper" else None,
        }
        return await board.rooms.enter(line, room.conference.friendly_name, seat, {}) is not None
    coach = leg if mode == "whisper" else None
    try:
        return await board.provider.add(bridge, line.call.leg, muted=mode == "monitor", coach=coach)
    except ProviderGone:
        return False
