"""Sound as the exchange handles it: frames of 20 ms, 160 samples of 16 bits at 8 kHz, one channel.

A frame is an array that nobody changes after it was made, so that one may be heard in many places.
Where a sound comes from, and who hears it, is not known here.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pointsman.voice.music import beep as tone_of_recording

__all__ = [
    "FRAME_BYTES",
    "FRAME_SAMPLES",
    "RATE",
    "SILENCE",
    "Frame",
    "Sound",
    "Unreadable",
    "beep",
    "frame_at",
    "frame_of",
    "frames_in",
    "read_sound",
]

RATE = 8000
FRAME_SAMPLES = RATE // 50
FRAME_BYTES = FRAME_SAMPLES * 2

Sound: TypeAlias = npt.NDArray[np.int16]
"""Samples of any number."""
Frame: TypeAlias = Sound
"""Exactly `FRAME_SAMPLES` samples."""

SILENCE: Frame = np.zeros(FRAME_SAMPLES, dtype=np.int16)
SILENCE.flags.writeable = False


class Unreadable(Exception):
    """The file holds no sound of the form that is played here; the message says what it holds."""


def read_sound(path: Path) -> Sound:
    """The samples of a WAV file of 8 kHz, 16 bits, one channel; raises `Unreadable` for others."""
    try:
        with wave.open(str(path)) as file:
            form = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            if form != (RATE, 2, 1):
                raise Unreadable(
                    f"{path.name} has rate, bytes and channels {form}, not (8000, 2, 1)"
                )
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
    except (OSError, EOFError, wave.Error) as problem:
        raise Unreadable(f"{path.name} cannot be read as WAV: {problem}") from problem


def frame_of(pcm: bytes) -> Frame:
    """One frame of received bytes; what is missing of it is silence."""
    if len(pcm) == FRAME_BYTES:
        return np.frombuffer(pcm, dtype="<i2")
    frame = np.zeros(FRAME_SAMPLES, dtype=np.int16)
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")[:FRAME_SAMPLES]
    frame[: len(samples)] = samples
    return frame


def frames_in(sound: Sound) -> int:
    """How many frames it takes to play it; the last one may be filled up with silence."""
    return -(-len(sound) // FRAME_SAMPLES)


def frame_at(sound: Sound, index: int) -> Frame:
    """The frame of this number."""
    start = index * FRAME_SAMPLES
    piece = sound[start : start + FRAME_SAMPLES]
    if len(piece) == FRAME_SAMPLES:
        return piece
    frame = np.zeros(FRAME_SAMPLES, dtype=np.int16)
    frame[: len(piece)] = piece
    return frame


def beep() -> Sound:
    """What is heard before a recording."""
    return np.array(tone_of_recording(), dtype=np.int16)
