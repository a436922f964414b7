"""`/2010-04-01/Accounts/AC…/Queues` and their `Members`: who waits where, and taking a caller out.

Shapes and names are the original's, so that stock libraries use them. A caller is taken out by giving him
other TwiML; `Front` is whoever waits longest. Whoever is being connected with a worker waits no more.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource
from pointsman.auth.credentials import canonical_sid
from pointsman.voice.calls import Source
from pointsman.voice.old_api import (
    Door,
    asked_method,
    asked_text,
    asked_url,
    asked_whole,
    oldest_first,
    wrong_method,
)
from pointsman.voice.parking import Entry
from pointsman.voice.queues import DEFAULT_MAX_SIZE, LARGEST_MAX_SIZE, Queue, average_wait_s
from pointsman.wire.values import rfc2822

__all__ = ["QueuesRest"]

BAD_URL = 21205
LONGEST_NAME = 64


class _Place(Struct, frozen=True):
    """Who waits, and at which position."""

    position: int
    entry: Entry

    @property
    def key(self) -> str:
        """A SID that is the greater, the later he came: what pages are told by."""
        return f"CA{self.entry.member.date_enqueued:012x}{self.entry.line.sid[-20:]}"


class QueuesRest(Door):
    """The operations on the queues of the asking account, and on those who wait in them."""

    paths = re.compile(
        r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Queues(?:/(QU[0-9a-fA-F]{32})"
        r"(?:(/Members)(?:/(CA[0-9a-fA-F]{32}|Front))?)?)?(?:\.json)?"
    )

    async def _answer(self, request: Request, found: re.Match[str]) -> Reply:
        sid = found[2]
        if found[3]:
            return await self._members(request, self._own(request, found[2]), found[4])
        match (request.method, sid):
            case ("GET", None):
                return self._listed(request)
            case ("POST", None):
                return await self._create(request)
            case ("GET", str()):
                return Reply(200, self._shown(self._own(request, sid)))
            case ("POST", str()):
                return await self._update(request, self._own(request, sid))
            case ("DELETE", str()):
                return await self._delete(self._own(request, sid))
        raise wrong_method(request)

    def _listed(self, request: Request) -> Reply:
        queues = {queue.sid: queue for queue in self._of_account(request)}
        return oldest_first(request, "queues", queues, self._shown)

    def _of_account(self, request: Request) -> list[Queue]:
        return self._board.parking.queues(request.principal.account_sid)

    def _own(self, request: Request, sid: str) -> Queue:
        for queue in self._of_account(request):
            if queue.sid == canonical_sid(sid):
                return queue
        raise no_such_resource(request.path)

    async def _create(self, request: Request) -> Reply:
        name, size = self._name(request, ""), _size(request, DEFAULT_MAX_SIZE)
        queue = self._board.parking.queue(request.principal.account_sid, name, size)
        await self._stored()
        return Reply(201, self._shown(queue))

    async def _update(self, request: Request, before: Queue) -> Reply:
        after = replace(
            before,
            friendly_name=self._name(request, before.friendly_name),
            max_size=_size(request, before.max_size),
            date_updated=self._board.pace.now,
        )
        self._board.parking.put(after)
        await self._stored()
        return Reply(200, self._shown(after))

    async def _delete(self, queue: Queue) -> Reply:
        waiting = len(self._board.parking.members(queue.sid))
        if waiting:
            told = f"{waiting} callers wait in {queue.friendly_name}, so it cannot be deleted"
            raise Refused(400, 20001, told)
        self._board.parking.put(replace(queue, is_live=False))
        await self._stored()
        return Reply(204, None)

    def _name(self, request: Request, before: str) -> str:
        """A name that no other queue of the account has."""
        name = asked_text(request.params, "FriendlyName", before)
        if not 1 <= len(name) <= LONGEST_NAME:
            told = f"FriendlyName has to have 1 to {LONGEST_NAME} characters"
            raise Refused(400, 20001, told)
        taken = {queue.friendly_name for queue in self._of_account(request)}
        if name != before and name in taken:
            raise Refused(400, 20001, f"There is a queue with the FriendlyName {name} already")
        return name

    async def _stored(self) -> None:
        await self._board.runtime.history(lambda history: None)

    # --- members -----------------------------------------------------------------------------------

    async def _members(self, request: Request, queue: Queue, who: str | None) -> Reply:
        entries = self._board.parking.entries(queue.sid)
        places = [_Place(position, entry) for position, entry in enumerate(entries, 1)]
        if who is None:
            if request.method != "GET":
                raise wrong_method(request)
            by_key = {place.key: place for place in places}
            return oldest_first(request, "queue_members", by_key, self._member_shown)
        meant = canonical_sid(who)
        for place in places:
            if meant in ("Front", place.entry.line.sid):
                return await self._member(request, place)
        raise no_such_resource(request.path)

    async def _member(self, request: Request, place: _Place) -> Reply:
        if request.method == "POST":
            await self._take_out(request, place.entry)
        elif request.method != "GET":
            raise wrong_method(request)
        return Reply(200, self._member_shown(place))

    async def _take_out(self, request: Request, entry: Entry) -> None:
        """The caller runs other TwiML instead of waiting; his task, if he has one, is canceled."""
        url = asked_url(request.params, "Url", "", BAD_URL)
        if not url:
            raise Refused(400, BAD_URL, "Url is required: the TwiML that the caller runs")
        source = Source(url=url, method=asked_method(request.params, "Method", "POST"))
        await self._board.exchange.redirect(entry.line, source)
        await self._stored()

    # --- what is shown -----------------------------------------------------------------------------

    def _shown(self, queue: Queue) -> dict[str, Any]:
        members = self._board.parking.members(queue.sid)
        place = f"/2010-04-01/Accounts/{queue.account_sid}/Queues/{queue.sid}"
        return {
            "sid": queue.sid,
            "account_sid": queue.account_sid,
            "friendly_name": queue.friendly_name,
            "max_size": queue.max_size,
            "current_size": len(members),
            "average_wait_time": average_wait_s(members, self._board.pace.now),
            "date_created": rfc2822(queue.date_created),
            "date_updated": rfc2822(queue.date_updated),
            "uri": f"{place}.json",
            "subresource_uris": {"members": f"{place}/Members.json"},
        }

    def _member_shown(self, place: _Place) -> dict[str, Any]:
        queue, since = place.entry.queue, place.entry.member.date_enqueued
        members = f"/2010-04-01/Accounts/{queue.account_sid}/Queues/{queue.sid}/Members"
        return {
            "queue_sid": queue.sid,
            "call_sid": place.entry.line.sid,
            "position": place.position,
            "date_enqueued": rfc2822(since),
            "wait_time": (self._board.pace.now - since) // 1000,
            "uri": f"{members}/{place.entry.line.sid}.json",
        }


def _size(request: Request, otherwise: int) -> int:
    size = asked_whole(request.params, "MaxSize", otherwise)
    if size > LARGEST_MAX_SIZE:
        raise Refused(400, 20001, f"MaxSize has to be at most {LARGEST_MAX_SIZE}")
    return size
