"""The mixer: who hears whom, frame by frame."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from pointsman.voice.sip.mixer import Ended, Mixer
from pointsman.voice.sip.recording import Recording
from pointsman.voice.sip.sound import FRAME_SAMPLES, RATE, Frame, Sound


def level(value: int, frames: int = 1) -> Sound:
    """A sound that can be told apart by its constant sample."""
    return np.full(FRAME_SAMPLES * frames, value, dtype=np.int16)


def of(frame: Frame) -> int:
    """The constant sample of a frame."""
    assert len(set(frame.tolist())) == 1
    return int(frame[0])


def mixer(*legs: str) -> Mixer:
    made = Mixer()
    for leg in legs:
        made.open_leg(leg)
    return made


def bridged(*legs: str) -> Mixer:
    made = mixer(*legs)
    made.create_bridge("room")
    for leg in legs:
        assert made.add("room", leg)
    return made


SAID = {"a": level(100), "b": level(20), "c": level(3)}


def test_everybody_in_a_bridge_hears_the_others_and_not_himself() -> None:
    """Three in a bridge hear the sum of the other two."""
    heard = bridged("a", "b", "c").tick(SAID)
    assert {leg: of(frame) for leg, frame in heard.items()} == {"a": 23, "b": 103, "c": 120}


def test_a_muted_member_is_heard_by_nobody() -> None:
    """Added so or muted later, a leg is silent and still hears."""
    made = bridged("a", "b", "c")
    made.add("room", "a", mute=True)
    made.mute("b", on=True)
    heard = made.tick(SAID)
    assert {leg: of(frame) for leg, frame in heard.items()} == {"a": 3, "b": 3, "c": 0}
    made.mute("b", on=False)
    assert of(made.tick(SAID)["a"]) == 23


def test_a_coach_is_heard_by_one_alone() -> None:
    """Whispering to b reaches b only, and the coach hears everybody."""
    made = bridged("a", "b")
    made.open_leg("c")
    made.add("room", "c", coach="b")
    heard = made.tick(SAID)
    assert {leg: of(frame) for leg, frame in heard.items()} == {"a": 20, "b": 103, "c": 120}


def test_who_is_on_hold_hears_music_instead() -> None:
    """One of two does, until he is taken back; among three nobody's talk is played over."""
    made = bridged("a", "b")
    made.while_held("a", [level(7)])
    assert {leg: of(frame) for leg, frame in made.tick(SAID).items()} == {"a": 20, "b": 7}
    made.open_leg("c")
    made.add("room", "c")
    assert of(made.tick(SAID)["b"]) == 103
    made.remove("c")
    assert of(made.tick(SAID)["b"]) == 7
    made.while_held("a", [])
    assert of(made.tick(SAID)["b"]) == 100
    made.while_held("a", [level(7)])
    made.close_leg("a")
    made.open_leg("a")
    made.add("room", "a")
    assert of(made.tick(SAID)["b"]) == 100


def test_keys_are_passed_on_to_whoever_hears_the_leg() -> None:
    """That is nobody for a muted leg and outside a bridge, and for one who coaches whom he coaches."""
    made = bridged("a", "b", "c")
    assert made.hearers_of("a") == ["b", "c"]
    made.coach("a", "c")
    assert made.hearers_of("a") == ["c"]
    made.mute("a", on=True)
    made.remove("b")
    assert (made.hearers_of("a"), made.hearers_of("b"), made.hearers_of("x")) == ([], [], [])


def test_loud_sounds_are_cut_and_do_not_turn_over() -> None:
    """The sum of two loud legs is the loudest sample there is."""
    made = bridged("a", "b", "c")
    heard = made.tick({"a": level(30_000), "b": level(30_000)})
    assert of(heard["c"]) == 32_767


def test_a_playback_comes_before_the_bridge_and_the_bridge_before_the_music() -> None:
    """What is played to a leg replaces its bridge, and its music is for when it is in none."""
    made = mixer("a", "b")
    made.hold_music("a", [level(7), level(8)])
    made.play("announcement", "a", [level(9)], 1)
    assert [of(made.tick({})["a"]) for _ in range(4)] == [9, 7, 8, 7]
    assert made.ended() == [Ended("announcement")]
    made.create_bridge("room")
    made.add("room", "a")
    made.add("room", "b")
    assert of(made.tick(SAID)["a"]) == 20
    made.play("p", "a", [level(50), level(60)], 1)
    assert [of(made.tick(SAID)["a"]) for _ in range(3)] == [50, 60, 20]
    assert made.ended() == [Ended("p")]


def test_a_playback_is_repeated_as_often_as_it_says_and_for_ever_with_zero() -> None:
    """Two times is two times; endless ends when it is stopped."""
    made = mixer("a")
    made.play("twice", "a", [level(5)], 2)
    assert [of(made.tick({})["a"]) for _ in range(3)] == [5, 5, 0]
    made.play("endless", "a", [level(6)], 0)
    assert [of(made.tick({})["a"]) for _ in range(50)] == [6] * 50
    made.stop("endless")
    assert of(made.tick({})["a"]) == 0
    assert made.ended() == [Ended("twice"), Ended("endless")]


def test_a_new_playback_ends_the_one_before() -> None:
    """There is one playback at a place, and the end of the earlier one is told."""
    made = mixer("a")
    made.play("first", "a", [level(5, 100)], 1)
    made.play("second", "a", [level(6, 100)], 1)
    assert of(made.tick({})["a"]) == 6
    assert made.ended() == [Ended("first")]


