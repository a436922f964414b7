"""Commands on task queues and workflows: fields, limits and what is in use."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.engine import commands as c
from pointsman.engine.errors import InUse, Invalid, LimitReached, NotFound
from pointsman.engine.records import Limits, TaskQueue, Workflow
from tests.engine.small_world import SmallWorld, to_queue
from tests.engine.world import ACTOR


@pytest.mark.feature(57, 58)
@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"friendly_name": ""}, "FriendlyName"),
        ({"max_reserved_workers": 0}, "MaxReservedWorkers"),
        ({"max_reserved_workers": 51}, "MaxReservedWorkers"),
        ({"task_order": "fifo"}, "TaskOrder"),
        ({"target_workers": "skill-level > 3"}, "TargetWorkers"),
        ({"reservation_activity_sid": "WA9"}, "ReservationActivitySid"),
        ({"assignment_activity_sid": "WA9"}, "AssignmentActivitySid"),
    ],
)
def test_fields_of_a_queue_are_checked(fields: dict[str, Any], parameter: str) -> None:
    """What is wrong is refused with its parameter, at creation and at update."""
    world = SmallWorld()
    creation = {"friendly_name": "queue", **fields}
    refusals = (
        world.refusal(c.CreateTaskQueue(actor=ACTOR, **creation)),
        world.refusal(c.UpdateTaskQueue(actor=ACTOR, task_queue_sid=world.queue.sid, **fields)),
    )

    assert all(isinstance(refusal, Invalid) for refusal in refusals)
    assert [getattr(refusal, "parameter", "") for refusal in refusals] == [parameter] * 2


@pytest.mark.feature(57)
def test_a_queue_holds_everybody_by_default() -> None:
    """Without an expression a queue matches everybody, with an empty one nobody."""
    world = SmallWorld()

    assert world.queue.target_workers == "1==1"
    changed = world.ask(
        c.UpdateTaskQueue(actor=ACTOR, task_queue_sid=world.queue.sid, target_workers="")
    )
    world.a_worker()
    assert isinstance(changed, TaskQueue) and changed.target_workers == ""
    assert world.a_task().assignment_status == "pending"


def test_a_workspace_has_so_many_queues() -> None:
    """One queue more than the limit is refused."""
    world = SmallWorld(Limits(task_queues=1))

    refusal = world.refusal(c.CreateTaskQueue(actor=ACTOR, friendly_name="more"))

    assert isinstance(refusal, LimitReached)


def test_a_used_queue_stays() -> None:
    """A queue that a workflow names or in which a task waits cannot be deleted."""
    world = SmallWorld()
    other = world.made(c.CreateTaskQueue(actor=ACTOR, friendly_name="other"), TaskQueue)
    delete = c.DeleteTaskQueue(actor=ACTOR, task_queue_sid=world.queue.sid)
    assert "is used by the workflow" in world.refusal(delete).message
    task = world.a_task()
    world.ask(
        c.UpdateWorkflow(
            actor=ACTOR, workflow_sid=world.workflow.sid, configuration=to_queue(other.sid)
        )
    )
    assert "holds tasks that are not over" in world.refusal(delete).message
    world.ask(c.DeleteTask(actor=ACTOR, task_sid=task.sid))
    world.ask(delete)

    assert isinstance(world.refusal(delete), NotFound)


@pytest.mark.feature(126)
def test_a_task_whose_queue_is_gone_can_move_on() -> None:
    """A queue that nobody needs goes, also when an ended task was in it."""
    world = SmallWorld()
    task = world.a_task(timeout_s=5)
    world.wait(5_000)
    world.ask(c.DeleteWorkflow(actor=ACTOR, workflow_sid=world.workflow.sid))
    world.ask(c.DeleteTaskQueue(actor=ACTOR, task_queue_sid=world.queue.sid))
    world.ask(c.DeleteTask(actor=ACTOR, task_sid=task.sid))

    assert world.all("tasks") == world.all("task_queues") == []


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"friendly_name": "x" * 65}, "FriendlyName"),
        ({"task_reservation_timeout_s": 0}, "TaskReservationTimeout"),
        ({"task_reservation_timeout_s": 86_401}, "TaskReservationTimeout"),
        ({"assignment_callback_url": "example.org"}, "AssignmentCallbackUrl"),
        ({"fallback_assignment_callback_url": "mailto:a@b"}, "FallbackAssignmentCallbackUrl"),
        ({"configuration": "{}"}, "Configuration"),
        ({"configuration": to_queue("WQ9")}, "Configuration"),
        ({"configuration": " " * 1_038_577}, "Configuration"),
    ],
)
def test_fields_of_a_workflow_are_checked(fields: dict[str, Any], parameter: str) -> None:
    """What is wrong is refused with its parameter, at creation and at update."""
    world = SmallWorld()
    creation = {"friendly_name": "w", "configuration": to_queue(world.queue.sid), **fields}
    refusals = (
        world.refusal(c.CreateWorkflow(actor=ACTOR, **creation)),
        world.refusal(c.UpdateWorkflow(actor=ACTOR, workflow_sid=world.workflow.sid, **fields)),
    )

    assert [getattr(refusal, "parameter", "") for refusal in refusals] == [parameter] * 2


def test_the_configuration_is_kept_as_it_was_sent() -> None:
    """The text of a configuration is not touched, and fields not mentioned stay."""
    world = SmallWorld()
    text = to_queue(world.queue.sid).replace(":", " :  ")
    changed = world.ask(
        c.UpdateWorkflow(actor=ACTOR, workflow_sid=world.workflow.sid, configuration=text)
    )

    assert isinstance(changed, Workflow)
    assert (changed.configuration, changed.friendly_name) == (text, "support")
    renamed = world.ask(
        c.UpdateWorkflow(actor=ACTOR, workflow_sid=world.workflow.sid, friendly_name="help")
    )
    assert isinstance(renamed, Workflow)
    assert (renamed.configuration, renamed.friendly_name) == (text, "help")


def test_a_used_workflow_stays() -> None:
    """A workflow with an open task cannot be deleted; one that is not there is not found."""
    world = SmallWorld()
    world.a_task()
    delete = c.DeleteWorkflow(actor=ACTOR, workflow_sid=world.workflow.sid)

    assert isinstance(world.refusal(delete), InUse)
    gone = c.UpdateWorkflow(actor=ACTOR, workflow_sid="WW9")
    assert isinstance(world.refusal(gone), NotFound)
