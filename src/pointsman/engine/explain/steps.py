"""Why a task waits where it waits: the filters, the step, its place in line, and what ends the wait.

The rule here: filters are asked with the task's attributes and the time as they are now; the step is the
one that the task entered, even if the workflow was edited since.
Must not know: workers one by one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pointsman.engine.expressions import Judgement, Place, compile_expression, judge
from pointsman.engine.matching import workers_by_activity, workers_names
from pointsman.engine.names import clock_names, next_minute, task_names
from pointsman.engine.records import ReservationStatus, Target, Task, TaskStatus
from pointsman.engine.state import State
from pointsman.engine.workflow import first_filter
from pointsman.engine.workflow_config import DEFAULT_FILTER, WorkflowConfig


class Filtered(NamedTuple):
    """A filter of the workflow; `judgement` is None when it is not looked at, as for the default one."""

    position: int
    """-1 is the default filter."""
    name: str | None
    expression: str | None
    judgement: Judgement | None
    is_current: bool


class Step(NamedTuple):
    """The target that the task is in; `path` is where it stands in the configuration."""

    path: str
    target: Target
    entered_at: int
    """When the task entered the queue."""
    is_edited: bool
    """The configuration says something else there by now; the task keeps what it entered."""
    skip: Judgement | None
    """What skip_if would say now; None without one."""


class Standing(NamedTuple):
    """Places are counted from 1, among all that wait on the same task channel."""

    in_queue: int
    waiting_in_queue: int
    in_workspace: int
    waiting_in_workspace: int


class End(NamedTuple):
    """Something that ends the wait; `at` is None when it may happen at any moment."""

    code: str
    at: int | None
    sentence: str


class Waiting(NamedTuple):
    """Everything about a waiting or offered task but the workers."""

    filters: list[Filtered]
    step: Step
    standing: Standing | None
    """None while it is offered, and while it rests."""
    ends: list[End]
    counts: dict[str, int]
    """Workers of the workspace, of the queue, and of the queue in an available activity."""


def explain(state: State, task: Task, now: int) -> Waiting:
    """Why a pending or reserved task is where it is."""
    config = state.configurations[task.workflow_sid]
    names = task_names(task, state.task_channels[task.task_channel_sid].unique_name, now)
    in_line = task.assignment_status is TaskStatus.PENDING and task.not_before_at is None
    return Waiting(
        _filters(task, config, names, now),
        _step(state, task, config, names, now),
        _standing(state, task) if in_line else None,
        _ends(state, task, config, names, now),
        _counts(state, task.target.queue_sid),
    )


def _filters(task: Task, config: WorkflowConfig, names: dict[str, Any], now: int) -> list[Filtered]:
    """Up to the first that takes the task, or to the one it fell through to, with reasons.

    None when the task came past them, to its routing target.
    """
    if task.is_placed:
        return []
    first = first_filter(config, names, now)
    looked_at = len(config.filters) - 1 if first is None else first
    if task.filter_index < len(config.filters):
        looked_at = max(looked_at, task.filter_index)
    found = []
    for index, (name, takes, _) in enumerate(config.filters):
        judgement = None
        if index <= looked_at:
            judgement = judge(takes, task=names, taskrouter=clock_names(now))
        found.append(Filtered(index, name, takes.source, judgement, index == task.filter_index))
    if config.default is not None:
        is_current = task.filter_index == DEFAULT_FILTER
        found.append(Filtered(DEFAULT_FILTER, None, None, None, is_current))
    return found


def _step(
    state: State, task: Task, config: WorkflowConfig, names: dict[str, Any], now: int
) -> Step:
    target = task.target
    skip = None
    if target.skip_if:
        expression = compile_expression(target.skip_if, Place.SKIP_IF)
        counts = workers_names(state, target.queue_sid)
        skip = judge(expression, task=names, workers=counts, taskrouter=clock_names(now))
    if task.is_placed:
        path = "routing_target" if task.transfer_sid is None else "transfer"
        return Step(path, target, task.task_queue_entered_at, False, None)
    path = "task_routing.default_filter"
    if task.filter_index != DEFAULT_FILTER:
        path = f"task_routing.filters[{task.filter_index}].targets[{task.target_index}]"
    is_edited = _target_at(config, task) != target
    return Step(path, target, task.task_queue_entered_at, is_edited, skip)


def _target_at(config: WorkflowConfig, task: Task) -> Target | None:
    """What stands at the task's position in the configuration now."""
    if task.filter_index == DEFAULT_FILTER:
        return config.default
    if task.filter_index >= len(config.filters):
        return None
    targets = config.filters[task.filter_index].targets
    return targets[task.target_index] if task.target_index < len(targets) else None


