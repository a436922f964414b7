"""Transfers with the stock client: one worker passes a task on, another one gets it, or does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modern.clients import ClientError, Kept
from tests.modern.desk import Desk

pytestmark = pytest.mark.feature(186)

Start = Callable[..., Kept]
PASS = "reservation.task.transfer(given.to, given.how).then((task) => task.sid)"
OUTGOING = (
    "(({ outgoing: it }) => [it.mode, it.type, it.status, it.to])(reservation.task.transfers)"
)
INCOMING = "(({ incoming: it }) => [it.mode, it.type, it.status, it.workerSid])(reservation.task.transfers)"
AVAILABLE = (
    "[...it.activities.values()].find((each) => each.name === 'Available')"
    ".setAsCurrent().then(() => null)"
)


class Pair:
    """Alice, who holds a task, and Bob, who is there for another one."""

    def __init__(self, worker: Start, desk: Desk) -> None:
        self.bob_sid = desk.worker("bob", "Offline")
        self.alice = worker(connectActivitySid=desk.activities["Available"])
        self.task_sid = desk.task()
        self.alice.until("reservationCreated")
        self.alice.value("reservation.accept().then(() => null)")
        self.alice.until("reservation.accepted")
        self.bob = worker(desk.token(self.bob_sid))
        self.bob.value(AVAILABLE)

    def offer(self, mode: str = "WARM", to: str = "") -> None:
        """The transfer is begun, and Bob is asked."""
        self.alice.value(PASS, to=to or self.bob_sid, how={"mode": mode})
        self.alice.until("task.transferInitiated")
        self.bob.until("reservationCreated")


@pytest.fixture
def pair(worker: Start, desk: Desk) -> Pair:
    return Pair(worker, desk)


@pytest.mark.parametrize("mode", ["WARM", "COLD"])
def test_a_worker_takes_over(pair: Pair, desk: Desk, mode: str) -> None:
    """The other worker accepts: the task is his, and the first one is done, at once when it was cold."""
    alice, bob = pair.alice, pair.bob
    pair.offer(mode)
    assert bob.value(INCOMING) == [mode, "WORKER", "initiated", desk.alice]
    assert bob.value("[reservation.task.sid, reservation.task.status]") == [
        pair.task_sid,
        "reserved",
    ]
    if mode == "COLD":
        alice.until("reservation.wrapup")
    assert bob.value("reservation.accept().then((each) => each.status)") == "accepted"
    alice.until("transfer.completed")
    bob.until("reservation.accepted")
    assert desk.status(pair.task_sid) == "assigned"

    alice.value("reservation.complete().then(() => null)")
    alice.until("reservation.completed")
    assert desk.status(pair.task_sid) == "assigned"
    bob.value("reservation.complete().then(() => null)")
    bob.until("task.completed")
    assert desk.status(pair.task_sid) == "completed"


def test_a_worker_declines(pair: Pair, desk: Desk) -> None:
    """The other worker rejects: the transfer failed, and the task is the first one's as before."""
    alice, bob = pair.alice, pair.bob
    pair.offer()
    code = "reservation.reject({ activitySid: given.sid }).then((each) => each.status)"
    assert bob.value(code, sid=desk.activities["Offline"]) == "rejected"
    alice.until("transfer.failed")
    alice.until("task.updated")

    assert "transfer.attemptFailed" not in alice.heard
    assert alice.value("[reservation.status, reservation.task.status]") == ["accepted", "assigned"]
    assert desk.status(pair.task_sid) == "assigned"


def test_a_transfer_is_canceled(pair: Pair, desk: Desk) -> None:
    """cancel() takes the task back and ends the offer; a second time it is refused in known words."""
    alice, bob = pair.alice, pair.bob
    pair.offer()
    assert alice.value(OUTGOING) == ["WARM", "WORKER", "initiated", pair.bob_sid]
    again = (
        "(it.kept = reservation.task.transfers.outgoing, it.kept.cancel())"
        ".then(() => it.kept.cancel()).then(() => null)"
    )
    with pytest.raises(ClientError, match=r"Transfer TT\w+ is already canceled \. Cannot cancel"):
        alice.value(again)
    alice.until("transfer.canceled")
    bob.until("reservation.canceled")
    alice.until("task.updated")

    assert desk.status(pair.task_sid) == "assigned"


