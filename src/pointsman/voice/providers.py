"""The providers by their names in POINTSMAN_VOICE: the one place that knows them all.

A provider that needs more than a clock is made here from the settings; nothing else of voice may know
which one it is.
"""

from __future__ import annotations

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.outbound.client import Failed, Post, Poster
from pointsman.outbound.safety import parse_reach
from pointsman.runtime import Runtime
from pointsman.settings import Settings
from pointsman.voice.addresses import Routes
from pointsman.voice.asterisk.ari import AriSettings
from pointsman.voice.asterisk.provider import AsteriskProvider
from pointsman.voice.pace import Pace
from pointsman.voice.provider import VoiceProvider
from pointsman.voice.simulator import Simulator
from pointsman.voice.sip.provider import SipProvider
from pointsman.voice.sip.settings import PhoneSettings
from pointsman.voice.sounds import Download, Offload, Sounds
from pointsman.voice.speech import Espeak, Unplayable
from pointsman.voice.switchboard import Switchboard

__all__ = ["provider_named", "voice_of"]

LONGEST_SOUND = 32 * 1024 * 1024
SOUND_WITHIN_S = 15.0


def provider_named(
    settings: Settings, pace: Pace, ambient: Ambient, offload: Offload
) -> VoiceProvider:
    """The provider that the settings name, which is not `none`."""
    if settings.voice == "simulator":
        return Simulator(pace, ambient)
    fetch = _SoundsOfOthers(
        Poster(parse_reach(settings.callback_addresses), ambient=ambient), ambient
    )
    sounds = Sounds(settings.data / "sounds", Espeak(), fetch, offload)
    routes = Routes(
        settings.voice_number_uri,
        settings.voice_client_uri,
        tuple(_words(settings.voice_sip_hosts)),
        settings.voice_sip_uri,
    )
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
) -> Switchboard | None:
    """What carries calls, as the settings say; None: this server has no telephony."""
    if settings.voice == "none":
        return None
    provider = provider_named(settings, pace, ambient, offload)
    return Switchboard(provider, runtime, accounts, settings, ambient, pace)


class _SoundsOfOthers:
    """Fetches what `<Play>` names, under the address rules of webhooks: no account vouches for a sound."""

    def __init__(self, poster: Poster, ambient: Ambient) -> None:
        self._poster = poster
        self._ambient = ambient

    async def __call__(self, url: str, known_etag: str) -> Download | None:
        post = Post(
            url=url,
            form={},
            message_sid=self._ambient.new_sid("PV"),
            auth_token="",
            trusted=False,
            limit_s=SOUND_WITHIN_S,
            method="GET",
            longest_answer=LONGEST_SOUND,
        )
        try:
            answer = await self._poster.post(post)
        except Failed as failed:
            raise Unplayable(f"{url}: {failed.failure.message}") from failed
        if answer.status != 200:
            raise Unplayable(f"{url} answered with status {answer.status}")
        return Download(answer.body, "")


def _words(text: str) -> list[str]:
    return [word for word in (piece.strip() for piece in text.split(",")) if word]
