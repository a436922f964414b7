"""Statistics of a workspace, of workflows and of task queues: what is now, and what was in a window.

Each row of the table says whose figures and which of the two; the figures themselves are defined in
`pointsman.engine.statistics` and docs/statistics.md. Reading figures changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from pointsman.api.actions import listed
from pointsman.api.calls import Call, Reply
from pointsman.api.census import EVERYTHING, count_tasks, fold_flows, in_slices
from pointsman.api.filters import keeps, same_text
from pointsman.api.lists import Search, Walk, all_of, page_asked, walk
from pointsman.api.params import many, sid_text
from pointsman.api.reply import TASK_QUEUE, WORKFLOW, WORKSPACE, Noun
from pointsman.api.windows import Window, task_channel_asked, window_asked
from pointsman.auth.credentials import is_sid
from pointsman.engine.errors import Invalid
from pointsman.engine.records import Task, TaskQueue
from pointsman.engine.state import State
from pointsman.engine.statistics import (
    Fact,
    Flow,
    TaskCount,
    staff_of_queue,
    staff_of_workers,
)
from pointsman.wire import statistics as wire

__all__ = [
    "OF_TASK_QUEUE",
    "OF_WORKFLOW",
    "OF_WORKSPACE",
    "Figures",
    "bulk_real_time",
    "list_task_queues_statistics",
]

Json = dict[str, Any]

MOST_QUEUES = 50
_BY_NAME = {"FriendlyName": same_text("friendly_name")}
_LISTED = (*_BY_NAME, "Minutes", "StartDate", "EndDate", "TaskChannel", "SplitByWaitTime")


class Owner(Struct, frozen=True):
    """Whose figures: how it is found, and which tasks and facts are its own."""

    kind: str
    noun: Noun
    sid_name: str | None
    """The variable part of the path, and the field of the answer; a workspace's is always there."""
    of_task: Callable[[Task], str]
    of_fact: Callable[[Fact], str | None]


OF_WORKSPACE = Owner("workspace", WORKSPACE, None, lambda task: EVERYTHING, lambda fact: EVERYTHING)
OF_WORKFLOW = Owner(
    "workflow",
    WORKFLOW,
    "workflow_sid",
    lambda task: task.workflow_sid,
    lambda fact: fact.workflow_sid,
)
OF_TASK_QUEUE = Owner(
    "task_queue",
    TASK_QUEUE,
    "task_queue_sid",
    lambda task: task.target.queue_sid,
    lambda fact: fact.queue_sid,
)


class Figures(Struct, frozen=True):
    """The figures of one owner: what was, what is, or both beside each other."""

    owner: Owner
    cumulative: bool = True
    realtime: bool = True

    async def __call__(self, call: Call) -> Reply:
        window = window_asked(call) if self.cumulative else None
        task_channel_sid = await call.runtime.read(
            call.workspace_sid, lambda state, now: self._channel(call, state)
        )
        sid_name = self.owner.sid_name
        sid = call.names[sid_name] if sid_name else EVERYTHING
        body = identity(call) | ({sid_name: sid} if sid_name else {})
        combined = self.cumulative and self.realtime
        if window is not None:
            was = await _cumulative(call, self.owner, [sid], window, task_channel_sid, not combined)
            body |= {"cumulative": was[sid]} if combined else was[sid]
        if self.realtime:
            now = await _realtime(call, self.owner, [sid], task_channel_sid)
            body |= {"realtime": now[sid]} if combined else now[sid]
        return Reply(200, body)

    def _channel(self, call: Call, state: State) -> str | None:
        """The task channel asked for; 404 for an owner that is not here."""
        if self.owner.noun.find(state, call.names) is None:
            raise call.missing()
        return task_channel_asked(call.params, state)


