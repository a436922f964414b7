"""The auditor is awake: each fault that is seeded into the engine here is found by the walks.

A mutant is one function of the engine, replaced for the length of one test by a faulty one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pointsman.engine import matching, moves, reservations, tasks, vanished, waiting, workers
from pointsman.engine import workflow as steps
from pointsman.engine.commands import UpdateWorker
from pointsman.engine.engine import COMMANDS, Engine
from pointsman.engine.events import EventType
from pointsman.engine.indexes.heaps import Deadlines
from pointsman.engine.indexes.line import Line
from pointsman.engine.lifecycle import move_reservation
from pointsman.engine.records import ReservationStatus, Task, replace
from pointsman.engine.state import State
from pointsman.engine.transaction import Transaction
from tests.engine.walks import walk

SEEDS = 600
Patch = pytest.MonkeyPatch


def forgets_siblings(patch: Patch) -> None:
    """An acceptance leaves the other offers of the batch open."""
    patch.setattr(reservations, "open_offers", lambda tx, task: [])


def accepts_twice(patch: Patch) -> None:
    """An acceptance also accepts one of the siblings."""
    true = reservations.settle_reservation

    def settle(tx: Transaction, reservation: Any, status: Any, task: Any = None) -> Any:
        if status is ReservationStatus.RESCINDED:
            status = ReservationStatus.ACCEPTED
        return true(tx, reservation, status, task)

    patch.setattr(reservations, "settle_reservation", settle)


def one_slot_too_many(patch: Patch) -> None:
    """Capacity is off by one."""
    true = State._readiness

    def readiness(self: State, worker_sid: str, channel_sid: str) -> Any:
        used = self.slots.used[worker_sid, channel_sid]
        self.slots.used[worker_sid, channel_sid] = used - 1
        try:
            return true(self, worker_sid, channel_sid)
        finally:
            self.slots.used[worker_sid, channel_sid] = used

    patch.setattr(State, "_readiness", readiness)


def two_tasks_in_single_tasking(patch: Patch) -> None:
    """Only the channel's capacity counts, also where a worker is to have one task at a time."""
    patch.setattr(State, "_multi_tasking", True)


def stays_reserved(patch: Patch) -> None:
    """Who is rescinded in a single-tasking workspace stays in the activity of the offer."""
    patch.setattr(reservations, "release", lambda tx, reservation, activity_sid=None: None)


def ignores_activity(patch: Patch) -> None:
    """Workers in an activity that is not available are asked, too."""
    true = State._readiness

    def readiness(self: State, worker_sid: str, channel_sid: str) -> Any:
        kept = dict(self.activities)
        self.activities.update({sid: replace(a, available=True) for sid, a in kept.items()})
        try:
            return true(self, worker_sid, channel_sid)
        finally:
            self.activities.update(kept)

    patch.setattr(State, "_readiness", readiness)


def ignores_freed_slots(patch: Patch) -> None:
    """A worker whose slot is freed is not shown what waits."""
    _let_sleep(patch, lambda before: before is not None and before.reservation_status == "accepted")


def found_worker_is_forgotten(patch: Patch) -> None:
    """A worker who was offered a task and has room for another is not shown the next one."""
    _let_sleep(patch, lambda before: before is None)


def _let_sleep(patch: Patch, when: Callable[[Any], bool]) -> None:
    """Have nobody woken by a change of a reservation that was like this before."""
    true = State._index_reservation

    def follow(self: State, before: Any, after: Any) -> None:
        woken = dict(self.woken)
        true(self, before, after)
        if when(before):
            for slot in [slot for slot in self.woken if slot not in woken]:
                self.settle(*slot)

    patch.setattr(State, "_index_reservation", follow)


def youngest_task_first(patch: Patch) -> None:
    """Tasks of a FIFO queue are taken in the wrong order."""
    true = State.task_key

    def key(self: State, task: Task) -> Any:
        group, priority, start, *rest = true(self, task)
        return (group, priority, -start, *rest)

    patch.setattr(State, "task_key", key)


def lifo_by_priority(patch: Patch) -> None:
    """Priority counts in a LIFO queue."""
    true = State.task_key

    def key(self: State, task: Task) -> Any:
        group, _, *rest = true(self, task)
        return (group, -task.priority, *rest)

    patch.setattr(State, "task_key", key)


