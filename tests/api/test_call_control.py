"""Call control of the newer SDK: checked against the records, then handed to the telephone."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.api import Api, Reply, Request
from pointsman.api.telephony import Begun, Instruction, NotBegun
from pointsman.auth import AccessToken, Role
from pointsman.auth.principal import token_principal
from tests.api.builders import Place
from tests.inside import ACCOUNT, ORIGIN, Inside

pytestmark = pytest.mark.feature(187, partly=True)

PATHS = {
    "update-participant": "WorkerParticipant",
    "hold-customer": "CustomerParticipant",
    "hold-worker": "HoldWorkerParticipant",
    "kick-worker": "KickWorkerParticipant",
}


class Phone:
    """A provider that takes everything."""

    def __init__(self) -> None:
        self.begun: list[Instruction] = []

    async def begin(self, instruction: Instruction) -> Begun | NotBegun:
        self.begun.append(instruction)
        return Begun()


class Conference:
    """A task that Ana and Eva work on, and that Ivo is only offered; Ana asks."""

    def __init__(self, place: Place, server: Inside) -> None:
        self._place, self._server = place, server
        place.post(f"/TaskQueues/{place.queue_sid}", MaxReservedWorkers=3)
        self.ana = place.a_worker("Ana")
        self.task = place.a_task()
        [self.offer] = place.offers(self.task)
        self.accept(self.offer["sid"])
        self.eva = place.a_worker("Eva")
        made = self.ask(
            "Transfers", ReservationSid=self.offer["sid"], TaskSid=self.task, To=self.eva
        )
        assert made.status == 200, made.body
        self.accept(place.offers(self.task)[-1]["sid"])
        self.ivo = place.a_worker("Ivo")
        made = self.ask(
            "Transfers", ReservationSid=self.offer["sid"], TaskSid=self.task, To=self.ivo
        )
        assert made.status == 200, made.body

    def accept(self, sid: str) -> None:
        path = f"/Tasks/{self.task}/Reservations/{sid}"
        assert self._place.post(path, ReservationStatus="accepted").status == 200

    def ask(self, what: str, **params: Any) -> Reply:
        token = AccessToken(ACCOUNT.sid, self._place.sid, self.ana, Role.WORKER, "SK1", 2**62, 0)
        request = Request(
            method="POST",
            path=f"{self._place.path}/Workers/{self.ana}/{what}",
            params=params,
            principal=token_principal(token),
            base=ORIGIN,
            view="bridge_m",
            source="websocket",
        )
        return self._server.run(self._server.api.call(request))


@pytest.fixture
def phone(server: Inside) -> Phone:
    made = Phone()
    server.serve(Api(server.runtime, made, server.ambient))
    return made


@pytest.fixture
def room(place: Place, server: Inside) -> Conference:
    return Conference(place, server)


def test_the_telephone_is_told(place: Place, phone: Phone, server: Inside) -> None:
    """Each request reaches the provider with whose leg it is about and what is to become of it."""
    room = Conference(place, server)
    own = {"ReservationSid": room.offer["sid"]}
    both = {"TaskSid": room.task, "TargetWorkerSid": room.eva}
    answers = [
        room.ask("WorkerParticipant", **own, Mute=True, EndConferenceOnExit="false"),
        room.ask("CustomerParticipant", TaskSid=room.task, Hold=True, HoldUrl="https://a.example/"),
        room.ask("HoldWorkerParticipant", **both, Hold="false", HoldMethod="GET"),
        room.ask("KickWorkerParticipant", **both),
    ]

    assert [answer.status for answer in answers] == [200] * 4
    shown = [answer.body["sid"] for answer in answers if answer.body]
    assert shown == [room.offer["sid"], room.task, room.task, room.task]
    told = [(each.kind, each.reservation.worker_sid, each.fields) for each in phone.begun]
    assert told == [
        ("update-participant", room.ana, {"end_conference_on_exit": False, "mute": True}),
        (
            "hold-customer",
            room.ana,
            {"hold": True, "hold_url": "https://a.example/", "hold_method": "POST"},
        ),
        ("hold-worker", room.eva, {"hold": False, "hold_url": None, "hold_method": "GET"}),
        ("kick-worker", room.eva, {}),
    ]


def test_without_a_telephone(room: Conference) -> None:
    """A server without telephony refuses all four with a sentence."""
    params = {
        "ReservationSid": room.offer["sid"],
        "TaskSid": room.task,
        "TargetWorkerSid": room.eva,
        "Hold": True,
    }
    for kind, what in PATHS.items():
        answer = room.ask(what, **params)

        assert answer.status == 400
        assert answer.body is not None
        assert f"{kind} needs a call" in answer.body["message"]


@pytest.mark.parametrize(
    ("what", "changes", "sentence"),
    [
        ("WorkerParticipant", {"ReservationSid": "WR" + "0" * 32}, "not accepted work"),
        ("WorkerParticipant", {"ReservationSid": None}, "ReservationSid field is required"),
        ("CustomerParticipant", {"TaskSid": "WT" + "0" * 32}, "does not work on"),
        ("CustomerParticipant", {"Hold": None}, "Hold field is required"),
        ("CustomerParticipant", {"HoldUrl": "ftp://x"}, "HoldUrl"),
        ("CustomerParticipant", {"HoldMethod": "PUT"}, "HoldMethod"),
        ("HoldWorkerParticipant", {"TargetWorkerSid": "ivo"}, "does not work on"),
        ("KickWorkerParticipant", {"TargetWorkerSid": "ivo"}, "does not work on"),
        ("KickWorkerParticipant", {"TargetWorkerSid": None}, "TargetWorkerSid field is required"),
    ],
)
def test_what_is_wrong(
    room: Conference, phone: Phone, what: str, changes: dict[str, Any], sentence: str
) -> None:
    """Work that is not the worker's, and somebody who is only asked, are refused before it rings."""
    params = {
        "ReservationSid": room.offer["sid"],
        "TaskSid": room.task,
        "TargetWorkerSid": room.eva,
        "Hold": True,
        **changes,
    }
    named = {"ivo": room.ivo}
    given = {name: named.get(value, value) for name, value in params.items() if value is not None}
    answer = room.ask(what, **given)

    assert answer.status == 400
    assert answer.body is not None
    assert sentence in answer.body["message"]
    assert phone.begun == []


def test_rest_does_not_offer_them(place: Place, room: Conference) -> None:
    """These paths are the newer SDK's: REST answers 404."""
    for what in (*PATHS.values(), "Transfers"):
        assert place.post(f"/Workers/{room.ana}/{what}", TaskSid=room.task).status == 404
