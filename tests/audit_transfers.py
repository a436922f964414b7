"""What the auditor knows of transfers: who passes a task on, to whom, and what must become of both.

A task that is under way is held by its initiator and offered to others. It ends with an acceptance, or
comes back: to whoever still holds it, or, when nobody does, to its workflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.engine.commands import (
    CancelTransfer,
    Command,
    CompleteReservation,
    InitiateTransfer,
    UpdateTask,
    WrapUpReservation,
)
from pointsman.engine.events import Event
from tests.audit_model import Model, TaskView, Transferred

if TYPE_CHECKING:
    from tests.auditor import Auditor

ENDED = {
    "task.transfer-completed": "complete",
    "task.transfer-failed": "failed",
    "task.transfer-canceled": "canceled",
}
MOVED = ["task-queue.moved", "task-queue.entered"]


def initiated(auditor: Auditor, event: Event) -> None:
    """A task left the hands of the only one who asked for it, for somebody who can have it."""
    view, transfer, asked = auditor.view_of(event), event.transfer, auditor.asked
    assert isinstance(asked, InitiateTransfer) and transfer is not None
    offer = auditor.model.offers[asked.reservation_sid]
    assert view.status == "assigned", f"{view.record.sid} was {view.status} when transferred"
    assert (offer.status, offer.task_sid) == ("accepted", view.record.sid)
    assert (transfer.transfer_to, transfer.transfer_mode) == (asked.to, asked.mode)
    assert transfer.initiating_reservation_sid == asked.reservation_sid
    assert (transfer.initiating_worker_sid, transfer.initiating_queue_sid) == (
        offer.worker_sid,
        view.queue_sid,
    )
    view.transfer = Transferred(
        transfer.sid, asked.to, asked.reservation_sid, asked.mode, view.queue_sid, view.target
    )
    view.status, view.assignments, view.ttl_from = "pending", 0, auditor.now
    view.unreachable = view.rests_until = 0
    view.entered = True
    if asked.to.startswith("WQ"):
        view.target = {"queue": asked.to}
        view.expected = [] if asked.to == view.queue_sid else [*MOVED]
        view.queue_sid = asked.to
    else:
        view.target = {"queue": view.queue_sid}


def declined(auditor: Auditor, view: TaskView, *, is_last: bool) -> bool:
    """Somebody whom the task was offered did not take it; whether that brought it back."""
    transfer = view.transfer
    assert transfer is not None
    view.expected = ["task.transfer-attempt-failed"]
    if transfer.to.startswith("WK"):
        view.expected += ["task.transfer-failed", *_brought_back(auditor.model, view)]
        view.ended_transfer = (transfer.sid, "failed")
        return True
    view.expected += ["task.updated"] if is_last else []
    return False


def attempt_failed(auditor: Auditor, event: Event) -> None:
    """One of those who were asked declined; the event shows the transfer as it is since."""
    view = auditor.view_of(event)
    assert event.transfer is not None and event.type in auditor.due, "told without a reason"
    known = (view.transfer.sid, "initiated") if view.transfer else view.ended_transfer
    assert (event.transfer.sid, event.transfer.transfer_status) == known


def ended(auditor: Auditor, event: Event) -> None:
    """A transfer ended: as it was known to, or for a reason that holds."""
    view, told = auditor.view_of(event), event.transfer
    assert told is not None and event.task is not None
    status = ENDED[event.type.value]
    assert told.transfer_status == status
    if view.transfer is None:
        assert (told.sid, status) == view.ended_transfer, f"{told.sid} ended out of turn"
        return
    assert told.sid == view.transfer.sid and status != "complete"
    if status == "failed":
        _check_failed(auditor, view, event)
    elif isinstance(auditor.asked, CancelTransfer):
        assert auditor.asked.transfer_sid == told.sid
        view.expected = _brought_back(auditor.model, view)
    elif event.task.assignment_status == "canceled":
        assert isinstance(auditor.asked, UpdateTask), "a task under way was canceled by itself"
        view.status, view.transfer = "canceled", None
    else:
        view.transfer = None  # its task is deleted: no offer may be left


def _check_failed(auditor: Auditor, view: TaskView, event: Event) -> None:
    """A transfer failed by itself: its time was over, or it was offered too often."""
    over = auditor.now >= view.ttl_from + view.record.timeout_s * 1000
    worn_out = view.assignments >= auditor.limits.assignments
    assert over or worn_out, "a transfer failed too early"
    is_held = bool(_held(auditor.model, view))
    view.expected = _brought_back(auditor.model, view)
    if not is_held:
        view.expected = [kind for kind in view.expected if kind in MOVED] + ["task.canceled"]
        view.must_restart = view.offer_failed = False


def _brought_back(model: Model, view: TaskView) -> list[str]:
    """The task is as it was before its transfer; what must be told of it next."""
    transfer = view.transfer
    assert transfer is not None
    is_held = bool(_held(model, view))
    moved = [] if transfer.queue_sid == view.queue_sid else [*MOVED]
    view.transfer, view.queue_sid, view.target = None, transfer.queue_sid, transfer.target
    view.unreachable = view.rests_until = 0
    view.status = "assigned" if is_held else "pending"
    view.came_back, view.came_loose = is_held, not is_held
    if is_held:
        return [*moved, "task.updated"]
    view.assigned_at, view.offer_failed = None, True
    view.must_restart = not view.past_filters
    return [*moved, "task.updated", *(["task.canceled"] if view.worker_sid else [])]


def accepted(view: TaskView) -> None:
    """Somebody took a task that was under way."""
    transfer = view.transfer
    assert transfer is not None
    view.ended_transfer = (transfer.sid, "complete")
    view.expected = ["task.transfer-completed"]
    view.transfer, view.target = None, {"queue": view.queue_sid}


def check_left(model: Model, view: TaskView, asked: Command | None, ended: str) -> None:
    """A task that ends because its worker is done with it is in nobody else's hands."""
    if isinstance(asked, CompleteReservation | WrapUpReservation):
        others = ("accepted", "wrapping") if ended == "completed" else ("accepted",)
        found = [
            sid
            for sid, offer in model.offers.items()
            if offer.task_sid == view.record.sid and offer.status in others
        ]
        assert not set(found) - {asked.reservation_sid}, f"{view.record.sid} is {ended} too early"


def check_rest(model: Model, view: TaskView) -> None:
    """Whoever transfers cold is gone, and a task for one worker is always offered to him."""
    accepted = model.offers_of(view.record.sid, "accepted")
    if view.status == "wrapping":
        assert not accepted, f"{view.record.sid} is wrapping, but {accepted} is not"
    if view.status == "assigned":
        assert accepted or view.came_back, f"{view.record.sid} is assigned to nobody"
    transfer = view.transfer
    if transfer is None:
        return
    assert view.status in ("pending", "reserved")
    assert view.status == "reserved" or transfer.to.startswith("WQ"), "it waits for one worker"
    if transfer.mode == "COLD":
        assert model.offers[transfer.offer_sid].status != "accepted", "he who passed it on stays"


def _held(model: Model, view: TaskView) -> list[Any]:
    return model.offers_of(view.record.sid, "accepted", "wrapping")
