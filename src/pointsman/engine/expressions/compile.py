"""Tree to Python source to function: what runs when workers and tasks are matched.

The rule here: nothing that a user wrote becomes code. Generated source holds the names below, operators,
numbers, and strings only as their `repr`; lists and long paths are constants by name.
Specialised code for a literal operand must decide exactly as `meaning` does: a differential test holds
it to that. Must not know: text, positions.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, cast

from pointsman.engine.expressions import meaning
from pointsman.engine.expressions.interpret import interpret
from pointsman.engine.expressions.tree import (
    MIRROR,
    And,
    Comparison,
    ListLiteral,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Reference,
    Scalar,
    mirrored,
    references,
)

EMPTY: Mapping[str, object] = MappingProxyType({})

# Deeper paths are resolved by a call: each step of inline code costs a pair of parentheses, of which
# Python's parser allows 200 within each other.
_INLINE_STEPS = 6

_FUNCTIONS = {operator: function.__name__ for operator, function in meaning.MEANING.items()}
_GLOBALS: dict[str, Any] = {
    function.__name__: function for function in meaning.MEANING.values()
} | {
    "__builtins__": {},
    "EMPTY": EMPTY,
    "dict": dict,
    "float": float,
    "int": int,
    "len": len,
    "list": list,
    "resolve": meaning.resolve,
    "str": str,
    "type": type,
}


class Predicate(Protocol):
    """An expression as a function of the roots; each is a dict of names already merged."""

    def __call__(
        self,
        worker: Mapping[str, object] | None = EMPTY,
        task: Mapping[str, object] = EMPTY,
        workers: Mapping[str, object] = EMPTY,
        taskrouter: Mapping[str, object] = EMPTY,
    ) -> bool: ...


def compile_tree(node: Node) -> Predicate:
    """The function that decides the tree; it never raises on JSON values."""
    source, constants = python_source(node)
    names = _GLOBALS | constants
    exec(compile(source, "<expression>", "exec"), names)
    return cast("Predicate", names["matches"])


def python_source(node: Node) -> tuple[str, dict[str, object]]:
    """The Python text for the tree, and the constants it names."""
    writer = _Writer()
    code = writer.boolean(node)
    lines = ["def matches(worker=EMPTY, task=EMPTY, workers=EMPTY, taskrouter=EMPTY):"]
    if any(reference.root == "worker" for reference in references(node)):
        lines.append("    if worker is None: worker = EMPTY")
    return "\n".join([*lines, f"    return {code}\n"]), writer.constants


class _Writer:
    """Writes the code of one tree.

    In it `v` is the value looked at, `t` its type; `a` and `b` are the values of two references.
    """

    def __init__(self) -> None:
        self.constants: dict[str, object] = {}

    def boolean(self, node: Node) -> str:
        """Code that gives True or False."""
        match node:
            case Comparison():
                return self._comparison(node)
            case Not(term):
                return f"(not {self.boolean(term)})"
            case And(terms):
                return f"({' and '.join(map(self.boolean, terms))})"
            case _:
                return f"({' or '.join(map(self.boolean, node.terms))})"

    def _comparison(self, comparison: Comparison) -> str:
        if next(references(comparison), None) is None:
            return repr(interpret(comparison)({}))
        if not isinstance(comparison.left, Reference) and comparison.operator in MIRROR:
            comparison = mirrored(comparison)
        operator, left, right = comparison.operator, comparison.left, comparison.right
        special = None
        if isinstance(left, Reference):
            if isinstance(right, Literal) and operator in _WITH_LITERAL:
                special = _WITH_LITERAL[operator](self._operand(left), right.value)
            elif isinstance(right, ListLiteral) and operator in _WITH_LIST:
                special = _WITH_LIST[operator](self._operand(left), right.items)
            elif isinstance(right, Reference) and operator is Operator.EQUAL:
                special = _equal_references(self._operand(left), self._operand(right))
        return special or f"{_FUNCTIONS[operator]}({self._operand(left)}, {self._operand(right)})"

    def _operand(self, operand: Operand) -> str:
        """Code that gives the operand's value."""
        match operand:
            case Literal(value):
                return repr(value)
            case ListLiteral(items):
                return self._constant(list(items))
            case Reference(root, path) if len(path) > _INLINE_STEPS:
                return f"resolve({root}, {self._constant(path)})"
        code = f"{operand.root}.get({operand.path[0]!r})"
        for step in operand.path[1:]:
            if isinstance(step, str):
                code = f"(v.get({step!r}) if type(v := {code}) is dict else None)"
            else:
                code = f"(v[{step}] if type(v := {code}) is list and len(v) > {step} else None)"
        return code

    def _constant(self, value: object) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name


