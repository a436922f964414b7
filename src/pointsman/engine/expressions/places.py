"""Where an expression stands, and what its names mean there.

The rule here: a prefix counts only where the place knows it and only before a dot; every other name is
bare. A bare name belongs to the place's own subject, or to nothing (NULL) where there is none.
Must not know: the values.
"""

from dataclasses import dataclass
from enum import StrEnum

from pointsman.engine.expressions.tree import Literal, Path, Reference, Root

RESERVED = frozenset(["AND", "OR", "NOT", "CONTAINS", "HAS", "IN", "TRUE", "FALSE", "NULL"])
"""Words that a bare name cannot be, in whatever case."""


class Place(StrEnum):
    """The places of an expression."""

    QUEUE = "queue"  # a task queue's TargetWorkers, asked of every worker
    WORKERS_LIST = "workers-list"  # TargetWorkersExpression of the list of workers
    FILTER = "filter"  # a workflow filter, asked of one task
    TARGET = "target"  # a target's expression, asked of a task and a worker
    SKIP_IF = "skip-if"  # a target's skip_if, asked of the queue's counts of workers
    TASKS_LIST = "tasks-list"  # EvaluateTaskAttributes of the list of tasks


@dataclass(frozen=True, slots=True)
class _Names:
    bare: Root | None
    prefixes: tuple[Root, ...]


_NAMES = {
    Place.QUEUE: _Names("worker", ("worker",)),
    Place.WORKERS_LIST: _Names("worker", ("worker",)),
    Place.FILTER: _Names("task", ("task", "taskrouter")),
    Place.TARGET: _Names(None, ("task", "worker", "taskrouter")),
    Place.SKIP_IF: _Names(None, ("workers", "task", "taskrouter")),
    Place.TASKS_LIST: _Names("task", ("task",)),
}


def bind(place: Place, path: Path) -> Reference | Literal:
    """The reference that a written path is in this place; NULL for a bare name that means nothing."""
    names = _NAMES[place]
    for prefix in names.prefixes:
        if path[0] == prefix and len(path) > 1 and isinstance(path[1], str):
            return Reference(prefix, path[1:])
    return Reference(names.bare, path) if names.bare else Literal(None)


def written(place: Place, reference: Reference) -> str:
    """The reference as it is written in this place, without a prefix where none is needed."""
    first, *further = reference.path
    steps = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in further)
    is_plain = bind(place, reference.path) == reference and str(first).upper() not in RESERVED
    return f"{first}{steps}" if is_plain else f"{reference.root}.{first}{steps}"
