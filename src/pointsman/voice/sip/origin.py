"""Where calls come from: the SIP stack's own trace tells the address and the number of each INVITE.

The stack's events name neither the sender's address nor the dialled number. Its trace has both, for
every message that arrived, and it is the address of the packet and not what a header claims. The
records come from a thread of the stack; they are handed over to the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict

from msgspec import Struct

__all__ = ["Invited", "Origins"]

TRACE = "baresip.native.sip"
_KEPT = 1000
_RECEIVED = re.compile(r"RX \S+ (\S+):\d+ -> ")
_CALL_ID = re.compile(r"^(?:call-id|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


class Invited(Struct, frozen=True):
    """An INVITE as it arrived: who sent the packet, and which URI it asks for."""

    address: str
    uri: str


class Origins(logging.Handler):
    """Remembers the INVITEs of the last calls; `of` waits for one for a moment."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._loop = asyncio.get_running_loop()
        self._invited: OrderedDict[str, Invited] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[Invited]] = {}

    def attach(self) -> None:
        """Begin to listen; from now on the trace goes here and nowhere else."""
        trace = logging.getLogger(TRACE)
        trace.setLevel(logging.DEBUG)
        trace.propagate = False
        trace.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Called by the stack's thread, for every message sent or received."""
        found = parse_invite(record.getMessage())
        if found is not None:
            self._loop.call_soon_threadsafe(self._note, *found)

    async def of(self, call_id: str, within_s: float) -> Invited | None:
        """The INVITE of a call; None when the trace does not tell it in time."""
        if call_id in self._invited:
            return self._invited[call_id]
        told = self._waiting.setdefault(call_id, self._loop.create_future())
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(told)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(call_id, None)

    def _note(self, call_id: str, invited: Invited) -> None:
        # The first one counts: a later one within the call may ask for something else.
        if call_id in self._invited:
            return
        self._invited[call_id] = invited
        while len(self._invited) > _KEPT:
            self._invited.popitem(last=False)
        told = self._waiting.get(call_id)
        if told is not None and not told.done():
            told.set_result(invited)


def parse_invite(text: str) -> tuple[str, Invited] | None:
    """The Call-ID and origin of a received INVITE; None for every other message."""
    head, _, message = text.partition("\n")
    received = _RECEIVED.match(head)
    if received is None or not message.startswith("INVITE "):
        return None
    found = _CALL_ID.search(message)
    if found is None:
        return None
    address = received.group(1).removeprefix("[").removesuffix("]")
    return found.group(1), Invited(address, message.split(" ", 2)[1])
