"""Version checking of the newer client, on and off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modern.clients import ClientError, Kept
from tests.modern.desk import Desk

pytestmark = pytest.mark.feature(254)

Start = Callable[..., Kept]
SET = (
    "[...it.activities.values()].find((each) => each.name === given.name)"
    ".setAsCurrent().then(() => null)"
)


def test_a_whole_life_with_version_checking(worker: Start, desk: Desk) -> None:
    """With checking on, a worker's versions stay right through offers, work and changes elsewhere."""
    alice = worker(enableVersionCheck=True)
    channels = desk.workspace.workers(desk.alice).worker_channels
    for number in range(2):
        alice.value(SET, name="Available")
        alice.until("activityUpdated", 3 * number + 1)
        task_sid = desk.task()
        alice.until("reservationCreated", number + 1)
        alice.value("reservation.accept().then(() => null)")
        alice.until("reservation.accepted", number + 1)
        channels("chat").update(capacity=number + 2)
        alice.until("channel.capacityUpdated", number + 1)
        alice.value(SET, name="Unavailable")
        alice.until("activityUpdated", 3 * number + 2)
        alice.value("reservation.task.setAttributes({ step: 1 }).then(() => null)")
        alice.until("task.updated", 2 * number + 1)
        alice.value("reservation.task.wrapUp({ reason: 'said' }).then(() => null)")
        alice.until("reservation.wrapup", number + 1)
        alice.value("reservation.complete().then(() => null)")
        alice.until("reservation.completed", number + 1)
        alice.value(SET, name="Offline")
        alice.until("activityUpdated", 3 * number + 3)
        alice.value("it.setAttributes({ round: given.number }).then(() => null)", number=number)
        alice.until("attributesUpdated", number + 1)

        assert desk.status(task_sid) == "completed"


def test_the_client_counts_as_the_server_does(worker: Start, desk: Desk) -> None:
    """After an offer, a rejection and changed channels the client's version is the server's."""
    alice = worker(enableVersionCheck=True, connectActivitySid=desk.activities["Available"])
    channels = desk.workspace.workers(desk.alice).worker_channels
    desk.task()
    alice.until("reservationCreated")
    channels("chat").update(capacity=4, available=False)
    alice.until("channel.availabilityUpdated")
    alice.value(
        "reservation.reject({ activitySid: given.sid }).then(() => null)",
        sid=desk.activities["Offline"],
    )
    alice.until("reservation.rejected")
    alice.until("activityUpdated", 2)
    counted = alice.value("it.version")

    assert alice.value("it.fetchLatestVersion().then((each) => each.version)") == counted


def test_a_stale_version_is_refused(worker: Start, desk: Desk) -> None:
    """With checking on, what was changed meanwhile is not overwritten: 412, and nothing happens."""
    alice = worker(enableVersionCheck=True, connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    alice.until("reservationCreated")
    for code in (
        "(it.version = '0', it.setAttributes({ lost: true }).then(() => null))",
        "(reservation.version = '7', reservation.accept().then(() => null))",
        "(reservation.task.version = '0', reservation.task.setAttributes({}).then(() => null))",
    ):
        with pytest.raises(ClientError, match="status code 412"):
            alice.value(code)

    assert "lost" not in desk.workspace.workers(desk.alice).fetch().attributes
    assert desk.status(task_sid) == "reserved"


def test_without_checking_the_last_write_wins(worker: Start, desk: Desk) -> None:
    """With checking off, a stale version is not looked at."""
    alice = worker()
    desk.workspace.workers(desk.alice).update(friendly_name="Alice B.")
    code = "(it.version = '0', it.setAttributes({ late: true }).then((each) => each.attributes))"

    assert alice.value(code) == {"late": True}


def test_an_offer_counts_as_one_version_of_its_task(worker: Start, desk: Desk) -> None:
    """The offer tells the task's version as it is: a change right after it is exactly one more."""
    alice = worker(enableVersionCheck=True, connectActivitySid=desk.activities["Available"])
    desk.task()
    alice.until("reservationCreated")
    before = int(alice.value("reservation.task.version"))
    code = "reservation.task.setAttributes({ a: 1 }).then((task) => task.version)"

    assert int(alice.value(code)) == before + 1
    was = int(alice.value("reservation.version"))
    assert int(alice.value("reservation.accept().then((each) => each.version)")) == was + 1
