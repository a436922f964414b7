"""What TwiML may say here: the attributes and the nested elements that are carried out, and their form.

Pure: an element in, what of it fits and sentences out. Whatever is written and not carried out is named by one
of them, so that nothing is left out in silence. What an attribute does is the verb's matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from pointsman.voice.twiml import Element

__all__ = ["fitting"]


class _Kind(Struct, frozen=True):
    """A form that a value may have."""

    told: str
    fits: Callable[[str], object]
    words: tuple[str, ...] = ()
    """Of a list: each counts for itself."""


def _words(*words: str) -> _Kind:
    return _Kind(f"one of {', '.join(words)}", frozenset(words).__contains__)


def _pattern(told: str, pattern: str) -> _Kind:
    return _Kind(told, re.compile(pattern).fullmatch)


def _between(least: int, most: int) -> _Kind:
    def fits(value: str) -> bool:
        return bool(WHOLE.fits(value)) and least <= int(value) <= most

    return _Kind(f"a whole number from {least} to {most}", fits)


def _several(*words: str) -> _Kind:
    return _Kind(f"words of {', '.join(words)}", lambda _: True, words)


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
    "recordingStatusCallbackEvent": _several("in-progress", "completed", "absent"),
}
_CALLED = {
    "statusCallback": TEXT,
    "statusCallbackMethod": METHOD,
    "statusCallbackEvent": _several("initiated", "ringing", "answered", "completed"),
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
        "numDigits": _between(1, 1_000),
        "finishOnKey": KEYS,
        "actionOnEmptyResult": FLAG,
    },
    "Record": {
        **_ACTION,
        **_RECORDING,
        "trim": TRIM,
        "timeout": _between(1, 3_600),
        "finishOnKey": KEYS,
        "maxLength": _between(1, 3_600),
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
        "maxQueueSize": _between(0, 5_000),
    },
    "Task": _TASK,
    "TaskAttributes": _TASK,
    "Dial": {
        **_ACTION,
        "timeout": _between(1, 600),
        "timeLimit": _between(1, 14_400),
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
        "statusCallbackEvent": _several(
            "start", "end", "join", "leave", "mute", "hold", "modify", "announcement"
        ),
        "muted": FLAG,
        "startConferenceOnEnter": FLAG,
        "endConferenceOnExit": FLAG,
        "participantLabel": TEXT,
        "beep": _words("true", "false", "onEnter", "onExit"),
        "waitUrl": TEXT,
        "waitMethod": METHOD,
        "maxParticipants": _between(2, 250),
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
    ("Dial", "hangupOnStar"): "bridge_digits",
    ("Sip", "username"): "sip_auth",
    ("Sip", "password"): "sip_auth",
    ("Conference", "coach"): "coach",
}
"""What a provider has to offer for an attribute."""


def fitting(
    element: Element, provider: str, capabilities: frozenset[str]
) -> tuple[Element, list[str]]:
    """The verb without what is unfit in it, and a sentence for everything that will not be carried out."""
    kept, told = {}, []
    for name, value in element.attributes.items():
        fit, wrong = _judged(element.name, name, value)
        if fit is not None:
            kept[name] = fit
            needed = _needed(element.name, name, value)
            if needed and needed not in capabilities:
                wrong = f"cannot be honoured by the provider {provider}; it is left out"
        if wrong:
            told.append(f"<{element.name} {name}> {wrong}")
    if element.name == "Say":  # what is nested there is markup for speech
        return Element(element.name, kept, element.children, element.pieces), told
    children, nested = [], _NESTED.get(element.name, frozenset())
    for child in element.children:
        if child.name not in nested:
            told.append(f"<{child.name}> cannot be inside of <{element.name}> here; it is skipped")
            continue
        fit_child, complaints = fitting(child, provider, capabilities)
        children.append(fit_child)
        told += complaints
    return Element(element.name, kept, children, element.pieces), told


def _judged(element: str, name: str, value: str) -> tuple[str | None, str]:
    """What is left of an attribute, if anything, and what is wrong with it."""
    kind = _ATTRIBUTES.get(element, {}).get(name)
    if kind is None:
        return None, "is not offered here; it changes nothing"
    if not kind.fits(value):
        return None, f"has to be {kind.told}; it is left out"
    strange = [word for word in value.replace(",", " ").split() if word not in kind.words]
    if not kind.words or not strange:
        return value, ""
    known = [word for word in value.replace(",", " ").split() if word in kind.words]
    return " ".join(known) or None, f"has to be {kind.told}; {' '.join(strange)} is left out"


def _needed(element: str, name: str, value: str) -> str:
    """What a provider has to offer for this."""
    if name == "trim":
        return "trim" if value in ("trim-silence", "true") else ""
    if element == "Dial" and name == "record" and value.endswith("-dual"):
        return "record_dual"
    return _NEEDS.get((element, name), "")
