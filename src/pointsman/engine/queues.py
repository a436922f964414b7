"""Command functions on task queues and workflows."""

from __future__ import annotations

from pointsman.engine import checks
from pointsman.engine.commands import (
    CreateTaskQueue,
    CreateWorkflow,
    DeleteTaskQueue,
    DeleteWorkflow,
    UpdateTaskQueue,
    UpdateWorkflow,
    given,
)
from pointsman.engine.errors import InUse, Invalid, LimitReached, NotFound
from pointsman.engine.events import EventType
from pointsman.engine.expressions import ExpressionError, Place, compile_expression
from pointsman.engine.records import TaskQueue, TaskStatus, Workflow, replace
from pointsman.engine.transaction import Transaction
from pointsman.engine.workflow import restart
from pointsman.engine.workflow_config import parse_configuration

MAX_RESERVED_WORKERS = 50
MAX_RESERVATION_TIMEOUT_S = 86_400
RESERVED_ACTIVITY, BUSY_ACTIVITY = "Reserved", "Busy"
"""The seeded activities that a queue of a single-tasking workspace uses unless it names others."""


# --- task queues -------------------------------------------------------------------------------


def create_task_queue(tx: Transaction, command: CreateTaskQueue) -> TaskQueue:
    """A new queue; its workers are found at once."""
    if len(tx.state.task_queues) >= tx.limits.task_queues:
        raise LimitReached(f"A workspace may hold at most {tx.limits.task_queues} task queues")
    queue = _checked_queue(
        tx,
        TaskQueue(
            sid="",
            friendly_name=command.friendly_name,
            target_workers=command.target_workers,
            max_reserved_workers=command.max_reserved_workers,
            task_order=checks.task_order("TaskOrder", command.task_order),
            date_created=tx.now,
            date_updated=tx.now,
            reservation_activity_sid=command.reservation_activity_sid,
            assignment_activity_sid=command.assignment_activity_sid,
        ),
    )
    queue = replace(queue, sid=tx.new_sid("WQ"))
    tx.put(queue)
    tx.tell_record(EventType.TASK_QUEUE_CREATED, queue)
    return queue


def update_task_queue(tx: Transaction, command: UpdateTaskQueue) -> TaskQueue:
    """The changed queue; a new expression matches its waiting tasks anew."""
    before = _task_queue(tx, command.task_queue_sid)
    order = checks.task_order("TaskOrder", given(command.task_order, before.task_order.value))
    after = _checked_queue(
        tx,
        replace(
            before,
            friendly_name=given(command.friendly_name, before.friendly_name),
            target_workers=given(command.target_workers, before.target_workers),
            max_reserved_workers=given(command.max_reserved_workers, before.max_reserved_workers),
            task_order=order,
            reservation_activity_sid=given(
                command.reservation_activity_sid, before.reservation_activity_sid
            ),
            assignment_activity_sid=given(
                command.assignment_activity_sid, before.assignment_activity_sid
            ),
            date_updated=tx.now,
        ),
    )
    tx.put(after)
    if after.target_workers != before.target_workers:
        tx.tell_record(EventType.TASK_QUEUE_EXPRESSION_UPDATED, after)
    return after


def delete_task_queue(tx: Transaction, command: DeleteTaskQueue) -> None:
    """Remove a queue; refused while a workflow names it or an open task is in it."""
    queue = _task_queue(tx, command.task_queue_sid)
    for sid, config in tx.state.configurations.items():
        if any(named == queue.sid for _, named in config.named_queues()):
            raise InUse(f"Task queue {queue.sid} is used by the workflow {sid}")
    if tx.state.open_tasks[queue.sid]:
        raise InUse(f"Task queue {queue.sid} holds tasks that are not over")
    tx.remove(queue)
    tx.tell_record(EventType.TASK_QUEUE_DELETED, queue)


def _task_queue(tx: Transaction, sid: str) -> TaskQueue:
    queue = tx.state.task_queues.get(sid)
    if queue is None:
        raise NotFound("task queue", sid)
    return queue


def _checked_queue(tx: Transaction, queue: TaskQueue) -> TaskQueue:
    checks.friendly_name(tx, queue.friendly_name)
    checks.whole_number("MaxReservedWorkers", queue.max_reserved_workers, 1, MAX_RESERVED_WORKERS)
    if queue.target_workers.strip():
        try:
            compile_expression(queue.target_workers.strip(), Place.QUEUE)
        except ExpressionError as problem:
            raise Invalid(
                "TargetWorkers", f"TargetWorkers is wrong: {problem}\n{problem.caret}"
            ) from problem
    return replace(
        queue,
        reservation_activity_sid=_activity(
            tx, "ReservationActivitySid", queue.reservation_activity_sid, RESERVED_ACTIVITY
        ),
        assignment_activity_sid=_activity(
            tx, "AssignmentActivitySid", queue.assignment_activity_sid, BUSY_ACTIVITY
        ),
    )


