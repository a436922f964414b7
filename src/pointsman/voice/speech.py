"""Text to speech: the port, and espeak-ng and piper behind it; and what makes any sound playable.

A voice writes a WAV file of whatever rate it speaks at; `playable` turns any sound file into the one
form that telephones play: 8 kHz, 16 bits, one channel. Both are other people's programs, run as
children with a time limit; text reaches them on standard input and never as an option. What is said,
and to whom, is not known here.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from msgspec import DecodeError, Struct
from msgspec.json import decode

__all__ = ["Espeak", "Piper", "Tts", "Unplayable", "piper", "playable", "run", "voice_of"]

LONGEST_TEXT = 4096
WITHIN_S = 20.0
_REGIONAL = frozenset({"en-gb", "en-us", "fr-be", "fr-ch", "fr-fr", "pt-br"})
_BASES = {"": "en-us", "en": "en-us", "fr": "fr-fr", "no": "nb", "zh": "cmn"}
"""The voice of a language whose name is not that of the language."""


class Unplayable(Exception):
    """No sound came of it; the message is a sentence for the alert log."""


class Tts(Protocol):
    """Something that speaks."""

    @property
    def name(self) -> str:
        """Tells apart what several voices made of one text."""
        ...

    async def speak(self, text: str, language: str, voice: str, path: Path) -> None:
        """Write what is said to a new WAV file; raises `Unplayable`.

        `language` is a tag such as `de-DE` or empty; `voice` is what the document asked for (`man`,
        `woman`, `alice`, `Polly.Joanna` …), which a speaker takes as a hint.
        """
        ...


class Espeak(Struct, frozen=True):
    """The voice of Debian's espeak-ng: many languages, a robot's sound, 70 ms for a sentence."""

    name: str = "espeak-ng"

    async def speak(self, text: str, language: str, voice: str, path: Path) -> None:
        chosen = voice_of(language, voice)
        await run(["espeak-ng", "-v", chosen, "-w", str(path), "--stdin"], text.encode())


class Piper(Struct, frozen=True):
    """A neural voice of the operator's choice: PyPI `piper-tts` with a model that he supplies.

    A model speaks one language, and as one person; what is in another language `others` says.
    """

    model: Path
    language: str
    """Of the model, such as `de`."""
    others: Tts = Espeak()

    @property
    def name(self) -> str:
        return f"piper {self.model}"

    async def speak(self, text: str, language: str, voice: str, path: Path) -> None:
        if language and language.lower().partition("-")[0] != self.language:
            await self.others.speak(text, language, voice, path)
            return
        command = ["piper", "--model", str(self.model), "--output_file", str(path)]
        await run(command, text.replace("\n", " ").encode())


def piper(model: Path) -> Piper:
    """A model that is there, with the program that speaks it; raises `Unplayable` with what is missing."""
    _program("piper")
    description = Path(f"{model}.json")
    if not model.is_file():
        raise Unplayable(f"There is no model {model}")
    try:
        told = decode(description.read_bytes(), type=_Model)
    except (OSError, DecodeError) as problem:
        raise Unplayable(f"{description} does not describe the model: {problem}") from problem
    return Piper(model, told.language.code.lower().partition("_")[0])


class _Language(Struct):
    code: str
    """Such as `de_DE`."""


class _Model(Struct):
    """What lies beside a model."""

    language: _Language


def voice_of(language: str, voice: str) -> str:
    """The espeak-ng voice for a language tag and a hint at whose voice it shall be."""
    tag = language.lower() if language.replace("-", "").isalnum() else ""
    base, _, region = tag.partition("-")
    if tag in _REGIONAL:
        spoken = tag
    elif base == "es" and region not in ("", "es"):
        spoken = "es-419"
    else:
        spoken = _BASES.get(base, base)
    return spoken if voice.lower() in ("", "man") else f"{spoken}+f3"


async def playable(source: Path, target: Path) -> None:
    """Turn a sound file of any common format into what telephones play; raises `Unplayable`."""
    part = target.with_suffix(".part")
    command = [
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-protocol_whitelist", "file"),
        *("-i", str(source), "-map", "0:a:0", "-ar", "8000", "-ac", "1"),
        *("-c:a", "pcm_s16le", "-f", "wav", "-t", "3600", str(part)),
    ]
    try:
        await run(command, b"")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


async def run(command: Sequence[str], told: bytes) -> bytes:
    """Run a program to its end, or end it after the time limit; what it wrote."""
    program = _program(command[0])
    process = await asyncio.create_subprocess_exec(
        program,
        *command[1:],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            written, errors = await process.communicate(told)
    except TimeoutError as problem:
        raise Unplayable(f"{command[0]} did not end within {WITHIN_S:g} s") from problem
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = errors.decode(errors="replace").strip().splitlines()
        raise Unplayable(f"{command[0]} failed: {words[-1] if words else process.returncode}")
    return written


def _program(name: str) -> str:
    """Where a program is: on the path, or in our own environment."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise Unplayable(f"The program {name} is not installed; sound needs it")
    return found