# Code for a reference against a literal, `value` being the code of the reference. None: no shortcut.


def _equal_literal(value: str, literal: Scalar) -> str | None:
    if literal is None or isinstance(literal, bool):
        return f"({value} is {literal!r})"
    if isinstance(literal, str):
        return f"({value} == {literal!r})" if meaning.to_number(literal) is None else None
    return _numeric("==", "equal", value, literal)


def _not_equal_literal(value: str, literal: Scalar) -> str | None:
    if isinstance(literal, str) and meaning.to_number(literal) is None:
        return f"((v := {value}) != {literal!r} and type(v) is not list)"
    if isinstance(literal, bool):
        return f"((v := {value}) is not {literal!r} and type(v) is not list)"
    return None


def _numeric(symbol: str, function: str, value: str, literal: float) -> str:
    """Numbers are compared in place; of the rest only strings can be numeric."""
    return (
        f"(v {symbol} {literal!r} if (t := type(v := {value})) is int or t is float"
        f" else t is str and {function}(v, {literal!r}))"
    )


def _ordering(operator: Operator) -> Callable[[str, Scalar], str | None]:
    def code(value: str, literal: Scalar) -> str | None:
        if isinstance(literal, bool) or not isinstance(literal, int | float):
            return None
        return _numeric(operator.value, _FUNCTIONS[operator], value, literal)

    return code


def _contains_literal(value: str, literal: Scalar) -> str | None:
    if not isinstance(literal, str):
        return None
    return f"({literal!r} in v if type(v := {value}) is str else contains(v, {literal!r}))"


def _has_literal(value: str, literal: Scalar) -> str | None:
    """A text that is no number equals nothing but itself, so Python's own `in` is exact for it."""
    if isinstance(literal, str) and meaning.to_number(literal) is None:
        return f"(type(v := {value}) is list and {literal!r} in v)"
    return None


def _in_texts(value: str, items: tuple[Scalar, ...]) -> str | None:
    texts = _texts(items)
    return f"(type(v := {value}) is str and v in {texts})" if texts else None


def _not_in_texts(value: str, items: tuple[Scalar, ...]) -> str | None:
    texts = _texts(items)
    if not texts:
        return None
    return f"((t := type(v := {value})) is not list and not (t is str and v in {texts}))"


def _texts(items: tuple[Scalar, ...]) -> str | None:
    """Code of the set of the items, if there are any and all are texts that are no numbers."""
    if items and all(isinstance(i, str) and meaning.to_number(i) is None for i in items):
        return "{" + ", ".join(map(repr, items)) + "}"
    return None


def _equal_references(left: str, right: str) -> str:
    return (
        f"(a == b if type(a := {left}) is str and type(b := {right}) is str else equal(a, {right}))"
    )


_WITH_LITERAL: dict[Operator, Callable[[str, Scalar], str | None]] = {
    Operator.EQUAL: _equal_literal,
    Operator.NOT_EQUAL: _not_equal_literal,
    Operator.LESS: _ordering(Operator.LESS),
    Operator.LESS_OR_EQUAL: _ordering(Operator.LESS_OR_EQUAL),
    Operator.GREATER: _ordering(Operator.GREATER),
    Operator.GREATER_OR_EQUAL: _ordering(Operator.GREATER_OR_EQUAL),
    Operator.CONTAINS: _contains_literal,
    Operator.HAS: _has_literal,
}
_WITH_LIST: dict[Operator, Callable[[str, tuple[Scalar, ...]], str | None]] = {
    Operator.IN: _in_texts,
    Operator.NOT_IN: _not_in_texts,
}
