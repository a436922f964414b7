"""Why an expression holds or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.expressions import Place, compile_expression, judge
from pointsman.engine.expressions.parser import parse
from pointsman.engine.expressions.reasons import written_tree
from tests.engine.expressions.trees import ATTRIBUTES, EXPRESSIONS


@pytest.mark.feature(264, partly=True)
def test_failing_terms() -> None:
    """Of a conjunction exactly the terms that are false are named, with the values that were read."""
    expression = compile_expression(
        'skills HAS "sales" AND worker.level >= 3 AND (region == "north" OR region == "west")',
        Place.QUEUE,
    )
    found = judge(expression, worker={"skills": ["sales"], "level": 2, "region": "south"})

    assert not found.holds
    assert found.failing == ("level >= 3", 'region == "north" OR region == "west"')
    assert found.values == {"skills": ["sales"], "level": 2, "region": "south"}


@pytest.mark.feature(264, partly=True)
@pytest.mark.parametrize("place", list(Place))
@given(EXPRESSIONS, ATTRIBUTES, ATTRIBUTES)
def test_a_judgement_is_the_answer(
    place: Place, source: str, worker: dict[str, object], task: dict[str, object]
) -> None:
    """A judgement says what matching says, and what does not hold has a term that fails alone."""
    expression = compile_expression(source, place)
    found = judge(expression, worker=worker, task=task)

    assert found.holds is expression.matches(worker, task)
    assert found.holds is not bool(found.failing)
    for term in found.failing:
        assert not judge(compile_expression(term, place), worker=worker, task=task).holds


@given(EXPRESSIONS, st.sampled_from(Place))
def test_written_trees_read_the_same(source: str, place: Place) -> None:
    """A tree that is written out and read again is the same tree."""
    tree = parse(source, place)

    assert parse(written_tree(tree, place), place) == tree


def test_names_that_need_their_prefix() -> None:
    """A name that would mean something else without its prefix keeps it; any other loses it."""
    for source, written in [
        ("worker.level > 1", "level > 1"),
        ("worker.worker.level > 1", "worker.worker.level > 1"),
        ("worker.in == 1", "worker.in == 1"),
        ("NOT (vip == true)", "NOT vip == true"),
        ("agent != null", "agent != null"),
        ("a.b[2].c == 'x\"y'", 'a.b[2].c == "x\\"y"'),
    ]:
        assert written_tree(parse(source, Place.QUEUE), Place.QUEUE) == written
