"""Everything that can be done to a `World`, each deed chosen by four small numbers.

A deed takes the world and its numbers and returns a command, or None when there is nothing to do it
to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pointsman.engine import commands as c
from pointsman.engine.statuses import VanishedAccepted, VanishedPending
from tests.engine.ingredients import (
    QUEUE_RULES,
    Numbers,
    configuration,
    of,
    one,
    reservation,
    task_attributes,
    worker_attributes,
)
from tests.engine.transfer_deeds import cancel_transfer, transfer
from tests.engine.world import ACTOR, World

CHANNELS = ("default", "voice", "chat", "default")
SPANS = (
    1,
    500,
    999,
    1_000,
    1_000,
    4_000,
    4_000,
    5_000,
    10_000,
    29_000,
    60_000,
    90_000,
    300_000,
    600_000,
)


# --- setting up --------------------------------------------------------------------------------


def create_queue(world: World, n: Numbers) -> c.Command | None:
    if len(world.all("task_queues")) >= 4:
        return None
    return c.CreateTaskQueue(
        actor=ACTOR,
        friendly_name="queue",
        target_workers=of(QUEUE_RULES, n[0]),
        max_reserved_workers=1 + n[1] % 3,
        task_order=of(("FIFO", "LIFO"), n[2]),
    )


def update_queue(world: World, n: Numbers) -> c.Command | None:
    queue = one(world, "task_queues", n[0])
    if queue is None:
        return None
    return c.UpdateTaskQueue(
        actor=ACTOR,
        task_queue_sid=queue.sid,
        target_workers=of((*QUEUE_RULES, c.UNSET), n[1]),
        max_reserved_workers=1 + n[2] % 3,
        task_order=of(("FIFO", "LIFO"), n[3]),
    )


def delete_queue(world: World, n: Numbers) -> c.Command | None:
    queue = one(world, "task_queues", n[0])
    return queue and c.DeleteTaskQueue(actor=ACTOR, task_queue_sid=queue.sid)


def create_workflow(world: World, n: Numbers) -> c.Command | None:
    if not world.all("task_queues") or len(world.all("workflows")) >= 3:
        return None
    return c.CreateWorkflow(
        actor=ACTOR,
        friendly_name="workflow",
        configuration=configuration(world, n),
        task_reservation_timeout_s=of((4, 10, 60, 60), n[0]),
    )


def update_workflow(world: World, n: Numbers) -> c.Command | None:
    workflow = one(world, "workflows", n[0])
    if workflow is None or not world.all("task_queues"):
        return None
    return c.UpdateWorkflow(
        actor=ACTOR,
        workflow_sid=workflow.sid,
        configuration=configuration(world, n),
        task_reservation_timeout_s=of((4, 10, 60, 60), n[1]),
        re_evaluate_tasks=n[2] % 2 == 0,
    )


def delete_workflow(world: World, n: Numbers) -> c.Command | None:
    workflow = one(world, "workflows", n[0])
    return workflow and c.DeleteWorkflow(actor=ACTOR, workflow_sid=workflow.sid)


def update_workspace(world: World, n: Numbers) -> c.Command | None:
    return c.UpdateWorkspace(
        actor=ACTOR,
        prioritize_queue_order=of(("FIFO", "LIFO"), n[0]),
        timeout_activity_sid=one(world, "activities", n[1]).sid,
        multi_task_enabled=True if n[2] == 0 else c.UNSET,
    )


def update_settings(world: World, n: Numbers) -> c.Command | None:
    return c.UpdateSettings(
        actor=ACTOR,
        vanished_after_s=of((None, 1, 4, 20), n[0]),
        vanished_pending=of(tuple(VanishedPending), n[1]).value,
        vanished_accepted=of(tuple(VanishedAccepted), n[2]).value,
    )


def create_activity(world: World, n: Numbers) -> c.Command | None:
    name = of(("Desk", "Break"), n[0])
    return c.CreateActivity(actor=ACTOR, friendly_name=name, available=n[1] % 3 > 0)


def rename_activity(world: World, n: Numbers) -> c.Command | None:
    activity, name = one(world, "activities", n[0]), of(("Desk", "Break", "Lunch"), n[1])
    return c.UpdateActivity(actor=ACTOR, activity_sid=activity.sid, friendly_name=name)


def delete_activity(world: World, n: Numbers) -> c.Command | None:
    return c.DeleteActivity(actor=ACTOR, activity_sid=one(world, "activities", n[0]).sid)


def create_channel(world: World, n: Numbers) -> c.Command | None:
    return c.CreateTaskChannel(
        actor=ACTOR, friendly_name="Fax", unique_name="fax", channel_optimized_routing=n[0] % 2 > 0
    )


def update_channel(world: World, n: Numbers) -> c.Command | None:
    return c.UpdateTaskChannel(
        actor=ACTOR,
        task_channel=of((*CHANNELS, "fax"), n[0]),
        channel_optimized_routing=n[1] % 2 > 0,
    )


def delete_channel(world: World, n: Numbers) -> c.Command | None:
    return c.DeleteTaskChannel(actor=ACTOR, task_channel=of(("fax", "chat"), n[0] // 8))


# --- workers -----------------------------------------------------------------------------------


def create_worker(world: World, n: Numbers) -> c.Command | None:
    if len(world.all("workers")) >= 5:
        return None
    return c.CreateWorker(
        actor=ACTOR,
        friendly_name=of(("ann", "Ben", "cleo", "Dora", "eve"), n[0]),
        activity_sid=one(world, "activities", 1 + n[1] // 24).sid,
        attributes=worker_attributes(n),
    )


def update_worker(world: World, n: Numbers) -> c.Command | None:
    worker = one(world, "workers", n[0])
    if worker is None:
        return None
    name = of((c.UNSET, "Finn", "gina", "Finn"), n[1])
    attributes = c.UNSET if n[2] % 3 == 0 else worker_attributes(n)
    return c.UpdateWorker(
        actor=ACTOR, worker_sid=worker.sid, friendly_name=name, attributes=attributes
    )


def move_worker(world: World, n: Numbers) -> c.Command | None:
    worker = one(world, "workers", n[0])
    return worker and c.UpdateWorker(
        actor=ACTOR,
        worker_sid=worker.sid,
        activity_sid=one(world, "activities", n[1] if n[1] % 2 else 1).sid,
        reject_pending_reservations=n[2] % 3 == 0,
        if_match=of((None, None, worker.version, 0), n[3]),
    )


def delete_worker(world: World, n: Numbers) -> c.Command | None:
    worker = one(world, "workers", n[0])
    return worker and c.DeleteWorker(actor=ACTOR, worker_sid=worker.sid)


def update_worker_channel(world: World, n: Numbers) -> c.Command | None:
    worker = one(world, "workers", n[0])
    return worker and c.UpdateWorkerChannel(
        actor=ACTOR,
        worker_sid=worker.sid,
        worker_channel=of(CHANNELS, n[1]),
        capacity=of((c.UNSET, 0, 1, 1, 2, 2, 3, 3), n[2]),
        available=of((c.UNSET, True, True, True, False), n[3]),
    )


def connect(world: World, n: Numbers) -> c.Command | None:
    worker = one(world, "workers", n[0])
    activity = None if n[1] % 4 == 0 else one(world, "activities", n[1]).sid
    return worker and c.SetDisconnectActivity(
        actor=ACTOR, worker_sid=worker.sid, activity_sid=activity
    )


def disconnect(world: World, n: Numbers) -> c.Command | None:
    worker = one(world, "workers", n[0])
    return worker and c.NoteDisconnected(actor=ACTOR, worker_sid=worker.sid)


def reconnect(world: World, n: Numbers) -> c.Command | None:
    worker = one(world, "workers", n[0])
    return worker and c.NoteConnected(actor=ACTOR, worker_sid=worker.sid)


# --- tasks and reservations --------------------------------------------------------------------


def create_task(world: World, n: Numbers) -> c.Command | None:
    workflow = one(world, "workflows", n[0])
    if workflow is None or len(world.all("tasks")) >= 12:
        return None
    return c.CreateTask(
        actor=ACTOR,
        workflow_sid=workflow.sid,
        attributes=task_attributes(world, n),
        task_channel=of(CHANNELS, n[1]),
        priority=of((0, 0, 5, 9), n[2]),
        timeout_s=of((8, 40, 400, 1_000), n[3]),
        virtual_start_at=world.now - of((0, 0, 5_000, 20_000), n[1] // 4),
    )


def create_routed_task(world: World, n: Numbers) -> c.Command | None:
    workflow = one(world, "workflows", n[0])
    target = one(world, of(("workers", "workers", "task_queues", "workflows"), n[1]), n[2])
    if workflow is None or target is None or len(world.all("tasks")) >= 12:
        return None
    more: dict[str, Any] = {}
    if target.sid.startswith("WK"):
        more = {
            "ignore_capacity": of((c.UNSET, True, False, False), n[3]),
            "task_queue_sid": of((c.UNSET, one(world, "task_queues", n[2]).sid), n[3] // 4),
        }
    return c.CreateTask(
        actor=ACTOR,
        workflow_sid=target.sid if target.sid.startswith("WW") else workflow.sid,
        routing_target=target.sid,
        attributes=task_attributes(world, n),
        task_channel=of(CHANNELS, n[2]),
        timeout_s=of((8, 40, 400), n[0] // 8),
        **more,
    )


def update_task(world: World, n: Numbers) -> c.Command | None:
    task = one(world, "tasks", n[0])
    return task and c.UpdateTask(
        actor=ACTOR,
        task_sid=task.sid,
        attributes=task_attributes(world, n) if n[1] % 2 else c.UNSET,
        priority=of((c.UNSET, 0, 5), n[2]),
        task_channel=of((c.UNSET, *CHANNELS), n[3]),
    )


def end_task(world: World, n: Numbers) -> c.Command | None:
    task = one(world, "tasks", n[0])
    status = of(("canceled", "wrapping", "completed", "pending"), n[1])
    return task and c.UpdateTask(
        actor=ACTOR,
        task_sid=task.sid,
        assignment_status=status,
        if_match=of((None, None, task.version, 0), n[2]),
        attributes=task_attributes(world, n) if n[3] % 5 == 0 else c.UNSET,
    )


def delete_task(world: World, n: Numbers) -> c.Command | None:
    task = one(world, "tasks", n[0])
    return task and c.DeleteTask(actor=ACTOR, task_sid=task.sid)


def accept(world: World, n: Numbers) -> c.Command | None:
    found = reservation(world, n[0], "pending")
    return found and c.AcceptReservation(actor=ACTOR, reservation_sid=found.sid)


def reject(world: World, n: Numbers) -> c.Command | None:
    found = reservation(world, n[0], "pending")
    activity = None if n[1] % 3 else one(world, "activities", n[2]).sid
    return found and c.RejectReservation(
        actor=ACTOR, reservation_sid=found.sid, worker_activity_sid=activity
    )


def cancel(world: World, n: Numbers) -> c.Command | None:
    found = reservation(world, n[0], "pending")
    return found and c.CancelReservation(actor=ACTOR, reservation_sid=found.sid)


def hold(world: World, n: Numbers) -> c.Command | None:
    found = reservation(world, n[0], "pending")
    at_most_s = of((5, 60, 300), n[1])
    return found and c.HoldReservation(actor=ACTOR, reservation_sid=found.sid, at_most_s=at_most_s)


def note(world: World, n: Numbers) -> c.Command | None:
    found = one(world, "tasks", n[0])
    return found and c.NoteOnTask(actor=ACTOR, task_sid=found.sid, members=f'{{"call": {n[1]}}}')


def wrap_up(world: World, n: Numbers) -> c.Command | None:
    found = reservation(world, n[0], "accepted")
    return found and c.WrapUpReservation(actor=ACTOR, reservation_sid=found.sid)


def complete(world: World, n: Numbers) -> c.Command | None:
    found = reservation(world, n[0], "accepted", "wrapping")
    return found and c.CompleteReservation(actor=ACTOR, reservation_sid=found.sid)


DEEDS: dict[str, Callable[[World, Numbers], c.Command | None]] = {
    deed.__name__: deed
    for deed in (
        create_queue,
        update_queue,
        delete_queue,
        create_workflow,
        update_workflow,
        delete_workflow,
        update_workspace,
        update_settings,
        create_activity,
        rename_activity,
        delete_activity,
        create_channel,
        update_channel,
        delete_channel,
        create_worker,
        update_worker,
        move_worker,
        delete_worker,
        update_worker_channel,
        connect,
        disconnect,
        reconnect,
        create_task,
        create_routed_task,
        update_task,
        end_task,
        delete_task,
        accept,
        reject,
        cancel,
        hold,
        note,
        wrap_up,
        complete,
        transfer,
        cancel_transfer,
    )
}
OFTEN = (
    *("create_task", "accept") * 12,
    *("complete",) * 6,
    *("update_settings", "connect", "disconnect") * 2,
    *("reject", "cancel", "wrap_up", "move_worker", "update_worker", "update_worker_channel") * 3,
    *("transfer",) * 8,
)
"""Deeds that are done more often, so that a workspace gets something to do."""
