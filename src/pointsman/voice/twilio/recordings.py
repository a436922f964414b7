"""Recordings of the provider `twilio`: made by the carrier, fetched when they are complete, and kept here.

The end of one is told when its sound is here; with its leg, if that is earlier, and whoever asks for the sound
then waits for it a little.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from msgspec import Struct, field

from pointsman.voice.pace import Pace
from pointsman.voice.provider import EventSink, RecordingEnded
from pointsman.voice.sounds import Offload
from pointsman.voice.speech import Unplayable
from pointsman.voice.twilio.carrier import Carrier

__all__ = ["Download", "Recordings"]

log = logging.getLogger(__name__)

SOUND_WITHIN_S = 20.0
MOST_KNOWN = 10_000
"""Of older ones only the sound is kept."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
Download = Callable[[str], Awaitable[bytes]]
"""Fetches the sound behind an address of the carrier's; raises `Unplayable`."""


class _Made(Struct, eq=False):
    target: str
    since: int
    call: str = ""
    sid: str = ""
    digit: str = ""
    is_told: bool = False
    is_here: asyncio.Event = field(default_factory=asyncio.Event)


class Recordings:
    """What is recorded now, and what was."""

    def __init__(
        self,
        carrier: Carrier,
        folder: Path,
        download: Download,
        offload: Offload,
        pace: Pace,
        tell: EventSink,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._carrier = carrier
        self._folder = folder
        self._download = download
        self._offload = offload
        self._pace = pace
        self._tell = tell
        self._made: dict[str, _Made] = {}

    def begin(self, name: str, target: str) -> bool:
        """Expect one; false when it was begun already."""
        assert _NAME.fullmatch(name), "the name of a recording is a SID"
        if name in self._made:
            return False
        self._made[name] = _Made(target, self._pace.now)
        while len(self._made) > MOST_KNOWN:
            del self._made[next(iter(self._made))]
        return True

    def began(self, name: str, call: str, sid: str) -> None:
        """The carrier records this call."""
        made = self._made[name]
        made.call, made.sid = call, sid
        if not sid:
            self._over(name, made, "The carrier does not record it")

    def sid_of(self, name: str) -> str:
        """The carrier's name of a recording; empty as long as it has none."""
        return self._made[name].sid if name in self._made else ""

    async def stop(self, name: str) -> None:
        """End one that was begun on a call."""
        made = self._made.get(name)
        if made is not None and made.sid and not made.is_told:
            await self._carrier.stop_recording(made.call, made.sid)

    def pressed(self, name: str, digit: str) -> None:
        """The key that ended it."""
        if name in self._made:
            self._made[name].digit = digit

    def end_at(self, target: str) -> None:
        """The target is gone: the sound comes later."""
        for name, made in self._made.items():
            if made.target == target and not made.is_told:
                self._told(name, made, self._pace.now - made.since, "")

    async def completed(self, name: str, fields: Mapping[str, str]) -> None:
        """The carrier has it, or says that there is none."""
        made = self._made.get(name)
        if made is None:
            return
        made.sid = fields.get("RecordingSid", made.sid)
        if fields.get("RecordingStatus") != "completed":
            self._over(name, made, "There is no sound")
            return
        try:
            sound = await self._download(self._carrier.audio(made.sid))
        except Unplayable as problem:
            log.warning("The recording %s could not be fetched: %s", made.sid, problem)
            self._over(name, made, str(problem))
            return
        path = self._folder / f"{name}.wav"
        await self._offload(lambda: path.write_bytes(sound))
        made.is_here.set()
        length = fields.get("RecordingDuration", "")
        self._told(name, made, int(length) * 1000 if length.isdigit() else 0, "")

    def _over(self, name: str, made: _Made, error: str) -> None:
        made.is_here.set()
        self._told(name, made, 0, error)

    def _told(self, name: str, made: _Made, length_ms: int, error: str) -> None:
        if not made.is_told:
            made.is_told = True
            self._tell(RecordingEnded(name, length_ms, made.digit, error))

    async def fetch(self, name: str) -> bytes:
        """The sound; empty when there is none."""
        made = self._made.get(name)
        if made is not None and made.is_told:
            try:
                async with asyncio.timeout(SOUND_WITHIN_S):
                    await made.is_here.wait()
            except TimeoutError:
                return b""
        if not _NAME.fullmatch(name):
            return b""
        path = self._folder / f"{name}.wav"
        return await self._offload(lambda: path.read_bytes() if path.is_file() else b"")

    async def delete(self, name: str) -> None:
        """Forget the sound, here and with the carrier."""
        made = self._made.pop(name, None)
        if _NAME.fullmatch(name):
            path = self._folder / f"{name}.wav"
            await self._offload(lambda: path.unlink(missing_ok=True))
        if made is not None and made.sid:
            await self._carrier.delete_recording(made.sid)
