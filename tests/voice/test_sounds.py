"""The folder of sounds: made once, found again, bounded."""

from __future__ import annotations

import asyncio
import io
import os
import wave
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pointsman.voice.sounds import Download, Sounds
from pointsman.voice.speech import Espeak, Unplayable

T = TypeVar("T")
URL = "http://sounds.example/ready.wav"


def wav(seconds: float, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(2)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes(bytes(int(seconds * rate) * 4))
    return file.getvalue()


class Shop:
    """A server of one sound, which counts how often it was sent."""

    def __init__(self, body: bytes, etag: str = "") -> None:
        self.body, self.etag, self.sent = body, etag, 0

    async def __call__(self, url: str, known_etag: str) -> Download | None:
        if known_etag and known_etag == self.etag:
            return None
        self.sent += 1
        return Download(self.body, self.etag)


async def offload(function: Callable[[], T], /) -> T:
    return await asyncio.to_thread(function)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def seconds(path: Path) -> float:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        return file.getnframes() / 8000


def test_a_sound_is_converted_once_and_asked_for_each_time(tmp_path: Path) -> None:
    """While the server names the same version, the kept file is played."""
    shop = Shop(wav(0.5), '"one"')
    sounds = Sounds(tmp_path / "sounds", Espeak(), shop, offload)
    first, second = run(sounds.played(URL)), run(sounds.played(URL))
    assert first == second and shop.sent == 1
    assert seconds(first) == pytest.approx(0.5, abs=0.01)
    shop.body, shop.etag = wav(1.0), '"two"'
    assert seconds(run(sounds.played(URL))) == pytest.approx(1.0, abs=0.01)


def test_without_a_version_the_content_decides(tmp_path: Path) -> None:
    """It is fetched each time, and converted only when it is another one."""
    shop = Shop(wav(0.5))
    sounds = Sounds(tmp_path / "sounds", Espeak(), shop, offload)
    assert run(sounds.played(URL)) == run(sounds.played(URL))
    assert shop.sent == 2


def test_two_who_want_the_same_wait_for_one_making(tmp_path: Path) -> None:
    """One text said to ten callers at once is spoken once."""
    sounds = Sounds(tmp_path / "sounds", Espeak(), Shop(b""), offload)

    async def ten() -> list[Path]:
        return list(await asyncio.gather(*(sounds.spoken("Hello", "en", "") for _ in range(10))))

    assert len(set(run(ten()))) == 1
    assert len(list((tmp_path / "sounds").iterdir())) == 1


@pytest.mark.parametrize(("text", "told"), [(" \n", "nothing to say"), ("a" * 5000, "4096")])
def test_what_cannot_be_said_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Nothing, and too much."""
    with pytest.raises(Unplayable, match=told):
        run(Sounds(tmp_path / "sounds", Espeak(), Shop(b""), offload).spoken(text, "en", ""))


def test_what_is_no_sound_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    """A page of an error is not kept."""
    sounds = Sounds(tmp_path / "sounds", Espeak(), Shop(b"<html>"), offload)
    with pytest.raises(Unplayable, match="ffmpeg failed"):
        run(sounds.played(URL))
    assert list((tmp_path / "sounds").iterdir()) == []


def test_the_folder_is_bounded_and_the_least_used_goes_first(tmp_path: Path) -> None:
    """What was used last stays; the hold music is not counted."""
    sounds = Sounds(tmp_path / "sounds", Espeak(), Shop(b""), offload, most_bytes=60_000)
    music = run(sounds.music())
    old = run(sounds.spoken("The first sentence that was ever said here", "en", ""))
    os.utime(old, (1, 1))
    for text in ("A second one", "And a third one, a little longer than the second"):
        kept = run(sounds.spoken(text, "en", ""))
    assert not old.exists()
    assert kept.exists() and music.exists()
