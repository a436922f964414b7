"""Each resource against its reference, written out by hand: fields, order, types, links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from twilio.base import deserialize

from pointsman.engine.records import replace
from pointsman.wire import resources
from tests.wire.small_workspace import (
    ACCOUNT,
    ALICE,
    AVAILABLE,
    BASE,
    CONFIGURATION,
    CREATED,
    HOME,
    NOW,
    QUEUE,
    RESERVATION,
    TASK,
    VOICE,
    VOICE_OF_ALICE,
    WORKFLOW,
    WORKSPACE,
    a_state,
    sid,
)

T_CREATED = "2023-11-14T22:13:20Z"
T_UPDATED = "2023-11-14T22:14:21Z"
OWNER = {"account_sid": ACCOUNT, "workspace_sid": sid("WS")}
DATES = {"date_created": T_CREATED, "date_updated": T_UPDATED}


def in_order(value: Any) -> Any:
    """A value in which the order of keys counts."""
    return [(k, in_order(v)) for k, v in value.items()] if isinstance(value, dict) else value


def assert_is(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    assert in_order(actual) == in_order(expected)


@pytest.mark.feature(6, 7)
def test_workspace() -> None:
    """A workspace shows its settings, the names of its activities and links to all its parts."""
    assert_is(
        resources.workspace(WORKSPACE, a_state(), BASE),
        {
            "sid": sid("WS"),
            "account_sid": ACCOUNT,
            "friendly_name": "Support",
            "default_activity_sid": sid("WA", 1),
            "default_activity_name": "Offline",
            "timeout_activity_sid": sid("WA", 1),
            "timeout_activity_name": "Offline",
            "event_callback_url": "",
            "events_filter": None,
            "multi_task_enabled": True,
            "prioritize_queue_order": "FIFO",
            **DATES,
            "url": HOME,
            "links": {
                "activities": f"{HOME}/Activities",
                "statistics": f"{HOME}/Statistics",
                "real_time_statistics": f"{HOME}/RealTimeStatistics",
                "cumulative_statistics": f"{HOME}/CumulativeStatistics",
                "task_queues": f"{HOME}/TaskQueues",
                "tasks": f"{HOME}/Tasks",
                "workers": f"{HOME}/Workers",
                "workflows": f"{HOME}/Workflows",
                "task_channels": f"{HOME}/TaskChannels",
                "events": f"{HOME}/Events",
            },
        },
    )


@pytest.mark.feature(6, 7)
def test_activity() -> None:
    """An activity says whether it is available, as a boolean."""
    assert_is(
        resources.activity(AVAILABLE, a_state(), BASE),
        {
            "sid": sid("WA", 2),
            **OWNER,
            "friendly_name": "Available",
            "available": True,
            **DATES,
            "url": f"{HOME}/Activities/{sid('WA', 2)}",
            "links": {"workspace": HOME},
        },
    )


@pytest.mark.feature(6, 7)
def test_task_channel() -> None:
    """A task channel has a friendly name and a unique one."""
    assert_is(
        resources.task_channel(VOICE, a_state(), BASE),
        {
            "sid": sid("TC"),
            **OWNER,
            "friendly_name": "Voice",
            "unique_name": "voice",
            "channel_optimized_routing": False,
            **DATES,
            "url": f"{HOME}/TaskChannels/{sid('TC')}",
            "links": {"workspace": HOME},
        },
    )


@pytest.mark.feature(6, 7)
def test_task_queue() -> None:
    """A queue names the activities it has; one that it does not have is null, and so is its link."""
    url = f"{HOME}/TaskQueues/{sid('WQ')}"
    assert_is(
        resources.task_queue(QUEUE, a_state(), BASE),
        {
            "sid": sid("WQ"),
            **OWNER,
            "friendly_name": "Spanish",
            "target_workers": "skills HAS 'es'",
            "task_order": "LIFO",
            "max_reserved_workers": 2,
            "reservation_activity_sid": sid("WA", 1),
            "reservation_activity_name": "Offline",
            "assignment_activity_sid": None,
            "assignment_activity_name": None,
            **DATES,
            "url": url,
            "links": {
                "assignment_activity": None,
                "reservation_activity": f"{HOME}/Activities/{sid('WA', 1)}",
                "workspace": HOME,
                "statistics": f"{url}/Statistics",
                "real_time_statistics": f"{url}/RealTimeStatistics",
                "cumulative_statistics": f"{url}/CumulativeStatistics",
                "list_statistics": f"{HOME}/TaskQueues/Statistics",
                "bulk_real_time_statistics": f"{HOME}/TaskQueues/RealTimeStatistics",
            },
        },
    )


@pytest.mark.feature(6, 7)
def test_workflow() -> None:
    """A workflow's configuration is the text that was sent, and its timeout a number."""
    url = f"{HOME}/Workflows/{sid('WW')}"
    assert_is(
        resources.workflow(WORKFLOW, a_state(), BASE),
        {
            "sid": sid("WW"),
            **OWNER,
            "friendly_name": "Calls",
            "configuration": CONFIGURATION,
            "document_content_type": "application/json",
            "assignment_callback_url": "https://app.example.org/assign",
            "fallback_assignment_callback_url": "",
            "task_reservation_timeout": 30,
            **DATES,
            "url": url,
            "links": {
                "statistics": f"{url}/Statistics",
                "real_time_statistics": f"{url}/RealTimeStatistics",
                "cumulative_statistics": f"{url}/CumulativeStatistics",
            },
        },
    )


