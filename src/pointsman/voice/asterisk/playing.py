"""Playbacks and hold music of the provider `asterisk`.

Asterisk plays a list of files once: what is to be played again is asked for again. Music stands still
while something is played to its leg, and goes on afterwards. Files are made ready beside everything else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from msgspec import Struct

from pointsman.voice.asterisk.ari import Asking
from pointsman.voice.asterisk.legs import Legs
from pointsman.voice.pace import Pace
from pointsman.voice.provider import Builtin, Media, PlaybackEnded, ProviderGone, Speech
from pointsman.voice.sounds import Sounds
from pointsman.voice.speech import Unplayable

__all__ = ["Players"]

ENDLESS = 0
NO_FILES = "Asterisk does not play it"


class _Played(Struct):
    target: str
    path: str
    """Asterisk's path of the target."""
    loop: int
    media: str = ""
    round: int = 0
    is_music: bool = False


class Players:
    """What is played now; `media` is what Asterisk calls the files of one round."""

    def __init__(self, asking: Asking, sounds: Sounds, pace: Pace, legs: Legs) -> None:
        self._asking = asking
        self._sounds = sounds
        self._pace = pace
        self._legs = legs
        self._playing: dict[str, _Played] = {}
        self._music: dict[str, tuple[Media, ...]] = {}

    async def play(
        self, name: str, target: str, path: str, media: Sequence[Media], loop: int
    ) -> None:
        """Ready the sounds and play them; what was played there ends."""
        for other in [other for other, p in self._playing.items() if p.target == target]:
            if not self._playing[other].is_music:
                await self.stop(other)
        await self._silence_music(target)
        played = self._playing[name] = _Played(target, path, loop)
        self._pace.spawn(self._ready(name, played, media))

    async def stop(self, name: str) -> None:
        played = self._playing.get(name)
        if played is not None:
            self._over(name)
            await self._asking.delete(f"/playbacks/{_round(name, played)}")

    async def music(self, leg: str, media: Sequence[Media] | None) -> None:
        """Let a leg hear music, its own or Asterisk's, or (None) no more."""
        await self._silence_music(leg)
        if media is None:
            self._music.pop(leg, None)
            return
        self._music[leg] = tuple(media)
        if not any(p.target == leg for p in self._playing.values()):
            await self._sound_music(leg)

    def finished(self, round_name: str, *, failed: bool) -> None:
        """Asterisk played a round to its end, or could not."""
        name, _, count = round_name.rpartition(".")
        played = self._playing.get(name)
        if played is None or count != str(played.round):
            return
        if failed:
            self._over(name, NO_FILES)
        elif played.loop == ENDLESS or played.round < played.loop:
            self._pace.spawn(self._next_round(name, played))
        else:
            self._over(name)

    def end_at(self, target: str) -> None:
        """The target is gone."""
        self._music.pop(target, None)
        for name in [name for name, p in self._playing.items() if p.target == target]:
            self._over(name)

    async def _ready(self, name: str, played: _Played, media: Sequence[Media]) -> None:
        try:
            files = [await self._file(piece) for piece in media]
        except Unplayable as problem:
            self._over(name, str(problem))
            return
        played.media = ",".join(f"sound:{file}" for file in files)
        await self._next_round(name, played)

    async def _next_round(self, name: str, played: _Played) -> None:
        if self._playing.get(name) is not played:
            return  # it was stopped meanwhile
        played.round += 1
        try:
            path = f"{played.path}/play/{_round(name, played)}"
            if not await self._asking.post(path, media=played.media):
                self._over(name, NO_FILES)
        except ProviderGone as problem:
            self._over(name, str(problem))

    async def _file(self, piece: Media) -> str:
        """The path of a sound's file without its ending, as Asterisk wants it."""
        if isinstance(piece, Builtin):
            path = await self._sounds.builtin(piece.name, piece.length_ms)
        elif isinstance(piece, Speech):
            path = await self._sounds.spoken(piece.text, piece.language, piece.voice)
        else:
            path = await self._sounds.played(piece.url)
        return str(path.absolute().with_suffix(""))

    def _over(self, name: str, error: str = "") -> None:
        """A playback is over; told once, if it is one that somebody asked for."""
        played = self._playing.pop(name, None)
        if played is None or played.is_music:
            return
        self._legs.tell(PlaybackEnded(name, error))
        if played.target in self._music:
            self._pace.spawn(self._resume(played.target))

    async def _resume(self, leg: str) -> None:
        with contextlib.suppress(ProviderGone):
            await self._sound_music(leg)

    async def _sound_music(self, leg: str) -> None:
        media = self._music.get(leg)
        if media is None or any(p.target == leg for p in self._playing.values()):
            return
        path = f"/channels/{leg}"
        if not media:
            await self._asking.post(f"{path}/moh")
            return
        played = self._playing[_music(leg)] = _Played(leg, path, ENDLESS, is_music=True)
        await self._ready(_music(leg), played, media)

    async def _silence_music(self, leg: str) -> None:
        media = self._music.get(leg)
        if media is None:
            return
        if media:
            await self.stop(_music(leg))
        else:
            await self._asking.delete(f"/channels/{leg}/moh")


def _music(leg: str) -> str:
    return f"{leg}-music"


def _round(name: str, played: _Played) -> str:
    return f"{name}.{played.round}"
