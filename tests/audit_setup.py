"""What the auditor learns from events about the parts of a workspace other than tasks and reservations."""

from __future__ import annotations

from collections.abc import Callable

from pointsman.engine.commands import Command
from pointsman.engine.events import Event
from tests.audit_model import LIVE, Model, WorkerView

VERSIONED_WORKER_EVENTS = (
    "worker.attributes.update",
    "worker.activity.update",
    "worker.capacity.update",
    "worker.channel.availability.update",
    "reservation.created",
)


def check_worker(model: Model, event: Event) -> None:
    """A worker has one version more for each event that counts as one, and for no other."""
    assert event.worker is not None
    view = model.workers[event.worker.sid]
    view.version += event.type in VERSIONED_WORKER_EVENTS
    assert event.worker.version == view.version, (
        f"{event.type}: worker has version {event.worker.version}, not {view.version}"
    )
    view.record = event.worker


def _activity(model: Model, event: Event, asked: Command | None) -> None:
    assert event.activity is not None
    model.available[event.activity.sid] = event.activity.available
    model.activity_names[event.activity.sid] = event.activity.friendly_name


def _activity_deleted(model: Model, event: Event, asked: Command | None) -> None:
    del model.available[event.resource_sid]


def _channel(model: Model, event: Event, asked: Command | None) -> None:
    assert event.task_channel is not None
    model.channels[event.task_channel.sid] = event.task_channel


def _channel_deleted(model: Model, event: Event, asked: Command | None) -> None:
    del model.channels[event.resource_sid]


def _queue_deleted(model: Model, event: Event, asked: Command | None) -> None:
    del model.queues[event.resource_sid]


def _workflow(model: Model, event: Event, asked: Command | None) -> None:
    model.learn_workflow(event)
    if getattr(asked, "re_evaluate_tasks", False):
        for task in model.tasks.values():
            if task.record.workflow_sid == event.resource_sid and not task.past_filters:
                task.must_restart |= task.status == "pending"
                task.restart_later |= task.status == "reserved"


def _worker_created(model: Model, event: Event, asked: Command | None) -> None:
    assert event.worker is not None
    model.workers[event.worker.sid] = WorkerView(event.worker, 0, event.at)


def _worker_deleted(model: Model, event: Event, asked: Command | None) -> None:
    held = [o for o in model.offers.values() if o.worker_sid == event.resource_sid]
    assert not any(offer.status in LIVE for offer in held), "a worker left with work in hand"
    del model.workers[event.resource_sid]


def _activity_changed(model: Model, event: Event, asked: Command | None) -> None:
    assert event.previous_activity is not None and event.activity is not None
    view = model.workers[event.resource_sid]
    lasted = event.at - view.since
    assert event.previous_activity.sid != event.activity.sid, "an activity changed to itself"
    assert event.time_in_previous_activity_ms == lasted, "the time in an activity is wrong"
    view.since = event.at
    if view.due_activity_sid is not None:
        assert event.activity.sid == view.due_activity_sid, "a worker was moved elsewhere"
        view.due_activity_sid = None


def _worker_channel(model: Model, event: Event, asked: Command | None) -> None:
    assert event.worker_channel is not None
    model.learn_channel(event.worker_channel)


def _workspace_deleted(model: Model, _: Event, asked: Command | None) -> None:
    live = [task for task in model.tasks.values() if task.ended_at is None]
    assert not live, "a workspace ended before its tasks"
    model.__init__()  # nothing of it is left


SETUP: dict[str, Callable[[Model, Event, Command | None], None]] = {
    "activity.created": _activity,
    "activity.updated": _activity,
    "activity.deleted": _activity_deleted,
    "task-channel.created": _channel,
    "task-channel.updated": _channel,
    "task-channel.deleted": _channel_deleted,
    "task-queue.deleted": _queue_deleted,
    "workflow.created": _workflow,
    "workflow.updated": _workflow,
    "worker.created": _worker_created,
    "worker.deleted": _worker_deleted,
    "worker.activity.update": _activity_changed,
    "worker.capacity.update": _worker_channel,
    "worker.channel.availability.update": _worker_channel,
    "workspace.deleted": _workspace_deleted,
}
