"""All commands and the passing of time, in any order, under the auditor's eyes.

`POINTSMAN_MACHINE_EXAMPLES` and `POINTSMAN_MACHINE_WALKS` ask for longer runs than the everyday one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pointsman.engine.commands import DeleteWorkspace
from pointsman.engine.indexes import heaps, line
from tests.engine.deeds import DEEDS, OFTEN, SPANS
from tests.engine.walks import walk
from tests.engine.world import ACTOR, World

EXAMPLES = int(os.environ.get("POINTSMAN_MACHINE_EXAMPLES", "80"))
WALKS = int(os.environ.get("POINTSMAN_MACHINE_WALKS", "80"))
NUMBERS = st.lists(st.integers(0, 63), min_size=4, max_size=4)


class Machine(RuleBasedStateMachine):
    """A workspace to which anybody may do anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @initialize(single_tasking=st.booleans(), numbers=st.lists(NUMBERS, min_size=6, max_size=6))
    def begin(self, numbers: list[list[int]], *, single_tasking: bool) -> None:
        """A queue or two, a workflow and some workers are there."""
        self.world = World(single_tasking=single_tasking)
        first = ("create_queue", "create_queue", "create_workflow", *("create_worker",) * 3)
        for name, four in zip(first, numbers, strict=True):
            self._do(name, four)

    @rule(name=st.sampled_from([*DEEDS, *OFTEN]), numbers=NUMBERS)
    def do(self, name: str, numbers: list[int]) -> None:
        """Somebody asks for something."""
        self._do(name, numbers)

    @rule(span_ms=st.sampled_from(SPANS))
    def wait(self, span_ms: int) -> None:
        """Time passes."""
        self.world.wait(span_ms)

    @rule()
    def restore(self) -> None:
        """The engine is stopped and made anew from its records."""
        self.world.restore()

    def teardown(self) -> None:
        """The workspace is deleted, and nothing of it is left."""
        self.world.ask(DeleteWorkspace(actor=ACTOR))
        assert not self.world.stored

    def _do(self, name: str, numbers: Sequence[int]) -> None:
        command = DEEDS[name](self.world, numbers)
        if command is not None:
            self.world.ask(command)


@pytest.mark.feature(101, 102, 133, 134, 137, 139)
def test_nothing_unlawful_happens() -> None:
    """Whatever is asked in whatever order, the auditor agrees, and a restored engine does the same."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=50,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.feature(101, 102, 133, 134, 137, 139)
@pytest.mark.parametrize("part", range(4))
def test_long_walks_are_lawful(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long random walks find nothing either, also with indexes that tidy up and change shape early."""
    if part % 2:
        monkeypatch.setattr(line, "KEPT_EMPTY_CELLS", 1)
        monkeypatch.setattr(heaps, "SCAN_LIMIT", 1)
    for seed in range(part * 100_000, part * 100_000 + WALKS // 4):
        walk(seed)
