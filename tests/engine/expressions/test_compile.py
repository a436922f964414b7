"""Compiled code decides as the interpreter does, and nothing that a user writes becomes code."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.engine.expressions import MAX_LENGTH, Place, compile_expression, index_key
from pointsman.engine.expressions.compile import python_source
from pointsman.engine.expressions.interpret import interpret
from pointsman.engine.expressions.meaning import MEANING, equal
from pointsman.engine.expressions.parser import MAX_DEPTH
from tests.engine.expressions.trees import ATTRIBUTES, EXPRESSIONS, VALUES

ROOT_NAMES = {"worker", "task", "workers", "taskrouter"}
LOCAL_NAMES = {"v", "t", "a", "b", "EMPTY", "resolve", "type", "len"}
TYPE_NAMES = {"dict", "float", "int", "list", "str"}


@pytest.mark.feature(103, 105, 106, 107, 108, 109, 110, 111)
@settings(max_examples=600, deadline=None)
@given(EXPRESSIONS, st.sampled_from(Place), st.tuples(*[ATTRIBUTES] * 4))
def test_compiled_equals_interpreted(
    source: str, place: Place, roots: tuple[dict[str, object], ...]
) -> None:
    """Compiled code decides every expression over every document as the interpreter does."""
    worker, task, workers, taskrouter = roots
    expression = compile_expression(source, place)

    decision = expression.matches(worker, task, workers, taskrouter)

    expected = interpret(expression.tree)(
        {"worker": worker, "task": task, "workers": workers, "taskrouter": taskrouter}
    )
    assert decision is expected


@settings(max_examples=600, deadline=None)
@given(VALUES, VALUES)
def test_equal_values_have_equal_keys(left: object, right: object) -> None:
    """Values that are equal in the language have the same index key, so no index loses a worker."""
    if equal(left, right):
        assert index_key(left) == index_key(right)


@settings(max_examples=300, deadline=None)
@given(VALUES, VALUES)
def test_no_operator_raises(left: object, right: object) -> None:
    """Every operator gives a boolean for any two JSON values."""
    assert {type(decide(left, right)) for decide in MEANING.values()} == {bool}


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, st.sampled_from(Place))
def test_only_known_names_in_code(source: str, place: Place) -> None:
    """Generated code names the roots, our functions and constants, and calls only `get` on values."""
    code, constants = python_source(compile_expression(source, place).tree)
    functions = {function.__name__ for function in MEANING.values()}
    known = ROOT_NAMES | LOCAL_NAMES | TYPE_NAMES | functions | set(constants)

    nodes = list(ast.walk(ast.parse(code)))

    assert {node.id for node in nodes if isinstance(node, ast.Name)} <= known
    assert {node.attr for node in nodes if isinstance(node, ast.Attribute)} <= {"get"}


HOSTILE = [
    "' or __import__('os').abort() or '",
    '"); raise SystemExit(1) #',
    "\\",
    "\\'",
    "a\nb\r\tc",
    "{0} %s {x!r}",
    "\x00\x1b\u2028\U0001f600",
    "'''\"\"\"",
]


@pytest.mark.feature(118)
@pytest.mark.parametrize("text", HOSTILE)
def test_strings_stay_strings(text: str) -> None:
    """A string with quotes, newlines and backslashes equals itself and is never run."""
    written = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    for source in (
        f"x == {written}",
        f"x IN [{written}]",
        f"y HAS {written}",
        f"x CONTAINS {written}",
    ):
        expression = compile_expression(source, Place.QUEUE)
        assert expression.matches({"x": text, "y": [text]}) is True
        assert expression.matches({"x": "other", "y": ["other"]}) is False


@pytest.mark.feature(118)
@pytest.mark.parametrize(
    "name",
    ["__class__", "__import__", "None", "lambda", "def", "v", "t", "EMPTY", "resolve", "get"],
)
def test_names_stay_names(name: str) -> None:
    """An attribute called like something in Python is an attribute and nothing else."""
    deep = f"worker.{name}.{name}"

    assert compile_expression(f"worker.{name} == 1", Place.QUEUE).matches({name: 1}) is True
    assert compile_expression(f"worker.{name} == null", Place.QUEUE).matches({}) is True
    assert compile_expression(f"{deep} == 1", Place.QUEUE).matches({name: {name: 1}}) is True
    assert compile_expression(f"{deep} == null", Place.QUEUE).matches({name: 1}) is True


@pytest.mark.feature(118)
def test_deepest_nesting() -> None:
    """The deepest nesting allowed compiles and runs, whatever stands at its bottom."""
    inner = "NOT (" * MAX_DEPTH + "worker.a.b.c.d.e.f == worker.f.e.d.c.b.a" + ")" * MAX_DEPTH
    ladder = "a == 1"
    for level in range(MAX_DEPTH):
        ladder = f"({ladder} {('AND', 'OR')[level % 2]} worker.a.b.c.d.e.f IN [1, 'x'])"

    assert compile_expression(inner, Place.QUEUE).matches({}) is True
    assert compile_expression(ladder, Place.QUEUE).matches({"a": 1}) is False


@pytest.mark.feature(118)
@pytest.mark.parametrize(
    "source",
    [
        " OR ".join(["a == 1"] * 6_000),
        "x.x" + ".x" * 30_000 + " == 1",
        "x" + "[0]" * 20_000 + " == 1",
        "x IN [" + ", ".join(["'a'"] * 13_000) + "]",
        "x IN [" + ", ".join(["1"] * 20_000) + "]",
        "x == '" + "\\n" * 30_000 + "'",
        "y" * 60_000 + " == 1",
    ],
    ids=["terms", "members", "indexes", "texts", "numbers", "escapes", "name"],
)
def test_largest_expressions(source: str) -> None:
    """Expressions up to the limit of length compile and run."""
    assert len(source) <= MAX_LENGTH
    assert compile_expression(source, Place.QUEUE).matches({"x": "c"}) is False


def test_worker_may_be_absent() -> None:
    """Where there is no worker, his attributes are NULL."""
    assert compile_expression("worker.a == null", Place.TARGET).matches(None) is True
    assert compile_expression("task.a == 1", Place.TARGET).matches(None, {"a": 1}) is True
