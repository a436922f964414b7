"""The documents that the carrier is given: each is what a leg shall do from now on, until it asks again.

They are made by the stock library, so that they are such as the carrier knows. Pure; who asks, and how it is
known that he may, is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from msgspec import Struct
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from pointsman.voice.provider import Builtin, Media, Sound, Speech
from pointsman.voice.twilio.asked import PATH
from pointsman.voice.twilio.legs import Leg, Playing, Taping

__all__ = ["Addresses", "announcement", "document", "gone"]

LONGEST_S = 3_600
KEYS_WITHIN_S = 1
"""So long after a key another one may follow before the keys are told."""
IDLE_S = 2


class Addresses(Struct, frozen=True):
    """Where the carrier finds us."""

    base: str

    def leg(self, name: str, **query: str) -> str:
        return self._at("legs", name, **query)

    def status(self, name: str) -> str:
        return self._at("status", name)

    def room(self, bridge: str) -> str:
        return self._at("rooms", bridge)

    def recording(self, name: str) -> str:
        return self._at("recordings", name)

    def announcement(self, playback: str) -> str:
        return self._at("announcements", playback)

    def sound(self, piece: Builtin) -> str:
        return self._at("sounds", f"{piece.name}.wav")

    def _at(self, kind: str, name: str, **query: str) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self.base}{PATH}/{kind}/{quote(name, safe='')}{asked}"

    def of(self, media: Sequence[Media]) -> str:
        """The address of a sound that takes the place of music: the first that has one."""
        for piece in media:
            if isinstance(piece, Sound):
                return piece.url
            if isinstance(piece, Builtin):
                return self.sound(piece)
        return self.sound(Builtin("music"))


def gone() -> str:
    """For a call that nobody here knows."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def document(leg: Leg, at: Addresses, coached: str = "") -> str:
    """What a leg shall do now; `coached` is the carrier's name of the call that its seat coaches."""
    response = VoiceResponse()
    told: dict[str, str] = {}
    if leg.turned_away:
        response.reject(reason=leg.turned_away)
        return str(response)
    if not leg.is_answered:
        response.pause(length=1)  # it rings on
    elif leg.tones:
        response.play(digits=leg.tones)
        told = {"sent": leg.tones}
    elif leg.taping is not None:
        _record(response, leg.name, leg.taping, at)
    elif leg.bridge is not None:
        response.append(_conference(leg, leg.bridge, at, coached))
        told = {"left": leg.bridge}
    elif leg.playing is not None:
        response.append(_prompts(leg.name, leg.playing, at))
        told = {"played": leg.playing.name}
    elif leg.music is not None:
        response.play(at.of(leg.music), loop=0)
    else:
        response.append(_listening(leg.name, IDLE_S, at))
    response.redirect(at.leg(leg.name, **told), method="POST")
    return str(response)


def announcement(media: Sequence[Media], loop: int, at: Addresses) -> str:
    """What everybody in a conference hears."""
    response = VoiceResponse()
    _say(response, media, loop, at)
    return str(response)


def _listening(leg: str, timeout_s: int, at: Addresses) -> Gather:
    """Keys are told, all that follow each other closely at once."""
    return Gather(
        input="dtmf",
        timeout=timeout_s,
        finish_on_key="",
        action=at.leg(leg, keys="1"),
        method="POST",
    )


def _prompts(leg: str, playing: Playing, at: Addresses) -> Gather:
    gather = _listening(leg, KEYS_WITHIN_S, at)
    _say(gather, playing.media, playing.loop if len(playing.media) == 1 else 1, at)
    return gather


def _say(parent: VoiceResponse | Gather, media: Sequence[Media], loop: int, at: Addresses) -> None:
    for piece in media:
        match piece:
            case Speech(text, language, voice):
                parent.say(text, language=language or None, voice=voice or None, loop=loop)
            case Sound(url):
                parent.play(url, loop=loop)
            case Builtin("silence", length_ms):
                parent.pause(length=-(-length_ms // 1000) * (loop or LONGEST_S))
            case Builtin():
                parent.play(at.sound(piece), loop=loop)


def _record(response: VoiceResponse, leg: str, taping: Taping, at: Addresses) -> None:
    response.record(
        action=at.leg(leg, taped=taping.name),
        method="POST",
        max_length=taping.max_s or LONGEST_S,
        timeout=taping.silence_s or LONGEST_S,
        finish_on_key=taping.finish_on,
        play_beep=taping.beep,
        trim="trim-silence" if taping.trim else "do-not-trim",
        recording_status_callback=at.recording(taping.name),
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )


def _conference(leg: Leg, bridge: str, at: Addresses, coached: str) -> Dial:
    dial = Dial()
    dial.conference(
        bridge,
        muted=leg.seat.muted,
        coach=coached or None,
        beep="false",
        start_conference_on_enter=True,
        end_conference_on_exit=False,
        wait_url="",
        participant_label=leg.name,
        status_callback=at.room(bridge),
        status_callback_method="POST",
        status_callback_event="join leave end announcement",
    )
    return dial
