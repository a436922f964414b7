"""The table of operations: one row for each method on each path, and the way to a row.

The variable parts of a path carry the names of the commands' fields, so a row needs only its
command, its noun and its filters. What a row does not say is not offered: 404 for an unknown path,
405 for another method, 400 for parameters listed as `absent`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from pointsman.api import expressions, reply, twiml
from pointsman.api.actions import Act, Change, Create, Delete, Fetch, List
from pointsman.api.alerts import fetch_alert, list_alerts
from pointsman.api.answers import Answer
from pointsman.api.call_control import (
    HOLD_CUSTOMER,
    HOLD_WORKER,
    KICK_WORKER,
    UPDATE_PARTICIPANT,
)
from pointsman.api.calls import Call
from pointsman.api.configurations import Configure
from pointsman.api.dead_letters import (
    fetch_dead_letter,
    list_dead_letters,
    redrive_dead_letter,
)
from pointsman.api.errors import Refused, no_such_resource
from pointsman.api.events import fetch_event, list_events
from pointsman.api.extras import EXTRAS
from pointsman.api.filters import (
    Filters,
    flag,
    related,
    routing_target,
    same_number,
    same_sid,
    same_text,
    task_queue_sid,
    words,
)
from pointsman.api.lists import Source, all_of, some_of
from pointsman.api.ordering import Ordering
from pointsman.api.reservations import (
    FetchPast,
    FetchPastTask,
    list_reservations_of_worker,
)
from pointsman.api.statistics import (
    OF_TASK_QUEUE,
    OF_WORKFLOW,
    OF_WORKSPACE,
    Figures,
    Owner,
    bulk_real_time,
    list_task_queues_statistics,
)
from pointsman.api.transfers import cancel_transfer, initiate_transfer
from pointsman.api.worker_statistics import WorkersFigures, worker_statistics
from pointsman.api.workspace_settings import SETTINGS
from pointsman.api.workspaces import create_workspace, list_workspaces
from pointsman.auth.credentials import sid_of
from pointsman.engine import commands
from pointsman.engine.records import (
    Activity,
    ReservationStatus,
    Task,
    TaskChannel,
    TaskQueue,
    TaskStatus,
    Worker,
    Workflow,
)
from pointsman.engine.state import State

__all__ = ["OPERATIONS", "PREFIXES", "Operation", "find"]


class Operation(Struct, frozen=True):
    """One row: what a method does on a path; `{…}` are its variable parts."""

    method: str
    path: str
    act: Act


def _every(kind: type, table: Callable[[State], Any]) -> Callable[[Call], Source]:
    source = all_of(kind, table)
    return lambda call: source


def _channels_of_worker(call: Call) -> Source:
    worker_sid = call.names["worker_sid"]
    return some_of(lambda state: state.worker_channels_of(worker_sid))


def _reservations_of_task(call: Call) -> Source:
    task_sid = call.names["task_sid"]
    return some_of(lambda state: state.reservations_of_task(task_sid))


# --- filters -----------------------------------------------------------------------------------

_BY_NAME: Filters = {"FriendlyName": same_text("friendly_name")}

_ACTIVITIES: Filters = {**_BY_NAME, "Available": flag(lambda record, state: record.available)}

_WORKERS: Filters = {
    **_BY_NAME,
    "ActivitySid": same_sid("activity_sid", "WA"),
    "ActivityName": related(
        lambda record, state: state.activities[record.activity_sid], "friendly_name"
    ),
    "Available": flag(lambda record, state: state.activities[record.activity_sid].available),
    "TargetWorkersExpression": expressions.workers,
    "TaskQueueName": expressions.in_named_queue,
    "TaskQueueSid": expressions.in_queue,
}
_WORKERS_ORDERING = Ordering({"DateStatusChanged": lambda record: record.date_status_changed})

_TASK_QUEUES: Filters = {
    **_BY_NAME,
    "EvaluateWorkerAttributes": expressions.accepts_attributes,
    "WorkerSid": expressions.serves,
}
_TASK_QUEUES_ORDERING = Ordering({"DateUpdated": lambda record: record.date_updated})

_TASKS: Filters = {
    "Priority": same_number("priority", 0, 2**31 - 1),
    "AssignmentStatus": words("assignment_status", TaskStatus),
    "WorkflowSid": same_sid("workflow_sid", "WW"),
    "WorkflowName": related(
        lambda record, state: state.workflows.get(record.workflow_sid), "friendly_name"
    ),
    "TaskQueueSid": task_queue_sid,
    "TaskQueueName": related(
        lambda record, state: state.task_queues.get(record.target.queue_sid), "friendly_name"
    ),
    "EvaluateTaskAttributes": expressions.tasks,
    "RoutingTarget": routing_target,
    # Differs from Twilio (HasAddons): there are no add-ons, so no task has any.
    "HasAddons": flag(lambda record, state: False),
}
_TASKS_ORDERING = Ordering(
    {
        "DateCreated": lambda record: record.date_created,
        "Priority": lambda record: record.priority,
        "VirtualStartTime": lambda record: record.virtual_start_at,
    },
    most=2,
    apart=frozenset({"DateCreated", "VirtualStartTime"}),
)

_RESERVATIONS: Filters = {
    "ReservationStatus": words("reservation_status", ReservationStatus),
    "WorkerSid": same_sid("worker_sid", "WK"),
}

# --- the table ---------------------------------------------------------------------------------

_W = "/v1/Workspaces/{workspace_sid}"
_ACTIVITY = _W + "/Activities/{activity_sid}"
_CHANNEL = _W + "/TaskChannels/{task_channel}"
_WORKER = _W + "/Workers/{worker_sid}"
_WORKER_CHANNEL = _WORKER + "/Channels/{worker_channel}"
_WORKER_RESERVATION = _WORKER + "/Reservations/{reservation_sid}"
_QUEUE = _W + "/TaskQueues/{task_queue_sid}"
_WORKFLOW = _W + "/Workflows/{workflow_sid}"
_TASK = _W + "/Tasks/{task_sid}"
_TWIML = "/pointsman/v1/TwiML"
_TASK_RESERVATION = _TASK + "/Reservations/{reservation_sid}"

_all_activities = _every(Activity, lambda state: state.activities)
_all_channels = _every(TaskChannel, lambda state: state.task_channels)
_all_workers = _every(Worker, lambda state: state.workers)
_all_queues = _every(TaskQueue, lambda state: state.task_queues)
_all_workflows = _every(Workflow, lambda state: state.workflows)
_all_tasks = _every(Task, lambda state: state.tasks)


def _statistics(path: str, owner: Owner) -> tuple[Operation, ...]:
    return (
        Operation("GET", path + "/Statistics", Figures(owner)),
        Operation("GET", path + "/CumulativeStatistics", Figures(owner, realtime=False)),
        Operation("GET", path + "/RealTimeStatistics", Figures(owner, cumulative=False)),
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/v1/Workspaces", list_workspaces),
    Operation("POST", "/v1/Workspaces", create_workspace),
    Operation("GET", _W, Fetch(reply.WORKSPACE)),
    Operation("POST", _W, Change(commands.UpdateWorkspace, reply.WORKSPACE)),
    Operation("DELETE", _W, Delete(commands.DeleteWorkspace)),
    Operation("GET", _W + "/Activities", List(reply.ACTIVITY, _all_activities, _ACTIVITIES)),
    Operation("POST", _W + "/Activities", Create(commands.CreateActivity, reply.ACTIVITY)),
    Operation("GET", _ACTIVITY, Fetch(reply.ACTIVITY)),
    Operation("POST", _ACTIVITY, Change(commands.UpdateActivity, reply.ACTIVITY)),
    Operation("DELETE", _ACTIVITY, Delete(commands.DeleteActivity)),
    Operation("GET", _W + "/TaskChannels", List(reply.TASK_CHANNEL, _all_channels)),
    Operation("POST", _W + "/TaskChannels", Create(commands.CreateTaskChannel, reply.TASK_CHANNEL)),
    Operation("GET", _CHANNEL, Fetch(reply.TASK_CHANNEL)),
    Operation("POST", _CHANNEL, Change(commands.UpdateTaskChannel, reply.TASK_CHANNEL)),
    Operation("DELETE", _CHANNEL, Delete(commands.DeleteTaskChannel)),
    Operation(
        "GET",
        _W + "/Workers",
        List(reply.WORKER, _all_workers, _WORKERS, _WORKERS_ORDERING, tagged=True),
    ),
    Operation("POST", _W + "/Workers", Create(commands.CreateWorker, reply.WORKER)),
    Operation("GET", _WORKER, Fetch(reply.WORKER)),
    Operation("POST", _WORKER, Change(commands.UpdateWorker, reply.WORKER)),
    Operation("DELETE", _WORKER, Delete(commands.DeleteWorker)),
    Operation(
        "GET",
        _WORKER + "/Channels",
        List(reply.WORKER_CHANNEL, _channels_of_worker, parent=reply.WORKER),
    ),
    Operation("GET", _WORKER_CHANNEL, Fetch(reply.WORKER_CHANNEL)),
    Operation("POST", _WORKER_CHANNEL, Change(commands.UpdateWorkerChannel, reply.WORKER_CHANNEL)),
    Operation("GET", _WORKER + "/Reservations", list_reservations_of_worker),
    Operation("GET", _WORKER_RESERVATION, FetchPast(reply.RESERVATION_OF_WORKER)),
    Operation("POST", _WORKER_RESERVATION, Answer(reply.RESERVATION_OF_WORKER)),
    Operation(
        "GET",
        _W + "/TaskQueues",
        List(reply.TASK_QUEUE, _all_queues, _TASK_QUEUES, _TASK_QUEUES_ORDERING),
    ),
    Operation("POST", _W + "/TaskQueues", Create(commands.CreateTaskQueue, reply.TASK_QUEUE)),
    Operation("GET", _QUEUE, Fetch(reply.TASK_QUEUE)),
    Operation("POST", _QUEUE, Change(commands.UpdateTaskQueue, reply.TASK_QUEUE)),
    Operation("DELETE", _QUEUE, Delete(commands.DeleteTaskQueue)),
    Operation("GET", _W + "/Workflows", List(reply.WORKFLOW, _all_workflows, _BY_NAME)),
    Operation(
        "POST", _W + "/Workflows", Configure(commands.CreateWorkflow, reply.WORKFLOW, status=201)
    ),
    Operation("GET", _WORKFLOW, Fetch(reply.WORKFLOW)),
    Operation("POST", _WORKFLOW, Configure(commands.UpdateWorkflow, reply.WORKFLOW)),
    Operation("DELETE", _WORKFLOW, Delete(commands.DeleteWorkflow)),
    Operation(
        "GET", _W + "/Tasks", List(reply.TASK, _all_tasks, _TASKS, _TASKS_ORDERING, tagged=True)
    ),
    Operation("POST", _W + "/Tasks", Create(commands.CreateTask, reply.TASK)),
    Operation("GET", _TASK, FetchPastTask(reply.TASK)),
    Operation("POST", _TASK, Change(commands.UpdateTask, reply.TASK)),
    Operation("DELETE", _TASK, Delete(commands.DeleteTask)),
    Operation(
        "GET",
        _TASK + "/Reservations",
        List(
            reply.RESERVATION_OF_TASK,
            _reservations_of_task,
            _RESERVATIONS,
            tagged=True,
            parent=reply.TASK,
        ),
    ),
    Operation("GET", _TASK_RESERVATION, FetchPast(reply.RESERVATION_OF_TASK)),
    Operation("POST", _TASK_RESERVATION, Answer(reply.RESERVATION_OF_TASK)),
    Operation("GET", _W + "/Events", list_events),
    Operation("GET", _W + "/Events/{event_sid}", fetch_event),
    *_statistics(_W, OF_WORKSPACE),
    *_statistics(_WORKFLOW, OF_WORKFLOW),
    *_statistics(_QUEUE, OF_TASK_QUEUE),
    Operation("GET", _W + "/TaskQueues/Statistics", list_task_queues_statistics),
    Operation("POST", _W + "/TaskQueues/RealTimeStatistics", bulk_real_time),
    Operation("GET", _W + "/Workers/Statistics", WorkersFigures()),
    Operation("GET", _W + "/Workers/CumulativeStatistics", WorkersFigures(realtime=False)),
    Operation("GET", _W + "/Workers/RealTimeStatistics", WorkersFigures(cumulative=False)),
    Operation("GET", _WORKER + "/Statistics", worker_statistics),
    Operation("GET", "/pointsman/v1/Alerts", list_alerts),
    Operation("GET", "/pointsman/v1/Alerts/{alert_sid}", fetch_alert),
    Operation("GET", "/pointsman/v1/DeadLetters", list_dead_letters),
    Operation("GET", "/pointsman/v1/DeadLetters/{event_sid}", fetch_dead_letter),
    Operation("POST", "/pointsman/v1/DeadLetters/{event_sid}/Redrive", redrive_dead_letter),
    Operation("GET", _TWIML, twiml.list_twiml),
    Operation("POST", _TWIML, twiml.create_twiml),
    Operation("GET", _TWIML + "/{twiml_sid}", twiml.fetch_twiml),
    Operation("POST", _TWIML + "/{twiml_sid}", twiml.update_twiml),
    Operation("DELETE", _TWIML + "/{twiml_sid}", twiml.delete_twiml),
    Operation("GET", "/pointsman/v1/Workspaces/{workspace_sid}/Settings", Fetch(SETTINGS)),
    Operation(
        "POST",
        "/pointsman/v1/Workspaces/{workspace_sid}/Settings",
        Change(commands.UpdateSettings, SETTINGS),
    ),
    *(Operation(*row) for row in EXTRAS),
)

INTERNAL: tuple[Operation, ...] = (
    Operation("POST", _WORKER + "/Transfers", initiate_transfer),
    Operation("POST", _WORKER + "/Transfers/{transfer_sid}", cancel_transfer),
    Operation("POST", _WORKER + "/WorkerParticipant", UPDATE_PARTICIPANT),
    Operation("POST", _WORKER + "/CustomerParticipant", HOLD_CUSTOMER),
    Operation("POST", _WORKER + "/HoldWorkerParticipant", HOLD_WORKER),
    Operation("POST", _WORKER + "/KickWorkerParticipant", KICK_WORKER),
)
"""What is offered to the newer SDK alone."""

# --- the way to a row --------------------------------------------------------------------------

PREFIXES = {
    "workspace_sid": "WS",
    "activity_sid": "WA",
    "worker_sid": "WK",
    "task_queue_sid": "WQ",
    "workflow_sid": "WW",
    "task_sid": "WT",
    "reservation_sid": "WR",
    "transfer_sid": "TT",
    "event_sid": "EV",
    "alert_sid": "NO",
    "twiml_sid": "EH",
}
"""Variable parts that are SIDs; the others are SIDs or names."""


class _Route(Struct, frozen=True):
    """Everything on one path: the names of its variable parts, and a row for each method."""

    variables: tuple[str, ...]
    """Empty for a word that stands where others have a SID."""
    rows: dict[str, Operation]


def find(method: str, path: str, *, internal: bool = False) -> tuple[Operation, dict[str, str]]:
    """The row for a request and the variable parts of its path, SIDs in the case of issue; with
    `internal` also of what is offered to the newer SDK alone.

    Raises `Refused`: 404 for a path or a SID that cannot exist, 405 for a method it does not have.
    """
    segments = _segments(path)
    # v1 / collection / name / collection / name …: the collections tell the route.
    collections = (len(segments), *segments[:1], *segments[1::2])
    route = None
    if segments[-1] in _WORDS:  # …/TaskQueues/Statistics is no task queue
        route = _ROUTES.get((*collections, segments[-1]))
    route = route or _ROUTES.get(collections) or (_INTERNAL.get(collections) if internal else None)
    if route is None:
        raise no_such_resource(path.removeprefix("/v1"))
    names: dict[str, str] = {}
    for variable, segment in zip(route.variables, segments[2::2], strict=True):
        if not variable:
            continue
        sid = sid_of(segment)
        prefix = PREFIXES.get(variable)
        if prefix is not None and (sid is None or sid[:2] != prefix):
            raise no_such_resource(path.removeprefix("/v1"))
        names[variable] = segment if sid is None else sid
    row = route.rows.get(method)
    if row is None:
        allowed = ", ".join(sorted(route.rows))
        told = f"{method} is not possible here; {allowed} is"
        raise Refused(405, 20004, told, {"Allow": f"{allowed}, OPTIONS"})
    return row, names


def _segments(path: str) -> list[str]:
    """The path's parts; what is our own begins with `pointsman/v1` as its first part."""
    segments = path.strip("/").split("/")
    if segments[0] == "pointsman":
        segments[:2] = ["/".join(segments[:2])]
    return segments


def _routes(rows: tuple[Operation, ...]) -> dict[tuple[Any, ...], _Route]:
    routes: dict[tuple[Any, ...], _Route] = {}
    for row in rows:
        segments = _segments(row.path)
        words = tuple(segment for segment in segments[2::2] if segment[0] != "{")
        key = (len(segments), *segments[:1], *segments[1::2], *words)
        variables = tuple("" if part in words else part.strip("{}") for part in segments[2::2])
        routes.setdefault(key, _Route(variables, {})).rows[row.method] = row
    return routes


_ROUTES = _routes(OPERATIONS)
_INTERNAL = _routes(INTERNAL)
_WORDS = frozenset(
    word for row in OPERATIONS for word in _segments(row.path)[2::2] if word[0] != "{"
)
"""Words that stand where other paths have a SID."""
