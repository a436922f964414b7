"""The nouns of a workspace, as frozen records.

All instants are integer epoch milliseconds, UTC. Attributes, configurations and expressions are kept
as the text the client sent. A record changes only by being replaced (`replace`) and put into `State`.
Every routing deadline is a field here (`..._at`, absolute), so that it survives a restart.
"""

from __future__ import annotations

from typing import Any

from msgspec import DecodeError, Struct
from msgspec.json import Decoder, encode
from msgspec.structs import replace

from pointsman.engine.statuses import (
    LIVE_RESERVATION,
    OPEN_TASK,
    ReservationStatus,
    TaskOrder,
    TaskStatus,
    TransferMode,
    TransferStatus,
    VanishedAccepted,
    VanishedPending,
)

__all__ = [
    "LIVE_RESERVATION",
    "OPEN_TASK",
    "Activity",
    "Actor",
    "Alert",
    "KnownWorker",
    "Limits",
    "Record",
    "Reservation",
    "ReservationStatus",
    "Target",
    "Task",
    "TaskChannel",
    "TaskOrder",
    "TaskQueue",
    "TaskStatus",
    "Transfer",
    "TransferMode",
    "TransferStatus",
    "Worker",
    "WorkerChannel",
    "Workflow",
    "Workspace",
    "read_json",
    "replace",
    "write_json",
]


_decode = Decoder(Any).decode


def read_json(text: str) -> Any:
    """The value of a JSON text; raises ValueError with the reason and its place."""
    try:
        return _decode(text)
    except (DecodeError, UnicodeError) as problem:
        raise ValueError(str(problem)) from problem
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem


def write_json(value: Any) -> str:
    """A value as JSON text."""
    return encode(value).decode()


class Actor(Struct, frozen=True, gc=False):
    """Who causes a change: `type` is `workspace` (the engine itself), `account` or `worker`."""

    type: str
    sid: str
    source: str = "api"
    ip_address: str | None = None
    request_id: str | None = None
    """By which the log tells of what he asked for."""


class Limits(Struct, frozen=True, gc=False):
    """What a workspace may hold (docs/settings.md); filled from the settings by `app`."""

    attributes_length: int = 4096
    configuration_bytes: int = 1_038_576
    friendly_name_length: int = 64
    activities: int = 100
    task_queues: int = 5_000
    workers: int = 15_000
    worker_channel_capacity: int = 50
    task_timeout_s: int = 1_209_600
    assigned_s: int = 86_400
    assignments: int = 1_000
    purge_s: int = 300
    disconnect_grace_s: int = 5


class Workspace(Struct, frozen=True, gc=False):
    """What holds everything else; also the unit of ownership (one writer, one engine)."""

    sid: str
    account_sid: str
    friendly_name: str
    date_created: int
    date_updated: int
    default_activity_sid: str
    timeout_activity_sid: str
    event_callback_url: str = ""
    events_filter: str | None = None
    multi_task_enabled: bool = True
    prioritize_queue_order: TaskOrder = TaskOrder.FIFO
    wrap_up_after_s: int | None = None
    """So long may a task be assigned before it goes to wrapping by itself; None: as long as it may."""
    complete_after_s: int | None = None
    """So long may it be wrapping before it is completed by itself."""
    offline_if_disconnected: bool = False
    """Whether a worker whose last socket is gone goes offline, if his page does not say."""
    vanished_after_s: int | None = None
    """So long may a worker be without a socket before he counts as vanished; None: for ever."""
    vanished_pending: VanishedPending = VanishedPending.REJECT
    vanished_accepted: VanishedAccepted = VanishedAccepted.KEEP


class Activity(Struct, frozen=True, gc=False):
    """A state that workers can be in; `available` says whether they may be offered tasks."""

    sid: str
    friendly_name: str
    available: bool
    date_created: int
    date_updated: int


class TaskChannel(Struct, frozen=True, gc=False):
    """A kind of work, such as voice or chat."""

    sid: str
    friendly_name: str
    unique_name: str
    channel_optimized_routing: bool
    date_created: int
    date_updated: int


class Worker(Struct, frozen=True, gc=False):
    """Somebody, or something, that performs tasks."""

    sid: str
    friendly_name: str
    attributes: str
    activity_sid: str
    date_created: int
    date_updated: int
    date_status_changed: int
    version: int = 0
    last_reserved_at: int | None = None
    disconnect_activity_sid: str | None = None
    """Activity to take when his last socket has been gone for the grace period."""
    disconnect_due_at: int | None = None
    is_present: bool = False
    """Whether he has a socket; only known while the workspace says what becomes of who vanished."""
    vanishes_at: int | None = None

    @property
    def deadline(self) -> int | None:
        """When something must happen to him by itself."""
        deadlines = (self.disconnect_due_at, self.vanishes_at)
        return min((at for at in deadlines if at is not None), default=None)


class WorkerChannel(Struct, frozen=True, gc=False):
    """How much of one kind of work one worker takes at a time."""

    sid: str
    worker_sid: str
    task_channel_sid: str
    configured_capacity: int
    available: bool
    date_created: int
    date_updated: int
    last_reserved_at: int | None = None


class TaskQueue(Struct, frozen=True, gc=False):
    """Waiting tasks and the expression that says which workers serve them."""

    sid: str
    friendly_name: str
    target_workers: str
    max_reserved_workers: int
    task_order: TaskOrder
    date_created: int
    date_updated: int
    reservation_activity_sid: str | None = None
    assignment_activity_sid: str | None = None


class Workflow(Struct, frozen=True, gc=False):
    """The rules that put a task into a queue; `configuration` is the client's JSON, unchanged."""

    sid: str
    friendly_name: str
    configuration: str
    task_reservation_timeout_s: int
    date_created: int
    date_updated: int
    assignment_callback_url: str = ""
    fallback_assignment_callback_url: str = ""


