"""What every voice provider has to keep to: one suite, run for each provider by a subclass.

A subclass gives a `Stage`: the provider, and phones that do as their plans say. What a phone heard is
told in the stage's words: the names of other phones, `music`, `say`, `sound`, `beep`. A provider with
real media measures that; nothing here believes an "answered".
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from pointsman.voice.provider import (
    BridgeJoined,
    BridgeLeft,
    Builtin,
    Cause,
    Digit,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegRinging,
    NotOffered,
    PlaybackEnded,
    RecordingEnded,
    Sound,
    Speech,
)
from tests.voice.lateness import LateAndTwice
from tests.voice.stage import Play, Stage, Story, bridged, dial, originate


class ProviderContract(LateAndTwice, ABC):
    """Tests, each on a stage of its own."""

    @abstractmethod
    def a_stage(self, folder: Path) -> AbstractAsyncContextManager[Stage]: ...

    @pytest.fixture
    def play(self, tmp_path: Path) -> Play:
        """Runs a story on a stage."""

        def play(story: Story) -> None:
            async def run() -> None:
                async with self.a_stage(tmp_path) as stage:
                    await story(stage)

            asyncio.run(run())

        return play

    # --- outcomes ----------------------------------------------------------------------------------

    def test_a_phone_that_is_picked_up(self, play: Play) -> None:
        """A called phone rings and is answered, in this order, and our hang-up completes the leg."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "worker")
            kinds = [type(event) for event in stage.seen if getattr(event, "leg", "") == leg]
            assert kinds == [LegRinging, LegAnswered]
            await stage.provider.hangup(leg)
            ended = await stage.until(LegEnded, leg=leg)
            assert ended.cause is Cause.COMPLETED

        play(story)

    @pytest.mark.parametrize(
        ("outcome", "cause"),
        [("busy", Cause.BUSY), ("declined", Cause.BUSY), ("failed", Cause.FAILED)],
    )
    def test_a_phone_that_refuses(self, play: Play, outcome: str, cause: Cause) -> None:
        """A busy, declining or missing phone ends the leg with its cause and is never answered."""

        async def story(stage: Stage) -> None:
            await originate(stage, "CA1", stage.phone("worker", outcome=outcome))
            ended = await stage.until(LegEnded, leg="CA1")
            assert ended.cause is cause
            assert not [event for event in stage.seen if isinstance(event, LegAnswered)]

        play(story)

    def test_a_phone_that_nobody_picks_up(self, play: Play) -> None:
        """A phone that rings until the time is up ends the leg with no-answer."""

        async def story(stage: Stage) -> None:
            await originate(stage, "CA1", stage.phone("worker", outcome="no-answer"), timeout_s=2)
            await stage.until(LegRinging, leg="CA1")
            ended = await stage.until(LegEnded, leg="CA1")
            assert ended.cause is Cause.NO_ANSWER

        play(story)

    def test_a_ringing_phone_is_left_alone(self, play: Play) -> None:
        """A hang-up while the phone rings cancels the leg."""

        async def story(stage: Stage) -> None:
            await originate(stage, "CA1", stage.phone("worker", outcome="no-answer"))
            await stage.until(LegRinging, leg="CA1")
            await stage.provider.hangup("CA1")
            ended = await stage.until(LegEnded, leg="CA1")
            assert ended.cause is Cause.CANCELED

        play(story)

    def test_a_phone_hangs_up(self, play: Play) -> None:
        """A hang-up at the other end completes the leg, once."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "worker")
            await stage.hang_up("worker")
            ended = await stage.until(LegEnded, leg=leg)
            assert ended.cause is Cause.COMPLETED
            await stage.provider.hangup(leg)
            await stage.elapse(0.2)
            assert [e for e in stage.seen if isinstance(e, LegEnded) and e.leg == leg] == [ended]

        play(story)

    def test_a_caller_is_answered(self, play: Play) -> None:
        """An incoming caller is told with both numbers, and hears us after our answer."""

        async def story(stage: Stage) -> None:
            leg = await stage.call_in("caller")
            told = await stage.until(LegIncoming, leg=leg)
            assert told.from_ and told.to
            await stage.provider.answer(leg)
            await stage.until(LegAnswered, leg=leg)

        play(story)

    def test_a_caller_is_turned_away(self, play: Play) -> None:
        """A rejected caller's leg ends as busy, unanswered."""

        async def story(stage: Stage) -> None:
            leg = await stage.call_in("caller")
            await stage.provider.reject(leg, busy=True)
            ended = await stage.until(LegEnded, leg=leg)
            assert ended.cause is Cause.BUSY

        play(story)

    def test_a_caller_gives_up(self, play: Play) -> None:
        """A caller who gives up before our answer cancels the leg, and a late answer does nothing."""

        async def story(stage: Stage) -> None:
            leg = await stage.call_in("caller")
            await stage.hang_up("caller")
            ended = await stage.until(LegEnded, leg=leg)
            assert ended.cause is Cause.CANCELED
            await stage.provider.answer(leg)
            await stage.elapse(0.2)
            assert not [event for event in stage.seen if isinstance(event, LegAnswered)]

        play(story)

    # --- what is heard -----------------------------------------------------------------------------

    def test_two_in_a_bridge(self, play: Play) -> None:
        """Two legs in a bridge hear each other and not themselves."""

        async def story(stage: Stage) -> None:
            await bridged(stage, "caller", "worker")
            assert await stage.heard_by("caller") == {"worker"}
            assert await stage.heard_by("worker") == {"caller"}

        play(story)

    def test_three_in_a_bridge(self, play: Play) -> None:
        """Each of three hears the two others; whoever is removed hears nobody, and nobody him."""

        async def story(stage: Stage) -> None:
            legs = await bridged(stage, "caller", "worker", "third")
            assert await stage.heard_by("caller") == {"worker", "third"}
            assert await stage.heard_by("third") == {"caller", "worker"}
            await stage.provider.remove("CF1", legs["third"])
            await stage.until(BridgeLeft, leg=legs["third"])
            assert await stage.heard_by("third") == frozenset()
            assert await stage.heard_by("caller") == {"worker"}

        play(story)

    def test_muted(self, play: Play) -> None:
        """A muted leg is not heard and hears; unmuted it is heard again."""

        async def story(stage: Stage) -> None:
            legs = await bridged(stage, "caller", "worker")
            await stage.provider.mute(legs["worker"], on=True)
            assert await stage.heard_by("caller") == frozenset()
            assert await stage.heard_by("worker") == {"caller"}
            await stage.provider.mute(legs["worker"], on=False)
            assert await stage.heard_by("caller") == {"worker"}

        play(story)

    def test_coached(self, play: Play) -> None:
        """Only the coached member hears the coach, who hears everybody."""

        async def story(stage: Stage) -> None:
            legs = await bridged(stage, "caller", "worker")
            coach = await dial(stage, "third")
            if "coach" not in stage.provider.capabilities:
                with pytest.raises(NotOffered):
                    await stage.provider.add("CF1", coach, coach=legs["worker"])
                return
            assert await stage.provider.add("CF1", coach, coach=legs["worker"])
            await stage.until(BridgeJoined, leg=coach)
            assert await stage.heard_by("caller") == {"worker"}
            assert await stage.heard_by("worker") == {"caller", "third"}
            assert await stage.heard_by("third") == {"caller", "worker"}
            await stage.provider.coach(coach, None)
            assert await stage.heard_by("caller") == {"worker", "third"}

        play(story)

    def test_hold_music(self, play: Play) -> None:
        """Hold music is heard until it is turned off, is silent while something is played, and ends with a bridge."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "caller")
            await stage.provider.hold_music(leg, on=True)
            assert await stage.heard_by("caller") == {"music"}
            await stage.provider.play("PB1", leg, [Sound(stage.sound_url)], loop=0)
            assert await stage.heard_by("caller") == {"sound"}
            await stage.provider.stop_playing("PB1")
            await stage.until(PlaybackEnded, playback="PB1")
            assert await stage.heard_by("caller") == {"music"}
            await stage.provider.create_bridge("CF1")
            worker = await dial(stage, "worker")
            await stage.provider.add("CF1", leg)
            await stage.provider.add("CF1", worker)
            await stage.until(BridgeJoined, leg=worker)
            assert await stage.heard_by("caller") == {"worker"}

        play(story)

    def test_played_to_its_end(self, play: Play) -> None:
        """Pieces are played one after another, the end is told, and then there is silence."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "caller")
            pieces = [Speech("Good morning, please hold"), Builtin("silence", 300)]
            await stage.provider.play("PB1", leg, pieces)
            assert await stage.heard_by("caller") == {"say"}
            ended = await stage.until(PlaybackEnded, playback="PB1")
            assert ended.error == ""
            assert await stage.heard_by("caller") == frozenset()

        play(story)

    def test_one_thing_at_a_time(self, play: Play) -> None:
        """A second playback ends the first."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "caller")
            await stage.provider.play("PB1", leg, [Speech("Good morning, please hold")], loop=0)
            await stage.provider.play("PB2", leg, [Sound(stage.sound_url)], loop=0)
            await stage.until(PlaybackEnded, playback="PB1")
            assert await stage.heard_by("caller") == {"sound"}

        play(story)

    def test_played_to_a_bridge(self, play: Play) -> None:
        """What is played to a bridge is heard by all of its members besides each other, and its end is told."""

        async def story(stage: Stage) -> None:
            await bridged(stage, "caller", "worker")
            await stage.provider.play("PB1", "CF1", [Sound(stage.sound_url)])
            assert await stage.heard_by("worker") == {"caller", "sound"}
            ended = await stage.until(PlaybackEnded, playback="PB1")
            assert ended.error == ""
            assert await stage.heard_by("caller") == {"worker"}

        play(story)

    # --- recordings and digits ---------------------------------------------------------------------

    def test_a_bridge_is_recorded(self, play: Play) -> None:
        """A recording of a bridge has both voices, and can be fetched as WAV when it ended."""

        async def story(stage: Stage) -> None:
            legs = await bridged(stage, "caller", "worker")
            await stage.provider.record("RE1", "CF1")
            await stage.elapse(2)
            await stage.provider.hangup(legs["worker"])
            await stage.provider.stop_recording("RE1")
            ended = await stage.until(RecordingEnded, recording="RE1")
            assert 1_500 <= ended.length_ms <= 4_000
            assert (await stage.provider.fetch_recording("RE1"))[:4] == b"RIFF"
            assert await stage.in_recording("RE1") == {"caller", "worker"}

        play(story)

    def test_both_sides_of_a_leg_are_recorded(self, play: Play) -> None:
        """Such a recording has what the leg hears as well, and goes on when it is connected with somebody else."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "caller")
            await stage.provider.record_call("RE1", leg)
            await stage.provider.play("PB1", leg, [Sound(stage.sound_url)], loop=0)
            await stage.elapse(2)
            await stage.provider.stop_recording("RE1")
            await stage.until(RecordingEnded, recording="RE1")
            assert await stage.in_recording("RE1") == {"caller", "sound"}
            await stage.provider.stop_playing("PB1")
            worker = await dial(stage, "worker")
            await stage.provider.record_call("RE2", leg)
            await stage.provider.create_bridge("CF1")
            assert await stage.provider.add("CF1", leg)
            assert await stage.provider.add("CF1", worker)
            await stage.elapse(3)
            await stage.hang_up("caller")
            await stage.until(RecordingEnded, recording="RE2")
            assert await stage.in_recording("RE2") == {"caller", "worker"}

        play(story)

    def test_a_message_is_recorded(self, play: Play) -> None:
        """A recording of a leg ends at the key that finishes it, and tells the key."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "caller")
            await stage.provider.record("RE1", leg, finish_on="#")
            await stage.elapse(1)
            await stage.press("caller", "5#")
            ended = await stage.until(RecordingEnded, recording="RE1")
            assert ended.digit == "#"
            assert await stage.in_recording("RE1") == {"caller"}

        play(story)

    def test_a_recording_ends_in_time(self, play: Play) -> None:
        """A recording ends after its longest time, or with its leg."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "caller")
            await stage.provider.record("RE1", leg, max_s=1)
            await stage.until(RecordingEnded, recording="RE1")
            await stage.provider.record("RE2", leg)
            await stage.hang_up("caller")
            await stage.until(RecordingEnded, recording="RE2")
            await stage.until(LegEnded, leg=leg)
            kinds = [type(event) for event in stage.seen[-2:]]
            assert kinds == [RecordingEnded, LegEnded]

        play(story)

    def test_keys(self, play: Play) -> None:
        """Keys of a phone are told in order, and keys sent to it arrive."""

        async def story(stage: Stage) -> None:
            leg = await dial(stage, "caller")
            await stage.press("caller", "42#")
            await stage.until(Digit, leg=leg, digit="#")
            assert [e.digit for e in stage.seen if isinstance(e, Digit)] == ["4", "2", "#"]
            await stage.provider.send_digits(leg, "17")
            await stage.elapse(0.8)
            assert stage.digits_at("caller") == "17"

        play(story)
