"""How the telephone process listens, and whom it trusts."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["PhoneSettings"]


class PhoneSettings(Struct, frozen=True):
    """Settings of the SIP stack."""

    interface: str
    """Address or interface that it listens on and calls from."""
    port: int
    """SIP over UDP and TCP; the next one is taken too, for TLS."""
    rtp_ports: tuple[int, int]
    """First and last port for sound."""
    trunks: tuple[str, ...]
    """Networks that calls are taken from; from elsewhere none are."""
    rtp_timeout_s: int = 30
    """Without sound for so long a leg counts as dead; 0: never."""
    max_calls: int | None = None
    """Legs at a time; a further call is answered "busy". None: as many as come."""
