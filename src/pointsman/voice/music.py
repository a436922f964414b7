"""Sounds that this program makes from a few notes, so that nobody's recording is needed.

The hold music is a slow arpeggio over four chords, 16 seconds long, soft enough to talk over; it begins and ends in silence
and so can be repeated for ever. Nothing is known here of calls.
"""

from __future__ import annotations

import array
import math
import wave
from collections.abc import Callable
from pathlib import Path

__all__ = ["RATE", "TUNES", "beep", "hold_music", "ring", "silence", "write"]

RATE = 8000
_CHORDS = (
    (261.63, 329.63, 392.00, 493.88),
    (220.00, 261.63, 329.63, 440.00),
    (174.61, 261.63, 349.23, 440.00),
    (196.00, 246.94, 293.66, 392.00),
)
_NOTE_S = 0.5
_NOTES_A_CHORD = 8
_RING_S = 1.6
_PEAK = 4200
_TONE_PEAK = 8000
_OVERTONES = ((1, 1.0), (2, 0.35), (3, 0.12))


def hold_music() -> array.array[int]:
    """The samples: 16 bits, 8 kHz, one channel."""
    notes = [chord[step % len(chord)] for chord in _CHORDS for step in range(_NOTES_A_CHORD)]
    length = int(len(notes) * _NOTE_S * RATE)
    mixed = [0.0] * length
    for index, hertz in enumerate(notes):
        start = int(index * _NOTE_S * RATE)
        for at, sample in enumerate(_note(hertz)):
            mixed[(start + at) % length] += sample  # the last notes ring on into the repetition
    loudest = max(abs(sample) for sample in mixed)
    return array.array("h", (int(_PEAK * sample / loudest) for sample in mixed))


def beep() -> array.array[int]:
    """A quarter of a second at 1,000 Hz."""
    return _tones((1000.0,), 0.25)


def ring() -> array.array[int]:
    """What a caller hears while the other phone rings: two seconds of two tones, four of silence."""
    return _tones((440.0, 480.0), 2.0) + silence(4000)


def silence(length_ms: int) -> array.array[int]:
    """Nothing, for so long."""
    return array.array("h", bytes(2 * (RATE * length_ms // 1000)))


TUNES: dict[str, Callable[[int], array.array[int]]] = {
    "music": lambda _: hold_music(),
    "beep": lambda _: beep(),
    "ring": lambda _: ring(),
    "silence": silence,
}
"""Every sound that this program makes, by its name; what takes a length in ms is given it."""


def write(path: Path, samples: array.array[int]) -> None:
    """Make the WAV file, complete or not at all."""
    part = path.with_suffix(".part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    part.replace(path)


def _tones(hertz: tuple[float, ...], length_s: float) -> array.array[int]:
    """Steady tones together, with soft edges so that they do not crack."""
    samples = []
    for at in range(int(length_s * RATE)):
        second = at / RATE
        edge = min(1.0, second / 0.01, (length_s - second) / 0.01)
        turn = 2 * math.pi * second
        together = sum(math.sin(each * turn) for each in hertz) / len(hertz)
        samples.append(int(_TONE_PEAK * edge * together))
    return array.array("h", samples)


def _note(hertz: float) -> list[float]:
    """One plucked note: three partials that die away."""
    samples = []
    for at in range(int(_RING_S * RATE)):
        second = at / RATE
        envelope = min(1.0, second / 0.01) * math.exp(-3.0 * second)
        turn = 2 * math.pi * hertz * second
        samples.append(envelope * sum(part * math.sin(n * turn) for n, part in _OVERTONES))
    return samples