def _standing(state: State, task: Task) -> Standing:
    own = state.task_key(task)
    in_queue = in_workspace = ahead_in_queue = ahead = 0
    for queue_sid, key in state.line.waiting_on(task.task_channel_sid):
        in_workspace += 1
        ahead += key < own
        if queue_sid == task.target.queue_sid:
            in_queue += 1
            ahead_in_queue += key < own
    return Standing(ahead_in_queue + 1, in_queue, ahead + 1, in_workspace)


def _counts(state: State, queue_sid: str) -> dict[str, int]:
    by_activity = workers_by_activity(state, queue_sid)
    available = sum(n for sid, n in by_activity.items() if state.activities[sid].available)
    return {
        "workers": len(state.workers),
        "of_queue": by_activity.total(),
        "of_queue_in_available_activity": available,
    }


# --- what ends the wait ------------------------------------------------------------------------


def _ends(
    state: State, task: Task, config: WorkflowConfig, names: dict[str, Any], now: int
) -> list[End]:
    ends = _offers(state, task)
    if task.not_before_at is not None:
        told = "Nobody could be asked, so it rests; then it is offered again"
        ends.append(End("rest", task.not_before_at, told))
    elif task.assignment_status is TaskStatus.PENDING:
        told = "A worker becomes eligible: it is offered to him at once"
        ends.append(End("worker-eligible", None, told))
        ends += _clock_checks(state, task, now)
    if task.step_expires_at is not None:
        ends.append(_step_end(task, config, names, now))
    if task.expires_at is not None:
        told = "Its time to live ends: it is canceled"
        if task.transfer_sid is not None:
            told = "The time of its transfer ends: that failed, and the task comes back"
        ends.append(End("time-to-live", task.expires_at, told))
    return sorted(ends, key=lambda end: (end.at is not None, end.at or 0))


def _offers(state: State, task: Task) -> list[End]:
    """What its open offers may become; the last one that fails lets it wait again."""
    ends = []
    for offer in state.reservations_of_task(task.sid):
        if offer.reservation_status is ReservationStatus.PENDING:
            told = f"{offer.worker_name} does not answer in time: the offer {offer.sid} is over"
            ends.append(End("offer-timeout", offer.expires_at, told))
    if ends:
        ends.insert(0, End("offer-accepted", None, "A worker accepts: it is assigned to him"))
        after = "it waits in the same step again"
        if task.is_direct:
            after = "it is canceled, because it is for nobody else"
        if task.transfer_sid is not None:
            after = "its transfer goes on in the queue"
            if task.is_for_one:
                after = "its transfer failed, and it comes back"
        if task.restart_workflow:
            after = "it starts over at the first filter, because it or its workflow was changed"
        ends.insert(1, End("offers-declined", None, f"Every worker declines: {after}"))
    return ends


def _clock_checks(state: State, task: Task, now: int) -> list[End]:
    text = task.target.expression
    if not text or not compile_expression(text, Place.TARGET).reads_time:
        return []
    told = "The target's expression reads the time: workers are asked again every minute"
    return [End("minute", next_minute(max(now, state.clock_checked_at)), told)]


def _step_end(task: Task, config: WorkflowConfig, names: dict[str, Any], now: int) -> End:
    told = f"The step's deadline comes: {_after_timeout(task, config, names, now)}"
    if task.assignment_status is TaskStatus.RESERVED:
        told += ", once its offers have failed"
    return End("step-deadline", task.step_expires_at, told)


def _after_timeout(task: Task, config: WorkflowConfig, names: dict[str, Any], now: int) -> str:
    """Where a timeout would lead, if nothing changes until then."""
    if task.filter_index >= len(config.filters):
        return "it starts over at the first filter, because its place in the workflow is no more"
    following = task.target_index + 1
    if following < len(config.filters[task.filter_index].targets):
        return f"it enters task_routing.filters[{task.filter_index}].targets[{following}]"
    later = first_filter(config, names, now, task.filter_index + 1)
    if later is not None:
        return f"it enters task_routing.filters[{later}].targets[0], which takes it too"
    return "it is canceled, because no later filter takes it"
