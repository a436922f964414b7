"""The live records of one workspace, with every index that follows from them.

Indexes are brought up to date here and nowhere else, whenever a record passes the doors of `Tables`,
so no command can forget one. Reading is free for everybody; nothing here decides what should happen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pointsman.engine.indexes.heaps import Deadlines, Key, LazyHeap
from pointsman.engine.indexes.line import Line
from pointsman.engine.indexes.roster import Roster
from pointsman.engine.indexes.slots import Slots
from pointsman.engine.indexes.waits import Waits
from pointsman.engine.records import (
    OPEN_TASK,
    Activity,
    Reservation,
    ReservationStatus,
    Task,
    TaskChannel,
    TaskOrder,
    TaskQueue,
    TaskStatus,
    Transfer,
    TransferStatus,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from pointsman.engine.tables import Tables
from pointsman.engine.waiting import Look, cell_for
from pointsman.engine.workflow_config import WorkflowConfig, parse_configuration


class State(Tables):
    """The tables, and the indexes that follow from them."""

    def __init__(self) -> None:
        super().__init__()
        self.seq = 0
        self.event_seq = 0
        self.configurations: dict[str, WorkflowConfig] = {}
        self.open_tasks: Counter[str] = Counter()
        """Open tasks by the SID of their workflow, queue and task channel.

        A task that is being transferred also counts for the queue that it may come back to.
        """
        self.deadlines = Deadlines()
        self.slots = Slots()
        self.line = Line(Roster())
        self.waits = Waits()
        self.fresh = LazyHeap()
        """Waiting tasks that must be looked at before the command is over, in the order of tasks."""
        self.reasons: dict[str, Look] = {}
        """Why each of them must be looked at."""
        self.woken: dict[tuple[str, str], None] = {}
        """(worker, channel) pairs that became ready and were not yet shown the waiting tasks."""
        self.clock_checked_at = 0
        self._worker_names: dict[str, str] = {}
        self._channel_names: dict[str, str] = {}
        self._channel_of: dict[tuple[str, str], str] = {}
        self._reservations_of: dict[str, list[str]] = {}
        self._transfers_of: dict[str, list[str]] = {}
        self._follow = {
            Workspace: self._index_workspace,
            Activity: self._index_activity,
            TaskChannel: self._index_task_channel,
            Worker: self._index_worker,
            WorkerChannel: self._index_worker_channel,
            TaskQueue: self._index_task_queue,
            Workflow: self._index_workflow,
            Task: self._index_task,
            Reservation: self._index_reservation,
            Transfer: self._index_transfer,
        }

    def roll_back(self) -> None:
        """Undo everything since `take_changes`."""
        super().roll_back()
        self.fresh = LazyHeap()
        self.reasons.clear()

    # --- questions -----------------------------------------------------------------------------

    def task_channel(self, sid_or_unique_name: str) -> TaskChannel | None:
        """The task channel with this SID or unique name."""
        sid = self._channel_names.get(sid_or_unique_name, sid_or_unique_name)
        return self.task_channels.get(sid)

    def worker_named(self, friendly_name: str) -> Worker | None:
        """The worker of this name, ignoring case."""
        sid = self._worker_names.get(friendly_name.casefold())
        return None if sid is None else self.workers[sid]

    def worker_channel(self, worker_sid: str, task_channel_sid: str) -> WorkerChannel | None:
        """The worker's channel for a task channel."""
        sid = self._channel_of.get((worker_sid, task_channel_sid))
        return None if sid is None else self.worker_channels[sid]

    def worker_channels_of(self, worker_sid: str) -> list[WorkerChannel]:
        """The worker's channels, in the order of the task channels."""
        found = (self.worker_channel(worker_sid, sid) for sid in self.task_channels)
        return [channel for channel in found if channel is not None]

    def reservations_of_task(self, task_sid: str) -> list[Reservation]:
        """All reservations of a live task, over ones too, oldest first."""
        return [self.reservations[sid] for sid in self._reservations_of.get(task_sid, ())]

    def transfers_of_task(self, task_sid: str) -> list[Transfer]:
        """All transfers of a live task, oldest first."""
        return [self.transfers[sid] for sid in self._transfers_of.get(task_sid, ())]

    def outgoing_transfer(self, reservation: Reservation) -> Transfer | None:
        """The transfer under way by which the reservation's worker passes its task on."""
        task = self.tasks.get(reservation.task_sid)
        transfer = None if task is None else self.transfers.get(task.transfer_sid or "")
        if transfer is None or transfer.initiating_reservation_sid != reservation.sid:
            return None
        return transfer if transfer.transfer_status is TransferStatus.INITIATED else None

    def live_reservations_of_worker(self, worker_sid: str) -> list[Reservation]:
        """What the worker is offered or works on, oldest first."""
        return [self.reservations[sid] for sid in self.slots.live_of(worker_sid)]

    def used_slots(self, worker_sid: str, task_channel_sid: str) -> int:
        """Reservations in pending, accepted and wrapping."""
        return self.slots.used[worker_sid, task_channel_sid]

    def accepted_tasks(self, worker_sid: str, task_channel_sid: str) -> int:
        """Reservations in accepted only: `assigned_tasks` on the wire."""
        return self.slots.accepted[worker_sid, task_channel_sid]

    def task_key(self, task: Task) -> Key:
        """Where the task stands in the order of waiting tasks (docs/concepts.md)."""
        assert self.workspace is not None
        queue = self.task_queues[task.target.queue_sid]
        group = 0 if queue.task_order == self.workspace.prioritize_queue_order else 1
        if queue.task_order is TaskOrder.FIFO:
            start = task.virtual_start_at
            return (group, -task.priority, start, task.date_created, task.sid)
        return (group, 0, -task.virtual_start_at, task.date_created, task.sid)

    def look_again(self, task: Task, reason: Look) -> None:
        """Have `route` look at a waiting task."""
        self.fresh.set(task.sid, self.task_key(task))
        self.reasons[task.sid] = max(reason, self.reasons.get(task.sid, reason))

    def looked_at(self, task: Task) -> None:
        """`route` looked at the task and nobody can serve it now."""
        self.fresh.discard(task.sid)
        self.reasons.pop(task.sid, None)

    def people(self) -> Iterable[tuple[Worker, Activity]]:
        """Every worker with his activity."""
        return ((worker, self.activities[worker.activity_sid]) for worker in self.workers.values())

    # --- keeping the indexes -------------------------------------------------------------------

    def _index_workspace(self, before: Workspace | None, after: Workspace | None) -> None:
        if before is None or after is None:
            return
        if before.multi_task_enabled != after.multi_task_enabled:
            for worker_sid in self.workers:
                for channel_sid in self.task_channels:
                    self._refresh(worker_sid, channel_sid)
        if before.prioritize_queue_order != after.prioritize_queue_order:
            for task in self.tasks.values():
                if task.assignment_status is TaskStatus.PENDING:
                    self._enter_line(task)

    def _index_activity(self, before: Activity | None, after: Activity | None) -> None:
        if before is None or after is None or before.friendly_name == after.friendly_name:
            return
        for worker in self.workers.values():
            if worker.activity_sid == after.sid and self.line.move_worker(worker, after):
                self.wake(worker.sid)

    def _index_task_channel(self, before: TaskChannel | None, after: TaskChannel | None) -> None:
        if before is not None:
            self._channel_names.pop(before.unique_name, None)
        if after is not None:
            self._channel_names[after.unique_name] = after.sid
        if before is not None and after is not None:
            for worker_sid in self.workers:
                self._refresh(worker_sid, after.sid)

    def _index_worker(self, before: Worker | None, after: Worker | None) -> None:
        if before is not None:
            self._worker_names.pop(before.friendly_name.casefold(), None)
        sid = (after or before).sid  # type: ignore[union-attr]
        self.deadlines.set(sid, None if after is None else after.deadline)
        if after is None:
            for channel_sid in self.task_channels:
                self.woken.pop((sid, channel_sid), None)
            self.line.remove_worker(sid)
            return
        self._worker_names[after.friendly_name.casefold()] = after.sid
        changed = before is None or _looks(before) != _looks(after)
        if changed and self.line.move_worker(after, self.activities[after.activity_sid]):
            self.wake(after.sid)
        if before is None or _place(before) != _place(after):
            for channel_sid in self.task_channels:
                self._refresh(after.sid, channel_sid)

    def _index_worker_channel(
        self, before: WorkerChannel | None, after: WorkerChannel | None
    ) -> None:
        record = after or before
        assert record is not None
        slot = (record.worker_sid, record.task_channel_sid)
        if after is None:
            del self._channel_of[slot]
        else:
            self._channel_of[slot] = after.sid
        if self.line.has_loaded() and _capacity(before) != _capacity(after):
            for channel_sid in self.task_channels:  # his load on this one may count on another
                self._refresh(record.worker_sid, channel_sid)
        else:
            self._refresh(*slot)

    def _index_task_queue(self, before: TaskQueue | None, after: TaskQueue | None) -> None:
        if after is None:
            assert before is not None
            self.line.drop_queue(before.sid)
            self.waits.drop_queue(before.sid)
            self.line.roster.remove_queue(before.sid)
            return
        if before is None or before.target_workers != after.target_workers:
            missing = self.line.roster.put_queue(after)
            if missing:
                self.line.widen(missing, self.people())
                self.line.roster.put_queue(after)
            self.line.reman_queue(after.sid)
            for task_sid in self.line.waiting_in(after.sid):
                self.look_again(self.tasks[task_sid], Look.RETRY)
        if before is not None and before.task_order != after.task_order:
            for task_sid in self.line.waiting_in(after.sid):
                self._enter_line(self.tasks[task_sid])

    def _index_workflow(self, before: Workflow | None, after: Workflow | None) -> None:
        if after is None:
            assert before is not None
            del self.configurations[before.sid]
        elif before is None or before.configuration != after.configuration:
            self.configurations[after.sid] = parse_configuration(after.configuration)

    def _index_task(self, before: Task | None, after: Task | None) -> None:
        counted, counts = _open_at(before), _open_at(after)
        if counted != counts:
            self.open_tasks.subtract(counted)
            self.open_tasks.update(counts)
        self.waits.change(before, after)
        sid = (after or before).sid  # type: ignore[union-attr]
        self.deadlines.set(sid, None if after is None else after.deadline)
        if after is not None and after.assignment_status is TaskStatus.PENDING:
            self._enter_line(after)
        else:
            self.line.leave(sid)
            self.fresh.discard(sid)
            self.reasons.pop(sid, None)

    def _index_reservation(self, before: Reservation | None, after: Reservation | None) -> None:
        record = after or before
        assert record is not None
        if before is None:
            self._reservations_of.setdefault(record.task_sid, []).append(record.sid)
        elif after is None:
            of_task = self._reservations_of[record.task_sid]
            of_task.remove(record.sid)
            if not of_task:
                del self._reservations_of[record.task_sid]
        open_offer = after is not None and after.reservation_status is ReservationStatus.PENDING
        self.deadlines.set(record.sid, after.expires_at if after and open_offer else None)
        had_work = self.slots.has_work(record.worker_sid)
        self.slots.change(before, after)
        if record.worker_sid not in self.workers:
            return
        busier = had_work != self.slots.has_work(record.worker_sid)
        if (busier and self._counts_elsewhere()) or self.line.has_loaded():
            for channel_sid in self.task_channels:
                self._refresh(record.worker_sid, channel_sid)
        else:
            self._refresh(record.worker_sid, record.task_channel_sid)

    @property
    def _multi_tasking(self) -> bool:
        return self.workspace is None or self.workspace.multi_task_enabled

    def _index_transfer(self, before: Transfer | None, after: Transfer | None) -> None:
        for record, step in ((before, -1), (after, 1)):
            if record is not None and record.transfer_status is TransferStatus.INITIATED:
                self.open_tasks[record.initiating_queue_sid] += step
        if before is None and after is not None:
            self._transfers_of.setdefault(after.task_sid, []).append(after.sid)
        elif after is None and before is not None:
            of_task = self._transfers_of[before.task_sid]
            of_task.remove(before.sid)
            if not of_task:
                del self._transfers_of[before.task_sid]

    def _counts_elsewhere(self) -> bool:
        optimized = (c.channel_optimized_routing for c in self.task_channels.values())
        return not self._multi_tasking or any(optimized)

    def _enter_line(self, task: Task) -> None:
        if task.not_before_at is not None:
            return  # it rests: no worker may find it
        key = self.task_key(task)
        self.line.wait(task.sid, cell_for(self, task), key)
        if task.sid in self.fresh:
            self.fresh.set(task.sid, key)

    # --- readiness -----------------------------------------------------------------------------

    def wake(self, worker_sid: str) -> None:
        """Show the worker the waiting tasks again on every channel he is ready on."""
        for channel_sid in self.task_channels:
            if self.line.ready_key(worker_sid, channel_sid) is not None:
                self.line.set_busy(worker_sid, channel_sid)
            self._refresh(worker_sid, channel_sid)

    def settle(self, worker_sid: str, channel_sid: str) -> None:
        """The worker was shown the waiting tasks and is still ready: let tasks find him."""
        self.woken.pop((worker_sid, channel_sid), None)
        key = self._readiness(worker_sid, channel_sid)
        if key is not None:
            self.line.set_ready(worker_sid, channel_sid, key)

    def is_ready(self, worker_sid: str, channel_sid: str) -> bool:
        """Whether the worker may be offered work on this channel."""
        return self._readiness(worker_sid, channel_sid) is not None

    def _refresh(self, worker_sid: str, channel_sid: str) -> None:
        key = self._readiness(worker_sid, channel_sid)
        if key is None:
            self.woken.pop((worker_sid, channel_sid), None)
            self.line.set_busy(worker_sid, channel_sid)
        elif self.line.ready_key(worker_sid, channel_sid) is None:
            self.woken[worker_sid, channel_sid] = None
        elif self.line.has_loaded():
            self.line.set_busy(worker_sid, channel_sid)
            self.woken[worker_sid, channel_sid] = None
        else:
            self.line.set_ready(worker_sid, channel_sid, key)

    def _readiness(self, worker_sid: str, channel_sid: str) -> Key | None:
        """The worker's place among those ready on a channel: longest unoccupied first."""
        channel = self.worker_channel(worker_sid, channel_sid)
        if channel is None:
            return None
        worker = self.workers[worker_sid]
        if not self.activities[worker.activity_sid].available:
            return None
        if not self._has_room(worker_sid, channel):
            return None
        if self.task_channels[channel_sid].channel_optimized_routing:
            busy = self.slots.has_work(worker_sid)
            idle_since = channel.last_reserved_at
        else:
            busy = False
            idle_since = worker.last_reserved_at
        return (busy, idle_since or 0, worker.date_status_changed, worker_sid)

    def _has_room(self, worker_sid: str, channel: WorkerChannel) -> bool:
        """Whether the channel takes one more; in single-tasking, whether he has nothing at all."""
        if not self._multi_tasking:
            return not self.slots.has_work(worker_sid)
        used = self.slots.used[worker_sid, channel.task_channel_sid]
        return channel.available and used < channel.configured_capacity


def _open_at(task: Task | None) -> tuple[str, ...]:
    """Where the task counts as open: its workflow, queue and task channel."""
    if task is None or task.assignment_status not in OPEN_TASK:
        return ()
    return (task.workflow_sid, task.target.queue_sid, task.task_channel_sid)


def _looks(worker: Worker) -> tuple[str, str, str]:
    return (worker.attributes, worker.friendly_name, worker.activity_sid)


def _capacity(channel: WorkerChannel | None) -> int | None:
    return None if channel is None else channel.configured_capacity


def _place(worker: Worker) -> tuple[str, int, int | None]:
    return (worker.activity_sid, worker.date_status_changed, worker.last_reserved_at)
