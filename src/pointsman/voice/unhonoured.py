"""Parameters that change nothing: those that nobody offers here, and those that this provider cannot honour.

None is passed over in silence: whoever gives one has his call all the same, and a warning names it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pointsman.api.params import many, one

__all__ = ["UNHONOURED", "left_out", "unhonoured"]

UNHONOURED = 12200
NOT_OFFERED = (
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
    "Byoc",
    "CallReason",
    "CallToken",
    "CallerDisplayName",
    "ClientNotificationUrl",
    "MachineDetection",
    "MachineDetectionSilenceTimeout",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSpeechThreshold",
    "MachineDetectionTimeout",
    "Passports",
    "RecordingConfigurationId",
)
"""By no provider."""
NEEDS = {
    "ConferenceTrim": "trim",
    "EarlyMedia": "early_media",
    "JitterBufferSize": "jitter_buffer",
    "Record": "record",
    "ConferenceRecord": "record",
    "RecordingChannels": "record_dual",
    "Region": "region",
    "SendDigits": "digits",
    "SipAuthPassword": "sip_auth",
    "SipAuthUsername": "sip_auth",
    "Transcribe": "transcribe",
    "TranscriptionConfiguration": "transcribe",
    "Trim": "trim",
}
"""Parameters that a provider honours only when it has the capability."""
_ABSENT = (None, "", False, "false", "do-not-trim", "do-not-record", "mono")
# Differs from Twilio: who speaks in a conference is not noticed.
UNNOTICED = "speaker"
"""An event of a conference."""


def unhonoured(params: Mapping[str, Any], capabilities: Collection[str]) -> tuple[str, ...]:
    """The names of parameters that were given and change nothing."""
    names = [name for name in NOT_OFFERED if one(params, name) not in _ABSENT]
    if one(params, "RecordingTrack") not in (None, "", "both"):
        names.append("RecordingTrack")
    for name, capability in NEEDS.items():
        if capability not in capabilities and one(params, name) not in _ABSENT:
            names.append(name)
    told = "ConferenceStatusCallbackEvent"
    return (*names, f"{told} {UNNOTICED}") if UNNOTICED in many(params, told) else (*names,)


def left_out(name: str, provider: str) -> str:
    """The sentence of the warning."""
    return f"{name} is not offered by the provider {provider}; it is left out"
