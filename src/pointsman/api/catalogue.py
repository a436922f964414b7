"""What each operation of the table may be asked: its parameters, as the api itself reads them.

Names come from the table: fields of its commands, its filters, its orders. What a value has to look
like is told here once for each name; the document of the api and the tests of bad input are made from
it. Nothing here decides about a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from msgspec import Struct
from msgspec.structs import fields

from pointsman.api import alerts, dead_letters, events, extras, reservations, statistics, twiml
from pointsman.api.actions import Change, Delete, Fetch, List
from pointsman.api.answers import Answer
from pointsman.api.operations import Operation
from pointsman.api.params import wire_name
from pointsman.api.statistics import Figures
from pointsman.api.worker_statistics import WorkersFigures, worker_statistics
from pointsman.api.workspaces import create_workspace, list_workspaces
from pointsman.engine.commands import Command, CreateWorkspace
from pointsman.engine.events import EventType
from pointsman.engine.expressions import Place
from pointsman.engine.records import ReservationStatus, TaskStatus
from pointsman.engine.statuses import VanishedAccepted, VanishedPending

__all__ = ["INSTRUCTIONS", "READ", "Parameter", "Value", "parameters", "variables"]


class Value(Struct, frozen=True):
    """What a value looks like. Kinds: text, whole, truth, instant, json, sid, expression, url, address."""

    kind: str = "text"
    least: int | None = None
    most: int | None = None
    """Of whole numbers their bounds, of text its longest length."""
    words: tuple[str, ...] = ()
    prefix: str = ""
    many: bool = False


class Parameter(Struct, frozen=True):
    """A parameter of one operation."""

    name: str
    value: Value
    required: bool = False


_NAME = Value(most=64)
_TRUTH = Value("truth")
_INSTANT = Value("instant")
_URL = Value("url")
_JSON = Value("json")
_EXPRESSION = Value("expression")
_ADDRESS = Value("address")
_ORDER = Value(words=("FIFO", "LIFO"))
_SECONDS = Value("whole", 1, 999)
_LEG_EVENTS = Value(words=("initiated", "ringing", "answered", "completed"), many=True)


_TYPES = ((bool, _TRUTH), (int, Value("whole")))


def _sid(prefix: str) -> Value:
    return Value("sid", prefix=prefix)


_VALUES: Mapping[str, Value] = {
    "ActivityName": Value(),
    "ActivitySid": _sid("WA"),
    "AssignmentActivitySid": _sid("WA"),
    "AssignmentCallbackUrl": _URL,
    "AssignmentStatus": Value(words=("wrapping", "completed", "canceled")),
    "Attributes": _JSON,
    "Available": _TRUTH,
    "Capacity": Value("whole", 0, 50),
    "ChannelOptimizedRouting": _TRUTH,
    "CompleteAfter": Value("whole", 1, 86_400),
    "Configuration": _JSON,
    "DefaultActivitySid": _sid("WA"),
    "EndDate": _INSTANT,
    "ErrorCode": Value("whole", 0, 99_999),
    "EvaluateTaskAttributes": _EXPRESSION,
    "EvaluateWorkerAttributes": _JSON,
    "EventCallbackUrl": _URL,
    "EventType": Value(words=tuple(EventType)),
    "EventsFilter": Value(words=tuple(EventType), many=True),
    "FallbackAssignmentCallbackUrl": _URL,
    "FriendlyName": _NAME,
    "HasAddons": _TRUTH,
    "IgnoreCapacity": _TRUTH,
    "LogLevel": Value(words=tuple(alerts.LogLevel), many=True),
    "MaxReservedWorkers": Value("whole", 1, 50),
    "Minutes": Value("whole", 1),
    "MultiTaskEnabled": _TRUTH,
    "Page": Value("whole", 0),
    "PageSize": Value("whole", 1),
    "PageToken": Value("token"),
    "PrioritizeQueueOrder": _ORDER,
    "Priority": Value("whole", 0, 2**31 - 1),
    "QueueSids": Value("sid", prefix="WQ", many=True),
    "ReEvaluateTasks": _TRUTH,
    "Reason": Value(),
    "RejectPendingReservations": _TRUTH,
    "ReservationActivitySid": _sid("WA"),
    "ReservationSid": _sid("WR"),
    "ReservationStatus": Value(words=tuple(ReservationStatus), many=True),
    "RoutingTarget": Value("sid", prefix="WK|WQ|WW"),
    "Sid": _sid("EV"),
    "SplitByWaitTime": Value("whole", 1, many=True),
    "StartDate": _INSTANT,
    "TargetWorkers": _EXPRESSION,
    "TargetWorkersExpression": _EXPRESSION,
    "TaskChannel": Value("name"),
    "TaskOrder": _ORDER,
    "TaskQueueName": Value(),
    "TaskQueueSid": _sid("WQ"),
    "TaskReservationTimeout": Value("whole", 1, 86_400),
    "TaskSid": _sid("WT"),
    "Template": Value(words=("NONE", "FIFO")),
    "Timeout": Value("whole", 1, 1_209_600),
    "TimeoutActivitySid": _sid("WA"),
    "UniqueName": Value("identifier"),
    "VanishedAccepted": Value(words=tuple(VanishedAccepted)),
    "VanishedAfter": Value("whole", 1, 86_400),
    "VanishedPending": Value(words=tuple(VanishedPending)),
    "VirtualStartTime": _INSTANT,
    "WorkerSid": _sid("WK"),
    "WorkflowName": Value(),
    "WorkflowSid": _sid("WW"),
    "WrapUpAfter": Value("whole", 1, 86_400),
    "expression": Value(),
    "configuration": _JSON,
    "place": Value(words=tuple(Place)),
    "task": _JSON,
    "worker": _JSON,
    "workers": _JSON,
}

_METHODS = (
    "StatusCallbackMethod",
    "ConferenceStatusCallbackMethod",
    "RecordingStatusCallbackMethod",
    "ConferenceRecordingStatusCallbackMethod",
    "WaitMethod",
)
_FLAGS = (
    "Record",
    "Muted",
    "StartConferenceOnEnter",
    "EndConferenceOnExit",
    "EndConferenceOnCustomerExit",
    "BeepOnCustomerEntrance",
    "EarlyMedia",
    "Transcribe",
)
INSTRUCTIONS: Mapping[str, Mapping[str, Value]] = {
    "dequeue": {
        "DequeueTo": _ADDRESS,
        "DequeueFrom": _ADDRESS,
        "DequeueRecord": Value(words=("do-not-record", "record-from-answer")),
        "DequeueTimeout": _SECONDS,
        "DequeueStatusCallbackUrl": _URL,
        "DequeueStatusCallbackEvent": _LEG_EVENTS,
        "DequeuePostWorkActivitySid": _sid("WA"),
    },
    "call": {
        "CallTo": _ADDRESS,
        "CallFrom": _ADDRESS,
        "CallUrl": _URL,
        "CallStatusCallbackUrl": _URL,
        "CallTimeout": _SECONDS,
        "CallAccept": _TRUTH,
        "CallRecord": Value(words=("record-from-answer", "true", "false", "none", "do-not-record")),
    },
    "redirect": {
        "RedirectCallSid": _sid("CA"),
        "RedirectUrl": _URL,
        "RedirectAccept": _TRUTH,
    },
    "conference": {
        "To": _ADDRESS,
        "From": _ADDRESS,
        "Timeout": _SECONDS,
        "MaxParticipants": Value("whole", 2, 250),
        "StatusCallback": _URL,
        "ConferenceStatusCallback": _URL,
        "RecordingStatusCallback": _URL,
        "ConferenceRecordingStatusCallback": _URL,
        "WaitUrl": _URL,
        **dict.fromkeys(_METHODS, Value(words=("GET", "POST"))),
        **dict.fromkeys(_FLAGS, _TRUTH),
        **dict.fromkeys(("Region", "SipAuthUsername", "SipAuthPassword"), Value()),
        "Beep": Value(words=("true", "false", "onEnter", "onExit")),
        "ConferenceRecord": Value(words=("true", "false", "record-from-start", "do-not-record")),
        "ConferenceTrim": Value(words=("trim-silence", "do-not-trim")),
        "RecordingChannels": Value(words=("mono", "dual")),
        "JitterBufferSize": Value(words=("small", "medium", "large", "off")),
        "StatusCallbackEvent": _LEG_EVENTS,
        "ConferenceStatusCallbackEvent": Value(
            words=("start", "end", "join", "leave", "mute", "hold", "speaker"), many=True
        ),
        "PostWorkActivitySid": _sid("WA"),
    },
    "supervise": {
        "Supervisor": _ADDRESS,
        "SupervisorMode": Value(words=("monitor", "whisper", "barge")),
    },
}
"""Parameters of instructions, by the instruction that reads them."""

_PAGING = ("PageSize", "Page", "PageToken")
_WINDOW = ("Minutes", "StartDate", "EndDate")
_FIGURES = (*_WINDOW, "TaskChannel", "SplitByWaitTime")
READ: Mapping[Any, tuple[str, ...]] = {
    list_workspaces: ("FriendlyName", *_PAGING),
    reservations.list_reservations_of_worker: ("ReservationStatus", *_PAGING),
    events.list_events: (*events.FILTERS, *_PAGING),
    events.fetch_event: (),
    alerts.list_alerts: (*alerts.FILTERS, *_PAGING),
    alerts.fetch_alert: (),
    dead_letters.list_dead_letters: _PAGING,
    dead_letters.fetch_dead_letter: (),
    dead_letters.redrive_dead_letter: (),
    twiml.list_twiml: _PAGING,
    twiml.create_twiml: ("FriendlyName", "Twiml"),
    twiml.fetch_twiml: (),
    twiml.update_twiml: ("FriendlyName", "Twiml"),
    twiml.delete_twiml: (),
    statistics.list_task_queues_statistics: (*_FIGURES, "FriendlyName", *_PAGING),
    statistics.bulk_real_time: ("QueueSids",),
    worker_statistics: (*_WINDOW, "TaskChannel"),
    extras.explain_task: _PAGING,
    extras.check_workflow: ("configuration",),
    extras.evaluate: ("expression", "place", "worker", "task", "workers"),
}
"""What the operations read that are functions of their own."""
_NEEDED = frozenset({"QueueSids", "expression", "place"})
_LISTED = {"AssignmentStatus": Value(words=tuple(TaskStatus), many=True)}


def variables(row: Operation) -> tuple[str, ...]:
    """The variable parts of the operation's path."""
    return tuple(part.strip("{}") for part in row.path.split("/") if part.startswith("{"))