async def list_task_queues_statistics(call: Call) -> Reply:
    """A page of task queues, each with what was and what is."""
    page = page_asked(call.params)
    window = window_asked(call)
    task_channel_sid = await call.runtime.read(
        call.workspace_sid, lambda state, now: task_channel_asked(call.params, state)
    )
    search = Search(
        all_of(TaskQueue, lambda state: state.task_queues),
        page,
        keeps(_BY_NAME, call.params),
        lambda record, state, now: {**place(call), "task_queue_sid": record.sid},
        call.ambient.monotonic,
    )
    found = await walk(call.runtime, call.workspace_sid, Walk(search))
    was = await _cumulative(call, OF_TASK_QUEUE, found.sids, window, task_channel_sid, False)
    now = await _realtime(call, OF_TASK_QUEUE, found.sids, task_channel_sid)
    for row, sid in zip(found.items, found.sids, strict=True):
        row |= {"cumulative": was[sid], "realtime": now[sid]}
    return listed("task_queues_statistics", found, page, call, _LISTED)


async def bulk_real_time(call: Call) -> Reply:
    """What is, for up to 50 task queues; one that is not of this workspace has zeros."""
    sids = _queues_asked(call)
    call.bulk_pace.check(call.request.principal.account_sid, call.ambient.wall())
    counts = {sid: TaskCount() for sid in sids}
    await count_tasks(call, counts, OF_TASK_QUEUE.of_task, None)

    def show(sid: str, state: State, now: int) -> Json:
        staff = staff_of_queue(state, sid)
        figures = wire.realtime_queue(counts[sid], staff, state.activities, now)
        return {"task_queue_sid": sid, **figures}

    shown = await in_slices(call, sids, show)
    rows = [shown[sid] for sid in sids]
    return Reply(
        200, {**identity(call), "task_queue_data": rows, "task_queue_response_count": len(rows)}
    )


def place(call: Call) -> Json:
    """Whose workspace it is."""
    return {
        "account_sid": call.request.principal.account_sid,
        "workspace_sid": call.workspace_sid,
    }


def identity(call: Call) -> Json:
    """What every answer with figures begins with."""
    return {**place(call), "url": call.origin + call.request.path.rstrip("/")}


def _queues_asked(call: Call) -> list[str]:
    name = "QueueSids"
    value = call.params.get(name)
    words = value if isinstance(value, list) else many(call.params, name)
    sids = [sid_text(name, word) for word in words]
    if not 1 <= len(sids) <= MOST_QUEUES:
        raise Invalid(name, f"{name} has to be a list of 1 to {MOST_QUEUES} SIDs of task queues")
    for sid in sids:
        if not is_sid(sid, "WQ"):
            raise Invalid(name, f"{name}: {sid!r} is not a SID that begins with WQ")
    return sids


async def _cumulative(
    call: Call,
    owner: Owner,
    sids: list[str],
    window: Window,
    task_channel_sid: str | None,
    whole: bool,
) -> dict[str, Json]:
    """What was, by owner."""
    flows = {sid: Flow(window.thresholds_s) for sid in sids}
    await fold_flows(call, window, flows, owner.of_fact, task_channel_sid)
    return {
        sid: wire.cumulative(owner.kind, flow, window.start, window.end, whole=whole)
        for sid, flow in flows.items()
    }


async def _realtime(
    call: Call, owner: Owner, sids: list[str], task_channel_sid: str | None
) -> dict[str, Json]:
    """What is, by owner."""
    counts = {sid: TaskCount() for sid in sids}
    await count_tasks(call, counts, owner.of_task, task_channel_sid)

    return await in_slices(
        call, sids, lambda sid, state, now: _shown_now(owner, sid, counts[sid], state, now)
    )


def _shown_now(owner: Owner, sid: str, count: TaskCount, state: State, now: int) -> Json:
    activities = state.activities
    if owner is OF_TASK_QUEUE:
        staff = staff_of_queue(state, sid)
        return {
            **wire.realtime_queue(count, staff, activities, now),
            **wire.longest_in_queue(count, now),
        }
    shown = wire.realtime_tasks(count, now)
    if owner is OF_WORKSPACE:
        shown |= wire.realtime_workers(staff_of_workers(state, state.workers), activities)
    return shown
