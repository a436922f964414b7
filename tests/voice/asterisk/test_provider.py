"""The provider `asterisk` keeps to the contract on a fake of Asterisk's interface, and survives its connection.

With POINTSMAN_TEST_ARI_URL (and _USER, _PASSWORD, _SIP) the same contract runs against a real Asterisk whose
`from-trunk` calls and whose endpoint `out` are as in docs/voice.md; without it that part is not collected.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pointsman.ambient import REAL
from pointsman.voice.addresses import Routes
from pointsman.voice.asterisk.ari import AriSettings
from pointsman.voice.asterisk.provider import AsteriskProvider
from pointsman.voice.pace import Pace
from pointsman.voice.provider import (
    BridgeJoined,
    BridgeLeft,
    Cause,
    Event,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegRinging,
    ProviderDown,
    ProviderGone,
    ProviderUp,
)
from tests.voice.asterisk.fake import FakeAsterisk
from tests.voice.contract import ProviderContract
from tests.voice.sip.stage import SOUND_URL, SipStage, Telephones, free_ports, ready_sounds
from tests.voice.stage import Stage, bridged, dial, originate

E = TypeVar("E")
ROUTES = Routes(sip_uri="PJSIP/out/{uri}", hosts=("phones.test", "127.0.0.1"))


class AsteriskStage:
    """The provider beside the fake; what phones hear is what the fake works out."""

    sound_url = SOUND_URL

    def __init__(self, provider: AsteriskProvider, fake: FakeAsterisk) -> None:
        self.provider = provider
        self.fake = fake
        self.seen: list[Event] = []
        self._news = asyncio.Event()

    def hear(self, event: Event) -> None:
        self.seen.append(event)
        self._news.set()

    def phone(self, name: str, **plan: Any) -> str:
        self.fake.plans[f"sip:{name}@phones.test"] = plan
        return f"sip:{name}@phones.test"

    async def call_in(self, name: str) -> str:
        leg = self.fake.call(
            f"1700000000.{len(self.fake.channels)}", f"sip:{name}@phones.test", "+1555"
        )
        await self.until(LegIncoming, leg=leg)
        return leg

    async def hang_up(self, name: str) -> None:
        self.fake.hang_up(self._leg_of(name))

    async def press(self, name: str, digits: str) -> None:
        for digit in digits:
            self.fake.press(self._leg_of(name), digit)

    async def until(self, kind: type[E], **fields: Any) -> E:
        async with asyncio.timeout(15):
            while True:
                for event in self.seen:
                    if isinstance(event, kind) and all(
                        getattr(event, key) == value for key, value in fields.items()
                    ):
                        return event
                self._news.clear()
                await self._news.wait()

    async def elapse(self, seconds: float) -> None:
        passed = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(seconds, passed.set_result, None)
        await passed

    async def heard_by(self, name: str) -> frozenset[str]:
        await self.elapse(0.1)
        return frozenset(map(_word, self.fake.heard_by(self._leg_of(name))))

    async def in_recording(self, recording: str) -> frozenset[str]:
        return frozenset(map(_word, self.fake.stored[recording]))

    def digits_at(self, name: str) -> str:
        return self.fake.channels[self._leg_of(name)].digits

    def _leg_of(self, name: str) -> str:
        phone = f"sip:{name}@phones.test"
        return next(leg for leg, channel in self.fake.channels.items() if channel.phone == phone)


def _word(heard: str) -> str:
    """What the fake says of a sound in the words of the contract."""
    if heard.startswith("sound:"):
        first = Path(heard.split(",", maxsplit=1)[0].removeprefix("sound:")).name.partition("-")[0]
        return {"said": "say", "file": "sound"}.get(first, first)
    return heard.removeprefix("sip:").partition("@")[0]


@contextlib.asynccontextmanager
async def a_stage() -> AsyncIterator[AsteriskStage]:
    fake = FakeAsterisk()
    await fake.start()
    async with a_provider(fake.url) as (provider, _):
        stage = AsteriskStage(provider, fake)
        assert await provider.start(stage.hear) == frozenset()
        yield stage
    await fake.stop()


@contextlib.asynccontextmanager
async def a_provider(url: str) -> AsyncIterator[tuple[AsteriskProvider, Pace]]:
    pace = Pace(REAL)
    settings = AriSettings(url, "pointsman", "secret")
    provider = AsteriskProvider(settings, ROUTES, await ready_sounds(), pace)
    try:
        yield provider, pace
    finally:
        await provider.stop()
        await pace.stop()


class TestAsterisk(ProviderContract):
    """The contract, on the fake."""

    def a_stage(self, folder: Path) -> contextlib.AbstractAsyncContextManager[Stage]:
        return a_stage()


if REAL_URL := os.environ.get("POINTSMAN_TEST_ARI_URL"):

    @contextlib.asynccontextmanager
    async def a_real_stage() -> AsyncIterator[SipStage]:
        pace = Pace(REAL)
        user = os.environ.get("POINTSMAN_TEST_ARI_USER", "pointsman")
        password = os.environ.get("POINTSMAN_TEST_ARI_PASSWORD", "")
        settings = AriSettings(str(REAL_URL), user, password)
        provider = AsteriskProvider(settings, ROUTES, await ready_sounds(), pace)
        port = int(os.environ.get("POINTSMAN_TEST_ARI_SIP", "5060"))
        async with Telephones(free_ports(4)) as telephones:
            stage = SipStage(provider, telephones, port)
            await provider.start(stage.hear)
            try:
                yield stage
            finally:
                await provider.stop()
                await pace.stop()

    class TestRealAsterisk(ProviderContract):
        """The contract, on an Asterisk."""

        def a_stage(self, folder: Path) -> contextlib.AbstractAsyncContextManager[Stage]:
            return a_real_stage()


# --- what only this provider has ---------------------------------------------------------------


@pytest.mark.feature(221, partly=True)
def test_every_event_twice_changes_nothing() -> None:
    """Who hears an event a second time tells it once."""

    async def story() -> None:
        async with a_stage() as stage:
            stage.fake.repeat = 2
            legs = await bridged(stage, "caller", "worker")
            await stage.hang_up("worker")
            await stage.until(LegEnded, leg=legs["worker"])
            await stage.elapse(0.2)
            mine = [event for event in stage.seen if getattr(event, "leg", "") == legs["worker"]]
            kinds = [LegRinging, LegAnswered, BridgeJoined, BridgeLeft, LegEnded]
            assert [type(event) for event in mine] == kinds

    asyncio.run(story())


@pytest.mark.feature(221)
def test_calls_outlive_our_process() -> None:
    """A new provider finds the legs and bridges of the one before in Asterisk's list, and can go on with them."""

    async def story() -> None:
        async with a_stage() as stage:
            legs = await bridged(stage, "caller", "worker")
            await stage.provider.stop()
            async with a_provider(stage.fake.url) as (provider, _):
                after = AsteriskStage(provider, stage.fake)
                assert await provider.start(after.hear) == frozenset(legs.values())
                await provider.mute(legs["worker"], on=True)
                assert await after.heard_by("caller") == frozenset()
                await provider.hangup(legs["worker"])
                ended = await after.until(LegEnded, leg=legs["worker"])
                assert ended.cause is Cause.COMPLETED
                left = await after.until(BridgeLeft, leg=legs["worker"])
                assert left.bridge == "CF1"

    asyncio.run(story())


