"""Records and stored events → the public REST representation.

Every resource has exactly the fields of its reference page (docs/compatibility.md), in that order:
dates are whole seconds in UTC, attributes the very text that was sent, numbers are numbers. A name
that the live state no longer holds is null. It must not know who asks, nor read a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from pointsman.engine.records import (
    Activity,
    Actor,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from pointsman.engine.state import State
from pointsman.wire.lists import ShownPage, envelope, page_token, parse_page_token
from pointsman.wire.values import available_capacity_percentage, iso

__all__ = [
    "ShownPage",
    "StoredEvent",
    "Told",
    "activity",
    "envelope",
    "event",
    "iso",
    "page_token",
    "parse_page_token",
    "reservation",
    "task",
    "task_channel",
    "task_queue",
    "worker",
    "worker_channel",
    "workflow",
    "workspace",
]

Json = dict[str, Any]

ADDONS = "{}"
"""Tasks carry no results of add-ons, which are a paid marketplace elsewhere."""


def _place(state: State, base: str) -> tuple[str, str, str]:
    """Account SID, workspace SID and address of the workspace that the state is of."""
    owner = state.workspace
    assert owner is not None, "only records of a living workspace are shown"
    return owner.account_sid, owner.sid, f"{base}/v1/Workspaces/{owner.sid}"


def _name(record: Activity | TaskQueue | Workflow | None) -> str | None:
    return None if record is None else record.friendly_name


# --- the set-up of a workspace -----------------------------------------------------------------


def workspace(record: Workspace, state: State, base: str) -> Json:
    """A workspace; its activities are named as in `state`."""
    url = f"{base}/v1/Workspaces/{record.sid}"
    return {
        "sid": record.sid,
        "account_sid": record.account_sid,
        "friendly_name": record.friendly_name,
        "default_activity_sid": record.default_activity_sid,
        "default_activity_name": _name(state.activities.get(record.default_activity_sid)),
        "timeout_activity_sid": record.timeout_activity_sid,
        "timeout_activity_name": _name(state.activities.get(record.timeout_activity_sid)),
        "event_callback_url": record.event_callback_url,
        "events_filter": record.events_filter,
        "multi_task_enabled": record.multi_task_enabled,
        "prioritize_queue_order": record.prioritize_queue_order.value,
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": url,
        "links": {
            "activities": f"{url}/Activities",
            "statistics": f"{url}/Statistics",
            "real_time_statistics": f"{url}/RealTimeStatistics",
            "cumulative_statistics": f"{url}/CumulativeStatistics",
            "task_queues": f"{url}/TaskQueues",
            "tasks": f"{url}/Tasks",
            "workers": f"{url}/Workers",
            "workflows": f"{url}/Workflows",
            "task_channels": f"{url}/TaskChannels",
            "events": f"{url}/Events",
        },
    }


def activity(record: Activity, state: State, base: str) -> Json:
    """An activity."""
    account_sid, workspace_sid, home = _place(state, base)
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "friendly_name": record.friendly_name,
        "available": record.available,
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": f"{home}/Activities/{record.sid}",
        "links": {"workspace": home},
    }


def task_channel(record: TaskChannel, state: State, base: str) -> Json:
    """A task channel."""
    account_sid, workspace_sid, home = _place(state, base)
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "friendly_name": record.friendly_name,
        "unique_name": record.unique_name,
        "channel_optimized_routing": record.channel_optimized_routing,
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": f"{home}/TaskChannels/{record.sid}",
        "links": {"workspace": home},
    }


def task_queue(record: TaskQueue, state: State, base: str) -> Json:
    """A task queue; what it names that is not there is null, links included."""
    account_sid, workspace_sid, home = _place(state, base)
    url = f"{home}/TaskQueues/{record.sid}"
    reservation_sid = record.reservation_activity_sid
    assignment_sid = record.assignment_activity_sid
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "friendly_name": record.friendly_name,
        "target_workers": record.target_workers,
        "task_order": record.task_order.value,
        "max_reserved_workers": record.max_reserved_workers,
        "reservation_activity_sid": reservation_sid,
        "reservation_activity_name": _name(state.activities.get(reservation_sid or "")),
        "assignment_activity_sid": assignment_sid,
        "assignment_activity_name": _name(state.activities.get(assignment_sid or "")),
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": url,
        "links": {
            "assignment_activity": assignment_sid and f"{home}/Activities/{assignment_sid}",
            "reservation_activity": reservation_sid and f"{home}/Activities/{reservation_sid}",
            "workspace": home,
            "statistics": f"{url}/Statistics",
            "real_time_statistics": f"{url}/RealTimeStatistics",
            "cumulative_statistics": f"{url}/CumulativeStatistics",
            "list_statistics": f"{home}/TaskQueues/Statistics",
            "bulk_real_time_statistics": f"{home}/TaskQueues/RealTimeStatistics",
        },
    }


def workflow(record: Workflow, state: State, base: str) -> Json:
    """A workflow, with its configuration as it was sent."""
    account_sid, workspace_sid, home = _place(state, base)
    url = f"{home}/Workflows/{record.sid}"
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "friendly_name": record.friendly_name,
        "configuration": record.configuration,
        "document_content_type": "application/json",
        "assignment_callback_url": record.assignment_callback_url,
        "fallback_assignment_callback_url": record.fallback_assignment_callback_url,
        "task_reservation_timeout": record.task_reservation_timeout_s,
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": url,
        "links": {
            "statistics": f"{url}/Statistics",
            "real_time_statistics": f"{url}/RealTimeStatistics",
            "cumulative_statistics": f"{url}/CumulativeStatistics",
        },
    }


# --- workers -----------------------------------------------------------------------------------


def worker(record: Worker, state: State, base: str) -> Json:
    """A worker; `available` is his activity's."""
    account_sid, workspace_sid, home = _place(state, base)
    url = f"{home}/Workers/{record.sid}"
    current = state.activities.get(record.activity_sid)
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "friendly_name": record.friendly_name,
        "attributes": record.attributes,
        "activity_sid": record.activity_sid,
        "activity_name": _name(current),
        "available": current is not None and current.available,
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "date_status_changed": iso(record.date_status_changed),
        "url": url,
        "links": {
            "channels": f"{url}/Channels",
            "activity": f"{home}/Activities/{record.activity_sid}",
            "workspace": home,
            "statistics": f"{home}/Workers/Statistics",
            "real_time_statistics": f"{home}/Workers/RealTimeStatistics",
            "cumulative_statistics": f"{home}/Workers/CumulativeStatistics",
            "worker_statistics": f"{url}/Statistics",
            "worker_channels": f"{url}/Channels",
            "reservations": f"{url}/Reservations",
        },
    }


