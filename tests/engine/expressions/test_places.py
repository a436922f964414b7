"""What bare and prefixed names mean in each place."""

import pytest

from pointsman.engine.expressions import Place, Reference, compile_expression

ROOTS = {root: {"x": f"of {root}"} for root in ("worker", "task", "workers", "taskrouter")}

# For each place: the root of a bare name, then the prefixes that count.
NAMES: list[tuple[Place, str | None, set[str]]] = [
    (Place.QUEUE, "worker", {"worker"}),
    (Place.WORKERS_LIST, "worker", {"worker"}),
    (Place.FILTER, "task", {"task", "taskrouter"}),
    (Place.TARGET, None, {"task", "worker", "taskrouter"}),
    (Place.SKIP_IF, None, {"workers", "task", "taskrouter"}),
    (Place.TASKS_LIST, "task", {"task"}),
]


@pytest.mark.feature(114, 115, 116, 117)
@pytest.mark.parametrize(("place", "bare", "prefixes"), NAMES)
def test_names(place: Place, bare: str | None, prefixes: set[str]) -> None:
    """A known prefix leads to its root; every other name is bare, of the subject or NULL."""
    subject = {Reference(bare, ("x",))} if bare else set()  # type: ignore[arg-type]
    assert compile_expression("x == 1", place).references == subject
    for root in ROOTS:
        expression = compile_expression(f"{root}.x == 'of {root}'", place)
        assert expression.matches(**ROOTS) is (root in prefixes)


def test_every_place_is_told() -> None:
    """The table above has every place."""
    assert {place for place, _, _ in NAMES} == set(Place)


def test_prefix_needs_a_dot() -> None:
    """`worker` alone, or with an index, is an attribute of that name."""
    assert compile_expression("worker == 1", Place.QUEUE).matches({"worker": 1})
    assert compile_expression("worker[0] == 1", Place.QUEUE).matches({"worker": [1]})
    assert compile_expression("Worker.a == 1", Place.QUEUE).matches({"Worker": {"a": 1}})
    assert compile_expression("task.a == 1", Place.QUEUE).matches({"task": {"a": 1}})


@pytest.mark.feature(110)
def test_bare_name_in_target() -> None:
    """Where a bare name means nothing it is NULL, and no error."""
    assert compile_expression("level == null", Place.TARGET).matches({"level": 1}, {"level": 1})
    assert not compile_expression("level > 0", Place.TARGET).matches({"level": 1}, {"level": 1})


@pytest.mark.feature(115)
def test_worker_channel() -> None:
    """A worker's channels are read as documented, from the document that the caller merged."""
    expression = compile_expression(
        "worker.channel.voice.assigned_tasks == 0 AND"
        " worker.channel.chat.available_capacity_percentage > 50 AND"
        " worker.channel.chat.configured_capacity == 3",
        Place.TARGET,
    )
    chat = {"configured_capacity": 3, "assigned_tasks": 1, "available_capacity_percentage": 66}
    worker = {"channel": {"voice": {"assigned_tasks": 0}, "chat": chat}}

    assert expression.matches(worker) is True
    assert expression.matches({"channel": {"voice": {"assigned_tasks": 1}, "chat": chat}}) is False


@pytest.mark.feature(114)
def test_worker_fields() -> None:
    """A worker's fields are read like attributes, with and without the prefix."""
    expression = compile_expression(
        "activity_name == 'Available' AND worker.sid == 'WK1' AND friendly_name CONTAINS 'li'",
        Place.WORKERS_LIST,
    )

    assert expression.matches(
        {"activity_name": "Available", "sid": "WK1", "friendly_name": "Alice"}
    )


@pytest.mark.feature(116)
@pytest.mark.parametrize("place", [Place.FILTER, Place.TARGET, Place.SKIP_IF])
def test_time_of_day(place: Place) -> None:
    """Opening hours can be written with the hour as a number, though it is text."""
    source = (
        "taskrouter.currentHour >= 8 AND taskrouter.currentHour < 18 AND"
        ' taskrouter.dayOfWeek NOT IN ["Sat", "Sun"] AND taskrouter.currentTime <= 1730'
    )
    open_hours = compile_expression(source, place)
    morning = {"currentHour": "08", "currentMin": "05", "currentTime": 805, "dayOfWeek": "Mon"}

    assert open_hours.matches(taskrouter=morning) is True
    assert open_hours.matches(taskrouter=morning | {"dayOfWeek": "Sat"}) is False
    assert open_hours.matches(taskrouter=morning | {"currentHour": "07"}) is False


@pytest.mark.feature(117)
def test_counts_of_workers() -> None:
    """skip_if reads the counts of the queue's workers, by availability and by activity."""
    activity = "WA" + "0" * 31 + "1"
    skip_if = compile_expression(f"workers.available == 0 OR workers.{activity} > 2", Place.SKIP_IF)

    assert skip_if.matches(workers={"available": 0, "unavailable": 4, activity: 1}) is True
    assert skip_if.matches(workers={"available": 1, "unavailable": 4, activity: 3}) is True
    assert skip_if.matches(workers={"available": 1, "unavailable": 4, activity: 2}) is False
    assert compile_expression("1==1", Place.SKIP_IF).matches() is True
