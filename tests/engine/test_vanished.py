"""Workers whose last socket closed: what the settings say, across restarts and in odd places."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pointsman.engine import commands as c
from pointsman.engine.records import Limits
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR


def a_world(worker: bool = True, **settings: Any) -> SmallWorld:
    """A world in which workers vanish after 30 s, with Alice, who is connected."""
    world = SmallWorld(Limits())
    world.ask(c.UpdateSettings(actor=ACTOR, vanished_after_s=30, **settings))
    if worker:
        sid = world.a_worker().sid
        world.ask(c.NoteConnected(actor=ACTOR, worker_sid=sid))
    return world


def leave(world: SmallWorld) -> None:
    world.ask(c.NoteDisconnected(actor=ACTOR, worker_sid=world.all("workers")[0].sid))


def accept(world: SmallWorld) -> None:
    world.ask(c.AcceptReservation(actor=ACTOR, reservation_sid=world.an_offer().sid))


def statuses(world: SmallWorld) -> list[str]:
    return [task.assignment_status.value for task in world.all("tasks")]


@pytest.mark.feature(270)
def test_a_restart_is_a_lost_socket_for_whoever_had_one() -> None:
    """After a restart a worker who was connected gets his time to come back, and then has vanished."""
    world = a_world(vanished_accepted="complete")
    world.a_task()
    accept(world)
    world.restore()
    world.wait(29_999)
    before = statuses(world)
    world.wait(1)

    assert (before, statuses(world)) == (["assigned"], ["completed"])


@pytest.mark.feature(270)
def test_a_restart_takes_nobody_for_gone_who_never_came() -> None:
    """A worker who works by REST alone does not vanish, whatever is restarted."""
    world = a_world(worker=False, vanished_accepted="complete")
    world.a_worker()
    world.a_task()
    accept(world)
    world.restore()
    world.wait(3_600_000)

    assert statuses(world) == ["assigned"]


@pytest.mark.feature(270)
def test_the_copy_is_as_old_and_as_urgent_as_the_task() -> None:
    """What goes on keeps attributes, priority, channel and its place among those who wait."""
    world = a_world(vanished_accepted="requeue")
    first = world.a_task(attributes='{"n":1}', priority=3, task_channel="chat", timeout_s=500)
    accept(world)
    leave(world)
    world.wait(30_000)
    done, copy = world.all("tasks")

    assert (done.sid, done.assignment_status) == (first.sid, "completed")
    assert copy.sid in done.reason
    for name in ("attributes", "priority", "task_channel_sid", "timeout_s", "virtual_start_at"):
        assert getattr(copy, name) == getattr(first, name)


@pytest.mark.feature(270)
def test_a_task_for_the_worker_alone_goes_to_anybody() -> None:
    """What had only him as its target goes on without a target, and is not lost."""
    world = a_world(vanished_accepted="requeue")
    world.a_task(routing_target=world.all("workers")[0].sid)
    accept(world)
    leave(world)
    world.wait(30_000)

    assert statuses(world) == ["completed", "pending"]
    assert world.all("tasks")[1].routing_target is None


@pytest.mark.feature(270)
def test_what_nobody_can_take_any_more_is_completed() -> None:
    """When the workflow would refuse the task now, it ends, and its reason says why."""
    world = a_world(vanished_accepted="requeue")
    world.a_task()
    accept(world)
    only = {"expression": "n == 1", "targets": [{"queue": world.queue.sid}]}
    narrow = json.dumps({"task_routing": {"filters": [only]}})
    world.ask(c.UpdateWorkflow(actor=ACTOR, workflow_sid=world.workflow.sid, configuration=narrow))
    leave(world)
    world.wait(30_000)
    [task] = world.all("tasks")

    assert task.assignment_status == "completed"
    assert task.reason.startswith("The worker vanished, and nobody else can have it: No filter")


@pytest.mark.feature(270)
def test_what_is_wrapping_is_completed_rather_than_begun_anew() -> None:
    """The conversation was over: `requeue` makes no second task of it, `wrapup` leaves it."""
    ends = {}
    for choice in ("requeue", "wrapup", "complete"):
        world = a_world(vanished_accepted=choice)
        world.a_task()
        accept(world)
        offer = world.an_offer().sid
        world.ask(c.WrapUpReservation(actor=ACTOR, reservation_sid=offer))
        leave(world)
        world.wait(30_000)
        ends[choice] = statuses(world)

    assert ends == {"requeue": ["completed"], "wrapup": ["wrapping"], "complete": ["completed"]}


@pytest.mark.feature(270)
def test_a_setting_that_ended_leaves_everything_as_it_is() -> None:
    """Who is away when the setting ends does not vanish."""
    world = a_world(vanished_accepted="complete")
    world.a_task()
    accept(world)
    leave(world)
    world.ask(c.UpdateSettings(actor=ACTOR, vanished_after_s=None))
    world.wait(60_000)

    assert statuses(world) == ["assigned"]
    assert world.all("workers")[0].activity_sid == world.activity("Available")
