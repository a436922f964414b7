"""Command functions on tasks, and what their timers do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pointsman.engine import checks, workflow
from pointsman.engine.commands import (
    CreateTask,
    DeleteTask,
    NoteOnTask,
    UnsetType,
    UpdateTask,
    given,
)
from pointsman.engine.errors import IllegalMove, Invalid, NotFound
from pointsman.engine.events import EventType
from pointsman.engine.moves import (
    call_off_transfer,
    cancel_task,
    check_version,
    complete_task,
    end_rest,
    erase_task,
    forget_task,
    miss_target,
    wrap_up_task,
)
from pointsman.engine.records import (
    OPEN_TASK,
    KnownWorker,
    Target,
    Task,
    TaskChannel,
    TaskStatus,
    TransferStatus,
    Workflow,
    read_json,
    replace,
    write_json,
)
from pointsman.engine.transaction import Transaction
from pointsman.engine.waiting import Look
from pointsman.engine.workflow_config import DEFAULT_FILTER, MAX_PRIORITY, WorkflowConfig

DAY_S = 86_400
_WORKFLOW_SID = re.compile(r"WW[0-9a-f]{32}")
TTL_REASON = "Task TTL Exceeded"
WRAP_UP_REASON = "Assigned for longer than the workspace allows"
COMPLETE_REASON = "Wrapping for longer than the workspace allows"


def create_task(tx: Transaction, command: CreateTask) -> Task:
    """A new task in the first step of its workflow, or where its routing target says.

    Refused when no filter and no default takes it.
    """
    target_sid = given(command.routing_target, None) or None
    _check_routing(tx, command, target_sid)
    chosen = _workflow(tx, _workflow_sid(command, target_sid))
    channel = _channel(tx, command.task_channel)
    start = checks.virtual_start(tx, given(command.virtual_start_at, tx.now))
    priority = checks.whole_number("Priority", given(command.priority, 0), 0, MAX_PRIORITY)
    longest_s = tx.limits.task_timeout_s
    timeout_s = given(command.timeout_s, min(DAY_S, longest_s))
    checks.whole_number("Timeout", timeout_s, 1, longest_s)
    draft = Task(
        sid="",
        attributes=checks.attributes(tx, command.attributes),
        assignment_status=TaskStatus.PENDING,
        priority=priority,
        timeout_s=timeout_s,
        task_channel_sid=channel.sid,
        workflow_sid=chosen.sid,
        target=Target(queue_sid=""),
        filter_index=DEFAULT_FILTER,
        filter_name=None,
        target_index=0,
        timeout_sum_s=0,
        task_queue_entered_at=tx.now,
        virtual_start_at=start,
        date_created=tx.now,
        date_updated=tx.now,
        expires_at=tx.now + timeout_s * 1000,
        routing_target=target_sid,
    )
    placed = _placed(tx, draft, command, channel)
    task = replace(placed, sid=tx.new_sid("WT"))
    tx.put(task)
    workflow.announce(tx, task)
    tx.state.look_again(task, Look.ENTERED)
    return task


# Differs from Twilio (POST /v1/Workspaces/*/Tasks/*): after an update of attributes, or of the
# workflow, that no filter takes, a waiting task stays in its step instead of being lost.
def update_task(tx: Transaction, command: UpdateTask) -> Task:
    """The changed task; a new status and new fields may come together."""
    before = _task(tx, command.task_sid)
    check_version(before, command.if_match)
    status = _wanted_status(tx, before, command)
    after = _with_fields(tx, before, command)
    if after is not before:
        if before.assignment_status not in OPEN_TASK:
            raise IllegalMove(
                f"Task {before.sid} is {before.assignment_status}; it cannot be changed"
            )
        after = _store_fields(tx, before, after)
    if status is TaskStatus.CANCELED:
        cancel_task(tx, after, command.reason)
    elif status is TaskStatus.WRAPPING:
        wrap_up_task(tx, after, command.reason)
    elif status is TaskStatus.COMPLETED:
        complete_task(tx, after, command.reason)
    return tx.state.tasks[before.sid]


def note_on_task(tx: Transaction, command: NoteOnTask) -> Task:
    """The task with more attributes; where it stands in its workflow does not change by them."""
    before = _task(tx, command.task_sid)
    if before.assignment_status not in OPEN_TASK:
        raise IllegalMove(f"Task {before.sid} is {before.assignment_status}; it cannot be changed")
    noted = write_json(read_json(before.attributes) | read_json(command.members))
    after = replace(
        before,
        attributes=checks.attributes(tx, noted),
        date_updated=tx.now,
        version=before.version + 1,
    )
    tx.put(after)
    tx.tell_task(EventType.TASK_UPDATED, after)
    if after.assignment_status is TaskStatus.PENDING:
        tx.state.look_again(after, Look.RETRY)
    return after


def delete_task(tx: Transaction, command: DeleteTask) -> None:
    """Remove a task at once, whatever its status."""
    task = _task(tx, command.task_sid)
    check_version(task, command.if_match)
    erase_task(tx, task, EventType.TASK_DELETED)


def expire(tx: Transaction, task: Task) -> None:
    """A deadline of the task has come: which one counts depends on its status."""
    if task.purge_at is not None:
        forget_task(tx, task)
    elif task.assigned_until is not None and task.assigned_until <= tx.now:
        erase_task(tx, task, EventType.TASK_SYSTEM_DELETED)
    elif task.assignment_status in (TaskStatus.ASSIGNED, TaskStatus.WRAPPING):
        _end_work(tx, task)
    elif task.expires_at is not None and task.expires_at <= tx.now:
        if task.transfer_sid is not None:
            call_off_transfer(tx, task, TransferStatus.FAILED, TTL_REASON)
        elif task.is_direct and task.assignment_status is TaskStatus.PENDING:
            miss_target(tx, task)
        else:
            cancel_task(tx, task, TTL_REASON, TTL_REASON)
    elif task.not_before_at is not None and task.not_before_at <= tx.now:
        end_rest(tx, task)
    else:
        workflow.leave(tx, task, workflow.Exit.TIMEOUT)


def _end_work(tx: Transaction, task: Task) -> None:
    """Somebody has it for longer than the workspace allows: it moves on."""
    if task.assignment_status is TaskStatus.WRAPPING:
        complete_task(tx, task, COMPLETE_REASON)
    elif tx.workspace.multi_task_enabled:
        wrap_up_task(tx, task, WRAP_UP_REASON)
    else:
        complete_task(tx, task, WRAP_UP_REASON)


# --- updating ----------------------------------------------------------------------------------


def _wanted_status(tx: Transaction, task: Task, command: UpdateTask) -> TaskStatus | None:
    """The status asked for, if the task may move there."""
    if isinstance(command.assignment_status, UnsetType):
        return None
    wanted, status = command.assignment_status, task.assignment_status
    where = (
        f"task {task.sid} in workspace {tx.workspace.sid} for account {tx.workspace.account_sid}"
    )
    if wanted == "canceled":
        if status not in (TaskStatus.PENDING, TaskStatus.RESERVED):
            raise IllegalMove(f"Cannot cancel {where} because it is not pending or reserved.")
        return TaskStatus.CANCELED
    if wanted == "wrapping":
        if status is not TaskStatus.ASSIGNED:
            raise IllegalMove(f"Cannot wrap up a {where} because it is not currently assigned.")
        if not tx.workspace.multi_task_enabled:
            raise IllegalMove(f"Cannot wrap up a {where} because the workspace is single-tasking.")
        return TaskStatus.WRAPPING
    if wanted == "completed":
        if status not in (TaskStatus.ASSIGNED, TaskStatus.WRAPPING):
            raise IllegalMove(f"Cannot complete {where} because it is not currently assigned.")
        return TaskStatus.COMPLETED
    raise Invalid(
        "AssignmentStatus", "AssignmentStatus must be one of canceled, wrapping and completed"
    )


def _with_fields(tx: Transaction, task: Task, command: UpdateTask) -> Task:
    """The task with the fields that the command mentions; the same object when it mentions none."""
    changes: dict[str, object] = {}
    if not isinstance(command.attributes, UnsetType):
        changes["attributes"] = checks.attributes(tx, command.attributes)
    if not isinstance(command.priority, UnsetType):
        changes["priority"] = checks.whole_number("Priority", command.priority, 0, MAX_PRIORITY)
    if not isinstance(command.virtual_start_at, UnsetType):
        changes["virtual_start_at"] = checks.virtual_start(tx, command.virtual_start_at)
    if not isinstance(command.task_channel, UnsetType):
        changes["task_channel_sid"] = _changed_channel(tx, task, command.task_channel)
    return replace(task, **changes) if changes else task


def _changed_channel(tx: Transaction, task: Task, sid_or_name: str) -> str:
    channel = _channel(tx, sid_or_name)
    if channel.sid != task.task_channel_sid and task.assignment_status is not TaskStatus.PENDING:
        raise Invalid("TaskChannel", "TaskChannel can be changed only while the task is pending")
    return channel.sid


def _store_fields(tx: Transaction, before: Task, after: Task) -> Task:
    changed_attributes = after.attributes != before.attributes
    reserved = before.assignment_status is TaskStatus.RESERVED
    after = replace(
        after,
        date_updated=tx.now,
        version=before.version + 1,
        restart_workflow=before.restart_workflow
        or (reserved and changed_attributes and not before.is_placed),
    )
    tx.put(after)
    tx.tell_task(EventType.TASK_UPDATED, after)
    if after.assignment_status is TaskStatus.PENDING:
        if changed_attributes and not after.is_placed:
            return workflow.restart(tx, after)
        tx.state.look_again(after, Look.RETRY)
    return after


# --- what the parameters name ------------------------------------------------------------------


def _task(tx: Transaction, sid: str) -> Task:
    task = tx.state.tasks.get(sid)
    if task is None:
        raise NotFound("task", sid)
    return task


def _workflow(tx: Transaction, sid: str | UnsetType) -> Workflow:
    """The workflow named, or the only one there is."""
    workflows = tx.state.workflows
    if isinstance(sid, UnsetType) or not sid:
        if len(workflows) != 1:
            raise Invalid("WorkflowSid", "WorkflowSid field is required")
        return next(iter(workflows.values()))
    found = workflows.get(sid)
    if found is None:
        raise Invalid("WorkflowSid", f"WorkflowSid {sid} is not a workflow of this workspace")
    return found


def _check_routing(tx: Transaction, command: CreateTask, target_sid: str | None) -> None:
    """Refuse a routing target that is not there, and what only goes with a worker as the target."""
    kinds: dict[str, Mapping[str, object]] = {
        "WK": tx.state.workers,
        "WQ": tx.state.task_queues,
        "WW": tx.state.workflows,
    }
    if target_sid is not None and target_sid not in kinds.get(target_sid[:2], {}):
        raise Invalid(
            "RoutingTarget",
            f"RoutingTarget {target_sid} is not a worker, task queue or workflow of this workspace",
        )
    workflow_sid = given(command.workflow_sid, "")
    if target_sid is not None and workflow_sid and not _WORKFLOW_SID.fullmatch(workflow_sid):
        raise Invalid(
            "WorkflowSid",
            f"Value '{workflow_sid}' provided for WorkflowSid as RoutingTarget has an invalid "
            f"format. WorkspaceSid: {tx.workspace.sid}, AccountSid: {tx.workspace.account_sid}",
        )
    if target_sid is None or not target_sid.startswith("WK"):
        if not isinstance(command.ignore_capacity, UnsetType):
            raise Invalid("IgnoreCapacity", "IgnoreCapacity needs a worker as the RoutingTarget")
        if given(command.task_queue_sid, ""):
            raise Invalid("TaskQueueSid", "TaskQueueSid needs a worker as the RoutingTarget")


def _workflow_sid(command: CreateTask, target_sid: str | None) -> str | UnsetType:
    """The workflow asked for; a routing target that is one may be named twice, but not contradicted."""
    if target_sid is None or not target_sid.startswith("WW"):
        return command.workflow_sid
    if (given(command.workflow_sid, "") or target_sid) != target_sid:
        raise Invalid("WorkflowSid", "WorkflowSid and RoutingTarget name different workflows")
    return target_sid


# Differs from Twilio (POST RoutingTarget): a task for a worker or a queue tells task.created,
# workflow.entered and task-queue.entered without workflow.target-matched, as no filter was asked. If its
# time to live ends while it is offered, the reason is that of every task; reservation.failed has the
# SID of a reservation that was never made.
def _placed(tx: Transaction, draft: Task, command: CreateTask, channel: TaskChannel) -> Task:
    """The task where its routing target or its workflow sends it first."""
    config = tx.state.configurations[draft.workflow_sid]
    if draft.is_direct:
        return _for_worker(tx, draft, command, config)
    if draft.routing_target is not None and draft.is_placed:
        return replace(draft, target=Target(queue_sid=draft.routing_target))
    placed = workflow.place_new(draft, config, channel, tx.now)
    if placed is None:
        raise Invalid(
            "Attributes",
            f"No filter of the workflow {draft.workflow_sid} takes these attributes, "
            "and it has no default filter",
        )
    return placed


def _for_worker(tx: Transaction, draft: Task, command: CreateTask, config: WorkflowConfig) -> Task:
    """The task for exactly the worker that its routing target names, booked under a queue."""
    queue_sid = given(command.task_queue_sid, "")
    if not queue_sid:
        first = config.filters[0].targets[0] if config.filters else config.default
        if first is None:
            message = (
                f"TaskQueueSid is required: the workflow {draft.workflow_sid} names no task queue"
            )
            raise Invalid("TaskQueueSid", message)
        queue_sid = first.queue_sid
    elif queue_sid not in tx.state.task_queues:
        message = f"TaskQueueSid {queue_sid} is not a task queue of this workspace"
        raise Invalid("TaskQueueSid", message)
    known = KnownWorker(by="sid", literal=draft.routing_target)
    return replace(
        draft,
        target=Target(queue_sid=queue_sid, known_worker=known),
        ignore_capacity=given(command.ignore_capacity, True),
    )


def _channel(tx: Transaction, sid_or_name: str) -> TaskChannel:
    found = tx.state.task_channel(sid_or_name)
    if found is None:
        raise Invalid(
            "TaskChannel", f"TaskChannel {sid_or_name} is not a task channel of this workspace"
        )
    return found
