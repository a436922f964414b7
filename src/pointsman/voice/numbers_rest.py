"""`/2010-04-01/Accounts/AC…/IncomingPhoneNumbers`: which TwiML runs when a number is called.

Shapes and names are the original's, so that stock libraries keep numbers here. A number is not bought but
named: that calls to it reach this server is the trunk's business. Tokens may not come here.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused
from pointsman.api.params import Params
from pointsman.voice.calls import Source, StatusCallback
from pointsman.voice.numbers import Number, compared
from pointsman.voice.old_api import (
    MemoryDoor,
    asked_method,
    asked_text,
    asked_url,
    oldest_first,
)
from pointsman.wire.values import rfc2822

__all__ = ["NumbersRest"]

_NUMBER = re.compile(r"\+?[0-9]{2,20}|sip:[^\s@]{1,64}@[^\s@]{1,128}")
TAKEN, MALFORMED = 21422, 21421


class NumbersRest(MemoryDoor[Number]):
    """The operations on the numbers of the asking account."""

    paths = re.compile(
        r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/IncomingPhoneNumbers"
        r"(?:/(PN[0-9a-fA-F]{32}))?(?:\.json)?"
    )

    async def _create(self, request: Request) -> Reply:
        phone_number = asked_text(request.params, "PhoneNumber", "")
        if not _NUMBER.fullmatch(phone_number):
            told = "PhoneNumber has to be a number such as +4930123456, or a sip: address"
            raise Refused(400, MALFORMED, told)
        phone_number = compared(phone_number)
        if phone_number in self._board.exchange.numbers:
            raise Refused(400, TAKEN, f"PhoneNumber {phone_number} is not available")
        now = self._board.ambient.now()
        made = Number(
            sid=self._board.ambient.new_sid("PN"),
            account_sid=request.principal.account_sid,
            phone_number=phone_number,
            friendly_name=asked_text(request.params, "FriendlyName", phone_number),
            date_created=now,
            date_updated=now,
            source=_source(request.params, Source()),
            callback=_callback(request.params, None),
        )
        await self._keep(made)
        return Reply(201, self._shown(made))

    def _changed(self, request: Request, before: Number) -> Number:
        return replace(
            before,
            friendly_name=asked_text(request.params, "FriendlyName", before.friendly_name),
            source=_source(request.params, before.source),
            callback=_callback(request.params, before.callback),
            date_updated=self._board.ambient.now(),
        )

    def _put(self, record: Number) -> None:
        self._board.put_number(record)

    def _of_account(self, account_sid: str) -> dict[str, Number]:
        numbers = self._board.exchange.numbers.values()
        return {number.sid: number for number in numbers if number.account_sid == account_sid}

    def _listed(self, request: Request) -> Reply:
        wanted = asked_text(request.params, "PhoneNumber", "")
        found = {
            sid: number
            for sid, number in self._of_account(request.principal.account_sid).items()
            if not wanted or compared(wanted) == compared(number.phone_number)
        }
        return oldest_first(request, "incoming_phone_numbers", found, self._shown)

    def _shown(self, record: Number) -> dict[str, Any]:
        callback = record.callback or StatusCallback("")
        place = f"/2010-04-01/Accounts/{record.account_sid}/IncomingPhoneNumbers/{record.sid}.json"
        return {
            "sid": record.sid,
            "account_sid": record.account_sid,
            "friendly_name": record.friendly_name,
            "phone_number": record.phone_number,
            "voice_url": record.source.url,
            "voice_method": record.source.method,
            "voice_fallback_url": record.source.fallback_url,
            "voice_fallback_method": record.source.fallback_method,
            "status_callback": callback.url,
            "status_callback_method": callback.method,
            "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
            "date_created": rfc2822(record.date_created),
            "date_updated": rfc2822(record.date_updated),
            "api_version": "2010-04-01",
            "uri": place,
        }


def _source(params: Params, before: Source) -> Source:
    return replace(
        before,
        url=asked_url(params, "VoiceUrl", before.url),
        method=asked_method(params, "VoiceMethod", before.method),
        fallback_url=asked_url(params, "VoiceFallbackUrl", before.fallback_url),
        fallback_method=asked_method(params, "VoiceFallbackMethod", before.fallback_method),
    )


def _callback(params: Params, before: StatusCallback | None) -> StatusCallback | None:
    url = asked_url(params, "StatusCallback", before.url if before else "")
    method = asked_method(params, "StatusCallbackMethod", before.method if before else "POST")
    return StatusCallback(url, method) if url else None
