"""`/2010-04-01/Accounts/AC…/Calls`: calls are made, found, redirected and ended by an application.

Shapes, names and codes are the original's, so that stock libraries do it. A list is read from the store,
the newest first; what happens to a live call is the exchange's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from pointsman.api.addresses import dialable
from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource
from pointsman.api.params import Params
from pointsman.auth.credentials import canonical_sid
from pointsman.voice.calls import ENDED, Call, CallStatus
from pointsman.voice.old_api import (
    LEG_EVENTS,
    Door,
    asked_callback,
    asked_text,
    dates,
    kept,
    newest_first,
    wrong_method,
)
from pointsman.voice.placing import document_of, limit, nobody_called, order_of, place, time_limit
from pointsman.voice.provider import ProviderGone
from pointsman.wire.values import rfc2822

__all__ = ["CallsRest"]

NOT_LIVE, LIVE = 21220, 20009
_SHOWN = {CallStatus.INITIATED: CallStatus.QUEUED}
"""Words of ours that this api does not know."""
_STATUSES = tuple(status.value for status in CallStatus if status not in _SHOWN)


class CallsRest(Door):
    """The operations on the calls of the asking account."""

    paths = re.compile(
        r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Calls(?:/(CA[0-9a-fA-F]{32}))?(?:\.json)?"
    )

    async def _answer(self, request: Request, found: re.Match[str]) -> Reply:
        sid = found[2] and canonical_sid(found[2])
        match (request.method, sid):
            case ("GET", None):
                return await self._listed(request)
            case ("POST", None):
                return await self._create(request)
            case ("GET", str()):
                return Reply(200, _call_shown(await self._own(request, sid)))
            case ("POST", str()):
                return await self._update(request, sid)
            case ("DELETE", str()):
                return await self._delete(request, sid)
        raise wrong_method(request)

    async def _create(self, request: Request) -> Reply:
        board, account_sid = self._board, request.principal.account_sid
        order = order_of(board, account_sid, request.params)
        if not board.exchange.is_up:
            raise nobody_called(ProviderGone("the voice provider is down"))
        try:
            line = await place(board, account_sid, order)
        except ProviderGone as gone:
            raise nobody_called(gone) from gone
        made = line.call
        await self._stored()
        return Reply(201, _call_shown(made))

    async def _own(self, request: Request, sid: str) -> Call:
        """The call as it is, or was at its end. Refuses those of other accounts."""
        line = self._board.exchange.lines.get(sid)
        if line is None:
            return await kept(self._board.runtime, request, "call", Call, sid)
        if line.call.account_sid != request.principal.account_sid:
            raise no_such_resource(request.path)
        return line.call

    async def _stored(self) -> None:
        """Wait until all that was remembered is on disk."""
        await self._board.runtime.history(lambda history: None)

    async def _listed(self, request: Request) -> Reply:
        asked, live = _asked(request.params), _live(request.params)
        return await newest_first(
            self._board.runtime,
            request,
            "call",
            Call,
            _call_shown,
            key="calls",
            asked=asked,
            live=live,
        )

    # --- one call ----------------------------------------------------------------------------------

    async def _update(self, request: Request, sid: str) -> Reply:
        """Other TwiML from now on, or the end."""
        params, call = request.params, await self._own(request, sid)
        line = self._board.exchange.lines.get(sid)
        if line is None:
            raise Refused(400, NOT_LIVE, f"The call {sid} is over: it is {call.status.value}")
        status = asked_text(params, "Status", "")
        if status not in ("", "completed", "canceled"):
            raise Refused(400, 20001, "Status has to be completed or canceled")
        source = None if status else document_of(params)
        if source is not None and not line.is_up:
            told = f"The call {sid} is {call.status.value}: only one in progress can be redirected"
            raise Refused(400, NOT_LIVE, told)
        callback = asked_callback(params, "StatusCallback", LEG_EVENTS, ("completed",))
        line.call = replace(
            line.call,
            callback=callback or call.callback,
            time_limit_s=time_limit(params) or call.time_limit_s,
            date_updated=self._board.pace.now,
        )
        self._board.exchange.remember("call", sid, line.call)
        limit(self._board, line)
        if source is not None:
            await self._board.exchange.redirect(line, source)
        elif status == "completed" or (status and not line.is_up):
            await self._board.exchange.hang_up(line)
        await self._stored()
        return Reply(200, _call_shown(line.call))

    async def _delete(self, request: Request, sid: str) -> Reply:
        call = await self._own(request, sid)
        if call.is_live:
            raise Refused(400, LIVE, f"The call {sid} is not over, so it cannot be deleted")
        self._board.exchange.forget("call", sid, call)
        await self._stored()
        return Reply(204, None)


# --- what is shown -----------------------------------------------------------------------------


def _call_shown(call: Call) -> dict[str, Any]:
    """A call, as this api writes it."""
    started = call.start_at or call.date_created
    return {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "parent_call_sid": call.parent_call_sid,
        "from": call.from_,
        "from_formatted": call.from_,
        "to": call.to,
        "to_formatted": call.to,
        "phone_number_sid": call.number_sid,
        "status": _SHOWN.get(call.status, call.status).value,
        "direction": call.direction.value,
        "start_time": None if call.status is CallStatus.QUEUED else rfc2822(started),
        "end_time": None if call.end_at is None else rfc2822(call.end_at),
        "duration": str(call.duration_s) if call.end_at is not None else None,
        "price": None,
        "price_unit": None,
        "answered_by": None,
        "forwarded_from": None,
        "caller_name": None,
        "group_sid": None,
        "queue_time": "0",
        "trunk_sid": None,
        "annotation": None,
        "date_created": rfc2822(call.date_created),
        "date_updated": rfc2822(call.date_updated),
        "api_version": "2010-04-01",
        "uri": f"/2010-04-01/Accounts/{call.account_sid}/Calls/{call.sid}.json",
        "subresource_uris": {},
    }


# --- filters -----------------------------------------------------------------------------------


def _live(params: Params) -> bool | None:
    """Whether only calls that are live, or only those that are over, can be meant."""
    status = asked_text(params, "Status", "")
    if not status:
        return None
    if status not in _STATUSES:
        raise Refused(400, 20001, f"Status has to be one of {', '.join(_STATUSES)}")
    return CallStatus(status) not in ENDED


def _asked(params: Params) -> Callable[[Call], bool]:
    """What the filters of a list let through."""
    status, parent = (asked_text(params, name, "") for name in ("Status", "ParentCallSid"))
    to, from_ = (_side(params, name) for name in ("To", "From"))
    began, ended = dates(params, "StartTime"), dates(params, "EndTime")

    def fits(call: Call) -> bool:
        return (
            status in ("", _SHOWN.get(call.status, call.status).value)
            and parent in ("", call.parent_call_sid)
            and to in ("", call.to)
            and from_ in ("", call.from_)
            and all(test(call.start_at or call.date_created) for test in began)
            and all(call.end_at is not None and test(call.end_at) for test in ended)
        )

    return fits


def _side(params: Params, name: str) -> str:
    given = asked_text(params, name, "")
    return dialable(given) or given
