"""`/2010-04-01/Accounts/AC…/OutgoingCallerIds`: numbers of somebody's own that calls may show as caller.

A number is verified by calling it: whoever picks up enters the six digits that the request was answered
with. Only then is it one of the account's.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from pointsman.api.addresses import dialable
from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, unsupported
from pointsman.voice.calls import StatusCallback
from pointsman.voice.numbers import CallerId
from pointsman.voice.old_api import (
    BAD_CALLBACK_URL,
    MemoryDoor,
    asked_method,
    asked_text,
    asked_url,
    oldest_first,
)
from pointsman.voice.placing import nobody_called
from pointsman.voice.provider import ProviderGone
from pointsman.voice.verifying import Claim, verify
from pointsman.wire.values import rfc2822

__all__ = ["CallerIdsRest"]

BAD_NUMBER, VERIFIED = 21401, 21450
LONGEST_NAME = 64


class CallerIdsRest(MemoryDoor[CallerId]):
    """The operations on the verified numbers of the asking account."""

    paths = re.compile(
        r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/OutgoingCallerIds"
        r"(?:/(PN[0-9a-fA-F]{32}))?(?:\.json)?"
    )

    async def _create(self, request: Request) -> Reply:
        """Call the number, to ask for the digits of the answer."""
        board, params = self._board, request.params
        account_sid = request.principal.account_sid
        number = dialable(asked_text(params, "PhoneNumber", ""))
        if number is None or ":" in number:
            raise Refused(400, BAD_NUMBER, "PhoneNumber has to be a number such as +4930123456")
        if board.owns(account_sid, number):
            raise Refused(400, VERIFIED, f"{number} is verified, or is a number of the account")
        if asked_text(params, "CallDelay", "0") != "0":
            raise unsupported("CallDelay")
        url = asked_url(params, "StatusCallback", "", BAD_CALLBACK_URL)
        claim = Claim(
            account_sid=account_sid,
            phone_number=number,
            friendly_name=_name(request, number),
            code=_code(board.ambient.random_bytes(8)),
            extension=_extension(request),
            callback=StatusCallback(url, asked_method(params, "StatusCallbackMethod", "POST"))
            if url
            else None,
        )
        if not board.exchange.is_up:
            raise nobody_called(ProviderGone("the voice provider is down"))
        try:
            line = await verify(board, claim)
        except ProviderGone as gone:
            raise nobody_called(gone) from gone
        told = {
            "account_sid": account_sid,
            "call_sid": line.sid,
            "friendly_name": claim.friendly_name,
            "phone_number": number,
            "validation_code": claim.code,
        }
        return Reply(200, told)

    def _changed(self, request: Request, before: CallerId) -> CallerId:
        return replace(
            before,
            friendly_name=_name(request, before.friendly_name),
            date_updated=self._board.pace.now,
        )

    def _put(self, record: CallerId) -> None:
        self._board.put_caller_id(record)

    def _of_account(self, account_sid: str) -> dict[str, CallerId]:
        ids = self._board.caller_ids.values()
        return {one.sid: one for one in ids if one.account_sid == account_sid}

    def _listed(self, request: Request) -> Reply:
        names = ("PhoneNumber", "FriendlyName")
        number, name = (asked_text(request.params, wanted, "") for wanted in names)
        found = {
            sid: one
            for sid, one in self._of_account(request.principal.account_sid).items()
            if (not number or one.phone_number == dialable(number))
            and name in ("", one.friendly_name)
        }
        return oldest_first(request, "outgoing_caller_ids", found, self._shown)

    def _shown(self, record: CallerId) -> dict[str, Any]:
        place = f"/2010-04-01/Accounts/{record.account_sid}/OutgoingCallerIds/{record.sid}.json"
        return {
            "sid": record.sid,
            "account_sid": record.account_sid,
            "friendly_name": record.friendly_name,
            "phone_number": record.phone_number,
            "date_created": rfc2822(record.date_created),
            "date_updated": rfc2822(record.date_updated),
            "uri": place,
        }


def _name(request: Request, otherwise: str) -> str:
    name = asked_text(request.params, "FriendlyName", otherwise)
    if len(name) > LONGEST_NAME:
        raise Refused(400, 20001, f"FriendlyName is longer than {LONGEST_NAME} characters")
    return name


def _extension(request: Request) -> str:
    keys = asked_text(request.params, "Extension", "")
    if not re.fullmatch(r"[0-9*#wW]{0,32}", keys):
        raise Refused(400, 20001, "Extension has to be keys of a phone")
    return keys.replace("W", "ww")


def _code(random: bytes) -> str:
    """Six digits, the first of them no zero."""
    return str(100_000 + int.from_bytes(random) % 900_000)
