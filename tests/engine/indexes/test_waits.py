"""Counted waits against counting anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.indexes.waits import Waits
from pointsman.engine.records import Target, Task, TaskStatus, replace
from tests.store.builders import a_task

STEPS = st.tuples(
    st.integers(1, 12),
    st.integers(1, 3),
    st.integers(0, 50),
    st.one_of(st.none(), st.sampled_from(list(TaskStatus))),
)


@given(st.lists(STEPS, max_size=80))
def test_waits_are_those_of_a_recount(
    steps: list[tuple[int, int, int, TaskStatus | None]],
) -> None:
    """However tasks come, move and go, each queue tells how many wait in it and since when."""
    waits, plain = Waits(), dict[int, Task]()
    for number, queue, created, status in steps:
        after = None
        if status is not None:
            target = Target(queue_sid=f"WQ{queue}")
            made = replace(a_task(number), date_created=created, target=target)
            after = replace(made, assignment_status=status)
        waits.change(plain.pop(number, None), after)
        if after is not None:
            plain[number] = after

    told = {queue: (count, since) for queue, count, since in waits.of_queues()}
    for queue_sid in ("WQ1", "WQ2", "WQ3"):
        here = [
            task.date_created
            for task in plain.values()
            if task.target.queue_sid == queue_sid and task.assignment_status is TaskStatus.PENDING
        ]
        assert told.get(queue_sid, (0, None)) == (len(here), min(here, default=None))


def test_a_queue_that_is_gone_is_told_no_more() -> None:
    """A deleted queue leaves nothing behind, whether or not anything ever waited in it."""
    waits, task = Waits(), a_task()
    waits.change(None, task)
    waits.change(task, None)
    waits.drop_queue(task.target.queue_sid)
    waits.drop_queue("WQ9")

    assert list(waits.of_queues()) == []
