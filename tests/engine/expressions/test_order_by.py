"""The list of clauses that order workers."""

import pytest

from pointsman.engine.expressions import ExpressionError, OrderClause, parse_order_by


@pytest.mark.parametrize(
    ("source", "clauses"),
    [
        ("worker.level", [(("level",), False)]),
        ("worker.level DESC", [(("level",), True)]),
        ("worker.level asc", [(("level",), False)]),
        ("worker.a.b[0] Desc,\n worker.c", [(("a", "b", 0), True), (("c",), False)]),
        ("worker.desc DESC, worker.asc ASC", [(("desc",), True), (("asc",), False)]),
    ],
)
def test_clauses(source: str, clauses: list[tuple[tuple[str | int, ...], bool]]) -> None:
    """Each clause has a path below `worker.` and a direction, ascending unless it says DESC."""
    expected = tuple(OrderClause(path, descending) for path, descending in clauses)

    assert parse_order_by(source) == expected


@pytest.mark.feature(277)
@pytest.mark.parametrize(
    ("source", "position", "sentence"),
    [
        ("", 0, "A worker's attribute is expected, such as worker.level DESC"),
        ("level DESC", 0, "A worker's attribute is expected, such as worker.level DESC"),
        ("worker", 0, "A worker's attribute is expected, such as worker.level DESC"),
        ("worker[0]", 0, "A worker's attribute is expected, such as worker.level DESC"),
        ("worker.a,", 9, "A worker's attribute is expected, such as worker.level DESC"),
        ("worker.a, task.b", 10, "A worker's attribute is expected, such as worker.level DESC"),
        ("5", 0, "A worker's attribute is expected, such as worker.level DESC"),
        ("worker.a DOWN", 9, "ASC, DESC, ',' or the end is expected here instead of DOWN"),
        ("worker.a ASC DESC", 13, "ASC, DESC, ',' or the end is expected here instead of DESC"),
        ("worker.a-1", 8, "'-' is not allowed in names, so 'a-…' cannot be read"),
        ("worker.a-b", 8, "'-' is not allowed in names, so 'a-…' cannot be read"),
    ],
)
def test_refusals(source: str, position: int, sentence: str) -> None:
    """Anything else is refused with the place and what is expected there."""
    with pytest.raises(ExpressionError) as caught:
        parse_order_by(source)

    assert caught.value.message.startswith(sentence)
    assert caught.value.position == position
