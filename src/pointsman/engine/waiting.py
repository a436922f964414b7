"""Why a waiting task is looked at, which cell it belongs to, and whether a worker fits a cell whose
answer is not static.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from pointsman.engine.expressions import Place, compile_expression, parse_order_by, resolve
from pointsman.engine.indexes.cells import NO_DEMAND, Cell, Demand, task_paths
from pointsman.engine.indexes.line import Fits
from pointsman.engine.names import clock_names, task_names, worker_names
from pointsman.engine.records import KnownWorker, Target, Task

if TYPE_CHECKING:
    from pointsman.engine.state import State

AGE = ("age",)


class Look(IntEnum):
    """Why `route` must look at a waiting task; the higher reason wins."""

    RETRY = 0
    """Somebody may serve it now: try, nothing else."""
    ENTERED = 1
    """It just entered its step: try, then `skip_if`."""
    RETURNED = 2
    """Its last offer failed: first see whether its step is over or its workflow starts anew."""


def cell_for(state: State, task: Task) -> Cell:
    """The cell of the task's queue, channel and demand; made when it is the first of its kind."""
    target = task.target
    names = _names(state, task, task.date_created) if _is_demanding(target) else {}
    demand = _demand(target, task, names) if names else NO_DEMAND
    if task.transfer_sid is not None and not task.is_for_one:
        demand = Demand(passed_on=task.sid)
    cell = state.line.cell(target.queue_sid, task.task_channel_sid, demand)
    if cell is None:
        cell = _new_cell(state, task, names, demand)
    return cell


def fits_at(state: State, now: int) -> Fits:
    """The answer to "may this worker serve this cell at this moment?", readiness aside."""

    def fits(cell: Cell, worker_sid: str) -> bool:
        if cell.demand.direct:
            return True
        if cell.demand.passed_on is not None and _holds(state, cell.demand.passed_on, worker_sid):
            return False
        if cell.queue_sid not in state.line.roster.class_of[worker_sid].queues:
            return False
        rule = state.line.roster.loaded_queues.get(cell.queue_sid)
        if rule is None and cell.expression is None:
            return True
        worker = loaded_names(state, worker_sid)
        if rule is not None and not rule.matches(worker):
            return False
        if cell.expression is None:
            return True
        task = cell.task
        if AGE in task_paths(cell.expression):
            head = cell.tasks.head()
            assert head is not None
            task = _names(state, state.tasks[head[1]], now)
        return cell.expression.matches(worker, task, {}, clock_names(now))

    return fits


def _holds(state: State, task_sid: str, worker_sid: str) -> bool:
    """Whether the worker has a live reservation for the task."""
    live = state.live_reservations_of_worker(worker_sid)
    return any(reservation.task_sid == task_sid for reservation in live)


def loaded_names(state: State, worker_sid: str) -> dict[str, Any]:
    """The worker's names, with what he carries on each channel right now."""
    worker = state.workers[worker_sid]
    channels = {}
    for channel in state.worker_channels_of(worker_sid):
        sid = channel.task_channel_sid
        used = state.used_slots(worker_sid, sid)
        channels[state.task_channels[sid].unique_name] = {
            "configured_capacity": channel.configured_capacity,
            "assigned_tasks": state.accepted_tasks(worker_sid, sid),
            "available_capacity_percentage": available_capacity_percentage(
                channel.configured_capacity, used
            ),
        }
    return {"channel": channels, **worker_names(worker, state.activities[worker.activity_sid])}


def available_capacity_percentage(configured_capacity: int, used_slots: int) -> int:
    """How much of a worker channel is free, in whole percent from 0 to 100; no capacity is 0."""
    if configured_capacity <= 0 or used_slots >= configured_capacity:
        return 0
    return (configured_capacity - used_slots) * 100 // configured_capacity


def _is_demanding(target: Target) -> bool:
    return bool(target.expression or target.order_by or target.known_worker)


def _names(state: State, task: Task, now: int) -> dict[str, Any]:
    return task_names(task, state.task_channels[task.task_channel_sid].unique_name, now)


def _demand(target: Target, task: Task, names: dict[str, Any]) -> Demand:
    values: tuple[str, ...] = ()
    if target.expression:
        expression = compile_expression(target.expression, Place.TARGET)
        paths = task_paths(expression)
        values = tuple(repr(resolve(names, path)) for path in paths)
        if AGE in paths:
            values += (task.sid,)  # its answer changes with its age: it shares a cell with nobody
    known = None
    if target.known_worker is not None:
        value = known_worker_value(target.known_worker, names)
        if value is None:
            return Demand(target.expression, values, target.order_by, nobody=True)
        by = target.known_worker.by
        known = (by, value if by == "sid" else value.casefold())
    return Demand(target.expression, values, target.order_by, known, direct=task.is_for_one)


def known_worker_value(known: KnownWorker, names: dict[str, Any]) -> str | None:
    """The SID or friendly name that the task gives for its known worker; None when it gives none."""
    if known.path is None:
        return known.literal
    value = resolve(names, known.path)
    return value if isinstance(value, str) and value else None


def _new_cell(state: State, task: Task, names: dict[str, Any], demand: Demand) -> Cell:
    cell = Cell(task.target.queue_sid, task.task_channel_sid, demand)
    cell.task = names
    paths: set[tuple[str | int, ...]] = set()
    if demand.expression:
        cell.expression = compile_expression(demand.expression, Place.TARGET)
        paths |= state.line.roster.missing_paths(cell.expression)
    if demand.order_by:
        cell.order = parse_order_by(demand.order_by)
        paths |= state.line.roster.lacks(clause.path for clause in cell.order)
    if paths:
        state.line.widen(paths, state.people())
    state.line.open_cell(cell)
    return cell