@pytest.mark.feature(221)
def test_calls_outlive_the_event_connection() -> None:
    """After a break the living are told, and who hung up meanwhile has ended."""

    async def story() -> None:
        async with a_stage() as stage:
            legs = await bridged(stage, "caller", "worker")
            await stage.fake.drop_sockets()
            await stage.until(ProviderDown)
            await stage.hang_up("worker")
            up = await stage.until(ProviderUp)
            assert up.legs == {legs["caller"]}
            before_up = stage.seen[: stage.seen.index(up)]
            ended = [e for e in before_up if isinstance(e, LegEnded)]
            assert [(e.leg, e.cause) for e in ended] == [(legs["worker"], Cause.COMPLETED)]
            third = await dial(stage, "third")
            assert await stage.provider.add("CF1", third)
            await stage.until(BridgeJoined, leg=third)
            assert await stage.heard_by("caller") == {"third"}

    asyncio.run(story())


@pytest.mark.feature(224, partly=True)
def test_an_asterisk_that_is_not_there_is_waited_for() -> None:
    """The start is no failure; commands say that it is gone, and its coming is told."""

    async def story() -> None:
        fake = FakeAsterisk()
        await fake.start()
        url = fake.url
        await fake.stop()
        async with a_provider(url) as (provider, _):
            stage = AsteriskStage(provider, fake)
            assert await provider.start(stage.hear) == frozenset()
            await stage.until(ProviderDown)
            with pytest.raises(ProviderGone):
                await provider.originate(
                    "CA1", "sip:worker@phones.test", "+1555", timeout_s=5, headers={}
                )

    asyncio.run(story())


