"""The stage that a provider gives to its contract suite: a started provider beside phones of the test's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from pointsman.voice.provider import BridgeJoined, Event, LegAnswered, VoiceProvider

E = TypeVar("E")


class Stage(Protocol):
    """A provider that was started, beside phones of the test's own."""

    provider: VoiceProvider
    seen: list[Event]
    """Every event so far."""

    def phone(self, name: str, **plan: Any) -> str:
        """The address of a phone with a plan: fields of `simulator.Plan`; how it sounds is its name."""

    async def call_in(self, name: str) -> str:
        """The phone of this name calls us; its leg, once `LegIncoming` was told."""

    async def hang_up(self, name: str) -> None:
        """The phone of this name hangs up."""

    async def press(self, name: str, digits: str) -> None:
        """The phone of this name sends keys."""

    async def until(self, kind: type[E], **fields: Any) -> E:
        """The first event of this kind with these fields, of the past or, within 15 s, the future."""

    async def elapse(self, seconds: float) -> None:
        """Let time pass."""

    async def heard_by(self, name: str) -> frozenset[str]:
        """What the phone of this name hears just now."""

    async def in_recording(self, recording: str) -> frozenset[str]:
        """What is in an ended recording, by its own audio where there is any."""

    def digits_at(self, name: str) -> str:
        """The keys that the phone of this name was sent."""

    sound_url: str
    """A sound that can be played."""


Story = Callable[[Stage], Awaitable[None]]
Play = Callable[[Story], None]
"""Runs a story on a stage of its own."""


async def originate(stage: Stage, leg: str, address: str, timeout_s: int = 15) -> None:
    await stage.provider.originate(leg, address, "+15550001111", timeout_s=timeout_s, headers={})


async def dial(stage: Stage, name: str) -> str:
    """The leg of a phone that was called and picked up."""
    leg = f"CA-{name}"
    await originate(stage, leg, stage.phone(name))
    await stage.until(LegAnswered, leg=leg)
    return leg


async def bridged(stage: Stage, *names: str) -> dict[str, str]:
    """The legs of phones that were called and put into the bridge CF1."""
    legs = {name: await dial(stage, name) for name in names}
    await stage.provider.create_bridge("CF1")
    for leg in legs.values():
        assert await stage.provider.add("CF1", leg)
        await stage.until(BridgeJoined, bridge="CF1", leg=leg)
    return legs
