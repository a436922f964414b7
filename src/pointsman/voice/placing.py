"""A call that REST asks for: what may be asked, and what is done for it besides its TwiML.

What the provider cannot honour leaves the call working and raises a warning that names it. Whom the
call may show as its caller is the switchboard's rule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pointsman.api.addresses import dialable
from pointsman.api.errors import Refused
from pointsman.api.params import Params
from pointsman.voice.calls import Source, StatusCallback
from pointsman.voice.lines import Letter, Line
from pointsman.voice.old_api import (
    LEG_EVENTS,
    RECORDING_EVENTS,
    asked_callback,
    asked_flag,
    asked_method,
    asked_text,
    asked_url,
    asked_whole,
)
from pointsman.voice.pace import Mailbox
from pointsman.voice.provider import ProviderGone, SipAuth
from pointsman.voice.tolls import TOO_MANY_CALLS, TooManyCalls
from pointsman.voice.twiml import BadTwiml, parse
from pointsman.voice.unhonoured import UNHONOURED, left_out, unhonoured

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = [
    "Order",
    "call",
    "document_of",
    "limit",
    "nobody_called",
    "order_of",
    "ordered",
    "place",
    "record",
    "time_limit",
]

NO_TO, BAD_TO, BAD_FROM, NO_FROM, NOT_OWN = 21201, 21211, 21212, 21213, 21210
DOWN = 20503
BAD_URL, BAD_DIGITS, BAD_TIMEOUT, BAD_METHOD, BAD_APPLICATION = 21205, 21206, 21208, 21209, 21218
BAD_DOCUMENT = 12100
LONGEST_TIMEOUT_S = 600
LONGEST_CALL_S = 86_400


class Order(Struct, frozen=True, kw_only=True):
    """A call as it was asked for."""

    to: str
    from_: str
    source: Source
    callback: StatusCallback | None
    timeout_s: int
    time_limit_s: int | None
    send_digits: str
    record: bool
    recording: dict[str, Any] = field(default_factory=dict)
    recording_callback: StatusCallback | None = None
    auth: SipAuth | None = None
    unhonoured: tuple[str, ...] = ()


def order_of(board: Switchboard, account_sid: str, params: Params) -> Order:
    """What the parameters ask for. Raises `Refused`."""
    _called(params)
    source = document_of(params)
    if source is None:
        raise Refused(400, BAD_URL, "Url or Twiml is required: what the call runs")
    return ordered(board, account_sid, params, source)


def ordered(board: Switchboard, account_sid: str, params: Params, source: Source) -> Order:
    """The same, of a call that runs this, whatever the parameters say of a document."""
    to = _called(params)
    digits = asked_text(params, "SendDigits", "")
    if not re.fullmatch(r"[0-9A-D*#wW]{0,32}", digits):
        raise Refused(400, BAD_DIGITS, "SendDigits has to be keys of a phone, w or W")
    timeout_s = _number(params, "Timeout", 60, LONGEST_TIMEOUT_S, BAD_TIMEOUT)
    user, password = (
        asked_text(params, "SipAuthUsername", ""),
        asked_text(params, "SipAuthPassword", ""),
    )
    return Order(
        to=to,
        from_=_caller(board, account_sid, params, to),
        source=source,
        callback=asked_callback(params, "StatusCallback", LEG_EVENTS, ("completed",)),
        timeout_s=timeout_s or 60,
        time_limit_s=time_limit(params),
        send_digits=digits.replace("W", "ww"),
        record=asked_flag(params, "Record"),
        recording=_recording(params),
        recording_callback=asked_callback(
            params, "RecordingStatusCallback", RECORDING_EVENTS, ("completed",)
        ),
        auth=SipAuth(user, password) if user else None,
        unhonoured=unhonoured(params, board.provider.capabilities),
    )


def _called(params: Params) -> str:
    given = asked_text(params, "To", "")
    if not given:
        raise Refused(400, NO_TO, "To is required: the number, client or SIP address to call")
    to = dialable(given)
    if to is None:
        told = f"To {given!r} is not a phone number, client:… or sip:…"
        raise Refused(400, BAD_TO, told)
    return to


def _caller(board: Switchboard, account_sid: str, params: Params, to: str) -> str:
    """The address that the called phone is shown."""
    if not asked_text(params, "From", ""):
        raise Refused(400, NO_FROM, "From is required: a number of this account, or client:…")
    shown = ""
    for name in ("From", "CallerId"):
        given = asked_text(params, name, "")
        if not given:
            continue
        shown = dialable(given) or ""
        if not shown or (shown.startswith("client:") and ":" not in to):
            told = f"{name} {given!r} cannot be shown as caller; it has to be a phone number"
            raise Refused(400, BAD_FROM, told)
        if not shown.startswith("client:") and not board.may_call_as(account_sid, shown, None):
            told = (
                f"{name} {given} is neither a number of this account nor one of its verified "
                "caller IDs"
            )
            raise Refused(400, NOT_OWN, told)
    return shown


def document_of(params: Params) -> Source | None:
    """The document that the parameters name, if they name one."""
    address, twiml = asked_url(params, "Url", "", BAD_URL), asked_text(params, "Twiml", "")
    if not address and not twiml:
        if asked_text(params, "ApplicationSid", ""):
            told = "Applications are not offered here: give the call its Url or Twiml"
            raise Refused(400, BAD_APPLICATION, told)
        return None
    if not address:
        try:
            parse(twiml.encode())
        except BadTwiml as bad:
            raise Refused(400, BAD_DOCUMENT, f"Twiml: {bad}") from bad
    return Source(
        url=address,
        method=asked_method(params, "Method", "POST", BAD_METHOD),
        fallback_url=asked_url(params, "FallbackUrl", "", BAD_URL),
        fallback_method=asked_method(params, "FallbackMethod", "POST", BAD_METHOD),
        twiml="" if address else twiml,
    )


def time_limit(params: Params) -> int | None:
    return _number(params, "TimeLimit", None, LONGEST_CALL_S, 20001)


def _number(params: Params, name: str, otherwise: int | None, most: int, code: int) -> int | None:
    if not asked_text(params, name, ""):
        return otherwise
    number = asked_whole(params, name, 0, code)
    if not 1 <= number <= most:
        raise Refused(400, code, f"{name} has to be between 1 and {most} seconds")
    return number


def _recording(params: Params) -> dict[str, bool]:
    """How a call is recorded."""
    channels = asked_text(params, "RecordingChannels", "mono")
    if channels not in ("mono", "dual"):
        raise Refused(400, 20001, "RecordingChannels has to be mono or dual")
    trim = asked_text(params, "Trim", "do-not-trim")
    if trim not in ("trim-silence", "do-not-trim"):
        raise Refused(400, 20001, "Trim has to be trim-silence or do-not-trim")
    return {"trim": trim == "trim-silence", "dual": channels == "dual"}


# --- carried out -------------------------------------------------------------------------------


def nobody_called(gone: ProviderGone) -> Refused:
    """What a request for a call is answered with when none was begun."""
    if isinstance(gone, TooManyCalls):
        return Refused(429, TOO_MANY_CALLS, str(gone), {"Retry-After": "60"})
    return Refused(503, DOWN, f"Nobody was called: {gone}", {"Retry-After": "5"})


async def place(board: Switchboard, account_sid: str, order: Order) -> Line:
    """Call, and take care of the call until its end. Raises `ProviderGone`."""
    line = await call(board, account_sid, order)
    board.pace.spawn(_accompany(board, line, order), f"order of {line.sid}")
    return line


async def call(board: Switchboard, account_sid: str, order: Order) -> Line:
    """Call, and warn of what is left out. Raises `ProviderGone`."""
    line = await board.exchange.place(
        account_sid=account_sid,
        to=order.to,
        from_=order.from_,
        timeout_s=order.timeout_s,
        source=order.source,
        callback=order.callback,
        auth=order.auth,
        time_limit_s=order.time_limit_s,
    )
    for name in order.unhonoured:
        told = left_out(name, board.provider.name)
        board.desk.alert_account(account_sid, UNHONOURED, told, line.sid)
    return line


async def record(board: Switchboard, line: Line, order: Order) -> None:
    """Record the call, if that was asked for."""
    if order.record and "Record" not in order.unhonoured:
        await board.exchange.recorder.record_both(
            line, source="OutboundAPI", callback=order.recording_callback, **order.recording
        )


async def _accompany(board: Switchboard, line: Line, order: Order) -> None:
    """At the answer: record, press keys, run the document; then the time limit."""
    box: Mailbox[Letter] = Mailbox(board.pace)
    line.watchers.append(box)
    while not line.is_up:
        if not line.call.is_live:
            return
        await box.next()
    lacking, exchange = order.unhonoured, board.exchange
    await record(board, line, order)
    if order.send_digits and "SendDigits" not in lacking:
        await exchange.attempt(board.provider.send_digits(line.call.leg, order.send_digits))
    exchange.start_script(line, order.source)
    limit(board, line)


def limit(board: Switchboard, line: Line) -> None:
    """End the call when it has been talked for so long as it may."""
    seconds, since = line.call.time_limit_s, line.call.start_at
    if seconds is None or since is None:
        return
    if line.limit is not None:
        line.limit.cancel()
    line.limit = board.pace.at(
        since + seconds * 1000, lambda: board.exchange.spawn(board.exchange.hang_up(line))
    )
