"""Command functions on workers and their channels."""

from __future__ import annotations

from pointsman.engine import checks
from pointsman.engine.commands import (
    CreateWorker,
    DeleteWorker,
    NoteConnected,
    NoteDisconnected,
    SetDisconnectActivity,
    UpdateWorker,
    UpdateWorkerChannel,
    given,
)
from pointsman.engine.errors import InUse, Invalid, LimitReached, NotFound
from pointsman.engine.events import EventType
from pointsman.engine.moves import check_version, decline, release, set_activity
from pointsman.engine.records import (
    ReservationStatus,
    TaskChannel,
    Worker,
    WorkerChannel,
    replace,
)
from pointsman.engine.transaction import Transaction


def create_worker(tx: Transaction, command: CreateWorker) -> Worker:
    """A new worker in the default activity (or the one given), with a channel per task channel."""
    _check_name(tx, command.friendly_name, None)
    checks.attributes(tx, command.attributes)
    activity_sid = given(command.activity_sid, tx.workspace.default_activity_sid)
    checks.activity(tx, "ActivitySid", activity_sid)
    if len(tx.state.workers) >= tx.limits.workers:
        raise LimitReached(f"A workspace may hold at most {tx.limits.workers} workers")
    worker = Worker(
        sid=tx.new_sid("WK"),
        friendly_name=command.friendly_name,
        attributes=command.attributes,
        activity_sid=activity_sid,
        date_created=tx.now,
        date_updated=tx.now,
        date_status_changed=tx.now,
    )
    tx.put(worker)
    for channel in tx.state.task_channels.values():
        add_worker_channel(tx, worker.sid, channel)
    tx.tell_worker(EventType.WORKER_CREATED, worker)
    return worker


def add_worker_channel(tx: Transaction, worker_sid: str, channel: TaskChannel) -> None:
    """Give the worker his channel for a task channel: capacity 1, available."""
    tx.put(
        WorkerChannel(
            sid=tx.new_sid("WC"),
            worker_sid=worker_sid,
            task_channel_sid=channel.sid,
            configured_capacity=1,
            available=True,
            date_created=tx.now,
            date_updated=tx.now,
        )
    )


def update_worker(tx: Transaction, command: UpdateWorker) -> Worker:
    """The changed worker; what he was offered and works on stays, unless pending offers are to be rejected."""
    before = _worker(tx, command.worker_sid)
    check_version(before, command.if_match)
    name = given(command.friendly_name, before.friendly_name)
    _check_name(tx, name, before.sid)
    text = checks.attributes(tx, given(command.attributes, before.attributes))
    activity_sid = given(command.activity_sid, before.activity_sid)
    checks.activity(tx, "ActivitySid", activity_sid)
    if command.reject_pending_reservations and tx.state.activities[activity_sid].available:
        raise Invalid(
            "RejectPendingReservations",
            "RejectPendingReservations needs an activity that is not available",
        )
    worker = before
    if (name, text) != (before.friendly_name, before.attributes):
        worker = replace(
            before,
            friendly_name=name,
            attributes=text,
            date_updated=tx.now,
            version=before.version + 1,
        )
        tx.put(worker)
        tx.tell_worker(EventType.WORKER_ATTRIBUTES_UPDATE, worker)
    worker = set_activity(tx, worker, activity_sid)
    if command.reject_pending_reservations:
        _reject_pending(tx, worker)
    return tx.state.workers[worker.sid]


# Differs from Twilio (DELETE /v1/Workspaces/*/Workers/*): a worker who holds a live reservation is
# not deleted.
def delete_worker(tx: Transaction, command: DeleteWorker) -> None:
    """Remove a worker; refused while he holds a live reservation."""
    worker = _worker(tx, command.worker_sid)
    check_version(worker, command.if_match)
    if tx.state.live_reservations_of_worker(worker.sid):
        raise InUse(f"Worker {worker.sid} holds reservations that are not over")
    for channel in tx.state.worker_channels_of(worker.sid):
        tx.remove(channel)
    tx.tell_worker(EventType.WORKER_DELETED, worker)
    tx.remove(worker)


