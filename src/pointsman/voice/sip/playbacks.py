"""Playbacks of the provider `sip`: sounds are made ready first, then played, and each end is told once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from msgspec import Struct

from pointsman.voice.pace import Pace
from pointsman.voice.provider import Builtin, EventSink, Media, PlaybackEnded, Speech
from pointsman.voice.sounds import Sounds
from pointsman.voice.speech import Unplayable

__all__ = ["Playbacks"]

Play = Callable[[str, str, list[str], int], Awaitable[str]]
"""Has the telephone process play; gives back why it does not."""


class _Playback(Struct):
    target: str
    readying: asyncio.Task[None] | None = None


class Playbacks:
    """What is played now, or about to be."""

    def __init__(self, sounds: Sounds, pace: Pace, play: Play, tell: EventSink) -> None:
        self._sounds = sounds
        self._pace = pace
        self._play = play
        self._tell = tell
        self._playing: dict[str, _Playback] = {}

    def at(self, target: str) -> str | None:
        """What is played there."""
        return next((name for name, p in self._playing.items() if p.target == target), None)

    def begin(self, name: str, target: str, media: Sequence[Media], loop: int) -> None:
        """Ready the sounds, then play them."""
        playback = self._playing[name] = _Playback(target)
        playback.readying = self._pace.spawn(self._ready(name, playback, media, loop))

    def abandon(self, name: str) -> bool:
        """Do not play what is not ready yet; whether that was so."""
        playback = self._playing.get(name)
        if playback is None or playback.readying is None:
            return playback is None
        playback.readying.cancel()
        self.ended(name)
        return True

    def ended(self, name: str, error: str = "") -> None:
        """It is over; told once."""
        if self._playing.pop(name, None) is not None:
            self._tell(PlaybackEnded(name, error))

    def end_at(self, target: str) -> None:
        """The target is gone."""
        for name in [name for name, p in self._playing.items() if p.target == target]:
            self.abandon(name)
            self.ended(name)

    def end_all(self, error: str) -> None:
        """Nothing is played any more."""
        for name, playback in list(self._playing.items()):
            if playback.readying is not None:
                playback.readying.cancel()
            self.ended(name, error)

    def forget(self) -> None:
        """End everything without a word."""
        for playback in self._playing.values():
            if playback.readying is not None:
                playback.readying.cancel()
        self._playing.clear()

    async def paths(self, media: Sequence[Media]) -> tuple[list[str], str]:
        """The files of these sounds, and a sentence if one of them cannot be had."""
        try:
            return [str(await self._path(piece)) for piece in media], ""
        except Unplayable as problem:
            return [], str(problem)

    async def _ready(
        self, name: str, playback: _Playback, media: Sequence[Media], loop: int
    ) -> None:
        paths, error = await self.paths(media)
        playback.readying = None
        if not error:
            error = await self._play(name, playback.target, paths, loop)
        if error:
            self.ended(name, error)

    async def _path(self, piece: Media) -> Path:
        if isinstance(piece, Builtin):
            return await self._sounds.builtin(piece.name, piece.length_ms)
        if isinstance(piece, Speech):
            return await self._sounds.spoken(piece.text, piece.language, piece.voice)
        return await self._sounds.played(piece.url)
