"""The stock Python client over a real socket, from an empty server to a completed task."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.server import API_KEY_SECRET, API_KEY_SID, Server, a_server

_names = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return server.client()


def a_workspace(client: Client, **params: Any) -> Any:
    """A new workspace, ready for its sub-resources."""
    made = client.taskrouter.v1.workspaces.create(friendly_name=f"Test {next(_names)}", **params)
    return client.taskrouter.v1.workspaces(made.sid)


def available(workspace: Any) -> str:
    """The SID of the seeded activity Available."""
    found: str = workspace.activities.list(friendly_name="Available")[0].sid
    return found


def a_queue_for_all(workspace: Any) -> tuple[str, str]:
    """A queue that everybody serves and a workflow that leads there: their SIDs."""
    queue = workspace.task_queues.create(friendly_name="Everybody")
    routing = {"task_routing": {"default_filter": {"queue": queue.sid}}}
    workflow = workspace.workflows.create(
        friendly_name="All", configuration=json.dumps(routing), task_reservation_timeout=60
    )
    return queue.sid, workflow.sid


class Refusal(NamedTuple):
    """What the server said when the client raised."""

    status: int
    code: int
    msg: str


def refusal(function: Any, *args: Any, **params: Any) -> Refusal:
    """What the client raises: lists hold the response itself, everything else its fields."""
    with pytest.raises(TwilioException) as raised:
        function(*args, **params)
    error = raised.value
    if isinstance(error, TwilioRestException):
        assert error.code is not None
        return Refusal(error.status, error.code, error.msg)
    told = json.loads(error.args[1].text)
    return Refusal(error.args[1].status_code, told["code"], told["message"])


def two_filters(english: str, spanish: str) -> str:
    """A configuration that sends callers to the queue of their language."""
    filters = [
        {"expression": f'language == "{code}"', "targets": [{"queue": sid, "priority": "5"}]}
        for code, sid in (("en", english), ("es", spanish))
    ]
    return json.dumps({"task_routing": {"filters": filters}})


def a_call_centre(client: Client) -> tuple[Any, str, list[Any]]:
    """From nothing: three activities, two queues, a workflow of two filters, ten workers."""
    made = client.taskrouter.v1.workspaces.create(friendly_name="Support", multi_task_enabled=True)
    workspace = client.taskrouter.v1.workspaces(made.sid)
    workspace.activities.create(friendly_name="Lunch", available=False)
    workspace.activities.create(friendly_name="Ready", available=True)
    workspace.activities.create(friendly_name="Training")
    queues = [
        workspace.task_queues.create(friendly_name=name, target_workers=f'languages HAS "{code}"')
        for name, code in (("English", "en"), ("Spanish", "es"))
    ]
    workflow = workspace.workflows.create(
        friendly_name="By language",
        configuration=two_filters(*(queue.sid for queue in queues)),
        task_reservation_timeout=120,
    )
    workers = [
        workspace.workers.create(
            friendly_name=f"worker {number}",
            attributes=json.dumps({"languages": ["es" if number == 7 else "en"]}),
        )
        for number in range(10)
    ]
    return workspace, workflow.sid, workers


@pytest.mark.feature(1, 6, 7, 25, 26, 27, 34, 44, 57, 67)
def test_a_workspace_from_nothing(client: Client) -> None:
    """A workspace holds what was seeded and what was made, with real dates."""
    workspace, _, workers = a_call_centre(client)
    made = workspace.fetch()
    names = [activity.friendly_name for activity in workspace.activities.list()]
    channels = {channel.unique_name for channel in workspace.task_channels.list()}

    assert isinstance(made.date_created, datetime)
    assert made.date_created.tzinfo == UTC
    assert (made.default_activity_name, made.timeout_activity_name) == ("Offline", "Offline")
    assert names == ["Offline", "Available", "Unavailable", "Lunch", "Ready", "Training"]
    assert channels == {"default", "voice", "chat", "sms", "video"}
    assert {worker.activity_name for worker in workers} == {"Offline"}
    assert [worker.sid for worker in workspace.workers.list()] == [worker.sid for worker in workers]
    assert isinstance(workers[0].date_status_changed, datetime)


@pytest.mark.feature(1, 6, 73, 75, 80, 92, 93)
def test_from_creation_to_completion(client: Client) -> None:
    """A task finds the one worker who speaks its language, is accepted and completed."""
    workspace, workflow_sid, workers = a_call_centre(client)
    ready = workspace.activities.list(friendly_name="Ready")[0].sid
    carlos = workspace.workers(workers[7].sid)
    assert carlos.update(activity_sid=ready).available is True
    task = workspace.tasks.create(
        attributes=json.dumps({"language": "es"}), workflow_sid=workflow_sid, task_channel="voice"
    )

    assert task.sid.startswith("WT")
    assert len(task.sid) == 34
    assert task.task_queue_friendly_name == "Spanish"
    assert (task.priority, task.age, task.timeout) == (5, 0, 86_400)
    [offer] = workspace.tasks(task.sid).reservations.list()
    [same] = carlos.reservations.list(reservation_status="pending")
    assert (offer.sid, offer.worker_name) == (same.sid, "worker 7")
    accepted = carlos.reservations(offer.sid).update(reservation_status="accepted")
    assert accepted.reservation_status == "accepted"
    assert workspace.tasks(task.sid).fetch().assignment_status == "assigned"
    done = workspace.tasks(task.sid).update(assignment_status="completed", reason="solved")
    assert (done.assignment_status, done.reason) == ("completed", "solved")
    assert carlos.reservations(offer.sid).fetch().reservation_status == "completed"
    types = {event.event_type for event in workspace.events.list(task_sid=task.sid)}
    assert {"task.created", "reservation.created", "reservation.accepted"} < types
    assert {"task.completed", "reservation.completed"} < types


@pytest.mark.feature(8, 9, 10, 12)
def test_twelve_hundred_tasks(client: Client) -> None:
    """The client streams 1,200 tasks across pages of 50, and takes any limit."""
    workspace = a_workspace(client)
    a_queue_for_all(workspace)
    made = [workspace.tasks.create(attributes=json.dumps({"n": n})).sid for n in range(1_200)]

    by_fifty = [task.sid for task in workspace.tasks.stream(page_size=50)]
    with_limit = [task.sid for task in workspace.tasks.list(limit=5_000)]
    page = workspace.tasks.page(page_size=500)
    second = page.next_page()

    assert by_fifty == made
    assert with_limit == made
    assert [task.sid for task in second] == made[500:1_000]
    assert [task.sid for task in second.previous_page()] == made[:500]
    assert second.next_page().next_page() is None


@pytest.mark.feature(3, 5, 16)
def test_errors(server: Server, client: Client) -> None:
    """Refusals carry status, code, a sentence and where to read more."""
    nobody = server.client(secret="wrong")
    unknown = refusal(client.taskrouter.v1.workspaces("WS" + "0" * 32).fetch)
    wrong = refusal(nobody.taskrouter.v1.workspaces.list)
    bad = refusal(client.taskrouter.v1.workspaces.create, friendly_name="x" * 65)

    assert (unknown.status, unknown.code) == (404, 20404)
    assert f"/Workspaces/WS{'0' * 32} was not found" in unknown.msg
    assert (wrong.status, wrong.code, wrong.msg) == (
        401,
        20003,
        "Authenticate",
    )
    assert (bad.status, bad.code) == (400, 20001)
    assert "64" in bad.msg


@pytest.mark.feature(4)
def test_api_key(server: Server, client: Client) -> None:
    """An API key with its secret does what its account may."""
    workspace = a_workspace(client)

    by_key = server.client(API_KEY_SID, API_KEY_SECRET)

    assert by_key.taskrouter.v1.workspaces(workspace.fetch().sid).fetch().sid
    assert refusal(server.client(API_KEY_SID, "wrong").taskrouter.v1.workspaces.list).code == 20003


@pytest.mark.feature(42, 49, 51, 54, 55, 56)
def test_workers_and_their_channels(client: Client) -> None:
    """A worker is changed, offered waiting work at once, and shows how full he is."""
    workspace = a_workspace(client)
    a_queue_for_all(workspace)
    tasks = [workspace.tasks.create(task_channel="chat") for _ in range(2)]
    made = workspace.workers.create(friendly_name="Ana", attributes='{"skills": ["x"]}')
    ana = workspace.workers(made.sid)
    chat = ana.worker_channels("chat").update(capacity=3, available=True)

    ana.update(activity_sid=available(workspace))
    offers = ana.reservations.list()
    ana.reservations(offers[0].sid).update(reservation_status="accepted")
    full = ana.worker_channels(chat.sid).fetch()
    away = workspace.activities.list(friendly_name="Unavailable")[0].sid
    ana.update(activity_sid=away)

    assert [offer.task_sid for offer in offers] == [task.sid for task in tasks]
    assert len(ana.worker_channels.list()) == 5
    assert (chat.configured_capacity, chat.available_capacity_percentage) == (3, 100)
    assert (full.assigned_tasks, full.available_capacity_percentage) == (1, 33)
    left = {offer.sid: offer.reservation_status for offer in ana.reservations.list()}
    assert left == {offers[0].sid: "accepted", offers[1].sid: "pending"}
    assert ana.update(attributes='{"a": 1}').attributes == '{"a": 1}'
    assert refusal(ana.update, attributes="{").code == 20001
    assert refusal(ana.update, attributes=json.dumps({"a": "x" * 4096})).code == 20001


@pytest.mark.feature(34, 45, 76)
def test_filters(client: Client) -> None:
    """Lists are narrowed by names, activities, states and SIDs."""
    workspace = a_workspace(client)
    queue_sid, workflow_sid = a_queue_for_all(workspace)
    ready = available(workspace)
    ana = workspace.workers.create(friendly_name="Ana", activity_sid=ready)
    ben = workspace.workers.create(friendly_name="Ben")
    taken = workspace.tasks.create(priority=3)
    waiting = workspace.tasks.create(priority=4)

    def sids(found: list[Any]) -> list[str]:
        return [item.sid for item in found]

    assert len(workspace.activities.list(available="true")) == 1
    assert len(workspace.activities.list(available="no")) == 2
    assert sids(workspace.workers.list(friendly_name="Ben")) == [ben.sid]
    assert sids(workspace.workers.list(available="1")) == [ana.sid]
    assert sids(workspace.workers.list(activity_name="Offline")) == [ben.sid]
    assert sids(workspace.workers.list(activity_sid=ready)) == [ana.sid]
    assert sids(workspace.tasks.list(priority=4)) == [waiting.sid]
    assert sids(workspace.tasks.list(assignment_status=["pending"])) == [waiting.sid]
    both = workspace.tasks.list(assignment_status=["pending", "reserved"])
    assert sids(both) == [taken.sid, waiting.sid]
    assert sids(workspace.tasks.list(workflow_sid=workflow_sid)) == sids(both)
    assert sids(workspace.tasks.list(workflow_name="nobody's")) == []
    assert sids(workspace.tasks.list(task_queue_sid=queue_sid)) == sids(both)
    assert sids(workspace.tasks.list(task_queue_name="Everybody")) == sids(both)
    assert sids(workspace.task_queues.list(friendly_name="Everybody")) == [queue_sid]
    assert sids(workspace.workflows.list(friendly_name="All")) == [workflow_sid]
    assert refusal(workspace.tasks.list, assignment_status=["lost"]).code == 20001


@pytest.mark.feature(79, 80, 81, 94, 98, 99, 100)
def test_answers_to_reservations(client: Client) -> None:
    """Siblings are rescinded, what is over answers 410, and a canceled task takes its offers along."""
    workspace = a_workspace(client)
    queue_sid, _ = a_queue_for_all(workspace)
    workspace.task_queues(queue_sid).update(max_reserved_workers=2)
    ready = available(workspace)
    ana, ben = (
        workspace.workers.create(friendly_name=name, activity_sid=ready) for name in ("Ana", "Ben")
    )
    task = workspace.tasks.create()
    first, second = workspace.tasks(task.sid).reservations.list()
    workspace.tasks(task.sid).reservations(first.sid).update(reservation_status="accepted")
    late = refusal(
        workspace.workers(second.worker_sid).reservations(second.sid).update,
        reservation_status="accepted",
    )
    again = refusal(
        workspace.tasks(task.sid).reservations(first.sid).update, reservation_status="accepted"
    )

    assert {first.worker_sid, second.worker_sid} == {ana.sid, ben.sid}
    assert (late.status, late.code) == (410, 20001)
    assert (again.status, again.code) == (400, 20001)
    cannot = refusal(workspace.tasks(task.sid).update, assignment_status="canceled")
    assert (cannot.status, cannot.code) == (400, 20001)
    assert "because it is not pending or reserved" in cannot.msg

    other = workspace.tasks.create(attributes='{"a": 1}', priority=1)
    [offer] = workspace.tasks(other.sid).reservations.list(reservation_status="pending")
    away = workspace.activities.list(friendly_name="Unavailable")[0].sid
    free = workspace.workers(offer.worker_sid)
    free.reservations(offer.sid).update(reservation_status="rejected", worker_activity_sid=away)
    changed = workspace.tasks(other.sid).update(attributes='{"b": 2}', priority=9)
    ended = workspace.tasks(other.sid).update(assignment_status="canceled", reason="gave up")

    assert free.fetch().activity_name == "Unavailable"
    assert (changed.attributes, changed.priority) == ('{"b": 2}', 9)
    assert (ended.assignment_status, ended.reason) == ("canceled", "gave up")
    status = free.reservations(offer.sid).fetch().reservation_status
    assert status == "rejected"


@pytest.mark.feature(25, 34, 42, 57, 58, 67, 69, 277)
def test_changing_and_deleting(client: Client) -> None:
    """Everything can be renamed and deleted; what does not parse says where."""
    workspace = a_workspace(client)
    queue = workspace.task_queues.create(friendly_name="Nobody", target_workers="")
    workflow = workspace.workflows.create(
        friendly_name="w",
        configuration=json.dumps({"task_routing": {"default_filter": {"queue": queue.sid}}}),
    )
    worker = workspace.workers.create(friendly_name="Ana")
    activity = workspace.activities.create(friendly_name="Lunch")
    bad = refusal(workspace.task_queues.create, friendly_name="x", target_workers="skill-level > 3")
    lost = json.dumps({"task_routing": {"filters": [{"expression": "1==1", "targets": [{}]}]}})
    wrong = refusal(workspace.workflows.create, friendly_name="x", configuration=lost)

    assert queue.target_workers == ""
    assert workflow.task_reservation_timeout == 120
    assert "^" in bad.msg
    assert "filters" in wrong.msg
    assert workspace.update(friendly_name="Renamed").friendly_name == "Renamed"
    assert workspace.activities(activity.sid).update(friendly_name="Tea").friendly_name == "Tea"
    renamed = workspace.workflows(workflow.sid).update(task_reservation_timeout=30)
    assert renamed.task_reservation_timeout == 30
    assert workspace.workers(worker.sid).delete()
    assert workspace.workflows(workflow.sid).delete()
    assert workspace.task_queues(queue.sid).delete()
    assert workspace.activities(activity.sid).delete()
    assert workspace.delete()
    assert refusal(workspace.fetch).status == 404


@pytest.mark.feature(24)
def test_accounts_are_isolated(server: Server, client: Client) -> None:
    """Another account's workspace does not exist, and is in no list."""
    workspace = a_workspace(client).fetch()
    made = server.another_account()
    other = server.client(*made)

    assert other.taskrouter.v1.workspaces.list() == []
    hidden = refusal(other.taskrouter.v1.workspaces(workspace.sid).fetch)
    assert (hidden.status, hidden.code) == (404, 20404)
    assert refusal(other.taskrouter.v1.workspaces(workspace.sid).tasks.list).status == 404
    assert refusal(other.taskrouter.v1.workspaces(workspace.sid).delete).status == 404


@pytest.mark.feature(167, partly=True)
def test_events(client: Client) -> None:
    """Events are listed by window, task, worker and type, paged, and fetched one by one."""
    workspace = a_workspace(client)
    a_queue_for_all(workspace)
    ana = workspace.workers.create(friendly_name="Ana", activity_sid=available(workspace))
    tasks = [workspace.tasks.create() for _ in range(3)]

    every = workspace.events.list(minutes=5)
    of_task = workspace.events.list(task_sid=tasks[1].sid)
    offers = workspace.events.list(worker_sid=ana.sid, event_type="reservation.created")
    [one] = offers
    fetched = workspace.events(one.sid).fetch()

    assert [event.sid for event in workspace.events.stream(page_size=2)] == [e.sid for e in every]
    assert {event.event_data["task_sid"] for event in of_task} == {tasks[1].sid}
    assert one.event_data["worker_name"] == "Ana"
    assert isinstance(one.event_date, datetime)
    assert fetched.event_data == one.event_data
    assert workspace.events.list(end_date=datetime(2020, 1, 1, tzinfo=UTC)) == []
    mixed = refusal(workspace.events.list, minutes=5, start_date=datetime(2020, 1, 1, tzinfo=UTC))
    assert mixed.code == 20001
