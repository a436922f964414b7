"""Recordings of the provider `asterisk`: they lie with Asterisk until they are deleted there."""

from __future__ import annotations

from pointsman.voice.asterisk.ari import Asking
from pointsman.voice.asterisk.legs import Legs
from pointsman.voice.asterisk.rooms import SPY
from pointsman.voice.provider import RecordingEnded

__all__ = ["Recordings"]


class Recordings:
    """What is being recorded."""

    def __init__(self, asking: Asking, legs: Legs, app: str) -> None:
        self._asking = asking
        self._legs = legs
        self._app = app
        self._spies: set[str] = set()
        """Those of what a leg hears, too: through a channel that spies on it, until both end."""
        self._live: dict[str, tuple[str, str]] = {}
        self._keys: dict[str, str] = {}
        self._told: set[str] = set()
        """Told to be over, before Asterisk said so."""

    async def begin(self, name: str, path: str, target: str, finish_on: str, **how: object) -> None:
        """Record what is at this path; the keys that finish it are watched for by us."""
        self._live[name] = (target, finish_on)
        fixed = {"name": name, "format": "wav", "terminateOn": "none", "ifExists": "overwrite"}
        if not await self._asking.post(f"{path}/record", **fixed, **how):
            self.ended(name, 0, "Asterisk does not record it")

    async def spy(self, name: str, leg: str) -> None:
        """Record what a leg says and hears."""
        spy = f"{name}{SPY}"
        await self._asking.post(f"/channels/{leg}/snoop/{spy}", spy="both", app=self._app)
        self._spies.add(name)
        unbounded = {"maxDurationSeconds": 0, "maxSilenceSeconds": 0, "beep": False}
        await self.begin(name, f"/channels/{spy}", leg, "", **unbounded)

    async def stop(self, name: str) -> None:
        if name not in self._told:  # it may be one of before a restart of ours
            has_spy = name in self._spies
            await self._asking.post(f"/recordings/live/{name}/stop")
            if has_spy:
                await self._asking.delete(f"/channels/{name}{SPY}")

    async def fetch(self, name: str) -> bytes:
        found = await self._asking.get(f"/recordings/stored/{name}/file")
        return found if isinstance(found, bytes) else b""

    async def delete(self, name: str) -> None:
        await self._asking.delete(f"/recordings/stored/{name}")

    def pressed(self, leg: str, digit: str) -> list[str]:
        """A key was pressed; gives back the recordings that it ends."""
        found = [
            name for name, (target, keys) in self._live.items() if target == leg and digit in keys
        ]
        self._keys.update(dict.fromkeys(found, digit))
        return found

    def ended(self, name: str, duration_s: float, error: str = "") -> None:
        """It is over; told once, also when it was begun before a restart of ours."""
        self._spies.discard(name)
        self._live.pop(name, None)
        if name in self._told:
            self._told.discard(name)
            return
        length_ms = round(duration_s * 1000)
        self._legs.tell(RecordingEnded(name, length_ms, self._keys.pop(name, ""), error))

    def end_at(self, target: str) -> None:
        """Its target is gone, and with it what Asterisk still had to say of it."""
        for name in [name for name, (of, _) in self._live.items() if of == target]:
            self.ended(name, 0)
            self._told.add(name)
