"""Records, events and groups for the store's tests: small by default, any field can be given."""

from __future__ import annotations

from typing import Any

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import (
    Actor,
    Alert,
    Reservation,
    ReservationStatus,
    Target,
    Task,
    TaskStatus,
    Worker,
    Workspace,
)
from pointsman.store import WorkspaceGroup

START = 1_700_000_000_000
ACCOUNT = "AC" + "a" * 32
ACTOR = Actor("account", ACCOUNT)


def sid(prefix: str, number: int, at: int = START) -> str:
    """The SID of the `number`-th thing made at this moment."""
    return f"{prefix}{at:012x}{number:020x}"


def a_workspace(number: int = 1, **fields: Any) -> Workspace:
    told = {
        "sid": sid("WS", number),
        "account_sid": ACCOUNT,
        "friendly_name": f"workspace {number}",
        "date_created": START,
        "date_updated": START,
        "default_activity_sid": sid("WA", 1),
        "timeout_activity_sid": sid("WA", 1),
    }
    return Workspace(**(told | fields))


def a_worker(number: int = 1, **fields: Any) -> Worker:
    told = {
        "sid": sid("WK", number),
        "friendly_name": f"worker {number}",
        "attributes": '{"languages":["en"]}',
        "activity_sid": sid("WA", 1),
        "date_created": START,
        "date_updated": START,
        "date_status_changed": START,
    }
    return Worker(**(told | fields))


def a_task(number: int = 1, **fields: Any) -> Task:
    told = {
        "sid": sid("WT", number),
        "attributes": '{"language":"en"}',
        "assignment_status": TaskStatus.PENDING,
        "priority": 0,
        "timeout_s": 86_400,
        "task_channel_sid": sid("TC", 1),
        "workflow_sid": sid("WW", 1),
        "target": Target(queue_sid=sid("WQ", 1)),
        "filter_index": 0,
        "filter_name": None,
        "target_index": 0,
        "timeout_sum_s": 0,
        "task_queue_entered_at": START,
        "virtual_start_at": START,
        "date_created": START,
        "date_updated": START,
    }
    return Task(**(told | fields))


def a_reservation(number: int = 1, **fields: Any) -> Reservation:
    told = {
        "sid": sid("WR", number),
        "task_sid": sid("WT", 1),
        "worker_sid": sid("WK", 1),
        "worker_name": "worker 1",
        "workflow_sid": sid("WW", 1),
        "queue_sid": sid("WQ", 1),
        "task_channel_sid": sid("TC", 1),
        "reservation_status": ReservationStatus.PENDING,
        "timeout_s": 120,
        "date_created": START,
        "date_updated": START,
    }
    return Reservation(**(told | fields))


def an_alert(number: int = 1) -> Alert:
    return Alert(sid("NO", number), 14222, "error", "no target", START, sid("WT", 1))


def an_event(
    number: int, kind: EventType = EventType.TASK_CREATED, at: int = START, **fields: Any
) -> Event:
    told = {
        "sid": sid("EV", number, at),
        "seq": number,
        "type": kind,
        "at": at,
        "actor": ACTOR,
        "description": f"event {number}",
        "resource_type": "task",
        "resource_sid": sid("WT", 1),
        "workspace": a_workspace(),
        "task": a_task(),
    }
    return Event(**(told | fields))


def creation(number: int = 1, **fields: Any) -> WorkspaceGroup:
    """The group that makes a workspace."""
    workspace = a_workspace(number)
    told = {
        "workspace_sid": workspace.sid,
        "epoch": 1,
        "old_seq": 0,
        "new_seq": 1,
        "event_seq": 0,
        "at": START,
        "account_sid": ACCOUNT,
        "changes": {workspace.sid: (workspace, True)},
    }
    return WorkspaceGroup(**(told | fields))


def change(number: int = 1, *, epoch: int = 1, old_seq: int = 1, **fields: Any) -> WorkspaceGroup:
    """A later group of the same workspace; records and events are given."""
    records = fields.pop("records", [])
    told = {
        "workspace_sid": sid("WS", number),
        "epoch": epoch,
        "old_seq": old_seq,
        "new_seq": old_seq + 1,
        "event_seq": len(fields.get("events", [])),
        "at": START,
        "changes": {record.sid: (record, True) for record in records},
    }
    return WorkspaceGroup(**(told | fields))
