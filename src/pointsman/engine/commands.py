"""Everything that can be asked of a workspace: one frozen struct per command, verb and noun.

`UNSET` means "not mentioned"; `None` or an empty string mean "clear it" where that is allowed.
`actor` says who asks; `if_match` is the version the caller saw, compared before anything else.
Shapes and ranges of values are checked by the command functions, so every shell gets the same refusals.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType

from pointsman.engine.records import Actor

__all__ = ["UNSET", "UnsetType", "given"]  # and every command below

T = TypeVar("T")


def given(value: T | UnsetType, otherwise: T) -> T:
    """The value if the command mentions it, else `otherwise`."""
    return otherwise if isinstance(value, UnsetType) else value


class Command(Struct, frozen=True, gc=False, kw_only=True):
    """What every command carries."""

    actor: Actor


# --- workspace ---------------------------------------------------------------------------------


class CreateWorkspace(Command, frozen=True, gc=False, kw_only=True):
    """Make the workspace with its seeded activities and task channels (docs/compatibility.md)."""

    account_sid: str
    friendly_name: str
    event_callback_url: str = ""
    events_filter: str | None = None
    multi_task_enabled: bool = True
    template: str = "NONE"
    prioritize_queue_order: str = "FIFO"


class UpdateWorkspace(Command, frozen=True, gc=False, kw_only=True):
    """Change the workspace's own fields."""

    friendly_name: str | UnsetType = UNSET
    event_callback_url: str | UnsetType = UNSET
    events_filter: str | UnsetType | None = UNSET
    multi_task_enabled: bool | UnsetType = UNSET
    prioritize_queue_order: str | UnsetType = UNSET
    default_activity_sid: str | UnsetType = UNSET
    timeout_activity_sid: str | UnsetType = UNSET


class UpdateSettings(Command, frozen=True, gc=False, kw_only=True):
    """Say how long tasks of the workspace may be assigned, and wrapping (None: no such deadline), and
    whether a worker whose last socket is gone goes offline, if his page does not say.
    """

    wrap_up_after_s: int | UnsetType | None = UNSET
    complete_after_s: int | UnsetType | None = UNSET
    offline_if_disconnected: bool | UnsetType = UNSET
    vanished_after_s: int | UnsetType | None = UNSET
    vanished_pending: str | UnsetType = UNSET
    vanished_accepted: str | UnsetType = UNSET


class Mend(Command, frozen=True, gc=False, kw_only=True):
    """Have a task or a reservation that is stuck go on; refused for any other."""

    sid: str


class DeleteWorkspace(Command, frozen=True, gc=False, kw_only=True):
    """End the workspace and everything in it."""


# --- activities --------------------------------------------------------------------------------


class CreateActivity(Command, frozen=True, gc=False, kw_only=True):
    """Add an activity that workers can be in."""

    friendly_name: str
    available: bool = False


class UpdateActivity(Command, frozen=True, gc=False, kw_only=True):
    """Rename an activity; whether it is available never changes."""

    activity_sid: str
    friendly_name: str | UnsetType = UNSET


class DeleteActivity(Command, frozen=True, gc=False, kw_only=True):
    """Remove an activity that nothing refers to."""

    activity_sid: str


# --- task channels -----------------------------------------------------------------------------


class CreateTaskChannel(Command, frozen=True, gc=False, kw_only=True):
    """Add a kind of work; every worker gets a worker channel for it."""

    friendly_name: str
    unique_name: str
    channel_optimized_routing: bool = False


class UpdateTaskChannel(Command, frozen=True, gc=False, kw_only=True):
    """`task_channel` is a SID or a unique name."""

    task_channel: str
    friendly_name: str | UnsetType = UNSET
    channel_optimized_routing: bool | UnsetType = UNSET


class DeleteTaskChannel(Command, frozen=True, gc=False, kw_only=True):
    """`task_channel` is a SID or a unique name; refused for `default` and while tasks use it."""

    task_channel: str


# --- workers -----------------------------------------------------------------------------------


class CreateWorker(Command, frozen=True, gc=False, kw_only=True):
    """Add a worker with a channel for every task channel."""

    friendly_name: str
    activity_sid: str | UnsetType = UNSET
    attributes: str = "{}"


class UpdateWorker(Command, frozen=True, gc=False, kw_only=True):
    """Change a worker; `attributes` replaces the whole object."""

    worker_sid: str
    friendly_name: str | UnsetType = UNSET
    activity_sid: str | UnsetType = UNSET
    attributes: str | UnsetType = UNSET
    reject_pending_reservations: bool = False
    if_match: int | None = None


class DeleteWorker(Command, frozen=True, gc=False, kw_only=True):
    """Remove a worker who holds no live reservation."""

    worker_sid: str
    if_match: int | None = None


class UpdateWorkerChannel(Command, frozen=True, gc=False, kw_only=True):
    """`worker_channel` is its SID, or the SID or unique name of the task channel."""

    worker_sid: str
    worker_channel: str
    capacity: int | UnsetType = UNSET
    available: bool | UnsetType = UNSET


class SetDisconnectActivity(Command, frozen=True, gc=False, kw_only=True):
    """A socket of the worker opened: remember (or forget, with None) where he goes when it drops."""

    worker_sid: str
    activity_sid: str | None


class NoteDisconnected(Command, frozen=True, gc=False, kw_only=True):
    """The worker's last socket is gone: his disconnect activity is due after the grace period."""

    worker_sid: str


class NoteConnected(Command, frozen=True, gc=False, kw_only=True):
    """The worker is back: his disconnect activity is no longer due."""

    worker_sid: str


