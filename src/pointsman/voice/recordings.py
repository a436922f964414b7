"""Recordings as records; their audio is the provider's to keep until it is fetched."""

from __future__ import annotations

from msgspec import Struct

from pointsman.voice.calls import StatusCallback

__all__ = ["Recording"]


class Recording(Struct, frozen=True, kw_only=True):
    """What was, or is being, recorded of a call or a conference."""

    sid: str
    account_sid: str
    source: str
    """RecordVerb, DialVerb, OutboundAPI, Conference, StartCallRecordingAPI."""
    date_created: int
    date_updated: int
    status: str = "in-progress"
    """in-progress, completed or absent."""
    call_sid: str | None = None
    conference_sid: str | None = None
    channels: int = 1
    length_ms: int = 0
    digit: str = ""
    error: str = ""
    callback: StatusCallback | None = None

    @property
    def is_live(self) -> bool:
        return self.status == "in-progress"

    @property
    def duration_s(self) -> int:
        return round(self.length_ms / 1000)
