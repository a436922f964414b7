"""The expression language: which workers a queue holds, which tasks a filter takes, who fits a target.

The rule here: an expression is compiled once and then asked often. What a user wrote never becomes code,
and asking never raises: what does not fit is false. Values are plain JSON (dict, list, str, int, float,
bool, None): an enum member or a tuple would not be recognised.
Must not know: records, time, where the values come from.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from typing import Literal as OneOf

from pointsman.engine.expressions.compile import EMPTY, Predicate, compile_tree
from pointsman.engine.expressions.errors import ExpressionError
from pointsman.engine.expressions.interpret import interpret_operand
from pointsman.engine.expressions.meaning import index_key, resolve
from pointsman.engine.expressions.order_by import OrderClause, parse_order_by
from pointsman.engine.expressions.parser import parse
from pointsman.engine.expressions.places import Place
from pointsman.engine.expressions.reasons import Judgement, judge
from pointsman.engine.expressions.tree import (
    Comparison,
    ListLiteral,
    Literal,
    Node,
    Operand,
    Operator,
    Path,
    Reference,
    Root,
    conjuncts,
    mirrored,
    references,
)

__all__ = [
    "EMPTY",
    "MAX_LENGTH",
    "Atom",
    "Expression",
    "ExpressionError",
    "Judgement",
    "OrderClause",
    "Path",
    "Place",
    "Reference",
    "Root",
    "compile_expression",
    "conjuncts",
    "index_key",
    "judge",
    "parse_order_by",
    "resolve",
]

MAX_LENGTH = 65_536
_CACHE_SIZE = 8_192


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison that must hold for the whole expression to hold, and that an index can look up.

    A worker can only fit if the key of the operand is among the keys of the worker; whether he fits, the
    expression decides. The key None is a key like the others (see `index_key`).
    """

    path: Path
    kind: OneOf["equals", "has"]
    source: Operand

    def operand(
        self,
        task: Mapping[str, object] = EMPTY,
        workers: Mapping[str, object] = EMPTY,
        taskrouter: Mapping[str, object] = EMPTY,
    ) -> Any:
        """The value that the worker's attribute must equal or have."""
        roots: dict[Root, Mapping[str, object]]
        roots = {"task": task, "workers": workers, "taskrouter": taskrouter}
        return interpret_operand(self.source)(roots)

    def key(
        self,
        task: Mapping[str, object] = EMPTY,
        workers: Mapping[str, object] = EMPTY,
        taskrouter: Mapping[str, object] = EMPTY,
    ) -> Hashable | None:
        """The key of the operand."""
        return index_key(self.operand(task, workers, taskrouter))

    def keys_of(self, worker: Mapping[str, object]) -> frozenset[Hashable | None]:
        """The keys under which the worker is found by this atom."""
        value = resolve(worker, self.path)
        if self.kind == "equals":
            return frozenset((index_key(value),))
        members = value if type(value) is list else ()
        return frozenset(map(index_key, members)) - {None}


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. Two are equal when they have the same source and place."""

    source: str
    place: Place
    tree: Node = field(compare=False, repr=False)
    # A field and not a method: the compiled function itself, so that a call costs no more than its work.
    matches: Predicate = field(compare=False, repr=False)
    references: frozenset[Reference] = field(compare=False, repr=False)
    atoms: tuple[Atom, ...] = field(compare=False, repr=False)

    @property
    def worker_paths(self) -> frozenset[Path]:
        """The worker attributes it reads."""
        return frozenset(r.path for r in self.references if r.root == "worker")

    @property
    def task_paths(self) -> frozenset[Path]:
        """The task attributes it reads."""
        return frozenset(r.path for r in self.references if r.root == "task")

    @property
    def reads_load(self) -> bool:
        """Whether the answer may change with a worker's live work (`worker.channel…`)."""
        return any(path[0] == "channel" for path in self.worker_paths)

    @property
    def reads_time(self) -> bool:
        """Whether the answer may change as time passes (`taskrouter.…`, `task.age`)."""
        return ("age",) in self.task_paths or any(r.root == "taskrouter" for r in self.references)


def compile_expression(source: str, place: Place, max_length: int = MAX_LENGTH) -> Expression:
    """The expression as read in this place; ExpressionError when it is too long or cannot be read."""
    if len(source) > max_length:
        sentence = f"The expression has {len(source)} characters; at most {max_length} are allowed"
        raise ExpressionError(sentence, source, max_length)
    return _compiled(source, place)


@lru_cache(maxsize=_CACHE_SIZE)
def _compiled(source: str, place: Place) -> Expression:
    tree = parse(source, place)
    found = frozenset(references(tree))
    return Expression(source, place, tree, compile_tree(tree), found, _atoms(tree))


def _atoms(tree: Node) -> tuple[Atom, ...]:
    """The atoms among the terms that must all hold, in the order they are written."""
    comparisons = (term for term in conjuncts(tree) if isinstance(term, Comparison))
    return tuple(atom for comparison in comparisons if (atom := _atom(comparison)) is not None)


def _atom(comparison: Comparison) -> Atom | None:
    """`worker.path == X` or `worker.path HAS X`, either way round, with X a scalar not of the worker."""
    if comparison.operator not in (Operator.EQUAL, Operator.HAS, Operator.IN):
        return None
    if comparison.operator is Operator.IN or not _is_worker(comparison.left):
        comparison = mirrored(comparison)
    left, right = comparison.left, comparison.right
    if comparison.operator is Operator.IN or not isinstance(left, Reference):
        return None
    # Load changes with every reservation, too often to keep an index of it.
    if left.root != "worker" or left.path[0] == "channel" or _is_worker(right):
        return None
    if isinstance(right, ListLiteral) or right == Literal(None):
        return None
    return Atom(left.path, "equals" if comparison.operator is Operator.EQUAL else "has", right)


def _is_worker(operand: Operand) -> bool:
    return isinstance(operand, Reference) and operand.root == "worker"
