"""Explanations, judgements and findings as JSON, and what happened to a task as sentences.

Dates and lists have the forms of every other resource; the codes of obstacles, ends and findings are
stable (docs/why.md), the sentences beside them are for people. It must not know why anything is so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import orjson

from pointsman.engine.events import EventType
from pointsman.engine.explain import Candidate, End, Filtered, Finding, Obstacle, Step, Waiting
from pointsman.engine.expressions import ExpressionError, Judgement
from pointsman.engine.records import Task, TaskStatus, Worker
from pointsman.engine.state import State
from pointsman.wire.values import iso

__all__ = ["candidate", "error", "finding", "happened", "judgement", "next_worker", "waiting"]

Shown = dict[str, Any]


def waiting(task: Task, found: Waiting, eligible: int, state: State) -> Shown:
    """Everything about a waiting or offered task but the workers one by one."""
    standing = found.standing
    return {
        "summary": _summary(task, found, eligible, state),
        "filters": [_filter(each) for each in found.filters],
        "target": _step(found.step, state),
        "place": None if standing is None else standing._asdict(),
        "ends": [_end(each) for each in found.ends],
        "counts": {**found.counts, "eligible": eligible},
    }


def candidate(found: Candidate, state: State) -> Shown:
    """A worker with what speaks against him; `place` is his among the eligible."""
    worker = found.worker
    return {
        "worker_sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_name": state.activities[worker.activity_sid].friendly_name,
        "eligible": not found.obstacles,
        "place": found.place,
        "obstacles": [_obstacle(each) for each in found.obstacles],
    }


def next_worker(worker: Worker, place: int, ordered_by: Mapping[str, Any], state: State) -> Shown:
    """An eligible worker and what his place in the order comes from."""
    reserved = worker.last_reserved_at
    return {
        "place": place,
        "worker_sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "order_by": _values(ordered_by),
        "has_work": state.slots.has_work(worker.sid),
        "last_reserved_date": None if reserved is None else iso(reserved),
        "date_status_changed": iso(worker.date_status_changed),
    }


def judgement(found: Judgement) -> Shown:
    """What an expression says, and why."""
    return {
        "result": found.holds,
        "failing": list(found.failing),
        "values": _values(found.values),
    }


def error(problem: ExpressionError) -> Shown:
    """Why an expression cannot be read, and where."""
    return {
        "message": problem.message,
        "position": problem.position,
        "line": problem.line,
        "column": problem.column,
        "caret": problem.caret,
    }


def finding(found: Finding) -> Shown:
    """Something strange about a workflow."""
    return found._asdict()


def happened(event_type: str, fields: Mapping[str, str]) -> str:
    """What an event says of its task, as a sentence."""
    sentence = _SENTENCES.get(event_type, event_type)
    if event_type == EventType.WORKFLOW_TARGET_MATCHED and "workflow_filter_name" in fields:
        sentence += " in the filter {workflow_filter_name}"
    return sentence.format_map(defaultdict(str, fields)).removesuffix(": ")  # no reason was given


# --- parts -------------------------------------------------------------------------------------


def _summary(task: Task, found: Waiting, eligible: int, state: State) -> str:
    queue = state.task_queues[task.target.queue_sid].friendly_name
    counts, standing = found.counts, found.standing
    if task.assignment_status is TaskStatus.RESERVED:
        first = f"It is offered to workers of the task queue {queue}"
    elif standing is None:
        first = f"It rests in the task queue {queue}, because nobody could be asked"
    else:
        of = standing.waiting_in_queue
        first = f"It waits in the task queue {queue}, as number {standing.in_queue} of {of}"
    return (
        f"{first}. The queue has {counts['of_queue']} of {counts['workers']} workers, "
        f"{counts['of_queue_in_available_activity']} of them in an available activity; "
        f"{eligible} could be offered the task now."
    )


def _filter(found: Filtered) -> Shown:
    said = found.judgement
    return {
        "position": None if found.position < 0 else found.position,
        "default": found.position < 0,
        "friendly_name": found.name,
        "expression": found.expression,
        "current": found.is_current,
        "tried": said is not None,
        "sentence": _filter_sentence(found),
        **(judgement(said) if said is not None else {"result": None, "failing": [], "values": {}}),
    }


def _filter_sentence(found: Filtered) -> str:
    said = found.judgement
    if said is None and found.is_current:
        return "The task is here, because no filter took it or the last target was skipped"
    if found.position < 0:
        return "Only for tasks that no filter takes, or that skip the last target"
    if said is None:
        return "It is not looked at, because an earlier filter takes the task"
    if not said.holds:
        still = (
            "The task is here, but" if found.is_current else "It does not take the task, because"
        )
        return f"{still} this does not hold now: {' and '.join(said.failing)}"
    if found.is_current:
        return "It takes the task"
    return "It takes the task now; the task has left it, or was different when it came by"


def _step(found: Step, state: State) -> Shown:
    target, known = found.target, found.target.known_worker
    return {
        "path": found.path,
        "edited_since": found.is_edited,
        "task_queue_sid": target.queue_sid,
        "task_queue_friendly_name": state.task_queues[target.queue_sid].friendly_name,
        "task_queue_entered_date": iso(found.entered_at),
        "expression": target.expression,
        "priority": target.priority,
        "timeout": target.timeout_s,
        "order_by": target.order_by,
        "known_worker": known and {"by": known.by, "path": known.path, "literal": known.literal},
        "skip_if": found.skip and {"expression": target.skip_if, **judgement(found.skip)},
    }


def _end(found: End) -> Shown:
    date = None if found.at is None else iso(found.at)
    return {"code": found.code, "date": date, "sentence": found.sentence}


def _obstacle(found: Obstacle) -> Shown:
    return {
        "code": found.code,
        "sentence": found.sentence,
        "failing": list(found.failing),
        "values": _values(found.values),
    }


def _values(values: Mapping[str, Any]) -> Shown:
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    """The value, or its text when JSON as it is sent has no such number, or is not nested as deep."""
    try:
        orjson.dumps([[[[[[[[value]]]]]]]])  # as deep as values ever stand in an answer
    except TypeError:
        return str(value)
    return value


_E = EventType
_SENTENCES: dict[str, str] = {
    _E.TASK_CREATED: "It was created with priority {task_priority}",
    _E.TASK_UPDATED: "It was updated",
    _E.TASK_CANCELED: "It was canceled: {reason}",
    _E.TASK_WRAPUP: "It went into wrap-up: {reason}",
    _E.TASK_COMPLETED: "It was completed: {reason}",
    _E.TASK_DELETED: "It was deleted: {reason}",
    _E.TASK_SYSTEM_DELETED: "It was deleted, because it was assigned for too long",
    _E.TASK_TRANSFER_INITIATED: "A transfer was begun",
    _E.TASK_TRANSFER_ATTEMPT_FAILED: "A transfer was tried in vain",
    _E.TASK_TRANSFER_FAILED: "A transfer failed",
    _E.TASK_TRANSFER_CANCELED: "A transfer was canceled",
    _E.TASK_TRANSFER_COMPLETED: "A transfer was completed",
    _E.WORKFLOW_ENTERED: "It entered the workflow {workflow_name}",
    _E.WORKFLOW_TARGET_MATCHED: "It entered a target",
    _E.WORKFLOW_TIMEOUT: "The workflow {workflow_name} ran out of time for it",
    _E.WORKFLOW_SKIPPED: "The workflow {workflow_name} skipped its last target",
    _E.TASK_QUEUE_ENTERED: "It entered the task queue {task_queue_name}",
    _E.TASK_QUEUE_TIMEOUT: "Its time in the task queue {task_queue_name} was over",
    _E.TASK_QUEUE_MOVED: "It left the task queue {task_queue_name}",
    _E.RESERVATION_CREATED: "It was offered to {worker_name}",
    _E.RESERVATION_ACCEPTED: "{worker_name} accepted",
    _E.RESERVATION_REJECTED: "{worker_name} rejected",
    _E.RESERVATION_TIMEOUT: "{worker_name} did not answer in time",
    _E.RESERVATION_CANCELED: "The offer to {worker_name} was canceled",
    _E.RESERVATION_RESCINDED: "The offer to {worker_name} was rescinded: somebody else accepted first",
    _E.RESERVATION_WRAPUP: "{worker_name} went into wrap-up",
    _E.RESERVATION_COMPLETED: "{worker_name} completed",
    _E.RESERVATION_FAILED: "It could not be offered to anybody",
}
