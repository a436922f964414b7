"""What becomes, after a start of the server, of the calls that there were before it.

A leg that lives on, by a provider whose calls outlive us, gets back what it had: its place in a queue
or a conference, its talk, the worker who is being called. What cannot be taken up begins its document
anew. A leg that is gone is completed; its task is canceled if it waited or was offered, and wrapped up
if somebody talked. A leg without any record is hung up: no call is without an owner.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from pointsman.api.telephony import Instruction
from pointsman.engine.records import ReservationStatus
from pointsman.voice.calls import Call
from pointsman.voice.conference import Conference, ConferenceStatus
from pointsman.voice.dequeue import Dequeue, go_on
from pointsman.voice.lines import BridgeOver, Line, RoomOver
from pointsman.voice.meeting import until_gone
from pointsman.voice.numbers import CallerId, Number, compared
from pointsman.voice.placing import limit
from pointsman.voice.queues import Queue
from pointsman.voice.recordings import Recording
from pointsman.voice.sessions import Session

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["Restart"]

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Struct)
MOST_RECORDS = 100_000
CALL_ENDED = 12200
RESTARTED = "the server was restarted"


class Restart:
    """One start of voice."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._calls: list[Call] = []
        self._conferences: list[Conference] = []
        self._recordings: list[Recording] = []

    async def load(self) -> None:
        """Read what was remembered. Calls count as live until the provider has said which are."""
        board = self._board
        for number in await self._live("number", Number):
            board.exchange.numbers[compared(number.phone_number)] = number
        for caller_id in await self._live("caller_id", CallerId):
            board.caller_ids[caller_id.sid] = caller_id
        for queue in await self._live("queue", Queue):
            board.parking.restore(queue)
        self._conferences = await self._live("conference", Conference)
        self._recordings = await self._live("recording", Recording)
        self._calls = await self._live("call", Call)
        for call in self._calls:
            board.exchange.adopt(call)

    async def settle(self, legs: frozenset[str]) -> None:
        """Take up the calls whose legs live, and end the others."""
        exchange = self._board.exchange
        lines = [line for c in self._calls if (line := exchange.lines.get(c.sid)) is not None]
        alive = [line for line in lines if line.call.leg in legs]
        recordings = self._kept_recordings({line.sid for line in alive})
        if alive:
            exchange.bridges.restore(lines, recordings)
        await self._restore_rooms({line.sid for line in alive}, recordings)
        for line in alive:
            limit(self._board, line)
            self._take_up(line)
        sids = {line.sid for line in alive}
        for call in self._calls:
            if call.sid not in sids:
                await self._lose(call)
        for leg in legs:
            if exchange.call_of(leg) is None:
                await exchange.attempt(exchange.provider.hangup(leg))
        for account in self._board.accounts.all():
            for workspace_sid in self._board.runtime.workspaces_of(account.sid):
                await self._end_forsaken(workspace_sid)

    async def _live(self, kind: str, shape: type[T]) -> list[T]:
        rows = await self._board.runtime.history(
            lambda history: history.voice_records(kind, live=True, limit=MOST_RECORDS)
        )
        decode = Decoder(shape).decode
        found = []
        for row in rows:
            try:
                found.append(decode(row.body))
            except DecodeError as problem:
                log.error("The stored %s %s cannot be read: %s", kind, row.sid, problem)
        return found

    # --- what lives --------------------------------------------------------------------------------

    def _kept_recordings(self, sids: set[str]) -> list[Recording]:
        """Those of talks that go on; others are over, and so is what a verb recorded."""
        exchange, kept = self._board.exchange, []
        rooms = {c.sid for c in self._conferences if any(s.call_sid in sids for s in c.seats)}
        for recording in self._recordings:
            goes_on = recording.call_sid in sids or recording.conference_sid in rooms
            if goes_on and recording.source != "RecordVerb":
                exchange.recorder.restore(recording)
                kept.append(recording)
                continue
            exchange.spawn(exchange.recorder.stop(recording.sid))
            ended = {"status": "absent", "error": RESTARTED, "date_updated": exchange.now}
            exchange.remember("recording", recording.sid, replace(recording, **ended))
        return kept

    async def _restore_rooms(self, sids: set[str], recordings: list[Recording]) -> None:
        board = self._board
        for conference in self._conferences:
            if any(seat.call_sid in sids for seat in conference.seats):
                await board.rooms.restore(conference, recordings)
                continue
            ended = {"status": ConferenceStatus.COMPLETED, "date_updated": board.exchange.now}
            board.exchange.remember("conference", conference.sid, replace(conference, **ended))

    def _take_up(self, line: Line) -> None:
        """Give a call that lives the owner that it had."""
        board, call = self._board, line.call
        bridged = bool(board.exchange.bridges.of(line))
        if call.waiting is not None:
            talks = bridged or line.room is not None
            board.resume(line, replace(call.waiting, is_taken=call.waiting.is_taken and talks))
        elif call.instructed is not None and call.instructed.kind in ("dequeue", "conference"):
            self._take_up_worker(line, bridged=bridged)
        elif bridged and call.reservation_sid is not None:
            self._take_up_worker(line, bridged=True)
        elif bridged or line.room is not None:
            board.exchange.occupy(line, self._until_alone(line))
        elif call.source.url or call.source.twiml:
            board.exchange.start_script(line, call.source)
        else:
            board.exchange.spawn(board.exchange.hang_up(line))

    def _take_up_worker(self, line: Line, *, bridged: bool) -> None:
        """A worker whose phone rings, or who talks; in between, he is let go."""
        board, session = self._board, self._session(line)
        room = board.rooms.of_call(line.sid)
        status = None if session is None else session.reservation.reservation_status
        if session is not None and status is ReservationStatus.ACCEPTED and bridged:
            (bridge,) = board.exchange.bridges.of(line)
            work = go_on(board.instructions, session, bridge, line)
        elif session is not None and status is ReservationStatus.ACCEPTED and room is not None:
            work = until_gone(board.instructions, session, room, line)
        elif session is not None and status is ReservationStatus.PENDING and not line.is_up:
            board.callers[session.reservation.sid] = line
            work = Dequeue(board.instructions, session, line).run()
        else:
            board.exchange.spawn(self._let_go(line, session))
            return
        board.pace.spawn(work, f"worker of {line.sid}")

    def _session(self, line: Line) -> Session | None:
        """The instruction that the worker was called for, if its reservation is there still."""
        call, desk = line.call, self._board.desk
        if call.workspace_sid is None or call.reservation_sid is None or call.instructed is None:
            return None
        reservation = desk.reservation(call.workspace_sid, call.reservation_sid)
        task = None if reservation is None else desk.task(call.workspace_sid, reservation.task_sid)
        if reservation is None or task is None:
            return None
        kind, fields = call.instructed.kind, call.instructed.fields
        return Session(
            self._board, Instruction(kind, reservation, task, fields, call.workspace_sid)
        )

    async def _let_go(self, line: Line, session: Session | None) -> None:
        await self._board.exchange.hang_up(line)
        if session is not None:
            await session.cancel(None)

    async def _until_alone(self, line: Line) -> None:
        """Whoever talks goes on to; there is nothing to go back to afterwards."""
        while not isinstance(await line.control.next(), BridgeOver | RoomOver):
            pass
        self._board.exchange.spawn(self._board.exchange.hang_up(line))

    # --- what is gone ------------------------------------------------------------------------------

    async def _lose(self, call: Call) -> None:
        """A call of before the restart: it is over, and so is what depended on it."""
        board = self._board
        line, workspace_sid = board.exchange.lines.get(call.sid), call.workspace_sid
        if line is not None:
            board.exchange.lose(line, RESTARTED)
        if workspace_sid is None or board.runtime.account_of(workspace_sid) is None:
            return
        told = f"The call {call.sid} ended: {RESTARTED}"
        board.desk.alert(workspace_sid, CALL_ENDED, told, call.sid)
        if call.reservation_sid is not None:
            if not await board.desk.cancel(workspace_sid, call.reservation_sid, None):
                fields = call.instructed.fields if call.instructed is not None else {}
                activity_sid = fields.get("post_work_activity_sid")
                await board.desk.wrap_up(workspace_sid, call.reservation_sid, activity_sid)
        elif call.task_sid is not None:
            await board.desk.cancel_task(workspace_sid, call.task_sid, "hangup")

    async def _end_forsaken(self, workspace_sid: str) -> None:
        """A task whose caller waits no more, since he was sent elsewhere, ends with its offer."""
        board = self._board
        for task_sid, call_sid, offers in board.desk.tasks_of_calls(workspace_sid):
            if board.parking.entry_of(call_sid) is not None:
                continue
            if not await self._made(call_sid, task_sid):
                continue  # an application's own, about somebody's call
            board.redirected |= dict.fromkeys(offers, (workspace_sid, task_sid))
            if not offers:
                await board.desk.cancel_task(workspace_sid, task_sid, "redirected")

    async def _made(self, call_sid: str, task_sid: str) -> bool:
        """Whether the task is that of a caller who waited."""
        row = await self._board.runtime.history(lambda history: history.voice_record(call_sid))
        if row is None or row.kind != "call" or not row.body:
            return False
        try:
            call = Decoder(Call).decode(row.body)
        except DecodeError as problem:
            log.error("The stored call %s cannot be read: %s", call_sid, problem)
            return False
        return call.reservation_sid is None and call.task_sid == task_sid
