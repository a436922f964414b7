"""The table of the samples of docs/browser-sdk.md: what happens around each, and what it prints.

The rule: a row's function shows the sample, lets happen what the sample waits for, and checks what it
printed or did. The telephony samples are in `samples_of_telephony`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.browser.stage import ON_ACCEPTED, ON_OFFER, Stage

Row = Callable[[Stage], None]


def eventually(stage: Stage, holds: Callable[[], bool]) -> None:
    """Ask until it holds, at most as long as a page is waited for."""
    for _ in range(100):
        if holds():
            return
        stage.page.evaluate("new Promise((done) => setTimeout(done, 50))")
    raise AssertionError("it does not hold")


# --- the client --------------------------------------------------------------------------------


def made(stage: Stage) -> None:
    stage.show("the constructor")
    stage.be_ready()
    assert any("ready" in line for line in stage.debugged)


def created(stage: Stage) -> None:
    stage.show("creating the client")
    stage.be_ready()
    assert stage.page.evaluate("worker.friendlyName") == "alice"


def quiet(stage: Stage) -> None:
    stage.show("without debugging")
    stage.be_ready()
    assert stage.debugged == []


def with_activities(stage: Stage) -> None:
    place = stage.place
    stage.show("with activities")
    eventually(stage, lambda: place.activity() == "Offline")
    assert stage.page.evaluate("worker.closeExistingSessions") is True
    stage.page.goto("about:blank")
    eventually(stage, lambda: place.activity() == "Unavailable")


def ready_at_first(stage: Stage) -> None:
    stage.show(
        "ready, at first", setup="const worker = new Twilio.TaskRouter.Worker(WORKER_TOKEN);"
    )
    assert stage.lines(4) == [stage.place.alice, "alice", "Available", "true"]


# --- methods -----------------------------------------------------------------------------------


def update_one(stage: Stage) -> None:
    stage.show("update of one field")
    assert stage.lines(1) == ["Offline"]
    assert stage.place.activity() == "Offline"


def update_several(stage: Stage) -> None:
    stage.show("update of several fields")
    assert stage.lines(1) == ["Offline"]
    worker = stage.place.workspace.workers(stage.place.alice).fetch()
    assert (worker.friendly_name, worker.activity_name) == ("UpdatedWorker", "Offline")


def update_without_the_right(stage: Stage) -> None:
    token = stage.place.token(rights=("allow_update_activities", "allow_update_reservations"))
    stage.show("update of several fields", token=token)
    code, message = stage.lines(2)
    assert (code, len(message.split()) > 3) == ("403", True)


def update_token(stage: Stage) -> None:
    stage.show("updateToken")
    stage.be_ready()
    stage.page.evaluate("new Promise((done) => worker.fetch(done))")
    assert stage.tokens()[-1] == stage.next_token


def activities(stage: Stage) -> None:
    stage.show("activities.fetch")
    assert stage.lines(3) == list(stage.place.activities)


def reservations(stage: Stage) -> None:
    place = stage.place
    place.task()
    [offer] = place.workspace.workers(place.alice).reservations.list()
    stage.show("fetchReservations")
    assert stage.lines(1) == [offer.sid]


def pending_reservations(stage: Stage) -> None:
    place = stage.place
    done = accepted_task(stage)
    place.workspace.tasks(done).update(assignment_status="completed")
    task_sid = place.task()
    [offer] = place.workspace.tasks(task_sid).reservations.list()
    stage.show("fetchReservations, pending")
    assert stage.lines(1) == [offer.sid]
    stage.show("fetchReservations")
    assert len(stage.lines(3)) == 3


def channels(stage: Stage) -> None:
    stage.show("fetchChannels")
    lines = stage.lines(5)
    names = ["default", "voice", "chat", "sms", "video"]
    assert sorted(lines) == sorted(f"{name} with capacity: 1" for name in names)


def update_task(stage: Stage) -> None:
    task_sid = stage.place.task()
    stage.show("updateTask", task_sid=task_sid)
    assert stage.lines(1) == ["Updated Task Priority: 15"]
    assert stage.place.workspace.tasks(task_sid).fetch().priority == 15


def accepted_task(stage: Stage) -> str:
    """A task that alice accepted by REST."""
    place = stage.place
    task_sid = place.task()
    [offer] = place.workspace.tasks(task_sid).reservations.list()
    offer.update(reservation_status="accepted")
    return task_sid


def complete_task(stage: Stage) -> None:
    task_sid = accepted_task(stage)
    stage.show("completeTask", task_sid=task_sid)
    assert stage.lines(1) == ["Completed Task: completed"]


def task_complete(stage: Stage) -> None:
    task_sid = stage.place.task()
    stage.show("task.complete", setup=ON_ACCEPTED)
    task = stage.place.workspace.tasks(task_sid)
    eventually(stage, lambda: task.fetch().assignment_status == "completed")


def task_complete_with_callback(stage: Stage) -> None:
    task_sid = stage.place.task()
    stage.show("task.complete with a callback", setup=ON_ACCEPTED)
    assert stage.lines(1) == ["Completed Task: completed"]
    assert stage.place.workspace.tasks(task_sid).fetch().assignment_status == "completed"


# --- events ------------------------------------------------------------------------------------


def heard_on(stage: Stage) -> None:
    stage.show("on")
    stage.be_ready()
    sid = stage.place.activities["Unavailable"]
    stage.place.workspace.workers(stage.place.alice).update(activity_sid=sid)
    assert stage.lines(3) == ["Unavailable", sid, "false"]


def heard_ready(stage: Stage) -> None:
    stage.show("ready")
    assert stage.lines(1) == ["true"]


def heard_activity(stage: Stage) -> None:
    stage.show("activity.update")
    stage.be_ready()
    sid = stage.place.activities["Offline"]
    stage.place.workspace.workers(stage.place.alice).update(activity_sid=sid)
    assert stage.lines(4) == [stage.place.alice, "alice", "Offline", "false"]


def heard_attributes(stage: Stage) -> None:
    stage.show("attributes.update")
    stage.be_ready()
    stage.place.workspace.workers(stage.place.alice).update(attributes='{"level": 3}')
    assert stage.lines(4) == [stage.place.alice, "alice", "Available", "true"]


def heard_capacity(stage: Stage) -> None:
    place = stage.place
    accepted_task(stage)
    stage.show("capacity.update")
    stage.be_ready()
    [channel] = [
        each
        for each in place.workspace.workers(place.alice).worker_channels.list()
        if each.task_channel_unique_name == "default"
    ]
    channel.update(capacity=3)
    assert stage.lines(6) == [channel.sid, "default", "true", "3", "66", "1"]


def check_reservation(stage: Stage, task_sid: str) -> None:
    """The sample printed the task's attributes, priority, age and SID, and the reservation's SID."""
    attributes, priority, age, task, reservation = stage.lines(5)
    assert attributes == "{language: es, level: 2}"
    assert (priority, task) == ("3", task_sid)
    assert re.fullmatch(r"\d{1,2}", age)
    sids = [each.sid for each in stage.place.workspace.tasks(task_sid).reservations.list()]
    assert reservation in sids


def heard_created(stage: Stage) -> None:
    stage.show("reservation.created")
    stage.be_ready()
    check_reservation(stage, stage.place.task())


def answered_by_rest(name: str, status: str) -> Row:
    """The sample of an event that an answer by REST causes."""

    def row(stage: Stage) -> None:
        stage.show(name)
        stage.be_ready()
        task_sid = stage.place.task()
        offer = stage.place.workspace.tasks(task_sid).reservations.list()[0]
        offer.update(reservation_status=status)
        check_reservation(stage, task_sid)

    return row


def heard_timeout(stage: Stage) -> None:
    workflow_sid = stage.place.workflow(1)
    stage.show("reservation.timeout")
    stage.be_ready()
    check_reservation(stage, stage.place.task(workflow_sid))


def heard_canceled(stage: Stage) -> None:
    stage.show("reservation.canceled")
    stage.be_ready()
    task_sid = stage.place.task()
    stage.place.workspace.tasks(task_sid).update(assignment_status="canceled")
    check_reservation(stage, task_sid)


def heard_rescinded(stage: Stage) -> None:
    place = stage.place
    place.workspace.task_queues(place.queue_sid).update(max_reserved_workers=2)
    bob = place.worker("bob")
    stage.show("reservation.rescinded")
    stage.be_ready()
    task_sid = place.task()
    [his] = [
        each
        for each in place.workspace.tasks(task_sid).reservations.list()
        if each.worker_sid == bob
    ]
    his.update(reservation_status="accepted")
    check_reservation(stage, task_sid)


def heard_expiry(stage: Stage) -> None:
    stage.show("token.expired", token=stage.place.token(ttl=6))
    assert stage.lines(1) == ["updating token"]
    stage.page.evaluate("new Promise((done) => worker.fetch(done))")
    assert stage.tokens()[-1] == stage.next_token


def heard_connected(stage: Stage) -> None:
    stage.show("connected")
    assert stage.lines(1) == ["Websocket has connected"]


def heard_disconnected(stage: Stage) -> None:
    stage.show("disconnected")
    stage.be_ready()
    stage.page.context.set_offline(True)
    assert stage.lines(1) == ["Websocket has disconnected"]


def heard_error(stage: Stage) -> None:
    stage.show("error")
    stage.be_ready()
    stage.page.context.set_offline(True)
    [line] = stage.lines(1)
    assert re.fullmatch(r"Websocket had an error: 0 with message: .+", line)


# --- answers to a reservation ------------------------------------------------------------------


def answered(name: str, told: str, status: str) -> Row:
    """A sample that prints every property of the answered reservation."""

    def row(stage: Stage) -> None:
        task_sid = stage.place.task()
        stage.show(name, setup=ON_OFFER)
        first, *printed = stage.lines_to("task : [object Object]")
        fields = dict(line.split(" : ", 1) for line in printed)
        assert first == told
        assert fields["reservationStatus"] == status
        assert fields["taskSid"] == task_sid
        assert fields["workerName"] == "alice"
        reservation = stage.place.workspace.tasks(task_sid).reservations(fields["sid"])
        assert reservation.fetch().reservation_status == status

    return row


def answered_alone(name: str, status: str, activity: str = "Available") -> Row:
    """A sample without a callback."""

    def row(stage: Stage) -> None:
        task_sid = stage.place.task()
        [offer] = stage.place.workspace.tasks(task_sid).reservations.list()
        stage.show(name, setup=ON_OFFER)
        reservation = stage.place.workspace.tasks(task_sid).reservations(offer.sid)
        eventually(stage, lambda: reservation.fetch().reservation_status == status)
        eventually(stage, lambda: stage.place.activity() == activity)

    return row


ROWS: list[tuple[str, Row]] = [
    ("creating the client", created),
    ("ready, at first", ready_at_first),
    ("the constructor", made),
    ("without debugging", quiet),
    ("with activities", with_activities),
    ("update of one field", update_one),
    ("update of several fields", update_several),
    ("update of several fields", update_without_the_right),
    ("updateToken", update_token),
    ("activities.fetch", activities),
    ("fetchReservations", reservations),
    ("fetchReservations, pending", pending_reservations),
    ("fetchChannels", channels),
    ("updateTask", update_task),
    ("completeTask", complete_task),
    ("task.complete", task_complete),
    ("task.complete with a callback", task_complete_with_callback),
    ("on", heard_on),
    ("ready", heard_ready),
    ("activity.update", heard_activity),
    ("attributes.update", heard_attributes),
    ("capacity.update", heard_capacity),
    ("reservation.created", heard_created),
    ("reservation.accepted", answered_by_rest("reservation.accepted", "accepted")),
    ("reservation.rejected", answered_by_rest("reservation.rejected", "rejected")),
    ("reservation.timeout", heard_timeout),
    ("reservation.canceled", heard_canceled),
    ("reservation.rescinded", heard_rescinded),
    ("token.expired", heard_expiry),
    ("connected", heard_connected),
    ("disconnected", heard_disconnected),
    ("error", heard_error),
    ("reservation.accept", answered("reservation.accept", "reservation accepted", "accepted")),
    ("reservation.accept alone", answered_alone("reservation.accept alone", "accepted")),
    ("reservation.reject", answered("reservation.reject", "reservation rejected", "rejected")),
    ("reservation.reject alone", answered_alone("reservation.reject alone", "rejected")),
    (
        "reservation.reject with an activity",
        answered_alone("reservation.reject with an activity", "rejected", "Offline"),
    ),
]
