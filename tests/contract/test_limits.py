"""The limits: their defaults, and that the stock client meets the ones an operator chose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException

from pointsman.settings import Settings
from tests.server import Server, a_server

SMALL = {
    "POINTSMAN_LIMIT_ATTRIBUTES_LENGTH": "20",
    "POINTSMAN_LIMIT_CONFIGURATION_BYTES": "120",
    "POINTSMAN_LIMIT_FRIENDLY_NAME_LENGTH": "25",
    "POINTSMAN_LIMIT_ACTIVITIES": "4",
    "POINTSMAN_LIMIT_TASK_QUEUES": "1",
    "POINTSMAN_LIMIT_WORKERS": "1",
    "POINTSMAN_LIMIT_WORKER_CHANNEL_CAPACITY": "3",
    "POINTSMAN_LIMIT_TASK_TIMEOUT_S": "90000",
    "POINTSMAN_LIMIT_ASSIGNED_S": "60",
    "POINTSMAN_LIMIT_ASSIGNMENTS": "2",
    "POINTSMAN_LIMIT_PURGE_S": "10",
    "POINTSMAN_STATISTICS_WINDOW_DAYS": "1",
}


def refused(ask: Any, **params: Any) -> tuple[int, int, str]:
    """Status, code and sentence of a refusal."""
    with pytest.raises(TwilioRestException) as caught:
        ask(**params)
    return caught.value.status, caught.value.code, caught.value.msg


def a_workspace(server: Server) -> Any:
    """A workspace with one queue, one workflow and one worker who is available."""
    workspaces = server.client().taskrouter.v1.workspaces
    workspace = workspaces(workspaces.create(friendly_name="Small").sid)
    queue = workspace.task_queues.create(friendly_name="Everybody")
    routing = {"task_routing": {"default_filter": {"queue": queue.sid}}}
    workspace.workflows.create(friendly_name="All", configuration=json.dumps(routing))
    ready = workspace.activities.list(friendly_name="Available")[0].sid
    workspace.workers.create(friendly_name="Ana", activity_sid=ready)
    return workspace


def advance(server: Server, seconds: int) -> None:
    """Let time pass on the server's clock."""
    credentials = (server.account_sid, server.auth_token)
    asked = {"advance_s": seconds}
    answer = httpx.post(f"{server.address}/pointsman/v1/Clock", data=asked, auth=credentials)
    assert answer.is_success, answer.text


@pytest.mark.feature(190, partly=True)
def test_defaults() -> None:
    """Unless an operator says otherwise, the limits are those of the original."""
    settings = Settings()

    assert settings.limit_attributes_length == 4_096
    assert settings.limit_configuration_bytes == 1_038_576
    assert settings.limit_friendly_name_length == 64
    assert (settings.limit_activities, settings.limit_task_queues) == (100, 5_000)
    assert settings.limit_workers == 15_000
    assert settings.limit_task_timeout_s == 1_209_600
    assert (settings.limit_assigned_s, settings.limit_assignments) == (86_400, 1_000)
    assert (settings.assignment_callback_s, settings.event_callback_s) == (5, 15)
    assert (settings.statistics_window_days, settings.statistics_bulk_per_s) == (30, 5)
    assert settings.worker_statistics_max_workers == 0


@pytest.mark.feature(190, partly=True)
def test_chosen_sizes(tmp_path: Path) -> None:
    """Sizes and numbers that an operator chose hold, and each refusal tells the limit."""
    with a_server(tmp_path, **SMALL) as server:
        workspace = a_workspace(server)
        [ana] = workspace.workers.list()
        voice = workspace.workers(ana.sid).worker_channels("voice")
        workspace.activities.create(friendly_name="Lunch")
        long = json.dumps({"task_routing": {"filters": []}, "note": "x" * 100})
        refusals = [
            (
                "at most 20 ",
                refused(workspace.tasks.create, attributes=json.dumps({"a": "x" * 20})),
            ),
            ("120", refused(workspace.workflows.create, friendly_name="x", configuration=long)),
            ("1 to 25 ", refused(workspace.workers.create, friendly_name="x" * 26)),
            ("at most 4 activities", refused(workspace.activities.create, friendly_name="x")),
            ("at most 1 task queues", refused(workspace.task_queues.create, friendly_name="x")),
            ("at most 1 workers", refused(workspace.workers.create, friendly_name="x")),
            ("0 to 3", refused(voice.update, capacity=4)),
            ("1 to 90000", refused(workspace.tasks.create, timeout=90_001)),
        ]
        fits = workspace.tasks.create(attributes='{"a": "xxxxxxxxxx"}', timeout=90_000)

        for limit, (status, code, told) in refusals:
            assert (status, code) == (400, 20001), told
            assert limit in told, told
        assert fits.timeout == 90_000
        assert voice.update(capacity=3).configured_capacity == 3


@pytest.mark.feature(190, partly=True)
def test_chosen_times_and_counts(tmp_path: Path) -> None:
    """Assigned time, offers, the time until the purge and the window of statistics are chosen."""
    with a_server(tmp_path, "--virtual-clock", **SMALL) as server:
        workspace = a_workspace(server)
        ana = workspace.workers(workspace.workers.list()[0].sid)
        rejected = workspace.tasks(workspace.tasks.create().sid)
        for _ in range(2):
            [offer] = ana.reservations.list(reservation_status="pending")
            ana.reservations(offer.sid).update(reservation_status="rejected")
        canceled = rejected.fetch()
        taken = workspace.tasks(workspace.tasks.create().sid)
        [offer] = ana.reservations.list(reservation_status="pending")
        ana.reservations(offer.sid).update(reservation_status="accepted")
        advance(server, 9)
        still = rejected.fetch().assignment_status
        advance(server, 1)
        purged = refused(rejected.fetch)
        advance(server, 49)
        working = taken.fetch().assignment_status
        advance(server, 1)

        assert (canceled.assignment_status, still) == ("canceled", "canceled")
        assert "Max assignment count exceeded" in canceled.reason
        assert (purged[0], working) == (404, "assigned")
        assert refused(taken.fetch)[0] == 404
        assert refused(workspace.statistics().fetch, minutes=1_500)[:2] == (400, 14241)
        assert workspace.statistics().fetch(minutes=1_400).cumulative["tasks_created"] == 2
