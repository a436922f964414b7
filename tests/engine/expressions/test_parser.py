"""The grammar: precedence, keywords, layout, and the advice for what does not follow it."""

import pytest

from pointsman.engine.expressions import ExpressionError, Place, compile_expression
from pointsman.engine.expressions.parser import MAX_DEPTH, parse
from pointsman.engine.expressions.tree import (
    And,
    Comparison,
    ListLiteral,
    Literal,
    Node,
    Not,
    Operator,
    Or,
    Reference,
)


def is_one(name: str) -> Comparison:
    return Comparison(Operator.EQUAL, Reference("worker", (name,)), Literal(1))


A, B, C, D = map(is_one, "abcd")


@pytest.mark.feature(105)
@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("a==1 AND b==1 OR c==1 AND d==1", Or((And((A, B)), And((C, D))))),
        ("a==1 AND (b==1 OR c==1) AND d==1", And((A, Or((B, C)), D))),
        ("a==1 OR b==1 OR c==1", Or((A, B, C))),
        ("a==1 AND (b==1 AND (c==1 AND d==1))", And((A, B, C, D))),
        ("(a==1 OR b==1) OR c==1", Or((A, B, C))),
        ("NOT a==1 AND b==1", And((Not(A), B))),
        ("NOT (a==1 AND b==1)", Not(And((A, B)))),
        ("NOT a==1 OR NOT b==1", Or((Not(A), Not(B)))),
        ("NOT (NOT a==1)", Not(Not(A))),
        ("(((a==1)))", A),
    ],
)
def test_precedence(source: str, tree: Node) -> None:
    """NOT binds tighter than AND, and AND tighter than OR; parentheses come before all."""
    assert parse(source, Place.QUEUE) == tree


@pytest.mark.feature(104, 112, 113)
@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("a = 1", "a == 1"),
        ("a >- 'x'", "a HAS 'x'"),
        ("'x' <- a", "'x' IN a"),
        (
            "a has 'x' and b in ['y'] or not c not in [1]",
            "a HAS 'x' AND b IN ['y'] OR NOT c NOT IN [1]",
        ),
        ("a Contains 'x'", "a CONTAINS 'x'"),
        ("a == TRUE AND b == False AND c != Null", "a == true AND b == false AND c != null"),
        ("\n  a\t==\r\n 1\n\nAND\nb == 1\n", "a == 1 AND b == 1"),
        ("a==1AND b==1", "a == 1 AND b == 1"),
        ("a . b [ 0 ] == 1", "a.b[0] == 1"),
        ("worker.a == 1", "a == 1"),
        ("a == \"x\" AND b == 'y'", "a == 'x' AND b == \"y\""),
        ("a IN [ 1 , 'x' , null ]", "a IN [1,'x',null]"),
        ("a IN [007]", "a IN [7]"),
        ("a NOT\nIN []", "a not in []"),
        ("a == 0800", "a == 800"),
        ("a>-5", "a > -5"),
        ("a <-5", "a < -5"),
        ("a >= -5 AND a != -5", "a>=-5 AND a!=-5"),
    ],
)
def test_same_meaning(source: str, same: str) -> None:
    """Spellings, letter case of keywords, quote styles and layout make no difference."""
    assert parse(source, Place.QUEUE) == parse(same, Place.QUEUE)


@pytest.mark.feature(107)
def test_lists() -> None:
    """A list holds any scalars, also none."""
    assert parse("a IN ['x', 1, -2.5, true, false, null]", Place.QUEUE) == Comparison(
        Operator.IN, Reference("worker", ("a",)), ListLiteral(("x", 1, -2.5, True, False, None))
    )
    assert parse("a IN []", Place.QUEUE) == Comparison(
        Operator.IN, Reference("worker", ("a",)), ListLiteral(())
    )


@pytest.mark.feature(109)
@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("a", ("a",)),
        ("_a$1.b", ("_a$1", "b")),
        ("$", ("$",)),
        ("routing.skills", ("routing", "skills")),
        ("object.array[2]", ("object", "array", 2)),
        ("a[0][1].b", ("a", 0, 1, "b")),
        ("größe.null.has", ("größe", "null", "has")),
        ("ünïcode9", ("ünïcode9",)),
    ],
)
def test_references(written: str, path: tuple[str | int, ...]) -> None:
    """A reference is a name with members and indexes; after a dot also a keyword is a name."""
    assert compile_expression(f"{written} == 1", Place.QUEUE).worker_paths == {path}


