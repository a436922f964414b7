"""A worker's phone rings for a caller who waits: until he answers, and then until they have talked.

Who decides: `Parking.take` between two workers, and between a worker and the caller's hang-up; the
engine between the answer and whatever else ends the offer. Whatever loses, the caller keeps his place
and his music as long as he is there, and nobody's phone goes on ringing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pointsman.voice.calls import CallStatus
from pointsman.voice.lines import Bridge, BridgeOver, Line, Lost
from pointsman.voice.meeting import meet
from pointsman.voice.parking import Entry
from pointsman.voice.sessions import Session

if TYPE_CHECKING:
    from pointsman.voice.instructions import Instructions

__all__ = ["Dequeue", "go_on", "talk"]

REASON_CODES = {CallStatus.FAILED: 13223}


class Dequeue:
    """One worker's call, for a dequeue or a conference."""

    def __init__(self, owner: Instructions, session: Session, line: Line) -> None:
        self._owner = owner
        self._session = session
        self._line = line

    async def run(self) -> None:
        session, line, board = self._session, self._line, self._session.board
        try:
            if not await self._rings():
                return
            if session.kind == "conference":
                await meet(self._owner, session, line)
                return
            entry = session.caller()
            if entry is None or not await board.parking.take(entry):
                await board.exchange.hang_up(line)
                await session.cancel(None)
                return
            await talk(self._owner, session, entry, line)
        finally:
            board.callers.pop(session.reservation.sid, None)
            board.exchange.spawn(board.exchange.dismiss(line))

    async def _rings(self) -> bool:
        """Whether the worker answers before he, the clock or somebody else ends it."""
        session, line = self._session, self._line
        while not line.is_up:
            if not line.call.is_live:
                await session.cancel(REASON_CODES.get(line.call.status))
                return False
            letter = await line.control.next()
            if isinstance(letter, Lost):
                await session.board.exchange.hang_up(line)
                return False
        return True


async def talk(owner: Instructions, session: Session, entry: Entry, worker: Line) -> str:
    """Connect a caller who was taken with the worker, until one of them is gone; a DialCallStatus."""
    board, exchange = session.board, session.board.exchange
    record = session.fields.get("record") == "record-from-answer"
    bridge = await exchange.bridges.connect(entry.line, worker, record=record, **session.recording)
    if bridge is None:
        await _part(session, entry, worker)
        return "failed"
    if bridge.is_over or not await session.accept():
        await exchange.bridges.disconnect(bridge)
        await _part(session, entry, worker)
        return "failed"
    bridge.make()
    board.callers.pop(session.reservation.sid, None)
    await go_on(owner, session, bridge, worker)
    return "completed"


async def go_on(owner: Instructions, session: Session, bridge: Bridge, worker: Line) -> None:
    """Those who are connected talk until one of them is gone; then the work is wrapped up."""
    exchange = session.board.exchange
    session.bridge, session.worker_leg = bridge.sid, worker.call.leg
    owner.sessions[session.reservation.sid] = session
    try:
        await _over(worker, bridge.other(worker))
    finally:
        session.bridge = None
        owner.sessions.pop(session.reservation.sid, None)
        exchange.spawn(_end(session, worker))
        if not bridge.is_over:
            exchange.spawn(exchange.bridges.disconnect(bridge))


async def _over(worker: Line, caller: Line) -> None:
    while worker.call.is_live and caller.call.is_live:
        if isinstance(await worker.control.next(), BridgeOver):
            return


async def _part(session: Session, entry: Entry, worker: Line) -> None:
    """They could not be connected: the worker is let go; the caller waits on, if he is there."""
    await session.board.exchange.hang_up(worker)
    if entry.line.call.is_live:
        session.board.parking.put_back(entry)
        await session.cancel(None)
    else:
        await session.cancel_task("hangup")
        await session.cancel(None)


async def _end(session: Session, worker: Line) -> None:
    """The talk is over: whoever listened is let go, and the work is wrapped up."""
    exchange = session.board.exchange
    for listener in session.listeners:
        await exchange.hang_up(listener)
    if session.kind in ("dequeue", "conference"):
        await exchange.dismiss(worker)
    await session.wrap_up()
