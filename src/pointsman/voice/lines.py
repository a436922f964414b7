"""A live call: its record, what is told to whoever has it, and the task that runs on it.

A line is owned by one task at a time: the script of its TwiML, or the instruction that called a
worker. What happens to it (ringing, answered, ended) goes to all who watch it; what happens on it
(keys, ends of playbacks and recordings) to its owner alone.
"""

from __future__ import annotations

import asyncio

from msgspec import Struct

from pointsman.voice.calls import Call, CallStatus
from pointsman.voice.pace import Mailbox, Pace, Timer
from pointsman.voice.provider import Digit, PlaybackEnded, RecordingEnded

__all__ = [
    "Bridge",
    "BridgeOver",
    "Letter",
    "Line",
    "Lost",
    "Moved",
    "PutBack",
    "RoomOver",
    "Taken",
    "WaitOver",
    "parameters",
]

OnLine = Digit | PlaybackEnded | RecordingEnded


class Moved(Struct, frozen=True):
    """A call has a new status."""

    call_sid: str
    status: CallStatus


class Taken(Struct, frozen=True):
    """A parked call was taken out of its queue, to be bridged."""

    result: str
    """What its Enqueue tells at the end: bridged, or redirected."""


class BridgeOver(Struct, frozen=True):
    """The talk is over, and the other side is gone."""

    other_call_sid: str


class PutBack(Struct, frozen=True):
    """The parked call that was taken could not be bridged: it waits again, where it was."""


class WaitOver(Struct, frozen=True):
    """The document of a waiting caller says that he waits no more: leave, or hangup."""

    why: str


class Lost(Struct, frozen=True):
    """The reservation that the call is made for is no longer to be had."""

    reservation_sid: str


class RoomOver(Struct, frozen=True):
    """The call is no longer in the conference."""

    conference_sid: str


Letter = Moved | Taken | BridgeOver | PutBack | WaitOver | Lost | RoomOver


class Line:
    """One live call."""

    def __init__(self, call: Call, pace: Pace) -> None:
        self.call = call
        self.media: Mailbox[OnLine] = Mailbox(pace)
        self.control: Mailbox[Letter] = Mailbox(pace)
        self.watchers: list[Mailbox[Letter]] = [self.control]
        self.script: asyncio.Task[None] | None = None
        self.playback = ""
        """What is being played to it."""
        self.recording_sid: str | None = None
        self.room: str | None = None
        """The conference it is in."""
        self.leaving = "hangup"
        """Why its script is ended, when it is: hangup or redirected."""
        self.warned: set[str] = set()
        """What the developer was warned of."""
        self.limit: Timer | None = None
        """Ends it when it has been talked for so long as it may."""
        self.told = 0
        """How many status callbacks were begun."""

    @property
    def sid(self) -> str:
        return self.call.sid

    @property
    def is_up(self) -> bool:
        return self.call.status is CallStatus.IN_PROGRESS

    def renew(self, pace: Pace) -> None:
        """Forget what was told on it: whoever comes next begins anew."""
        self.media = Mailbox(pace)
        old, self.control = self.control, Mailbox(pace)
        self.watchers = [self.control if box is old else box for box in self.watchers]


class Bridge:
    """Two calls that are connected; it is over when one of them leaves."""

    def __init__(self, sid: str, lines: tuple[Line, Line], recording_sid: str | None) -> None:
        self.sid = sid
        self.lines = lines
        self.recording_sid = recording_sid
        self.is_made = False
        """Whether its end is told to its calls: not as long as it may come to nothing."""
        self.is_over = False

    def other(self, line: Line) -> Line:
        return self.lines[1] if self.lines[0] is line else self.lines[0]

    def make(self) -> None:
        """From now on it counts; what ended meanwhile is told now."""
        self.is_made = True
        if self.is_over:
            self.tell_over()

    def tell_over(self) -> None:
        for line in self.lines:
            line.control.put(BridgeOver(self.other(line).sid))


def parameters(call: Call) -> dict[str, str]:
    """What every request about a call tells."""
    told = {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
        "Direction": call.direction.value,
        "ApiVersion": "2010-04-01",
        "CallStatus": call.status.value,
    }
    if call.parent_call_sid is not None:
        told["ParentCallSid"] = call.parent_call_sid
    return told
