"""Reservations and their tasks as they are remembered: longer than the live state keeps them.

Live ones are read from memory. What a worker's list shows is history too, so it comes from the
store. The legacy live channel also reads a task from history when its worker has a reservation on
it: the original client asks for the task of every reservation it is shown, and waits for ever for
one that it cannot get.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.api.actions import Fetch, listed
from pointsman.api.calls import Call, Reply
from pointsman.api.filters import words_asked
from pointsman.api.internal_lists import internal_page_asked, just_before
from pointsman.api.lists import Found, page_asked
from pointsman.api.params import one, truth
from pointsman.api.reply import RESERVATION_OF_WORKER, WORKER, Noun, etag
from pointsman.engine.errors import Invalid
from pointsman.engine.records import Reservation, ReservationStatus, Task
from pointsman.engine.state import State
from pointsman.wire import bridge

if TYPE_CHECKING:
    from pointsman.store import History

__all__ = ["FetchPast", "FetchPastTask", "list_reservations_of_worker", "past_reservation"]

_FILTERS = ("ReservationStatus",)


class FetchPast(Fetch, frozen=True):
    """A reservation: live below its task or worker, for its worker also when it is history."""

    async def __call__(self, call: Call) -> Reply:
        if call.request.view == "bridge_m":
            return await _offer(call, self.noun)
        found = await self.look(call)
        if found is not None:
            return found
        past = await past_reservation(call)
        if past is None:
            raise call.missing()
        return await _shown(call, self.noun, past)


class FetchPastTask(Fetch, frozen=True):
    """A live task; on the legacy live channel also one its worker once had a reservation on."""

    async def __call__(self, call: Call) -> Reply:
        found = await self.look(call)
        if found is not None:
            return found
        worker_sid = _worker_of_bridge(call)
        if worker_sid is None:
            raise call.missing()
        workspace_sid, task_sid = call.workspace_sid, call.names["task_sid"]

        def question(history: History) -> Task | None:
            met = history.events(workspace_sid, task_sid=task_sid, worker_sid=worker_sid, limit=1)
            return history.task(workspace_sid, task_sid) if met else None

        task = await call.runtime.history(question)
        if task is None:
            raise call.missing()
        return await _shown(call, self.noun, task)


async def list_reservations_of_worker(call: Call) -> Reply:
    """A page of everything the worker was ever offered, oldest first.

    The newer SDK asks for what he has now instead, each with its task.
    """
    if call.request.view == "bridge_m":
        return await _list_offers(call)
    page = page_asked(call.params)
    statuses = None
    if one(call.params, "ReservationStatus") not in (None, ""):
        statuses = sorted(words_asked("ReservationStatus", call.params, ReservationStatus))
    await Fetch(WORKER)(call)
    rows = await call.runtime.history(
        lambda history: history.reservations_of_worker(
            call.workspace_sid,
            call.names["worker_sid"],
            statuses=statuses,
            after_sid=page.after,
            before_sid=page.before,
            limit=page.size + 1,
        )
    )
    records, more = page.cut(rows)

    def render(state: State, now: int) -> list[dict[str, Any]]:
        return [RESERVATION_OF_WORKER.show(record, state, call.origin, now) for record in records]

    items = await call.runtime.read(call.workspace_sid, render)
    sids = [record.sid for record in records]
    versions = [record.version for record in records]
    found = Found(items, sids, versions, more)
    return listed(RESERVATION_OF_WORKER.key, found, page, call, _FILTERS)


async def _list_offers(call: Call) -> Reply:
    """The reservations that the worker is asked about or works on, oldest first."""
    if not truth("Active", one(call.params, "Active") or ""):
        raise Invalid("Active", "Active has to be true on this path of the live channel")
    page, worker_sid = internal_page_asked(call), call.names["worker_sid"]

    def render(state: State, now: int) -> Reply | None:
        if worker_sid not in state.workers:
            return None
        live = state.live_reservations_of_worker(worker_sid)
        by_sid = {record.sid: record for record in live}
        rest = page.of(sorted(by_sid))
        sids = rest[: page.size]
        items = [_with_task(by_sid[sid], state, now) for sid in sids]
        found = Found(items, sids, [], len(rest) > len(sids))
        reply = listed(RESERVATION_OF_WORKER.key, found, page, call, ())
        reply.seen = state.event_seq
        return reply

    reply = await call.runtime.read(call.workspace_sid, render)
    if reply is None:
        raise call.missing()
    return reply


def _with_task(record: Reservation, state: State, now: int) -> dict[str, Any]:
    return bridge.offer(record, state.tasks[record.task_sid], state, now)


async def _offer(call: Call, noun: Noun) -> Reply:
    """A reservation with its task for the newer SDK, which cannot do without; from history too."""

    def question(state: State, now: int) -> Reply | None:
        record = noun.find(state, call.names)
        if record is None:
            return None
        return Reply(200, _with_task(record, state, now), {"ETag": etag(record)})

    found = await call.runtime.read(call.workspace_sid, question)
    if found is not None:
        return found
    past = await past_reservation(call)
    task = None
    if past is not None:
        task = await call.runtime.history(
            lambda history: history.task(call.workspace_sid, past.task_sid)
        )
    if past is None or task is None:
        raise call.missing()
    return await call.runtime.read(
        call.workspace_sid,
        lambda state, now: Reply(200, bridge.offer(past, task, state, now), {"ETag": etag(past)}),
    )


def _worker_of_bridge(call: Call) -> str | None:
    """The worker whose token asks over the legacy live channel."""
    token = call.request.principal.token
    return token.worker_sid if token is not None and call.request.view == "bridge_l" else None


async def past_reservation(call: Call) -> Reservation | None:
    """The reservation of the path from history; below a task only the live channel looks there."""
    sid = call.names["reservation_sid"]
    worker_sid = call.names.get("worker_sid") or _worker_of_bridge(call)
    if worker_sid is None:
        return None
    rows = await call.runtime.history(
        lambda history: history.reservations_of_worker(
            call.workspace_sid, worker_sid, after_sid=just_before(sid), limit=1
        )
    )
    found = rows[0] if rows and rows[0].sid == sid else None
    if found is None or found.task_sid != call.names.get("task_sid", found.task_sid):
        return None
    return found


async def _shown(call: Call, noun: Noun, record: Any) -> Reply:
    return await call.runtime.read(
        call.workspace_sid, lambda state, now: noun.reply(record, state, call, now)
    )
