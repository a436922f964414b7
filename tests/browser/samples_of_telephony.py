"""The samples that begin a call: what they send, and what comes back from the provider `none`.

The rule: a row says the sample's name, the parameters that it sends as printed, and whether it has a
callback. What a provider makes of them is in `OUTCOMES`: with one that places calls, another column.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.browser.stage import CALL_SID, ON_OFFER, Stage

LEG = {
    "ConferenceStatusCallback": "https://requestb.in/wzfljiwz",
    "ConferenceStatusCallbackEvent": "start,end",
    "ConferenceRecord": "true",
    "ConferenceRecordingStatusCallback": "https://requestb.in/wzfljiwz",
    "EndConferenceOnExit": "true",
}
BIN = "http://twimlbin.com/451369ae"
REQUESTS = "http://requestb.in/13285vq1"
NUMBER = "18004746453"
CALLER = {
    "call_sid": CALL_SID,
    "from": "+15005550001",
    "to": "+15005550006",
    "caller": "+15005550001",
    "called": "+15005550006",
}
"""What the attributes of a task say that a call made."""


class Outcome(NamedTuple):
    """What comes back: the HTTP status, and the server's code."""

    status: int
    code: int


OUTCOMES: dict[str, dict[str, Outcome]] = {
    "none": {
        "conference": Outcome(400, 40145),
        "dequeue": Outcome(400, 40133),
        "call": Outcome(400, 40113),
        "redirect": Outcome(400, 40122),
    }
}
"""Provider → instruction → outcome."""


class Telephony(NamedTuple):
    """One sample; `WAxxx` stands for the activity that is filled in."""

    name: str
    params: dict[str, Any]
    calls_back: bool = False


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
        True,
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
            "ConferenceStatusCallback": "https://requestb.in/wzfljiwz",
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
        True,
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
        True,
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
    Telephony("reservation.call, accepted afterwards", {"CallFrom": NUMBER, "CallUrl": BIN}, True),
    Telephony(
        "reservation.call, accepted before",
        {"CallFrom": NUMBER, "CallUrl": BIN, "CallAccept": "true"},
    ),
    Telephony(
        "reservation.redirect",
        {
            "RedirectCallSid": CALL_SID,
            "RedirectUrl": "https://handler.twilio.com/twiml/EH621f0e21da7ce5441f6ec6aacce64069",
            "RedirectAccept": "true",
        },
        True,
    ),
]


def run(stage: Stage, sample: Telephony, provider: str) -> None:
    """Show the sample with a pending reservation, and check what was sent and what came back."""
    place = stage.place
    place.workspace.workers(place.alice).update(attributes='{"contact_uri": "client:alice"}')
    task_sid = place.task(attributes=json.dumps(CALLER))
    stage.show(sample.name, setup=ON_OFFER)
    instructed = stage.instructed()
    verb = sample.name.split(".")[1].split(" ")[0].rstrip(",")
    expected = {
        key: place.activities["Offline"] if value == "WAxxx" else value
        for key, value in sample.params.items()
    }
    assert instructed["params"] == {"Instruction": verb, **expected}
    outcome = OUTCOMES[provider][verb]
    assert (instructed["status"], instructed["code"]) == outcome
    if sample.calls_back:
        code, message = stage.lines(2)
        assert (code, message) == (str(outcome.status), instructed["message"])
    assert place.reservation_status(task_sid) == "pending"
