"""Recordings as they run: begun, told of when they end, fetched, and forgotten.

The records are ours, their audio is the provider's to keep. What somebody is told of a recording is
`status`'s matter, and why one was asked for is not known here.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pointsman.voice.calls import StatusCallback
from pointsman.voice.lines import Line
from pointsman.voice.provider import ProviderGone, RecordingEnded
from pointsman.voice.recordings import Recording

if TYPE_CHECKING:
    from pointsman.voice.exchange import Exchange

__all__ = ["Recorder"]


class Recorder:
    """The recordings of one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.running: dict[str, Recording] = {}
        exchange.left.append(self._line_ended)

    async def record(
        self,
        line: Line,
        *,
        source: str,
        target: str | None = None,
        callback: StatusCallback | None = None,
        conference_sid: str | None = None,
        **options: Any,
    ) -> Recording:
        """Record what a call says, or the bridge it is in; its end is told to the line's media."""
        made = self._begin(line, source, callback, conference_sid, dual=bool(options.get("dual")))
        where = target or line.call.leg
        await self._carry_out(made, self._exchange.provider.record(made.sid, where, **options))
        return made

    async def record_both(
        self,
        line: Line,
        *,
        source: str,
        callback: StatusCallback | None = None,
        dual: bool = False,
        trim: bool = False,
    ) -> Recording:
        """Record what a call says and hears, wherever it goes, until its end.

        What the provider cannot honour is left out: whoever asked for it was warned.
        """
        provider = self._exchange.provider
        sides = {
            "dual": dual and "record_dual" in provider.capabilities,
            "trim": trim and "trim" in provider.capabilities,
        }
        made = self._begin(line, source, callback, None, dual=sides["dual"])
        await self._carry_out(made, provider.record_call(made.sid, line.call.leg, **sides))
        return made

    async def _carry_out(self, made: Recording, order: Coroutine[Any, Any, None]) -> None:
        try:
            await order
        except ProviderGone as gone:
            self.ended(RecordingEnded(made.sid, 0, error=str(gone)))

    def _begin(
        self,
        line: Line,
        source: str,
        callback: StatusCallback | None,
        conference_sid: str | None,
        *,
        dual: bool,
    ) -> Recording:
        exchange = self._exchange
        sid, now = exchange.ambient.new_sid("RE"), exchange.now
        made = Recording(
            sid=sid,
            account_sid=line.call.account_sid,
            source=source,
            date_created=now,
            date_updated=now,
            call_sid=line.sid,
            conference_sid=conference_sid,
            channels=2 if dual else 1,
            callback=callback,
        )
        self.running[sid] = made
        if conference_sid is None:
            line.recording_sid = sid
        exchange.remember("recording", sid, made)
        self._tell(made)
        return made

    def restore(self, recording: Recording) -> None:
        """One of before a restart, which runs on."""
        self.running[recording.sid] = recording
        line = self._exchange.lines.get(recording.call_sid or "")
        if line is not None and recording.conference_sid is None:
            line.recording_sid = recording.sid

    async def stop(self, sid: str) -> None:
        """End it; what is told of that comes as an event."""
        await self._exchange.attempt(self._exchange.provider.stop_recording(sid))

    async def audio(self, sid: str) -> bytes:
        """The WAV file of an ended recording; empty when there is none. Raises `ProviderGone`."""
        return await self._exchange.provider.fetch_recording(sid)

    async def delete(self, recording: Recording) -> None:
        """Forget the record and its audio; one that runs ends. Raises `ProviderGone`."""
        provider = self._exchange.provider
        self.running.pop(recording.sid, None)
        await provider.stop_recording(recording.sid)
        await provider.delete_recording(recording.sid)
        self._exchange.forget("recording", recording.sid, recording)

    def ended(self, event: RecordingEnded) -> None:
        """What the provider told of its end."""
        running = self.running.pop(event.recording, None)
        if running is None:
            return
        exchange = self._exchange
        done = replace(
            running,
            status="absent" if event.error else "completed",
            date_updated=exchange.now,
            length_ms=event.length_ms,
            digit=event.digit,
            error=event.error,
        )
        exchange.remember("recording", done.sid, done)
        line = exchange.lines.get(done.call_sid or "")
        if line is not None:
            line.media.put(event)
        if exchange.tidings is not None:
            exchange.tidings.finished(done)
        self._tell(done)

    def _line_ended(self, line: Line) -> None:
        """What was recorded around a call ends with it, also in a bridge that goes on."""
        for one in self.running.values():
            if one.call_sid == line.sid and one.conference_sid is None:
                self._exchange.spawn(self.stop(one.sid))

    def _tell(self, recording: Recording) -> None:
        callback, tidings = recording.callback, self._exchange.tidings
        if callback is not None and tidings is not None and recording.status in callback.events:
            tidings.recording(recording, callback)
