"""Sounds played one after the other, once, several times or until they are stopped."""

from __future__ import annotations

from collections.abc import Sequence

from pointsman.voice.sip.sound import Frame, Sound, frame_at, frames_in

__all__ = ["ENDLESS", "Playing"]

ENDLESS = 0


class Playing:
    """One playback; `next` gives its frames in order."""

    def __init__(self, sounds: Sequence[Sound], loop: int = 1) -> None:
        self._sounds = [sound for sound in sounds if len(sound)]
        self._left = loop
        self._endless = loop == ENDLESS
        self._index = 0
        self._at = 0

    def next(self) -> Frame | None:
        """The next frame; None when all was played."""
        if not self._sounds or (self._left == 0 and not self._endless):
            return None
        frame = frame_at(self._sounds[self._index], self._at)
        self._at += 1
        if self._at == frames_in(self._sounds[self._index]):
            self._at, self._index = 0, self._index + 1
            if self._index == len(self._sounds):
                self._index, self._left = 0, self._left - 1
        return frame
