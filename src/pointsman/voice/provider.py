"""The port to whatever carries calls: legs, bridges, playing, recording, digits, and their events.

A *leg* is one connection to one phone, a *bridge* a place where legs hear each other. Names of both,
and of playbacks and recordings, are strings: ours (a SID) wherever we make the thing, the provider's
own for a leg that comes in. Nothing here knows tasks, TwiML or REST.

Rules for every provider:
- A method returns when the engine has taken the command; what comes of it is told by events. It
  never waits for a phone.
- Every method is idempotent, and does nothing for a leg, bridge, playback or recording that has ended
  or was never there: the race between a hang-up and a command is everyday life, no error.
- A method raises `ProviderGone` when the engine cannot be reached, and `NotOffered` for what
  `capabilities` does not name. It raises nothing else.
- Events go to the sink on the event loop's thread, in the order in which they happened as far as the
  engine tells; a leg's `LegEnded` is told exactly once and is its last. Whoever listens has to cope
  with events twice or late all the same.

Who hears whom: a leg hears what is played to it, or else its hold music while that is on; in a bridge
also the voices of the other members that are not muted, and what is played to the bridge. Never
its own voice. A coach is heard by the member he coaches only, and hears everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field

__all__ = [
    "CAPABILITIES",
    "BridgeJoined",
    "BridgeLeft",
    "Builtin",
    "Cause",
    "Digit",
    "Event",
    "EventSink",
    "LegAnswered",
    "LegEnded",
    "LegEvent",
    "LegIncoming",
    "LegRinging",
    "Media",
    "NotOffered",
    "PlaybackEnded",
    "ProviderDown",
    "ProviderGone",
    "ProviderUp",
    "RecordingEnded",
    "SipAuth",
    "Sound",
    "Speech",
    "VoiceProvider",
]

CAPABILITIES = frozenset(
    {
        "bridge",  # two or more legs hear each other
        "client",  # `client:name` addresses can be called
        "coach",  # `coach` of `add` and `coach()`
        "bridge_digits",  # the same of legs in a bridge
        "digits",  # `Digit` events, and `send_digits`
        "early_media",  # a leg hears its caller's side before it is answered
        "hold_music",  # with media of one's own
        "jitter_buffer",  # the size can be chosen
        "play",  # Sound and Builtin
        "record",  # `record` of a leg or a bridge
        "record_dual",  # with one channel for each party
        "region",  # the place of the media can be chosen
        "say",  # Speech
        "sip",  # `sip:` addresses can be called
        "sip_auth",  # with user and password
        "survives_restart",  # legs live on when our process ends; `start` names them
        "transcribe",  # recordings become text
        "trim",  # silence is cut from recordings
    }
)
"""Every word that `VoiceProvider.capabilities` may hold."""


class ProviderGone(Exception):
    """The engine cannot be reached; nothing was done. A `ProviderDown` was told or will be."""


class NotOffered(Exception):
    """The provider has no such thing; the message names the capability."""


# --- what is played ----------------------------------------------------------------------------


class Speech(Struct, frozen=True):
    """Text to be spoken; markup was taken out."""

    text: str
    language: str = ""
    """Such as `en-US`; empty: the provider's own."""
    voice: str = ""


class Sound(Struct, frozen=True):
    """Audio behind an http or https URL; whoever fetches it does so through `outbound`."""

    url: str


class Builtin(Struct, frozen=True):
    """A sound every provider has: `beep`, `ring`, `music`, or `silence` for `length_ms`."""

    name: str
    length_ms: int = 0


Media = Speech | Sound | Builtin


class SipAuth(Struct, frozen=True):
    """What the other side asks for before it lets a call through."""

    username: str
    password: str


# --- events ------------------------------------------------------------------------------------


