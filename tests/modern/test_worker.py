"""A worker's life with the stock client `twilio-taskrouter`, in Node and in Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modern.clients import ClientError, Kept
from tests.modern.desk import Desk

pytestmark = pytest.mark.feature(22, 185)

Start = Callable[..., Kept]
SET = "[...it.activities.values()].find((each) => each.name === given.name).setAsCurrent(given.how)"


def test_it_becomes_ready_with_all_that_is_there(worker: Start, desk: Desk) -> None:
    """A ready worker knows himself, his activity, all activities, his channels, his reservations."""
    desk.workspace.workers(desk.alice).update(activity_sid=desk.activities["Available"])
    task_sid = desk.task()
    alice = worker()

    assert alice.value("[it.sid, it.name, it.workspaceSid, it.accountSid.slice(0, 2)]") == [
        desk.alice,
        "alice",
        desk.workspace_sid,
        "AC",
    ]
    assert alice.value("[it.activity.name, it.activity.isCurrent, it.activity.available]") == [
        "Available",
        True,
        True,
    ]
    assert alice.value("it.attributes.languages") == ["en", "es"]
    assert alice.value("[...it.activities.values()].map((each) => each.name)") == list(
        desk.activities
    )
    assert alice.value(
        "[...it.channels.values()].map((each) => [each.taskChannelUniqueName, each.capacity, "
        "each.available, each.assignedTasks])"
    ) == [[name, 1, True, 0] for name in ("default", "voice", "chat", "sms", "video")]
    assert alice.value("[...it.reservations.values()].map((each) => each.task.sid)") == [task_sid]
    assert alice.value("[reservation.status, reservation.timeout, reservation.task.status]") == [
        "pending",
        120,
        "reserved",
    ]
    assert alice.value("reservation.task.attributes.level") == 2
    dates = (
        "[it.dateCreated, it.dateUpdated, reservation.task.virtualStartTime, it.dateStatusChanged]"
    )
    assert alice.value(f"{dates}.every((each) => each instanceof Date && !isNaN(each))") is True


def test_from_offer_to_completion(worker: Start, desk: Desk) -> None:
    """An offer is heard, accepted, wrapped up and completed; each step is told by its event."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    made = alice.until("reservationCreated")

    assert made["status"] == "pending"
    assert alice.value("reservation.accept().then((each) => each.status)") == "accepted"
    alice.until("reservation.accepted")
    assert desk.status(task_sid) == "assigned"
    assert alice.value("reservation.wrap().then((each) => each.status)") == "wrapping"
    alice.until("reservation.wrapup")
    alice.until("task.wrapup")
    assert alice.value("reservation.complete().then((each) => each.status)") == "completed"
    alice.until("reservation.completed")
    alice.until("task.completed")
    assert desk.status(task_sid) == "completed"
    assert alice.value("it.reservations.size") == 0


def test_the_task_is_changed_and_completed(worker: Start, desk: Desk) -> None:
    """Task.setAttributes, wrapUp and complete change the task, and its reservation follows."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    alice.until("reservationCreated")
    alice.value("reservation.accept().then(() => null)")
    alice.until("reservation.accepted")
    version = alice.value("reservation.task.version")
    code = "reservation.task.setAttributes({ mood: 'good' }).then((task) => task.attributes)"

    assert alice.value(code) == {"mood": "good"}
    alice.until("task.updated")
    assert int(alice.value("reservation.task.version")) == int(version) + 1
    wrap = "reservation.task.wrapUp({ reason: 'said' }).then((task) => [task.status, task.reason])"
    assert alice.value(wrap) == ["wrapping", "said"]
    alice.until("reservation.wrapup")
    done = "reservation.task.complete('solved').then((task) => [task.status, task.reason])"
    assert alice.value(done) == ["completed", "solved"]
    alice.until("reservation.completed")
    alice.until("task.completed")
    assert desk.status(task_sid) == "completed"


def test_the_start_of_a_task_is_moved(worker: Start, desk: Desk) -> None:
    """SetVirtualStartTime takes a moment that was; one to come is refused with that word."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    desk.task()
    alice.until("reservationCreated")
    code = "reservation.task.setVirtualStartTime(new Date(given.at)).then((t) => t.virtualStartTime.toISOString())"

    assert alice.value(code, at="2024-05-01T10:00:00Z") == "2024-05-01T10:00:00.000Z"
    with pytest.raises(ClientError, match="future"):
        alice.value(code, at="2199-05-01T10:00:00Z")


def test_an_offer_is_rejected(worker: Start, desk: Desk) -> None:
    """reject() with an activity declines the offer and puts the worker there."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    alice.until("reservationCreated")
    code = "reservation.reject({ activitySid: given.sid }).then((each) => each.status)"

    assert alice.value(code, sid=desk.activities["Unavailable"]) == "rejected"
    alice.until("reservation.rejected")
    alice.until("activityUpdated", 2)
    assert alice.value("[it.activity.name, it.activity.available]") == ["Unavailable", False]
    assert desk.status(task_sid) == "pending"


def test_pending_offers_are_rejected_on_the_way_out(worker: Start, desk: Desk) -> None:
    """RejectPendingReservations declines what is pending when an activity is set."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    desk.task()
    alice.until("reservationCreated")
    alice.value(SET + ".then(() => null)", name="Offline", how={"rejectPendingReservations": True})
    alice.until("reservation.rejected")
    alice.until("activityUpdated", 2)

    assert alice.value("[it.activity.name, it.reservations.size]") == ["Offline", 0]


