"""The providers by their names in POINTSMAN_VOICE: the one place that knows them all.

A provider that needs more than a clock is made here from the settings; nothing else of voice may know
which one it is.
"""

from __future__ import annotations

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.runtime import Runtime
from pointsman.settings import Settings
from pointsman.voice.pace import Pace
from pointsman.voice.provider import VoiceProvider
from pointsman.voice.simulator import Simulator
from pointsman.voice.switchboard import Switchboard

__all__ = ["provider_named", "voice_of"]


def provider_named(settings: Settings, pace: Pace, ambient: Ambient) -> VoiceProvider:
    """The provider that the settings name, which is not `none`."""
    assert settings.voice == "simulator", "the settings know every provider"
    return Simulator(pace, ambient)


def voice_of(
    settings: Settings, runtime: Runtime, accounts: Accounts, ambient: Ambient, pace: Pace
) -> Switchboard | None:
    """What carries calls, as the settings say; None: this server has no telephony."""
    if settings.voice == "none":
        return None
    provider = provider_named(settings, pace, ambient)
    return Switchboard(provider, runtime, accounts, settings, ambient, pace)