@pytest.mark.feature(6, 7)
def test_worker() -> None:
    """A worker shows his attributes as text, and his activity with its name and availability."""
    url = f"{HOME}/Workers/{sid('WK')}"
    assert_is(
        resources.worker(ALICE, a_state(), BASE),
        {
            "sid": sid("WK"),
            **OWNER,
            "friendly_name": "alice",
            "attributes": '{"skills": ["es"]}',
            "activity_sid": sid("WA", 2),
            "activity_name": "Available",
            "available": True,
            **DATES,
            "date_status_changed": "2023-11-14T22:13:50Z",
            "url": url,
            "links": {
                "channels": f"{url}/Channels",
                "activity": f"{HOME}/Activities/{sid('WA', 2)}",
                "workspace": HOME,
                "statistics": f"{HOME}/Workers/Statistics",
                "real_time_statistics": f"{HOME}/Workers/RealTimeStatistics",
                "cumulative_statistics": f"{HOME}/Workers/CumulativeStatistics",
                "worker_statistics": f"{url}/Statistics",
                "worker_channels": f"{url}/Channels",
                "reservations": f"{url}/Reservations",
            },
        },
    )


@pytest.mark.feature(6, 7, 56)
def test_worker_channel() -> None:
    """With one accepted task of three, a worker channel has 66 percent left, as whole numbers."""
    assert_is(
        resources.worker_channel(VOICE_OF_ALICE, a_state(), BASE),
        {
            "sid": sid("WC"),
            **OWNER,
            "worker_sid": sid("WK"),
            "task_channel_sid": sid("TC"),
            "task_channel_unique_name": "voice",
            "configured_capacity": 3,
            "assigned_tasks": 1,
            "available": True,
            "available_capacity_percentage": 66,
            **DATES,
            "url": f"{HOME}/Workers/{sid('WK')}/Channels/{sid('WC')}",
        },
    )


