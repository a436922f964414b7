"""Ranks by order_by, and what tells demands apart."""

from __future__ import annotations

import pytest

from pointsman.engine.expressions import Place, compile_expression, parse_order_by
from pointsman.engine.indexes.cells import NO_DEMAND, Demand, ranks_of, task_paths
from pointsman.engine.indexes.roster import WorkerClass


def classes(*names: dict[str, object]) -> list[WorkerClass]:
    return [WorkerClass((str(number),), one) for number, one in enumerate(names)]


@pytest.mark.feature(138)
@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ("worker.level DESC", [2, 0, 1, 3]),
        ("worker.level", [1, 0, 2, 3]),
        ("worker.team ASC", [0, 1, 2, 3]),
        ("worker.team ASC, worker.level DESC", [2, 0, 1, 3]),
        ("worker.flag DESC, worker.level ASC", [1, 0, 2, 3]),
        ("worker.nothing DESC", [0, 1, 2, 3]),
    ],
)
def test_ranks(order_by: str, expected: list[int]) -> None:
    """Whole numbers rank, who has none comes last, and a clause that meets anything else is ignored."""
    found = classes(
        {"level": 3, "team": 1, "flag": 1},
        {"level": 1, "team": "x", "flag": True},
        {"level": 7, "team": 2, "flag": 5},
        {"team": 3},
    )

    ranks = ranks_of(parse_order_by(order_by), found)

    assert sorted(range(4), key=lambda number: ranks[found[number]]) == expected


def test_demands_that_classes_can_serve() -> None:
    """A wish for one worker, or for one who is not named, is no matter of classes."""
    assert NO_DEMAND.by_class()
    assert Demand("worker.a == 1").by_class()
    assert not Demand(known=("sid", "WK1")).by_class()
    assert not Demand(nobody=True).by_class()


def test_what_an_expression_reads_of_a_task() -> None:
    """The paths come in a fixed order."""
    expression = compile_expression("worker.a == task.z AND worker.b == task.c[1]", Place.TARGET)

    assert task_paths(expression) == (("c", 1), ("z",))
