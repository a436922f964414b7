"""The names that expressions see."""

from __future__ import annotations

import pytest

from pointsman.engine.names import clock_names, next_minute, task_names, worker_names
from pointsman.engine.records import Activity, TaskStatus, Worker, read_json, replace
from tests.engine.test_lifecycle import a_task

FRIDAY_8_05 = 1_800_000_000_000 + 5 * 60_000


def a_worker(attributes: str) -> Worker:
    return Worker("WK1", "alice", attributes, "WA1", 0, 0, 0)


@pytest.mark.feature(114)
def test_a_worker_has_four_names_besides_his_attributes() -> None:
    """SID, friendly name and activity can be read, and an attribute of the same name wins."""
    activity = Activity("WA1", "Available", True, 0, 0)

    assert worker_names(a_worker('{"level": 3, "sid": "own"}'), activity) == {
        "sid": "own",
        "friendly_name": "alice",
        "activity_sid": "WA1",
        "activity_name": "Available",
        "level": 3,
    }


def test_a_task_has_five_names_besides_its_attributes() -> None:
    """SID, priority, age, channel and status can be read; the age is in whole seconds."""
    task = replace(a_task(TaskStatus.PENDING), attributes='{"priority": "high"}')

    assert task_names(task, "voice", 61_999) == {
        "sid": "WT1",
        "priority": "high",
        "age": 61,
        "task_channel_unique_name": "voice",
        "assignment_status": "pending",
    }


@pytest.mark.feature(116)
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (0, (0, "00", 0, "Thu")),
        (FRIDAY_8_05, (805, "08", 5, "Fri")),
        (FRIDAY_8_05 + 59_999, (805, "08", 5, "Fri")),
        (FRIDAY_8_05 + 16 * 3_600_000, (5, "00", 5, "Sat")),
        (FRIDAY_8_05 + 54_900_000, (2320, "23", 20, "Fri")),
    ],
)
def test_the_clock_is_utc(now: int, expected: tuple[int, str, int, str]) -> None:
    """Time of day, hour as text, minute and weekday."""
    names = clock_names(now)

    found = tuple(names[k] for k in ("currentTime", "currentHour", "currentMin", "dayOfWeek"))
    assert found == expected


def test_the_next_minute_is_always_later() -> None:
    """On a full minute the next one is sixty seconds away."""
    assert next_minute(59_999) == 60_000
    assert next_minute(60_000) == 120_000


@pytest.mark.parametrize("text", ["{", "", '"\ud800"', "[" * 200_000])
def test_what_is_no_json_is_refused_with_a_reason(text: str) -> None:
    """Text that cannot be read raises one kind of error, with a sentence."""
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        read_json(text)
