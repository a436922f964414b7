"""A small workspace, made by hand: one of everything, with readable SIDs and known instants."""

from __future__ import annotations

from typing import Any

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import (
    Activity,
    Actor,
    Record,
    Reservation,
    ReservationStatus,
    Target,
    Task,
    TaskChannel,
    TaskOrder,
    TaskQueue,
    TaskStatus,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from pointsman.engine.state import State

BASE = "https://router.example.org"

CREATED = 1_700_000_000_999
"""2023-11-14T22:13:20Z and 999 ms, which no date shows."""
UPDATED = CREATED + 61_000
NOW = CREATED + 90_500


def sid(prefix: str, number: int = 1) -> str:
    return f"{prefix}{number:032x}"


ACCOUNT = sid("AC")
HOME = f"{BASE}/v1/Workspaces/{sid('WS')}"
CONFIGURATION = (
    '{"task_routing": {"default_filter": {"queue": "WQ00000000000000000000000000000001"}}}'
)

WORKSPACE = Workspace(sid("WS"), ACCOUNT, "Support", CREATED, UPDATED, sid("WA", 1), sid("WA", 1))
OFFLINE = Activity(sid("WA", 1), "Offline", False, CREATED, CREATED)
AVAILABLE = Activity(sid("WA", 2), "Available", True, CREATED, UPDATED)
VOICE = TaskChannel(sid("TC"), "Voice", "voice", False, CREATED, UPDATED)
QUEUE = TaskQueue(
    sid("WQ"), "Spanish", "skills HAS 'es'", 2, TaskOrder.LIFO, CREATED, UPDATED, sid("WA", 1)
)
WORKFLOW = Workflow(
    sid("WW"), "Calls", CONFIGURATION, 30, CREATED, UPDATED, "https://app.example.org/assign", ""
)
ALICE = Worker(
    sid("WK"),
    "alice",
    '{"skills": ["es"]}',
    sid("WA", 2),
    CREATED,
    UPDATED,
    CREATED + 30_000,
    version=4,
)
VOICE_OF_ALICE = WorkerChannel(sid("WC"), sid("WK"), sid("TC"), 3, True, CREATED, UPDATED)
TASK = Task(
    sid=sid("WT"),
    attributes='{"from":"+34 1"}',
    assignment_status=TaskStatus.ASSIGNED,
    priority=5,
    timeout_s=86_400,
    task_channel_sid=sid("TC"),
    workflow_sid=sid("WW"),
    target=Target(sid("WQ")),
    filter_index=0,
    filter_name="spanish",
    target_index=0,
    timeout_sum_s=0,
    task_queue_entered_at=CREATED + 1_000,
    virtual_start_at=CREATED - 3_600_000,
    date_created=CREATED,
    date_updated=UPDATED,
    version=2,
)
RESERVATION = Reservation(
    sid=sid("WR"),
    task_sid=sid("WT"),
    worker_sid=sid("WK"),
    worker_name="alice",
    workflow_sid=sid("WW"),
    queue_sid=sid("WQ"),
    task_channel_sid=sid("TC"),
    reservation_status=ReservationStatus.ACCEPTED,
    timeout_s=30,
    date_created=CREATED + 2_000,
    date_updated=UPDATED,
    version=1,
)
EVERYTHING: tuple[Record, ...] = (
    WORKSPACE,
    OFFLINE,
    AVAILABLE,
    VOICE,
    QUEUE,
    WORKFLOW,
    ALICE,
    VOICE_OF_ALICE,
    TASK,
    RESERVATION,
)


def a_state(*records: Record) -> State:
    """The engine's own state, holding these records; everything above if none is given."""
    state = State()
    for record in records or EVERYTHING:
        state.put(record)
    return state


def an_event(
    kind: EventType, resource_type: str = "", resource_sid: str = "", **more: Any
) -> Event:
    """An event of this type about the records given, at NOW."""
    return Event(
        sid=sid("EV"),
        seq=7,
        type=kind,
        at=NOW,
        actor=more.pop("actor", Actor("account", ACCOUNT)),
        description=more.pop("description", "It happened"),
        resource_type=resource_type,
        resource_sid=resource_sid,
        workspace=WORKSPACE,
        **more,
    )
