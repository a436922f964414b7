"""What the engine really raises in a long day, told in full: data, resource, frame."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.engine import commands as c
from pointsman.engine.engine import Engine, Outcome
from pointsman.engine.events import Event, EventType
from pointsman.engine.records import Actor
from pointsman.wire import resources
from pointsman.wire.events import event_data, frame_l, recipients
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS
from tests.docs.test_events_page import rows
from tests.wire.small_workspace import ACCOUNT, BASE, sid

CONFIGURATION = """{"task_routing": {"filters": [{"filter_friendly_name": "all", "expression": "1==1",
  "targets": [{"queue": "%s", "timeout": 40}, {"queue": "%s", "timeout": 40}]}]}}"""
DEFAULT_ONLY = '{"task_routing": {"default_filter": {"queue": "%s"}}}'
SKIPPING = """{"task_routing": {"filters": [{"expression": "1==1",
  "targets": [{"queue": "%s", "skip_if": "1==1"}]}]}}"""


class Day:
    """A workspace under real rules and virtual time; collects the events that it raises."""

    def __init__(self) -> None:
        self.ambient = VirtualAmbient()
        self.engine = Engine(sid("WS"))
        self.events: list[Event] = []
        self.do(c.CreateWorkspace, account_sid=ACCOUNT, friendly_name="Support")

    def do(self, kind: Any, **fields: Any) -> Any:
        command = kind(actor=Actor("account", ACCOUNT), **fields)
        now, new_sid = self.ambient.now(), self.ambient.new_sid
        return self._note(self.engine.execute(command, now, new_sid)).record

    def wait(self, span_s: int) -> None:
        until = self.ambient.now() + span_s * 1000
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.ambient.set(max(due, self.ambient.now()))
            self._note(self.engine.tick(self.ambient.now(), self.ambient.new_sid))
        self.ambient.set(until)

    def activity(self, name: str) -> str:
        activities = self.engine.state.activities.values()
        return next(each.sid for each in activities if each.friendly_name == name)

    def offer(self) -> str:
        pending = self.engine.state.reservations.values()
        return next(each.sid for each in pending if each.reservation_status == "pending")

    def _note(self, outcome: Outcome) -> Outcome:
        self.events += outcome.events
        return outcome


def work(day: Day) -> None:
    """Offers accepted, declined, missed, rescinded, wrapped up, completed and canceled."""
    queue = day.do(c.CreateTaskQueue, friendly_name="all", max_reserved_workers=2)
    second = day.do(c.CreateTaskQueue, friendly_name="later", target_workers="1==2")
    rules = CONFIGURATION % (queue.sid, second.sid)
    workflow = day.do(c.CreateWorkflow, friendly_name="calls", configuration=rules)
    available = day.activity("Available")
    alice = day.do(c.CreateWorker, friendly_name="alice", activity_sid=available)
    bob = day.do(c.CreateWorker, friendly_name="bob", activity_sid=available)
    day.do(c.UpdateWorker, worker_sid=alice.sid, attributes='{"level": 2}')
    task = day.do(c.CreateTask, priority=1)
    day.do(c.AcceptReservation, reservation_sid=day.offer())
    day.do(c.UpdateTask, task_sid=task.sid, attributes='{"note": 1}')
    day.do(c.UpdateTask, task_sid=task.sid, assignment_status="wrapping")
    day.do(c.UpdateTask, task_sid=task.sid, assignment_status="completed", reason="sold")
    task = day.do(c.CreateTask)
    day.do(c.RejectReservation, reservation_sid=day.offer())
    day.do(c.UpdateTask, task_sid=task.sid, assignment_status="canceled", reason="gone")
    away = day.activity("Unavailable")
    day.do(c.UpdateWorker, worker_sid=bob.sid, activity_sid=away)
    day.do(c.CreateTask)
    day.wait(300)  # nobody answers; every step's time passes
    for worker in (alice, bob):
        day.do(c.DeleteWorker, worker_sid=worker.sid)
    rules = SKIPPING % queue.sid
    day.do(c.UpdateWorkflow, workflow_sid=workflow.sid, configuration=rules)
    day.do(c.CreateTask)


def pass_on(day: Day) -> None:
    """A task is passed on: declined, taken back, and accepted in the end."""
    queue = day.do(c.CreateTaskQueue, friendly_name="desk", target_workers="desk == 1")
    rules = DEFAULT_ONLY % queue.sid
    workflow = day.do(c.CreateWorkflow, friendly_name="desk", configuration=rules)
    there = {"attributes": '{"desk": 1}', "activity_sid": day.activity("Available")}
    eve = day.do(c.CreateWorker, friendly_name="eve", **there)
    task = day.do(c.CreateTask, workflow_sid=workflow.sid)
    held = day.offer()
    day.do(c.AcceptReservation, reservation_sid=held)
    fay = day.do(c.CreateWorker, friendly_name="fay", **there)
    day.do(c.InitiateTransfer, reservation_sid=held, to=fay.sid)
    day.do(c.RejectReservation, reservation_sid=day.offer())
    transfer = day.do(c.InitiateTransfer, reservation_sid=held, to=queue.sid)
    day.do(c.CancelTransfer, transfer_sid=transfer.sid)
    day.do(c.InitiateTransfer, reservation_sid=held, to=queue.sid, mode="COLD")
    day.do(c.AcceptReservation, reservation_sid=day.offer())
    day.do(c.UpdateTask, task_sid=task.sid, assignment_status="completed")
    for worker in (eve, fay):
        day.do(c.DeleteWorker, worker_sid=worker.sid)
    day.do(c.DeleteWorkflow, workflow_sid=workflow.sid)
    day.do(c.DeleteTaskQueue, task_queue_sid=queue.sid)


def change_settings(day: Day) -> None:
    """Everything that is not a task, made, changed and deleted."""
    activity = day.do(c.CreateActivity, friendly_name="Lunch")
    day.do(c.UpdateActivity, activity_sid=activity.sid, friendly_name="Dinner")
    day.do(c.DeleteActivity, activity_sid=activity.sid)
    day.do(c.CreateTaskChannel, friendly_name="Fax", unique_name="fax")
    day.do(c.UpdateTaskChannel, task_channel="fax", friendly_name="Telefax")
    worker = day.do(c.CreateWorker, friendly_name="carol")
    channel = {"worker_sid": worker.sid, "worker_channel": "fax"}
    day.do(c.UpdateWorkerChannel, **channel, capacity=4)
    day.do(c.UpdateWorkerChannel, **channel, available=False)
    wanted = {"routing_target": worker.sid, "ignore_capacity": False, "timeout_s": 60}
    day.do(c.CreateTask, **wanted)
    day.wait(60)  # and he is never there
    day.do(c.DeleteWorker, worker_sid=worker.sid)
    day.do(c.DeleteTaskChannel, task_channel="fax")
    queue = day.do(c.CreateTaskQueue, friendly_name="empty")
    day.do(c.UpdateTaskQueue, task_queue_sid=queue.sid, target_workers="level > 1")
    rules = DEFAULT_ONLY % queue.sid
    workflow = day.do(c.CreateWorkflow, friendly_name="idle", configuration=rules)
    unwanted = day.do(c.CreateTask, workflow_sid=workflow.sid)
    day.do(c.DeleteTask, task_sid=unwanted.sid)
    available = day.activity("Available")
    skilled = {"attributes": '{"level": 2}', "activity_sid": available}
    day.do(c.CreateWorker, friendly_name="dan", **skilled)
    day.do(c.CreateTask, workflow_sid=workflow.sid)
    day.do(c.AcceptReservation, reservation_sid=day.offer())
    day.wait(90_000)  # longer than a task may stay assigned
    day.do(c.DeleteWorkflow, workflow_sid=workflow.sid)
    day.do(c.DeleteTaskQueue, task_queue_sid=queue.sid)
    day.do(c.UpdateWorkspace, friendly_name="Help")
    day.do(c.DeleteWorkspace)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    day = Day()
    work(day)
    pass_on(day)
    change_settings(day)
    return day.events


def always_told(event: Event) -> Iterator[str]:
    for name in FIELD_GROUPS[event.type]:
        yield from GROUPS[name].fields


@pytest.mark.feature(168)
def test_every_type_comes_up(events: list[Event]) -> None:
    """The day raises every type of event, without a gap."""
    assert {event.type for event in events} == set(EventType)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


@pytest.mark.feature(168)
def test_nothing_is_left_empty(events: list[Event]) -> None:
    """The engine's events hold every record that their fields come from, if there was one."""
    empty = {
        (event.type.value, field)
        for event in events
        for field in always_told(event)
        if event_data(event)[field] == ""
    }

    never_made = ("reservation_sid", "reservation_version")
    assert empty == {("reservation.failed", field) for field in never_made}


@pytest.mark.feature(168)
def test_resources_are_as_documented(events: list[Event]) -> None:
    """Every event is about the kind of resource that docs/events.md says, and points at it."""
    told = {cells[0].strip("`"): cells[3] for cells in rows("types")}

    for event in events:
        assert event.resource_type == told[event.type], event.type
        names = ("sid", "at", "actor", "description", "resource_type", "resource_sid")
        fields = {name: getattr(event, name) for name in names}
        stored: Any = SimpleNamespace(**fields, type=event.type, event_data=event_data(event))
        shown = resources.event(stored, ACCOUNT, sid("WS"), BASE)
        assert shown["resource_url"].endswith(event.resource_sid)


def test_frames_can_be_made_of_all(events: list[Event]) -> None:
    """Whatever has a recipient has a frame, and the other way round."""
    assert all((frame_l(event) is None) == (recipients(event) == ()) for event in events)
    assert sum(frame_l(event) is not None for event in events) >= 20
