"""Classes of workers against asking each worker anew."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.expressions import Place, compile_expression
from pointsman.engine.indexes.roster import Roster
from pointsman.engine.names import worker_names
from pointsman.engine.records import Activity, TaskOrder, TaskQueue, Worker

RULES = (
    "1 == 1",
    'skills HAS "en"',
    "level >= 2",
    'team == "a" OR level == 1',
    "team == 'b' AND skills HAS 'es'",
    "channel.voice.assigned_tasks == 0",
    "",
)
ACTIVITIES = tuple(Activity(f"WA{n}", f"activity {n}", n > 0, 0, 0) for n in range(3))
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "skills": st.lists(st.sampled_from(["en", "es"]), max_size=2),
        "level": st.sampled_from([1, 2, "2", None]),
        "team": st.sampled_from(["a", "b"]),
    },
)
STEP = st.one_of(
    st.tuples(
        st.just("worker"), st.integers(0, 5), st.one_of(st.none(), ATTRIBUTES), st.integers(0, 2)
    ),
    st.tuples(st.just("queue"), st.integers(0, 3), st.one_of(st.none(), st.sampled_from(RULES))),
)


class Everybody:
    """A roster, and the workers and queues it should know."""

    def __init__(self) -> None:
        self.roster = Roster()
        self.workers: dict[str, Worker] = {}
        self.queues: dict[str, TaskQueue] = {}

    def put_worker(self, number: int, attributes: dict[str, Any] | None, activity: int) -> None:
        sid = f"WK{number}"
        if attributes is None:
            if self.workers.pop(sid, None) is not None:
                self.roster.remove_worker(sid)
            return
        text = json.dumps(attributes)
        worker = Worker(sid, sid, text, ACTIVITIES[activity].sid, 0, 0, 0)
        self.workers[sid] = worker
        self.roster.put_worker(worker, ACTIVITIES[activity])

    def put_queue(self, number: int, rule: str | None) -> None:
        sid = f"WQ{number}"
        if rule is None:
            if self.queues.pop(sid, None) is not None:
                self.roster.remove_queue(sid)
            return
        queue = self.queues[sid] = TaskQueue(sid, sid, rule, 1, TaskOrder.FIFO, 0, 0)
        missing = self.roster.put_queue(queue)
        if missing:
            people = [(w, ACTIVITIES[int(w.activity_sid[2:])]) for w in self.workers.values()]
            self.roster.widen(missing, people)
            assert self.roster.put_queue(queue) == set()

    def members(self, queue_sid: str) -> set[str]:
        """Who is in the queue, asked one by one; a rule that reads load may admit anybody."""
        text = self.queues[queue_sid].target_workers
        if not text:
            return set()
        rule = compile_expression(text, Place.QUEUE)
        return {
            sid
            for sid, worker in self.workers.items()
            if rule.reads_load
            or rule.matches(worker_names(worker, ACTIVITIES[int(worker.activity_sid[2:])]))
        }


@pytest.mark.feature(57)
@given(st.lists(STEP, max_size=60))
def test_classes_hold_who_each_queue_asks_for(steps: list[tuple[Any, ...]]) -> None:
    """Members and counts by activity of every queue are those of asking each worker."""
    everybody = Everybody()
    for kind, *rest in steps:
        getattr(everybody, f"put_{kind}")(*rest)
    roster = everybody.roster
    for queue_sid in everybody.queues:
        wanted = everybody.members(queue_sid)
        found = {sid for sid, cls in roster.class_of.items() if queue_sid in cls.queues}
        by_class = {sid for cls in roster.by_queue[queue_sid] for sid in cls.members}
        counts = Counter(everybody.workers[sid].activity_sid for sid in wanted)
        assert found == by_class == wanted
        assert +roster.activity_counts(queue_sid) == counts
        loaded = "channel." in everybody.queues[queue_sid].target_workers
        assert (queue_sid in roster.loaded_queues) == loaded
    assert {sid for cls in roster.classes() for sid in cls.members} == set(everybody.workers)


@given(st.lists(ATTRIBUTES, min_size=1, max_size=6), st.sampled_from([1, 2, "a", "en", None, [1]]))
def test_an_atom_finds_every_class_that_could_hold(
    attributes: list[dict[str, Any]], value: object
) -> None:
    """Looking a value up leaves out nobody for whom the comparison holds."""
    everybody = Everybody()
    everybody.put_queue(0, "level == 1 AND skills HAS 'en' AND team == 'a'")
    for number, one in enumerate(attributes):
        everybody.put_worker(number, one, 0)
    for text in ("worker.level == task.x", "worker.skills HAS task.x", "task.x == worker.team"):
        expression = compile_expression(text, Place.TARGET)
        (atom,) = expression.atoms
        found = everybody.roster.with_value(atom, atom.operand({"x": value}))
        for cls in everybody.roster.classes():
            if expression.matches(cls.names, {"x": value}):
                assert found is None or cls in found


def test_a_class_is_found_by_values_that_come_later() -> None:
    """A worker who comes after a value was looked up is found by it, and not when he is gone."""
    everybody = Everybody()
    everybody.put_queue(0, "team == 'a'")
    atom = compile_expression("worker.team == task.x", Place.TARGET).atoms[0]
    assert everybody.roster.with_value(atom, "b") == {}
    everybody.put_worker(1, {"team": "b"}, 0)

    found = everybody.roster.with_value(atom, "b")

    assert found is not None and len(found) == 1
    everybody.put_worker(1, None, 0)
    assert everybody.roster.with_value(atom, "b") == {}


def test_what_the_signature_lacks() -> None:
    """Paths that no expression reads so far are missing; load is never part of the signature."""
    everybody = Everybody()
    everybody.put_queue(0, "level == 1")
    wanted = compile_expression(
        "worker.level == 1 AND worker.team == 'a' AND worker.channel.voice.assigned_tasks == 0",
        Place.TARGET,
    )

    assert everybody.roster.missing_paths(wanted) == {("team",)}
    assert everybody.roster.missing_paths(None) == set()
    assert everybody.roster.lacks([("level",), ("rank",)]) == {("rank",)}
