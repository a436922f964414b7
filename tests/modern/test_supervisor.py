"""Supervisors and roles with the newer client."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modern.clients import ClientError, Kept
from tests.modern.desk import Desk

Start = Callable[..., Kept]


@pytest.mark.feature(256)
@pytest.mark.parametrize("checking", [False, True])
def test_a_supervisor_changes_another_worker(worker: Start, desk: Desk, checking: bool) -> None:
    """Another worker's activity and attributes are set, and he hears of both; his version is his own."""
    boss_sid = desk.worker("boss", "Offline")
    alice = worker()
    boss = worker(
        desk.token(boss_sid, role="supervisor"), kind="Supervisor", enableVersionCheck=checking
    )
    given = {"sid": desk.alice, "activity": desk.activities["Available"]}
    boss.value("it.setWorkerActivity(given.sid, given.activity).then(() => null)", **given)
    alice.until("activityUpdated")
    boss.value("it.setWorkerAttributes(given.sid, { skill: 7 }).then(() => null)", **given)
    alice.until("attributesUpdated")

    assert alice.value("[it.activity.name, it.attributes]") == ["Available", {"skill": 7}]
    assert desk.activity() == "Available"


@pytest.mark.feature(256, partly=True)
def test_a_supervisor_clears_the_offers_of_another_worker(worker: Start, desk: Desk) -> None:
    """RejectPendingReservations works for another worker too."""
    boss_sid = desk.worker("boss", "Offline")
    alice = worker(connectActivitySid=desk.activities["Available"])
    desk.task()
    alice.until("reservationCreated")
    boss = worker(desk.token(boss_sid, role="supervisor"), kind="Supervisor")
    code = (
        "it.setWorkerActivity(given.sid, given.activity, { rejectPendingReservations: true })"
        ".then(() => null)"
    )
    boss.value(code, sid=desk.alice, activity=desk.activities["Offline"])
    alice.until("reservation.rejected")
    alice.until("activityUpdated", 2)

    assert alice.value("it.activity.name") == "Offline"


@pytest.mark.feature(255)
def test_a_worker_changes_nobody_else(worker: Start, desk: Desk) -> None:
    """With the role worker the same calls are refused with a sentence that names the role needed."""
    bob_sid = desk.worker("bob", "Offline")
    bob = worker(desk.token(bob_sid), kind="Supervisor")
    for code in (
        "it.setWorkerAttributes(given.sid, { skill: 7 }).then(() => null)",
        "it.setWorkerActivity(given.sid, given.activity).then(() => null)",
    ):
        with pytest.raises(ClientError, match=r"status code 403.*the role supervisor would"):
            bob.value(code, sid=desk.alice, activity=desk.activities["Available"])

    assert desk.activity() == "Offline"


@pytest.mark.feature(255)
def test_a_worker_reaches_only_tasks_he_holds(worker: Start, desk: Desk) -> None:
    """A task of another worker can be neither read nor changed; his own can while he holds it."""
    bob_sid = desk.worker("bob", "Offline")
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    alice.until("reservationCreated")
    bob = worker(desk.token(bob_sid))
    fetch = "it._request.get(`Workspaces/${it.workspaceSid}/Tasks/${given.sid}`, 'v1').then((t) => t.sid)"
    change = (
        "it._request.post(`Workspaces/${it.workspaceSid}/Tasks/${given.sid}`, "
        "{ Reason: 'x' }, 'v1').then((t) => t.sid)"
    )

    assert alice.value(fetch, sid=task_sid) == task_sid
    for code in (fetch, change):
        with pytest.raises(ClientError, match=r"status code 403.*has no|status code 403.*holds no"):
            bob.value(code, sid=task_sid)
    away = "reservation.reject({ activitySid: given.sid }).then(() => null)"
    alice.value(away, sid=desk.activities["Offline"])
    assert alice.value(fetch, sid=task_sid) == task_sid
    with pytest.raises(ClientError, match=r"status code 403.*holds no reservation on it now"):
        alice.value(change, sid=task_sid)


@pytest.mark.feature(255)
def test_a_reservation_is_its_own_workers(worker: Start, desk: Desk) -> None:
    """Another worker can neither read nor answer it, below the task or below its worker."""
    bob_sid = desk.worker("bob", "Offline")
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    reservation_sid = alice.until("reservationCreated")["sid"]
    bob = worker(desk.token(bob_sid))
    for place in (f"Tasks/{task_sid}", f"Workers/{desk.alice}"):
        code = (
            "it._request.post(`Workspaces/${it.workspaceSid}/${given.place}/Reservations/"
            "${given.sid}`, { ReservationStatus: 'accepted' }, 'v1').then(() => null)"
        )
        with pytest.raises(ClientError, match="status code 403"):
            bob.value(code, place=place, sid=reservation_sid)

    assert desk.reservation_status(task_sid) == "pending"


@pytest.mark.feature(255, partly=True)
def test_monitoring_needs_a_role_and_a_telephone(worker: Start, desk: Desk) -> None:
    """monitor() is refused to a worker for his role; a supervisor is told that there is no telephone."""
    boss_sid = desk.worker("boss", "Offline")
    alice = worker(kind="Supervisor", connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    reservation_sid = alice.until("reservationCreated")["sid"]
    alice.value("reservation.accept().then(() => null)")
    boss = worker(desk.token(boss_sid, role="supervisor"), kind="Supervisor")
    code = "it.monitor(given.task, given.reservation).then(() => null)"
    given = {"task": task_sid, "reservation": reservation_sid}

    with pytest.raises(ClientError, match=r"status code 403.*the role supervisor would"):
        alice.value(code, **given)
    with pytest.raises(ClientError, match="status code 400"):
        boss.value(code, **given)


@pytest.mark.feature(185, partly=True)
@pytest.mark.parametrize(
    "code",
    [
        "reservation.call('+15550001', 'https://example.com/call', { accept: true, timeout: 20 })",
        "reservation.dequeue({ from: '+15550001', timeout: 20, record: 'record-from-answer' })",
        "reservation.redirect('CA' + '0'.repeat(32), 'https://example.com/go', { accept: true })",
        "reservation.conference({ from: '+15550001', startConferenceOnEnter: true, beep: false })",
    ],
)
def test_instructions_reach_the_telephone(worker: Start, desk: Desk, code: str) -> None:
    """The four telephony actions are understood, and refused with a sentence where no telephone is."""
    attributes = '{"contact_uri": "+15550003"}'
    desk.workspace.workers(desk.alice).update(attributes=attributes)
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task(attributes='{"call_sid": "CA' + "0" * 32 + '"}')
    alice.until("reservationCreated")
    with pytest.raises(ClientError, match=r"status code 400.*telephon"):
        alice.value(f"{code}.then(() => null)")

    assert desk.reservation_status(task_sid) == "pending"
