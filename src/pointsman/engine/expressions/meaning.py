"""What the operators mean on JSON values: the one table that both back ends follow.

The rule here: values are plain JSON (dict, list, str, int, float, bool, None), and no operator ever
raises. A missing key and a JSON null are the same NULL, `None`.
Must not know: trees, text, generated code.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from pointsman.engine.expressions.tree import Operator, Path

# A numeric string is one that the grammar reads as a number: not "nan", "inf", "1e5", " 6", "1_000".
# 300 digits are far beyond sense and below what a float holds, so no conversion can overflow.
MOST_DIGITS = 300
_numeric = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}(?:\.[0-9]{{1,{MOST_DIGITS}}})?").fullmatch


def equal(left: object, right: object) -> bool:
    """Typed equality: NULL only with NULL, booleans only with booleans, lists and objects with nothing.

    Two strings compare as strings ("1" and "01" differ); a number and a numeric string as numbers.
    """
    if type(left) is str and type(right) is str:
        return left == right
    if left is None or right is None or type(left) is bool or type(right) is bool:
        return left is right
    number = to_number(left)
    return number is not None and number == to_number(right)


def not_equal(left: object, right: object) -> bool:
    """The opposite of `equal`, but false when a list is on either side."""
    return type(left) is not list and type(right) is not list and not equal(left, right)


def less(left: object, right: object) -> bool:
    """Whether left comes before right: by number, or two non-numeric strings by their characters."""
    pair = _ordered(left, right)
    return pair is not None and bool(pair[0] < pair[1])


def less_or_equal(left: object, right: object) -> bool:
    """As `less`, or the same rank."""
    pair = _ordered(left, right)
    return pair is not None and bool(pair[0] <= pair[1])


def greater(left: object, right: object) -> bool:
    """As `less` with its sides exchanged."""
    return less(right, left)


def greater_or_equal(left: object, right: object) -> bool:
    """As `less_or_equal` with its sides exchanged."""
    return less_or_equal(right, left)


def contains(left: object, right: object) -> bool:
    """Whether right is a part of the text left; numbers count by their decimal text."""
    text, part = to_text(left), to_text(right)
    return text is not None and part is not None and part in text


def has(left: object, right: object) -> bool:
    """Whether the list left has a member equal to right; NULL is a member of nothing."""
    if type(left) is not list or right is None:
        return False
    return any(equal(member, right) for member in left)


def is_in(left: object, right: object) -> bool:
    """Whether left is a member of the list right."""
    return has(right, left)


def is_not_in(left: object, right: object) -> bool:
    """Whether the scalar left (or NULL) is no member of the list right; false without such a list."""
    return type(right) is list and type(left) is not list and not has(right, left)


MEANING: Mapping[Operator, Callable[[object, object], bool]] = {
    Operator.EQUAL: equal,
    Operator.NOT_EQUAL: not_equal,
    Operator.LESS: less,
    Operator.LESS_OR_EQUAL: less_or_equal,
    Operator.GREATER: greater,
    Operator.GREATER_OR_EQUAL: greater_or_equal,
    Operator.CONTAINS: contains,
    Operator.HAS: has,
    Operator.IN: is_in,
    Operator.NOT_IN: is_not_in,
}


def resolve(mapping: Mapping[str, object], path: Path) -> Any:
    """The value at path; NULL for a missing key, an index out of range or a member of a scalar."""
    value: Any = mapping
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if value is mapping or type(value) is dict else None
        else:
            value = value[step] if type(value) is list and step < len(value) else None
    return value


def index_key(value: object) -> Hashable | None:
    """A key that is the same for all values equal to this one, so that workers can be filed under it.

    Grouping is coarser than `equal`: "1" and "01" differ, but both equal 1. NULL, lists and objects
    share the key None, which is a group like any other, as NULL equals NULL.
    """
    if type(value) is bool:
        return ("boolean", value)
    number = to_number(value)
    if number is None:
        return value if type(value) is str else None
    if number != number:  # noqa: PLR0124  not-a-number equals nothing, itself included
        return None
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def to_number(value: object) -> int | float | None:
    """The number that a number or a numeric string stands for; a boolean is no number."""
    if type(value) is int or type(value) is float:
        return value
    if type(value) is str and _numeric(value):
        return float(value) if "." in value else int(value)
    return None


def to_text(value: object) -> str | None:
    """A string itself, a number's decimal text (1.0 is "1", 1e-7 is "0.0000001"), else nothing."""
    if type(value) is str:
        return value
    if type(value) is float:
        return _decimal_text(value)
    if type(value) is int:
        try:
            return str(value)
        except (
            ValueError
        ):  # beyond the digits that Python turns into text; no document holds such a one
            return None
    return None


def _ordered(left: object, right: object) -> tuple[Any, Any] | None:
    """Both sides as two numbers or two non-numeric strings; nothing when they have no order."""
    first, second = to_number(left), to_number(right)
    if first is not None and second is not None:
        return first, second
    if first is None and second is None and type(left) is str and type(right) is str:
        return left, right
    return None


def _decimal_text(number: float) -> str:
    if number.is_integer():
        return str(int(number))
    mantissa, _, exponent = repr(number).partition("e-")
    if not exponent:
        return mantissa
    digits = len(mantissa.partition(".")[2]) + int(exponent)
    return f"{number:.{digits}f}"
