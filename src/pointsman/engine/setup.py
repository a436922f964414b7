"""Command functions on the workspace itself, its activities and its task channels."""

from __future__ import annotations

from pointsman.engine import checks
from pointsman.engine.commands import (
    CreateActivity,
    CreateTaskChannel,
    CreateTaskQueue,
    CreateWorkflow,
    CreateWorkspace,
    DeleteActivity,
    DeleteTaskChannel,
    DeleteWorkspace,
    UnsetType,
    UpdateActivity,
    UpdateSettings,
    UpdateTaskChannel,
    UpdateWorkspace,
    given,
)
from pointsman.engine.errors import InUse, Invalid, LimitReached, NotFound
from pointsman.engine.events import EventType
from pointsman.engine.moves import erase_task
from pointsman.engine.queues import (
    BUSY_ACTIVITY,
    RESERVED_ACTIVITY,
    create_task_queue,
    create_workflow,
)
from pointsman.engine.records import (
    OPEN_TASK,
    Activity,
    Actor,
    Record,
    TaskChannel,
    Workspace,
    replace,
)
from pointsman.engine.statuses import VanishedAccepted, VanishedPending
from pointsman.engine.transaction import Transaction
from pointsman.engine.workers import add_worker_channel

TEMPLATES = ("NONE", "FIFO")
SEEDED_ACTIVITIES = (("Offline", False), ("Available", True), ("Unavailable", False))
SINGLE_TASKING_ACTIVITIES = (
    ("Offline", False),
    ("Idle", True),
    (RESERVED_ACTIVITY, False),
    (BUSY_ACTIVITY, False),
)
SEEDED_CHANNELS = ("default", "voice", "chat", "sms", "video")


# --- workspace ---------------------------------------------------------------------------------


def create_workspace(tx: Transaction, command: CreateWorkspace, sid: str) -> Workspace:
    """A workspace with its activities and five task channels; workers start, and time out to, Offline."""
    checks.friendly_name(tx, command.friendly_name)
    checks.url("EventCallbackUrl", command.event_callback_url)
    order = checks.task_order("PrioritizeQueueOrder", command.prioritize_queue_order)
    events_filter = _events_filter(command.events_filter)
    if command.template not in TEMPLATES:
        raise Invalid("Template", f"Template must be one of {' and '.join(TEMPLATES)}")
    seeded = SEEDED_ACTIVITIES if command.multi_task_enabled else SINGLE_TASKING_ACTIVITIES
    activities = [
        Activity(tx.new_sid("WA"), name, available, tx.now, tx.now) for name, available in seeded
    ]
    workspace = Workspace(
        sid=sid,
        account_sid=command.account_sid,
        friendly_name=command.friendly_name,
        date_created=tx.now,
        date_updated=tx.now,
        default_activity_sid=activities[0].sid,
        timeout_activity_sid=activities[0].sid,
        event_callback_url=command.event_callback_url,
        events_filter=events_filter,
        prioritize_queue_order=order,
        multi_task_enabled=command.multi_task_enabled,
    )
    tx.put(workspace)
    tx.tell_record(EventType.WORKSPACE_CREATED, workspace)
    for activity in activities:
        tx.put(activity)
        tx.tell_record(EventType.ACTIVITY_CREATED, activity)
    for name in SEEDED_CHANNELS:
        channel = TaskChannel(tx.new_sid("TC"), name.capitalize(), name, False, tx.now, tx.now)
        tx.put(channel)
        tx.tell_record(EventType.TASK_CHANNEL_CREATED, channel)
    if command.template == "FIFO":
        _seed_fifo(tx, command.actor)
    return workspace


def _seed_fifo(tx: Transaction, actor: Actor) -> None:
    """One queue that everybody serves, and one workflow that puts every task into it."""
    queue = create_task_queue(tx, CreateTaskQueue(actor=actor, friendly_name="Sample Queue"))
    configuration = f'{{"task_routing":{{"default_filter":{{"queue":"{queue.sid}"}}}}}}'
    create_workflow(
        tx,
        CreateWorkflow(
            actor=actor, friendly_name="Default Fifo Workflow", configuration=configuration
        ),
    )