def one_line_for_both_orders(patch: Patch) -> None:
    """FIFO and LIFO queues stand in one line, whatever the workspace prefers."""
    true = State.task_key
    patch.setattr(State, "task_key", lambda self, task: (0, *true(self, task)[1:]))


def busiest_worker_first(patch: Patch) -> None:
    """The worker who was asked last is asked again."""
    true = State._readiness

    def readiness(self: State, worker_sid: str, channel_sid: str) -> Any:
        key = true(self, worker_sid, channel_sid)
        return None if key is None else (key[0], -key[1], *key[2:])

    patch.setattr(State, "_readiness", readiness)


def order_by_upside_down(patch: Patch) -> None:
    """ASC and DESC are mixed up."""
    true = waiting.parse_order_by

    def parse(text: str) -> Any:
        return tuple(
            dataclasses.replace(clause, descending=not clause.descending) for clause in true(text)
        )

    patch.setattr(waiting, "parse_order_by", parse)


def timers_lost_on_restore(patch: Patch) -> None:
    """A restored engine has no deadlines."""
    true = Engine.restore

    def restore(self: Engine, *arguments: Any) -> None:
        true(self, *arguments)
        self.state.deadlines = Deadlines()

    patch.setattr(Engine, "restore", restore)


def workers_lost_on_restore(patch: Patch) -> None:
    """A restored engine finds no worker ready until he changes."""
    patch.setattr(State, "settle", _settle_nothing_at_first(State.settle))


def _settle_nothing_at_first(true: Callable[..., None]) -> Callable[..., None]:
    def settle(self: State, worker_sid: str, channel_sid: str) -> None:
        if self.seq == 0 and self.tasks:
            self.woken.pop((worker_sid, channel_sid), None)
        else:
            true(self, worker_sid, channel_sid)

    return settle


def event_without_change(patch: Patch) -> None:
    """A reservation's wrapping up is told and not made."""
    true = moves.settle_reservation

    def settle(tx: Transaction, reservation: Any, status: Any, task: Any = None) -> Any:
        if status is not ReservationStatus.WRAPPING:
            return true(tx, reservation, status, task)
        moved = move_reservation(reservation, status, tx.now)
        tx.tell_reservation(moves.RESERVATION_EVENTS[status], moved, task)
        return moved

    patch.setattr(moves, "settle_reservation", settle)


def change_without_event(patch: Patch) -> None:
    """A wrapped-up task is not told."""
    true = Transaction.tell_task

    def tell(self: Transaction, kind: EventType, task: Task, description: str = "") -> None:
        if kind is not EventType.TASK_WRAPUP:
            true(self, kind, task, description)

    patch.setattr(Transaction, "tell_task", tell)


def event_number_left_out(patch: Patch) -> None:
    """The numbers of events have gaps."""
    true = Transaction.tell_worker

    def tell(self: Transaction, kind: EventType, worker: Any, **more: Any) -> None:
        self.state.event_seq += kind is EventType.WORKER_ACTIVITY_UPDATE
        true(self, kind, worker, **more)

    patch.setattr(Transaction, "tell_worker", tell)


def steps_timed_from_entry(patch: Patch) -> None:
    """A step's deadline counts from when it was entered, not from the task's age."""
    true = steps._at

    def at(task: Task, *arguments: Any) -> Task:
        placed, now = true(task, *arguments), arguments[-1]
        if placed.target.timeout_s is None or placed.step_expires_at is None:
            return placed
        return replace(placed, step_expires_at=now + placed.target.timeout_s * 1000)

    patch.setattr(steps, "_at", at)


def skips_though_somebody_is_there(patch: Patch) -> None:
    """`skip_if` is asked before anybody is offered the task."""
    true = matching.Search.workers_for

    def workers_for(self: matching.Search, task: Task) -> list[str]:
        found = true(self, task)
        if found and task.target.skip_if == "1 == 1" and task.sid in self._state.fresh:
            for worker_sid in found:
                self._state.wake(worker_sid)
            return []
        return found

    patch.setattr(matching.Search, "workers_for", workers_for)


def timed_out_too_late(patch: Patch) -> None:
    """Offers stay open a second longer than they should."""
    true = State._index_reservation

    def later(self: State, before: Any, after: Any) -> None:
        true(self, before, after)
        if after is not None and after.expires_at is not None:
            self.deadlines.set(after.sid, after.expires_at + 1000)

    patch.setattr(State, "_index_reservation", later)


