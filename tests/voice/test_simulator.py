"""The provider `simulator` keeps to the contract, and its world does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.voice.pace import Pace
from pointsman.voice.phones import Plan
from pointsman.voice.provider import (
    Cause,
    Event,
    LegAnswered,
    LegEnded,
    LegIncoming,
    ProviderDown,
    ProviderGone,
    ProviderUp,
)
from pointsman.voice.simulator import Simulator
from tests.voice.contract import ProviderContract
from tests.voice.stage import Stage

E = TypeVar("E")
SOUND = "http://sounds.test/hello.wav"


class SimulatedStage:
    """The simulated world on a virtual clock."""

    sound_url = SOUND

    def __init__(self) -> None:
        self.ambient = VirtualAmbient()
        self.pace = Pace(self.ambient)
        self.provider = Simulator(self.pace, self.ambient)
        self.seen: list[Event] = []

    def phone(self, name: str, **plan: Any) -> str:
        address = f"sip:{name}@phones.test"
        self.provider.plan(address, Plan(**plan))
        return address

    async def call_in(self, name: str) -> str:
        return self.provider.call(f"sip:{name}@phones.test", "+15550001111")

    async def hang_up(self, name: str) -> None:
        self.provider.hang_up(self.leg_of(name))

    async def press(self, name: str, digits: str) -> None:
        self.provider.press(self.leg_of(name), digits)

    async def until(self, kind: type[E], **fields: Any) -> E:
        end = self.ambient.now() + 15_000
        while True:
            for event in self.seen:
                if isinstance(event, kind) and all(
                    getattr(event, key) == value for key, value in fields.items()
                ):
                    return event
            at = self.pace.next_at()
            assert at is not None and at <= end, f"no {kind.__name__} {fields}: {self.seen}"
            self.ambient.set(at)
            self.pace.clock_changed()

    async def elapse(self, seconds: float) -> None:
        end = self.ambient.now() + round(seconds * 1000)
        while (at := self.pace.next_at()) is not None and at <= end:
            self.ambient.set(at)
            self.pace.clock_changed()
        self.ambient.set(end)

    async def heard_by(self, name: str) -> frozenset[str]:
        return frozenset(map(self.word, self.provider.hears(self.leg_of(name))))

    async def in_recording(self, recording: str) -> frozenset[str]:
        return frozenset(map(self.word, self.provider.recorded(recording)))

    def digits_at(self, name: str) -> str:
        return self.provider.legs[self.leg_of(name)].got_digits

    def word(self, source: str) -> str:
        """A source in the words of the contract."""
        kind, _, rest = source.partition(":")
        if kind == "voice":
            return self.provider.legs[rest].phone.removeprefix("sip:").partition("@")[0]
        return {"play": "sound"}.get(kind, kind)

    def leg_of(self, name: str) -> str:
        legs = self.provider.legs.values()
        return [leg.name for leg in legs if leg.phone == f"sip:{name}@phones.test"][-1]


@contextlib.asynccontextmanager
async def a_simulated_stage() -> AsyncIterator[SimulatedStage]:
    stage = SimulatedStage()
    await stage.provider.start(stage.seen.append)
    yield stage
    await stage.pace.stop()


class TestSimulator(ProviderContract):
    """The contract, on the simulated world."""

    def a_stage(self, folder: Path) -> contextlib.AbstractAsyncContextManager[Stage]:
        return a_simulated_stage()


def test_a_plan_in_full() -> None:
    """A planned phone rings, answers, sends its keys and hangs up at the moments it was told."""

    async def story() -> None:
        async with a_simulated_stage() as stage:
            start = stage.ambient.now()
            plan = {"answers_after_ms": 3_000, "hangs_up_after_ms": 5_000}
            address = stage.phone("worker", digits=((1_000, "7"),), **plan)
            await stage.provider.originate("CA1", address, "+1", timeout_s=60, headers={})
            await stage.until(LegAnswered, leg="CA1")
            assert stage.ambient.now() - start == 3_000
            ended = await stage.until(LegEnded, leg="CA1")
            assert (ended.cause, stage.ambient.now() - start) == (Cause.COMPLETED, 8_000)

    asyncio.run(story())


def test_plans_in_turn() -> None:
    """A plan for one call is followed once, then the next plan of the address is."""

    async def story() -> None:
        async with a_simulated_stage() as stage:
            stage.provider.plan("+49301", Plan(outcome="busy", times=1), Plan())
            for leg in ("CA1", "CA2"):
                await stage.provider.originate(leg, "+49301", "+1", timeout_s=60, headers={})
            assert (await stage.until(LegEnded, leg="CA1")).cause is Cause.BUSY
            await stage.until(LegAnswered, leg="CA2")

    asyncio.run(story())


def test_off_and_on() -> None:
    """A world that falls ends its legs, says so, refuses commands, and works when it rose again."""

    async def story() -> None:
        async with a_simulated_stage() as stage:
            leg = await stage.call_in("caller")
            await stage.provider.answer(leg)
            stage.provider.fall()
            assert [type(event) for event in stage.seen[-2:]] == [LegEnded, ProviderDown]
            with pytest.raises(ProviderGone, match="switched off"):
                await stage.provider.hangup(leg)
            stage.provider.rise()
            assert stage.seen[-1] == ProviderUp()
            await stage.call_in("caller")
            await stage.until(LegIncoming, leg=stage.leg_of("caller"))

    asyncio.run(story())
