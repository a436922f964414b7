"""What TwiML may say here: the attributes and the nested elements that are carried out, and their form.

Pure: an element in, sentences out. Whatever is written and not carried out is named by one of them, so that
nothing is left out in silence. What an attribute does is the verb's matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from pointsman.voice.twiml import Element

__all__ = ["complaints"]


class _Kind(Struct, frozen=True):
    """A form that a value may have."""

    told: str
    fits: Callable[[str], object]


def _words(*words: str) -> _Kind:
    return _Kind(f"one of {', '.join(words)}", frozenset(words).__contains__)


def _pattern(told: str, pattern: str) -> _Kind:
    return _Kind(told, re.compile(pattern).fullmatch)


TEXT = _Kind("a text", lambda _: True)
WHOLE = _pattern("a whole number", r"\s*[0-9]{1,8}\s*")
FLAG = _pattern("true or false", r"(?i)\s*(true|false)\s*")
METHOD = _pattern("GET or POST", "(?i)get|post")
KEYS = _pattern("keys of 0-9, * and #", "[0-9*#]*")
TONES = _pattern("keys of 0-9, *, # and w", "[0-9*#wW]*")
SPOKEN = _words("dtmf", "speech", "dtmf speech", "speech dtmf")
RECORDED = _words(
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)
TRIM = _words("trim-silence", "do-not-trim", "true", "false")

_ACTION = {"action": TEXT, "method": METHOD}
_RECORDING = {
    "recordingStatusCallback": TEXT,
    "recordingStatusCallbackMethod": METHOD,
    "recordingStatusCallbackEvent": _pattern(
        "words of in-progress, completed, absent", r"(\s*(in-progress|completed|absent))+\s*"
    ),
}
_CALLED = {
    "statusCallback": TEXT,
    "statusCallbackMethod": METHOD,
    "statusCallbackEvent": TEXT,
}
_SCREENED = {**_CALLED, "url": TEXT, "method": METHOD}
_TASK = {"priority": WHOLE, "timeout": WHOLE}
_ATTRIBUTES: Mapping[str, Mapping[str, _Kind]] = {
    "Say": {"voice": TEXT, "language": TEXT, "loop": WHOLE},
    "Play": {"loop": WHOLE, "digits": TONES},
    "Pause": {"length": WHOLE},
    "Gather": {
        **_ACTION,
        "input": SPOKEN,
        "timeout": WHOLE,
        "numDigits": WHOLE,
        "finishOnKey": KEYS,
        "actionOnEmptyResult": FLAG,
    },
    "Record": {
        **_ACTION,
        **_RECORDING,
        "trim": TRIM,
        "timeout": WHOLE,
        "finishOnKey": KEYS,
        "maxLength": WHOLE,
        "playBeep": FLAG,
    },
    "Redirect": {"method": METHOD},
    "Hangup": {},
    "Leave": {},
    "Reject": {"reason": _words("rejected", "busy")},
    "Enqueue": {
        **_ACTION,
        "workflowSid": TEXT,
        "waitUrl": TEXT,
        "waitUrlMethod": METHOD,
        "maxQueueSize": WHOLE,
    },
    "Task": _TASK,
    "TaskAttributes": _TASK,
    "Dial": {
        **_ACTION,
        "timeout": WHOLE,
        "timeLimit": WHOLE,
        "callerId": TEXT,
        "record": RECORDED,
        **_RECORDING,
        "trim": TRIM,
        "hangupOnStar": FLAG,
        "sequential": FLAG,
        "answerOnBridge": FLAG,
    },
    "Number": {**_SCREENED, "sendDigits": TONES},
    "Client": _SCREENED,
    "Identity": {},
    "Sip": {**_SCREENED, "username": TEXT, "password": TEXT},
    "Queue": {"reservationSid": TEXT, "postWorkActivitySid": TEXT},
    "Conference": {
        **_CALLED,
        **_RECORDING,
        "muted": FLAG,
        "startConferenceOnEnter": FLAG,
        "endConferenceOnExit": FLAG,
        "participantLabel": TEXT,
        "beep": _words("true", "false", "onEnter", "onExit"),
        "waitUrl": TEXT,
        "waitMethod": METHOD,
        "maxParticipants": WHOLE,
        "record": _words("do-not-record", "record-from-start", "true", "false"),
        "coach": TEXT,
        "trim": TRIM,
    },
}
_PROMPTS = frozenset({"Say", "Play", "Pause"})
_NESTED: Mapping[str, frozenset[str]] = {
    "Gather": _PROMPTS,
    "Enqueue": frozenset({"Task", "TaskAttributes"}),
    "Dial": frozenset({"Number", "Client", "Sip", "Queue", "Conference"}),
    "Client": frozenset({"Identity"}),
}
_NEEDS: Mapping[tuple[str, str], str] = {
    ("Play", "digits"): "digits",
    ("Number", "sendDigits"): "digits",
    ("Dial", "hangupOnStar"): "digits",
    ("Sip", "username"): "sip_auth",
    ("Sip", "password"): "sip_auth",
    ("Conference", "coach"): "coach",
}
"""What a provider has to offer for an attribute."""


def complaints(element: Element, provider: str, capabilities: frozenset[str]) -> Iterator[str]:
    """A sentence for everything in a verb that will not be carried out as it is written."""
    for name, value in element.attributes.items():
        told = _judged(element.name, name, value)
        needed = _needed(element.name, name, value)
        if not told and needed and needed not in capabilities:
            told = f"cannot be honoured by the provider {provider}; it is left out"
        if told:
            yield f"<{element.name} {name}> {told}"
    if element.name == "Say":
        return  # what is nested there is markup for speech
    nested = _NESTED.get(element.name, frozenset())
    for child in element.children:
        if child.name in nested:
            yield from complaints(child, provider, capabilities)
        else:
            yield f"<{child.name}> cannot be inside of <{element.name}> here; it is skipped"


def _judged(element: str, name: str, value: str) -> str:
    """What is wrong with an attribute, if anything."""
    known = _ATTRIBUTES.get(element)
    if known is None:
        return ""
    kind = known.get(name)
    if kind is None:
        return "is not offered here; it changes nothing"
    return "" if kind.fits(value) else f"has to be {kind.told}; it is left out"


def _needed(element: str, name: str, value: str) -> str:
    if name == "trim":
        return "trim" if value in ("trim-silence", "true") else ""
    if element == "Dial" and name == "record" and value.endswith("-dual"):
        return "record_dual"
    return _NEEDS.get((element, name), "")
