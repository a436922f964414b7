"""How an error shows its place."""

import pytest

from pointsman.engine.expressions import ExpressionError, Place, compile_expression


def refused(source: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, Place.QUEUE)
    return caught.value


@pytest.mark.feature(277)
def test_position_and_caret() -> None:
    """The message counts the position from 1, and the caret stands below it."""
    error = refused("skill-level > 3")

    assert str(error) == error.message
    assert error.message.endswith("rename the attribute, for instance with '_' (position 6).")
    assert error.source == "skill-level > 3"
    assert error.position == 5
    assert error.caret == "skill-level > 3\n     ^"


@pytest.mark.feature(277)
def test_lines() -> None:
    """In a text of several lines the message names the line, and the caret shows only that line."""
    error = refused("a == 1\n\tAND b = = 2\nOR c == 3")

    assert error.message.endswith("(line 2, position 10).")
    assert (error.line, error.column) == (2, 10)
    assert error.caret == " AND b = = 2\n         ^"


@pytest.mark.feature(277)
def test_long_line() -> None:
    """Of a long line the caret shows the surroundings of the place."""
    error = refused("a == 1 OR " * 100 + "b ! 2" + " OR a == 1" * 100)

    line, mark = error.caret.split("\n")
    assert len(line) == 72
    assert line[len(mark) - 1] == "!"


@pytest.mark.feature(277)
def test_end_of_last_line() -> None:
    """An error at the very end points behind the last character."""
    assert refused("a ==").caret == "a ==\n    ^"


@pytest.mark.feature(118)
def test_length_limit() -> None:
    """Longer expressions than allowed are refused before they are read."""
    with pytest.raises(ExpressionError, match="has 8 characters; at most 7 are allowed") as caught:
        compile_expression("abc == 1", Place.QUEUE, max_length=7)

    assert caught.value.position == 7
    assert compile_expression("abc == 1", Place.QUEUE, max_length=8)