def worker_channel(record: WorkerChannel, state: State, base: str) -> Json:
    """A worker's channel and how full it is at this moment."""
    account_sid, workspace_sid, home = _place(state, base)
    worker_sid, task_channel_sid = record.worker_sid, record.task_channel_sid
    kind = state.task_channels.get(task_channel_sid)
    used_slots = state.used_slots(worker_sid, task_channel_sid)
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "worker_sid": worker_sid,
        "task_channel_sid": task_channel_sid,
        "task_channel_unique_name": None if kind is None else kind.unique_name,
        "configured_capacity": record.configured_capacity,
        "assigned_tasks": state.accepted_tasks(worker_sid, task_channel_sid),
        "available": record.available,
        "available_capacity_percentage": available_capacity_percentage(
            record.configured_capacity, used_slots
        ),
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": f"{home}/Workers/{worker_sid}/Channels/{record.sid}",
    }


# --- tasks -------------------------------------------------------------------------------------


def task(record: Task, state: State, base: str, now: int) -> Json:
    """A task, `now` being the moment that its age is of."""
    account_sid, workspace_sid, home = _place(state, base)
    url = f"{home}/Tasks/{record.sid}"
    queue_sid = record.target.queue_sid
    kind = state.task_channels.get(record.task_channel_sid)
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "assignment_status": record.assignment_status.value,
        "attributes": record.attributes,
        "addons": ADDONS,
        "age": max(0, (now - record.date_created) // 1000),
        "priority": record.priority,
        "reason": record.reason,
        "timeout": record.timeout_s,
        "task_queue_sid": queue_sid,
        "task_queue_friendly_name": _name(state.task_queues.get(queue_sid)),
        "task_queue_entered_date": iso(record.task_queue_entered_at),
        "task_channel_sid": record.task_channel_sid,
        "task_channel_unique_name": None if kind is None else kind.unique_name,
        "workflow_sid": record.workflow_sid,
        "workflow_friendly_name": _name(state.workflows.get(record.workflow_sid)),
        "virtual_start_time": iso(record.virtual_start_at),
        "routing_target": record.routing_target,
        "ignore_capacity": record.ignore_capacity,
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": url,
        "links": {
            "task_queue": f"{home}/TaskQueues/{queue_sid}",
            "workflow": f"{home}/Workflows/{record.workflow_sid}",
            "workspace": home,
            "reservations": f"{url}/Reservations",
        },
    }


