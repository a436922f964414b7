"""The addresses of a name, asked for in threads that nobody else needs.

A look-up holds a thread until it is answered, and a dead name is answered late or never. So a name that
was slow is asked for among the slow ones from then on, until it is quick again: however many dead names
there are, those that live do not wait for them. Which addresses may be called is judged elsewhere.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from aiohttp.abc import ResolveResult

from pointsman.ambient import REAL, Ambient

__all__ = ["Names"]

T = TypeVar("T")
SLOW_S = 2.0
SLOW_NAMES = 10_000
"""More than these are forgotten, and found to be slow anew."""


class Offload(Protocol):
    """Runs a blocking function in a thread."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]: ...


class Names:
    """A `LookUp` in two groups of threads."""

    def __init__(
        self,
        quick: Offload,
        slow: Offload,
        ask: Callable[..., list[Any]] = socket.getaddrinfo,
        ambient: Ambient = REAL,
    ) -> None:
        """`ask` answers as `socket.getaddrinfo` does."""
        self._quick = quick
        self._slow = slow
        self._ask = ask
        self._ambient = ambient
        self._slow_names: set[str] = set()

    async def __call__(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> list[ResolveResult]:
        """Every address of the host; OSError when it has none."""
        offload = self._slow if host in self._slow_names else self._quick
        flags = socket.AI_ADDRCONFIG
        ask = partial(self._timed, host, port, family, socket.SOCK_STREAM, 0, flags)
        found = await offload(ask)
        return [_result(host, port, each) for each in found]

    def _timed(self, host: str, *rest: Any) -> list[Any]:
        """Ask, in a thread, and remember whether that took long."""
        began_at = self._ambient.monotonic()
        try:
            return self._ask(host, *rest)
        finally:
            if self._ambient.monotonic() - began_at < SLOW_S:
                self._slow_names.discard(host)
            else:
                if len(self._slow_names) >= SLOW_NAMES:
                    self._slow_names.clear()
                self._slow_names.add(host)


def _result(host: str, port: int, found: Any) -> ResolveResult:
    family, _, number, _, address = found
    return ResolveResult(
        hostname=host,
        host=str(address[0]),
        port=port,
        family=family,
        proto=number,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
