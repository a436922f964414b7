"""Which step a task enters next: filters, targets, and the ways out of a step.

Rule: a waiting task keeps the target it entered (a snapshot); the workflow's configuration is read
only when it moves. Deadlines are ages of the task: the sum of the timeouts of all targets entered so
far (docs/workflows.md). Whether somebody can serve the step is not known here.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from pointsman.engine.events import EventType
from pointsman.engine.expressions import resolve
from pointsman.engine.moves import cancel_task
from pointsman.engine.names import clock_names, task_names
from pointsman.engine.records import Task, TaskChannel, replace
from pointsman.engine.transaction import Transaction
from pointsman.engine.waiting import Look, known_worker_value
from pointsman.engine.workflow_config import DEFAULT_FILTER, WorkflowConfig

TIMEOUT_REASON = "Task canceled on Workflow timeout"
SKIP_REASON = "Task canceled on Workflow skip"


class Exit(Enum):
    """How a task leaves a step."""

    TIMEOUT = "timeout"
    SKIP = "skip"


def first_filter(
    config: WorkflowConfig, names: dict[str, Any], now: int, start: int = 0
) -> int | None:
    """The first filter from `start` on whose expression takes the task; the others are not looked at."""
    clock = clock_names(now)
    for index in range(start, len(config.filters)):
        if config.filters[index].takes.matches({}, names, {}, clock):
            return index
    return None


def place_new(task: Task, config: WorkflowConfig, channel: TaskChannel, now: int) -> Task | None:
    """The task in the first step of its workflow; None when no filter and no default takes it."""
    names = task_names(task, channel.unique_name, now)
    index = first_filter(config, names, now)
    if index is not None:
        return _at(task, config, index, 0, 0, now)
    return None if config.default is None else _at(task, config, DEFAULT_FILTER, 0, 0, now)


def announce(tx: Transaction, task: Task) -> None:
    """Tell that a new task was created and entered its first step; it is stored already."""
    tx.tell_task(EventType.TASK_CREATED, task)
    tx.tell_task(EventType.WORKFLOW_ENTERED, task)
    if not task.is_placed:
        tx.tell_task(EventType.WORKFLOW_TARGET_MATCHED, task)
    tx.tell_task(EventType.TASK_QUEUE_ENTERED, task)
    if not task.is_placed:
        _check_known_worker(tx, task)


def restart(tx: Transaction, task: Task) -> Task:
    """Begin at the first filter with the task's attributes as they are; its age still counts.

    When nothing takes the task any more it stays where it is, so that an edit loses no task.
    """
    placed = _placed_anew(tx, task)
    return _enter(tx, task, placed or replace(task, restart_workflow=False))


def _placed_anew(tx: Transaction, task: Task) -> Task | None:
    channel = tx.state.task_channels[task.task_channel_sid]
    return place_new(task, tx.state.configurations[task.workflow_sid], channel, tx.now)


def leave(tx: Transaction, task: Task, way: Exit) -> None:
    """Leave the current step; the task enters another one, waits on in the default filter, or is canceled."""
    config = tx.state.configurations[task.workflow_sid]
    if way is Exit.TIMEOUT:
        tx.tell_task(EventType.TASK_QUEUE_TIMEOUT, task)
    if task.filter_index >= len(config.filters):
        placed = _placed_anew(tx, task)  # the workflow was edited: this position is no more
        if placed is None:
            _leave_workflow(tx, task, config, way)
        else:
            _enter(tx, task, placed)
        return
    if task.filter_index == DEFAULT_FILTER:
        return
    following = task.target_index + 1
    if following < len(config.filters[task.filter_index].targets):
        index, target_index = task.filter_index, following
    else:
        later = first_filter(config, _names(tx, task), tx.now, task.filter_index + 1)
        if later is None:
            _leave_workflow(tx, task, config, way)
            return
        index, target_index = later, 0
    _enter(tx, task, _at(task, config, index, target_index, task.timeout_sum_s, tx.now))


def _leave_workflow(tx: Transaction, task: Task, config: WorkflowConfig, way: Exit) -> None:
    if way is Exit.TIMEOUT:
        tx.tell_task(EventType.WORKFLOW_TIMEOUT, task)
        cancel_task(tx, task, TIMEOUT_REASON, TIMEOUT_REASON)
    elif config.default is not None:
        _enter(tx, task, _at(task, config, DEFAULT_FILTER, 0, task.timeout_sum_s, tx.now))
    else:
        tx.tell_task(EventType.WORKFLOW_SKIPPED, task)
        cancel_task(tx, task, SKIP_REASON, SKIP_REASON)


def _enter(tx: Transaction, before: Task, after: Task) -> Task:
    """Store the task in its new step and tell the move; the same queue again tells no queue event."""
    after = replace(after, version=before.version + 1, date_updated=tx.now)
    moved = before.target.queue_sid != after.target.queue_sid
    if not moved:
        after = replace(after, task_queue_entered_at=before.task_queue_entered_at)
    tx.put(after)
    tx.tell_task(EventType.WORKFLOW_TARGET_MATCHED, after)
    if moved:
        tx.tell_task(EventType.TASK_QUEUE_MOVED, before)
        tx.tell_task(EventType.TASK_QUEUE_ENTERED, after)
    _check_known_worker(tx, after)
    tx.state.look_again(after, Look.ENTERED)
    return after


def _at(
    task: Task, config: WorkflowConfig, filter_index: int, target_index: int, sum_s: int, now: int
) -> Task:
    """The task as it stands in a step: queue, priority, deadline."""
    if filter_index == DEFAULT_FILTER:
        assert config.default is not None
        name, target = None, config.default
    else:
        filter_ = config.filters[filter_index]
        name, target = filter_.name, filter_.targets[target_index]
    deadline = None
    if target.timeout_s is not None:
        sum_s += target.timeout_s
        deadline = task.date_created + sum_s * 1000
    return replace(
        task,
        target=target,
        filter_index=filter_index,
        filter_name=name,
        target_index=target_index,
        timeout_sum_s=sum_s,
        step_expires_at=deadline,
        priority=task.priority if target.priority is None else target.priority,
        task_queue_entered_at=now,
        restart_workflow=False,
    )


def _names(tx: Transaction, task: Task) -> dict[str, Any]:
    channel = tx.state.task_channels[task.task_channel_sid]
    return task_names(task, channel.unique_name, tx.now)


def _check_known_worker(tx: Transaction, task: Task) -> None:
    """Leave an alert when the worker whom the target wants cannot be meant (docs/workflows.md)."""
    known = task.target.known_worker
    if known is None:
        return
    names = _names(tx, task)
    value = known_worker_value(known, names)
    if value is None:
        if known.path is not None and not _is_null(names, known.path):
            _warn(tx, task, 40154, f"its {known.by} of the known worker is missing or not a text")
        return
    worker = tx.state.workers.get(value) if known.by == "sid" else tx.state.worker_named(value)
    if worker is None:
        _warn(tx, task, 40154, f"the known worker {value} does not exist in this workspace")
    elif task.target.queue_sid not in tx.state.line.roster.class_of[worker.sid].queues:
        _warn(tx, task, 40152, f"the known worker {value} does not belong to the task queue")


def _is_null(names: dict[str, Any], path: tuple[str | int, ...]) -> bool:
    """Whether the task says null on purpose: it wants nobody in particular, which is no mistake."""
    holder: Any = resolve(names, path[:-1]) if path[1:] else names
    return isinstance(holder, dict) and path[-1] in holder and holder[path[-1]] is None


def _warn(tx: Transaction, task: Task, code: int, problem: str) -> None:
    tx.alert(
        code, "error", f"Task {task.sid} waits in its step without a worker: {problem}", task.sid
    )
