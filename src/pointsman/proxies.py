"""Requests that came through a proxy, as the proxy's client made them.

Only what a trusted address says of its client is believed: anybody else could claim any host or
address. With several values in one header the last one counts, which the nearest proxy wrote.
"""

from __future__ import annotations

import ipaddress
from collections.abc import MutableMapping
from typing import Any

__all__ = ["Proxies"]

Scope = MutableMapping[str, Any]

_FORWARDED = frozenset({b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-for"})
_SCHEMES = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}


class Proxies:
    """The addresses whose X-Forwarded-* headers are believed."""

    def __init__(self, networks: str) -> None:
        """`networks` are addresses or networks, separated by commas; raises ValueError for others."""
        words = (word.strip() for word in networks.split(","))
        self._networks = [ipaddress.ip_network(word) for word in words if word]

    def original(self, scope: Scope) -> Scope:
        """The request as it reached the proxy; unchanged unless it comes from a trusted address."""
        client = scope.get("client")
        if not self._networks or client is None or not self._trusts(client[0]):
            return scope
        told = {name: _last(value) for name, value in scope["headers"] if name in _FORWARDED}
        changed = dict(scope)
        scheme = _SCHEMES[scope["type"]].get(told.get(b"x-forwarded-proto", ""))
        if scheme is not None:
            changed["scheme"] = scheme
        host = told.get(b"x-forwarded-host")
        if host:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            changed["headers"] = [*others, (b"host", host.encode("latin-1"))]
        address = told.get(b"x-forwarded-for")
        if address:
            changed["client"] = (address, 0)
        return changed

    def _trusts(self, address: str) -> bool:
        try:
            asked = ipaddress.ip_address(address)
        except ValueError:  # a Unix socket has no address
            return False
        return any(asked in network for network in self._networks)


def _last(value: bytes) -> str:
    return value.decode("latin-1").rpartition(",")[2].strip()
