"""What the auditor asks of tasks that come past the filters, by their routing target."""

from __future__ import annotations

from pointsman.engine.commands import Command, CreateTask
from pointsman.engine.events import Event
from tests.audit_model import Model, TaskView


def placed(model: Model, view: TaskView, asked: Command | None) -> None:
    """A task came past the filters, to the queue or the worker that it names."""
    task = view.record
    if asked is not None:  # or it is in the place of one whose worker vanished
        assert isinstance(asked, CreateTask) and task.routing_target == asked.routing_target
    queue_sid = task.routing_target
    if view.worker_sid is not None:
        assert view.worker_sid in model.workers, "a task for nobody"
        assert isinstance(asked, CreateTask), "a task for one worker that nobody asked for"
        assert task.ignore_capacity is (asked.ignore_capacity is not False)
        queue_sid = asked.task_queue_sid or model.first_queue(view)
    assert task.target.queue_sid == queue_sid, f"{task.sid} is in the wrong queue"
    view.queue_sid = task.target.queue_sid
    view.target = {"queue": view.queue_sid}
    view.must_restart, view.entered = False, True
    view.expected = ["workflow.entered", "task-queue.entered"]


def never_offered(view: TaskView, event: Event, now: int) -> None:
    """The time of a task for one worker is over; the event says no word of him."""
    assert event.reservation is None and event.worker is None
    assert view.status == "pending" and view.worker_sid and view.assignments == 0
    assert now >= view.record.date_created + view.record.timeout_s * 1000
    view.status, view.missed = "canceled", True


def check_reason(view: TaskView, event: Event) -> None:
    """A task for one worker that ended by itself says whether he was asked."""
    if view.worker_sid is None:
        return
    assert event.task is not None
    if view.assignments == 0 and not view.came_loose:
        assert view.missed, f"{view.record.sid} ended without reservation.failed"
        assert event.task.reason == "RoutingTarget SLA for Reservation creation was not met"
    elif view.offer_failed:
        wanted = f"RoutingTarget not available for Reservation acceptance: {view.worker_sid}"
        assert event.task.reason == wanted