def parameters(row: Operation) -> tuple[Parameter, ...]:
    """The parameters that the operation reads, in the order of the table."""
    act = row.act
    if isinstance(act, Change | Delete):
        return tuple(_of_command(act.command, variables(row)))
    if act is create_workspace:
        return tuple(_of_command(CreateWorkspace, ("account_sid",)))
    if isinstance(act, List):
        return tuple(_of_list(act))
    if isinstance(act, Answer):
        return tuple(_of_answer())
    return tuple(
        Parameter(name, _VALUES.get(name) or Value(), name in _NEEDED) for name in _names(act)
    )


def _names(act: Any) -> tuple[str, ...]:
    if isinstance(act, Fetch):
        return ()
    if isinstance(act, Figures):
        return _FIGURES if act.cumulative else ("TaskChannel",)
    if isinstance(act, WorkersFigures):
        window = (*_WINDOW, "TaskChannel") if act.cumulative else ("TaskChannel",)
        own = ("FriendlyName", "TaskQueueSid", "TaskQueueName")
        return (*window, *own) if act.cumulative and act.realtime else window
    return READ.get(act, ())


def _of_command(command: type[Command], fixed: Iterable[str]) -> Iterable[Parameter]:
    for field in fields(command):
        if field.name not in ("actor", "if_match", *fixed):
            name = wire_name(field.name)
            yield Parameter(name, _VALUES.get(name) or _by_type(field.type), field.required)


def _by_type(hint: Any) -> Value:
    """What a field's own type tells of its values."""
    kinds = get_args(hint) or (hint,)
    return next((value for kind, value in _TYPES if kind in kinds), Value())


def _of_list(act: List) -> Iterable[Parameter]:
    for name in act.filters:
        yield Parameter(name, _LISTED.get(name) or _VALUES.get(name) or Value())
    if act.ordering is not None:
        words = (f"{field}:{way}" for field in act.ordering.fields for way in ("asc", "desc"))
        yield Parameter("Ordering", Value(words=tuple(words), many=act.ordering.most > 1))
    for name in _PAGING:
        yield Parameter(name, _VALUES[name])


def _of_answer() -> Iterable[Parameter]:
    yield Parameter(
        "ReservationStatus", Value(words=("accepted", "rejected", "wrapping", "completed"))
    )
    yield Parameter("Instruction", Value(words=("accept", "reject", *INSTRUCTIONS)))
    yield Parameter("WorkerActivitySid", _sid("WA"))
    for values in INSTRUCTIONS.values():
        for name, value in values.items():
            yield Parameter(name, value)