class KnownWorker(Struct, frozen=True, gc=False):
    """A target's wish for one worker: looked up by `sid` or `friendly_name`, from a path below `task.` or literally."""

    by: str
    path: tuple[str | int, ...] | None = None
    literal: str | None = None


class Target(Struct, frozen=True, gc=False):
    """One routing step. A waiting task keeps the target it entered even when the workflow is edited."""

    queue_sid: str
    expression: str | None = None
    priority: int | None = None
    timeout_s: int | None = None
    order_by: str | None = None
    skip_if: str | None = None
    known_worker: KnownWorker | None = None


class Task(Struct, frozen=True, gc=False):
    """One piece of work, and where it stands in its workflow."""

    sid: str
    attributes: str
    assignment_status: TaskStatus
    priority: int
    timeout_s: int
    task_channel_sid: str
    workflow_sid: str
    target: Target
    filter_index: int
    """Position of the current filter in the configuration; -1 is the default filter."""
    filter_name: str | None
    target_index: int
    timeout_sum_s: int
    """Timeouts of all targets entered so far, as an age of the task in seconds (docs/workflows.md)."""
    task_queue_entered_at: int
    virtual_start_at: int
    date_created: int
    date_updated: int
    version: int = 0
    reason: str | None = None
    routing_target: str | None = None
    ignore_capacity: bool | None = None
    assignment_count: int = 0
    transfer_sid: str | None = None
    """The transfer that it is under way by: it is pending or reserved, and may be held by its initiator."""
    restart_workflow: bool = False
    """Attributes or workflow changed while it was offered: start over when it waits again."""
    unreachable_count: int = 0
    """How many offers in a row ended because nobody could be asked; a refusal begins anew."""
    not_before_at: int | None = None
    """After such an offer: pending, but offered to nobody until then."""
    step_expires_at: int | None = None
    expires_at: int | None = None
    """End of its time to live while pending or reserved; a transfer begins it anew."""
    assigned_until: int | None = None
    wrap_up_at: int | None = None
    """While assigned: when it goes to wrapping by itself."""
    complete_at: int | None = None
    """While wrapping: when it is completed by itself."""
    purge_at: int | None = None

    @property
    def is_placed(self) -> bool:
        """Whether a transfer, or a routing target that is a worker or a queue, says where it goes.

        No filter is asked then.
        """
        if self.transfer_sid is not None:
            return True
        return self.routing_target is not None and self.routing_target[:2] in ("WK", "WQ")

    @property
    def is_direct(self) -> bool:
        """Whether its routing target is a worker: offered once, to nobody else. A transfer goes before it."""
        if self.transfer_sid is not None:
            return False
        return self.routing_target is not None and self.routing_target[:2] == "WK"

    @property
    def deadline(self) -> int | None:
        """When something must happen to it by itself; which deadlines count is its status' matter."""
        status = self.assignment_status
        if status not in OPEN_TASK:
            return self.purge_at
        if status is TaskStatus.PENDING:
            deadlines = (self.expires_at, self.step_expires_at, self.not_before_at)
        elif status is TaskStatus.RESERVED:
            deadlines = (self.expires_at, None, None)
        else:
            deadlines = (self.wrap_up_at, self.complete_at, None)
        found = (at for at in (self.assigned_until, *deadlines) if at is not None)
        return min(found, default=None)

    @property
    def is_for_one(self) -> bool:
        """Whether only one worker may have it, in whatever queue he is."""
        return self.is_direct or (
            self.transfer_sid is not None and self.target.known_worker is not None
        )


class Reservation(Struct, frozen=True, gc=False):
    """One offer of one task to one worker."""

    sid: str
    task_sid: str
    worker_sid: str
    worker_name: str
    workflow_sid: str
    queue_sid: str
    task_channel_sid: str
    reservation_status: ReservationStatus
    timeout_s: int
    date_created: int
    date_updated: int
    version: int = 0
    expires_at: int | None = None
    worker_previous_activity_sid: str | None = None
    reserved_activity_sid: str | None = None
    """In a single-tasking workspace: the activity that this offer put its worker into."""
    canceled_reason_code: int | None = None
    known_worker: bool = False
    on_hold: bool = False
    """Still pending, but the worker's phone is being called: `expires_at` is when that has to be over."""
    transfer_sid: str | None = None
    """The transfer that this offer was made for."""


class Transfer(Struct, frozen=True, gc=False):
    """One attempt of a worker to pass a task that he accepted on to another worker or to a queue."""

    sid: str
    task_sid: str
    transfer_mode: TransferMode
    transfer_to: str
    transfer_status: TransferStatus
    initiating_reservation_sid: str
    initiating_worker_sid: str
    initiating_workflow_sid: str
    initiating_target: Target
    """The routing step that the task was in; where it goes back to when nobody takes it."""
    date_created: int
    date_updated: int
    transfer_failed_reason: str | None = None

    @property
    def initiating_queue_sid(self) -> str:
        """The queue that the task was in."""
        return self.initiating_target.queue_sid

    @property
    def is_to_worker(self) -> bool:
        """Whether it is for one worker; otherwise it is for whoever serves a queue."""
        return self.transfer_to.startswith("WK")


class Alert(Struct, frozen=True, gc=False):
    """A message for the developer, kept as a row and raised as no event. `level` is `error` or `warning`."""

    sid: str
    code: int
    level: str
    message: str
    at: int
    resource_sid: str


Record = (
    Workspace
    | Activity
    | TaskChannel
    | Worker
    | WorkerChannel
    | TaskQueue
    | Workflow
    | Task
    | Reservation
    | Transfer
)
