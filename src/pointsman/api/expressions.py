"""Filters that evaluate expressions: who serves a queue, which queues would take a worker.

What an expression sees is what routing sees (docs/expressions.md). A text that cannot be read is
refused with the parser's sentence. Nothing here decides about routing.
"""

from __future__ import annotations

from typing import Any

from pointsman.api.filters import sid_asked
from pointsman.api.lists import Keep
from pointsman.api.params import Params, json_text, one, text
from pointsman.engine.errors import Invalid
from pointsman.engine.expressions import Expression, ExpressionError, Place, compile_expression
from pointsman.engine.names import task_names, worker_names
from pointsman.engine.records import Task, TaskQueue, Worker, read_json
from pointsman.engine.state import State
from pointsman.engine.waiting import loaded_names

__all__ = ["accepts_attributes", "in_named_queue", "in_queue", "serves", "tasks", "workers"]


def workers(name: str, params: Params) -> Keep:
    """The worker fits the expression, by his attributes, his own fields and his load."""
    expression = _asked(name, params, Place.WORKERS_LIST)

    def keep(worker: Worker, state: State, now: int) -> bool:
        if expression.reads_load:
            return expression.matches(loaded_names(state, worker.sid))
        return expression.matches(worker_names(worker, state.activities[worker.activity_sid]))

    return keep


def tasks(name: str, params: Params) -> Keep:
    """The task fits the expression, by its attributes and its own fields."""
    expression = _asked(name, params, Place.TASKS_LIST)

    def keep(task: Task, state: State, now: int) -> bool:
        channel = state.task_channels.get(task.task_channel_sid)
        names = task_names(task, channel.unique_name if channel else "", now)
        return expression.matches({}, names)

    return keep


def in_queue(name: str, params: Params) -> Keep:
    """The worker is eligible for the queue with this SID."""
    queue_sid = sid_asked(name, params, "WQ")
    return lambda worker, state, now: _is_eligible(worker.sid, queue_sid, state)


def in_named_queue(name: str, params: Params) -> Keep:
    """The worker is eligible for a queue of this name."""
    wanted = text(name, one(params, name))
    known: dict[int, list[str]] = {}

    def keep(worker: Worker, state: State, now: int) -> bool:
        if state.seq not in known:  # a walk goes on over changes: names are those of the moment
            known.clear()
            queues = state.task_queues.values()
            known[state.seq] = [queue.sid for queue in queues if queue.friendly_name == wanted]
        return any(_is_eligible(worker.sid, sid, state) for sid in known[state.seq])

    return keep


def serves(name: str, params: Params) -> Keep:
    """The queue is one that the worker with this SID is eligible for."""
    worker_sid = sid_asked(name, params, "WK")
    return lambda queue, state, now: _is_eligible(worker_sid, queue.sid, state)


def accepts_attributes(name: str, params: Params) -> Keep:
    """The queue would take a worker who had these attributes."""
    try:
        attributes: Any = read_json(json_text(name, one(params, name)))
    except ValueError as problem:
        raise Invalid(name, f"{name} is not valid JSON: {problem}") from problem
    if not isinstance(attributes, dict):
        raise Invalid(name, f'{name} must be a JSON object, such as {{"language": "en"}}')

    def keep(queue: TaskQueue, state: State, now: int) -> bool:
        rule = queue.target_workers.strip()
        return bool(rule) and compile_expression(rule, Place.QUEUE).matches(attributes)

    return keep


def _asked(name: str, params: Params, place: Place) -> Expression:
    try:
        return compile_expression(text(name, one(params, name)).strip(), place)
    except ExpressionError as problem:
        raise Invalid(name, f"{name} cannot be read: {problem.message}") from problem


def _is_eligible(worker_sid: str, queue_sid: str, state: State) -> bool:
    """Whether the queue holds the worker, whatever his activity and capacity."""
    known = state.line.roster.class_of.get(worker_sid)
    if known is None or queue_sid not in known.queues:
        return False
    rule = state.line.roster.loaded_queues.get(queue_sid)
    return rule is None or rule.matches(loaded_names(state, worker_sid))
