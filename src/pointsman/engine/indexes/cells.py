"""Cells: waiting tasks that no worker can tell apart, because they demand the same of him."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pointsman.engine.expressions import Expression, OrderClause, resolve
from pointsman.engine.indexes.heaps import Heads, Key, LazyHeap
from pointsman.engine.names import Names

if TYPE_CHECKING:
    from pointsman.engine.indexes.roster import Path, WorkerClass


class Demand(NamedTuple):
    """What a target asks of a worker beyond the queue: equal demands are served by equal workers."""

    expression: str | None = None
    values: tuple[str, ...] = ()
    order_by: str | None = None
    known: tuple[str, str] | None = None
    """The one worker wanted, as ("sid", value) or ("friendly_name", value)."""
    nobody: bool = False
    """A known worker is wanted, but the task does not name one: no one fits."""
    direct: bool = False
    """The one worker wanted is named by a routing target or a transfer: he need not belong to the queue."""
    passed_on: str | None = None
    """SID of a task that is transferred to a queue: whoever still holds it is not asked."""

    def by_class(self) -> bool:
        """Whether classes of workers can serve it, rather than one worker or nobody."""
        return self.known is None and not self.nobody


NO_DEMAND = Demand()


class Cell:
    """Waiting tasks with the same queue, channel and demand, and the classes that may serve them."""

    __slots__ = (
        "channel_sid",
        "crew",
        "demand",
        "expression",
        "loaded",
        "order",
        "queue_sid",
        "task",
        "tasks",
    )

    def __init__(self, queue_sid: str, channel_sid: str, demand: Demand) -> None:
        self.queue_sid = queue_sid
        self.channel_sid = channel_sid
        self.demand = demand
        self.expression: Expression | None = None
        self.order: tuple[OrderClause, ...] = ()
        self.task: Names = {}
        self.loaded = False
        self.tasks = LazyHeap()
        self.crew: Heads[WorkerClass] = Heads(channel_sid)

    def head_key(self, channel_sid: str) -> Key | None:
        """The key of the task that is next here."""
        head = self.tasks.head()
        return None if head is None else head[0]


def ranks_of(order: tuple[OrderClause, ...], classes: list[WorkerClass]) -> dict[WorkerClass, Key]:
    """Where each class comes by `order_by`; a clause that meets a non-integer is ignored as a whole."""
    columns: list[dict[WorkerClass, Key]] = []
    for clause in order:
        values = {found: resolve(found.names, clause.path) for found in classes}
        present = [value for value in values.values() if value is not None]
        if all(isinstance(value, int) and not isinstance(value, bool) for value in present):
            sign = -1 if clause.descending else 1
            columns.append(
                {
                    found: (1, 0) if value is None else (0, sign * value)
                    for found, value in values.items()
                }
            )
    return {found: tuple(column[found] for column in columns) for found in classes}


@lru_cache(maxsize=4_096)
def task_paths(expression: Expression) -> tuple[Path, ...]:
    """What the expression reads of a task, in a fixed order."""
    return tuple(sorted(expression.task_paths, key=repr))
