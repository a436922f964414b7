"""Every operator on every pair of kinds of values, against tables written by hand."""

import math

import pytest

from pointsman.engine.expressions import Place, compile_expression, index_key, resolve
from pointsman.engine.expressions.interpret import interpret
from pointsman.engine.expressions.meaning import MEANING, to_number, to_text
from pointsman.engine.expressions.tree import Operator

# Each value under the text that writes it as a literal; an object cannot be written.
VALUES: dict[str, object] = {
    "null": None,
    "true": True,
    "false": False,
    "1": 1,
    "1.00": 1.0,
    "2": 2,
    "'1'": "1",
    "'01'": "01",
    "'2'": "2",
    "'a'": "a",
    "'b'": "b",
    "'true'": "true",
    "[1]": [1],
    "['a', 'b']": ["a", "b"],
    "object": {"a": 1},
}
ONES = ("1", "1.00", "'1'", "'01'")
TWOS = ("2", "'2'")
TEXTS = ("'a'", "'b'", "'true'")
LISTS = ("[1]", "['a', 'b']")
SCALARS = tuple(label for label in VALUES if label not in (*LISTS, "object"))


def _pairs(lefts: tuple[str, ...], rights: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(left, right) for left in lefts for right in rights}


EQUAL = (
    {(label, label) for label in SCALARS}
    | _pairs(("1", "1.00"), ONES)
    | _pairs(ONES, ("1", "1.00"))
    | _pairs(("2",), TWOS)
    | _pairs(TWOS, ("2",))
)
LESS = _pairs(ONES, TWOS) | {("'a'", "'b'"), ("'a'", "'true'"), ("'b'", "'true'")}
SAME_RANK = _pairs(ONES, ONES) | _pairs(TWOS, TWOS) | {(label, label) for label in TEXTS}
HAS = _pairs(("[1]",), ONES) | _pairs(("['a', 'b']",), ("'a'", "'b'"))
TRUE_FOR = {
    Operator.EQUAL: EQUAL,
    Operator.NOT_EQUAL: _pairs((*SCALARS, "object"), (*SCALARS, "object")) - EQUAL,
    Operator.LESS: LESS,
    Operator.LESS_OR_EQUAL: LESS | SAME_RANK,
    Operator.GREATER: {(right, left) for left, right in LESS},
    Operator.GREATER_OR_EQUAL: {(right, left) for left, right in LESS} | SAME_RANK,
    Operator.CONTAINS: {(label, label) for label in (*TEXTS, *TWOS)}
    | _pairs(ONES, ("1", "1.00", "'1'"))
    | _pairs(TWOS, TWOS)
    | {("'01'", "'01'")},
    Operator.HAS: HAS,
    Operator.IN: {(right, left) for left, right in HAS},
    Operator.NOT_IN: _pairs((*SCALARS, "object"), LISTS) - {(right, left) for left, right in HAS},
}


def _decisions(left: str, operator: Operator, right: str) -> dict[str, bool]:
    """What every way to write the comparison decides, compiled and interpreted."""
    sides = {"x": VALUES[left], "y": VALUES[right]}
    forms = [f"x {operator} y"]
    if right != "object":
        forms.append(f"x {operator} {right}")
    if left != "object":
        forms.append(f"{left} {operator} y")
    if "object" not in (left, right):
        forms.append(f"{left} {operator} {right}")
    decisions = {}
    for form in forms:
        if operator is Operator.NOT_EQUAL and "null" in form:
            continue  # a question of presence: test_presence
        expression = compile_expression(form, Place.QUEUE)
        decisions[f"compiled {form}"] = expression.matches(sides)
        decisions[f"interpreted {form}"] = interpret(expression.tree)({"worker": sides})
    return decisions


@pytest.mark.feature(103, 104, 106, 107, 108, 110, 111)
@pytest.mark.parametrize("operator", Operator)
def test_every_pair(operator: Operator) -> None:
    """Every operator decides every pair of values as the table says, however it is written."""
    for left in VALUES:
        for right in VALUES:
            expected = (left, right) in TRUE_FOR[operator]

            for form, decision in _decisions(left, operator, right).items():
                assert (form, decision) == (form, expected)


@pytest.mark.feature(110)
@pytest.mark.parametrize("label", VALUES)
def test_presence(label: str) -> None:
    """`x == null` holds exactly when x is missing or null, and `x != null` exactly when not."""
    worker = {"x": VALUES[label]}

    assert compile_expression("x == null", Place.QUEUE).matches(worker) is (label == "null")
    assert compile_expression("null = x", Place.QUEUE).matches(worker) is (label == "null")
    assert compile_expression("x != null", Place.QUEUE).matches(worker) is (label != "null")
    assert compile_expression("null != x", Place.QUEUE).matches(worker) is (label != "null")


WORKER = {
    "name": "Ada",
    "empty": None,
    "level": "6",
    "hour": "08",
    "count": 10**40,
    "tiny": 1e-7,
    "half": 0.5,
    "not_a_number": math.nan,
    "endless": math.inf,
    "languages": ["en", "es", None, True, 3],
    "nested": {"a": [10, {"b": "deep"}, ["c"]]},
}


