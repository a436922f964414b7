"""A clock that moves only when it is told to, for servers that others test against.

The rule: an advance visits every moment at which something is due. It sets the time to it, does
what is due, waits until that is written and told, and until whoever was called has answered, within
the machine's own limits; then comes the next moment. Commands wait meanwhile, except while calls are
out: what an application asks in answer to a call happens at the moment of that call. It must not
know what is due, nor whom it calls.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Protocol

from pointsman.ambient import VirtualAmbient
from pointsman.engine.events import Event
from pointsman.runtime import Runtime

__all__ = ["Follower", "VirtualClock"]


class Follower(Protocol):
    """Whoever calls others by domain time."""

    def clock_changed(self) -> None:
        """Begin what is due now."""

    def next_at(self) -> int | None:
        """When something is due by itself; None when nothing waits for its time."""

    async def settled(self) -> None:
        """Wait until nothing is on its way."""


class VirtualClock:
    """Moves the domain time of one server, never back."""

    def __init__(
        self, runtime: Runtime, ambient: VirtualAmbient, followers: Sequence[Follower] = ()
    ) -> None:
        self._runtime = runtime
        self._ambient = ambient
        self._followers = followers
        self._one_at_a_time = asyncio.Lock()
        self._told = 0
        runtime.subscribe(self._count)

    @property
    def now(self) -> int:
        return self._ambient.now()

    def next_at(self) -> int | None:
        """When something is due by itself."""
        due = [self._runtime.next_deadline(), *(one.next_at() for one in self._followers)]
        return min((at for at in due if at is not None), default=None)

    async def catch_up(self, workspace_sids: Sequence[str]) -> None:
        """Begin no earlier than where any of these workspaces is: its time never falls."""
        for workspace_sid in workspace_sids:
            at = await self._runtime.read(workspace_sid, lambda state, now: now)
            self._ambient.set(max(at, self._ambient.now()))

    async def advance(self, span_ms: int) -> int:
        """Let this much time pass; gives the new moment, once all that was due has been done.

        A second advance begins where the first one ends. Raises `Unavailable` when the server stops.
        """
        async with self._one_at_a_time:
            goal = self._ambient.now() + span_ms
            with self._held():
                await self._settle()
                while (at := self.next_at()) is not None and at <= goal:
                    self._ambient.set(max(at, self._ambient.now()))
                    await self._settle()
                self._ambient.set(goal)
            return goal

    async def _settle(self) -> None:
        """Do what is due at this moment and what follows from it, until nothing more is told."""
        told = -1
        while told != self._told:
            told = self._told
            await self._runtime.catch_up()
            for follower in self._followers:
                follower.clock_changed()
            self._runtime.hold(False)
            for follower in self._followers:
                await follower.settled()
            self._runtime.hold(True)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        self._runtime.hold(True)
        try:
            yield
        finally:
            self._runtime.hold(False)

    def _count(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        self._told += len(events)
