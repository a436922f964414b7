"""The engine of one workspace: command and time in; record, events and changes out.

**The caller's duty: write `changes`, `events` and `alerts` of an outcome in one transaction, then tell
anyone anything of it.** The engine is pure: no I/O, no clock, no chance. A refusal has touched nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pointsman.engine import (
    commands as c,
)
from pointsman.engine import (
    queues,
    repairs,
    reservations,
    setup,
    tasks,
    transfers,
    vanished,
    workers,
)
from pointsman.engine.errors import EngineError, NotFound
from pointsman.engine.events import Event
from pointsman.engine.indexes.heaps import LazyHeap
from pointsman.engine.names import next_minute
from pointsman.engine.records import (
    Activity,
    Actor,
    Alert,
    Limits,
    Record,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Transfer,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
    replace,
)
from pointsman.engine.routing import route
from pointsman.engine.state import State
from pointsman.engine.transaction import Transaction
from pointsman.engine.waiting import Look

TICK_LIMIT = 500
"""So many deadlines are dealt with in one tick; the rest in the next."""


class Change(NamedTuple):
    """The last version of a record that changed; `removed` when it is no longer live."""

    record: Record
    removed: bool


class Outcome(NamedTuple):
    """What a command or tick did. `seq` is the state's number after it; it rose if anything changed."""

    record: Record | None
    events: tuple[Event, ...]
    changes: tuple[Change, ...]
    alerts: tuple[Alert, ...]
    seq: int


COMMANDS: dict[type, Callable[[Transaction, Any], Record | None]] = {
    c.UpdateWorkspace: setup.update_workspace,
    c.UpdateSettings: setup.update_settings,
    c.Mend: repairs.mend,
    c.DeleteWorkspace: setup.delete_workspace,
    c.CreateActivity: setup.create_activity,
    c.UpdateActivity: setup.update_activity,
    c.DeleteActivity: setup.delete_activity,
    c.CreateTaskChannel: setup.create_task_channel,
    c.UpdateTaskChannel: setup.update_task_channel,
    c.DeleteTaskChannel: setup.delete_task_channel,
    c.CreateWorker: workers.create_worker,
    c.UpdateWorker: workers.update_worker,
    c.DeleteWorker: workers.delete_worker,
    c.UpdateWorkerChannel: workers.update_worker_channel,
    c.SetDisconnectActivity: workers.set_disconnect_activity,
    c.NoteDisconnected: workers.note_disconnected,
    c.NoteConnected: workers.note_connected,
    c.CreateTaskQueue: queues.create_task_queue,
    c.UpdateTaskQueue: queues.update_task_queue,
    c.DeleteTaskQueue: queues.delete_task_queue,
    c.CreateWorkflow: queues.create_workflow,
    c.UpdateWorkflow: queues.update_workflow,
    c.DeleteWorkflow: queues.delete_workflow,
    c.CreateTask: tasks.create_task,
    c.UpdateTask: tasks.update_task,
    c.NoteOnTask: tasks.note_on_task,
    c.DeleteTask: tasks.delete_task,
    c.AcceptReservation: reservations.accept_reservation,
    c.RejectReservation: reservations.reject_reservation,
    c.HoldReservation: reservations.hold_reservation,
    c.CancelReservation: reservations.cancel_reservation,
    c.WrapUpReservation: reservations.wrap_up_reservation,
    c.CompleteReservation: reservations.complete_reservation,
    c.InitiateTransfer: transfers.initiate_transfer,
    c.CancelTransfer: transfers.cancel_transfer,
}


