"""Commands on the workspace, its activities and its task channels: fields and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.engine import commands as c
from pointsman.engine.engine import Engine
from pointsman.engine.errors import EngineError, InUse, Invalid, LimitReached, NotFound
from pointsman.engine.records import Activity, Limits, TaskChannel, Workspace
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR, START, Sids


def refused(command: c.Command) -> EngineError:
    """How a small workspace refuses the command."""
    return SmallWorld().refusal(command)


# --- workspace ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"friendly_name": ""}, "FriendlyName"),
        ({"friendly_name": "x" * 65}, "FriendlyName"),
        ({"event_callback_url": "ftp://example.org"}, "EventCallbackUrl"),
        ({"event_callback_url": "http://"}, "EventCallbackUrl"),
        ({"prioritize_queue_order": "RANDOM"}, "PrioritizeQueueOrder"),
        ({"events_filter": "task.created,task.exploded"}, "EventsFilter"),
    ],
)
def test_fields_of_a_workspace_are_checked(fields: dict[str, Any], parameter: str) -> None:
    """What is wrong is refused with its parameter, at creation and at update."""
    creation = {"friendly_name": "demo", **fields}
    with pytest.raises(Invalid) as caught:
        Engine("WS1").execute(
            c.CreateWorkspace(actor=ACTOR, account_sid="AC1", **creation), START, Sids()
        )
    again = refused(c.UpdateWorkspace(actor=ACTOR, **fields))

    assert isinstance(again, Invalid)
    assert (caught.value.parameter, again.parameter) == (parameter, parameter)


@pytest.mark.feature(29, 141)
def test_a_single_tasking_workspace_may_become_multi_tasking_and_never_the_reverse() -> None:
    """It begins with the activities of its kind; the change to multi-tasking is for good."""
    engine, sids = Engine("WS1"), Sids()
    command = c.CreateWorkspace(
        actor=ACTOR, account_sid="AC1", friendly_name="demo", multi_task_enabled=False
    )
    engine.execute(command, START, sids)
    activities = {a.friendly_name: a for a in engine.state.activities.values()}
    assert {name: a.available for name, a in activities.items()} == {
        "Offline": False,
        "Idle": True,
        "Reserved": False,
        "Busy": False,
    }
    assert engine.state.workspace is not None
    assert engine.state.workspace.default_activity_sid == activities["Offline"].sid

    engine.execute(c.UpdateWorkspace(actor=ACTOR, multi_task_enabled=False), START, sids)
    assert not engine.state.workspace.multi_task_enabled
    engine.execute(c.UpdateWorkspace(actor=ACTOR, multi_task_enabled=True), START, sids)
    assert engine.state.workspace.multi_task_enabled
    with pytest.raises(Invalid, match="MultiTaskEnabled cannot be changed to false"):
        engine.execute(c.UpdateWorkspace(actor=ACTOR, multi_task_enabled=False), START, sids)


@pytest.mark.feature(61, 141)
def test_a_queue_of_a_single_tasking_workspace_has_two_activities() -> None:
    """The seeded ones unless it names others; without either it has to name them."""
    engine, sids = Engine("WS1"), Sids()
    command = c.CreateWorkspace(
        actor=ACTOR, account_sid="AC1", friendly_name="demo", multi_task_enabled=False
    )
    engine.execute(command, START, sids)
    activities = {a.friendly_name: a.sid for a in engine.state.activities.values()}
    queue = c.CreateTaskQueue(actor=ACTOR, friendly_name="all")
    engine.execute(queue, START, sids)
    own = c.CreateTaskQueue(
        actor=ACTOR, friendly_name="own", reservation_activity_sid=activities["Offline"]
    )
    engine.execute(own, START, sids)
    assert [
        (q.reservation_activity_sid, q.assignment_activity_sid)
        for q in engine.state.task_queues.values()
    ] == [
        (activities["Reserved"], activities["Busy"]),
        (activities["Offline"], activities["Busy"]),
    ]
    renamed = c.UpdateActivity(
        actor=ACTOR, activity_sid=activities["Busy"], friendly_name="At work"
    )
    engine.execute(renamed, START, sids)
    with pytest.raises(Invalid, match="AssignmentActivitySid field is required"):
        engine.execute(queue, START, sids)


@pytest.mark.feature(28)
def test_the_fifo_template_seeds_a_queue_and_a_workflow() -> None:
    """A workspace made from FIFO can route at once: everybody serves its one queue."""
    engine = Engine("WS1")
    command = c.CreateWorkspace(
        actor=ACTOR, account_sid="AC1", friendly_name="demo", template="FIFO"
    )
    engine.execute(command, START, Sids())
    (queue,) = engine.state.task_queues.values()
    (workflow,) = engine.state.workflows.values()
    engine.execute(c.CreateTask(actor=ACTOR), START, Sids())
    (task,) = engine.state.tasks.values()

    assert (queue.friendly_name, queue.target_workers) == ("Sample Queue", "1==1")
    assert (queue.task_order, queue.max_reserved_workers) == ("FIFO", 1)
    assert workflow.friendly_name == "Default Fifo Workflow"
    assert (workflow.task_reservation_timeout_s, workflow.assignment_callback_url) == (120, "")
    assert task.target.queue_sid == queue.sid


def test_an_unknown_template_is_refused() -> None:
    """A template that is not offered is refused rather than ignored."""
    command = c.CreateWorkspace(
        actor=ACTOR, account_sid="AC1", friendly_name="demo", template="LIFO"
    )
    with pytest.raises(Invalid, match="Template must be one of NONE and FIFO"):
        Engine("WS1").execute(command, START, Sids())


def test_a_workspace_can_be_changed() -> None:
    """Each field mentioned changes, the others stay."""
    world = SmallWorld()
    break_sid = world.activity("Unavailable")
    changed = world.ask(
        c.UpdateWorkspace(
            actor=ACTOR,
            friendly_name="new",
            event_callback_url="https://example.org/events?x=1",
            events_filter="task.created,worker.created",
            default_activity_sid=break_sid,
        )
    )

    assert isinstance(changed, Workspace)
    assert (changed.friendly_name, changed.default_activity_sid) == ("new", break_sid)
    assert changed.event_callback_url == "https://example.org/events?x=1"
    assert changed.timeout_activity_sid == world.activity("Offline")


@pytest.mark.parametrize("field", ["default_activity_sid", "timeout_activity_sid"])
def test_activities_of_a_workspace_must_exist(field: str) -> None:
    """An activity of nowhere is refused."""
    refusal = refused(c.UpdateWorkspace(actor=ACTOR, **{field: "WA9"}))

    assert "WA9 is not an activity of this workspace" in refusal.message


# --- activities --------------------------------------------------------------------------------


def test_names_of_activities_are_unique() -> None:
    """A second activity of the same name is refused; an activity may keep its own."""
    world = SmallWorld()
    offline = world.activity("Offline")
    command = c.UpdateActivity(actor=ACTOR, activity_sid=offline, friendly_name="Available")
    assert isinstance(world.refusal(command), Invalid)
    kept = world.ask(c.UpdateActivity(actor=ACTOR, activity_sid=offline))

    assert isinstance(kept, Activity) and kept.friendly_name == "Offline"
    assert isinstance(refused(c.CreateActivity(actor=ACTOR, friendly_name="Available")), Invalid)


def test_a_workspace_has_so_many_activities() -> None:
    """One activity more than the limit is refused."""
    world = SmallWorld(Limits(activities=3))

    refusal = world.refusal(c.CreateActivity(actor=ACTOR, friendly_name="Break"))

    assert isinstance(refusal, LimitReached)


def test_a_used_activity_stays() -> None:
    """Neither the workspace's own activities nor one that a queue or a worker uses can be deleted."""
    world = SmallWorld()
    made = [
        world.made(c.CreateActivity(actor=ACTOR, friendly_name=name), Activity)
        for name in ("Reserved", "Busy", "Lunch", "Free")
    ]
    world.ask(
        c.UpdateTaskQueue(
            actor=ACTOR,
            task_queue_sid=world.queue.sid,
            reservation_activity_sid=made[0].sid,
            assignment_activity_sid=made[1].sid,
        )
    )
    world.a_worker(activity="Lunch")
    for sid in (world.activity("Offline"), made[0].sid, made[1].sid, made[2].sid):
        refusal = world.refusal(c.DeleteActivity(actor=ACTOR, activity_sid=sid))
        assert isinstance(refusal, InUse)
    world.ask(c.DeleteActivity(actor=ACTOR, activity_sid=made[3].sid))

    refusal = world.refusal(c.DeleteActivity(actor=ACTOR, activity_sid=made[3].sid))
    assert isinstance(refusal, NotFound)


