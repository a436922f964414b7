"""The page on expressions says what is true."""

import json
import re
from pathlib import Path

import pytest

from pointsman.engine.expressions import (
    MAX_LENGTH,
    ExpressionError,
    Place,
    compile_expression,
    parse_order_by,
)
from pointsman.engine.expressions.meaning import MOST_DIGITS
from pointsman.engine.expressions.parser import MAX_DEPTH
from pointsman.engine.expressions.tree import Operator

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+)` \| `(.+)` \| (true|false) \|$", PAGE, re.MULTILINE)
MISTAKES = re.findall(r"```text\n((.+)\n *\^)\n(.+)\n```", PAGE)


@pytest.mark.feature(103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113)
@pytest.mark.parametrize(("source", "attributes", "result"), ROWS)
def test_examples(source: str, attributes: str, result: str) -> None:
    """Each example of the page gives the result it states, for workers and for tasks."""
    document = json.loads(attributes)

    assert compile_expression(source, Place.QUEUE).matches(document) is (result == "true")
    assert compile_expression(source, Place.FILTER).matches(task=document) is (result == "true")


@pytest.mark.feature(277)
@pytest.mark.parametrize(("caret", "source", "message"), MISTAKES)
def test_mistakes(caret: str, source: str, message: str) -> None:
    """Each mistake of the page is refused with the caret and the sentence it shows."""
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, Place.QUEUE)

    assert (caught.value.caret, caught.value.message) == (caret, message)


def test_page_is_whole() -> None:
    """The page has examples and mistakes, names every operator and states every limit."""
    assert len(ROWS) > 30 and len(MISTAKES) == 4
    assert all(f"`{operator}`" in PAGE for operator in Operator)
    assert f"{MAX_LENGTH:,} characters, {MAX_DEPTH} parentheses" in PAGE
    assert f"{MOST_DIGITS} digits" in PAGE


def test_expressions_in_the_text() -> None:
    """The expressions that the text mentions can be read in their places."""
    for place, source in [
        (Place.QUEUE, '(languages HAS "en" AND level >= 3) OR vip == true'),
        (Place.TARGET, "task.language IN worker.languages AND task.region == worker.region"),
        (Place.FILTER, "taskrouter.currentHour >= 8 AND taskrouter.currentHour < 18"),
    ]:
        assert source in PAGE
        assert compile_expression(source, place)
    assert "`worker.level DESC, worker.routing.cost`" in PAGE
    assert len(parse_order_by("worker.level DESC, worker.routing.cost")) == 2
