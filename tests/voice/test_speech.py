"""Text to speech and the one form of sound that telephones play."""

from __future__ import annotations

import array
import asyncio
import os
import wave
from itertools import pairwise
from pathlib import Path

import pytest

from pointsman.ambient import REAL
from pointsman.settings import Settings
from pointsman.voice.music import RATE, TUNES, hold_music, write
from pointsman.voice.pace import Pace
from pointsman.voice.provider import ProviderGone
from pointsman.voice.providers import provider_named
from pointsman.voice.speech import Espeak, Unplayable, piper, playable, voice_of


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


# What a piper does, as far as we use it: the text from standard input into a WAV file, here of one beep a word.
PIPER = """#!/bin/sh
[ "$1" = --model ] && [ "$3" = --output_file ] || exit 2
ffmpeg -nostdin -loglevel error -y -f lavfi -i "sine=500:duration=$(wc -w)" -ar 22050 "$4"
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A German model, and a program that speaks it."""
    program, found = tmp_path / "bin" / "piper", tmp_path / "thorsten.onnx"
    program.parent.mkdir()
    program.write_text(PIPER)
    program.chmod(0o755)
    found.write_bytes(b"a network")
    Path(f"{found}.json").write_text('{"language": {"code": "de_DE"}, "num_speakers": 1}')
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return found


def test_a_model_speaks_its_own_language(model: Path, tmp_path: Path) -> None:
    """The model says what is in its language or in none, espeak-ng all other languages."""
    speaker, path = piper(model), tmp_path / "spoken.wav"

    def rate(language: str) -> tuple[int, int]:
        asyncio.run(speaker.speak("Guten Tag", language, "", path))
        with wave.open(str(path)) as file:
            return file.getframerate(), file.getnframes()

    assert rate("de-AT") == rate("") == (22_050, 44_100)
    frames = rate("en-GB")[1]
    assert frames != 44_100
    assert str(model) in speaker.name


async def nowhere(host: str) -> list[str]:
    raise AssertionError(f"nobody is to be asked for {host}")


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("bin/piper", "piper is not installed"),
        ("thorsten.onnx", "There is no model"),
        ("thorsten.onnx.json", "does not describe the model"),
    ],
)
def test_a_voice_that_is_not_there_is_named(
    model: Path, tmp_path: Path, missing: str, told: str
) -> None:
    """A server that is to speak by a model, and cannot, says at the start what is missing."""
    (tmp_path / missing).unlink()
    settings = Settings(data=tmp_path / "data", voice="sip", voice_piper_model=str(model))
    with pytest.raises(ProviderGone, match=told):
        provider_named(settings, Pace(REAL), REAL, asyncio.to_thread, nowhere)


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
