"""A small workspace for unit tests: one queue, one workflow, and whoever a test asks for."""

from __future__ import annotations

import json
from typing import Any

from pointsman.engine import commands as c
from pointsman.engine.records import Limits, Reservation, Task, TaskQueue, Worker, Workflow
from tests.engine.world import ACTOR, LIMITS, World


class SmallWorld(World):
    """A world with the queue `everybody` and the workflow `support` that leads there."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        super().__init__(limits)
        self.queue = self.made(c.CreateTaskQueue(actor=ACTOR, friendly_name="everybody"), TaskQueue)
        self.workflow = self.made(
            c.CreateWorkflow(
                actor=ACTOR, friendly_name="support", configuration=to_queue(self.queue.sid)
            ),
            Workflow,
        )

    def made(self, command: c.Command, kind: type[Any]) -> Any:
        """What the command made."""
        record = self.ask(command)
        assert isinstance(record, kind)
        return record

    def activity(self, name: str) -> str:
        """The SID of a seeded activity."""
        return next(a.sid for a in self.all("activities") if a.friendly_name == name)

    def a_worker(self, name: str = "alice", activity: str = "Available") -> Worker:
        """A new worker."""
        command = c.CreateWorker(
            actor=ACTOR, friendly_name=name, activity_sid=self.activity(activity)
        )
        worker: Worker = self.made(command, Worker)
        return worker

    def a_task(self, **fields: Any) -> Task:
        """A new task."""
        task: Task = self.made(c.CreateTask(actor=ACTOR, **fields), Task)
        return task

    def an_offer(self) -> Reservation:
        """The newest reservation."""
        found: Reservation = self.all("reservations")[-1]
        return found


def to_queue(queue_sid: str) -> str:
    """A configuration whose default filter leads to the queue."""
    return json.dumps({"task_routing": {"default_filter": {"queue": queue_sid}}})
