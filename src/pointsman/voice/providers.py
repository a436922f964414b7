"""The providers by their names in POINTSMAN_VOICE: the one place that knows them all.

A provider that needs more than a clock is made here from the settings; nothing else of voice may know
which one it is.
"""

from __future__ import annotations

from pointsman.ambient import Ambient
from pointsman.settings import Settings
from pointsman.voice.pace import Pace
from pointsman.voice.provider import VoiceProvider
from pointsman.voice.simulator import Simulator

__all__ = ["UnknownProvider", "provider_named"]


class UnknownProvider(Exception):
    """The provider cannot be used; the message is a sentence for the operator."""


def provider_named(settings: Settings, pace: Pace, ambient: Ambient) -> VoiceProvider:
    """The provider that the settings name. Raises `UnknownProvider`."""
    if settings.voice == "simulator":
        return Simulator(pace, ambient)
    raise UnknownProvider(f"POINTSMAN_VOICE={settings.voice} is not offered by this version.")
