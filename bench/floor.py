"""One shop floor in memory: an engine with queues, workers and a backlog, and what is done on it.

Every queue asks for one skill; a worker has as many skills as he is to be eligible for queues, and
workers of the same profile have the same ones. Nothing here reads a clock.
"""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass

from pointsman.engine import commands as c
from pointsman.engine.engine import Engine, Outcome
from pointsman.engine.events import EventType
from pointsman.engine.records import Actor, Limits, Reservation
from pointsman.engine.state import State

ACTOR = Actor("account", "AC" + "0" * 32, "api")
NOW = 1_800_000_000_000
LIMITS = Limits(workers=10**7, task_queues=10**6)
ATTRIBUTES = json.dumps({"caller": "+15550100", "language": "en", "topic": "billing", "level": 2})


@dataclass(frozen=True)
class Shape:
    """How large a floor is; `eligible` is the number of queues that each worker may serve."""

    workers: int
    queues: int
    profiles: int = 200
    eligible: int = 50


class ShopFloor:
    """A workspace with one task channel, where every worker takes one task at a time."""

    def __init__(self, shape: Shape, chance: random.Random) -> None:
        self.shape = shape
        self.waiting = 0
        """Tasks that somebody on this floor may take and nobody has."""
        self._chance = chance
        self._numbers = itertools.count(1)
        self._engine = Engine("WS" + "0" * 32, LIMITS)
        self._assigned: list[str] = []
        self._open()
        self._workflows = [self._line(number) for number in range(shape.queues)]
        self._hire()

    @property
    def state(self) -> State:
        """All records as they are now."""
        return self._engine.state

    def fill(self, backlog: int) -> None:
        """Bring tasks until `backlog` of them wait; without one, until half of all have a task."""
        while self.waiting < backlog or len(self._assigned) < self.shape.workers // 2:
            self.create()

    def burden(self, tasks: int) -> None:
        """Ahead of all others, tasks that nobody can take: in a queue without workers, and in the
        queues of all, for a skill that nobody has.
        """
        nobody = self._queue("nobody", 'skills HAS "none"')
        routes = [self._workflow("nobody", {"queue": nobody})]
        filters = [
            {"queue": queue, "expression": 'worker.rank == "none"'}
            for queue in self.state.task_queues
            if queue != nobody
        ]
        routes += [self._workflow(f"unfit {n}", target) for n, target in enumerate(filters)]
        for number in range(tasks):
            route = routes[0] if number % 2 else routes[1 + number // 2 % len(filters)]
            outcome = self._create(route, priority=100)
            assert not _offers(outcome), "somebody was found for what nobody can do"

    def cycle(self) -> None:
        """One task is completed, its worker gets the next one if any waits, a new task comes."""
        self.finish()
        self.create()

    def finish(self) -> None:
        """A worker completes his task, and accepts the next if one waits for him."""
        place = self._chance.randrange(len(self._assigned))
        self._assigned[place], done = self._assigned[-1], self._assigned[place]
        self._assigned.pop()
        command = c.UpdateTask(actor=ACTOR, task_sid=done, assignment_status="completed")
        offers = _offers(self._do(command))
        self.waiting -= len(offers)
        self._accept(offers)

    def create(self) -> None:
        """A task comes for a random queue; whoever is offered it accepts."""
        offers = _offers(self._create(self._chance.choice(self._workflows)))
        self.waiting += 1 - len(offers)
        self._accept(offers)

    # --- setting up --------------------------------------------------------------------------------

    def _open(self) -> None:
        self._do(c.CreateWorkspace(actor=ACTOR, account_sid=ACTOR.sid, friendly_name="floor"))
        for channel in list(self.state.task_channels.values()):
            if channel.unique_name != "default":
                self._do(c.DeleteTaskChannel(actor=ACTOR, task_channel=channel.sid))

    def _line(self, number: int) -> str:
        """A queue and a workflow that leads there."""
        queue = self._queue(f"queue {number}", f'skills HAS "s{number}"')
        return self._workflow(f"workflow {number}", {"queue": queue})

    def _queue(self, name: str, target_workers: str) -> str:
        made = self._do(
            c.CreateTaskQueue(actor=ACTOR, friendly_name=name, target_workers=target_workers)
        )
        return _sid(made)

    def _workflow(self, name: str, target: dict[str, str]) -> str:
        rule = {"filter_friendly_name": "all", "expression": "1==1", "targets": [target]}
        configuration = json.dumps({"task_routing": {"filters": [rule]}})
        made = self._do(
            c.CreateWorkflow(actor=ACTOR, friendly_name=name, configuration=configuration)
        )
        return _sid(made)

    def _hire(self) -> None:
        shape = self.shape
        activities = self.state.activities.values()
        available = next(activity.sid for activity in activities if activity.available)
        skills = [f"s{number}" for number in range(shape.queues)]
        eligible = min(shape.eligible, shape.queues)
        profiles = [
            json.dumps({"rank": "junior", "skills": self._chance.sample(skills, eligible)})
            for _ in range(shape.profiles)
        ]
        for number in range(shape.workers):
            command = c.CreateWorker(
                actor=ACTOR,
                friendly_name=f"worker {number}",
                attributes=profiles[number % shape.profiles],
                activity_sid=available,
            )
            self._do(command)

    # --- doing -------------------------------------------------------------------------------------

    def _create(self, workflow_sid: str, priority: int = 0) -> Outcome:
        command = c.CreateTask(
            actor=ACTOR, workflow_sid=workflow_sid, priority=priority, attributes=ATTRIBUTES
        )
        return self._do(command)

    def _accept(self, offers: list[Reservation]) -> None:
        for offer in offers:
            self._do(c.AcceptReservation(actor=ACTOR, reservation_sid=offer.sid))
            self._assigned.append(offer.task_sid)

    def _do(self, command: c.Command) -> Outcome:
        return self._engine.execute(command, NOW, self._new_sid)

    def _new_sid(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):032x}"


def _offers(outcome: Outcome) -> list[Reservation]:
    made = (e for e in outcome.events if e.type is EventType.RESERVATION_CREATED)
    return [event.reservation for event in made if event.reservation is not None]


def _sid(outcome: Outcome) -> str:
    assert outcome.record is not None
    return outcome.record.sid
