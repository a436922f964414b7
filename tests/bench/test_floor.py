"""The shop floor that matching is measured on does what its cycle says."""

from __future__ import annotations

import random

from bench.floor import Shape, ShopFloor
from pointsman.engine.records import ReservationStatus, TaskStatus

SHAPE = Shape(workers=12, queues=4, profiles=3, eligible=2)


def a_floor(backlog: int) -> ShopFloor:
    floor = ShopFloor(SHAPE, random.Random(1))
    floor.fill(backlog)
    return floor


def statuses(floor: ShopFloor) -> list[TaskStatus]:
    return [task.assignment_status for task in floor.state.tasks.values()]


def test_a_backlog_waits_for_workers_who_are_all_busy() -> None:
    """A floor with a backlog has so many waiting tasks, and nobody is offered two at a time."""
    floor = a_floor(30)

    found = statuses(floor)
    assert found.count(TaskStatus.PENDING) == floor.waiting == 30
    assert found.count(TaskStatus.RESERVED) == 0
    accepted = [
        reservation.worker_sid
        for reservation in floor.state.reservations.values()
        if reservation.reservation_status is ReservationStatus.ACCEPTED
    ]
    assert len(accepted) == len(set(accepted)) == found.count(TaskStatus.ASSIGNED)


def test_without_a_backlog_half_of_all_workers_are_idle() -> None:
    """A floor without a backlog has a task for every second worker."""
    assert statuses(a_floor(0)).count(TaskStatus.ASSIGNED) >= SHAPE.workers // 2


def test_a_cycle_completes_one_task_and_brings_one() -> None:
    """After each cycle one more task is completed, and as many are open as before."""
    floor = a_floor(10)

    for number in range(1, 21):
        floor.cycle()
        found = statuses(floor)
        assert found.count(TaskStatus.COMPLETED) == number
        assert len(found) - number == len(statuses(a_floor(10)))
        assert found.count(TaskStatus.PENDING) == floor.waiting


def test_a_burden_stays_in_front_and_is_offered_to_nobody() -> None:
    """Tasks of the highest priority that nobody can take wait while all others are worked on."""
    floor = a_floor(10)
    floor.burden(50)

    for _ in range(20):
        floor.cycle()

    burden = [task for task in floor.state.tasks.values() if task.priority == 100]
    assert {task.assignment_status for task in burden} == {TaskStatus.PENDING}
    assert len({task.target.queue_sid for task in burden}) == SHAPE.queues + 1
    assert statuses(floor).count(TaskStatus.COMPLETED) == 20
