"""The order_by of a target: which worker first.

The rule here: a list of paths below `worker.`, each ascending unless it says DESC.
Must not know: workers.
"""

from dataclasses import dataclass

from pointsman.engine.expressions.cursor import Cursor
from pointsman.engine.expressions.lexer import Kind
from pointsman.engine.expressions.tree import Path


@dataclass(frozen=True, slots=True)
class OrderClause:
    """One thing to order workers by: the path below `worker.`, and the direction."""

    path: Path
    descending: bool


def parse_order_by(source: str) -> tuple[OrderClause, ...]:
    """Grammar: order_by = clause , { "," , clause } ; ExpressionError when it is not."""
    cursor = Cursor(source)
    clauses = [_clause(cursor)]
    while cursor.skip(","):
        clauses.append(_clause(cursor))
    if not cursor.at_end():
        raise cursor.unexpected("ASC, DESC, ',' or the end")
    return tuple(clauses)


def _clause(cursor: Cursor) -> OrderClause:
    """Grammar: clause = "worker." , path , [ "ASC" | "DESC" ] ;"""
    start = cursor.token
    path = cursor.path() if start.kind is Kind.NAME else ()
    if len(path) < 2 or path[0] != "worker" or not isinstance(path[1], str):
        raise cursor.error("A worker's attribute is expected, such as worker.level DESC", start)
    descending = cursor.skip("DESC")
    if not descending:
        cursor.skip("ASC")
    return OrderClause(path[1:], descending)