@pytest.mark.feature(103, 106, 107, 108, 109, 110, 111)
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("level > 5", True),
        ("level > 6", False),
        ("level >= 6 AND level <= 6.0", True),
        ("hour == 8", True),
        ("hour == '8'", False),
        ("hour >= '8' AND hour <= '8'", True),
        ("name == 'ada'", False),
        ("name < 'Bob' AND name > '1'", False),
        ("name < 'Bob'", True),
        ("missing != 'apple'", True),
        ("missing == 'apple'", False),
        ("missing < 1 OR missing > 1 OR missing <= 1 OR missing >= 1", False),
        ("missing CONTAINS '' OR missing HAS 1 OR missing IN [1, null]", False),
        ("missing NOT IN [1]", True),
        ("missing NOT IN [null]", True),
        ("missing NOT IN []", True),
        ("name IN missing OR name NOT IN missing", False),
        ("name IN name OR name NOT IN name OR name HAS 'Ada'", False),
        ("missing == empty", True),
        ("missing != languages", False),
        ("languages != null AND nested != null", True),
        ("nested == nested OR languages == languages", False),
        ("nested != nested", True),
        ("languages != 'en'", False),
        ("languages HAS 'en' AND languages HAS 3 AND languages HAS '3.0'", True),
        ("languages HAS true", True),
        ("languages HAS 1 OR languages HAS false OR languages HAS null", False),
        ("'es' IN languages", True),
        ("'fr' NOT IN languages", True),
        ("'es' NOT IN languages OR null IN languages", False),
        ("languages NOT IN ['a'] OR languages NOT IN [1]", False),
        ("nested NOT IN ['a'] AND nested NOT IN [1]", True),
        ("level IN [1, 6]", True),
        ("level NOT IN [1, 6]", False),
        ("name IN ['Ada', 'Bob'] AND name NOT IN ['Cy']", True),
        ("1 IN ['1'] AND '1' IN [1] AND 1.0 IN [1]", True),
        ("name CONTAINS 'd' AND name CONTAINS ''", True),
        ("name CONTAINS 'a '", False),
        ("count CONTAINS '000' AND count CONTAINS 10", True),
        ("half CONTAINS '.' AND half CONTAINS 0.5 AND tiny CONTAINS '0.0000001'", True),
        ("true CONTAINS 'r' OR 'true' CONTAINS true", False),
        ("count > 9 AND count == 10000000000000000000000000000000000000000", True),
        ("not_a_number == not_a_number OR not_a_number < 1", False),
        ("endless > count AND endless == endless", True),
        ("nested.a[0] == 10 AND nested.a[1].b == 'deep' AND nested.a[2][0] == 'c'", True),
        ("nested.a[3] == null AND nested.a[1].c == null AND nested.b.c.d == null", True),
        ("nested[0] == null AND name.length == null AND nested.a.b == null", True),
        ("1 == 1.00 AND 0800 == 800 AND -1.5 < -1", True),
        ("nan == 'nan' OR 'nan' < 1 OR 'inf' > 1 OR '1e3' == 1000 OR ' 1' == 1", False),
        ("'1_000' == 1000 OR '٣' == 3 OR '+1' == 1 OR '1.' == 1 OR '.5' == 0.5", False),
    ],
)
def test_meaning(source: str, expected: bool) -> None:
    """Each of these statements about one worker is decided as documented, compiled or interpreted."""
    expression = compile_expression(source, Place.QUEUE)

    assert expression.matches(WORKER) is expected
    assert interpret(expression.tree)({"worker": WORKER}) is expected


def test_table_is_whole() -> None:
    """Every operator has a meaning, and every meaning a table above."""
    assert set(MEANING) == set(Operator) == set(TRUE_FOR)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (2.5, 2.5),
        ("-7", -7),
        ("007.50", 7.5),
        ("9007199254740993", 9007199254740993),
        ("9" * 301, None),
        ("9" * 5000, None),
        (True, None),
        ("", None),
        ("-", None),
        ("1\n", None),
        (None, None),
        ([1], None),
    ],
)
def test_numeric(value: object, number: float | None) -> None:
    """Numbers and the strings that the grammar would read as numbers are numeric, nothing else."""
    assert to_number(value) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (12, "12"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (1.25e-7, "0.000000125"),
        (1e22, "10000000000000000000000"),
        (math.inf, "inf"),
        pytest.param(10**5000, None, id="beyond-text"),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_decimal_text(value: object, text: str | None) -> None:
    """A number's text is its decimal digits, without exponent and without needless zeros."""
    assert to_text(value) == text


@pytest.mark.feature(109, 110)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), "Ada"),
        (("nested", "a", 1, "b"), "deep"),
        (("nested", "a", 9), None),
        (("languages", "x"), None),
        (("nested", 0), None),
        (("missing", "x", 0), None),
    ],
)
def test_resolve(path: tuple[str | int, ...], value: object) -> None:
    """A path leads to its value, and to nothing where the document has no such place."""
    assert resolve(WORKER, path) == value


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (1, 1.0),
        ("01", 1.0),
        (1.0, 1.0),
        ("x", "x"),
        (True, ("boolean", True)),
        ("", ""),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (math.nan, None),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_index_key(value: object, key: object) -> None:
    """Numbers share a key with numeric strings; NULL, lists and objects have none of their own."""
    assert index_key(value) == key
    assert type(index_key(value)) is type(key)
