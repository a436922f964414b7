"""Any text at all is either an expression or an ExpressionError."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.engine.expressions import (
    ExpressionError,
    Place,
    compile_expression,
    parse_order_by,
)
from tests.engine.expressions.trees import EXPRESSIONS

# Pieces that are nearly right get further into the parser than characters drawn at random.
WORDS = (
    "a worker . , [ ] ( ) 0 -1 1.5 'x' \" ' \\ == = != < > >- <- ! && AND or NOT in HAS null true"
    " DESC asc task.b é 💥 - + # \x00 \ud800 \\u12 '\\ud800' '\\x'"
)
PIECES = st.lists(st.sampled_from(["\n", *WORDS.split()]), max_size=12)
TEXTS = st.one_of(
    st.text(max_size=60),
    PIECES.map(" ".join),
    PIECES.map("".join),
    EXPRESSIONS.map(lambda e: e[1:]),
)


def _check(error: ExpressionError, source: str) -> None:
    line, mark = error.caret.split("\n")
    assert 0 <= error.position <= len(source)
    assert error.source == source
    assert str(error) == error.message
    assert error.message.endswith(").") and "position " in error.message
    assert mark.endswith("^") and len(mark) <= len(line) + 1


@pytest.mark.feature(118, 277)
@settings(max_examples=1_500, deadline=None)
@given(TEXTS, st.sampled_from(Place))
def test_any_text(source: str, place: Place) -> None:
    """No text raises anything but ExpressionError, and that one always shows the place."""
    try:
        compile_expression(source, place)
    except ExpressionError as error:
        _check(error, source)


@pytest.mark.feature(118, 277)
@settings(max_examples=500, deadline=None)
@given(st.one_of(TEXTS, PIECES.map(lambda pieces: "worker.a " + " ".join(pieces))))
def test_any_order(source: str) -> None:
    """No text given as order_by raises anything but ExpressionError."""
    try:
        parse_order_by(source)
    except ExpressionError as error:
        _check(error, source)
