"""The tree of an expression: what was written, with every name already tied to its root.

The rule here: nodes are frozen values that hold plain JSON scalars and paths, never code.
Must not know: text, positions, and how a comparison is decided.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal as OneOf

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]
Root = OneOf["worker", "task", "workers", "taskrouter"]


class Operator(StrEnum):
    """The operators under their main spelling."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    CONTAINS = "CONTAINS"
    HAS = "HAS"
    IN = "IN"
    NOT_IN = "NOT IN"


# `a op b` says the same as `b MIRROR[op] a`. CONTAINS and NOT IN have no mirror image.
MIRROR = {
    Operator.EQUAL: Operator.EQUAL,
    Operator.NOT_EQUAL: Operator.NOT_EQUAL,
    Operator.LESS: Operator.GREATER,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
    Operator.HAS: Operator.IN,
    Operator.IN: Operator.HAS,
}


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A string, a number, true, false or null. Unlike in Python, true is not the same as 1."""

    value: Scalar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[bool, Scalar]:
        return isinstance(self.value, bool), self.value


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """A list of scalars."""

    items: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A value below one of the four roots: `worker.skills[0]` is ("worker", ("skills", 0))."""

    root: Root
    path: Path


Operand = Literal | ListLiteral | Reference


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operator between two operands."""

    operator: Operator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Not:
    """True when its term is false."""

    term: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """True when every term is; no term is itself an And."""

    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when some term is; no term is itself an Or."""

    terms: tuple["Node", ...]


Node = Comparison | Not | And | Or


def mirrored(comparison: Comparison) -> Comparison:
    """The same comparison with its sides exchanged; only for operators in `MIRROR`."""
    return Comparison(MIRROR[comparison.operator], comparison.right, comparison.left)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The terms that must all be true for the whole to be true."""
    return node.terms if isinstance(node, And) else (node,)


def references(node: Node) -> Iterator[Reference]:
    """Every reference in the tree, from left to right."""
    match node:
        case And(terms) | Or(terms):
            for term in terms:
                yield from references(term)
        case Not(term):
            yield from references(term)
        case _:
            yield from (side for side in (node.left, node.right) if isinstance(side, Reference))
