"""The statistics of the stock Python client, over a real socket: every method gets what it can read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.contract.test_python_client import a_queue_for_all, a_workspace, available, refusal
from tests.server import a_server


class Bulk:
    """What the client asks for when it makes a body: an object that knows its dictionary."""

    def __init__(self, *sids: str) -> None:
        self._sids = sids

    def to_dict(self) -> dict[str, Any]:
        return {"QueueSids": list(self._sids)}


class Place:
    """A workspace in which one task was accepted, one canceled, and one waits."""

    def __init__(self, client: Client) -> None:
        self.workspace = a_workspace(client)
        self.queue_sid, self.workflow_sid = a_queue_for_all(self.workspace)
        made = self.workspace.workers.create(
            friendly_name="Ana", activity_sid=available(self.workspace)
        )
        self.worker_sid: str = made.sid
        accepted = self.workspace.tasks.create(task_channel="voice")
        [offer] = self.workspace.tasks(accepted.sid).reservations.list()
        offer.update(reservation_status="accepted")
        canceled = self.workspace.tasks.create(task_channel="voice")
        canceled.update(assignment_status="canceled", reason="gone")
        self.waiting_sid: str = self.workspace.tasks.create(task_channel="voice", priority=4).sid


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_server(tmp_path_factory.mktemp("data")) as server:
        yield Place(server.client())


def owners(place: Place) -> list[tuple[Any, dict[str, int]]]:
    """Whose statistics, and what only they count."""
    workspace = place.workspace
    timed_out = {"tasks_timed_out_in_workflow": 0}
    return [
        (workspace, {"tasks_created": 3, **timed_out}),
        (workspace.workflows(place.workflow_sid), {"tasks_entered": 3, **timed_out}),
        (workspace.task_queues(place.queue_sid), {"tasks_entered": 3}),
    ]


@pytest.mark.feature(1, 171, 172, 173)
def test_figures_of_tasks(place: Place) -> None:
    """Workspace, workflow and queue give flat and combined figures, dates as dates, numbers as numbers."""
    for owner, own in owners(place):
        was = owner.cumulative_statistics().fetch(minutes=5, split_by_wait_time="60")
        now = owner.real_time_statistics().fetch(task_channel="voice")
        both = owner.statistics().fetch(minutes=5)

        assert {name: getattr(was, name) for name in own} == own
        assert (was.reservations_created, was.reservations_accepted) == (1, 1)
        assert (was.tasks_canceled, was.tasks_completed, was.tasks_deleted) == (1, 0, 0)
        assert was.end_time - was.start_time == timedelta(minutes=5)
        assert was.start_time.tzinfo == UTC
        assert isinstance(was.avg_task_acceptance_time, int)
        assert set(was.wait_duration_until_canceled) == {"avg", "min", "max", "total"}
        below = {"tasks_canceled": 1, "reservations_accepted": 1}
        assert was.split_by_wait_time["60"]["below"] == below
        assert (now.total_tasks, now.tasks_by_priority) == (2, {"4": 1})
        assert now.longest_task_waiting_sid == place.waiting_sid
        assert both.cumulative["reservations_accepted"] == 1
        assert isinstance(both.cumulative["avg_task_acceptance_time"], float)
        assert both.realtime["tasks_by_status"] == now.tasks_by_status


@pytest.mark.feature(1, 174)
def test_the_list_of_queues(place: Place) -> None:
    """The list of queue statistics is read to its end, page by page."""
    rows = place.workspace.task_queues.statistics.list(minutes=5, page_size=1)
    named = place.workspace.task_queues.statistics.list(friendly_name="Nobody")

    [row] = [row for row in rows if row.task_queue_sid == place.queue_sid]
    assert (row.cumulative["tasks_entered"], row.realtime["total_eligible_workers"]) == (3, 1)
    assert named == []


@pytest.mark.feature(1, 175)
def test_many_queues_at_once(place: Place) -> None:
    """The bulk request goes out as JSON and comes back with a row for each queue."""
    bulk = place.workspace.task_queues.bulk_real_time_statistics
    found = bulk.create(Bulk(place.queue_sid, "WQ" + "0" * 32))
    refused = refusal(bulk.create, Bulk())

    assert found.task_queue_response_count == 2
    assert [row["total_tasks"] for row in found.task_queue_data] == [2, 0]
    assert (refused.status, refused.code) == (400, 20001)


@pytest.mark.feature(1, 176)
def test_figures_of_workers(place: Place) -> None:
    """All workers and one worker give their offers and the time in each activity."""
    workspace = place.workspace
    workers = workspace.workers(place.worker_sid)
    was = workspace.workers.cumulative_statistics().fetch(minutes=5)
    now = workspace.workers.real_time_statistics().fetch()
    both = workspace.workers.statistics().fetch(friendly_name="Ana", task_queue_name="Everybody")
    one = workers.statistics().fetch(start_date=datetime.now(UTC) - timedelta(minutes=1))

    assert (was.reservations_created, was.reservations_accepted) == (1, 1)
    names = [each["friendly_name"] for each in was.activity_durations]
    assert names == ["Offline", "Available", "Unavailable"]
    assert was.end_time - was.start_time == timedelta(minutes=5)
    assert (now.total_workers, both.realtime["total_workers"]) == (1, 1)
    assert both.cumulative["reservations_accepted"] == 1
    assert (one.worker_sid, one.cumulative["reservations_accepted"]) == (place.worker_sid, 1)


@pytest.mark.feature(177)
def test_windows(place: Place) -> None:
    """The client hears why a window cannot be had."""
    old = datetime.now(UTC) - timedelta(days=31)
    statistics = place.workspace.cumulative_statistics()
    with pytest.raises(TwilioRestException) as too_old:
        statistics.fetch(start_date=old, end_date=old)

    assert (too_old.value.status, too_old.value.code) == (400, 14241)
    assert refusal(statistics.fetch, minutes=5, end_date=old).code == 20001
