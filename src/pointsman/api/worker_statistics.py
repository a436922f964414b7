"""Statistics of workers: how many are in each activity, what became of their offers, and where time went.

Time in activities is folded from events. To whom nothing happened in the window stayed where he was:
that is his activity of now if he took it before the window began, else the one that his last event
before the window tells. So a window that ends now is read without looking anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pointsman.api.calls import Call, Reply
from pointsman.api.errors import Refused
from pointsman.api.expressions import in_named_queue, in_queue
from pointsman.api.filters import Filters, keeps, same_text
from pointsman.api.lists import LARGEST_SIZE, Page, Search, Walk, all_of, walk
from pointsman.api.reply import WORKER
from pointsman.api.statistics import identity
from pointsman.api.windows import Window, task_channel_asked, window_asked
from pointsman.engine.events import EventType
from pointsman.engine.records import Activity, Worker
from pointsman.engine.state import State
from pointsman.engine.statistics import Fact, Flow, Stays, staff_of_workers
from pointsman.wire import statistics as wire

if TYPE_CHECKING:
    from pointsman.store import History

__all__ = ["WorkersFigures", "worker_statistics"]

Json = dict[str, Any]

_FILTERS: Filters = {
    "FriendlyName": same_text("friendly_name"),
    "TaskQueueSid": in_queue,
    "TaskQueueName": in_named_queue,
}


class Crew(Struct, frozen=True):
    """Whose figures: the workers of now, or all that ever were; and what is known of them now."""

    workers: Mapping[str, Worker]
    everybody: bool
    activities: Mapping[str, Activity]
    task_channel_sid: str | None


class WorkersFigures(Struct, frozen=True):
    """The figures of all workers, or (in the combined answer) of those that the filters leave."""

    cumulative: bool = True
    realtime: bool = True

    async def __call__(self, call: Call) -> Reply:
        window = window_asked(call) if self.cumulative else None
        combined = self.cumulative and self.realtime
        crew = await _crew(call, _FILTERS if combined else {})
        body = identity(call)
        if window is not None:
            was = await _cumulative(call, crew, window)
            body |= {"cumulative": was} if combined else was
        if self.realtime:
            now = await call.runtime.read(
                call.workspace_sid, lambda state, at: _realtime(crew, state)
            )
            body |= {"realtime": now} if combined else now
        return Reply(200, body)


async def worker_statistics(call: Call) -> Reply:
    """What one worker did in the window."""
    window = window_asked(call)
    worker_sid = call.names["worker_sid"]

    def question(state: State, now: int) -> Crew:
        worker = WORKER.find(state, call.names)
        if worker is None:
            raise call.missing()
        channel_sid = task_channel_asked(call.params, state)
        return Crew({worker_sid: worker}, False, dict(state.activities), channel_sid)

    crew = await call.runtime.read(call.workspace_sid, question)
    was = await _cumulative(call, crew, window, worker_sid)
    return Reply(200, {**identity(call), "worker_sid": worker_sid, "cumulative": was})


async def _crew(call: Call, filters: Filters) -> Crew:
    """The workers that the filters leave; refuses a workspace with more than the settings allow."""
    asked = keeps(filters, call.params)
    most = call.statistics.workers

    def question(state: State, now: int) -> Crew:
        if most and len(state.workers) > most:
            told = f"The workspace has {len(state.workers)} workers; statistics end at {most}"
            raise Refused(400, 20001, told)
        channel_sid = task_channel_asked(call.params, state)
        return Crew(dict(state.workers), not asked, dict(state.activities), channel_sid)

    crew = await call.runtime.read(call.workspace_sid, question)
    if not asked:
        return crew
    source = all_of(Worker, lambda state: state.workers)
    nothing: Json = {}
    page = Page(max(LARGEST_SIZE, len(crew.workers)))
    search = Search(source, page, asked, lambda *_: nothing, call.ambient.monotonic)
    found = await walk(call.runtime, call.workspace_sid, Walk(search))
    left = {sid: crew.workers[sid] for sid in found.sids if sid in crew.workers}
    return Crew(left, False, crew.activities, crew.task_channel_sid)


def _realtime(crew: Crew, state: State) -> Json:
    still_here = [sid for sid in crew.workers if sid in state.workers]
    return wire.realtime_workers(staff_of_workers(state, still_here), state.activities)


# --- what was ----------------------------------------------------------------------------------


async def _cumulative(
    call: Call, crew: Crew, window: Window, worker_sid: str | None = None
) -> Json:
    async with call.long_reads:
        flow, stays = await call.runtime.history(
            lambda history: _fold(history, call.workspace_sid, crew, window, worker_sid)
        )
    return wire.worker_cumulative(flow, stays, crew.activities, window.start, window.end)


def _fold(
    history: History, workspace_sid: str, crew: Crew, window: Window, worker_sid: str | None
) -> tuple[Flow, Stays]:
    """What became of the crew's offers, and how long they were in which activity."""
    flow, stays = Flow(), Stays(window.start, window.until)

    def take(fact: Fact) -> None:
        if fact.worker_sid and (crew.everybody or fact.worker_sid in crew.workers):
            stays.add(fact)
            if crew.task_channel_sid in (None, fact.task_channel_sid):
                flow.add(fact)

    history.read_facts(
        workspace_sid, take, start=window.start, end=window.until, worker_sid=worker_sid
    )
    for worker in crew.workers.values():
        if not stays.knows(worker.sid):
            _settle(history, workspace_sid, stays, worker, window)
    if crew.everybody and window.until < window.now:
        for sid in history.former_workers(workspace_sid):
            if not stays.knows(sid):
                _settle_by_past(history, workspace_sid, stays, sid, window)
    stays.close()
    return flow, stays


def _settle(
    history: History, workspace_sid: str, stays: Stays, worker: Worker, window: Window
) -> None:
    """Nothing happened to the worker in the window."""
    if worker.date_status_changed <= window.start:
        stays.stayed(worker.sid, worker.activity_sid)
    elif worker.date_created < window.start:
        _settle_by_past(history, workspace_sid, stays, worker.sid, window)


def _settle_by_past(
    history: History, workspace_sid: str, stays: Stays, worker_sid: str, window: Window
) -> None:
    before = history.fact_before(workspace_sid, worker_sid, window.start)
    if before is None:
        _settle_by_what_came(history, workspace_sid, stays, worker_sid, window)
    elif before.type != EventType.WORKER_DELETED and before.activity_sid:
        stays.stayed(worker_sid, before.activity_sid)


def _settle_by_what_came(
    history: History, workspace_sid: str, stays: Stays, worker_sid: str, window: Window
) -> None:
    """What was before is forgotten: what came next tells where he was."""
    after = history.fact_after(workspace_sid, worker_sid, window.until)
    if after is None or after.type == EventType.WORKER_CREATED:
        return
    moved = after.type == EventType.WORKER_ACTIVITY_UPDATE
    activity_sid = after.previous_activity_sid if moved else after.activity_sid
    if activity_sid:
        stays.stayed(worker_sid, activity_sid)
