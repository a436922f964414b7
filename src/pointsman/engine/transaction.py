"""What a command function holds: the state, the time, a source of SIDs, and where it tells what happened.

Rule: check, then change. A function raises its refusal before its first `put`; whatever is raised later
is our own mistake and is rolled back whole. Events hold the records as they are when `tell` is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pointsman.engine.errors import NotFound
from pointsman.engine.events import Event, EventType
from pointsman.engine.records import (
    LIVE_RESERVATION,
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
)
from pointsman.engine.state import State


class Transaction:
    """One command, or one tick, on one state."""

    def __init__(
        self,
        state: State,
        now: int,
        new_sid: Callable[[str], str],
        actor: Actor,
        limits: Limits,
    ) -> None:
        self.state = state
        self.now = now
        self.new_sid = new_sid
        self.actor = actor
        self.limits = limits
        self.events: list[Event] = []
        self.alerts: list[Alert] = []
        self._let_go: dict[str, list[str]] = {}
        """Tasks whose reservations ended in this transaction, and whose they were."""

    @property
    def workspace(self) -> Workspace:
        """The workspace; its absence is a refusal, as after its deletion."""
        if self.state.workspace is None:
            raise NotFound("workspace", "")
        return self.state.workspace

    def in_s(self, seconds: int | None) -> int | None:
        """The moment so many seconds from now; None when there is no limit."""
        return None if seconds is None else self.now + seconds * 1000

    def put(self, record: Record) -> None:
        """Store a record's next version."""
        self.state.put(record)

    def remove(self, record: Record) -> None:
        """Take a record out of the live state."""
        self.state.remove(record)

    # --- telling -------------------------------------------------------------------------------

    def tell_task(
        self,
        kind: EventType,
        task: Task,
        description: str = "",
        *,
        transfer: Transfer | None = None,
    ) -> None:
        """An event about a task, with its queue, workflow and channel, and the transfer it is about.

        The task is also the resource of what happens to it in a workflow or queue (`workflow.entered`,
        `task-queue.moved` …), so that everything about one task has one order.
        """
        state = self.state
        queue = state.task_queues.get(task.target.queue_sid)
        workflow = state.workflows.get(task.workflow_sid)
        self._tell(
            kind,
            "task",
            task.sid,
            description or _described(kind, task, queue, workflow),
            task=task,
            queue=queue,
            workflow=workflow,
            task_channel=state.task_channels.get(task.task_channel_sid),
            transfer=transfer,
            holders=self._holders(task.sid) if kind in _TOLD_TO_HOLDERS else (),
        )

    def tell_reservation(
        self, kind: EventType, reservation: Reservation, task: Task, description: str = ""
    ) -> None:
        """An event about a reservation, with its task, worker, queue and workflow."""
        state = self.state
        worker = state.workers.get(reservation.worker_sid)
        channel_sid = reservation.task_channel_sid
        if reservation.reservation_status not in LIVE_RESERVATION:
            self._let_go.setdefault(task.sid, []).append(reservation.worker_sid)
        self._tell(
            kind,
            "reservation",
            reservation.sid,
            description or f"Reservation {reservation.sid} {_WORDS[kind]}",
            task=task,
            reservation=reservation,
            worker=worker,
            activity=None if worker is None else state.activities[worker.activity_sid],
            queue=state.task_queues.get(reservation.queue_sid),
            workflow=state.workflows.get(reservation.workflow_sid),
            task_channel=state.task_channels.get(channel_sid),
            worker_channel=state.worker_channel(reservation.worker_sid, channel_sid),
            used_slots=state.used_slots(reservation.worker_sid, channel_sid),
            accepted_tasks=state.accepted_tasks(reservation.worker_sid, channel_sid),
            transfer=state.transfers.get(reservation.transfer_sid or ""),
            outgoing_transfer=state.outgoing_transfer(reservation),
        )

    def tell_unmade_reservation(self, task: Task, description: str) -> None:
        """reservation.failed: the SID is of a reservation that was wanted and is no record."""
        self._tell(
            EventType.RESERVATION_FAILED,
            "reservation",
            self.new_sid("WR"),
            description,
            task=task,
            queue=self.state.task_queues.get(task.target.queue_sid),
            workflow=self.state.workflows.get(task.workflow_sid),
            task_channel=self.state.task_channels.get(task.task_channel_sid),
        )

    def tell_worker(self, kind: EventType, worker: Worker, **more: Any) -> None:
        """An event about a worker; `more` are further fields of `Event`."""
        activity = self.state.activities[worker.activity_sid]
        self._tell(
            kind,
            "worker",
            worker.sid,
            more.pop("description", f"Worker {worker.friendly_name} {_WORDS[kind]}"),
            worker=worker,
            activity=activity,
            **more,
        )

    def tell_worker_channel(self, kind: EventType, channel: WorkerChannel, previous: int) -> None:
        """worker.capacity.update or worker.channel.availability.update."""
        worker = self.state.workers[channel.worker_sid]
        task_channel = self.state.task_channels[channel.task_channel_sid]
        self.tell_worker(
            kind,
            worker,
            description=f"Worker {worker.friendly_name} channel {task_channel.unique_name} updated",
            worker_channel=channel,
            task_channel=task_channel,
            previous_capacity=previous,
            used_slots=self.state.used_slots(worker.sid, task_channel.sid),
            accepted_tasks=self.state.accepted_tasks(worker.sid, task_channel.sid),
        )

    def tell_record(
        self, kind: EventType, record: Workspace | Activity | TaskChannel | TaskQueue | Workflow
    ) -> None:
        """An event about a part of the workspace's set-up, which is its own subject."""
        resource_type, field = _SUBJECTS[type(record)]
        description = f"{_NOUNS[field]} {record.friendly_name} {_WORDS[kind]}"
        fields: dict[str, Any] = {} if field == "workspace" else {field: record}
        self._tell(kind, resource_type, record.sid, description, **fields)

    def alert(self, code: int, level: str, message: str, resource_sid: str) -> None:
        """A message for the developer, stored with the change (docs/operating.md)."""
        sid = self.new_sid("NO")
        self.alerts.append(Alert(sid, code, level, message, self.now, resource_sid))

    def _holders(self, task_sid: str) -> tuple[str, ...]:
        reservations = self.state.reservations_of_task(task_sid)
        live = [r.worker_sid for r in reservations if r.reservation_status in LIVE_RESERVATION]
        return tuple(dict.fromkeys([*live, *self._let_go.get(task_sid, ())]))

    def _tell(
        self,
        kind: EventType,
        resource_type: str,
        resource_sid: str,
        description: str,
        **fields: Any,
    ) -> None:
        self.state.event_seq += 1
        self.events.append(
            Event(
                sid=self.new_sid("EV"),
                seq=self.state.event_seq,
                type=kind,
                at=self.now,
                actor=self.actor,
                description=description,
                resource_type=resource_type,
                resource_sid=resource_sid,
                workspace=self.workspace,
                **fields,
            )
        )