def update_worker_channel(tx: Transaction, command: UpdateWorkerChannel) -> WorkerChannel:
    """The changed worker channel; less capacity takes no work away."""
    before = _worker_channel(tx, _worker(tx, command.worker_sid), command.worker_channel)
    capacity = checks.whole_number(
        "Capacity",
        given(command.capacity, before.configured_capacity),
        0,
        tx.limits.worker_channel_capacity,
    )
    after = replace(
        before,
        configured_capacity=capacity,
        available=given(command.available, before.available),
        date_updated=tx.now,
    )
    tx.put(after)
    if after.configured_capacity != before.configured_capacity:
        _tell_channel(tx, EventType.WORKER_CAPACITY_UPDATE, after, before)
    if after.available != before.available:
        _tell_channel(tx, EventType.WORKER_CHANNEL_AVAILABILITY_UPDATE, after, before)
    return after


def _tell_channel(
    tx: Transaction, kind: EventType, after: WorkerChannel, before: WorkerChannel
) -> None:
    """Each of these events is one version of the worker (docs/compatibility.md)."""
    worker = tx.state.workers[after.worker_sid]
    tx.put(replace(worker, version=worker.version + 1, date_updated=tx.now))
    tx.tell_worker_channel(kind, after, before.configured_capacity)


# --- what happens to his sockets ---------------------------------------------------------------


def set_disconnect_activity(tx: Transaction, command: SetDisconnectActivity) -> Worker:
    """Remember where the worker goes when his last socket drops; no event and no version."""
    worker = _worker(tx, command.worker_sid)
    sid = checks.optional_activity(tx, "disconnectActivitySid", command.activity_sid)
    return _changed(tx, worker, replace(_here(tx, worker), disconnect_activity_sid=sid))


def note_disconnected(tx: Transaction, command: NoteDisconnected) -> Worker:
    """The worker's last socket is gone: what follows from that is due when he stays away."""
    worker = gone = _worker(tx, command.worker_sid)
    if gone.disconnect_activity_sid is not None and gone.disconnect_due_at is None:
        gone = replace(gone, disconnect_due_at=tx.in_s(tx.limits.disconnect_grace_s))
    if gone.vanishes_at is None:
        vanishes_at = tx.in_s(tx.workspace.vanished_after_s)
        gone = replace(gone, is_present=False, vanishes_at=vanishes_at)
    return _changed(tx, worker, gone)


def note_connected(tx: Transaction, command: NoteConnected) -> Worker:
    """The worker is back: nothing is due any more."""
    worker = _worker(tx, command.worker_sid)
    return _changed(tx, worker, _here(tx, worker))


def _here(tx: Transaction, worker: Worker) -> Worker:
    """The worker with a socket: nothing is due."""
    known = tx.workspace.vanished_after_s is not None
    return replace(worker, is_present=known, disconnect_due_at=None, vanishes_at=None)


def _changed(tx: Transaction, before: Worker, after: Worker) -> Worker:
    if after == before:
        return before
    tx.put(after)
    return after


def disconnect_now(tx: Transaction, worker: Worker) -> None:
    """The grace period is over: the worker goes to his disconnect activity."""
    activity_sid = worker.disconnect_activity_sid
    worker = replace(worker, disconnect_activity_sid=None, disconnect_due_at=None)
    tx.put(worker)
    if activity_sid is not None and activity_sid in tx.state.activities:
        set_activity(tx, worker, activity_sid)


def _reject_pending(tx: Transaction, worker: Worker) -> None:
    for reservation in tx.state.live_reservations_of_worker(worker.sid):
        if reservation.reservation_status is ReservationStatus.PENDING:
            decline(tx, reservation, ReservationStatus.REJECTED)
            release(tx, reservation)


def _worker(tx: Transaction, sid: str) -> Worker:
    worker = tx.state.workers.get(sid)
    if worker is None:
        raise NotFound("worker", sid)
    return worker


def _worker_channel(tx: Transaction, worker: Worker, key: str) -> WorkerChannel:
    task_channel = tx.state.task_channel(key)
    if task_channel is None:
        channel = tx.state.worker_channels.get(key)
    else:
        channel = tx.state.worker_channel(worker.sid, task_channel.sid)
    if channel is None or channel.worker_sid != worker.sid:
        raise NotFound("worker channel", key)
    return channel


def _check_name(tx: Transaction, name: str, own_sid: str | None) -> None:
    checks.friendly_name(tx, name)
    other = tx.state.worker_named(name)
    if other is not None and other.sid != own_sid:
        raise Invalid("FriendlyName", "Worker with the same friendly name already exists")