class Cause(StrEnum):
    """How a leg ended; the words are those of CallStatus."""

    COMPLETED = "completed"
    """It was answered, and somebody hung up."""
    BUSY = "busy"
    """SIP 486, 600 and 603, Q.850 17."""
    NO_ANSWER = "no-answer"
    """It rang until the time was up: our timer, SIP 408 or 487 because of it, Q.850 19."""
    FAILED = "failed"
    """There is no such phone, or it cannot be reached: SIP 404, 480, 484, 5xx, Q.850 1, 3, 34, 38."""
    CANCELED = "canceled"
    """`hangup` before it was answered, or an incoming caller gave up before that."""


class LegEvent(Struct, frozen=True):
    """Something about one leg."""

    leg: str


class LegIncoming(LegEvent, frozen=True):
    """A phone calls in and waits for `answer` or `reject`; it hears ringing until then.

    Told only of trunks and clients that the provider is configured to trust.
    """

    from_: str
    """E.164, `client:name` or `sip:…`."""
    to: str
    """What was dialled, in the same form."""
    headers: Mapping[str, str] = field(default_factory=dict)


class LegRinging(LegEvent, frozen=True):
    """The called phone rings."""


class LegAnswered(LegEvent, frozen=True):
    """Media flows: the called phone was picked up, or our `answer` was carried out."""


class LegEnded(LegEvent, frozen=True):
    """The leg is gone, and with it its playbacks, recordings and place in a bridge.

    The ends of those are told before it.
    """

    cause: Cause
    code: int = 0
    """The engine's number for it (SIP status or Q.850 cause), 0 if there is none."""
    reason: str = ""


class Digit(LegEvent, frozen=True):
    """The phone sent one of 0-9, *, #, A-D."""

    digit: str


class PlaybackEnded(Struct, frozen=True):
    """It was played to its end or stopped; `error` is a sentence when it could not be played."""

    playback: str
    error: str = ""


class RecordingEnded(Struct, frozen=True):
    """The recording can be fetched now; `error` is a sentence when there is none."""

    recording: str
    length_ms: int
    digit: str = ""
    """The key that finished it, of `finish_on`."""
    error: str = ""


class BridgeJoined(Struct, frozen=True):
    """The leg is in the bridge."""

    bridge: str
    leg: str


class BridgeLeft(Struct, frozen=True):
    """The leg is no longer in the bridge: removed, moved, ended, or the bridge was destroyed."""

    bridge: str
    leg: str


class ProviderDown(Struct, frozen=True):
    """The engine cannot be reached. Without `survives_restart` every leg's LegEnded came before."""

    reason: str


class ProviderUp(Struct, frozen=True):
    """The engine can be reached again; `legs` are those that live now, all others have ended."""

    legs: frozenset[str] = frozenset()


Event = (
    LegIncoming
    | LegRinging
    | LegAnswered
    | LegEnded
    | Digit
    | PlaybackEnded
    | RecordingEnded
    | BridgeJoined
    | BridgeLeft
    | ProviderDown
    | ProviderUp
)
EventSink = Callable[[Event], None]


# --- the port ----------------------------------------------------------------------------------