def test_what_is_played_to_a_bridge_reaches_all_in_it() -> None:
    """An announcement is heard on top of what is said."""
    made = bridged("a", "b")
    made.play("p", "room", [level(1000)], 1)
    heard = made.tick(SAID)
    assert (of(heard["a"]), of(heard["b"])) == (1020, 1100)


def test_a_leg_is_in_one_bridge_at_a_time() -> None:
    """Adding it elsewhere takes it out of the first bridge."""
    made = bridged("a", "b")
    made.create_bridge("other")
    assert made.add("other", "a")
    assert made.bridge_of("a") == "other"
    assert of(made.tick(SAID)["b"]) == 0


def test_a_leg_that_is_gone_cannot_be_added() -> None:
    """The answer tells that there is nobody to add."""
    made = bridged("a")
    assert made.close_leg("a") == "room"
    assert not made.add("room", "a")
    assert not mixer("a").add("nowhere", "a")


def test_a_bridge_is_recorded_with_what_all_hear(tmp_path: Path) -> None:
    """The file has the sum of both sides, and its length is told."""
    made = bridged("a", "b")
    made.record("r", "room", Recording(tmp_path / "r.wav"))
    for _ in range(50):
        made.tick(SAID)
    made.stop("r")
    assert made.ended() == [Ended("r", True, 1.0)]
    with wave.open(str(tmp_path / "r.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (RATE, 1, RATE)
        assert set(np.frombuffer(file.readframes(RATE), dtype="<i2").tolist()) == {120}


def test_two_channels_have_one_side_each(tmp_path: Path) -> None:
    """The first in the bridge is on the left, everybody else on the right."""
    made = bridged("a", "b", "c")
    made.record("r", "room", Recording(tmp_path / "r.wav", channels=2))
    made.tick(SAID)
    made.destroy_bridge("room")
    assert made.ended() == [Ended("r", True, 0.02)]
    with wave.open(str(tmp_path / "r.wav")) as file:
        both = np.frombuffer(file.readframes(FRAME_SAMPLES), dtype="<i2").reshape(-1, 2)
    assert set(map(tuple, both.tolist())) == {(100, 23)}


def test_both_sides_of_a_leg_have_a_channel_each(tmp_path: Path) -> None:
    """What it says is on the left, what it hears on the right, also outside of the bridge."""
    made = bridged("a", "b")
    made.record("r", "a", Recording(tmp_path / "r.wav", channels=2), both=True)
    made.tick(SAID)
    made.remove("a")
    made.tick(SAID)
    made.stop("r")
    with wave.open(str(tmp_path / "r.wav")) as file:
        both = np.frombuffer(file.readframes(2 * FRAME_SAMPLES), dtype="<i2").reshape(-1, 2)
    assert set(map(tuple, both.tolist())) == {(100, 20), (100, 0)}


def test_a_recording_of_a_leg_begins_after_its_beep_and_ends_with_a_key(tmp_path: Path) -> None:
    """The beep is heard and not recorded; the key that ended it is told."""
    made = mixer("a")
    made.record("r", "a", Recording(tmp_path / "r.wav", finish_on="#"), with_beep=True)
    beeped = [np.abs(made.tick(SAID)["a"]).max() > 1000 for _ in range(30)]
    assert beeped[2] and not beeped[-1]
    made.press("a", "5")
    assert made.ended() == []
    made.press("a", "#")
    [ended] = made.ended()
    assert (ended.name, ended.digit) == ("r", "#")
    assert 0.2 < ended.duration_s < 0.6
    with wave.open(str(tmp_path / "r.wav")) as file:
        assert set(np.frombuffer(file.readframes(RATE), dtype="<i2").tolist()) == {100}


def test_a_recording_ends_when_it_is_full_and_when_nobody_speaks(tmp_path: Path) -> None:
    """A second at most; or half a second of silence."""
    made = mixer("a", "b")
    made.record("full", "a", Recording(tmp_path / "full.wav", max_s=1))
    made.record("still", "b", Recording(tmp_path / "still.wav", silence_s=0.5))
    for index in range(60):
        made.tick({"a": level(1000), "b": level(1000 if index < 10 else 3)})
    assert made.ended() == [Ended("still", True, 0.7), Ended("full", True, 1.0)]


def test_everything_of_a_leg_ends_with_it(tmp_path: Path) -> None:
    """Its playback and its recording are told as ended, and the file is complete."""
    made = mixer("a")
    made.play("p", "a", [level(5)], 0)
    made.record("r", "a", Recording(tmp_path / "r.wav"))
    made.tick(SAID)
    made.close_leg("a")
    assert made.ended() == [Ended("p"), Ended("r", True, 0.02)]
    assert made.tick(SAID) == {}
    assert (tmp_path / "r.wav").exists()


def test_a_mixer_that_closes_completes_its_recordings(tmp_path: Path) -> None:
    """No part of a file is left behind."""
    made = bridged("a", "b")
    made.record("r", "room", Recording(tmp_path / "r.wav"))
    made.tick(SAID)
    made.close()
    assert [path.name for path in tmp_path.iterdir()] == ["r.wav"]


def test_a_trimmed_recording_has_no_silence_at_its_ends(tmp_path: Path) -> None:
    """Silence before the first and after the last sound is left out, a pause within it stays."""
    made = mixer("a")
    made.record("r", "a", Recording(tmp_path / "r.wav", trim=True))
    for loud in [False] * 5 + [True] * 2 + [False] * 3 + [True] + [False] * 9:
        made.tick({"a": level(1000 if loud else 0)})
    made.stop("r")
    assert made.ended() == [Ended("r", True, 0.12)]
    with wave.open(str(tmp_path / "r.wav")) as file:
        assert file.getnframes() == 6 * FRAME_SAMPLES