# --- task queues and workflows -----------------------------------------------------------------


class CreateTaskQueue(Command, frozen=True, gc=False, kw_only=True):
    """Add a queue; an empty `target_workers` matches nobody."""

    friendly_name: str
    target_workers: str = "1==1"
    max_reserved_workers: int = 1
    task_order: str = "FIFO"
    reservation_activity_sid: str | None = None
    assignment_activity_sid: str | None = None


class UpdateTaskQueue(Command, frozen=True, gc=False, kw_only=True):
    """Change a queue; waiting tasks are matched anew when its expression changes."""

    task_queue_sid: str
    friendly_name: str | UnsetType = UNSET
    target_workers: str | UnsetType = UNSET
    max_reserved_workers: int | UnsetType = UNSET
    task_order: str | UnsetType = UNSET
    reservation_activity_sid: str | UnsetType | None = UNSET
    assignment_activity_sid: str | UnsetType | None = UNSET


class DeleteTaskQueue(Command, frozen=True, gc=False, kw_only=True):
    """Remove a queue that no workflow names and no task waits in."""

    task_queue_sid: str


class CreateWorkflow(Command, frozen=True, gc=False, kw_only=True):
    """Add routing rules; the configuration is checked completely first."""

    friendly_name: str
    configuration: str
    assignment_callback_url: str = ""
    fallback_assignment_callback_url: str = ""
    task_reservation_timeout_s: int = 120


class UpdateWorkflow(Command, frozen=True, gc=False, kw_only=True):
    """Change routing rules; `re_evaluate_tasks` restarts all its pending tasks."""

    workflow_sid: str
    friendly_name: str | UnsetType = UNSET
    configuration: str | UnsetType = UNSET
    assignment_callback_url: str | UnsetType = UNSET
    fallback_assignment_callback_url: str | UnsetType = UNSET
    task_reservation_timeout_s: int | UnsetType = UNSET
    re_evaluate_tasks: bool = False


class DeleteWorkflow(Command, frozen=True, gc=False, kw_only=True):
    """Remove a workflow that no open task uses."""

    workflow_sid: str


# --- tasks -------------------------------------------------------------------------------------


class CreateTask(Command, frozen=True, gc=False, kw_only=True):
    """Add a task and let its workflow place it; `task_channel` is a SID or a unique name.

    `routing_target` names a worker, a queue or a workflow instead (docs/workflows.md). The queue and
    `ignore_capacity` may be given for a worker only.
    """

    attributes: str = "{}"
    workflow_sid: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    timeout_s: int | UnsetType = UNSET
    """Not mentioned: a day, or as long as the limit allows."""
    task_channel: str = "default"
    virtual_start_at: int | UnsetType = UNSET
    routing_target: str | UnsetType = UNSET
    ignore_capacity: bool | UnsetType = UNSET
    task_queue_sid: str | UnsetType = UNSET


class UpdateTask(Command, frozen=True, gc=False, kw_only=True):
    """Change a task's fields, end it or wrap it up."""

    task_sid: str
    attributes: str | UnsetType = UNSET
    assignment_status: str | UnsetType = UNSET
    reason: str | None = None
    priority: int | UnsetType = UNSET
    task_channel: str | UnsetType = UNSET
    virtual_start_at: int | UnsetType = UNSET
    if_match: int | None = None


class NoteOnTask(Command, frozen=True, gc=False, kw_only=True):
    """Add members to a task's attributes, over those of the same name; its place does not change."""

    task_sid: str
    members: str
    """A JSON object."""


class DeleteTask(Command, frozen=True, gc=False, kw_only=True):
    """Remove a task at once, whatever its status."""

    task_sid: str
    if_match: int | None = None


# --- reservations ------------------------------------------------------------------------------


class AcceptReservation(Command, frozen=True, gc=False, kw_only=True):
    """The worker takes the task; siblings are rescinded."""

    reservation_sid: str
    if_match: int | None = None


class RejectReservation(Command, frozen=True, gc=False, kw_only=True):
    """The worker declines, and goes to `worker_activity_sid` if one is given."""

    reservation_sid: str
    worker_activity_sid: str | None = None
    if_match: int | None = None


class HoldReservation(Command, frozen=True, gc=False, kw_only=True):
    """The worker's phone is called: the offer's clock stands still, but for no longer than this."""

    reservation_sid: str
    at_most_s: int
    if_match: int | None = None


class CancelReservation(Command, frozen=True, gc=False, kw_only=True):
    """The worker cannot be asked: the offer ends, and the task rests before the next one."""

    reservation_sid: str
    reason_code: int | None = None
    if_match: int | None = None


class WrapUpReservation(Command, frozen=True, gc=False, kw_only=True):
    """The worker finishes up; his slot stays taken."""

    reservation_sid: str
    if_match: int | None = None


class CompleteReservation(Command, frozen=True, gc=False, kw_only=True):
    """The worker is done; the only accepted reservation completes the task."""

    reservation_sid: str
    if_match: int | None = None


# --- transfers ---------------------------------------------------------------------------------


class InitiateTransfer(Command, frozen=True, gc=False, kw_only=True):
    """The worker passes his accepted task on to another worker or to a queue."""

    reservation_sid: str
    to: str
    mode: str = "WARM"
    attributes: str | UnsetType = UNSET
    """The attributes that the task has from now on."""
    priority: int | UnsetType = UNSET


class CancelTransfer(Command, frozen=True, gc=False, kw_only=True):
    """The worker takes back a task that nobody has accepted yet."""

    transfer_sid: str