class VoiceProvider(Protocol):
    """What carries calls."""

    @property
    def name(self) -> str:
        """The word of POINTSMAN_VOICE."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What it offers, of `CAPABILITIES`; it does not change while the provider runs."""

    async def start(self, sink: EventSink) -> frozenset[str]:
        """Connect, tell events to `sink` from now on, and name the legs that live already.

        It keeps connecting by itself: when the engine is not there yet, it answers with no legs,
        tells `ProviderDown`, and `ProviderUp` with the legs once it is. Raises only `ProviderGone`
        with a sentence for the operator, for what trying again cannot mend.
        """

    async def stop(self) -> None:
        """Tell nothing more and let go; legs that cannot outlive the process are hung up."""

    # legs

    async def answer(self, leg: str) -> None:
        """Pick up an incoming leg: `LegAnswered`, or `LegEnded` when the caller was faster."""

    async def reject(self, leg: str, *, busy: bool) -> None:
        """Turn an unanswered incoming leg away, as busy or as refused: `LegEnded`, cause busy or failed."""

    async def hangup(self, leg: str) -> None:
        """End the leg in whatever state: `LegEnded`, cause completed if it was answered, else canceled."""

    async def originate(
        self,
        leg: str,
        to: str,
        from_: str,
        *,
        timeout_s: int,
        headers: Mapping[str, str],
        auth: SipAuth | None = None,
    ) -> None:
        """Call a phone: `LegRinging`, then `LegAnswered` or `LegEnded`; after `timeout_s` no-answer.

        `leg` is ours and new. `to` and `from_` are E.164, `client:name` or `sip:…`; an address that
        the provider has no route for ends the leg as failed with a reason (the fence against toll fraud:
        only configured templates are dialled).
        """

    # playing

    async def play(
        self, playback: str, target: str, media: Sequence[Media], *, loop: int = 1
    ) -> None:
        """Play these one after another to a leg or a bridge, `loop` times (0: until stopped).

        `PlaybackEnded` follows. One target plays one thing at a time: a second `play` ends the first.
        What cannot be fetched or spoken ends the playback with an error.
        """

    async def stop_playing(self, playback: str) -> None:
        """End it: `PlaybackEnded`."""

    async def hold_music(self, leg: str, *, on: bool, media: Sequence[Media] = ()) -> None:
        """Let the leg hear music until it is turned off; without media the provider's own.

        While something is played to the leg the music is silent, and goes on afterwards.
        """

    # bridges

    async def create_bridge(self, bridge: str) -> None:
        """Make an empty bridge; one that exists stays as it is."""

    async def add(
        self, bridge: str, leg: str, *, muted: bool = False, coach: str | None = None
    ) -> bool:
        """Put an answered leg into the bridge, out of any other; its hold music ends.

        False when leg or bridge has ended: this decides the race between answer and hang-up. With
        `coach`, a leg of the same bridge, only that one hears him. `BridgeJoined` follows.
        """

    async def remove(self, bridge: str, leg: str) -> None:
        """Take it out; it lives on in silence. `BridgeLeft` follows. Its muting and coaching end."""

    async def destroy(self, bridge: str) -> None:
        """End the bridge; its legs live on in silence, each with a `BridgeLeft`."""

    async def mute(self, leg: str, *, on: bool) -> None:
        """Let the others of its bridge hear nothing of this leg, or hear it again."""

    async def coach(self, leg: str, whom: str | None) -> None:
        """Let only `whom`, of the same bridge, hear this leg; None: everybody again."""

    # recording

    async def record(
        self,
        recording: str,
        target: str,
        *,
        max_s: int = 0,
        silence_s: int = 0,
        beep: bool = False,
        finish_on: str = "",
        dual: bool = False,
        trim: bool = False,
    ) -> None:
        """Record what a leg says, or all that is said in a bridge, as WAV (8 kHz, 16 bit).

        It ends after `max_s`, after `silence_s` of silence (0: never), at a key of `finish_on`, by
        `stop_recording`, or with its target: `RecordingEnded`. With `beep` one is heard before.
        """

    async def record_call(
        self, recording: str, leg: str, *, dual: bool = False, trim: bool = False
    ) -> None:
        """Record what a leg says and what it hears, wherever it goes, as WAV.

        It ends by `stop_recording`, or with the leg: `RecordingEnded`.
        """

    async def stop_recording(self, recording: str) -> None:
        """End it: `RecordingEnded`."""

    async def fetch_recording(self, recording: str) -> bytes:
        """The WAV file of an ended recording; empty when there is none."""

    async def delete_recording(self, recording: str) -> None:
        """Forget its audio."""

    # digits

    async def send_digits(self, leg: str, digits: str) -> None:
        """Send keys (0-9, *, #, A-D; `w` waits half a second) to the phone."""