def never_purges(patch: Patch) -> None:
    """Tasks that are over stay in memory."""
    true = tasks.expire

    def expire(tx: Transaction, task: Task) -> None:
        if task.purge_at is None:
            true(tx, task)
        else:
            tx.put(replace(task, purge_at=task.purge_at + 1000))

    patch.setattr(tasks, "expire", expire)


def one_worker_too_many(patch: Patch) -> None:
    """A batch is larger than the queue allows."""
    true = Line.claim
    patch.setattr(Line, "claim", lambda self, cell, limit, fits: true(self, cell, limit + 1, fits))


def forgets_to_start_anew(patch: Patch) -> None:
    """New attributes of an offered task are forgotten when it falls back."""
    true = reservations.decline

    def decline(tx: Transaction, reservation: Any, status: Any, **more: Any) -> None:
        task = tx.state.tasks[reservation.task_sid]
        tx.put(replace(task, restart_workflow=False))
        true(tx, reservation, status, **more)

    patch.setattr(reservations, "decline", decline)


def rename_not_noticed(patch: Patch) -> None:
    """A worker who takes the name that a task wants is not found."""
    true = Line.move_worker

    def move(self: Line, worker: Any, activity: Any) -> bool:
        before = self.roster.class_of.get(worker.sid)
        true(self, worker, activity)
        return before is not self.roster.class_of[worker.sid]

    patch.setattr(Line, "move_worker", move)


def load_of_other_channels_forgotten(patch: Patch) -> None:
    """Who gets more capacity is shown what waits on that channel only."""
    true = State._index_worker_channel

    def follow(self: State, before: Any, after: Any) -> None:
        woken = dict(self.woken)
        true(self, before, after)
        for slot in [slot for slot in self.woken if slot not in woken]:
            if after is None or slot[1] != after.task_channel_sid:
                self.settle(*slot)

    patch.setattr(State, "_index_worker_channel", follow)


def a_refusal_leaves_traces(patch: Patch) -> None:
    """A worker is changed before it is found out that he may not be."""
    true = workers.update_worker

    def update(tx: Transaction, command: Any) -> Any:
        worker = tx.state.workers.get(command.worker_sid)
        if worker is not None:
            tx.state.workers[worker.sid] = replace(worker, date_updated=tx.now + 1)
        return true(tx, command)

    patch.setitem(COMMANDS, UpdateWorker, update)


def stays_when_he_vanished(patch: Patch) -> None:
    """What a vanished worker was offered stays with him."""
    patch.setattr(vanished, "_end_offer", lambda tx, reservation, timeout_sid: None)


def works_on_when_he_vanished(patch: Patch) -> None:
    """What a vanished worker accepted stays with him."""
    patch.setattr(vanished, "_end_work", lambda tx, reservation: None)


MUTANTS = (
    forgets_siblings,
    accepts_twice,
    one_slot_too_many,
    two_tasks_in_single_tasking,
    stays_reserved,
    ignores_activity,
    ignores_freed_slots,
    youngest_task_first,
    lifo_by_priority,
    one_line_for_both_orders,
    busiest_worker_first,
    order_by_upside_down,
    timers_lost_on_restore,
    workers_lost_on_restore,
    event_without_change,
    change_without_event,
    event_number_left_out,
    steps_timed_from_entry,
    skips_though_somebody_is_there,
    timed_out_too_late,
    never_purges,
    one_worker_too_many,
    forgets_to_start_anew,
    rename_not_noticed,
    load_of_other_channels_forgotten,
    found_worker_is_forgotten,
    a_refusal_leaves_traces,
    stays_when_he_vanished,
    works_on_when_he_vanished,
)

RARE: dict[Callable[[Patch], None], tuple[str, ...]] = {
    forgets_to_start_anew: ("update_task", "reject", "create_task") * 20,
    rename_not_noticed: ("update_worker", "create_task") * 20,
    load_of_other_channels_forgotten: ("update_worker_channel",) * 30,
    found_worker_is_forgotten: ("update_worker_channel", "create_task", "move_worker") * 15,
}
"""Faults that few walks meet: what is done more often in theirs, to save time."""


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_seeded_fault_is_found(mutate: Callable[[Patch], None], monkeypatch: Patch) -> None:
    """Walks through a faulty engine come to the fault before long."""
    mutate(monkeypatch)

    with pytest.raises(AssertionError):
        _walk_on(RARE.get(mutate, ()))


def _walk_on(often: Sequence[str]) -> None:
    for seed in range(SEEDS):
        walk(seed, often=often)
