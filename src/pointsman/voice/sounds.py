"""Sound files for telephones: what is said, what is played from an address, and the hold music.

Each is made once, kept in a folder, and found again by what it was made of; the folder holds so many
bytes, and what was not used for longest goes first. Everything in it can be made again, so it is no
part of a backup. Which call hears it is not known here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct

from pointsman.voice.music import TUNES, write
from pointsman.voice.speech import LONGEST_TEXT, Tts, Unplayable, playable

__all__ = ["Download", "Fetch", "Sounds"]

T = TypeVar("T")
MOST_BYTES = 512 * 1024 * 1024


class Download(Struct, frozen=True):
    """A file from an address; `etag` is the server's name for this version, or empty."""

    body: bytes
    etag: str


class Fetch(Protocol):
    """Gets a file, within limits of time, size and reach; raises `Unplayable` with a sentence."""

    def __call__(self, url: str, known_etag: str) -> Awaitable[Download | None]:
        """None when the version with this tag is still the current one."""
        ...


class Offload(Protocol):
    """Runs what blocks, in a thread."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]: ...


class Sounds:
    """The folder of sounds."""

    def __init__(
        self,
        folder: Path,
        tts: Tts,
        fetch: Fetch,
        offload: Offload,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._tts = tts
        self._fetch = fetch
        self._offload = offload
        self._most_bytes = most_bytes
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._etags: dict[str, str] = {}

    async def music(self) -> Path:
        """The hold music."""
        return await self.builtin("music")

    async def builtin(self, name: str, length_ms: int = 0) -> Path:
        """A sound that this program makes: `beep`, `ring`, `music`, or `silence` of some length."""
        path = self._folder / f"{name}{length_ms or ''}.wav"
        await self._made(path, lambda: self._offload(lambda: write(path, TUNES[name](length_ms))))
        return path

    async def spoken(self, text: str, language: str, voice: str) -> Path:
        """What is said; raises `Unplayable` for an empty text, or one that is too long."""
        if not text.strip():
            raise Unplayable("There is nothing to say")
        if len(text) > LONGEST_TEXT:
            raise Unplayable(f"A text may have {LONGEST_TEXT} characters; this one has {len(text)}")
        path = self._path("said", self._tts.name, language, voice, text)
        await self._made(path, lambda: self._speak(text, language, voice, path))
        return path

    async def played(self, url: str) -> Path:
        """The sound at an address; it is asked for each time, and converted when it is new."""
        etag = self._etags.get(url, "")
        kept = self._path("file", url, etag)
        download = await self._fetch(url, etag if _is_kept(kept) else "")
        if download is None:
            return kept
        version = download.etag or hashlib.sha256(download.body).hexdigest()
        path = self._path("file", url, version)
        await self._made(path, lambda: self._convert(download.body, path))
        self._etags[url] = download.etag or ""
        return path

    async def _speak(self, text: str, language: str, voice: str, path: Path) -> None:
        raw = path.with_suffix(".raw")
        try:
            await self._tts.speak(text, language, voice, raw)
            await playable(raw, path)
        finally:
            raw.unlink(missing_ok=True)

    async def _convert(self, body: bytes, path: Path) -> None:
        raw = path.with_suffix(".raw")
        try:
            await self._offload(lambda: raw.write_bytes(body))
            await playable(raw, path)
        finally:
            raw.unlink(missing_ok=True)

    async def _made(self, path: Path, make: Callable[[], Awaitable[None]]) -> None:
        """Make it unless it is there; who wants it meanwhile waits for the same making."""
        if _is_kept(path):
            return
        task = self._making.get(path)
        if task is None:
            task = self._making[path] = asyncio.ensure_future(self._make(path, make))
        await asyncio.shield(task)

    async def _make(self, path: Path, make: Callable[[], Awaitable[None]]) -> None:
        try:
            await make()
            await self._offload(lambda: _forget_oldest(self._folder, self._most_bytes))
        finally:
            del self._making[path]

    def _path(self, *made_of: str) -> Path:
        name = hashlib.sha256("\0".join(made_of).encode()).hexdigest()
        return self._folder / f"{made_of[0]}-{name}.wav"


def _is_kept(path: Path) -> bool:
    """Whether it is there; it is used now, and so is not among the first to go."""
    if not path.exists():
        return False
    path.touch()
    return True


def _forget_oldest(folder: Path, most_bytes: int) -> None:
    """Delete what was not used for longest until the folder is small enough."""
    known = []
    for path in folder.glob("*-*.wav"):
        stat = path.stat()
        known.append((stat.st_mtime_ns, stat.st_size, path))
    total = sum(size for _, size, _ in known)
    for _, size, path in sorted(known)[:-1]:  # the newest stays, however large
        if total <= most_bytes:
            return
        path.unlink()
        total -= size