@pytest.mark.feature(6, 7)
def test_task() -> None:
    """A task shows its age in whole seconds, and where it stands by SID and by name."""
    url = f"{HOME}/Tasks/{sid('WT')}"
    assert_is(
        resources.task(TASK, a_state(), BASE, NOW),
        {
            "sid": sid("WT"),
            **OWNER,
            "assignment_status": "assigned",
            "attributes": '{"from":"+34 1"}',
            "addons": "{}",
            "age": 90,
            "priority": 5,
            "reason": None,
            "timeout": 86_400,
            "task_queue_sid": sid("WQ"),
            "task_queue_friendly_name": "Spanish",
            "task_queue_entered_date": "2023-11-14T22:13:21Z",
            "task_channel_sid": sid("TC"),
            "task_channel_unique_name": "voice",
            "workflow_sid": sid("WW"),
            "workflow_friendly_name": "Calls",
            "virtual_start_time": "2023-11-14T21:13:20Z",
            "routing_target": None,
            "ignore_capacity": None,
            **DATES,
            "url": url,
            "links": {
                "task_queue": f"{HOME}/TaskQueues/{sid('WQ')}",
                "workflow": f"{HOME}/Workflows/{sid('WW')}",
                "workspace": HOME,
                "reservations": f"{url}/Reservations",
            },
        },
    )


@pytest.mark.feature(6, 7)
@pytest.mark.parametrize(
    ("view", "owner"), [("task", f"Tasks/{sid('WT')}"), ("worker", f"Workers/{sid('WK')}")]
)
def test_reservation(view: Any, owner: str) -> None:
    """A reservation differs by view in nothing but its own address."""
    assert_is(
        resources.reservation(RESERVATION, a_state(), BASE, view),
        {
            "sid": sid("WR"),
            **OWNER,
            "task_sid": sid("WT"),
            "worker_sid": sid("WK"),
            "worker_name": "alice",
            "reservation_status": "accepted",
            "date_created": "2023-11-14T22:13:22Z",
            "date_updated": T_UPDATED,
            "url": f"{HOME}/{owner}/Reservations/{sid('WR')}",
            "links": {
                "task": f"{HOME}/Tasks/{sid('WT')}",
                "worker": f"{HOME}/Workers/{sid('WK')}",
                "workspace": HOME,
            },
        },
    )


def test_history_outlives_names() -> None:
    """Of a task whose queue, workflow and channel are gone, the names are null."""
    shown = resources.task(TASK, a_state(WORKSPACE), BASE, NOW)

    names = [name for name, value in shown.items() if name.endswith("_name")]
    assert {name: shown[name] for name in names} == {
        "task_queue_friendly_name": None,
        "task_channel_unique_name": None,
        "workflow_friendly_name": None,
    }


def test_clock_set_back_makes_no_negative_age() -> None:
    """A task from the future, as after a clock was set back, is 0 seconds old."""
    assert resources.task(TASK, a_state(), BASE, CREATED - 5_000)["age"] == 0


def test_attributes_are_not_touched() -> None:
    """Attributes come back as the very text that was sent, spaces and all."""
    text = '{ "name" : "Zoë",  "n": 1.0e3 }'
    shown = resources.task(replace(TASK, attributes=text), a_state(), BASE, NOW)

    assert shown["attributes"] == text


@pytest.mark.feature(7)
def test_stock_client_reads_every_date() -> None:
    """The Python client makes a datetime of every date of every resource."""
    state = a_state()
    shown = [
        resources.workspace(WORKSPACE, state, BASE),
        resources.activity(AVAILABLE, state, BASE),
        resources.task_channel(VOICE, state, BASE),
        resources.task_queue(QUEUE, state, BASE),
        resources.workflow(WORKFLOW, state, BASE),
        resources.worker(ALICE, state, BASE),
        resources.worker_channel(VOICE_OF_ALICE, state, BASE),
        resources.task(TASK, state, BASE, NOW),
        resources.reservation(RESERVATION, state, BASE),
    ]
    dates = [
        value
        for each in shown
        for name, value in each.items()
        if "date" in name or name == "virtual_start_time"
    ]

    assert len(dates) == 2 * len(shown) + 3
    assert all(isinstance(deserialize.iso8601_datetime(date), datetime) for date in dates)


@pytest.mark.feature(12)
def test_addresses_begin_with_the_clients_own() -> None:
    """Every address in every resource begins with the base that the request came by."""
    state = a_state()
    shown = resources.worker(ALICE, state, "http://127.0.0.1:8080")
    addresses = [shown["url"], *shown["links"].values()]

    assert all(address.startswith("http://127.0.0.1:8080/v1/Workspaces/") for address in addresses)
