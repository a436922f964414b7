"""Where offers put their workers in a single-tasking workspace: what must be told of activities.

Asked, a worker goes to the reservation activity of the queue; accepting, to its assignment activity; after
an offer that came to nothing he goes back to where he was, unless somebody put him elsewhere meanwhile.
"""

from __future__ import annotations

from pointsman.engine.commands import Command, RejectReservation
from tests.audit_model import Model, Offer, TaskView


def asked(model: Model, offer: Offer, task: TaskView) -> None:
    """An offer was made: its worker is occupied by it from now on."""
    here = model.workers[offer.worker_sid].record.activity_sid
    offer.before_sid = here
    if model.single_tasking:
        for other in model.offers.values():
            together = other is not offer and other.worker_sid == offer.worker_sid
            if together and other.status == "pending" and other.reserved_sid == here:
                offer.before_sid = other.before_sid
                break
        offer.reserved_sid = model.queues[task.queue_sid].reservation_activity_sid
        _expect(model, offer.worker_sid, offer.reserved_sid)


def moved(model: Model, offer: Offer, command: Command | None) -> None:
    """An offer was answered, or ended without an answer."""
    if offer.status == "accepted" and model.single_tasking:
        queue = model.queues[model.tasks[offer.task_sid].queue_sid]
        _expect(model, offer.worker_sid, queue.assignment_activity_sid)
    elif offer.status in ("accepted", "rejected", "canceled", "rescinded"):
        here = model.workers[offer.worker_sid].record.activity_sid
        elsewhere = isinstance(command, RejectReservation) and command.worker_activity_sid
        vanished = model.workers[offer.worker_sid].leaves is not None  # he is looked at later
        if here == offer.reserved_sid and not elsewhere and not vanished:
            there = offer.before_sid in model.available
            assert model.workspace is not None
            back = offer.before_sid if there else model.workspace.default_activity_sid
            _expect(model, offer.worker_sid, back)


def _expect(model: Model, worker_sid: str, activity_sid: str | None) -> None:
    worker = model.workers[worker_sid]
    if activity_sid is not None and activity_sid != worker.record.activity_sid:
        worker.due_activity_sid = activity_sid
