"""One recording: frames into a WAV file, until it is stopped, full, finished by a key or silent.

The file has its name only when it is complete: until then it is written beside it.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from pointsman.voice.sip.sound import FRAME_SAMPLES, RATE, Frame

__all__ = ["Recording"]

_FRAMES_PER_S = RATE // FRAME_SAMPLES
_QUIET = 200.0
"""Mean absolute sample below which a frame counts as silent; line noise of G.711 is below 50."""


class Recording:
    """Written as it grows; `finish` gives the file its name."""

    def __init__(
        self,
        path: Path,
        *,
        max_s: float,
        silence_s: float = 0,
        finish_on: str = "",
        channels: int = 1,
    ) -> None:
        self.path = path
        self.frames = 0
        self.finish_on = finish_on
        self.digits = ""
        self._part = path.with_suffix(".part")
        self._longest = int(max_s * _FRAMES_PER_S)
        self._silence = int(silence_s * _FRAMES_PER_S)
        self._quiet = 0
        self._file = wave.open(str(self._part), "wb")  # noqa: SIM115  (open for a whole call)
        self._file.setnchannels(channels)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE)

    @property
    def duration_s(self) -> float:
        """Length of what was recorded."""
        return self.frames / _FRAMES_PER_S

    def add(self, left: Frame, right: Frame | None = None) -> bool:
        """One more frame; with two channels both sides of it. False when it is over."""
        both = left if right is None else np.column_stack((left, right))
        self._file.writeframesraw(both.astype("<i2").tobytes())
        self.frames += 1
        self._quiet = self._quiet + 1 if float(np.abs(both).mean()) < _QUIET else 0
        is_silent = bool(self._silence) and self._quiet >= self._silence
        return self.frames < self._longest and not is_silent

    def press(self, digit: str) -> bool:
        """A key was pressed; False when it ends the recording."""
        if digit not in self.finish_on:
            return True
        self.digits = digit
        return False

    def finish(self) -> None:
        """Complete the file."""
        self._file.close()
        self._part.replace(self.path)
