"""Text to speech and the one form of sound that telephones play."""

from __future__ import annotations

import array
import asyncio
import wave
from itertools import pairwise
from pathlib import Path

import pytest

from pointsman.voice.music import RATE, TUNES, hold_music, write
from pointsman.voice.speech import Espeak, Piper, Unplayable, playable, voice_of


@pytest.mark.parametrize(
    ("language", "voice", "chosen"),
    [
        ("", "", "en-us"),
        ("en", "man", "en-us"),
        ("en-GB", "woman", "en-gb+f3"),
        ("en-AU", "", "en-us"),
        ("es", "alice", "es+f3"),
        ("es-MX", "", "es-419"),
        ("de-DE", "Polly.Marlene", "de+f3"),
        ("zh-CN", "", "cmn"),
        ("--stdin x", "", "en-us"),
    ],
)
def test_a_language_tag_chooses_the_voice(language: str, voice: str, chosen: str) -> None:
    """Known regions have their own voice, others that of the language, nonsense the default."""
    assert voice_of(language, voice) == chosen


def test_what_is_said_becomes_sound_of_some_length(tmp_path: Path) -> None:
    """A sentence takes a second or more, and what looks like an option is only text."""
    spoken, played = tmp_path / "spoken.wav", tmp_path / "played.wav"

    async def speak(text: str) -> float:
        await Espeak().speak(text, "en", "", spoken)
        await playable(spoken, played)
        with wave.open(str(played)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
            return file.getnframes() / 8000

    assert 1 < asyncio.run(speak("Please hold the line, somebody will be with you.")) < 6
    assert asyncio.run(speak("--version is what I say")) > 0.5
    assert {path.name for path in tmp_path.iterdir()} == {"spoken.wav", "played.wav"}


def test_what_is_no_sound_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """The program's own words are told, and nothing is left behind."""
    source, target = tmp_path / "page.mp3", tmp_path / "played.wav"
    source.write_text("<html>404</html>")
    with pytest.raises(Unplayable, match="ffmpeg failed"):
        asyncio.run(playable(source, target))
    assert [path.name for path in tmp_path.iterdir()] == ["page.mp3"]


def test_a_voice_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """Piper is the operator's to install."""
    with pytest.raises(Unplayable, match="piper is not installed"):
        asyncio.run(Piper(tmp_path / "model.onnx").speak("Hello", "en", "", tmp_path / "x.wav"))


def test_the_hold_music_repeats_without_a_crack(tmp_path: Path) -> None:
    """It is soft, lasts 16 seconds, and its end leads into its beginning."""
    samples = hold_music()
    assert len(samples) == 16 * RATE
    assert 3000 < max(map(abs, samples)) <= 4200
    steps = [abs(b - a) for a, b in pairwise(samples)]
    assert abs(samples[0] - samples[-1]) <= max(steps)
    write(tmp_path / "music.wav", samples)
    with wave.open(str(tmp_path / "music.wav")) as file:
        assert array.array("h", file.readframes(len(samples))) == samples


@pytest.mark.parametrize(("name", "length_s"), [("beep", 0.25), ("ring", 6.0), ("silence", 1.5)])
def test_a_sound_of_our_own_has_its_length(name: str, length_s: float) -> None:
    """Tones are audible and soft at their edges; silence is as long as it is asked for."""
    samples = TUNES[name](1500)
    assert len(samples) == length_s * RATE
    assert (max(samples) > 5000) is (name != "silence")
    assert abs(samples[0]) < 100 and abs(samples[-1]) < 1000
