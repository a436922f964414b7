"""Tree to closures: slower than compiled code, and plain enough to see that it is right.

The rule here: every comparison goes through the table of `meaning`, without any shortcut. The compiled
form is tested against this one. Operands alone (for indexes, for explanations) are always read this way.
Must not know: generated code.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pointsman.engine.expressions.meaning import MEANING, resolve
from pointsman.engine.expressions.tree import (
    And,
    Comparison,
    ListLiteral,
    Literal,
    Node,
    Not,
    Operand,
    Root,
)

Roots = Mapping[Root, Mapping[str, object]]


def interpret(node: Node) -> Callable[[Roots], bool]:
    """The function that decides the tree, given the roots that it refers to."""
    match node:
        case Comparison(operator, left, right):
            decide, first, second = (
                MEANING[operator],
                interpret_operand(left),
                interpret_operand(right),
            )
            return lambda roots: decide(first(roots), second(roots))
        case Not(term):
            opposite = interpret(term)
            return lambda roots: not opposite(roots)
        case And(terms):
            all_of = [interpret(term) for term in terms]
            return lambda roots: all(term(roots) for term in all_of)
        case _:
            any_of = [interpret(term) for term in node.terms]
            return lambda roots: any(term(roots) for term in any_of)


def interpret_operand(operand: Operand) -> Callable[[Roots], Any]:
    """The function that reads the operand's value."""
    match operand:
        case Literal(value):
            return lambda _: value
        case ListLiteral(items):
            members = list(items)
            return lambda _: members
        case _:
            root, path = operand.root, operand.path
            return lambda roots: resolve(roots[root], path)
