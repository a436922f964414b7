"""Why an expression holds or not: the terms that fail, written out, and the values that were read.

The rule here: a tree that does not hold has at least one failing term, and the tree holds as soon as
none of its terms fails. A tree written out and read again in the same place is the same tree.
Must not know: records, and what the answer is used for.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pointsman.engine.expressions.interpret import Roots, interpret, interpret_operand
from pointsman.engine.expressions.meaning import to_text
from pointsman.engine.expressions.places import Place, written
from pointsman.engine.expressions.tree import (
    And,
    Comparison,
    ListLiteral,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Scalar,
    conjuncts,
    references,
)

if TYPE_CHECKING:
    from pointsman.engine.expressions import Expression

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_CONSTANTS = {None: "null", True: "true", False: "false"}


class Judgement(NamedTuple):
    """What an expression says of some values, and why."""

    holds: bool
    failing: tuple[str, ...]
    """Terms that must all hold and do not, in the order they are written; none when it holds."""
    values: dict[str, Any]
    """Every name that the expression reads, as it is written there, with its value; NULL is None."""


def judge(
    expression: "Expression",
    *,
    worker: Mapping[str, object] | None = None,
    task: Mapping[str, object] | None = None,
    workers: Mapping[str, object] | None = None,
    taskrouter: Mapping[str, object] | None = None,
) -> Judgement:
    """Ask the expression as matching does, with reasons; what is not given is empty."""
    roots: Roots = {
        "worker": worker or {},
        "task": task or {},
        "workers": workers or {},
        "taskrouter": taskrouter or {},
    }
    place, terms = expression.place, conjuncts(expression.tree)
    failing = tuple(written_tree(term, place) for term in terms if not interpret(term)(roots))
    read = dict.fromkeys(references(expression.tree))
    values = {written(place, name): interpret_operand(name)(roots) for name in read}
    return Judgement(not failing, failing, values)


def written_tree(node: Node, place: Place) -> str:
    """The tree as its author could have written it in this place, with no more parentheses than needed."""
    match node:
        case Not(Comparison(Operator.EQUAL, left, right)) if Literal(None) in (left, right):
            return f"{_operand(left, place)} != {_operand(right, place)}"
        case Not(term):
            return f"NOT {_enclosed(term, place, And, Or, Not)}"
        case And(terms):
            return " AND ".join(_enclosed(term, place, Or) for term in terms)
        case Or(terms):
            return " OR ".join(written_tree(term, place) for term in terms)
        case _:
            return f"{_operand(node.left, place)} {node.operator} {_operand(node.right, place)}"


def _enclosed(node: Node, place: Place, *kinds: type) -> str:
    text = written_tree(node, place)
    is_presence = isinstance(node, Not) and not text.startswith("NOT ")
    return f"({text})" if isinstance(node, kinds) and not is_presence else text


def _operand(operand: Operand, place: Place) -> str:
    match operand:
        case Literal(value):
            return _scalar(value)
        case ListLiteral(items):
            return f"[{', '.join(map(_scalar, items))}]"
        case _:
            return written(place, operand)


def _scalar(value: Scalar) -> str:
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(character, character) for character in value) + '"'
    if isinstance(value, float) and value.is_integer():
        return f"{int(value)}.0"
    return to_text(value) or ""
