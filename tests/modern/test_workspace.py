"""Queries of the newer client's Workspace: workers, queues, tasks, in pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modern.clients import Client, ClientError, Kept
from tests.modern.desk import Desk

pytestmark = pytest.mark.feature(257)


@pytest.fixture
def workspace(client: Client, desk: Desk) -> Kept:
    """An admin's Workspace that asks for pages of two."""
    return a_workspace(client, desk, desk.admin_token(), pageSize=2)


def a_workspace(client: Client, desk: Desk, token: str, **options: Any) -> Kept:
    kept = Kept(client)
    options = {"ebServer": desk.addresses["ebServer"], **options}
    kept.call("workspace", token=token, options=options)
    return kept


def names(call: str) -> str:
    """The names of what a call finds, in order."""
    return f"it.{call}.then((found) => [...found.values()].map((each) => each.name))"


def test_workers_in_pages(workspace: Kept, desk: Desk) -> None:
    """All workers come in the order of their making, over three pages; filters are exact."""
    for name in ("bob", "carol", "dave", "eve"):
        desk.worker(name, "Available" if name == "dave" else "Offline")
    everybody = ["alice", "bob", "carol", "dave", "eve"]

    assert workspace.value(names("fetchWorkersInfo()")) == everybody
    assert workspace.value(names("fetchWorkers()")) == everybody
    assert workspace.value(names("fetchWorkersInfo({ FriendlyName: 'carol' })")) == ["carol"]
    assert workspace.value(names("fetchWorkersInfo({ FriendlyName: 'caro' })")) == []
    assert workspace.value(names("fetchWorkersInfo({ ActivityName: 'Available' })")) == ["dave"]
    expression = f"sid IN ['{desk.alice}']"
    found = workspace.value(
        names("fetchWorkersInfo({ TargetWorkersExpression: given.text })"), text=expression
    )
    assert found == ["alice"]
    after = workspace.value(names("fetchWorkersInfo({ AfterSid: given.sid })"), sid=desk.alice)
    assert after == everybody[1:]


def test_workers_in_another_order(workspace: Kept, desk: Desk) -> None:
    """With Ordering, pages follow the last change of activity, either way."""
    sids = [desk.worker(name, "Offline") for name in ("bob", "carol", "dave")]
    for sid in (sids[1], sids[0], sids[2], desk.alice):
        desk.workspace.workers(sid).update(activity_sid=desk.activities["Available"])
        desk.workspace.workers(sid).update(activity_sid=desk.activities["Unavailable"])
    code = names("fetchWorkersInfo({ Ordering: given.order })")

    ascending = ["carol", "bob", "dave", "alice"]
    assert workspace.value(code, order="DateStatusChanged:asc") == ascending
    assert workspace.value(code, order="DateStatusChanged:desc") == ascending[::-1]


def test_queues_in_pages(workspace: Kept, desk: Desk) -> None:
    """Queues come in pages, by name, in the order of their last change, and by worker."""
    made = [
        desk.workspace.task_queues.create(friendly_name=name, target_workers="level > 3")
        for name in ("Two", "Three", "Four")
    ]
    everything = workspace.value(names("fetchTaskQueues()"))

    assert everything[-3:] == ["Two", "Three", "Four"]
    assert workspace.value(names("fetchTaskQueues({ FriendlyName: 'Three' })")) == ["Three"]
    desk.workspace.task_queues(made[0].sid).update(max_reserved_workers=2)
    ordered = workspace.value(names("fetchTaskQueues({ Ordering: 'DateUpdated:desc' })"))
    assert ordered[0] == "Two"
    assert sorted(ordered) == sorted(everything)
    serving = workspace.value(names("fetchTaskQueues({ WorkerSid: given.sid })"), sid=desk.alice)
    assert set(everything) - set(serving) == {"Two", "Three", "Four"}


def test_single_resources(workspace: Kept, desk: Desk) -> None:
    """A worker, a queue and a task are fetched with all that the client wants to know."""
    task_sid = desk.task()
    given = {"worker": desk.alice, "queue": desk.queue_sid, "task": task_sid}
    code = (
        "Promise.all([it.fetchWorkerInfo(given.worker), it.fetchTaskQueue(given.queue), "
        "it.fetchTask(given.task)]).then(([worker, queue, task]) => [worker.name, "
        "worker.activityName, queue.name, queue.maxReservedWorkers, queue.taskOrder, task.status, "
        "task.queueName, task.priority, task.attributes.level])"
    )

    assert workspace.value(code, **given) == [
        "alice", "Offline", "Everybody", 1, "FIFO", "pending", "Everybody", 3, 2
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("fetchWorkersInfo({ ActivitySid: 'nonsense' })", 400),
        ("fetchWorkersInfo({ AfterSid: 'nonsense' })", 400),
        (f"fetchWorkersInfo({{ AfterSid: 'WK{'0' * 32}' }})", 400),
        ("fetchWorkersInfo({ Ordering: 'Name:asc' })", 400),
        ("fetchWorkersInfo({ TargetWorkersExpression: 'a ==' })", 400),
        (f"fetchWorkerInfo('WK{'0' * 32}')", 404),
        (f"fetchTaskQueue('WQ{'0' * 32}')", 404),
        (f"fetchTask('WT{'0' * 32}')", 404),
    ],
)
def test_what_cannot_be_found(workspace: Kept, call: str, status: int) -> None:
    """Wrong parameters are 400, unknown resources 404, each with a sentence."""
    with pytest.raises(ClientError, match=f"status code {status}\\. ."):
        workspace.value(f"it.{call}.then(() => null)")


@pytest.mark.feature(255)
def test_roles_decide_what_is_found(client: Client, desk: Desk) -> None:
    """A worker finds neither workers nor queues, a supervisor workers and tasks, an admin all."""
    task_sid = desk.task()
    calls = ("fetchWorkersInfo()", "fetchTask(given.task)", "fetchTaskQueues()")
    found = {}
    for role in ("worker", "supervisor", "admin"):
        place = a_workspace(client, desk, desk.token(role=role))
        allowed = []
        for call in calls:
            try:
                place.value(f"it.{call}.then(() => null)", task=task_sid)
                allowed.append(call)
            except ClientError as refusal:
                allowed += [] if "status code 403" in str(refusal) else [str(refusal)]
        found[role] = allowed

    assert found == {"worker": [], "supervisor": list(calls[:2]), "admin": list(calls)}
