"""`/2010-04-01/Accounts/AC…/Recordings`, also below a call or a conference: what was recorded, and its sound.

Shapes and names are the original's. A recording's own address, which callbacks tell, is its sound as
WAV; with `.mp3` it is made smaller where ffmpeg is installed; with `.json` it is what is known of it.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource
from pointsman.auth.credentials import canonical_sid
from pointsman.voice.mp3 import compressed
from pointsman.voice.old_api import (
    RECORDING_EVENTS,
    Door,
    asked_callback,
    asked_text,
    dates,
    kept,
    newest_first,
    wrong_method,
)
from pointsman.voice.provider import ProviderGone
from pointsman.voice.recordings import Recording
from pointsman.voice.speech import Unplayable
from pointsman.wire.values import rfc2822

__all__ = ["RecordingsRest"]

NOT_ELIGIBLE = 21220
CURRENT = "Twilio.CURRENT"
"""Instead of a SID: the one that runs."""
_TYPES = {"": "audio/x-wav", ".wav": "audio/x-wav", ".mp3": "audio/mpeg"}


# Differs from Twilio: a recording's sound is given out with the account's credentials only.
class RecordingsRest(Door):
    """The operations on the recordings of the asking account."""

    paths = re.compile(
        r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})"
        r"(?:/Calls/(?P<call>CA[0-9a-fA-F]{32})|/Conferences/(?P<conference>CF[0-9a-fA-F]{32}))?"
        r"/Recordings(?:/(?P<recording>RE[0-9a-fA-F]{32}|Twilio\.CURRENT))?(?P<form>\.json|\.wav|\.mp3)?"
    )

    async def _answer(self, request: Request, found: re.Match[str]) -> Reply:
        call_sid, conference_sid = found["call"] or "", found["conference"] or ""
        if found["recording"] is None:
            return await self._listed(
                request, canonical_sid(call_sid), canonical_sid(conference_sid)
            )
        sid = found["recording"]
        if sid == CURRENT:
            sid = self._running(canonical_sid(call_sid), canonical_sid(conference_sid))
        recording = await kept(self._board.runtime, request, "recording", Recording, sid)
        if not _is_below(recording, canonical_sid(call_sid), canonical_sid(conference_sid)):
            raise no_such_resource(request.path)
        match request.method:
            case "GET" if found["form"] == ".json":
                return Reply(200, self._shown(recording))
            case "POST" if found["form"] in (".json", None):
                return await self._update(request, recording)
            case "GET":
                return await self._sound(request, recording, found["form"] or "")
            case "DELETE":
                await self._delete(recording)
                return Reply(204, None)
        raise wrong_method(request)

    def _running(self, call_sid: str, conference_sid: str) -> str:
        """The newest recording that runs for this call or conference; empty: none does."""
        running = self._board.exchange.recorder.running.values()
        sids = [one.sid for one in running if _is_below(one, call_sid, conference_sid)]
        return max(sids, default="")

    async def _listed(self, request: Request, call_sid: str, conference_sid: str) -> Reply:
        if request.method == "POST" and call_sid:
            return await self._begin(request, call_sid)
        if request.method != "GET":
            raise wrong_method(request)
        params = request.params
        call_sid = call_sid or canonical_sid(asked_text(params, "CallSid", ""))
        conference_sid = conference_sid or canonical_sid(asked_text(params, "ConferenceSid", ""))
        created = dates(params, "DateCreated")

        def asked(one: Recording) -> bool:
            return _is_below(one, call_sid, conference_sid) and all(
                test(one.date_created) for test in created
            )

        return await newest_first(
            self._board.runtime,
            request,
            "recording",
            Recording,
            self._shown,
            key="recordings",
            asked=asked,
        )

    async def _begin(self, request: Request, call_sid: str) -> Reply:
        """Record a live call from now on, with whom it talks."""
        params, exchange = request.params, self._board.exchange
        callback = asked_callback(
            params, "RecordingStatusCallback", RECORDING_EVENTS, ("completed",)
        )
        line = exchange.lines.get(call_sid)
        if line is None or line.call.account_sid != request.principal.account_sid:
            raise no_such_resource(request.path)
        if not line.is_up:
            raise Refused(400, NOT_ELIGIBLE, f"The call {call_sid} is not in progress")
        made = await exchange.recorder.record_both(
            line, source="StartCallRecordingAPI", callback=callback
        )
        return Reply(201, self._shown(made))

    async def _update(self, request: Request, recording: Recording) -> Reply:
        """It can be stopped, for good."""
        status = asked_text(request.params, "Status", "")
        if status != "stopped":
            told = "Status can only be set to stopped: a recording here is not paused"
            raise Refused(400, 20001, told)
        if not recording.is_live:
            raise Refused(400, NOT_ELIGIBLE, f"The recording {recording.sid} has ended")
        await self._board.exchange.recorder.stop(recording.sid)
        return Reply(200, self._shown(replace(recording, status="stopped")))

    async def _sound(self, request: Request, recording: Recording, form: str) -> Reply:
        """Its WAV or MP3 file."""
        if recording.is_live:
            raise Refused(404, 20404, f"The recording {recording.sid} has not ended yet")
        try:
            sound = await self._board.exchange.recorder.audio(recording.sid)
        except ProviderGone as gone:
            raise _unreachable(gone) from gone
        if not sound:
            told = recording.error or "its sound is not kept any more"
            raise Refused(404, 20404, f"The recording {recording.sid} cannot be heard: {told}")
        if form == ".mp3":
            try:
                sound = await compressed(sound)
            except Unplayable as problem:
                told = f"The recording {recording.sid} is there as .wav, but not as .mp3: {problem}"
                raise Refused(404, 20404, told) from problem
        return Reply(200, None, {"Content-Type": _TYPES[form]}, content=sound)

    async def _delete(self, recording: Recording) -> None:
        try:
            await self._board.exchange.recorder.delete(recording)
        except ProviderGone as gone:
            raise _unreachable(gone) from gone
        await self._board.runtime.history(lambda history: None)

    def _shown(self, recording: Recording) -> dict[str, Any]:
        place = f"/2010-04-01/Accounts/{recording.account_sid}/Recordings/{recording.sid}"
        return {
            "sid": recording.sid,
            "account_sid": recording.account_sid,
            "call_sid": recording.call_sid,
            "conference_sid": recording.conference_sid,
            "status": recording.status,
            "source": recording.source,
            "channels": recording.channels,
            "track": "both",
            "duration": None if recording.is_live else str(recording.duration_s),
            "start_time": rfc2822(recording.date_created),
            "date_created": rfc2822(recording.date_created),
            "date_updated": rfc2822(recording.date_updated),
            "price": None,
            "price_unit": "USD",
            "encryption_details": None,
            "error_code": None,
            "api_version": "2010-04-01",
            "media_url": self._board.recording_url(recording.account_sid, recording.sid),
            "uri": f"{place}.json",
            "subresource_uris": {},
        }


def _is_below(recording: Recording, call_sid: str, conference_sid: str) -> bool:
    """Whether it is of this call and conference; empty: of any."""
    return call_sid in ("", recording.call_sid) and conference_sid in ("", recording.conference_sid)


def _unreachable(gone: ProviderGone) -> Refused:
    told = f"Recordings cannot be reached now: {gone}"
    return Refused(503, 20503, told, {"Retry-After": "5"})
