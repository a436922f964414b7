"""Commands on tasks: fields and refusals. Their life is told in `tests/scenarios`."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.engine import commands as c
from pointsman.engine.errors import Invalid, NotFound
from pointsman.engine.records import Task
from tests.engine.small_world import SmallWorld, to_queue
from tests.engine.world import ACTOR, START


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"attributes": "[]"}, "Attributes"),
        ({"attributes": '{"a":1'}, "Attributes"),
        ({"attributes": '{"a":' + "[" * 4_000}, "Attributes"),
        ({"priority": -1}, "Priority"),
        ({"priority": 2**31}, "Priority"),
        ({"task_channel": "fax"}, "TaskChannel"),
        ({"virtual_start_at": START + 1}, "VirtualStartTime"),
        ({"virtual_start_at": -2_208_988_800_001}, "VirtualStartTime"),
    ],
)
def test_fields_of_a_task_are_checked(fields: dict[str, Any], parameter: str) -> None:
    """What is wrong is refused with its parameter, at creation and at update."""
    world = SmallWorld()
    task = world.a_task()
    refusals = (
        world.refusal(c.CreateTask(actor=ACTOR, **fields)),
        world.refusal(c.UpdateTask(actor=ACTOR, task_sid=task.sid, **fields)),
    )

    assert [getattr(refusal, "parameter", "") for refusal in refusals] == [parameter] * 2


@pytest.mark.parametrize("timeout_s", [0, 1_209_601])
def test_the_time_to_live_is_bounded(timeout_s: int) -> None:
    """A task lives for one second at least and two weeks at most."""
    refusal = SmallWorld().refusal(c.CreateTask(actor=ACTOR, timeout_s=timeout_s))

    assert isinstance(refusal, Invalid) and refusal.parameter == "Timeout"


def test_the_only_workflow_need_not_be_named() -> None:
    """With two workflows a task must say which; one that does not exist is refused."""
    world = SmallWorld()
    assert world.a_task().workflow_sid == world.workflow.sid
    world.ask(
        c.CreateWorkflow(
            actor=ACTOR, friendly_name="other", configuration=to_queue(world.queue.sid)
        )
    )

    assert world.refusal(c.CreateTask(actor=ACTOR)).message == "WorkflowSid field is required"
    unknown = world.refusal(c.CreateTask(actor=ACTOR, workflow_sid="WW9"))
    assert unknown.message == "WorkflowSid WW9 is not a workflow of this workspace"


def test_a_channel_changes_while_the_task_waits() -> None:
    """A waiting task can be moved to another channel, and is offered there at once."""
    world = SmallWorld()
    worker = world.a_worker()
    world.ask(
        c.UpdateWorkerChannel(
            actor=ACTOR, worker_sid=worker.sid, worker_channel="default", capacity=0
        )
    )
    task = world.a_task()
    changed = world.ask(c.UpdateTask(actor=ACTOR, task_sid=task.sid, task_channel="chat"))

    assert isinstance(changed, Task) and changed.assignment_status == "reserved"


def test_nothing_mentioned_changes_nothing() -> None:
    """An update without fields tells nothing and leaves the version."""
    world = SmallWorld()
    task = world.a_task()

    assert world.ask(c.UpdateTask(actor=ACTOR, task_sid=task.sid)) == task


def test_an_unknown_task_is_not_found() -> None:
    """A task that is not there can be neither changed nor deleted."""
    for command in (
        c.UpdateTask(actor=ACTOR, task_sid="WT9"),
        c.DeleteTask(actor=ACTOR, task_sid="WT9"),
    ):
        assert isinstance(SmallWorld().refusal(command), NotFound)
