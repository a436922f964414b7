"""Telephony instructions: their parameters, in the order in which they are checked.

First the reservation's status, then parameters that are required or malformed, then the activity;
the provider judges last. Each refusal has the code that the original documents, and leaves an alert
with that code. Whether a call is live is for the provider to know, not for this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from msgspec import Struct

from pointsman.api.addresses import normalised
from pointsman.api.params import Params, many, one, sid_text, text, truth, whole
from pointsman.api.telephony import Instruction
from pointsman.auth.credentials import is_sid
from pointsman.engine.errors import Invalid
from pointsman.engine.records import Activity, Reservation, ReservationStatus, Task, Worker

__all__ = ["KINDS", "BadInstruction", "Scene", "checked"]

_GONE = frozenset(
    {
        ReservationStatus.REJECTED,
        ReservationStatus.TIMEOUT,
        ReservationStatus.CANCELED,
        ReservationStatus.RESCINDED,
    }
)
_LEG_EVENTS = ("initiated", "ringing", "answered", "completed")
_ROOM_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "speaker")


class BadInstruction(Exception):
    """An instruction that is not begun: `status` and `code` of the answer, `alert` of the log."""

    def __init__(self, alert: int, message: str, status: int = 400, code: int | None = None):
        super().__init__(message)
        self.alert = alert
        self.message = message
        self.status = status
        self.code = alert if code is None else code


class Scene(Struct, frozen=True):
    """Everything an instruction is checked against, as it was at one moment."""

    reservation: Reservation
    task: Task
    worker: Worker | None
    activities: Mapping[str, Activity]
    supervisor: Worker | None = None


def checked(kind: str, params: Params, scene: Scene, workspace_sid: str = "") -> Instruction:
    """The instruction with its defaults filled in.

    Raises `BadInstruction` with the documented code, or `Invalid` where none is documented.
    """
    _check_status(kind, scene.reservation)
    _check_transfer(kind, scene)
    fields = KINDS[kind](params, scene)
    return Instruction(kind, scene.reservation, scene.task, fields, workspace_sid)


def _check_status(kind: str, reservation: Reservation) -> None:
    alert, wanted = _WANTED.get(kind, (0, frozenset()))
    status = reservation.reservation_status
    if status in wanted:
        return
    told = f"The reservation {reservation.sid} is {status}; {kind} is not possible any more"
    if status in _GONE:
        raise BadInstruction(alert, told, 410, 20001)
    if kind == "supervise":
        told = f"The reservation {reservation.sid} is {status}; only accepted work is supervised"
        raise BadInstruction(alert, told)
    raise BadInstruction(alert, told, 400, 20001)


def _check_transfer(kind: str, scene: Scene) -> None:
    """Of what was passed on, the call goes on in its conference: only joining that is possible."""
    transfer_sid = scene.task.transfer_sid
    if transfer_sid is None or kind in ("conference", "supervise"):
        return
    told = f"The task {scene.task.sid} is being transferred by {transfer_sid}; use conference"
    raise BadInstruction(40151, told)


_PENDING = frozenset({ReservationStatus.PENDING})
_AT_WORK = frozenset({ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING})
_WANTED: dict[str, tuple[int, frozenset[ReservationStatus]]] = {
    "dequeue": (40135, _PENDING),
    "call": (40114, _PENDING),
    "redirect": (40123, _PENDING),
    "conference": (40136, _PENDING),
    "supervise": (40146, _AT_WORK),
}


# --- the instructions --------------------------------------------------------------------------


def _dequeue(params: Params, scene: Scene) -> dict[str, Any]:
    fields = {
        "to": _address("DequeueTo", params, _contact(scene.worker), 40131),
        "from": _address("DequeueFrom", params, _dialled(scene.task), 40132),
        "status_callback_url": _url("DequeueStatusCallbackUrl", params, 40157),
        "status_callback_events": _leg_events(params),
        "record": _word("DequeueRecord", params, ("do-not-record", "record-from-answer")),
        "timeout_s": _ranged("DequeueTimeout", params, 1, 999, 60),
    }
    return fields | _post_work("DequeuePostWorkActivitySid", params, scene, 40130)


def _call(params: Params, scene: Scene) -> dict[str, Any]:
    return {
        "to": _address("CallTo", params, _contact(scene.worker), 40110),
        "from": _address("CallFrom", params, None, 40111),
        "url": _needed_url("CallUrl", params, 40112),
        "status_callback_url": _url("CallStatusCallbackUrl", params, 40158),
        "accept": _flag("CallAccept", params),
        "record": _word("CallRecord", params, _CALL_RECORD),
        "timeout_s": _ranged("CallTimeout", params, 1, 999, 60),
    }


_CALL_RECORD = ("record-from-answer", "true", "false", "none", "do-not-record")


def _redirect(params: Params, scene: Scene) -> dict[str, Any]:
    call_sid = _optional("RedirectCallSid", params)
    attributes = _attributes(scene.task.attributes)
    own = {attributes.get("call_sid"), attributes.get("worker_call_sid")} - {None}
    if call_sid is None or call_sid not in own:
        told = "RedirectCallSid has to be the call_sid or worker_call_sid of this task"
        raise BadInstruction(40121, told)
    url = _needed_url("RedirectUrl", params, 40120)
    return {"call_sid": call_sid, "url": url, "accept": _flag("RedirectAccept", params)}


def _conference(params: Params, scene: Scene) -> dict[str, Any]:
    missing = 40138 if _optional("From", params) else 40141
    fields: dict[str, Any] = {
        "to": _address("To", params, _contact(scene.worker), 40137),
        "from": _address("From", params, _dialled(scene.task), missing),
        "timeout_s": _ranged("Timeout", params, 1, 999, 60),
        "max_participants": _ranged("MaxParticipants", params, 2, 250, 250),
    }
    for name in _CONFERENCE_URLS:
        fields[name] = _url(name, params, 40159)
    for name, allowed in _CONFERENCE_WORDS.items():
        fields[name] = _word(name, params, allowed)
    for name, allowed in _CONFERENCE_LISTS.items():
        fields[name] = _listed(name, params, allowed)
    for name, otherwise in _CONFERENCE_FLAGS.items():
        fields[name] = _flag(name, params, otherwise)
    for name in _CONFERENCE_TEXTS:
        fields[name] = _optional(name, params)
    return fields | _post_work("PostWorkActivitySid", params, scene, 40139)


_CONFERENCE_URLS = (
    "StatusCallback",
    "ConferenceStatusCallback",
    "RecordingStatusCallback",
    "ConferenceRecordingStatusCallback",
    "WaitUrl",
)
_CONFERENCE_WORDS = {
    "StatusCallbackMethod": ("GET", "POST"),
    "ConferenceStatusCallbackMethod": ("GET", "POST"),
    "RecordingStatusCallbackMethod": ("GET", "POST"),
    "ConferenceRecordingStatusCallbackMethod": ("GET", "POST"),
    "WaitMethod": ("GET", "POST"),
    "Beep": ("true", "false", "onEnter", "onExit"),
    "ConferenceRecord": ("true", "false", "record-from-start", "do-not-record"),
    "ConferenceTrim": ("trim-silence", "do-not-trim"),
    "RecordingChannels": ("mono", "dual"),
    "JitterBufferSize": ("small", "medium", "large", "off"),
}
_CONFERENCE_FLAGS = {
    "Record": "false",
    "Muted": "false",
    "StartConferenceOnEnter": "true",
    "EndConferenceOnExit": "false",
    "EndConferenceOnCustomerExit": "false",
    "BeepOnCustomerEntrance": "true",
    "EarlyMedia": "false",
    "Transcribe": "false",
}
_CONFERENCE_TEXTS = ("Region", "SipAuthUsername", "SipAuthPassword", "TranscriptionConfiguration")
_CONFERENCE_LISTS = {
    "StatusCallbackEvent": _LEG_EVENTS,
    "ConferenceStatusCallbackEvent": _ROOM_EVENTS,
}


def _supervise(params: Params, scene: Scene) -> dict[str, Any]:
    supervisor = _optional("Supervisor", params)
    if is_sid(sid_text("Supervisor", supervisor or ""), "WK"):
        supervisor = _contact(scene.supervisor)
    address = normalised(supervisor or "")
    if address is None:
        told = "Supervisor has to be an address, or a worker with the attribute contact_uri"
        raise BadInstruction(40147, told)
    mode = _word("SupervisorMode", params, ("monitor", "whisper", "barge")) or "monitor"
    caller = _attributes(scene.task.attributes).get("from")
    if not isinstance(caller, str) or normalised(caller) is None:
        raise BadInstruction(40148, "The task has no attribute from to call the supervisor with")
    return {"supervisor": address, "mode": mode, "from": normalised(caller)}


KINDS: dict[str, Callable[[Params, Scene], dict[str, Any]]] = {
    "dequeue": _dequeue,
    "call": _call,
    "redirect": _redirect,
    "conference": _conference,
    "supervise": _supervise,
}


# --- kinds of parameters -----------------------------------------------------------------------


def _optional(name: str, params: Params) -> str | None:
    value = one(params, name)
    return None if value in (None, "") else text(name, value)


def _flag(name: str, params: Params, otherwise: str = "") -> bool:
    value = one(params, name)
    return truth(name, otherwise if value in (None, "") else value)


def _address(name: str, params: Params, otherwise: str | None, code: int) -> str:
    address = normalised(_optional(name, params) or otherwise or "")
    if address is None:
        raise BadInstruction(code, f"{name} has to be a phone number, client:… or sip:…")
    return address


def _url(name: str, params: Params, code: int) -> str | None:
    url = _optional(name, params)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise BadInstruction(code, f"{name} has to be an absolute http or https address")
    return url


def _needed_url(name: str, params: Params, code: int) -> str:
    url = _url(name, params, code)
    if url is None:
        raise BadInstruction(code, f"{name} is required")
    return url


def _leg_events(params: Params) -> list[str]:
    name = "DequeueStatusCallbackEvent"
    words = many(params, name) or many(params, f"{name}s")
    for word in words:
        if word not in _LEG_EVENTS:
            told = f"{name} {word!r} is not one of {', '.join(_LEG_EVENTS)}"
            raise BadInstruction(40134, told)
    return words or ["completed"]


def _listed(name: str, params: Params, allowed: tuple[str, ...]) -> list[str]:
    words = many(params, name)
    for word in words:
        if word not in allowed:
            raise Invalid(name, f"{name} {word!r} is not one of {', '.join(allowed)}")
    return words


def _word(name: str, params: Params, allowed: tuple[str, ...]) -> str | None:
    word = _optional(name, params)
    if word is not None and word not in allowed:
        raise Invalid(name, f"{name} {word!r} is not one of {', '.join(allowed)}")
    return word


def _ranged(name: str, params: Params, least: int, most: int, otherwise: int) -> int:
    value = one(params, name)
    if value in (None, ""):
        return otherwise
    number = whole(name, value)
    if not least <= number <= most:
        raise Invalid(name, f"{name} has to be between {least} and {most}")
    return number


def _post_work(name: str, params: Params, scene: Scene, code: int) -> dict[str, str | None]:
    value = _optional(name, params)
    sid = None if value is None else sid_text(name, value)
    if sid is not None and sid not in scene.activities:
        raise BadInstruction(code, f"{name} {value} is not an activity of this workspace")
    return {"post_work_activity_sid": sid}


def _attributes(json: str) -> dict[str, Any]:
    read = orjson.loads(json)
    return read if isinstance(read, dict) else {}


def _contact(worker: Worker | None) -> str | None:
    address = _attributes(worker.attributes if worker else "{}").get("contact_uri")
    return address if isinstance(address, str) else None


def _dialled(task: Task) -> str | None:
    """The number the caller dialled, for tasks that a call made."""
    attributes = _attributes(task.attributes)
    number = attributes.get("to") or attributes.get("called")
    return number if isinstance(number, str) else None