@pytest.mark.feature(231, partly=True)
def test_only_listed_hosts_are_dialled() -> None:
    """An address without a route ends the leg as failed, and Asterisk is asked for nothing."""

    async def story() -> None:
        async with a_stage() as stage:
            for leg, address in (
                ("CA1", "sip:x@elsewhere.test"),
                ("CA2", "+4930123"),
                ("CA3", "client:x"),
            ):
                await originate(stage, leg, address)
                ended = await stage.until(LegEnded, leg=leg)
                assert ended.cause is Cause.FAILED and "no route" in ended.reason
            assert "POST channels" not in stage.fake.asked

    asyncio.run(story())


def test_headers_and_the_callers_number_are_handed_on() -> None:
    """They reach the channel as Asterisk wants them."""

    async def story() -> None:
        async with a_stage() as stage:
            stage.phone("worker")
            await stage.provider.originate(
                "CA1", "sip:worker@phones.test", "+1555", timeout_s=5, headers={"X-Task": "WT1"}
            )
            await stage.until(LegAnswered, leg="CA1")
            assert stage.fake.variables["CA1"] == {"PJSIP_HEADER(add,X-Task)": "WT1"}
            assert stage.fake.callers["CA1"] == "+1555"

    asyncio.run(story())


@pytest.mark.feature(221, partly=True)
def test_what_happens_while_events_are_away() -> None:
    """A phone that rang and was picked up meanwhile is told as answered, and whoever called is told of."""

    async def story() -> None:
        async with a_stage() as stage:
            address = stage.phone("worker", outcome="no-answer")
            stage.phone("third", outcome="no-answer")
            await originate(stage, "CA-worker", address)
            await originate(stage, "CA-third", "sip:third@phones.test")
            for leg in ("CA-worker", "CA-third"):
                await stage.until(LegRinging, leg=leg)
            await stage.fake.drop_sockets()
            await stage.until(ProviderDown)
            stage.fake.pick_up("CA-worker")
            stage.fake.call("1700000000.7", "sip:caller@phones.test", "+1555")
            up = await stage.until(ProviderUp)
            assert up.legs == {"CA-worker", "CA-third", "1700000000.7"}
            await stage.until(LegAnswered, leg="CA-worker")
            told = await stage.until(LegIncoming, leg="1700000000.7")
            assert (told.from_, told.to) == ("sip:caller@phones.test", "+1555")
            assert not [event for event in stage.seen if isinstance(event, LegEnded)]
            stage.fake.pick_up("CA-third")
            await stage.until(LegAnswered, leg="CA-third")

    asyncio.run(story())