def _activity(tx: Transaction, parameter: str, sid: str | None, name: str) -> str | None:
    """The activity asked for; in a single-tasking workspace, without one, the seeded one."""
    asked = checks.optional_activity(tx, parameter, sid)
    if asked is not None or tx.workspace.multi_task_enabled:
        return asked
    for activity in tx.state.activities.values():
        if activity.friendly_name == name:
            return activity.sid
    told = f"{parameter} field is required: no activity of this workspace is named {name}"
    raise Invalid(parameter, told)


# --- workflows ---------------------------------------------------------------------------------


def create_workflow(tx: Transaction, command: CreateWorkflow) -> Workflow:
    """New routing rules, checked completely."""
    workflow = _checked_workflow(
        tx,
        Workflow(
            sid="",
            friendly_name=command.friendly_name,
            configuration=command.configuration,
            task_reservation_timeout_s=command.task_reservation_timeout_s,
            date_created=tx.now,
            date_updated=tx.now,
            assignment_callback_url=command.assignment_callback_url,
            fallback_assignment_callback_url=command.fallback_assignment_callback_url,
        ),
    )
    workflow = replace(workflow, sid=tx.new_sid("WW"))
    tx.put(workflow)
    tx.tell_record(EventType.WORKFLOW_CREATED, workflow)
    return workflow


def update_workflow(tx: Transaction, command: UpdateWorkflow) -> Workflow:
    """The changed rules; waiting tasks keep their step unless they are re-evaluated."""
    before = _workflow(tx, command.workflow_sid)
    after = _checked_workflow(
        tx,
        replace(
            before,
            friendly_name=given(command.friendly_name, before.friendly_name),
            configuration=given(command.configuration, before.configuration),
            task_reservation_timeout_s=given(
                command.task_reservation_timeout_s, before.task_reservation_timeout_s
            ),
            assignment_callback_url=given(
                command.assignment_callback_url, before.assignment_callback_url
            ),
            fallback_assignment_callback_url=given(
                command.fallback_assignment_callback_url, before.fallback_assignment_callback_url
            ),
            date_updated=tx.now,
        ),
    )
    tx.put(after)
    tx.tell_record(EventType.WORKFLOW_UPDATED, after)
    if command.re_evaluate_tasks:
        _re_evaluate(tx, after)
    return after


def delete_workflow(tx: Transaction, command: DeleteWorkflow) -> None:
    """Remove a workflow; refused while open tasks use it."""
    workflow = _workflow(tx, command.workflow_sid)
    if tx.state.open_tasks[workflow.sid]:
        raise InUse(f"Workflow {workflow.sid} is used by tasks that are not over")
    tx.remove(workflow)
    tx.tell_record(EventType.WORKFLOW_DELETED, workflow)


def _re_evaluate(tx: Transaction, workflow: Workflow) -> None:
    for task in list(tx.state.tasks.values()):
        if task.workflow_sid != workflow.sid or task.is_placed:
            continue
        if task.assignment_status is TaskStatus.PENDING:
            restart(tx, task)
        elif task.assignment_status is TaskStatus.RESERVED:
            tx.put(replace(task, restart_workflow=True))


def _workflow(tx: Transaction, sid: str) -> Workflow:
    workflow = tx.state.workflows.get(sid)
    if workflow is None:
        raise NotFound("workflow", sid)
    return workflow


def _checked_workflow(tx: Transaction, workflow: Workflow) -> Workflow:
    checks.friendly_name(tx, workflow.friendly_name)
    checks.url("AssignmentCallbackUrl", workflow.assignment_callback_url)
    checks.url("FallbackAssignmentCallbackUrl", workflow.fallback_assignment_callback_url)
    checks.whole_number(
        "TaskReservationTimeout",
        workflow.task_reservation_timeout_s,
        1,
        MAX_RESERVATION_TIMEOUT_S,
    )
    longest = tx.limits.configuration_bytes
    if len(workflow.configuration.encode()) > longest:
        raise Invalid("Configuration", f"Configuration may have at most {longest} bytes")
    for path, queue_sid in parse_configuration(workflow.configuration).named_queues():
        if queue_sid not in tx.state.task_queues:
            raise Invalid(
                "Configuration",
                f"The Configuration of the workflow is wrong at {path}: "
                f"{queue_sid} is not a task queue of this workspace",
            )
    return workflow
