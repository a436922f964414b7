"""What the auditor asks of workers who vanished: when their time is over, nothing stays as it was.

It learns from commands who has a socket, as no event tells it, and from their answers the settings.
"""

from __future__ import annotations

from pointsman.engine.commands import (
    Command,
    NoteConnected,
    NoteDisconnected,
    SetDisconnectActivity,
)
from pointsman.engine.events import Event
from pointsman.engine.records import Record, Workspace
from tests.audit_model import Model, Offer, WorkerView


def heard(model: Model, asked: Command | None, answer: Record | None, now: int) -> None:
    """Take up what is asked, or, at a tick, whose time is over."""
    if isinstance(answer, Workspace):
        model.workspace = answer
    after_s = None if model.workspace is None else model.workspace.vanished_after_s
    view = model.workers.get(getattr(asked, "worker_sid", None) or "")
    if view is not None and isinstance(asked, NoteDisconnected) and view.vanishes_at is None:
        view.is_present = False
        view.vanishes_at = None if after_s is None else now + after_s * 1000
    elif view is not None and isinstance(asked, NoteConnected | SetDisconnectActivity):
        view.is_present, view.vanishes_at = after_s is not None, None
    if asked is None:
        for sid, each in model.workers.items():
            if each.vanishes_at is not None and each.vanishes_at <= now:
                each.leaves = {
                    offer_sid: offer.status
                    for offer_sid, offer in model.offers.items()
                    if offer.worker_sid == sid
                }


def restarted(model: Model, now: int) -> None:
    """Nobody has a socket any more: whoever had one gets his time to come back."""
    after_s = None if model.workspace is None else model.workspace.vanished_after_s
    for view in model.workers.values():
        if view.is_present:
            view.vanishes_at = None if after_s is None else now + after_s * 1000


def ended(model: Model, offer: Offer, event: Event) -> bool:
    """Whether the offer was canceled because its worker vanished, and not with its task."""
    task = event.task
    if task is None or model.workers[offer.worker_sid].leaves is None:
        return False
    direct = (task.routing_target or "").startswith("WK")
    if task.assignment_status == "assigned":  # it was transferred to him, and comes back
        return model.tasks[task.sid].transfer is not None
    return task.assignment_status == "pending" or (direct and task.reason != "Task TTL Exceeded")


def check(model: Model) -> None:
    """Of whoever vanished, everything went the way that the settings say."""
    for sid, view in model.workers.items():
        if view.leaves is not None:
            _check(model, sid, view, view.leaves)
            view.leaves = view.vanishes_at = None


def _check(model: Model, sid: str, view: WorkerView, left: dict[str, str]) -> None:
    workspace = model.workspace
    assert workspace is not None
    if workspace.vanished_after_s is None:
        return
    here = view.record.activity_sid
    away = not model.available[here] or here == workspace.timeout_activity_sid
    assert away, f"{sid} vanished and may be asked"
    for offer_sid, before in left.items():
        after = model.offers[offer_sid].status if offer_sid in model.offers else "gone"
        if before == "pending" and workspace.vanished_pending != "keep":
            assert after != "pending", f"{offer_sid} waits for {sid}, who vanished"
        choice = workspace.vanished_accepted
        if before == "accepted" and choice != "keep":
            assert after != "accepted", f"{offer_sid} stays with {sid}, who vanished"
        if before in ("accepted", "wrapping") and choice in ("complete", "requeue"):
            assert after in ("completed", "gone"), f"{offer_sid} is {after}, and {sid} vanished"
