"""The two readings that figures are made of: of the live tasks in slices, of the past in a thread.

Live tasks are counted as they are when their turn comes; between two slices everybody else is served.
The past is read by a range of an index, and folded as it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from pointsman.api.lists import SLICE_S
from pointsman.engine.records import Task
from pointsman.engine.state import State
from pointsman.engine.statistics import Fact, Flow, TaskCount

if TYPE_CHECKING:
    from pointsman.api.calls import Call
    from pointsman.api.windows import Window

__all__ = ["EVERYTHING", "count_tasks", "fold_flows", "in_slices"]

T = TypeVar("T")

EVERYTHING = ""
"""The owner of all tasks of a workspace."""
LOOKED_AT = 200
"""Tasks between two looks at the clock."""


async def count_tasks(
    call: Call,
    counts: dict[str, TaskCount],
    owner_of: Callable[[Task], str],
    task_channel_sid: str | None,
) -> None:
    """Add every live task (of one channel) to the count of its owner; other owners' are passed over."""
    at: str | None = None

    def advance(state: State, now: int) -> bool:
        nonlocal at
        end = call.ambient.monotonic() + SLICE_S
        for number, sid in enumerate(state.order(Task).after(at), 1):
            task = state.tasks[sid]
            if task_channel_sid in (None, task.task_channel_sid):
                count = counts.get(owner_of(task))
                if count is not None:
                    count.add(task)
            at = sid
            if number % LOOKED_AT == 0 and call.ambient.monotonic() >= end:
                return False
        return True

    while True:
        if await call.runtime.read(call.workspace_sid, advance):
            return
        await asyncio.sleep(0)


async def in_slices(
    call: Call, items: Iterable[str], show: Callable[[str, State, int], T]
) -> dict[str, T]:
    """What the live state says of each item, asked in turns of a few milliseconds."""
    shown: dict[str, T] = {}
    left = iter(dict.fromkeys(items))

    def advance(state: State, now: int) -> bool:
        end = call.ambient.monotonic() + SLICE_S
        for item in left:
            shown[item] = show(item, state, now)
            if call.ambient.monotonic() >= end:
                return False
        return True

    while True:
        if await call.runtime.read(call.workspace_sid, advance):
            return shown
        await asyncio.sleep(0)


async def fold_flows(
    call: Call,
    window: Window,
    flows: dict[str, Flow],
    owner_of: Callable[[Fact], str | None],
    task_channel_sid: str | None,
) -> None:
    """Add what happened in the window (on one channel) to the flow of its owner."""

    def take(fact: Fact) -> None:
        if task_channel_sid in (None, fact.task_channel_sid):
            flow = flows.get(owner_of(fact) or EVERYTHING)
            if flow is not None:
                flow.add(fact)

    async with call.long_reads:
        await call.runtime.history(
            lambda history: history.read_facts(
                call.workspace_sid, take, start=window.start, end=window.until
            )
        )