_TOLD_TO_HOLDERS = frozenset(
    {
        EventType.TASK_UPDATED,
        EventType.TASK_CANCELED,
        EventType.TASK_WRAPUP,
        EventType.TASK_COMPLETED,
    }
)

_SUBJECTS: dict[type, tuple[str, str]] = {
    Workspace: ("workspace", "workspace"),
    Activity: ("activity", "activity"),
    TaskChannel: ("task-channel", "task_channel"),
    TaskQueue: ("task-queue", "queue"),
    Workflow: ("workflow", "workflow"),
}

_NOUNS = {
    "workspace": "Workspace",
    "activity": "Activity",
    "task_channel": "TaskChannel",
    "queue": "TaskQueue",
    "workflow": "Workflow",
}


_WORDS = {kind: kind.value.rsplit(".", 1)[1] for kind in EventType}
"""The last word of each event type, for its description."""
_IN_QUEUE = frozenset(kind for kind in EventType if kind.value.startswith("task-queue."))
_IN_WORKFLOW = frozenset(kind for kind in EventType if kind.value.startswith("workflow."))


def _described(
    kind: EventType, task: Task, queue: TaskQueue | None, workflow: Workflow | None
) -> str:
    place: TaskQueue | Workflow | None = None
    if kind in _IN_QUEUE:
        place = queue
    elif kind in _IN_WORKFLOW:
        place = workflow
    where = "" if place is None else f" {place.friendly_name}"
    return f"Task {task.sid} {_WORDS[kind]}{where}"
