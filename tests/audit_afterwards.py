"""What must be so whenever the engine has finished a command or a tick: the auditor's last look round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pointsman.engine.records import Limits
from tests.audit_model import Model, TaskView
from tests.audit_transfers import check_rest
from tests.audit_vanished import check as check_vanished


@dataclass
class Afterwards:
    """The model after everything that was told."""

    model: Model
    limits: Limits
    now: int
    asked: bool
    """Whether somebody asked for something; without that it was a tick."""

    def check_rest(self) -> None:
        """Nothing is half done, and nobody waits whom somebody could serve."""
        check_vanished(self.model)
        for worker in self.model.workers.values():
            assert worker.due_activity_sid is None, f"{worker.record.sid} was not moved on"
        for view in self.model.tasks.values():
            sid, status = view.record.sid, view.status
            pending = self.model.offers_of(sid, "pending")
            held = self.model.offers_of(sid, "accepted", "wrapping")
            assert bool(pending) == (status == "reserved"), f"{sid} is {status}: {pending}"
            under_way = view.transfer is not None  # then its initiator may still hold it
            worked_on = status in ("assigned", "wrapping")
            assert bool(held) == worked_on or under_way, f"{sid} is {status}: {held}"
            check_rest(self.model, view)
            assert not view.expected, f"{sid}: {view.expected} were not told"
            if status == "pending":
                self._check_waiting(view)

    def _check_waiting(self, view: TaskView) -> None:
        sid = view.record.sid
        assert not view.must_restart, f"{sid} did not start anew"
        assert view.assignments < self.limits.assignments, f"{sid} was offered too often"
        deadline = view.deadline()
        assert deadline is None or deadline > self.now, f"{sid} stays in a step that is over"
        who = self.model.candidates(view, self.now)
        assert not who, f"{sid} waits though {who} could be asked"
        if self.asked and self.now >= view.rests_until and (view.entered or view.offer_failed):
            names = {"workers": self.model.counts(view.queue_sid), "task": view.attributes}
            text = view.target.get("skip_if")
            stuck = view.position[0] < 0 or not text or not self.model.holds(text, names)
            assert stuck, f"{sid} did not skip its step"

    def check_deadline(self, next_deadline: int | None) -> None:
        """The engine wants to be woken no later than when the next thing must happen."""
        for due, why in self._due():
            assert due > self.now, f"{why} was due at {due}"
            assert next_deadline is not None and next_deadline <= due, f"{why} at {due} is missed"

    def _due(self) -> Iterable[tuple[int, str]]:
        for sid, worker in self.model.workers.items():
            if worker.vanishes_at is not None:
                yield worker.vanishes_at, f"the end of {sid}'s absence"
        for sid, offer in self.model.offers.items():
            if offer.status == "pending":
                yield offer.expires_at, f"the timeout of {sid}"
        for sid, view in self.model.tasks.items():
            if view.status in ("pending", "reserved"):
                end = view.ttl_from + view.record.timeout_s * 1000
                yield end, f"the end of {sid}"
            deadline = view.deadline()
            if view.status == "pending" and deadline is not None:
                yield deadline, f"the step of {sid}"
            if view.status == "pending" and view.rests_until > self.now:
                yield view.rests_until, f"the rest of {sid}"
            worked_on = view.status in ("assigned", "wrapping") or view.transfer is not None
            if worked_on and view.assigned_at is not None:
                yield view.assigned_at + self.limits.assigned_s * 1000, f"the day of {sid}"
            if view.ended_at is not None:
                yield view.ended_at + self.limits.purge_s * 1000, f"the purge of {sid}"