class Engine:
    """All live records of one workspace and the rules that move them."""

    def __init__(self, workspace_sid: str, limits: Limits | None = None) -> None:
        self.workspace_sid = workspace_sid
        self.limits = limits or Limits()
        self.state = State()

    def __repr__(self) -> str:
        state = self.state
        return (
            f"<Engine {self.workspace_sid} seq={state.seq}: {len(state.workers)} workers, "
            f"{len(state.tasks)} tasks, {len(state.reservations)} reservations>"
        )

    def restore(self, records: Iterable[Record], seq: int, event_seq: int, now: int) -> None:
        """Take up the live records as stored, in creation order of each kind; every timer is armed anew.

        Who had a socket, or has a disconnect activity, has none yet: he gets his time to come back.
        """
        by_kind: dict[type, list[Record]] = {}
        for record in records:
            by_kind.setdefault(type(record), []).append(record)
        for kind in _LOAD_ORDER:
            for record in by_kind.get(kind, ()):
                self.state.put(self._rearmed(record, now))
        self.state.take_changes()
        for worker_sid, channel_sid in list(self.state.woken):
            self.state.settle(worker_sid, channel_sid)
        self.state.fresh, self.state.reasons = LazyHeap(), {}
        self.state.seq, self.state.event_seq = seq, event_seq
        self.state.clock_checked_at = now

    def _rearmed(self, record: Record, now: int) -> Record:
        if not isinstance(record, Worker):
            return record
        if record.disconnect_activity_sid is not None:
            due = now + self.limits.disconnect_grace_s * 1000
            record = replace(record, disconnect_due_at=due)
        workspace = self.state.workspace
        if record.is_present and workspace is not None and workspace.vanished_after_s is not None:
            record = replace(record, vanishes_at=now + workspace.vanished_after_s * 1000)
        return record

    def execute(self, command: c.Command, now: int, new_sid: Callable[[str], str]) -> Outcome:
        """Carry out one command and everything that follows at once; raises its refusal (EngineError)."""
        tx = Transaction(self.state, now, new_sid, command.actor, self.limits)
        if isinstance(command, c.CreateWorkspace):
            return self._conclude(
                tx, lambda: setup.create_workspace(tx, command, self.workspace_sid)
            )
        if self.state.workspace is None:
            raise NotFound("workspace", self.workspace_sid)
        function = COMMANDS[type(command)]
        return self._conclude(tx, lambda: function(tx, command))

    def tick(self, now: int, new_sid: Callable[[str], str]) -> Outcome:
        """Do what is due; call again while `next_deadline() <= now`."""
        actor = Actor("workspace", self.workspace_sid, "twilio")
        tx = Transaction(self.state, now, new_sid, actor, self.limits)
        return self._conclude(tx, lambda: self._expire_due(tx))

    def next_deadline(self) -> int | None:
        """When `tick` must be called, in epoch milliseconds; None when nothing is to come by itself."""
        head = self.state.deadlines.next()
        at = None if head is None else head[0]
        if self.state.line.has_timed():
            minute = next_minute(self.state.clock_checked_at)
            at = minute if at is None else min(at, minute)
        return at

    def _conclude(self, tx: Transaction, work: Callable[[], Record | None]) -> Outcome:
        event_seq = self.state.event_seq
        if not self.state.line.has_timed():
            self.state.clock_checked_at = tx.now  # nobody waited for the next minute so far
        try:
            record = work()
            route(tx)
        except BaseException as problem:
            changed = bool(tx.events)
            self.state.roll_back()
            self.state.event_seq = event_seq
            if isinstance(problem, EngineError) and changed:
                raise AssertionError("a refusal changed something") from problem
            raise
        changes = tuple(Change(record, removed) for record, removed in self.state.take_changes())
        if changes or tx.events or tx.alerts:
            self.state.seq += 1
        record = self._as_stored(record)
        return Outcome(record, tuple(tx.events), changes, tuple(tx.alerts), self.state.seq)

    def _as_stored(self, record: Record | None) -> Record | None:
        """The record's version after routing, which may have moved it on."""
        if isinstance(record, Task):
            return self.state.tasks.get(record.sid, record)
        if isinstance(record, Reservation):
            return self.state.reservations.get(record.sid, record)
        if isinstance(record, Worker):
            return self.state.workers.get(record.sid, record)
        return record

    def _expire_due(self, tx: Transaction) -> None:
        state = self.state
        if next_minute(state.clock_checked_at) <= tx.now:  # first, so that nobody overtakes them
            for task_sid in state.line.timed_tasks():
                state.look_again(state.tasks[task_sid], Look.RETRY)
            state.clock_checked_at = tx.now
            route(tx)
        for _ in range(TICK_LIMIT):
            head = state.deadlines.next()
            if head is None or head[0] > tx.now:
                break
            self._expire(tx, head[1])
            route(tx)

    def _expire(self, tx: Transaction, sid: str) -> None:
        state = self.state
        if sid in state.reservations:
            reservations.time_out(tx, state.reservations[sid])
        elif sid in state.tasks:
            tasks.expire(tx, state.tasks[sid])
        else:
            self._stays_away(tx, state.workers[sid])

    def _stays_away(self, tx: Transaction, worker: Worker) -> None:
        if worker.disconnect_due_at is not None and worker.disconnect_due_at <= tx.now:
            workers.disconnect_now(tx, worker)
        else:
            vanished.vanish(tx, worker)


_LOAD_ORDER: tuple[type, ...] = (
    Workspace,
    Activity,
    TaskChannel,
    Worker,
    WorkerChannel,
    TaskQueue,
    Workflow,
    Task,
    Reservation,
    Transfer,
)
