"""Whatever is sent, the answer is the client's success or the client's mistake, never a fault."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from pointsman.api.operations import OPERATIONS
from pointsman.api.params import wire_name
from pointsman.engine import commands
from tests.api.builders import Place
from tests.inside import Inside, a_server_inside

COMMANDS = [kind for kind in vars(commands).values() if isinstance(kind, type)]
NAMES = sorted(
    {wire_name(field.name) for kind in COMMANDS if hasattr(kind, "actor") for field in fields(kind)}
    | {
        "PageSize",
        "Page",
        "PageToken",
        "Minutes",
        "StartDate",
        "EndDate",
        "EventType",
        "Instruction",
        "QueueSids",
        "SplitByWaitTime",
    }
    | {"ReservationStatus", "TaskQueueName", "WorkflowName", "DequeueTo", "CallUrl", "CallFrom"}
    | {"ActivityName", "TaskSid", "Supervisor", "DequeueTimeout", "Ordering", "TaskChannelSid"}
)
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from(
        [
            "true",
            "{}",
            '{"a": {"b": [1e400]}}',
            '{"task_routing": {"filters": [{"expression": "1==1", "targets": [{"queue": 1}]}]}}',
            "1==1",
            "a HAS (",
            "9" * 400,
            "-1",
            "1.5e3",
            "accepted",
            "rejected",
            "completed",
            "canceled",
            "dequeue",
            "call",
            "conference",
            "2024-01-01",
            "9999-12-31T23:59:59+14:00",
            "0001-01-01",
            "PAWT" + "0" * 32,
            "WA" + "F" * 32,
            "\0",
            "http://[",
            "٣",
            "LIFO",
        ]
    ),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | VALUES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        with a_server_inside(Path(folder) / "store") as server:
            yield Place(server)


def names_of(place: Place, noise: str) -> dict[str, str]:
    """Something for each variable part of a path: real where there is something real."""
    task = place.a_task()
    offers = place.offers(task)
    return {
        "workspace_sid": place.sid,
        "activity_sid": place.activities["Available"],
        "task_channel": "voice" if len(noise) % 2 else noise or "x",
        "worker_sid": offers[0]["worker_sid"] if offers else place.a_worker(f"w{task}"),
        "worker_channel": "voice",
        "reservation_sid": offers[0]["sid"] if offers else "WR" + "0" * 32,
        "task_queue_sid": place.queue_sid,
        "workflow_sid": place.workflow_sid,
        "task_sid": task,
        "event_sid": "EV" + "0" * 32,
        "alert_sid": "NO" + "0" * 32,
        "twiml_sid": "EH" + "0" * 32,
    }


ROWS = st.sampled_from([row for row in OPERATIONS if row.method != "DELETE"])


@settings(max_examples=300, deadline=None)
@given(
    row=ROWS,
    params=st.dictionaries(
        st.sampled_from(NAMES), VALUES | st.lists(VALUES, max_size=2), max_size=4
    ),
    noise=st.text(max_size=8),
    if_match=st.sampled_from(["", "", '"0"', "*", "junk"]),
)
def test_forms_and_queries(
    place: Place, row: Any, params: dict[str, Any], noise: str, if_match: str
) -> None:
    """Any parameters in any operation give 2xx or 4xx, with the documented body."""
    path = row.path.format(**names_of(place, noise))

    answer = place.server.ask(row.method, path, params, headers={"If-Match": if_match})

    check(answer.status, answer.json, row.method, path, urlencode(params, doseq=True))


@settings(max_examples=200, deadline=None)
@given(
    row=ROWS.filter(lambda row: row.method == "POST"),
    params=st.dictionaries(st.sampled_from(NAMES), JSON_VALUES, max_size=4),
)
def test_json_bodies(place: Place, row: Any, params: dict[str, Any]) -> None:
    """Any JSON values in any operation give 2xx or 4xx, with the documented body."""
    path = row.path.format(**names_of(place, ""))
    body = json.dumps(params).encode()

    answer = place.server.send(
        "POST", path, body=body, headers={"Content-Type": "application/json"}
    )

    check(answer.status, answer.json, row.method, path, body)


def check(status: int, body: Any, *request: object) -> None:
    """An answer that a client can read."""
    assert 200 <= status < 300 or 400 <= status < 500, (status, body, *request)
    if status >= 400:
        assert set(body) == {"code", "message", "more_info", "status"}
        assert body["status"] == status
        assert body["message"]


@settings(max_examples=100, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"]),
    path=st.text(max_size=60).map(lambda text: "/v1/" + text),
    query=st.binary(max_size=40),
    authorization=st.none() | st.text(alphabet=st.characters(max_codepoint=255), max_size=40),
)
def test_any_request(
    place: Place, method: str, path: str, query: bytes, authorization: str | None
) -> None:
    """Any path, query and credentials give an answer below 500."""
    server: Inside = place.server
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = server.send(method, path, query=query, headers=headers)

    assert 200 <= answer.status < 500
