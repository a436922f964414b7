"""The part of the contract for commands that come too late or twice."""

from __future__ import annotations

from pointsman.voice.provider import BridgeJoined, BridgeLeft, Builtin, LegEnded
from tests.voice.stage import Play, Stage, bridged, dial


class LateAndTwice:
    """Tests, each on a stage of its own."""

    def test_too_late(self, play: Play) -> None:
        """Every command on a leg that has ended does nothing, and `add` says so."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "worker")
            await stage.hang_up("worker")
            await stage.until(LegEnded, leg=leg)
            seen, provider = len(stage.seen), stage.provider
            await provider.create_bridge("CF1")
            assert not await provider.add("CF1", leg)
            await provider.remove("CF1", leg)
            await provider.mute(leg, on=True)
            await provider.coach(leg, None)
            await provider.play("PB1", leg, [Builtin("beep")])
            await provider.stop_playing("PB1")
            await provider.hold_music(leg, on=True)
            await provider.record("RE1", leg)
            await provider.stop_recording("RE1")
            await provider.send_digits(leg, "1")
            await provider.answer(leg)
            await provider.reject(leg, busy=False)
            await provider.hangup(leg)
            await stage.elapse(0.2)
            assert stage.seen[seen:] == []
            assert await provider.fetch_recording("RE1") == b""

        play(story)

    def test_twice(self, play: Play) -> None:
        """A bridge made twice keeps its members, a leg added twice is in it once, and ends are ends."""

        async def story(stage: Stage) -> None:
            legs = await bridged(stage, "caller", "worker")
            await stage.provider.create_bridge("CF1")
            assert await stage.provider.add("CF1", legs["worker"])
            joined = [event for event in stage.seen if isinstance(event, BridgeJoined)]
            assert len(joined) == 2
            await stage.provider.destroy("CF1")
            await stage.provider.destroy("CF1")
            await stage.until(BridgeLeft, leg=legs["caller"])
            assert await stage.heard_by("caller") == frozenset()
            assert not await stage.provider.add("CF1", legs["caller"])

        play(story)
