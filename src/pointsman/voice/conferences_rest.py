"""`/2010-04-01/Accounts/AC…/Conferences`: who talks with whom, seen and changed from outside.

Shapes and names are the original's. A conference is found by its SID, for its participants also by the
name of its room while it lives; a participant by the SID of his call or by his label. What a
conference was stays in history, whoever was in it does not. Tokens may not come here.
"""

from __future__ import annotations

import re
from typing import Any

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource
from pointsman.api.params import Params
from pointsman.auth.credentials import canonical_sid, is_sid
from pointsman.voice.announcing import announce
from pointsman.voice.calls import CallStatus, Source
from pointsman.voice.conference import Conference, ConferenceStatus, Participant
from pointsman.voice.invitations import coaching, invitation, invite
from pointsman.voice.lines import Line
from pointsman.voice.old_api import (
    Door,
    asked_flag,
    asked_method,
    asked_text,
    asked_url,
    dates,
    kept,
    newest_first,
    oldest_first,
    wrong_method,
)
from pointsman.voice.rooms import Room
from pointsman.wire.values import rfc2822

__all__ = ["ConferencesRest"]

_COMING = {
    CallStatus.QUEUED: "queued",
    CallStatus.INITIATED: "connecting",
    CallStatus.RINGING: "ringing",
}


