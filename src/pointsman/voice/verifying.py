"""Whether a number is its claimant's: it is called, and whoever answers has to enter the code.

Three tries; then, or when the call ends before, the claim has failed. Either end is told to the claim's
status callback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pointsman.voice.addresses import ANONYMOUS
from pointsman.voice.calls import StatusCallback
from pointsman.voice.lines import Line, parameters
from pointsman.voice.numbers import CallerId
from pointsman.voice.provider import Speech
from pointsman.voice.script import Run
from pointsman.voice.twiml import Element
from pointsman.voice.verbs import collected

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["Claim", "verify"]

TRIES = 3
QUESTION = "Please enter the six digits of your verification code."
THANKS = "Thank you. This number is verified."
FAREWELL = "The code was not right. Goodbye."


class Claim(Struct, frozen=True, kw_only=True):
    """An account says that a number is its own."""

    account_sid: str
    phone_number: str
    friendly_name: str
    code: str
    extension: str
    callback: StatusCallback | None


async def verify(board: Switchboard, claim: Claim) -> Line:
    """Call the number. Raises `ProviderGone`."""
    numbers = board.exchange.numbers.values()
    own = (one.phone_number for one in numbers if one.account_sid == claim.account_sid)
    line = await board.exchange.place(
        account_sid=claim.account_sid, to=claim.phone_number, from_=next(own, ANONYMOUS)
    )
    line.script = board.pace.spawn(_verify(board, line, claim), f"verification by {line.sid}")
    return line


async def _verify(board: Switchboard, line: Line, claim: Claim) -> None:
    """The whole call; it is canceled when the phone hangs up."""
    verified: CallerId | None = None
    try:
        while not line.is_up:
            await line.control.next()
        if claim.extension:
            await board.exchange.attempt(board.provider.send_digits(line.call.leg, claim.extension))
        run = Run(board, line, {})
        if await _enters(run, claim.code):
            verified = _granted(board, claim)
            board.put_caller_id(verified)
        await run.play([Speech(THANKS if verified else FAREWELL)])
    finally:
        _tell(board, line, claim, verified)
        board.exchange.spawn(board.exchange.hang_up(line))


async def _enters(run: Run, code: str) -> bool:
    keys = {"numDigits": str(len(code)), "finishOnKey": "", "timeout": "10"}
    question = Element("Gather", keys, [Element("Say", {}, [], [QUESTION])])
    for _ in range(TRIES):
        if (await collected(run, question))[0] == code:
            return True
    return False


def _granted(board: Switchboard, claim: Claim) -> CallerId:
    now = board.pace.now
    return CallerId(
        sid=board.ambient.new_sid("PN"),
        account_sid=claim.account_sid,
        phone_number=claim.phone_number,
        friendly_name=claim.friendly_name,
        date_created=now,
        date_updated=now,
    )


def _tell(board: Switchboard, line: Line, claim: Claim, verified: CallerId | None) -> None:
    if claim.callback is None:
        return
    fields = parameters(line.call) | {"VerificationStatus": "success" if verified else "failed"}
    if verified is not None:
        fields["OutgoingCallerIdSid"] = verified.sid
    board.status.send(claim.callback, fields, claim.account_sid, line.sid)
