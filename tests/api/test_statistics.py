"""Figures over the api against a story worked out on paper (tests/api/trace.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.trace import NEVER, Trace, in_window, reservations, spread, times
from tests.inside import ACCOUNT, ORIGIN, a_server_inside


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trace]:
    with a_server_inside(tmp_path_factory.mktemp("store")) as running:
        yield Trace(running)


# Offers:   10 Ana V1, 30 Bo C1, 100 Cy C1 and V2, 210 Ana V3, 230 Bo C1, 360 Bo V4, 420 Bo and Cy C2.
# Accepted: 25 V1 after 15 s, 120 V2 after 30, 236.5 C1 after 206.5, 375 V4 after 75 (15 of them in
#           Help), 430 C2 after 10: in all 336.5 s, on average 67.3.
# Canceled: 215 V3 after 5 s, 460 S1 after 20.
WORKSPACE = {
    **reservations(9, accepted=5, rejected=1, timed_out=1, canceled=1, rescinded=1),
    "tasks_created": 8,  # V1 to V5, C1, C2, S1
    "tasks_completed": 1,  # V1; V4 came after the window
    "tasks_canceled": 2,
    "tasks_deleted": 1,  # C1
    "tasks_moved": 2,  # V4 and V5
    "tasks_timed_out_in_workflow": 1,  # S1
    "avg_task_acceptance_time": 67,
    "wait_duration_until_accepted": spread(67, 10, 207, 337),
    "wait_duration_until_canceled": spread(13, 5, 20, 25),  # 12.5 is rounded up
    "split_by_wait_time": None,
}
SALES = {
    **reservations(3, accepted=2, canceled=1),  # V1, V2, V3
    "tasks_entered": 6,  # V1 to V5 and S1
    "tasks_completed": 1,
    "tasks_canceled": 2,
    "tasks_deleted": 0,
    "tasks_moved": 2,
    "avg_task_acceptance_time": 23,  # 15 and 30
    "wait_duration_until_accepted": spread(23, 15, 30, 45),
    "wait_duration_until_canceled": spread(13, 5, 20, 25),
    "wait_duration_in_queue_until_accepted": spread(23, 15, 30, 45),
    "split_by_wait_time": None,
}
HELP = {
    **reservations(6, accepted=3, rejected=1, timed_out=1, rescinded=1),
    "tasks_entered": 4,  # C1, C2, V4, V5
    "tasks_completed": 0,
    "tasks_canceled": 0,
    "tasks_deleted": 1,
    "tasks_moved": 0,
    "avg_task_acceptance_time": 97,  # 206.5, 75 and 10
    "wait_duration_until_accepted": spread(97, 10, 207, 292),
    "wait_duration_until_canceled": NEVER,
    "wait_duration_in_queue_until_accepted": spread(77, 10, 207, 232),  # 206.5, 15 and 10
    "split_by_wait_time": None,
}
ROUTE = {
    **reservations(9, accepted=5, rejected=1, timed_out=1, canceled=1, rescinded=1),
    "tasks_entered": 7,
    "tasks_completed": 1,
    "tasks_canceled": 1,
    "tasks_deleted": 1,
    "tasks_moved": 2,
    "tasks_timed_out_in_workflow": 0,
    "avg_task_acceptance_time": 67,
    "wait_duration_until_accepted": spread(67, 10, 207, 337),
    "wait_duration_until_canceled": spread(5, 5, 5, 5),
    "split_by_wait_time": None,
}
SHORT = {
    **reservations(0),
    "tasks_entered": 1,
    "tasks_completed": 0,
    "tasks_canceled": 1,
    "tasks_deleted": 0,
    "tasks_moved": 0,
    "tasks_timed_out_in_workflow": 1,
    "avg_task_acceptance_time": 0,
    "wait_duration_until_accepted": NEVER,
    "wait_duration_until_canceled": spread(20, 20, 20, 20),
    "split_by_wait_time": None,
}
# At second 700: V5 waits since 500 (in Help since 560), V2 and C2 are assigned, V4 is completed and
# S1 canceled, both less than five minutes ago. Ana is gone, Bo Unavailable, Cy Available.
OWNERS: dict[str, tuple[dict[str, Any], float]] = {
    "": (WORKSPACE, 67.3),
    "TaskQueues/Sales": (SALES, 22.5),
    "TaskQueues/Help": (HELP, 291.5 / 3),
    "Workflows/Route": (ROUTE, 67.3),
    "Workflows/Short": (SHORT, 0.0),
}


def path_of(trace: Trace, owner: str) -> str:
    collection, _, name = owner.partition("/")
    return f"/{collection}/{trace.sid[name]}" if name else ""


def identity(trace: Trace, owner: str, figures: str) -> dict[str, str]:
    collection, _, name = owner.partition("/")
    own = {"TaskQueues": "task_queue_sid", "Workflows": "workflow_sid"}.get(collection)
    return {
        "account_sid": ACCOUNT.sid,
        "workspace_sid": trace.sid["workspace"],
        "url": f"{ORIGIN}{trace.path}{path_of(trace, owner)}/{figures}",
        **({own: trace.sid[name]} if own else {}),
    }


@pytest.mark.feature(171, 172, 173, 179)
@pytest.mark.parametrize("owner", OWNERS)
def test_what_was(trace: Trace, owner: str) -> None:
    """Every cumulative figure of the story is what it is on paper, flat and combined."""
    expected, average_s = OWNERS[owner]
    flat = in_window(trace, f"{path_of(trace, owner)}/CumulativeStatistics")
    combined = in_window(trace, f"{path_of(trace, owner)}/Statistics")
    exact = combined["cumulative"].pop("avg_task_acceptance_time")
    rounded = {k: value for k, value in expected.items() if k != "avg_task_acceptance_time"}

    assert flat == {**identity(trace, owner, "CumulativeStatistics"), **times(trace), **expected}
    assert combined.pop("cumulative") == {**times(trace), **rounded}
    assert exact == pytest.approx(average_s)
    assert isinstance(exact, float)
    realtime = trace.get(f"{path_of(trace, owner)}/RealTimeStatistics")
    assert combined.pop("realtime").items() <= realtime.items()
    assert combined == identity(trace, owner, "Statistics")


def statuses(**counts: int) -> dict[str, int]:
    names = ("pending", "reserved", "assigned", "wrapping", "completed", "canceled")
    return {name: counts.get(name, 0) for name in names}


def by_activity(trace: Trace, **workers: int) -> list[dict[str, Any]]:
    return [
        {"sid": trace.sid[name], "friendly_name": name, "workers": workers.get(name, 0)}
        for name in ("Offline", "Available", "Unavailable")
    ]


@pytest.mark.feature(171)
def test_what_is_in_the_workspace(trace: Trace) -> None:
    """A workspace counts its tasks by status and priority, its workers, and the longest wait."""
    assert trace.get("/RealTimeStatistics") == {
        **identity(trace, "", "RealTimeStatistics"),
        "total_tasks": 3,
        "tasks_by_status": statuses(pending=1, assigned=2, completed=1, canceled=1),
        "tasks_by_priority": {"7": 1},
        "longest_task_waiting_age": 200,
        "longest_task_waiting_sid": trace.sid["V5"],
        "total_workers": 2,
        "activity_statistics": by_activity(trace, Available=1, Unavailable=1),
    }


@pytest.mark.feature(173)
def test_what_is_in_a_queue(trace: Trace) -> None:
    """A queue counts its own tasks and the workers who could serve it, busy or not."""
    of_help = trace.get(f"/TaskQueues/{trace.sid['Help']}/RealTimeStatistics")
    of_sales = trace.get(f"/TaskQueues/{trace.sid['Sales']}/RealTimeStatistics")

    assert of_help == {
        **identity(trace, "TaskQueues/Help", "RealTimeStatistics"),
        "total_available_workers": 1,  # Cy, though he is busy
        "total_eligible_workers": 2,  # Bo and Cy
        "total_tasks": 2,  # V5 and C2
        "tasks_by_status": statuses(pending=1, assigned=1, completed=1),
        "tasks_by_priority": {"7": 1},
        "longest_task_waiting_age": 200,
        "longest_task_waiting_sid": trace.sid["V5"],
        "longest_relative_task_age_in_queue": 140,
        "longest_relative_task_sid_in_queue": trace.sid["V5"],
        "activity_statistics": by_activity(trace, Available=1, Unavailable=1),
    }
    assert of_sales == {
        **identity(trace, "TaskQueues/Sales", "RealTimeStatistics"),
        "total_available_workers": 1,
        "total_eligible_workers": 1,
        "total_tasks": 1,  # V2
        "tasks_by_status": statuses(assigned=1, canceled=1),
        "tasks_by_priority": {},
        "longest_task_waiting_age": 0,
        "longest_task_waiting_sid": None,
        "longest_relative_task_age_in_queue": 0,
        "longest_relative_task_sid_in_queue": None,
        "activity_statistics": by_activity(trace, Available=1),
    }


@pytest.mark.feature(172)
def test_what_is_in_a_workflow(trace: Trace) -> None:
    """A workflow counts the tasks that it leads, and no workers."""
    assert trace.get(f"/Workflows/{trace.sid['Route']}/RealTimeStatistics") == {
        **identity(trace, "Workflows/Route", "RealTimeStatistics"),
        "total_tasks": 3,
        "tasks_by_status": statuses(pending=1, assigned=2, completed=1),
        "tasks_by_priority": {"7": 1},
        "longest_task_waiting_age": 200,
        "longest_task_waiting_sid": trace.sid["V5"],
    }


@pytest.mark.feature(178)
def test_split_by_wait_time(trace: Trace) -> None:
    """Waits are counted above and below each threshold; one of exactly that length is below."""
    split = in_window(trace, "/CumulativeStatistics", SplitByWaitTime="5, 30")["split_by_wait_time"]
    of_sales = in_window(
        trace, f"/TaskQueues/{trace.sid['Sales']}/Statistics", SplitByWaitTime="30"
    )

    assert split == {
        "5": {
            "above": {"tasks_canceled": 1, "reservations_accepted": 5},
            "below": {"tasks_canceled": 1, "reservations_accepted": 0},
        },
        "30": {
            "above": {"tasks_canceled": 0, "reservations_accepted": 2},
            "below": {"tasks_canceled": 2, "reservations_accepted": 3},
        },
    }
    assert of_sales["cumulative"]["split_by_wait_time"] == {
        "30": {
            "above": {"tasks_canceled": 0, "reservations_accepted": 0},
            "below": {"tasks_canceled": 2, "reservations_accepted": 2},
        }
    }


@pytest.mark.feature(180)
def test_one_channel(trace: Trace) -> None:
    """A task channel, by name or SID, narrows tasks and reservations to its own."""
    channels = trace.get("/TaskChannels")["channels"]
    [chat] = [found["sid"] for found in channels if found["unique_name"] == "chat"]
    by_name = in_window(trace, "/CumulativeStatistics", TaskChannel="chat")
    now = trace.get("/RealTimeStatistics", TaskChannel="chat")
    voice = trace.get(f"/TaskQueues/{trace.sid['Help']}/RealTimeStatistics", TaskChannel="voice")

    assert by_name == in_window(trace, "/CumulativeStatistics", TaskChannel=chat)
    # C1 was offered to Bo, Cy and Bo again, C2 to Bo and Cy; accepted after 206.5 s and 10 s.
    expected = reservations(5, accepted=2, rejected=1, timed_out=1, rescinded=1)
    assert expected.items() <= by_name.items()
    assert by_name["wait_duration_until_accepted"] == spread(108, 10, 207, 217)
    assert (by_name["tasks_created"], by_name["tasks_moved"]) == (2, 0)
    assert (now["total_tasks"], now["longest_task_waiting_sid"]) == (1, None)
    assert (now["total_workers"], voice["total_eligible_workers"]) == (2, 2)
    assert voice["tasks_by_status"] == statuses(pending=1, completed=1)


@pytest.mark.feature(174)
def test_the_list_of_queues(trace: Trace) -> None:
    """The list pages through queues; each row is what the queue's own statistics are."""
    first = in_window(trace, "/TaskQueues/Statistics", PageSize=1, TaskChannel="voice")
    address = first["meta"]["next_page_url"].removeprefix(ORIGIN)
    second = trace.server.ask("GET", address, {}).json
    named = in_window(trace, "/TaskQueues/Statistics", FriendlyName="Help", SplitByWaitTime="5")

    assert [row["task_queue_sid"] for row in first["task_queues_statistics"]] == [
        trace.sid["Sales"]
    ]
    assert [row["task_queue_sid"] for row in second["task_queues_statistics"]] == [
        trace.sid["Help"]
    ]
    assert second["meta"]["next_page_url"] is None
    own = in_window(trace, f"/TaskQueues/{trace.sid['Help']}/Statistics", SplitByWaitTime="5")
    own.pop("url")
    assert named["task_queues_statistics"] == [own]
    assert named["meta"]["key"] == "task_queues_statistics"
    voice = in_window(trace, f"/TaskQueues/{trace.sid['Help']}/Statistics", TaskChannel="voice")
    assert second["task_queues_statistics"][0]["cumulative"] == voice["cumulative"]
