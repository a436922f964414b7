"""Parked calls: who waits in which queue, and who takes them out.

Taking is what decides between two workers for one caller, and between a worker and the caller's
hang-up: an entry is taken once, in one step. What the waiting caller hears is his script's matter.
"""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from pointsman.voice.calls import Waiting
from pointsman.voice.exchange import Exchange
from pointsman.voice.lines import Line, PutBack, Taken
from pointsman.voice.queues import Member, Queue, average_wait_s

__all__ = ["Entry", "Parking"]


class Entry:
    """One parked call."""

    def __init__(self, line: Line, queue: Queue, member: Member) -> None:
        self.line = line
        self.queue = queue
        self.member = member
        self.waiting: asyncio.Task[None] | None = None
        """Plays what the caller hears meanwhile."""
        self.is_taken = False
        """Of one of before a restart: he was taken out already, to talk."""


class Parking:
    """All queues of one server."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._queues: dict[tuple[str, str], Queue] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._by_call: dict[str, Entry] = {}

    def restore(self, queue: Queue) -> None:
        """A queue of before the restart."""
        self._queues[queue.account_sid, queue.friendly_name] = queue

    def queues(self, account_sid: str) -> list[Queue]:
        """In creation order."""
        found = [queue for queue in self._queues.values() if queue.account_sid == account_sid]
        return sorted(found, key=lambda queue: queue.sid)

    def queue(self, account_sid: str, friendly_name: str, max_size: int | None = None) -> Queue:
        """The queue of this name; made when it is not there, changed when its size is given."""
        key, now = (account_sid, friendly_name), self._exchange.now
        found = self._queues.get(key) or Queue(
            sid=self._exchange.ambient.new_sid("QU"),
            account_sid=account_sid,
            friendly_name=friendly_name,
            date_created=now,
            date_updated=now,
        )
        if max_size is not None and max_size != found.max_size:
            found = replace(found, max_size=max_size, date_updated=now)
        if self._queues.get(key) is not found:
            self.put(found)
        return found

    def put(self, queue: Queue) -> None:
        """Keep a queue as it is now; one that is not live is gone."""
        key = (queue.account_sid, queue.friendly_name)
        self._queues = {k: q for k, q in self._queues.items() if q.sid != queue.sid}
        if queue.is_live:
            self._queues[key] = queue
        self._exchange.remember("queue", queue.sid, queue)

    def members(self, queue_sid: str) -> list[Member]:
        """Who waits, the longest first."""
        return [entry.member for entry in self._entries.get(queue_sid, [])]

    def entries(self, queue_sid: str) -> list[Entry]:
        """The same, with their calls."""
        return list(self._entries.get(queue_sid, []))

    def entry_of(self, call_sid: str) -> Entry | None:
        return self._by_call.get(call_sid)

    def first(self, queue_sid: str) -> Entry | None:
        entries = self._entries.get(queue_sid)
        return entries[0] if entries else None

    def park(self, line: Line, queue: Queue) -> Entry | None:
        """Let the call wait; None when the queue is full."""
        entries = self._entries.setdefault(queue.sid, [])
        if len(entries) >= queue.max_size:
            return None
        member = Member(queue_sid=queue.sid, call_sid=line.sid, date_enqueued=self._exchange.now)
        entry = Entry(line, queue, member)
        self._put_in(entry)
        return entry

    def restore_entry(self, line: Line, waiting: Waiting) -> Entry | None:
        """A caller of before a restart, at his old place; None when his queue is gone."""
        found = (queue for queue in self._queues.values() if queue.sid == waiting.queue_sid)
        queue = next(found, None)
        if queue is None:
            return None
        member = Member(
            queue_sid=queue.sid,
            call_sid=line.sid,
            date_enqueued=waiting.since,
            task_sid=line.call.task_sid,
        )
        entry = Entry(line, queue, member)
        entry.is_taken = waiting.is_taken
        if not waiting.is_taken:
            self._put_in(entry)
        return entry

    def _put_in(self, entry: Entry) -> None:
        self._by_call[entry.line.sid] = entry
        entries = self._entries.setdefault(entry.queue.sid, [])
        entries.append(entry)
        entries.sort(key=lambda one: (one.member.date_enqueued, one.line.sid))

    def remove(self, entry: Entry) -> bool:
        """The call waits no more; false when somebody was faster."""
        if self._by_call.get(entry.line.sid) is not entry:
            return False
        del self._by_call[entry.line.sid]
        self._entries[entry.queue.sid].remove(entry)
        return True

    async def take(self, entry: Entry, result: str = "bridged") -> bool:
        """Take a call out, to bridge it: its music ends; false when somebody was faster."""
        if not self.remove(entry):
            return False
        entry.line.control.put(Taken(result))
        if entry.waiting is not None:
            entry.waiting.cancel()
        await self._exchange.quiet(entry.line)
        await self._exchange.music(entry.line, on=False)
        return entry.line.call.is_live

    def put_back(self, entry: Entry) -> None:
        """A call that was taken in vain waits again, where it was."""
        if entry.line.call.is_live:
            self._put_in(entry)
            entry.line.control.put(PutBack())

    def figures(self, entry: Entry) -> dict[str, str]:
        """What a waiting caller's wait document is told."""
        entries, now = self._entries[entry.queue.sid], self._exchange.now
        return {
            "QueuePosition": str(entries.index(entry) + 1 if entry in entries else 0),
            "QueueSid": entry.queue.sid,
            "QueueTime": str((now - entry.member.date_enqueued) // 1000),
            "AvgQueueTime": str(average_wait_s([one.member for one in entries], now)),
            "CurrentQueueSize": str(len(entries)),
            "MaxQueueSize": str(entry.queue.max_size),
        }
