"""Status callbacks: what applications are told of calls, conferences and recordings.

Those of one call leave one after another, in the order of what they tell. A receiver that fails is
asked once more, and then there is an alert: a call does not wait for anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from weakref import WeakValueDictionary

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.outbound.client import Failed, Post, Poster
from pointsman.voice.calls import StatusCallback
from pointsman.voice.lines import Line, parameters
from pointsman.voice.pace import Mailbox, Pace
from pointsman.voice.recordings import Recording

__all__ = ["Status"]

RECORDING_WAIT_MS = 10_000
"""So long the last callback of a recorded call waits for its recording."""
_STATUS = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}

Alert = Callable[[str, int, str, str], None]
"""Account, code, message, resource: a warning for the developer."""


class Status:
    """Tells applications."""

    def __init__(
        self,
        poster: Poster,
        accounts: Accounts,
        pace: Pace,
        ambient: Ambient,
        alert: Alert,
        base_url: str,
        limit_s: float,
    ) -> None:
        self._poster = poster
        self._accounts = accounts
        self._pace = pace
        self._ambient = ambient
        self._alert = alert
        self._base_url = base_url
        self._limit_s = limit_s
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._recordings: dict[str, Recording] = {}
        self._waiting: dict[str, Mailbox[Recording]] = {}

    def leg(self, line: Line, event: str) -> None:
        """Something a leg's own callback asked for, or not, happened."""
        call, callback = line.call, line.call.callback
        if callback is None or event not in callback.events:
            return
        fields = parameters(call) | dict(callback.fields)
        fields |= {
            "Timestamp": self._timestamp(),
            "SequenceNumber": str(line.told),
            "CallbackSource": "call-progress-events",
            "CallStatus": _STATUS.get(event, call.status.value),
        }
        line.told += 1
        if event == "completed":
            fields["CallDuration"] = str(call.duration_s)
            self._pace.spawn(self._last(line, callback, fields))
        else:
            self._pace.spawn(self._send(callback, fields, call.account_sid, call.sid))

    async def _last(self, line: Line, callback: StatusCallback, fields: dict[str, str]) -> None:
        """The end of a call, with its recording when there is one soon."""
        async with self._turn(line.sid):
            if line.recording_sid is not None:
                done = await self._recorded(line.recording_sid)
                if done is not None and not done.error:
                    fields |= self._about(done)
        await self._send(callback, fields, line.call.account_sid, line.sid)

    async def _recorded(self, sid: str) -> Recording | None:
        if sid in self._recordings:
            return self._recordings.pop(sid)
        box = self._waiting[sid] = Mailbox(self._pace)
        try:
            return await box.next(self._pace.now + RECORDING_WAIT_MS)
        finally:
            del self._waiting[sid]

    def finished(self, recording: Recording) -> None:
        """A recording ended: whoever waits for it gets it."""
        if recording.sid in self._waiting:
            self._waiting[recording.sid].put(recording)
        else:
            self._recordings[recording.sid] = recording
            while len(self._recordings) > 1_000:
                del self._recordings[next(iter(self._recordings))]

    def recording(self, recording: Recording, callback: StatusCallback) -> None:
        """Tell of a recording that ended."""
        fields = {
            "AccountSid": recording.account_sid,
            "RecordingStatus": recording.status,
            "RecordingChannels": str(recording.channels),
            **self._about(recording),
        }
        if recording.conference_sid is not None:
            fields["ConferenceSid"] = recording.conference_sid
        elif recording.call_sid is not None:
            fields["CallSid"] = recording.call_sid
        self.send(callback, fields, recording.account_sid, recording.sid)

    def send(
        self, callback: StatusCallback, fields: dict[str, str], account_sid: str, key: str
    ) -> None:
        """Tell something; those with the same key arrive in order."""
        told = {"Timestamp": self._timestamp()} | fields | dict(callback.fields)
        self._pace.spawn(self._send(callback, told, account_sid, key))

    def recording_url(self, account_sid: str, sid: str) -> str:
        return f"{self._base_url}/2010-04-01/Accounts/{account_sid}/Recordings/{sid}"

    def _about(self, recording: Recording) -> dict[str, str]:
        return {
            "RecordingUrl": self.recording_url(recording.account_sid, recording.sid),
            "RecordingSid": recording.sid,
            "RecordingDuration": str(recording.duration_s),
        }

    async def _send(
        self, callback: StatusCallback, fields: dict[str, str], account_sid: str, key: str
    ) -> None:
        async with self._turn(key):
            account = self._accounts.current(account_sid, self._ambient.wall())
            if account is None:
                return
            post = Post(
                url=callback.url,
                form=fields,
                message_sid=self._ambient.new_sid("PV"),
                auth_token=account.auth_token,
                trusted=account.bootstrap,
                limit_s=self._limit_s,
                method=callback.method,
            )
            problem = await self._try(post)
            if problem is not None:
                problem = await self._try(post)
            if problem is not None:
                self._alert(account_sid, problem.failure.code, f"{callback.url}: {problem}", key)

    async def _try(self, post: Post) -> Failed | None:
        try:
            answer = await self._poster.post(post)
        except Failed as failed:
            return failed
        if answer.status >= 400:
            return Failed(11200, f"It answered with status {answer.status}")
        return None

    def _turn(self, key: str) -> asyncio.Lock:
        lock = self._turns.get(key)
        if lock is None:
            lock = self._turns[key] = asyncio.Lock()
        return lock

    def _timestamp(self) -> str:
        return format_datetime(datetime.fromtimestamp(self._ambient.now() / 1000, UTC))
