"""The providers by their names in POINTSMAN_VOICE: the one place that knows them all.

A provider that needs more than a clock is made here from the settings; nothing else of voice may know
which one it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.outbound.client import Failed, Post, Poster
from pointsman.outbound.safety import LookUp, Reach, parse_reach
from pointsman.runtime import Runtime
from pointsman.settings import Settings
from pointsman.voice.addresses import Routes
from pointsman.voice.asterisk.ari import AriSettings
from pointsman.voice.asterisk.provider import AsteriskProvider
from pointsman.voice.pace import Pace
from pointsman.voice.provider import ProviderGone, VoiceProvider
from pointsman.voice.simulator import Simulator
from pointsman.voice.sip.provider import SipProvider
from pointsman.voice.sip.settings import PhoneSettings
from pointsman.voice.sounds import Download, Offload, Sounds
from pointsman.voice.speech import Espeak, Tts, Unplayable, piper
from pointsman.voice.switchboard import Switchboard
from pointsman.voice.twilio.asked import AnswerCarrier

__all__ = ["provider_named", "voice_of"]

LONGEST_SOUND = 32 * 1024 * 1024
_SOUND: dict[str, Any] = {
    "form": {},
    "auth_token": "",
    "trusted": False,
    "limit_s": 15.0,
    "method": "GET",
    "longest_answer": LONGEST_SOUND,
}
"""How a sound is asked for."""


def provider_named(
    settings: Settings, pace: Pace, ambient: Ambient, offload: Offload, names: LookUp
) -> VoiceProvider:
    """The provider that the settings name, which is not `none`."""
    if settings.voice == "simulator":
        return Simulator(pace, ambient)
    sounds, routes = _sounds(settings, ambient, offload, names), _routes(settings)
    if settings.voice == "asterisk":
        asterisk = AriSettings(
            settings.asterisk_url, settings.asterisk_user, settings.asterisk_password
        )
        return AsteriskProvider(asterisk, routes, sounds, pace)
    assert settings.voice == "sip", "the settings know every provider"
    first = settings.sip_rtp_from
    phone = PhoneSettings(
        settings.sip_interface,
        settings.sip_port,
        (first, first + settings.sip_rtp_ports - 1),
        tuple(_words(settings.sip_trunks)),
        settings.sip_rtp_timeout_s,
    )
    recordings = settings.data / "recordings"
    return SipProvider(phone, routes, sounds, recordings, pace, offload)


def voice_of(
    settings: Settings,
    runtime: Runtime,
    accounts: Accounts,
    ambient: Ambient,
    pace: Pace,
    offload: Offload,
    names: LookUp,
) -> Switchboard | None:
    """What carries calls, as the settings say; None: this server has no telephony."""
    if settings.voice == "none":
        return None
    if settings.voice == "twilio":
        provider, hooks = _carried(settings, pace, ambient, offload, names)
        board = Switchboard(provider, runtime, accounts, settings, ambient, pace, names)
        board.answer_carrier = hooks
        return board
    provider = provider_named(settings, pace, ambient, offload, names)
    return Switchboard(provider, runtime, accounts, settings, ambient, pace, names)


def _carried(
    settings: Settings, pace: Pace, ambient: Ambient, offload: Offload, names: LookUp
) -> tuple[VoiceProvider, AnswerCarrier]:
    """The provider `twilio` and what answers its carrier. Raises `ProviderGone`."""
    try:
        from pointsman.voice.twilio.documents import Addresses
        from pointsman.voice.twilio.hooks import Hooks
        from pointsman.voice.twilio.provider import TwilioProvider
        from pointsman.voice.twilio.settings import CarrierSettings, stock_client
    except ModuleNotFoundError as missing:
        told = "POINTSMAN_VOICE=twilio needs the stock library: pip install 'pointsman[twilio]'"
        raise ProviderGone(told) from missing
    carrier = CarrierSettings(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        settings.twilio_api_url,
        settings.public_url,
    )
    provider = TwilioProvider(
        lambda: stock_client(carrier),
        Addresses(settings.public_url),
        _routes(settings),
        settings.data / "recordings",
        _SoundsOfCarrier(
            Poster(Reach(everything=True), look_up=names, ambient=ambient),
            ambient,
            f"{carrier.account_sid}:{carrier.auth_token}",
        ),
        pace,
        offload,
    )
    sounds = _sounds(settings, ambient, offload, names)
    return provider, Hooks(provider, carrier.auth_token, sounds.builtin).answer


def _sounds(settings: Settings, ambient: Ambient, offload: Offload, names: LookUp) -> Sounds:
    reach = parse_reach(settings.callback_addresses)
    poster = Poster(reach, look_up=names, ambient=ambient)
    fetch = _SoundsOfOthers(poster, ambient)
    return Sounds(settings.data / "sounds", _speaker(settings), fetch, offload)


def _speaker(settings: Settings) -> Tts:
    """Who says what is to be said. Raises `ProviderGone` when he is not there."""
    if not settings.voice_piper_model:
        return Espeak()
    try:
        return piper(Path(settings.voice_piper_model))
    except Unplayable as missing:
        told = f"POINTSMAN_VOICE_PIPER_MODEL cannot be used: {missing}"
        raise ProviderGone(told) from missing


def _routes(settings: Settings) -> Routes:
    return Routes(
        settings.voice_number_uri,
        settings.voice_client_uri,
        tuple(_words(settings.voice_sip_hosts)),
        settings.voice_sip_uri,
    )


class _SoundsOfOthers:
    """Fetches what `<Play>` names, under the address rules of webhooks: no account vouches for a sound."""

    def __init__(self, poster: Poster, ambient: Ambient) -> None:
        self._poster = poster
        self._ambient = ambient

    async def __call__(self, url: str, known_etag: str) -> Download | None:
        sid = self._ambient.new_sid("PV")
        return Download(await _fetched(self._poster, Post(url=url, message_sid=sid, **_SOUND)), "")


class _SoundsOfCarrier:
    """Fetches recordings, with the account's credentials."""

    def __init__(self, poster: Poster, ambient: Ambient, login: str) -> None:
        self._poster = poster
        self._ambient = ambient
        self._login = login

    async def __call__(self, url: str) -> bytes:
        asked = url.replace("://", f"://{self._login}@", 1)
        sid = self._ambient.new_sid("PV")
        return await _fetched(self._poster, Post(url=asked, message_sid=sid, **_SOUND))


async def _fetched(poster: Poster, post: Post) -> bytes:
    shown = post.url.rpartition("@")[2] if "@" in post.url.partition("?")[0] else post.url
    try:
        answer = await poster.post(post)
    except Failed as failed:
        raise Unplayable(f"{shown}: {failed.failure.message}") from failed
    if answer.status != 200:
        raise Unplayable(f"{shown} answered with status {answer.status}")
    return answer.body


def _words(text: str) -> list[str]:
    return [word for word in (piece.strip() for piece in text.split(",")) if word]