def update_workspace(tx: Transaction, command: UpdateWorkspace) -> Workspace:
    """The workspace with its changed fields."""
    before = tx.workspace
    multi_task_enabled = given(command.multi_task_enabled, before.multi_task_enabled)
    if before.multi_task_enabled and not multi_task_enabled:
        raise Invalid("MultiTaskEnabled", "MultiTaskEnabled cannot be changed to false")
    after = replace(
        before,
        friendly_name=checks.friendly_name(tx, given(command.friendly_name, before.friendly_name)),
        event_callback_url=checks.url(
            "EventCallbackUrl", given(command.event_callback_url, before.event_callback_url)
        ),
        events_filter=_events_filter(given(command.events_filter, before.events_filter)),
        prioritize_queue_order=checks.task_order(
            "PrioritizeQueueOrder",
            given(command.prioritize_queue_order, before.prioritize_queue_order.value),
        ),
        default_activity_sid=checks.activity(
            tx,
            "DefaultActivitySid",
            given(command.default_activity_sid, before.default_activity_sid),
        ),
        timeout_activity_sid=checks.activity(
            tx,
            "TimeoutActivitySid",
            given(command.timeout_activity_sid, before.timeout_activity_sid),
        ),
        multi_task_enabled=multi_task_enabled,
        date_updated=tx.now,
    )
    tx.put(after)
    tx.tell_record(EventType.WORKSPACE_UPDATED, after)
    return after


def update_settings(tx: Transaction, command: UpdateSettings) -> Workspace:
    """The workspace with these settings; deadlines are those of what is assigned or wraps up later."""
    before, longest = tx.workspace, tx.limits.assigned_s
    for parameter, value in (
        ("WrapUpAfter", command.wrap_up_after_s),
        ("CompleteAfter", command.complete_after_s),
        ("VanishedAfter", command.vanished_after_s),
    ):
        if value is not None and not isinstance(value, UnsetType):
            checks.whole_number(parameter, value, 1, longest)
    after = replace(
        before,
        wrap_up_after_s=given(command.wrap_up_after_s, before.wrap_up_after_s),
        complete_after_s=given(command.complete_after_s, before.complete_after_s),
        offline_if_disconnected=given(
            command.offline_if_disconnected, before.offline_if_disconnected
        ),
        vanished_after_s=given(command.vanished_after_s, before.vanished_after_s),
        vanished_pending=checks.one_of(
            VanishedPending,
            "VanishedPending",
            given(command.vanished_pending, before.vanished_pending.value),
        ),
        vanished_accepted=checks.one_of(
            VanishedAccepted,
            "VanishedAccepted",
            given(command.vanished_accepted, before.vanished_accepted.value),
        ),
        date_updated=tx.now,
    )
    tx.put(after)
    return after


def delete_workspace(tx: Transaction, _: DeleteWorkspace) -> None:
    """Everything ends: live reservations as in the deletion of their task, then all records go."""
    workspace, state = tx.workspace, tx.state
    for task in list(state.tasks.values()):
        if task.assignment_status in OPEN_TASK:
            erase_task(tx, task, EventType.TASK_DELETED)
    tx.tell_record(EventType.WORKSPACE_DELETED, workspace)
    records: list[Record] = [
        *state.reservations.values(),
        *state.transfers.values(),
        *state.tasks.values(),
        *state.workflows.values(),
        *state.task_queues.values(),
        *state.worker_channels.values(),
        *state.workers.values(),
        *state.task_channels.values(),
        *state.activities.values(),
    ]
    for record in records:
        tx.remove(record)
    tx.remove(workspace)


def _events_filter(text: str | None) -> str | None:
    """A comma list of event types; nothing means all of them."""
    if not text:
        return None
    known = [kind.value for kind in EventType]
    for name in text.split(","):
        if name.strip() not in known:
            told = f"EventsFilter {name.strip()!r} is not one of {', '.join(known)}"
            raise Invalid("EventsFilter", told)
    return text


# --- activities --------------------------------------------------------------------------------


def create_activity(tx: Transaction, command: CreateActivity) -> Activity:
    """A new activity; its name is unique in the workspace."""
    _check_activity_name(tx, command.friendly_name, None)
    if len(tx.state.activities) >= tx.limits.activities:
        raise LimitReached(f"A workspace may hold at most {tx.limits.activities} activities")
    activity = Activity(tx.new_sid("WA"), command.friendly_name, command.available, tx.now, tx.now)
    tx.put(activity)
    tx.tell_record(EventType.ACTIVITY_CREATED, activity)
    return activity


