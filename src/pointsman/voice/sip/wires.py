"""What the server and its telephone process say to each other: one JSON document a line.

The server sends `Order`s, numbered; each is answered by one `Done`. What happens on the lines by
itself comes as the other messages, in the order in which it happened. The first order is `Begin`.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from pointsman.voice.sip.settings import PhoneSettings

__all__ = [
    "Add",
    "Answer",
    "Answered",
    "Begin",
    "Closed",
    "Coach",
    "Connect",
    "Destroy",
    "Dial",
    "Done",
    "Hangup",
    "Held",
    "HoldMusic",
    "Incoming",
    "Joined",
    "Left",
    "Message",
    "Mute",
    "Order",
    "Play",
    "Played",
    "Pressed",
    "Record",
    "Recorded",
    "Remove",
    "Ringing",
    "SendDigits",
    "Sounded",
    "Stop",
    "WhileHeld",
    "decode_message",
    "decode_order",
    "encode",
]


class _Order(Struct, frozen=True, tag=True):
    number: int


class Begin(_Order, frozen=True, tag=True):
    """Listen. The first order, and given once."""

    settings: PhoneSettings
    recordings: str
    """The folder for recordings."""


class Dial(_Order, frozen=True, tag=True):
    """Call somebody; what becomes of it comes as messages of the leg."""

    leg: str
    uri: str
    from_: str
    timeout_s: float
    headers: dict[str, str]
    username: str
    password: str
    """What the other side asks for, or nothing."""


class Answer(_Order, frozen=True, tag=True):
    """Take an incoming call."""

    leg: str


class Hangup(_Order, frozen=True, tag=True):
    """End a leg in whatever state; an incoming one that was not answered is turned away as busy."""

    leg: str
    cause: str
    """How its end is told; empty: completed if it was answered, else canceled."""


class Play(_Order, frozen=True, tag=True):
    """Play WAV files to a leg or a bridge, `loop` times; 0 is for ever."""

    playback: str
    target: str
    paths: list[str]
    loop: int


class Stop(_Order, frozen=True, tag=True):
    """End a playback or a recording."""

    name: str


class HoldMusic(_Order, frozen=True, tag=True):
    """What a leg hears while it hears nothing else."""

    leg: str
    paths: list[str]
    """None of them: no more music."""


class WhileHeld(_Order, frozen=True, tag=True):
    """What somebody hears who talks with a leg that put him on hold; none of them: nothing."""

    leg: str
    paths: list[str]


class Connect(_Order, frozen=True, tag=True):
    """Make a bridge."""

    bridge: str


class Add(_Order, frozen=True, tag=True):
    """Put a leg into a bridge, or change how it takes part; refused when either is gone."""

    bridge: str
    leg: str
    mute: bool
    coach: str | None


class Remove(_Order, frozen=True, tag=True):
    """Take a leg out of a bridge."""

    bridge: str
    leg: str


class Destroy(_Order, frozen=True, tag=True):
    """Take everybody out of a bridge and forget it."""

    bridge: str


class Mute(_Order, frozen=True, tag=True):
    """Let nobody hear a leg, or let it be heard again."""

    leg: str
    on: bool


class Coach(_Order, frozen=True, tag=True):
    """Let only one hear a leg; without him everybody again."""

    leg: str
    whom: str | None


class Record(_Order, frozen=True, tag=True):
    """Record a leg or a bridge; `dual` is one channel for the first of the bridge, one for the rest.

    With `both` what a leg hears is recorded as well, in a channel of its own if there are two.
    """

    name: str
    target: str
    max_s: int
    silence_s: int
    finish_on: str
    beep: bool
    dual: bool
    trim: bool
    both: bool


class SendDigits(_Order, frozen=True, tag=True):
    """Press keys; `w` waits for half a second."""

    leg: str
    digits: str


Order = (
    Begin
    | Dial
    | Answer
    | Hangup
    | Play
    | Stop
    | HoldMusic
    | WhileHeld
    | Connect
    | Add
    | Remove
    | Destroy
    | Mute
    | Coach
    | Record
    | SendDigits
)


class Done(Struct, frozen=True, tag=True):
    """The order of this number was carried out; with words: it could not be."""

    number: int
    refused: str = ""


class Incoming(Struct, frozen=True, tag=True):
    """Somebody calls, from a trunk; `to` is the URI that he asks for."""

    leg: str
    from_: str
    to: str
    address: str
    sip_call_id: str


class Ringing(Struct, frozen=True, tag=True):
    """The phone rings."""

    leg: str


class Answered(Struct, frozen=True, tag=True):
    """The sound flows."""

    leg: str


class Closed(Struct, frozen=True, tag=True):
    """The leg is over; `cause` is a call status, `told` the stack's words."""

    leg: str
    cause: str
    told: str = ""


class Held(Struct, frozen=True, tag=True):
    """The phone put the other side on hold, or takes it back."""

    leg: str
    on: bool


class Pressed(Struct, frozen=True, tag=True):
    """A key was pressed and let go."""

    leg: str
    digit: str


class Played(Struct, frozen=True, tag=True):
    """A playback ended, or was stopped."""

    playback: str


class Recorded(Struct, frozen=True, tag=True):
    """A recording is complete; `digit` is the key that ended it."""

    name: str
    duration_s: float
    digit: str


class Joined(Struct, frozen=True, tag=True):
    """A leg is in the bridge."""

    bridge: str
    leg: str


class Left(Struct, frozen=True, tag=True):
    """A leg is no more in the bridge."""

    bridge: str
    leg: str


class Sounded(Struct, frozen=True, tag=True):
    """How a leg's sound went, told before its end: frames sent, those of them filled with silence
    because ours came late, and RTP packets received.
    """

    leg: str
    frames: int
    silent: int
    received: int


Message = (
    Done
    | Incoming
    | Ringing
    | Answered
    | Closed
    | Pressed
    | Held
    | Played
    | Recorded
    | Joined
    | Left
    | Sounded
)

_orders: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
_messages: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def encode(told: Order | Message) -> bytes:
    """One line."""
    return msgspec.json.encode(told) + b"\n"


def decode_order(line: bytes) -> Order:
    return _orders.decode(line)


def decode_message(line: bytes) -> Message:
    return _messages.decode(line)
