"""The names that expressions see: plain dicts, merged once, for workers, tasks, counts and the clock.

An attribute wins over a built-in name of the same spelling. Nothing here evaluates anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pointsman.engine.records import Activity, Task, Worker, read_json

Names = Mapping[str, Any]

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTE_MS = 60_000
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


def attributes_of(text: str) -> dict[str, Any]:
    """The object that stored attributes hold; they were checked when they came in."""
    value: dict[str, Any] = read_json(text)
    return value


def worker_names(worker: Worker, activity: Activity) -> dict[str, Any]:
    """A worker's attributes over his built-in fields; `channel` is added only where it is read."""
    return {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": worker.activity_sid,
        "activity_name": activity.friendly_name,
        **attributes_of(worker.attributes),
    }


def task_names(task: Task, channel_name: str, now: int) -> dict[str, Any]:
    """A task's attributes over its built-in fields."""
    return {
        "sid": task.sid,
        "priority": task.priority,
        "age": (now - task.date_created) // 1000,
        "task_channel_unique_name": channel_name,
        "assignment_status": task.assignment_status.value,
        **attributes_of(task.attributes),
    }


def clock_names(now: int) -> dict[str, Any]:
    """`taskrouter.*`: the time of day, UTC."""
    minutes = now // _MINUTE_MS
    hour, minute = divmod(minutes % 1440, 60)
    return {
        "currentTime": hour * 100 + minute,
        "currentHour": f"{hour:02d}",
        "currentMin": minute,
        "dayOfWeek": WEEKDAYS[(minutes // 1440 + _EPOCH_WEEKDAY) % 7],
    }


def next_minute(now: int) -> int:
    """When the clock's names change next."""
    return (now // _MINUTE_MS + 1) * _MINUTE_MS