def test_a_queue_is_asked(pair: Pair, desk: Desk) -> None:
    """To a queue: each worker who declines is told, and the transfer goes on until one accepts."""
    queue = desk.workspace.task_queues.create(
        friendly_name="Bob", target_workers=f"worker.sid == '{pair.bob_sid}'"
    )
    alice, bob = pair.alice, pair.bob
    pair.offer(to=queue.sid)
    assert bob.value(INCOMING) == ["WARM", "QUEUE", "initiated", desk.alice]
    bob.value("reservation.reject().then(() => null)")
    alice.until("transfer.attemptFailed")
    bob.until("reservationCreated", 2)
    bob.value("reservation.accept().then(() => null)")
    alice.until("transfer.completed")

    assert bob.value("reservation.task.queueName") == "Bob"
    assert "transfer.failed" not in alice.heard


def test_attributes_and_priority_go_along(pair: Pair, desk: Desk) -> None:
    """The attributes and the priority of a transfer are the task's from then on."""
    how = {"mode": "WARM", "attributes": {"told": "all"}, "priority": 7}
    pair.alice.value(PASS, to=pair.bob_sid, how=how)
    pair.bob.until("reservationCreated")

    told = pair.bob.value("[reservation.task.attributes, reservation.task.priority]")
    assert told == [{"told": "all"}, 7]


def test_what_cannot_be_passed_on(worker: Start, desk: Desk) -> None:
    """A task that is only offered, and a worker who is away, are refused with a sentence."""
    carol_sid = desk.worker("carol", "Offline")
    alice = worker(connectActivitySid=desk.activities["Available"])
    desk.task()
    alice.until("reservationCreated")
    with pytest.raises(ClientError, match=r"status code 400.*only an accepted task"):
        alice.value(PASS, to=carol_sid, how={"mode": "WARM"})
    alice.value("reservation.accept().then(() => null)")
    with pytest.raises(ClientError, match=r"status code 400.*is not available"):
        alice.value(PASS, to=carol_sid, how={"mode": "WARM"})


def test_nobody_passes_on_what_is_anothers(pair: Pair) -> None:
    """A reservation of another worker can be neither transferred, nor its transfer canceled."""
    pair.offer()
    home = "Workspaces/${it.workspaceSid}/Workers/${it.sid}/Transfers"
    ask = f"it._request.post(`{home}${{given.more}}`, given.told, 'v2').then(() => null)"
    transfer_sid = pair.alice.value("reservation.task.transfers.outgoing.sid")
    reservation_sid = pair.alice.value("reservation.sid")
    told = {"TaskSid": pair.task_sid, "ReservationSid": reservation_sid, "To": pair.bob_sid}
    with pytest.raises(ClientError, match="status code 400"):
        pair.bob.value(ask, more="", told=told)
    told = {"TaskSid": pair.task_sid, "TransferStatus": "canceled"}
    with pytest.raises(ClientError, match="status code 404"):
        pair.bob.value(ask, more=f"/{transfer_sid}", told=told)


def test_a_page_that_is_opened_meanwhile(pair: Pair, worker: Start, desk: Desk) -> None:
    """Whoever becomes ready during a transfer sees it: outgoing on one side, incoming on the other."""
    pair.offer()
    alice = worker(desk.token(ttl=900))
    bob = worker(desk.token(pair.bob_sid, ttl=900))

    assert alice.value(OUTGOING) == ["WARM", "WORKER", "initiated", pair.bob_sid]
    assert bob.value(INCOMING) == ["WARM", "WORKER", "initiated", desk.alice]


@pytest.mark.feature(187, partly=True)
def test_call_control_reaches_the_telephone(pair: Pair) -> None:
    """Mute, hold and kick are understood, and refused with a sentence where no telephone is."""
    pair.offer()
    pair.bob.value("reservation.accept().then(() => null)")
    pair.alice.until("transfer.completed")
    for code in (
        "reservation.updateParticipant({ mute: true, endConferenceOnExit: false })",
        "reservation.task.updateParticipant({ hold: true, holdUrl: 'https://example.com/' })",
        "reservation.task.hold(given.bob, true, { holdMethod: 'GET' })",
        "reservation.task.kick(given.bob)",
    ):
        with pytest.raises(ClientError, match=r"status code 400.*has no telephony"):
            pair.alice.value(f"{code}.then(() => null)", bob=pair.bob_sid)


@pytest.mark.feature(187, partly=True)
def test_only_who_works_on_it_is_held(pair: Pair) -> None:
    """A worker who was only asked can be neither held nor kicked."""
    pair.offer()
    for code in ("hold(given.bob, true)", "kick(given.bob)"):
        with pytest.raises(ClientError, match=r"status code 400.*does not work on the task"):
            pair.alice.value(f"reservation.task.{code}.then(() => null)", bob=pair.bob_sid)
