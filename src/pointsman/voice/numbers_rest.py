"""`/2010-04-01/Accounts/AC…/IncomingPhoneNumbers`: which TwiML runs when a number is called.

Shapes and names are the original's, so that stock libraries keep numbers here. A number is not bought but
named: that calls to it reach this server is the trunk's business. Tokens may not come here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from msgspec.structs import replace

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource
from pointsman.api.params import Params, one
from pointsman.auth import authorize
from pointsman.voice.calls import Source, StatusCallback
from pointsman.voice.numbers import Number
from pointsman.wire.values import rfc2822

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["NumbersRest"]

_PATH = re.compile(
    r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/IncomingPhoneNumbers(?:/(PN[0-9a-fA-F]{32}))?(?:\.json)?"
)
_NUMBER = re.compile(r"\+?[0-9]{2,20}|sip:[^\s@]{1,64}@[^\s@]{1,128}")
LONGEST_PAGE = 1_000
TAKEN, MALFORMED, BAD_URL = 21422, 21421, 21402


class NumbersRest:
    """The operations on the numbers of the asking account."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def offers(self, path: str) -> bool:
        return _PATH.fullmatch(path) is not None

    async def call(self, request: Request) -> Reply:
        """Carry the request out. Raises `Refused`."""
        authorize(request.principal, request.method, request.path, request.params)
        found = _PATH.fullmatch(request.path)
        if found is None or found[1].upper() != request.principal.account_sid.upper():
            raise no_such_resource(request.path)
        sid = found[2]
        match (request.method, sid is not None):
            case ("GET", False):
                return Reply(200, self._listed(request))
            case ("POST", False):
                return await self._create(request)
            case ("GET", True):
                return Reply(200, _shown(self._own(request, sid)))
            case ("POST", True):
                return await self._update(request, self._own(request, sid))
            case ("DELETE", True):
                await self._keep(replace(self._own(request, sid), is_live=False))
                return Reply(204, None)
        raise Refused(405, 20004, f"{request.method} is not possible here")

    async def _create(self, request: Request) -> Reply:
        phone_number = _text(request.params, "PhoneNumber", "")
        if not _NUMBER.fullmatch(phone_number):
            told = "PhoneNumber has to be a number such as +4930123456, or a sip: address"
            raise Refused(400, MALFORMED, told)
        if phone_number in self._board.exchange.numbers:
            raise Refused(400, TAKEN, f"PhoneNumber {phone_number} is not available")
        now = self._board.ambient.now()
        made = Number(
            sid=self._board.ambient.new_sid("PN"),
            account_sid=request.principal.account_sid,
            phone_number=phone_number,
            friendly_name=_text(request.params, "FriendlyName", phone_number),
            date_created=now,
            date_updated=now,
            source=_source(request.params, Source()),
            callback=_callback(request.params, None),
        )
        await self._keep(made)
        return Reply(201, _shown(made))

    async def _update(self, request: Request, before: Number) -> Reply:
        after = replace(
            before,
            friendly_name=_text(request.params, "FriendlyName", before.friendly_name),
            source=_source(request.params, before.source),
            callback=_callback(request.params, before.callback),
            date_updated=self._board.ambient.now(),
        )
        await self._keep(after)
        return Reply(200, _shown(after))

    async def _keep(self, number: Number) -> None:
        """Have it count, and wait until it is stored."""
        self._board.put_number(number)
        await self._board.runtime.history(lambda history: None)

    def _of_account(self, account_sid: str) -> list[Number]:
        numbers = self._board.exchange.numbers.values()
        mine = [number for number in numbers if number.account_sid == account_sid]
        return sorted(mine, key=lambda number: number.sid)

    def _own(self, request: Request, sid: str) -> Number:
        for number in self._of_account(request.principal.account_sid):
            if number.sid.upper() == sid.upper():
                return number
        raise no_such_resource(request.path)

    def _listed(self, request: Request) -> dict[str, Any]:
        """A page, in the envelope of this old api: addresses without the host."""
        wanted = _text(request.params, "PhoneNumber", "")
        numbers = [
            number
            for number in self._of_account(request.principal.account_sid)
            if wanted in ("", number.phone_number)
        ]
        size = min(_whole(request.params, "PageSize", 50) or 1, LONGEST_PAGE)
        page = _whole(request.params, "Page", 0)
        shown = numbers[page * size : (page + 1) * size]
        more = len(numbers) > (page + 1) * size

        def address(number: int) -> str:
            query = {"PageSize": size, "Page": number} | ({"PhoneNumber": wanted} if wanted else {})
            return f"{request.path}?{urlencode(query)}"

        return {
            "incoming_phone_numbers": [_shown(number) for number in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "uri": address(page),
            "first_page_uri": address(0),
            "next_page_uri": address(page + 1) if more else None,
            "previous_page_uri": address(page - 1) if page else None,
        }


def _shown(number: Number) -> dict[str, Any]:
    callback = number.callback or StatusCallback("")
    place = f"/2010-04-01/Accounts/{number.account_sid}/IncomingPhoneNumbers/{number.sid}.json"
    return {
        "sid": number.sid,
        "account_sid": number.account_sid,
        "friendly_name": number.friendly_name,
        "phone_number": number.phone_number,
        "voice_url": number.source.url,
        "voice_method": number.source.method,
        "voice_fallback_url": number.source.fallback_url,
        "voice_fallback_method": number.source.fallback_method,
        "status_callback": callback.url,
        "status_callback_method": callback.method,
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "date_created": rfc2822(number.date_created),
        "date_updated": rfc2822(number.date_updated),
        "api_version": "2010-04-01",
        "uri": place,
    }


def _source(params: Params, before: Source) -> Source:
    return replace(
        before,
        url=_url(params, "VoiceUrl", before.url),
        method=_method(params, "VoiceMethod", before.method),
        fallback_url=_url(params, "VoiceFallbackUrl", before.fallback_url),
        fallback_method=_method(params, "VoiceFallbackMethod", before.fallback_method),
    )


def _callback(params: Params, before: StatusCallback | None) -> StatusCallback | None:
    url = _url(params, "StatusCallback", before.url if before else "")
    method = _method(params, "StatusCallbackMethod", before.method if before else "POST")
    return StatusCallback(url, method) if url else None


def _text(params: Params, name: str, otherwise: str) -> str:
    value = one(params, name)
    return otherwise if value is None else str(value)


def _url(params: Params, name: str, otherwise: str) -> str:
    url = _text(params, name, otherwise)
    if url and not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise Refused(400, BAD_URL, f"{name} has to be an absolute http or https URL")
    return url


def _method(params: Params, name: str, otherwise: str) -> str:
    method = _text(params, name, otherwise).upper()
    if method not in ("GET", "POST"):
        raise Refused(400, 20001, f"{name} has to be GET or POST")
    return method


def _whole(params: Params, name: str, otherwise: int) -> int:
    text = _text(params, name, str(otherwise))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(400, 20001, f"{name} has to be a whole number")
    return int(text)
