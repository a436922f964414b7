"""Conferences as they live: who is in, who hears what, when one starts and ends, and who is told.

The rules are `conference`'s, as pure functions; here they are carried out. A call is in one conference
at most. Who put it there, and what comes afterwards, is told by `RoomOver`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from pointsman.auth.credentials import canonical_sid
from pointsman.voice.calls import StatusCallback
from pointsman.voice.conference import (
    Conference,
    ConferenceStatus,
    Participant,
    beeps,
    ends_with,
    may_start,
)
from pointsman.voice.exchange import Exchange
from pointsman.voice.lines import Line, RoomOver
from pointsman.voice.provider import Builtin, ProviderGone
from pointsman.voice.recordings import Recording
from pointsman.voice.room_news import news
from pointsman.voice.seating import Listen, Place, Seating

__all__ = ["Room", "Rooms", "Tell"]

Tell = Callable[[StatusCallback, dict[str, str], str, str], None]
"""Callback, fields, account and key: sends a status callback."""


class Room:
    """One conference and those in it, in the order in which they came."""

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self.participants: dict[str, Participant] = {}
        self.lines: dict[str, Line] = {}
        self.coming: dict[str, Participant] = {}
        """Those who were called into it and have not answered yet."""
        self.places: dict[str, Place] = {}
        """Where each of them is by now; `seating`'s to keep."""
        self.settling = asyncio.Lock()
        self.recording_sid: str | None = None
        self.told = 0

    @property
    def sid(self) -> str:
        return self.conference.sid

    def participant(self, named: str) -> Participant | None:
        """Who is in it, or comes, with this call SID or label."""
        there = self.coming | self.participants
        by_label = (one for one in there.values() if one.label == named)
        return there.get(canonical_sid(named)) or next(by_label, None)


