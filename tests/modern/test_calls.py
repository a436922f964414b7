"""Call control with the stock client, while simulated phones talk: who hears whom after each request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.modern.clients import Client, Kept
from tests.modern.desk import Desk
from tests.modern.test_transfers import AVAILABLE
from tests.server import Server, a_server

CALLER, HOTLINE = "+15557654321", "+15550001111"
PHONES = "/pointsman/v1/Voice/Simulator"
NULL = ".then(() => null)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose phones are simulated."""
    with a_server(tmp_path_factory.mktemp("data"), POINTSMAN_VOICE="simulator") as running:
        yield running


@pytest.fixture
def client(in_node: Client) -> Iterator[Client]:
    yield in_node
    in_node.call("end", {})


class Talk:
    """A caller and alice in the conference of his task, and Bob, whom she has fetched into it."""

    def __init__(self, worker: Callable[..., Kept], desk: Desk) -> None:
        self._http = desk.server.client()
        self._address = desk.server.address
        self.bob_sid = desk.worker("bob", "Offline")
        for name, sid in (("alice", desk.alice), ("bob", self.bob_sid)):
            attributes = json.dumps({"contact_uri": f"client:{name}"})
            desk.workspace.workers(sid).update(attributes=attributes)
            self.post(f"{PHONES}/Phones", Address=f"client:{name}", AnswersAfter="0")
        self.alice = worker(connectActivitySid=desk.activities["Available"])
        self.caller = self._calls_in(desk.workflow_sid)
        self.alice_leg = self._meets(self.alice)
        self.bob = worker(desk.token(self.bob_sid))
        self.bob.value(AVAILABLE)
        how = {"mode": "WARM"}
        self.alice.value(
            f"reservation.task.transfer(given.to, given.how){NULL}", to=self.bob_sid, how=how
        )
        self.bob_leg = self._meets(self.bob)

    def _calls_in(self, workflow_sid: str) -> str:
        """The caller's leg, who waits in the queue."""
        twiml = f"<Response><Enqueue workflowSid='{workflow_sid}'/></Response>"
        stored = self.post("/pointsman/v1/TwiML", FriendlyName="Queue", Twiml=twiml)
        numbers = f"/2010-04-01/Accounts/{self._http.account_sid}/IncomingPhoneNumbers.json"
        self.post(numbers, PhoneNumber=HOTLINE, VoiceUrl=stored["links"]["served"])
        leg: str = self.post(f"{PHONES}/Calls", From=CALLER, To=HOTLINE)["leg"]
        return leg

    def _meets(self, worker: Kept) -> str:
        """The worker joins; his leg."""
        worker.until("reservationCreated")
        worker.value(f"reservation.conference({{ beep: 'false' }}){NULL}")
        worker.until("reservation.accepted")
        leg: str = worker.value("reservation.task.attributes.worker_call_sid")
        return leg

    def post(self, path: str, **fields: str) -> dict[str, Any]:
        answer = self._http.request("POST", f"{self._address}{path}", data=fields)
        assert answer.status_code < 300, answer.text
        made: dict[str, Any] = json.loads(answer.text)
        return made

    def hears(self, leg: str) -> set[str]:
        """Who is heard by a leg."""
        answer = self._http.request("GET", f"{self._address}{PHONES}/Calls/{leg}")
        names = {f"voice:{self.caller}": "caller", f"voice:{self.alice_leg}": "alice"}
        names[f"voice:{self.bob_leg}"] = "bob"
        heard = set(json.loads(answer.text)["hears"]) - {"beep"}  # which may still be heard
        return {names.get(one, one) for one in heard}

    def everybody(self) -> tuple[set[str], set[str], set[str]]:
        """What the caller, alice and Bob hear."""
        return self.hears(self.caller), self.hears(self.alice_leg), self.hears(self.bob_leg)


@pytest.mark.feature(187)
def test_who_hears_whom_is_the_workers_to_say(worker: Callable[..., Kept], desk: Desk) -> None:
    """The stock client mutes and holds real calls, holds and drops another worker, and brings back."""
    talk = Talk(worker, desk)
    alice, given = talk.alice, {"bob": talk.bob_sid}
    all_talk = ({"alice", "bob"}, {"caller", "bob"}, {"caller", "alice"})
    customer = "reservation.task.updateParticipant({ hold: %s })" + NULL
    alice.value(customer % "false")
    assert talk.everybody() == all_talk
    alice.value("reservation.updateParticipant({ mute: true })" + NULL)
    assert talk.everybody() == ({"bob"}, {"caller", "bob"}, {"caller"})
    alice.value("reservation.updateParticipant({ mute: false })" + NULL)
    assert talk.everybody() == all_talk
    alice.value(customer % "true")
    assert talk.everybody() == ({"music"}, {"bob"}, {"alice"})
    alice.value(customer % "false")
    alice.value("reservation.task.hold(given.bob, true)" + NULL, **given)
    assert talk.everybody() == ({"alice"}, {"caller"}, {"music"})
    alice.value("reservation.task.hold(given.bob, false)" + NULL, **given)
    assert talk.everybody() == all_talk
    alice.value("reservation.task.kick(given.bob)" + NULL, **given)
    talk.bob.until("reservation.wrapup")
    assert talk.everybody() == ({"alice"}, {"caller"}, set())
    alice.value("reservation.updateParticipant({ endConferenceOnExit: true })" + NULL)
    (conference,) = _conferences(desk)
    seen = conference.participants(talk.alice_leg).fetch()
    assert (seen.muted, seen.end_conference_on_exit) == (False, True)


def _conferences(desk: Desk) -> list[Any]:
    client = desk.server.client()
    client.api.base_url = desk.server.address
    return [client.conferences(one.sid) for one in client.conferences.list(status="in-progress")]