def reservation(
    record: Reservation, state: State, base: str, view: Literal["task", "worker"] = "task"
) -> Json:
    """A reservation, at its address below its task or below its worker."""
    account_sid, workspace_sid, home = _place(state, base)
    task_url = f"{home}/Tasks/{record.task_sid}"
    worker_url = f"{home}/Workers/{record.worker_sid}"
    owner_url = worker_url if view == "worker" else task_url
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "task_sid": record.task_sid,
        "worker_sid": record.worker_sid,
        "worker_name": record.worker_name,
        "reservation_status": record.reservation_status.value,
        "date_created": iso(record.date_created),
        "date_updated": iso(record.date_updated),
        "url": f"{owner_url}/Reservations/{record.sid}",
        "links": {"task": task_url, "worker": worker_url, "workspace": home},
    }


# --- events ------------------------------------------------------------------------------------


class Told(Protocol):
    """What an event and a stored event both say."""

    @property
    def sid(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def description(self) -> str: ...
    @property
    def resource_type(self) -> str: ...
    @property
    def resource_sid(self) -> str: ...


class StoredEvent(Told, Protocol):
    """An event as the store gives it back."""

    @property
    def actor(self) -> Actor: ...
    @property
    def event_data(self) -> Mapping[str, str]: ...


_FOLDERS = {
    "activity": "Activities",
    "task": "Tasks",
    "task-channel": "TaskChannels",
    "task-queue": "TaskQueues",
    "worker": "Workers",
    "workflow": "Workflows",
}


def event(stored: StoredEvent, account_sid: str, workspace_sid: str, base: str) -> Json:
    """An event; its links point at what it is about and who caused it, even when they are gone."""
    home = f"{base}/v1/Workspaces/{workspace_sid}"
    actor = stored.actor
    return {
        "sid": stored.sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "event_type": str(stored.type),
        "description": stored.description,
        "event_date": iso(stored.at),
        "event_date_ms": stored.at,
        "event_data": dict(stored.event_data),
        "resource_type": stored.resource_type,
        "resource_sid": stored.resource_sid,
        "resource_url": _resource_url(stored, home),
        "actor_type": actor.type,
        "actor_sid": actor.sid,
        "actor_url": _actor_url(actor, home, base),
        "source": actor.source,
        "source_ip_address": actor.ip_address,
        "url": f"{home}/Events/{stored.sid}",
    }


def _resource_url(stored: StoredEvent, home: str) -> str:
    if stored.resource_type == "workspace":
        return home
    if stored.resource_type == "reservation":
        return f"{home}/Tasks/{stored.event_data['task_sid']}/Reservations/{stored.resource_sid}"
    return f"{home}/{_FOLDERS[stored.resource_type]}/{stored.resource_sid}"


def _actor_url(actor: Actor, home: str, base: str) -> str:
    if actor.type == "workspace":
        return home
    if actor.type == "worker":
        return f"{home}/Workers/{actor.sid}"
    return f"{base}/2010-04-01/Accounts/{actor.sid}"
