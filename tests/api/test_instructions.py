"""Telephony instructions: checked in order, refused by a server without telephony, with an alert."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pointsman.api import Api
from pointsman.api.telephony import Begun, Instruction, NotBegun
from tests.api.builders import Place
from tests.inside import Inside

CONTACT = '{"contact_uri": "client:ana"}'
CALLED = '{"from": "+15550100", "to": "+15550199", "call_sid": "CA1"}'
CALL = {"CallFrom": "+15550100", "CallUrl": "https://app.example/voice"}
REDIRECT = {"RedirectCallSid": "CA1", "RedirectUrl": "https://app.example/voice"}


def an_offer(place: Place, attributes: str = CALLED) -> dict[str, Any]:
    """A pending reservation on a task that a call made."""
    place.a_worker(Attributes=CONTACT)
    [offer] = place.offers(place.a_task(Attributes=attributes))
    return offer


def path_of(offer: dict[str, Any]) -> str:
    return f"/Tasks/{offer['task_sid']}/Reservations/{offer['sid']}"


def alerts(folder: Path) -> list[tuple[int, str]]:
    """Code and resource of every stored alert."""
    with sqlite3.connect(folder / "store" / "pointsman.db") as database:
        return database.execute("SELECT code, resource_sid FROM alert ORDER BY sid").fetchall()


@pytest.mark.feature(148, 158, partly=True)
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Instruction": "dequeue"}, 40133),
        (
            {"Instruction": "dequeue", "DequeueTo": "+1 (555) 010-0", "DequeueFrom": "5550100123"},
            40133,
        ),
        ({"Instruction": "call", **CALL}, 40113),
        ({"Instruction": "redirect", **REDIRECT}, 40122),
        ({"Instruction": "conference"}, 40145),
        ({"Instruction": "conference", "Beep": "onEnter", "MaxParticipants": 2}, 40145),
        ({"Instruction": "dequeue", "DequeueTo": "+"}, 40131),
        ({"Instruction": "dequeue", "DequeueFrom": "1 2"}, 40132),
        ({"Instruction": "dequeue", "DequeueStatusCallbackUrl": "/relative"}, 40157),
        ({"Instruction": "dequeue", "DequeueStatusCallbackEvent": "answered,eaten"}, 40134),
        ({"Instruction": "dequeue", "DequeuePostWorkActivitySid": "WA1"}, 40130),
        ({"Instruction": "call", **CALL, "CallTo": "sip:"}, 40110),
        ({"Instruction": "call", "CallUrl": CALL["CallUrl"]}, 40111),
        ({"Instruction": "call", "CallFrom": CALL["CallFrom"]}, 40112),
        ({"Instruction": "call", **CALL, "CallUrl": "http://[broken"}, 40112),
        ({"Instruction": "call", **CALL, "CallStatusCallbackUrl": "ftp://x"}, 40158),
        ({"Instruction": "redirect", **REDIRECT, "RedirectCallSid": "CA2"}, 40121),
        ({"Instruction": "redirect", "RedirectUrl": REDIRECT["RedirectUrl"]}, 40121),
        ({"Instruction": "redirect", "RedirectCallSid": "CA1"}, 40120),
        ({"Instruction": "conference", "To": "client:"}, 40137),
        ({"Instruction": "conference", "From": "?"}, 40138),
        ({"Instruction": "conference", "PostWorkActivitySid": "WA1"}, 40139),
        ({"Instruction": "conference", "StatusCallback": "x"}, 40159),
        ({"Instruction": "supervise", "Supervisor": "client:eva"}, 40146),
    ],
)
def test_refused_with_its_code(
    place: Place, tmp_path: Path, params: dict[str, Any], code: int
) -> None:
    """Each refusal is 400 with the documented code, leaves an alert, and the offer stays open."""
    offer = an_offer(place)

    answer = place.post(path_of(offer), **params)

    assert (answer.status, answer.json["code"]) == (400, code), answer.json
    assert place.offers(offer["task_sid"])[0]["reservation_status"] == "pending"
    place.a_task()  # what is noted joins the next group
    assert alerts(tmp_path) == [(code, offer["sid"])]


@pytest.mark.feature(148, partly=True)
@pytest.mark.parametrize(
    "params",
    [
        {"Instruction": "dequeue", "DequeueTimeout": "1000"},
        {"Instruction": "dequeue", "DequeueRecord": "yes"},
        {"Instruction": "call", **CALL, "CallTimeout": "soon"},
        {"Instruction": "conference", "Timeout": "0"},
        {"Instruction": "conference", "MaxParticipants": 251},
        {"Instruction": "conference", "StatusCallbackEvent": "start"},
        {"Instruction": "conference", "ConferenceStatusCallbackEvent": "start ringing"},
        {"Instruction": "conference", "Beep": "loud"},
    ],
)
def test_values_out_of_range(place: Place, params: dict[str, Any]) -> None:
    """Where no code is documented a bad value is 20001, named."""
    offer = an_offer(place)

    answer = place.post(path_of(offer), **params)

    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert any(name in answer.json["message"] for name in params)


@pytest.mark.feature(148, partly=True)
def test_nobody_to_call(place: Place) -> None:
    """Without an address of the worker or the caller the instruction has nobody to call."""
    place.a_worker()
    [offer] = place.offers(place.a_task())
    path = path_of(offer)

    assert place.post(path, Instruction="dequeue").json["code"] == 40131
    assert place.post(path, Instruction="dequeue", DequeueTo="ana").json["code"] == 40132
    assert place.post(path, Instruction="conference").json["code"] == 40137
    assert place.post(path, Instruction="conference", To="ana").json["code"] == 40141
    assert place.post(path, Instruction="call", **CALL).json["code"] == 40110


@pytest.mark.feature(148, partly=True)
@pytest.mark.feature(99)
def test_the_status_is_checked_first(place: Place, tmp_path: Path) -> None:
    """An instruction on what is over is 410, on what was taken 400, and leaves its own alert."""
    offer = an_offer(place)
    by_worker = f"/Workers/{offer['worker_sid']}/Reservations/{offer['sid']}"
    codes = {"dequeue": 40135, "call": 40114, "redirect": 40123, "conference": 40136}
    place.post(by_worker, ReservationStatus="accepted")
    for kind in codes:
        answer = place.post(by_worker, Instruction=kind)
        assert (answer.status, answer.json["code"]) == (400, 20001)
    assert place.post(by_worker, Instruction="supervise").json["code"] == 55555
    supervised = place.post(path_of(offer), Instruction="supervise", Supervisor="client:eva")
    assert supervised.json["code"] == 40148
    for nobody in ("WK" + "0" * 32, "", "?"):
        refused = place.post(path_of(offer), Instruction="supervise", Supervisor=nobody)
        assert refused.json["code"] == 40147
    himself = place.post(path_of(offer), Instruction="supervise", Supervisor=offer["worker_sid"])
    assert himself.json["code"] == 40148
    place.post(by_worker, ReservationStatus="completed")

    second = place.offers(place.a_task())[0]
    place.post(f"/Tasks/{second['task_sid']}", AssignmentStatus="canceled")
    answer = place.post(path_of(second), Instruction="dequeue")

    assert (answer.status, answer.json["code"]) == (410, 20001)
    place.a_task()
    found = [code for code, _ in alerts(tmp_path)]
    assert found == [*codes.values(), 40148, 40147, 40147, 40147, 40148, 40135]


def test_a_stale_version_comes_before_everything(place: Place) -> None:
    """An instruction for another version of the reservation is 412."""
    offer = an_offer(place)

    answer = place.post(path_of(offer), headers={"If-Match": '"7"'}, Instruction="dequeue")

    assert (answer.status, answer.json["code"]) == (412, 20412)


class Phone:
    """A provider that takes every instruction, or none."""

    def __init__(self) -> None:
        self.begun: list[Instruction] = []

    async def begin(self, instruction: Instruction) -> Begun | NotBegun:
        self.begun.append(instruction)
        return Begun()


def test_a_provider_gets_what_was_checked(place: Place, server: Inside) -> None:
    """A provider gets the instruction with defaults filled in; the answer shows the reservation."""
    phone = Phone()
    server.serve(Api(server.runtime, phone, server.ambient))
    offer = an_offer(place)

    answer = place.post(path_of(offer), Instruction="dequeue")

    assert (answer.status, answer.json["reservation_status"]) == (200, "pending")
    [instruction] = phone.begun
    assert instruction.kind == "dequeue"
    assert instruction.reservation.sid == offer["sid"]
    assert json.loads(instruction.task.attributes)["call_sid"] == "CA1"
    assert instruction.fields == {
        "to": "client:ana",
        "from": "+15550199",
        "status_callback_url": None,
        "status_callback_events": ["completed"],
        "record": None,
        "timeout_s": 60,
        "post_work_activity_sid": None,
    }