class Rooms:
    """The conferences of one server."""

    def __init__(self, exchange: Exchange, tell: Tell, listen: Listen) -> None:
        self._exchange = exchange
        self._seating = Seating(exchange, listen)
        self._tell_application = tell
        self._rooms: dict[tuple[str, str], Room] = {}
        exchange.left.append(self._line_ended)
        exchange.moving.append(self._line_moves)

    def rooms(self, account_sid: str) -> list[Room]:
        """Those that live, in creation order."""
        return [room for key, room in self._rooms.items() if key[0] == account_sid]

    def named(self, account_sid: str, name: str) -> Room | None:
        return self._rooms.get((account_sid, name))

    def of_sid(self, sid: str) -> Room | None:
        return next((room for room in self._rooms.values() if room.sid == sid), None)

    def of_call(self, call_sid: str) -> Room | None:
        return next((room for room in self._rooms.values() if call_sid in room.lines), None)

    async def restore(self, conference: Conference, recordings: Iterable[Recording]) -> None:
        """One of before a restart, with those of its calls that were remembered."""
        room = Room(replace(conference, seats=()))
        self._rooms[conference.account_sid, conference.friendly_name] = room
        for seat in conference.seats:
            line = self._exchange.lines.get(seat.call_sid)
            if line is not None:
                room.participants[line.sid], room.lines[line.sid] = seat, line
                line.room = room.sid
        made = (one.sid for one in recordings if one.conference_sid == room.sid)
        room.recording_sid = next(made, None)
        await self._seating.settle(room)

    async def enter(
        self, line: Line, name: str, participant: dict[str, Any], conference: dict[str, Any]
    ) -> Room | None:
        """Put an answered call into the room of this name; None when it is full or the call ended.

        `participant` and `conference` are fields of those records; a room that exists keeps its own.
        """
        room = self._room(line.call.account_sid, name, conference)
        made = self._participant(room, line, participant)
        return room if await self._seat(room, line, made) else None

    def expect(
        self, line: Line, name: str, participant: dict[str, Any], conference: dict[str, Any]
    ) -> Room:
        """The room of this name, which is there from now on for a call that is being placed."""
        room = self._room(line.call.account_sid, name, conference)
        room.coming[line.sid] = self._participant(room, line, participant)
        self._keep(room)
        return room

    async def take_seat(self, room: Room, line: Line) -> bool:
        """Put a call that was expected into its room; false when it is full, or the call ended."""
        expected = room.coming.pop(line.sid, None)
        return expected is not None and await self._seat(room, line, expected)

    async def expect_no_more(self, room: Room, line: Line) -> None:
        """A call that was expected does not come."""
        if room.coming.pop(line.sid, None) is not None:
            await self._close_if_empty(room)

    def _participant(self, room: Room, line: Line, fields: dict[str, Any]) -> Participant:
        now = self._exchange.now
        return Participant(
            conference_sid=room.sid,
            call_sid=line.sid,
            account_sid=line.call.account_sid,
            date_created=now,
            date_updated=now,
            **fields,
        )

    async def _seat(self, room: Room, line: Line, made: Participant) -> bool:
        if len(room.lines) >= room.conference.max_participants:
            return False
        room.participants[line.sid], room.lines[line.sid] = made, line
        await self._exchange.quiet(line)
        await self._exchange.music(line, on=False)
        if not await self._begun(room):
            self._drop(room, line)
            await self._close_if_empty(room)
            return False
        line.room = room.sid
        self._keep(room)
        self._tell(room, "join", made)
        starts = room.conference.status is ConferenceStatus.INIT and may_start(
            room.participants.values()
        )
        if starts:
            self._change(room, status=ConferenceStatus.IN_PROGRESS)
            self._tell(room, "start")
        await self._seating.settle(room)
        if starts and room.conference.record:
            await self._record(room, line)
        if line.sid not in room.places:
            await self._left(room, line, told=False)
            return False
        if beeps(made, "onEnter") and len(room.lines) > 1:
            await self._beep(room)
        return True

    async def _begun(self, room: Room) -> bool:
        """Whether the room is there, also at the provider."""
        if not room.conference.is_live:
            return False
        try:
            await self._exchange.provider.create_bridge(room.sid)
        except ProviderGone:
            return False
        return room.conference.is_live

    def _room(self, account_sid: str, name: str, fields: dict[str, Any]) -> Room:
        key, now = (account_sid, name), self._exchange.now
        room = self._rooms.get(key)
        if room is None:
            conference = Conference(
                sid=self._exchange.ambient.new_sid("CF"),
                account_sid=account_sid,
                friendly_name=name,
                status=ConferenceStatus.INIT,
                date_created=now,
                date_updated=now,
                **fields,
            )
            room = self._rooms[key] = Room(conference)
        return room

    async def _record(self, room: Room, line: Line) -> None:
        made = await self._exchange.recorder.record(
            line,
            source="Conference",
            target=room.sid,
            callback=room.conference.recording_callback,
            conference_sid=room.sid,
            **({"trim": True} if room.conference.trim else {}),
        )
        room.recording_sid = made.sid

    async def update(self, room: Room, call_sid: str, **changes: Any) -> Participant | None:
        """Mute, hold, coach, or change what his leaving does; None when he is not there any more."""
        if call_sid in room.coming:
            expected = replace(room.coming[call_sid], date_updated=self._exchange.now, **changes)
            room.coming[call_sid] = expected
            return expected
        before = room.participants.get(call_sid)
        if before is None:
            return None
        after = replace(before, date_updated=self._exchange.now, **changes)
        room.participants[call_sid] = after
        self._keep(room)
        await self._seating.settle(room)
        if after.muted != before.muted:
            self._tell(room, "mute" if after.muted else "unmute", after)
        if after.hold != before.hold:
            self._tell(room, "hold" if after.hold else "unhold", after)
        if any(name not in ("muted", "hold") for name in changes):
            self._tell(room, "modify", after)
        return after

    async def remove(self, room: Room, call_sid: str, *, told: bool = True) -> None:
        """Take a call out; it lives on, and whoever put it there is told, if he does not know.

        One that has not answered yet is hung up.
        """
        if call_sid in room.coming and call_sid in self._exchange.lines:
            await self._exchange.hang_up(self._exchange.lines[call_sid])
        line = room.lines.get(call_sid)
        if line is not None:
            await self._seating.withdraw(room, line)
            await self._left(room, line, told=told, kicked=True)

    async def end(
        self, room: Room, reason: str = "conference-ended-via-api", call_sid: str = ""
    ) -> None:
        """Everybody is taken out, and the conference is history; `call_sid` is the call that ended it."""
        if not room.conference.is_live:
            return
        ended = {"reason_ended": reason, "call_sid_ending": call_sid}
        self._change(room, status=ConferenceStatus.COMPLETED, **ended)
        self._rooms.pop((room.conference.account_sid, room.conference.friendly_name), None)
        if room.recording_sid is not None:
            await self._exchange.recorder.stop(room.recording_sid)
        for line in list(room.lines.values()):
            participant = room.participants[line.sid]
            self._drop(room, line)
            self._tell(room, "leave", participant)
            await self._seating.withdraw(room, line)
            line.control.put(RoomOver(room.sid))
        for expected in list(room.coming):
            if expected in self._exchange.lines:
                await self._exchange.hang_up(self._exchange.lines[expected])
        await self._exchange.attempt(self._exchange.provider.destroy(room.sid))
        self._tell(room, "end")

    def announced(self, room: Room, line: Line | None, url: str, error: str) -> None:
        """Something that was announced, to all or to one, is over or could not be heard."""
        participant = None if line is None else room.participants.get(line.sid)
        told = {"AnnounceUrl": url} | ({"ReasonAnnouncementFailed": error} if error else {})
        self._tell(room, "announcement-fail" if error else "announcement-end", participant, told)

    def _line_ended(self, line: Line) -> None:
        room = self.of_call(line.sid)
        if room is not None:
            self._exchange.spawn(self._left(room, line))

    async def _line_moves(self, line: Line) -> None:
        """A call that is redirected leaves its conference first."""
        room = self.of_call(line.sid)
        if room is not None:
            await self.remove(room, line.sid)

    async def _left(
        self, room: Room, line: Line, *, told: bool = True, kicked: bool = False
    ) -> None:
        participant = room.participants.get(line.sid)
        if participant is None:
            return
        self._drop(room, line)
        self._keep(room)
        self._tell(room, "leave", participant)
        if told:
            line.control.put(RoomOver(room.sid))
        staying = [*room.participants.values(), *room.coming.values()]
        reason = ends_with(participant, staying, kicked=kicked)
        if reason:
            await self.end(room, reason, line.sid)
            return
        await self._seating.withdraw(room, line)
        await self._seating.settle(room)
        if beeps(participant, "onExit"):
            await self._beep(room)

    def _drop(self, room: Room, line: Line) -> None:
        room.participants.pop(line.sid, None)
        room.lines.pop(line.sid, None)
        line.room = None

    async def _close_if_empty(self, room: Room) -> None:
        if not room.lines and not room.coming:
            await self.end(room, "last-participant-left")

    async def _beep(self, room: Room) -> None:
        if room.conference.status is not ConferenceStatus.IN_PROGRESS:
            return
        playback = self._exchange.ambient.new_sid("PB")
        await self._exchange.attempt(
            self._exchange.provider.play(playback, room.sid, [Builtin("beep")])
        )

    def _change(self, room: Room, **changes: Any) -> None:
        room.conference = replace(room.conference, date_updated=self._exchange.now, **changes)
        self._keep(room)

    def _keep(self, room: Room) -> None:
        seats = tuple(room.participants.values())
        self._exchange.remember("conference", room.sid, replace(room.conference, seats=seats))

    def _tell(
        self,
        room: Room,
        event: str,
        participant: Participant | None = None,
        fields: dict[str, str] | None = None,
    ) -> None:
        """Tell the application, if it wants to know of this."""
        told, callback = news(room, event, participant), room.conference.callback
        if told is not None and callback is not None:
            told |= fields or {}
            self._tell_application(callback, told, room.conference.account_sid, room.sid)