class ConferencesRest(Door):
    """The operations on the conferences of the asking account."""

    paths = re.compile(
        r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Conferences(?:/(?P<conference>[^/]+?)"
        r"(?P<participants>/Participants(?:/(?P<participant>[^/]+?))?)?)?(?:\.json)?"
    )

    async def _answer(self, request: Request, found: re.Match[str]) -> Reply:
        if found["conference"] is None:
            return await self._conferences(request)
        if found["participants"] is None:
            return await self._conference(request, found["conference"])
        if found["participant"] is None:
            return await self._participants(request, found["conference"])
        room = self._room(request, found["conference"])
        if room is None:
            raise no_such_resource(request.path)
        return await self._participant(request, room, found["participant"])

    # --- conferences -------------------------------------------------------------------------------

    async def _conferences(self, request: Request) -> Reply:
        if request.method != "GET":
            raise wrong_method(request)
        params = request.params
        status, name = asked_text(params, "Status", ""), asked_text(params, "FriendlyName", "")
        if status not in ("", *ConferenceStatus):
            raise Refused(
                400, 20001, f"Status {status!r} is not one of init, in-progress, completed"
            )
        created, updated = dates(params, "DateCreated"), dates(params, "DateUpdated")

        def asked(one: Conference) -> bool:
            return (
                status in ("", one.status)
                and name in ("", one.friendly_name)
                and all(test(one.date_created) for test in created)
                and all(test(one.date_updated) for test in updated)
            )

        return await newest_first(
            self._board.runtime,
            request,
            "conference",
            Conference,
            _shown,
            key="conferences",
            asked=asked,
            live=None if status == "" else status != ConferenceStatus.COMPLETED,
        )

    async def _conference(self, request: Request, sid: str) -> Reply:
        if request.method not in ("GET", "POST"):
            raise wrong_method(request)
        if request.method == "POST":
            await self._update(request, sid)
        return Reply(200, _shown(await self._kept(request, sid)))

    async def _update(self, request: Request, sid: str) -> None:
        status = asked_text(request.params, "Status", "")
        if status not in ("", ConferenceStatus.COMPLETED):
            raise Refused(
                400, 20001, "Status can only be set to completed, which ends the conference"
            )
        source = _announcement(request.params)
        room = self._board.rooms.of_sid(canonical_sid(sid))
        if room is None or not _is_own(room, request):
            return
        if source is not None and room.lines:
            self._announce(room, next(iter(room.lines.values())), source, to_all=True)
        if status:
            await self._board.rooms.end(room)

    def _announce(self, room: Room, line: Line, source: Source, *, to_all: bool) -> None:
        work = announce(self._board, room, line, source, to_all=to_all)
        self._board.pace.spawn(work, f"announcement in {room.sid}")

    async def _kept(self, request: Request, sid: str) -> Conference:
        return await kept(self._board.runtime, request, "conference", Conference, sid)

    # --- participants ------------------------------------------------------------------------------

    def _room(self, request: Request, named: str) -> Room | None:
        """The account's live room of this SID or name."""
        rooms, account_sid = self._board.rooms, request.principal.account_sid
        if is_sid(canonical_sid(named), "CF"):
            room = rooms.of_sid(canonical_sid(named))
            return room if room is not None and _is_own(room, request) else None
        return rooms.named(account_sid, named)

    async def _participants(self, request: Request, named: str) -> Reply:
        room = self._room(request, named)
        if request.method == "POST":
            return await self._invite(request, named, room)
        if request.method != "GET":
            raise wrong_method(request)
        if room is None:
            await self._kept(request, named)
        there = {} if room is None else room.coming | room.participants
        wanted = {
            name: asked_flag(request.params, name)
            for name in ("Muted", "Hold", "Coaching")
            if name in request.params
        }
        found = {
            sid: one
            for sid, one in there.items()
            if all(getattr(one, name.lower()) == value for name, value in wanted.items())
        }
        return oldest_first(request, "participants", found, self._seen)

    async def _invite(self, request: Request, named: str, room: Room | None) -> Reply:
        if room is None and is_sid(canonical_sid(named), "CF"):
            conference = await self._kept(request, named)
            raise Refused(404, 20404, f"The conference {conference.sid} is {conference.status}")
        account_sid = request.principal.account_sid
        asked = invitation(self._board, account_sid, request.params, room)
        name = named if room is None else room.conference.friendly_name
        called = await invite(self._board, account_sid, name, asked)
        return Reply(201, self._seen(called))

    async def _participant(self, request: Request, room: Room, named: str) -> Reply:
        """The participant of this call SID or label, seen, changed or taken out."""
        found = room.participant(named)
        if found is None:
            raise no_such_resource(request.path)
        rooms = self._board.rooms
        match request.method:
            case "GET":
                return Reply(200, self._seen(found))
            case "POST":
                changes = _changes(request.params, room, found)
                source = _announcement(request.params)
                if source is not None and found.call_sid in room.lines:
                    self._announce(room, room.lines[found.call_sid], source, to_all=False)
                changed = await rooms.update(room, found.call_sid, **changes)
                if changed is None:
                    raise no_such_resource(request.path)
                return Reply(200, self._seen(changed))
            case "DELETE":
                await rooms.remove(room, found.call_sid)
                return Reply(204, None)
        raise wrong_method(request)

    def _seen(self, participant: Participant) -> dict[str, Any]:
        line = self._board.exchange.lines.get(participant.call_sid)
        status = "complete" if line is None else _COMING.get(line.call.status, "connected")
        return _shown_participant(participant, status)


def _is_own(room: Room, request: Request) -> bool:
    return room.conference.account_sid == request.principal.account_sid


def _announcement(params: Params) -> Source | None:
    """The document that is to be announced, if one is."""
    url = asked_url(params, "AnnounceUrl", "")
    return Source(url=url, method=asked_method(params, "AnnounceMethod", "POST")) if url else None


def _changes(params: Params, room: Room, before: Participant) -> dict[str, Any]:
    """The fields of the participant that the parameters change."""
    changes: dict[str, Any] = {}
    for name, field in _FLAGS.items():
        if name in params:
            changes[field] = asked_flag(params, name)
    for name in ("Hold", "Wait"):
        if f"{name}Url" in params:
            changes[f"{name.lower()}_url"] = asked_url(params, f"{name}Url", "")
        if f"{name}Method" in params:
            changes[f"{name.lower()}_method"] = asked_method(params, f"{name}Method", "")
    if "BeepOnExit" in params:
        changes["beep"] = "true" if asked_flag(params, "BeepOnExit") else "onEnter"
    if "Coaching" in params or "CallSidToCoach" in params:
        changes |= coaching(params, room, before)
    return changes


_FLAGS = {"Muted": "muted", "Hold": "hold", "EndConferenceOnExit": "end_conference_on_exit"}


def _shown(conference: Conference) -> dict[str, Any]:
    place = f"/2010-04-01/Accounts/{conference.account_sid}/Conferences/{conference.sid}"
    return {
        "sid": conference.sid,
        "account_sid": conference.account_sid,
        "friendly_name": conference.friendly_name,
        "status": conference.status.value,
        "region": None,
        "reason_conference_ended": conference.reason_ended or None,
        "call_sid_ending_conference": conference.call_sid_ending or None,
        "date_created": rfc2822(conference.date_created),
        "date_updated": rfc2822(conference.date_updated),
        "api_version": "2010-04-01",
        "uri": f"{place}.json",
        "subresource_uris": {
            "participants": f"{place}/Participants.json",
            "recordings": f"{place}/Recordings.json",
        },
    }


def _shown_participant(participant: Participant, status: str) -> dict[str, Any]:
    place = f"/2010-04-01/Accounts/{participant.account_sid}/Conferences"
    return {
        "account_sid": participant.account_sid,
        "conference_sid": participant.conference_sid,
        "call_sid": participant.call_sid,
        "label": participant.label or None,
        "muted": participant.muted,
        "hold": participant.hold,
        "coaching": participant.coaching,
        "call_sid_to_coach": participant.call_sid_to_coach,
        "start_conference_on_enter": participant.start_conference_on_enter,
        "end_conference_on_exit": participant.end_conference_on_exit,
        "status": status,
        "date_created": rfc2822(participant.date_created),
        "date_updated": rfc2822(participant.date_updated),
        "api_version": "2010-04-01",
        "uri": f"{place}/{participant.conference_sid}/Participants/{participant.call_sid}.json",
    }
