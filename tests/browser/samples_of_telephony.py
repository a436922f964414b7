"""The samples that begin a call: what they send, and what comes back from each provider.

The rule: a row says the sample's name, the parameters that it sends as printed, and what it prints when
the call is begun, if it has a callback. What a provider answers is in `OUTCOMES`; what then happens on
simulated phones is in `samples_on_phones`.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.browser.stage import CALL_SID, ON_OFFER, Stage

MEETINGS = "https://requestb.in/wzfljiwz"
LEG = {
    "ConferenceStatusCallback": MEETINGS,
    "ConferenceStatusCallbackEvent": "start,end",
    "ConferenceRecord": "true",
    "ConferenceRecordingStatusCallback": MEETINGS,
    "EndConferenceOnExit": "true",
}
BIN = "http://twimlbin.com/451369ae"
REQUESTS = "http://requestb.in/13285vq1"
DOCUMENT = "https://handler.twilio.com/twiml/EH621f0e21da7ce5441f6ec6aacce64069"
NUMBER = "18004746453"
CALLER = {
    "call_sid": CALL_SID,
    "from": "+15005550001",
    "to": "+15005550006",
    "caller": "+15005550001",
    "called": "+15005550006",
}
"""What the attributes of a task say that a call made."""


OUTCOMES: dict[str, dict[str, tuple[int, int | None]]] = {
    "none": {
        "conference": (400, 40145),
        "dequeue": (400, 40133),
        "call": (400, 40113),
        "redirect": (400, 40122),
    },
    "simulator": dict.fromkeys(("conference", "dequeue", "call", "redirect"), (200, None)),
}
"""Provider → instruction → the HTTP status and the server's code that come back."""


class Telephony(NamedTuple):
    """One sample; `WAxxx` stands for the activity that is filled in."""

    name: str
    params: dict[str, Any]
    prints: str = ""


TELEPHONY = [
    Telephony("reservation.conference alone", {}),
    Telephony(
        "reservation.conference",
        {
            "From": NUMBER,
            "PostWorkActivitySid": "WAxxx",
            "Timeout": "30",
            "To": "client:joey",
        },
        "conference initiated",
    ),
    Telephony("reservation.conference, the worker's leg", LEG),
    Telephony(
        "reservation.conference, options alone",
        {
            "From": NUMBER,
            "PostWorkActivitySid": "WAxxx",
            "Timeout": "30",
            "To": "client:joey",
            "Record": "true",
            "ConferenceStatusCallback": MEETINGS,
            "ConferenceStatusCallbackEvent": "start,end,join,leave",
        },
    ),
    Telephony("reservation.dequeue alone", {}),
    Telephony(
        "reservation.dequeue",
        {
            "DequeueFrom": NUMBER,
            "DequeuePostWorkActivitySid": "WAxxx",
            "DequeueRecord": "record-from-answer",
            "DequeueTimeout": "30",
            "DequeueStatusCallbackUrl": REQUESTS,
            "DequeueTo": "client:joey",
        },
        "reservation dequeued",
    ),
    Telephony(
        "reservation.call",
        {
            "CallFrom": NUMBER,
            "CallUrl": BIN,
            "CallStatusCallbackUrl": REQUESTS,
            "CallAccept": "true",
            "CallRecord": "record-from-answer",
            "CallTo": "client:joey",
        },
        "reservation called the worker",
    ),
    Telephony(
        "reservation.call without callbacks",
        {
            "CallFrom": NUMBER,
            "CallUrl": BIN,
            "CallStatusCallbackUrl": REQUESTS,
            "CallAccept": "false",
        },
    ),
    Telephony("reservation.call, accepted afterwards", {"CallFrom": NUMBER, "CallUrl": BIN}),
    Telephony(
        "reservation.call, accepted before",
        {"CallFrom": NUMBER, "CallUrl": BIN, "CallAccept": "true"},
    ),
    Telephony(
        "reservation.redirect",
        {
            "RedirectCallSid": "CAxxxx",
            "RedirectUrl": DOCUMENT,
            "RedirectAccept": "true",
        },
        "reservation call was redirected",
    ),
]


def instruct(stage: Stage, sample: Telephony) -> tuple[str, dict[str, Any]]:
    """Show the sample, and check what it sent; gives the instruction, and what came back."""
    stage.show(sample.name, setup=ON_OFFER)
    instructed = stage.instructed()
    verb = sample.name.split(".")[1].split(" ")[0].rstrip(",")
    known = {"WAxxx": stage.place.activities["Offline"], **stage.filled}
    expected = {key: known.get(value, value) for key, value in sample.params.items()}
    assert instructed["params"] == {"Instruction": verb, **expected}
    return verb, instructed


def run(stage: Stage, sample: Telephony) -> None:
    """Without telephony the reservation stays pending, and a callback gets the documented code."""
    place = stage.place
    place.workspace.workers(place.alice).update(attributes='{"contact_uri": "client:alice"}')
    task_sid = place.task(attributes=json.dumps(CALLER))
    verb, instructed = instruct(stage, sample)
    assert (instructed["status"], instructed["code"]) == OUTCOMES["none"][verb]
    if sample.prints:
        code, message = stage.lines(2)
        assert (code, message) == (str(instructed["status"]), instructed["message"])
    assert place.reservation_status(task_sid) == "pending"
