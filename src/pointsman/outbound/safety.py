"""Which addresses may be called, and the resolver that holds a call to what was checked.

The rule: a name is resolved once, every address found is judged, and the connection goes to an
address that was judged; so a name that answers differently the second time gains nothing. Addresses
written in the URL are judged too. Who calls, and why, is not known here.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from msgspec import Struct
from yarl import URL

__all__ = [
    "Forbidden",
    "JudgingResolver",
    "LookUp",
    "Reach",
    "is_public",
    "parse_reach",
    "prepared",
]

Network = IPv4Network | IPv6Network

_NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this host"
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",
        "ff00::/8",  # multicast
    )
)


class Forbidden(Exception):
    """The address may not be called; the message is a sentence for whoever configured it."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether everybody's network has this address, rather than ours or nobody's."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


class Reach(Struct, frozen=True):
    """What may be called besides public addresses: these networks, or everything."""

    networks: tuple[Network, ...] = ()
    everything: bool = False

    def allows(self, address: str) -> bool:
        """Judge one address, written as numbers."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if self.everything or is_public(parsed):
            return True
        return any(parsed in network for network in self.networks)


def parse_reach(text: str) -> Reach:
    """`public`, `any`, or networks and addresses besides the public ones, separated by commas.

    Raises ValueError with a sentence for anything else.
    """
    words = [word for word in (piece.strip() for piece in text.split(",")) if word]
    if "any" in words:
        return Reach(everything=True)
    networks = []
    for word in words:
        if word != "public":
            try:
                networks.append(ip_network(word))
            except ValueError as problem:
                raise ValueError(f"{word!r} is no address or network: {problem}") from problem
    return Reach(tuple(networks))


def prepared(text: str, reach: Reach) -> URL:
    """The URL as it will be requested; a fragment is left out, an empty path becomes `/`.

    Raises `Forbidden` for what is no plain http or https URL, and for a literal address out of
    reach. Judged is the host that the HTTP client will take from it, not another reading.
    """
    if any(character <= " " or character == "\x7f" for character in text):
        raise Forbidden("The URL has spaces or control characters in it")
    try:
        url = URL(text, encoded=text.isascii()).with_fragment(None)
        host, port = url.raw_host, url.port
    except ValueError as problem:
        raise Forbidden(f"The URL cannot be read: {problem}") from problem
    if url.scheme not in ("http", "https") or not host or not port:
        raise Forbidden("The URL has to begin with http:// or https:// and name a host")
    if "%" in host or "\\" in host:
        raise Forbidden(f"The host {host} is not a plain name or address")
    # The client takes such hosts for addresses, and would not ask the resolver.
    looks_literal = ":" in host or host.replace(".", "").isdigit()
    if looks_literal and not reach.allows(host):
        raise Forbidden(f"The address {host} may not be called")
    has_path = bool(urlsplit(str(url)).path)
    return url if has_path else url.with_path("/", keep_query=True)


class LookUp(Protocol):
    """Finds the addresses of a host, as `aiohttp`'s resolvers do."""

    def __call__(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> Awaitable[list[ResolveResult]]: ...


class JudgingResolver(AbstractResolver):
    """Gives the client only addresses that are within reach; one that is not forbids the name.

    A look-up holds a thread until it is answered, so a name is asked for once at a time: whoever
    wants it meanwhile gets the same answer, and a name that is not answered holds one thread.
    """

    def __init__(self, reach: Reach, look_up: LookUp | None = None) -> None:
        self._reach = reach
        self._look_up = look_up
        self._asked: dict[tuple[str, int, int], asyncio.Task[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        key = (host, port, family)
        if key not in self._asked:
            task = self._asked[key] = asyncio.ensure_future(self._found(host, port, family))
            task.add_done_callback(lambda done: self._answered(key, done))
        found = await asyncio.shield(self._asked[key])
        for each in found:
            if not self._reach.allows(each["host"]):
                raise Forbidden(f"The name {host} stands for an address that may not be called")
        return found

    async def close(self) -> None:
        """Ask no more."""
        for task in self._asked.values():
            task.cancel()

    def _answered(self, key: tuple[str, int, int], done: asyncio.Task[list[ResolveResult]]) -> None:
        del self._asked[key]
        if not done.cancelled():
            done.exception()  # it is told to whoever still waits, which may be nobody

    async def _found(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> list[ResolveResult]:
        look_up = self._look_up or ThreadedResolver().resolve
        return await look_up(host, port, family)
