"""Figures → the bodies of the statistics endpoints (docs/statistics.md).

Spans of time are whole seconds, rounded half up; only the average time to acceptance of a combined
answer keeps its fraction. What there was none of is zero. It must not know who asks, nor count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pointsman.engine.events import EventType
from pointsman.engine.records import OPEN_TASK, Activity, Task, TaskStatus
from pointsman.engine.statistics import Flow, Spread, Staff, Stays, TaskCount
from pointsman.wire.values import iso

__all__ = [
    "cumulative",
    "longest_in_queue",
    "realtime_queue",
    "realtime_tasks",
    "realtime_workers",
    "worker_cumulative",
]

Json = dict[str, Any]

_E = EventType
_RESERVATIONS: dict[str, tuple[EventType, ...]] = {
    "reservations_created": (_E.RESERVATION_CREATED,),
    "reservations_accepted": (_E.RESERVATION_ACCEPTED,),
    "reservations_rejected": (_E.RESERVATION_REJECTED,),
    "reservations_timed_out": (_E.RESERVATION_TIMEOUT,),
    "reservations_canceled": (_E.RESERVATION_CANCELED,),
    "reservations_rescinded": (_E.RESERVATION_RESCINDED,),
}
_TASKS: dict[str, tuple[EventType, ...]] = {
    "tasks_completed": (_E.TASK_COMPLETED,),
    "tasks_canceled": (_E.TASK_CANCELED,),
    "tasks_deleted": (_E.TASK_DELETED, _E.TASK_SYSTEM_DELETED),
    "tasks_moved": (_E.TASK_QUEUE_MOVED,),
}
_COUNTED: dict[str, dict[str, tuple[EventType, ...]]] = {
    "workspace": {
        **_RESERVATIONS,
        "tasks_created": (_E.TASK_CREATED,),
        **_TASKS,
        "tasks_timed_out_in_workflow": (_E.WORKFLOW_TIMEOUT,),
    },
    "workflow": {
        **_RESERVATIONS,
        "tasks_entered": (_E.WORKFLOW_ENTERED,),
        **_TASKS,
        "tasks_timed_out_in_workflow": (_E.WORKFLOW_TIMEOUT,),
    },
    "task_queue": {**_RESERVATIONS, "tasks_entered": (_E.TASK_QUEUE_ENTERED,), **_TASKS},
    "workers": _RESERVATIONS,
}
"""What is counted for which kind of owner: the field, and the types of event that it counts."""


# --- what was ----------------------------------------------------------------------------------


def cumulative(owner: str, flow: Flow, start: int, end: int, *, whole: bool) -> Json:
    """The figures of a workspace, a workflow or a task queue; `whole` rounds the average too."""
    accepted = flow.until_accepted
    average_s = accepted.total / accepted.count / 1000 if accepted.count else 0.0
    shown = {
        "start_time": iso(start),
        "end_time": iso(end),
        **_counted(owner, flow),
        "avg_task_acceptance_time": _mean_s(accepted) if whole else average_s,
        "wait_duration_until_accepted": _spread(accepted),
        "wait_duration_until_canceled": _spread(flow.until_canceled),
        "split_by_wait_time": _split(flow) if flow.below else None,
    }
    if owner == "task_queue":
        shown["wait_duration_in_queue_until_accepted"] = _spread(flow.in_queue_until_accepted)
    return shown


def worker_cumulative(
    flow: Flow, stays: Stays, activities: Mapping[str, Activity], start: int, end: int
) -> Json:
    """The figures of one worker or of many: reservations, and time spent in each activity."""
    return {
        "start_time": iso(start),
        "end_time": iso(end),
        **_counted("workers", flow),
        "activity_durations": _durations(stays, activities),
    }


def _counted(owner: str, flow: Flow) -> Json:
    return {
        name: sum(flow.counts[kind] for kind in kinds) for name, kinds in _COUNTED[owner].items()
    }


def _durations(stays: Stays, activities: Mapping[str, Activity]) -> list[Json]:
    """Every activity there is, then those that are gone and were left in the window."""
    names = {sid: activity.friendly_name for sid, activity in activities.items()}
    gone = {sid: stays.names.get(sid, "") for sid in stays.spreads if sid not in names}
    nothing = Spread()
    return [
        {"sid": sid, "friendly_name": name, **_spread(stays.spreads.get(sid, nothing))}
        for sid, name in (names | gone).items()
    ]


def _split(flow: Flow) -> Json:
    kinds = {
        "tasks_canceled": _E.TASK_CANCELED.value,
        "reservations_accepted": _E.RESERVATION_ACCEPTED.value,
    }
    return {
        str(threshold_s): {
            name: {field: side[threshold_s][kind] for field, kind in kinds.items()}
            for name, side in (("above", flow.above), ("below", flow.below))
        }
        for threshold_s in flow.below
    }


def _spread(spread: Spread) -> Json:
    return {
        "avg": _mean_s(spread),
        "min": _whole_s(spread.least),
        "max": _whole_s(spread.most),
        "total": _whole_s(spread.total),
    }


def _whole_s(span_ms: int) -> int:
    return (span_ms + 500) // 1000


def _mean_s(spread: Spread) -> int:
    """The mean in seconds, rounded half up once, from the sum."""
    if spread.count == 0:
        return 0
    return (2 * spread.total + 1000 * spread.count) // (2000 * spread.count)


# --- what is -----------------------------------------------------------------------------------


def realtime_tasks(count: TaskCount, now: int) -> Json:
    """The live tasks of a workspace, a workflow or a task queue."""
    oldest = count.oldest
    return {
        "total_tasks": sum(count.statuses[status] for status in OPEN_TASK),
        "tasks_by_status": {status.value: count.statuses[status] for status in TaskStatus},
        "tasks_by_priority": {
            str(priority): number for priority, number in sorted(count.priorities.items())
        },
        "longest_task_waiting_age": _age_s(oldest, now),
        "longest_task_waiting_sid": None if oldest is None else oldest.sid,
    }


def realtime_queue(
    count: TaskCount, staff: Staff, activities: Mapping[str, Activity], now: int
) -> Json:
    """A row of the bulk endpoint: a queue's live tasks, and who could serve them."""
    return {
        "total_available_workers": staff.available,
        "total_eligible_workers": staff.total,
        **realtime_tasks(count, now),
        "activity_statistics": _by_activity(staff, activities),
    }


def realtime_workers(staff: Staff, activities: Mapping[str, Activity]) -> Json:
    """Workers by activity."""
    return {
        "total_workers": staff.total,
        "activity_statistics": _by_activity(staff, activities),
    }


def longest_in_queue(count: TaskCount, now: int) -> Json:
    """The pending task that has been in its queue for the longest time."""
    longest = count.longest_in_queue
    age_ms = 0 if longest is None else max(0, now - longest.task_queue_entered_at)
    return {
        "longest_relative_task_age_in_queue": age_ms // 1000,
        "longest_relative_task_sid_in_queue": None if longest is None else longest.sid,
    }


def _by_activity(staff: Staff, activities: Mapping[str, Activity]) -> list[Json]:
    """Every activity, and how many workers are in it."""
    return [
        {
            "sid": activity.sid,
            "friendly_name": activity.friendly_name,
            "workers": staff.by_activity.get(activity.sid, 0),
        }
        for activity in activities.values()
    ]


def _age_s(task: Task | None, now: int) -> int:
    """A task's age, in whole seconds as everywhere."""
    return 0 if task is None else max(0, now - task.date_created) // 1000
