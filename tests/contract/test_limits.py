"""The limits that an operator chose for the real program, as the stock client meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

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
