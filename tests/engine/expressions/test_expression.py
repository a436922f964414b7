"""What the engine can ask about an expression besides whether it matches."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.engine.expressions import Place, Reference, compile_expression
from tests.engine.expressions.trees import OPERATORS


def test_cached_and_equal() -> None:
    """The same text in the same place is compiled once; in another place it is another expression."""
    first = compile_expression("a == 1", Place.QUEUE)

    assert compile_expression("a == 1", Place.QUEUE) is first
    assert compile_expression("a == 1", Place.FILTER) != first
    assert repr(first) == "Expression(source='a == 1', place=<Place.QUEUE: 'queue'>)"


def test_references() -> None:
    """An expression knows every value it reads."""
    expression = compile_expression(
        "worker.a.b == task.c OR NOT (task.d[0] IN [1] AND taskrouter.dayOfWeek == 'Mon')",
        Place.TARGET,
    )

    assert expression.references == {
        Reference("worker", ("a", "b")),
        Reference("task", ("c",)),
        Reference("task", ("d", 0)),
        Reference("taskrouter", ("dayOfWeek",)),
    }
    assert expression.worker_paths == {("a", "b")}
    assert expression.task_paths == {("c",), ("d", 0)}


@pytest.mark.parametrize(
    ("source", "load", "time"),
    [
        ("worker.a == 1", False, False),
        ("worker.channel.voice.assigned_tasks == 0", True, False),
        ("task.channel.x == 1 AND task.priority > 1", False, False),
        ("task.age > 60", False, True),
        ("worker.age > 60 OR task.age.x == 1", False, False),
        ("taskrouter.currentHour > 8", False, True),
    ],
)
def test_what_it_depends_on(source: str, load: bool, time: bool) -> None:
    """An expression knows whether its answer may change with live work or as time passes."""
    expression = compile_expression(source, Place.TARGET)

    assert (expression.reads_load, expression.reads_time) == (load, time)


@pytest.mark.parametrize(
    ("source", "atoms"),
    [
        ("worker.a == 'x'", [(("a",), "equals", "x")]),
        ("task.t == worker.a.b", [(("a", "b"), "equals", "of task")]),
        ("worker.a HAS 'x' AND 1 = worker.b", [(("a",), "has", "x"), (("b",), "equals", 1)]),
        ("task.t IN worker.a", [(("a",), "has", "of task")]),
        ("worker.a HAS task.t AND (worker.b == true AND worker.c > 1)", [
            (("a",), "has", "of task"), (("b",), "equals", True)]),
        ("worker.a == taskrouter.t", [(("a",), "equals", "of taskrouter")]),
        ("worker.a IN ['x'] AND task.t HAS worker.a AND worker.a IN task.t", []),
        ("worker.a == worker.b AND worker.a HAS worker.b", []),
        ("worker.a == null AND worker.a == ['x'] AND worker.a HAS null", []),
        ("worker.a == 'x' OR worker.b == 'y'", []),
        ("NOT worker.a == 'x' AND worker.a != 'y'", []),
        ("worker.channel.voice.assigned_tasks == 0", []),
        ("task.t == 'x' AND 'x' == 'x'", []),
    ],
)  # fmt: skip
def test_atoms(source: str, atoms: list[tuple[tuple[str, ...], str, object]]) -> None:
    """The terms an index can look up are those that must hold and fix a worker's attribute."""
    found = compile_expression(source, Place.TARGET).atoms

    operands = [
        atom.operand(task={"t": "of task"}, taskrouter={"t": "of taskrouter"}) for atom in found
    ]
    assert [(a.path, a.kind, o) for a, o in zip(found, operands, strict=True)] == atoms


def test_atoms_in_a_queue() -> None:
    """A queue's terms are found without a prefix too."""
    (atom,) = compile_expression("languages HAS 'en' AND level > 1", Place.QUEUE).atoms

    assert (atom.path, atom.kind, atom.operand()) == (("languages",), "has", "en")
    assert atom.keys_of({"languages": ["en", "1", 1, None, ["x"], True]}) == {
        "en",
        1.0,
        ("boolean", True),
    }
    assert atom.keys_of({"languages": "en"}) == frozenset()


ALIKE = st.sampled_from(
    [1, "1", "01", "x", "", True, None, 2.5, "2.5", [], [1], ["", "x", "01"], {"a": 1}]
)
ONE_NAME = st.dictionaries(st.just("a"), ALIKE, max_size=1)
WORKER_TERMS = st.sampled_from(
    [
        "worker.a {} task.a",
        "task.a {} worker.a",
        "worker.a {} 1",
        "'x' {} worker.a",
        "worker.a {} true",
    ]
)
TERMS = st.builds(lambda term, operator: term.format(operator), WORKER_TERMS, OPERATORS)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(TERMS, min_size=1, max_size=2).map(" AND ".join), ONE_NAME, ONE_NAME)
def test_atoms_lose_nobody(source: str, worker: dict[str, object], task: dict[str, object]) -> None:
    """Whenever an expression matches, each of its atoms has the worker under the operand's key."""
    expression = compile_expression(source, Place.TARGET)

    if expression.matches(worker, task):
        assert all(atom.key(task) in atom.keys_of(worker) for atom in expression.atoms)