def update_activity(tx: Transaction, command: UpdateActivity) -> Activity:
    """The renamed activity."""
    before = _activity(tx, command.activity_sid)
    name = given(command.friendly_name, before.friendly_name)
    _check_activity_name(tx, name, before.sid)
    after = replace(before, friendly_name=name, date_updated=tx.now)
    tx.put(after)
    tx.tell_record(EventType.ACTIVITY_UPDATED, after)
    return after


def delete_activity(tx: Transaction, command: DeleteActivity) -> None:
    """Remove an activity; refused while the workspace, a queue or a worker refers to it."""
    activity = _activity(tx, command.activity_sid)
    workspace = tx.workspace
    if activity.sid in (workspace.default_activity_sid, workspace.timeout_activity_sid):
        raise InUse(f"Activity {activity.sid} is the workspace's default or timeout activity")
    for queue in tx.state.task_queues.values():
        if activity.sid in (queue.reservation_activity_sid, queue.assignment_activity_sid):
            raise InUse(f"Activity {activity.sid} is used by the task queue {queue.sid}")
    for worker in tx.state.workers.values():
        if worker.activity_sid == activity.sid:
            raise InUse(f"Activity {activity.sid} is the activity of the worker {worker.sid}")
    tx.remove(activity)
    tx.tell_record(EventType.ACTIVITY_DELETED, activity)


def _activity(tx: Transaction, sid: str) -> Activity:
    activity = tx.state.activities.get(sid)
    if activity is None:
        raise NotFound("activity", sid)
    return activity


def _check_activity_name(tx: Transaction, name: str, own_sid: str | None) -> None:
    checks.friendly_name(tx, name)
    for other in tx.state.activities.values():
        if other.friendly_name == name and other.sid != own_sid:
            raise Invalid("FriendlyName", f"There is an activity named {name!r} already")


# --- task channels -----------------------------------------------------------------------------


def create_task_channel(tx: Transaction, command: CreateTaskChannel) -> TaskChannel:
    """A new kind of work; every worker gets a channel for it with capacity 1."""
    checks.friendly_name(tx, command.friendly_name)
    name = command.unique_name
    if len(name) > tx.limits.friendly_name_length or not checks.UNIQUE_NAME.fullmatch(name):
        raise Invalid(
            "UniqueName",
            "UniqueName may hold letters, digits, _ and $, and may not start with a digit",
        )
    if tx.state.task_channel(name) is not None:
        raise Invalid(
            "UniqueName", f"There is a task channel with the unique name {name!r} already"
        )
    channel = TaskChannel(
        tx.new_sid("TC"),
        command.friendly_name,
        name,
        command.channel_optimized_routing,
        tx.now,
        tx.now,
    )
    tx.put(channel)
    tx.tell_record(EventType.TASK_CHANNEL_CREATED, channel)
    for worker_sid in tx.state.workers:
        add_worker_channel(tx, worker_sid, channel)
    return channel


def update_task_channel(tx: Transaction, command: UpdateTaskChannel) -> TaskChannel:
    """The changed task channel; its unique name stays."""
    before = _task_channel(tx, command.task_channel)
    optimized = given(command.channel_optimized_routing, before.channel_optimized_routing)
    after = replace(
        before,
        friendly_name=checks.friendly_name(tx, given(command.friendly_name, before.friendly_name)),
        channel_optimized_routing=optimized,
        date_updated=tx.now,
    )
    tx.put(after)
    tx.tell_record(EventType.TASK_CHANNEL_UPDATED, after)
    return after


def delete_task_channel(tx: Transaction, command: DeleteTaskChannel) -> None:
    """Remove a task channel; refused for `default` and while open tasks use it."""
    channel = _task_channel(tx, command.task_channel)
    if channel.unique_name == "default":
        raise InUse("The task channel default cannot be deleted")
    if tx.state.open_tasks[channel.sid]:
        raise InUse(f"Task channel {channel.sid} is used by tasks that are not over")
    for worker_channel in list(tx.state.worker_channels.values()):
        if worker_channel.task_channel_sid == channel.sid:
            tx.remove(worker_channel)
    tx.remove(channel)
    tx.tell_record(EventType.TASK_CHANNEL_DELETED, channel)


def _task_channel(tx: Transaction, sid_or_name: str) -> TaskChannel:
    channel = tx.state.task_channel(sid_or_name)
    if channel is None:
        raise NotFound("task channel", sid_or_name)
    return channel
