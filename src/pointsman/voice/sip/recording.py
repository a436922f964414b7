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
        max_s: int = 0,
        silence_s: float = 0,
        finish_on: str = "",
        channels: int = 1,
        trim: bool = False,
    ) -> None:
        """It is full after `max_s` and ends after `silence_s` of silence; 0 is never.

        `trim` leaves out the silence at its beginning and its end.
        """
        self.channels = channels
        self.frames = 0
        self.digit = ""
        self._path = path
        self._part = path.with_suffix(".part")
        self._finish_on = finish_on
        self._longest = max_s * _FRAMES_PER_S
        self._silence = int(silence_s * _FRAMES_PER_S)
        self._trim = trim
        self._quiet = 0
        self._held_back: list[bytes] = []
        self._file = wave.open(str(self._part), "wb")  # noqa: SIM115  (open for a whole call)
        self._file.setnchannels(channels)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE)

    @property
    def duration_s(self) -> float:
        """Length of the file."""
        return self.frames / _FRAMES_PER_S

    def add(self, left: Frame, right: Frame | None = None) -> bool:
        """One more frame; with two channels both sides of it. False when it is over."""
        both = left if right is None else np.column_stack((left, right))
        is_quiet = float(np.abs(both).mean()) < _QUIET
        self._quiet = self._quiet + 1 if is_quiet else 0
        if self._trim and is_quiet:
            if self.frames:  # silence before the first sound is left out at once
                self._held_back.append(_bytes(both))
        else:
            for frame in [*self._held_back, _bytes(both)]:
                self._file.writeframesraw(frame)
                self.frames += 1
            self._held_back.clear()
        is_full = 0 < self._longest <= self.frames + len(self._held_back)
        is_silent = 0 < self._silence <= self._quiet
        return not is_full and not is_silent

    def press(self, digit: str) -> bool:
        """A key was pressed; False when it ends the recording."""
        if digit not in self._finish_on:
            return True
        self.digit = digit
        return False

    def finish(self) -> None:
        """Complete the file."""
        self._file.close()
        self._part.replace(self._path)


def _bytes(frame: Frame) -> bytes:
    return frame.astype("<i2").tobytes()