# --- task channels -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "1st", "e-mail", "with space", "x" * 65, "voice"])
def test_unique_names_can_be_read_in_expressions(name: str) -> None:
    """A unique name that is no name in expressions, too long or taken is refused."""
    command = c.CreateTaskChannel(actor=ACTOR, friendly_name="Fax", unique_name=name)

    refusal = refused(command)

    assert isinstance(refusal, Invalid) and refusal.parameter == "UniqueName"


def test_a_task_channel_can_be_changed_by_name() -> None:
    """Friendly name and optimisation change; the unique name stays."""
    world = SmallWorld()
    changed = world.ask(
        c.UpdateTaskChannel(actor=ACTOR, task_channel="voice", channel_optimized_routing=True)
    )

    assert isinstance(changed, TaskChannel)
    assert (changed.unique_name, changed.channel_optimized_routing) == ("voice", True)
    assert changed.friendly_name == "Voice"


def test_a_used_task_channel_stays() -> None:
    """`default` and a channel of open tasks cannot be deleted; another takes its worker channels along."""
    world = SmallWorld()
    world.a_worker(activity="Offline")
    world.a_task(task_channel="chat")
    for name, kind in (("default", InUse), ("chat", InUse), ("fax", NotFound)):
        refusal = world.refusal(c.DeleteTaskChannel(actor=ACTOR, task_channel=name))
        assert isinstance(refusal, kind)
    world.ask(c.DeleteTaskChannel(actor=ACTOR, task_channel="sms"))

    assert len(world.all("worker_channels")) == len(world.all("task_channels")) == 4