@pytest.mark.feature(110)
def test_true_is_not_one() -> None:
    """The literals true and 1 are different, as are false and 0."""
    assert Literal(True) != Literal(1) and Literal(False) != Literal(0) and Literal(1) != 1
    assert len({Literal(True), Literal(1), Literal(1.0)}) == 2


@pytest.mark.feature(58, 118, 277)
@pytest.mark.parametrize(
    ("source", "position", "sentence"),
    [
        ("", 0, "The expression is empty; write a comparison such as level >= 3"),
        (" \n ", 3, "The expression is empty; write a comparison such as level >= 3"),
        ("vip", 0, "A comparison is required; write for instance vip == true"),
        ("a == 1 AND (vip) ", 12, "A comparison is required; write for instance vip == true"),
        ("NOT vip OR a == 1", 4, "A comparison is required; write for instance vip == true"),
        ("(a) == 1", 1, "A comparison is required; write for instance a == true"),
        ("a 1", 2, "An operator (==, !=, <, <=, >, >=, CONTAINS, HAS, IN or NOT IN) is expected"),
        ("a LIKE 'x'", 2, "An operator (==, !=, <, <=, >, >=, CONTAINS, HAS, IN or NOT IN) is"),
        ("a == ", 5, "A value is expected here but the expression ends"),
        ("a ==) ", 4, "A value is expected here instead of ')'"),
        ("a == AND b", 5, "A value is expected here, but AND is a keyword"),
        ("not == 1", 4, "A value is expected here instead of '=='"),
        ("a == (1)", 5, "A value is expected here instead of '('"),
        ("a NOT == 1", 6, "IN is expected after NOT here, as in x NOT IN list"),
        ("NOT NOT a == 1", 4, "A value is expected here, but NOT is a keyword"),
        ("a == 1 b == 2", 7, "AND, OR or the end is expected here instead of b"),
        ("a == b == c", 7, "AND, OR or the end is expected here instead of '=='"),
        ("a == 1.2.3", 8, "AND, OR or the end is expected here instead of '.'"),
        ("(a == 1", 0, "The '(' that opens here is never closed"),
        ("(a == 1]", 7, "AND, OR or the end is expected here instead of ']'"),
        ("(a == 1))", 8, "This ')' closes nothing"),
        ("a == 1)", 6, "This ')' closes nothing"),
        ("a IN [1, 2", 5, "The '[' that opens here is never closed"),
        ("a IN [1 2]", 8, "A ',' or ']' is expected here instead of 2"),
        ("a IN [1,]", 8, "A string, number, true, false or null is expected here instead of ']'"),
        ("a IN [b]", 6, "A string, number, true, false or null is expected here instead of b"),
        ("a IN [[1]]", 6, "A string, number, true, false or null is expected here instead of '['"),
        ("a IN [", 6, "A string, number, true, false or null is expected here but the expression"),
        ("a. == 1", 3, "A name is expected here instead of '=='"),
        ("a.0 == 1", 2, "A name is expected here instead of 0"),
        ("a[b] == 1", 2, "An index is a whole number from 0, such as [0]"),
        ("a[", 2, "An index is a whole number from 0, such as [0]"),
        ("a[-1] == 1", 2, "An index is a whole number from 0, such as [0]"),
        ("a[1.0] == 1", 2, "An index is a whole number from 0, such as [0]"),
        ("a[1234567890] == 1", 2, "An index may have at most 9 digits"),
        ("a[0 == 1", 4, "The ']' of the index is expected here instead of '=='"),
        ("(" * 101 + "a == 1" + ")" * 101, 100, "Parentheses may be nested at most 100 deep"),
        ("x == 1 'long text " + "g" * 99 + "'", 7, "AND, OR or the end is expected here instead"),
    ],
)
def test_refusals(source: str, position: int, sentence: str) -> None:
    """What does not follow the grammar is pointed at, with a sentence that says what to mend."""
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, Place.QUEUE)

    assert caught.value.message.startswith(sentence)
    assert caught.value.position == position
    assert len(caught.value.message) < 200


def test_depth_counts_open_parentheses_only() -> None:
    """Parentheses beside each other do not count as nested."""
    assert parse(" OR ".join(["(a == 1)"] * (MAX_DEPTH + 5)), Place.QUEUE)