def test_an_offer_times_out(worker: Start, desk: Desk) -> None:
    """Nobody answers: the offer ends with `timeout`, and the worker goes to the timeout activity."""
    workflow_sid = desk.workflow(1)
    alice = worker(connectActivitySid=desk.activities["Available"])
    desk.task(workflow_sid)
    alice.until("reservationCreated")
    alice.until("reservation.timeout")
    alice.until("activityUpdated", 2)

    assert alice.value("[it.activity.name, it.reservations.size]") == ["Offline", 0]


def test_the_caller_gives_up(worker: Start, desk: Desk) -> None:
    """A task that is canceled elsewhere ends its offer, and the task tells it too."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    alice.until("reservationCreated")
    desk.workspace.tasks(task_sid).update(assignment_status="canceled", reason="gone")

    assert alice.until("reservation.canceled")["status"] == "canceled"
    alice.until("task.canceled")


def test_a_deleted_task_completes_what_was_accepted(worker: Start, desk: Desk) -> None:
    """Deleting a task ends the reservation on it."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    alice.until("reservationCreated")
    alice.value("reservation.accept().then(() => null)")
    desk.workspace.tasks(task_sid).delete()

    assert alice.until("reservation.completed")["status"] == "completed"


def test_the_worker_changes_himself(worker: Start, desk: Desk) -> None:
    """SetAttributes changes what routing sees; an activity that does not exist is refused by name."""
    alice = worker()
    changed = alice.value("it.setAttributes({ languages: ['fr'] }).then((each) => each.attributes)")

    assert changed == {"languages": ["fr"]}
    alice.until("attributesUpdated")
    assert '"fr"' in desk.workspace.workers(desk.alice).fetch().attributes
    wrong = "WA" + "0" * 32
    with pytest.raises(ClientError, match=wrong):
        alice.value("it._updateWorkerActivity(given.sid, {}).then(() => null)", sid=wrong)


def test_channels_are_changed_elsewhere(worker: Start, desk: Desk) -> None:
    """A change of capacity or availability over REST reaches the worker's channel."""
    alice = worker()
    channels = desk.workspace.workers(desk.alice).worker_channels
    channels("chat").update(capacity=3)
    alice.until("channel.capacityUpdated")
    channels("chat").update(available=False)
    alice.until("channel.availabilityUpdated")
    chat = "[...it.channels.values()].find((each) => each.taskChannelUniqueName === 'chat')"

    assert alice.value(f"[{chat}.capacity, {chat}.available]") == [3, False]


def test_a_task_for_oneself(worker: Start, desk: Desk) -> None:
    """CreateTask makes a task for its own worker, which he is offered although he is away."""
    alice = worker()
    given = {"flow": desk.workflow_sid, "queue": desk.queue_sid}
    code = "it.createTask('+15550001', '+15550002', given.flow, given.queue, given.more)"
    task_sid = alice.value(code, **given, more={"taskChannelUniqueName": "voice"})
    alice.until("reservationCreated")
    told = alice.value("[reservation.task.sid, reservation.task.attributes.outbound_to]")

    assert told == [task_sid, "+15550001"]
    assert alice.value("reservation.task.routingTarget") == desk.alice
    with pytest.raises(ClientError, match="provided for WorkflowSid as RoutingTarget has an inv"):
        alice.value(code, **given | {"flow": "WWnone"})
    with pytest.raises(ClientError, match="TaskQueueSid"):
        alice.value(code, **given | {"queue": "WQnone"})


def test_the_latest_version_is_fetched(worker: Start, desk: Desk) -> None:
    """FetchLatestVersion of worker, reservation and task shows what was changed elsewhere."""
    alice = worker(connectActivitySid=desk.activities["Available"])
    task_sid = desk.task()
    alice.until("reservationCreated")
    desk.workspace.workers(desk.alice).update(friendly_name="Alice B.")
    desk.workspace.tasks(task_sid).update(priority=9)

    assert alice.value("it.fetchLatestVersion().then((each) => each.name)") == "Alice B."
    assert alice.value("reservation.fetchLatestVersion().then((each) => each.status)") == "pending"
    task = "reservation.task.fetchLatestVersion().then((each) => each.priority)"
    assert alice.value(task) == 9


def test_two_workers_are_asked_at_once(worker: Start, desk: Desk) -> None:
    """A task offered to two is told to both when it changes; when one takes it, the other hears so."""
    desk.workspace.task_queues(desk.queue_sid).update(max_reserved_workers=2)
    bob_sid = desk.worker("bob", "Available")
    alice = worker()
    bob = worker(desk.token(bob_sid))
    code = "[...it.activities.values()].find((each) => each.name === 'Available').setAsCurrent()"
    alice.value(f"{code}.then(() => null)")
    task_sid = desk.task()
    alice.until("reservationCreated")
    bob.until("reservationCreated")
    desk.workspace.tasks(task_sid).update(priority=8)
    alice.until("task.updated")
    bob.until("task.updated")
    bob.value("reservation.accept().then(() => null)")

    assert alice.until("reservation.rescinded")["status"] == "rescinded"


def test_a_task_for_a_worker_who_never_came(worker: Start, desk: Desk) -> None:
    """A task for one worker that could never be offered to him ends with `reservationFailed`."""
    alice = worker()
    desk.task(routing_target=desk.alice, ignore_capacity="false", timeout=1)

    alice.until("reservationFailed")
    assert alice.value("it.reservations.size") == 0
