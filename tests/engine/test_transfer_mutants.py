"""The auditor is awake to transfers: each fault that is seeded into them is found by walks full of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pointsman.engine import moves, reservations, transfers, waiting
from pointsman.engine.events import EventType
from pointsman.engine.records import KnownWorker, Target, Task, TransferStatus, replace
from pointsman.engine.transaction import Transaction
from tests.engine.walks import walk

SEEDS = 400
OFTEN = ("transfer",) * 14 + ("accept", "create_task", "move_worker") * 6
Patch = pytest.MonkeyPatch


def asks_who_has_it(patch: Patch) -> None:
    """A task that is transferred to a queue is offered to whoever still holds it, too."""
    patch.setattr(waiting, "_holds", lambda state, task_sid, worker_sid: False)


def forgets_attempts(patch: Patch) -> None:
    """The initiator is not told that a candidate declined."""
    patch.setattr(moves, "_tell_attempt", lambda tx, task: False)


def stays_though_cold(patch: Patch) -> None:
    """Who transfers cold keeps the task."""
    patch.setattr(transfers, "settle_reservation", lambda *arguments: None)


def has_no_end(patch: Patch) -> None:
    """A transfer to a queue waits without a time to live."""
    patch.setattr(Transaction, "in_s", lambda self, seconds: None)


def comes_back_to_nobody(patch: Patch) -> None:
    """The task is assigned again although nobody holds it any more."""
    back, go_on = moves.take_back, moves._go_on
    patch.setattr(
        moves,
        "take_back",
        lambda tx, task, transfer, is_held: back(tx, task, transfer, is_held=True),
    )
    patch.setattr(moves, "_go_on", lambda tx, before, back, is_held: go_on(tx, before, back, True))


def comes_back_elsewhere(patch: Patch) -> None:
    """The task stays in the queue that it was transferred to."""
    true = moves.take_back

    def take_back(tx: Transaction, task: Task, transfer: Any, *, is_held: bool) -> Task:
        stays = replace(transfer, initiating_target=Target(queue_sid=task.target.queue_sid))
        return true(tx, task, stays, is_held=is_held)

    patch.setattr(moves, "take_back", take_back)


def ends_the_work_of_others(patch: Patch) -> None:
    """Whoever completes his reservation completes the task, whoever else has it."""
    patch.setattr(reservations, "_others", lambda tx, task, reservation: (False, False))


def accepted_and_failed(patch: Patch) -> None:
    """A transfer that was accepted is told as failed."""
    true = reservations.end_transfer
    patch.setattr(
        reservations, "end_transfer", lambda tx, task, _: true(tx, task, TransferStatus.FAILED)
    )


def asks_the_absent(patch: Patch) -> None:
    """A task is transferred to a worker who is away or has no room."""

    def target(tx: Transaction, task: Task, to: str) -> Target:
        if to in tx.state.task_queues:
            return Target(queue_sid=to)
        known = KnownWorker(by="sid", literal=to)
        return Target(queue_sid=task.target.queue_sid, known_worker=known)

    patch.setattr(transfers, "_target", target)


def asked_on_after_the_end(patch: Patch) -> None:
    """The offers of a transfer that was called off stay open."""
    true = moves.call_off_transfer

    def call_off(*arguments: Any) -> None:
        patch.setattr(moves, "open_offers", lambda tx, task: [])
        true(*arguments)
        patch.undo()
        asked_on_after_the_end(patch)

    patch.setattr(transfers, "call_off_transfer", call_off)


def untold(patch: Patch) -> None:
    """A canceled transfer is not told."""
    true = Transaction.tell_task

    def tell(self: Transaction, kind: EventType, task: Task, *rest: Any, **more: Any) -> None:
        if kind is not EventType.TASK_TRANSFER_CANCELED:
            true(self, kind, task, *rest, **more)

    patch.setattr(Transaction, "tell_task", tell)


MUTANTS = (
    asks_who_has_it,
    forgets_attempts,
    stays_though_cold,
    has_no_end,
    comes_back_to_nobody,
    comes_back_elsewhere,
    ends_the_work_of_others,
    accepted_and_failed,
    asks_the_absent,
    asked_on_after_the_end,
    untold,
)


@pytest.mark.feature(186, partly=True)
@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_seeded_fault_is_found(mutate: Callable[[Patch], None], monkeypatch: Patch) -> None:
    """Walks through an engine with a faulty transfer come to the fault before long."""
    mutate(monkeypatch)

    with pytest.raises(AssertionError):
        _walk_on()


@pytest.mark.feature(186, partly=True)
def test_walks_full_of_transfers_are_lawful() -> None:
    """Long walks in which much is transferred find nothing in the engine as it is."""
    for seed in range(40):
        walk(seed, often=OFTEN)


def _walk_on() -> None:
    for seed in range(SEEDS):
        walk(seed, often=OFTEN)
