"""The auditor: a second, independent account of a workspace, kept from its events and the time alone.

It imports the shapes of events, commands and records, and nothing that decides anything in the engine.
After every command and every tick `audit` takes what was told, and asserts that it was lawful, that
nothing was forgotten, and that the engine will wake up in time for what must happen next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pointsman.engine.commands import CancelReservation, Command, NoteOnTask
from pointsman.engine.events import Event
from pointsman.engine.records import Limits, Record, Task
from tests import audit_occupied as occupied
from tests import audit_transfers as transfers
from tests import audit_vanished
from tests.audit_afterwards import Afterwards
from tests.audit_model import LIVE, Model, Offer, TaskView, content
from tests.audit_routed import check_reason, never_offered, placed
from tests.audit_setup import SETUP, check_worker

OFFER_MOVES = {
    "reservation.accepted": ("pending", "accepted"),
    "reservation.rejected": ("pending", "rejected"),
    "reservation.timeout": ("pending", "timeout"),
    "reservation.canceled": ("pending", "canceled"),
    "reservation.rescinded": ("pending", "rescinded"),
    "reservation.wrapup": ("accepted", "wrapping"),
}


class Auditor:
    """One workspace's second account."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.model = Model()
        self.event_seq = 0
        self.asked: Command | None = None
        self.due: list[str] = []
        """The type of this event, if it had to come now."""
        self.now = 0
        self._batch: list[Event] = []
        self._wanted: list[str] = []

    # --- what is told ----------------------------------------------------------------------------

    def audit(
        self,
        events: Iterable[Event],
        now: int,
        next_deadline: int | None,
        asked: Command | None = None,
        answer: Record | None = None,
    ) -> None:
        """Take what one command (or, without one, a tick) told; raises AssertionError at what is wrong."""
        self.now, self.asked = now, asked
        self.model.hold(asked, now)
        for task in self.model.tasks.values():
            task.entered = task.offer_failed = False
        audit_vanished.heard(self.model, asked, answer, now)
        offered = False
        for event in events:
            offered |= event.type == "reservation.created"
            self.event_seq += 1
            assert event.seq == self.event_seq, f"event {event.seq} came after {self.event_seq - 1}"
            assert event.at == now, f"{event.type} is dated {event.at} and not {now}"
            if self._batch and not self._continues(event):
                self._check_batch()
            self._take(event)
        if self._batch:
            self._check_batch()
        self.model.learn_answer(answer)
        self._forget_purged()
        if self.model.workspace is not None:
            # In single-tasking an offer changes what `skip_if` counts for those who were looked at before.
            same_counts = not (offered and self.model.single_tasking)
            afterwards = Afterwards(
                self.model, self.limits, now, asked=asked is not None and same_counts
            )
            afterwards.check_rest()
            afterwards.check_deadline(next_deadline)

    def live_tasks(self) -> set[str]:
        """The tasks that must be in memory now."""
        return set(self.model.tasks)

    def _take(self, event: Event) -> None:
        self.model.workspace = event.workspace
        if event.queue is not None and event.type != "task-queue.deleted":
            self.model.queues[event.queue.sid] = event.queue
        task = None if event.type == "task-queue.moved" else event.task  # that shows what was left
        self.due = []
        if event.task is not None and event.type != "task.created":
            self._check_place(event, event.task.sid)
        if task is not None and event.type != "task.created":
            self._check_version(event, task)
        if event.worker is not None and event.type != "worker.created":
            check_worker(self.model, event)
        taken = TAKERS.get(event.type.value)
        if event.type.value in SETUP:
            SETUP[event.type.value](self.model, event, self.asked)
        elif taken is not None:
            taken(self, event)
        elif event.type in OFFER_MOVES or event.type == "reservation.completed":
            self._move_offer(event)
        if task is not None and task.sid in self.model.tasks:
            view = self.model.tasks[task.sid]
            view.record = task
            assert view.status == task.assignment_status, (
                f"{event.type}: {task.sid} is {task.assignment_status}, not {view.status}"
            )

    def _check_place(self, event: Event, task_sid: str) -> None:
        view = self.model.tasks.get(task_sid)
        assert view is not None, f"{event.type} about {task_sid}, which is not there"
        if view.expected and event.resource_type in ("task", "task-queue", "workflow"):
            wanted = view.expected.pop(0)
            assert event.type == wanted, f"{event.type} came where {wanted} was due"
            self.due = [wanted]

    def _check_version(self, event: Event, record: Task) -> None:
        view = self.model.tasks[record.sid]
        edited = event.type == "task.updated" and record.assignment_status != "completed"
        edited = edited and not self.due  # an edit, and not what a transfer brought about
        stepped = event.type == "workflow.target-matched" and record.version > 0
        changed = content(record) != content(view.record)
        wanted = view.record.version + (changed or edited or stepped)
        assert record.version == wanted, (
            f"{event.type}: {record.sid} has version {record.version} and not {wanted}"
        )

    # --- tasks -----------------------------------------------------------------------------------

    def _task_created(self, event: Event) -> None:
        assert event.task is not None and event.task.version == 0
        view = TaskView(event.task, priority=event.task.priority, ttl_from=self.now)
        view.must_restart = True
        view.expected = ["workflow.entered", "workflow.target-matched", "task-queue.entered"]
        self.model.tasks[event.task.sid] = view
        if view.past_filters:
            placed(self.model, view, self.asked)

    def _task_updated(self, event: Event) -> None:
        assert event.task is not None
        view = self.model.tasks[event.task.sid]
        view.priority = event.task.priority
        if event.task.attributes != view.record.attributes:
            moves = not view.past_filters and not isinstance(self.asked, NoteOnTask)
            view.must_restart |= moves and view.status == "pending"
            view.restart_later |= moves and view.status == "reserved"

    def _queue_timeout(self, event: Event) -> None:
        view = self.view_of(event)
        deadline = view.deadline()
        assert view.status == "pending", "a step ended while its task was not waiting"
        assert deadline is not None and deadline <= self.now, f"a step ended before {deadline}"
        view.timed_out = True

    def _matched(self, event: Event) -> None:
        """A task entered a step: it must be the one that its workflow says, for a reason that holds."""
        view, claimed = self.view_of(event), event.task
        assert claimed is not None and view.status == "pending", "a task moved while not waiting"
        wanted, sum_s = self._next_step(view)
        found = (claimed.filter_index, claimed.target_index)
        if wanted is None:  # restarted, and nothing takes it: it stays where it is
            assert found == view.position, f"{claimed.sid} moved to {found} though nothing takes it"
        else:
            assert found == wanted, f"{claimed.sid} went to {found} and not to {wanted}"
            view.target = self.model.target_at(view, wanted)
            view.position = wanted
            view.sum_s = sum_s + (int(view.target.get("timeout") or 0) if wanted[0] >= 0 else 0)
            view.priority = int(view.target.get("priority", view.priority))
        queue_sid = view.target["queue"]
        if queue_sid != view.queue_sid and not view.expected:
            view.expected = ["task-queue.moved", "task-queue.entered"]
        view.queue_sid = queue_sid
        view.must_restart = view.timed_out = view.offer_failed = False
        view.entered = True
        assert claimed.target.queue_sid == queue_sid, f"{claimed.sid} is in the wrong queue"
        assert claimed.priority == view.priority, f"{claimed.sid} has the wrong priority"

    def _next_step(self, view: TaskView) -> tuple[tuple[int, int] | None, int]:
        model = self.model
        first = model.first_step(view) or ((-1, 0) if model.has_default(view) else None)
        filters = model.workflows[view.record.workflow_sid]["filters"]
        if view.must_restart:
            return first, 0
        if not view.timed_out:
            self._check_skip(view)
        index, target = view.position
        if index >= len(filters):
            return first, 0
        if target + 1 < len(filters[index]["targets"]):
            return (index, target + 1), view.sum_s
        later = model.first_step(view, index + 1)
        return later or (-1, 0), view.sum_s

    def _check_skip(self, view: TaskView) -> None:
        """The task leaves its step by skipping it: nobody may be there for it, and `skip_if` must hold."""
        names = {"workers": self.model.counts(view.queue_sid), "task": view.attributes}
        text = view.target.get("skip_if")
        assert text and self.model.holds(text, names), f"{view.record.sid} skipped without a reason"
        assert not self.model.candidates(view, self.now), f"{view.record.sid} skipped a worker"

    def _workflow_over(self, event: Event) -> None:
        """A task leaves its workflow: there may be no further step for it."""
        view = self.view_of(event)
        index, target = view.position
        filters = self.model.workflows[view.record.workflow_sid]["filters"]
        if index < len(filters):
            assert index >= 0, f"{view.record.sid} left the default filter"
            assert target + 1 >= len(filters[index]["targets"]), "a target was left out"
            assert self.model.first_step(view, index + 1) is None, "a filter was left out"
        if event.type == "workflow.timeout":
            assert view.timed_out, f"{view.record.sid} was not late"
            return
        assert not self.model.has_default(view), "the default filter was left out"
        self._check_skip(view)

    def _task_ended(self, event: Event) -> None:
        view = self.view_of(event)
        canceled = event.type == "task.canceled"
        legal = ("pending", "reserved") if canceled else ("assigned", "wrapping")
        assert view.status in legal or view.status == event.task.assignment_status  # type: ignore[union-attr]
        assert view.ended_at is None, f"{view.record.sid} ended twice"
        transfers.check_left(self.model, view, self.asked, "completed")
        view.status = "canceled" if canceled else "completed"
        view.ended_at = self.now
        view.must_restart = view.timed_out = False
        if canceled and getattr(self.asked, "assignment_status", None) != "canceled":
            overdue = self.now >= view.ttl_from + view.record.timeout_s * 1000
            deadline = view.deadline()
            over = deadline is not None and deadline <= self.now
            worn_out = view.assignments >= self.limits.assignments
            refused = view.worker_sid is not None and view.offer_failed
            assert overdue or over or worn_out or refused or view.target.get("skip_if"), (
                "canceled too early"
            )
            check_reason(view, event)

    def _task_wrapup(self, event: Event) -> None:
        view = self.view_of(event)
        assert view.status == "assigned", f"{view.record.sid} was {view.status} when wrapped up"
        transfers.check_left(self.model, view, self.asked, "wrapping")
        view.status = "wrapping"

    def _task_deleted(self, event: Event) -> None:
        view = self.view_of(event)
        assert not self.model.offers_of(view.record.sid, *LIVE), (
            "a task was deleted with offers open"
        )
        if event.type == "task.system-deleted":
            assert view.assigned_at is not None
            assert self.now >= view.assigned_at + self.limits.assigned_s * 1000, "deleted too early"
        self._forget(view)

    def view_of(self, event: Event) -> TaskView:
        """The task that the event is about."""
        assert event.task is not None
        return self.model.tasks[event.task.sid]

    # --- reservations ----------------------------------------------------------------------------

    def _continues(self, event: Event) -> bool:
        first = self._batch[0]
        return (
            event.type == "reservation.created"
            and event.task is not None
            and first.task is not None
            and (event.task.sid, event.task.version) == (first.task.sid, first.task.version)
        )

    def _offered(self, event: Event) -> None:
        reservation, view = event.reservation, self.view_of(event)
        assert reservation is not None and reservation.version == 0
        if not self._batch:
            assert view.status == "pending", f"{view.record.sid} is {view.status}, yet offered"
            self.model.check_turn(view, self.now)
            self._wanted = self.model.candidates(view, self.now)
        self._batch.append(event)
        slot = (reservation.worker_sid, view.record.task_channel_sid)
        ready = view.ignores_capacity or self.model.is_ready(*slot)
        assert ready, f"{slot[0]} was asked though he is away or has no room"
        expires_at = self.now + self.model.timeouts[view.record.workflow_sid] * 1000
        transfer_sid = None if view.transfer is None else view.transfer.sid
        assert reservation.transfer_sid == transfer_sid, "an offer forgot what it was made for"
        offer = Offer(view.record.sid, *slot, expires_at, transfer_sid)
        occupied.asked(self.model, offer, view)
        self.model.offers[reservation.sid] = offer
        self.model.workers[slot[0]].reserved_at = self.now
        self.model.channel_reserved_at[slot] = self.now
        view.status = "reserved"

    def _check_batch(self) -> None:
        """The batch went to the first of those who could be asked, as many as the queue allows."""
        batch, self._batch = self._batch, []
        view = self.view_of(batch[0])
        asked = [event.reservation.worker_sid for event in batch if event.reservation]
        most = self.model.queues[view.queue_sid].max_reserved_workers
        wanted = self._wanted[:most]
        assert asked == wanted, f"{view.record.sid} went to {asked} and not to {wanted}"
        view.assignments += 1
        view.offer_failed = False

    def _move_offer(self, event: Event) -> None:
        assert event.reservation is not None
        offer, view = self.model.offers[event.reservation.sid], self.view_of(event)
        if event.type == "reservation.completed":
            before, after = ("accepted", "wrapping"), "completed"
        else:
            only, after = OFFER_MOVES[event.type.value]
            before = (only,)
        assert offer.status in before, f"{event.type} of a reservation that is {offer.status}"
        offer.status, offer.version = after, offer.version + 1
        assert event.reservation.reservation_status == after
        assert event.reservation.version == offer.version, f"{event.type} has a wrong version"
        if after == "timeout":
            assert offer.expires_at <= self.now, "an offer timed out too early"
        occupied.moved(self.model, offer, self.asked)
        if after == "accepted":
            self._accepted(view, offer)
        alone = isinstance(self.asked, CancelReservation) or offer.hold_is_over(self.now)
        if after == "canceled" and not (alone or audit_vanished.ended(self.model, offer, event)):
            ending = event.task is not None and event.task.assignment_status == "canceled"
            view.status = "canceled" if ending else view.status
        elif after in ("rejected", "timeout", "canceled"):
            self._failed(view, after)

    def _failed(self, view: TaskView, how: str) -> None:
        """An offer failed; after the last one of its batch the task waits, or rests first."""
        is_last = not self.model.offers_of(view.record.sid, "pending")
        if view.transfer is not None and transfers.declined(self, view, is_last=is_last):
            return
        if not is_last:
            return
        view.status, view.offer_failed = "pending", True
        if view.worker_sid is not None:
            view.status = "canceled"
            return
        view.must_restart |= view.restart_later
        view.restart_later = False
        view.unreachable = view.unreachable + 1 if how == "canceled" else 0
        if view.unreachable:
            rest_s = min(2 ** (view.unreachable - 1), 30)
            view.rests_until = self.now + rest_s * 1000

    def _accepted(self, view: TaskView, offer: Offer) -> None:
        assert view.status == "reserved", f"{view.record.sid} was {view.status} when accepted"
        accepted = self.model.offers_of(view.record.sid, "accepted")
        again = [one for one in accepted if one.transfer_sid == offer.transfer_sid]
        assert len(again) == 1, "accepted twice"
        if view.transfer is not None:
            transfers.accepted(view)
        view.status, view.assigned_at = "assigned", self.now
        view.came_back = view.came_loose = False
        view.restart_later = False

    def _forget_purged(self) -> None:
        for view in list(self.model.tasks.values()):
            if view.ended_at is not None and self.now >= view.ended_at + self.limits.purge_s * 1000:
                self._forget(view)

    def _forget(self, view: TaskView) -> None:
        del self.model.tasks[view.record.sid]
        for sid, offer in list(self.model.offers.items()):
            if offer.task_sid == view.record.sid:
                del self.model.offers[sid]


TAKERS: dict[str, Callable[[Auditor, Event], None]] = {
    "task.created": Auditor._task_created,
    "task.updated": Auditor._task_updated,
    "task.canceled": Auditor._task_ended,
    "task.completed": Auditor._task_ended,
    "task.wrapup": Auditor._task_wrapup,
    "task.deleted": Auditor._task_deleted,
    "task.system-deleted": Auditor._task_deleted,
    "task.transfer-initiated": transfers.initiated,
    "task.transfer-attempt-failed": transfers.attempt_failed,
    **dict.fromkeys(transfers.ENDED, transfers.ended),
    "task-queue.timeout": Auditor._queue_timeout,
    "workflow.target-matched": Auditor._matched,
    "workflow.timeout": Auditor._workflow_over,
    "workflow.skipped": Auditor._workflow_over,
    "reservation.created": Auditor._offered,
    "reservation.failed": lambda self, event: never_offered(self.view_of(event), event, self.now),
}
