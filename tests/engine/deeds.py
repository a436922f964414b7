"""Everything that can be done to a `World`, each deed chosen by four small numbers.

A deed takes the world and its numbers and returns a command, or None when there is nothing to do it
to. The expressions here belong to the small family that the auditor reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pointsman.engine import commands as c
from tests.engine.world import ACTOR, World

T = TypeVar("T")
Numbers = Sequence[int]

QUEUE_RULES = (
    "1 == 1",
    "1 == 1",
    "1 == 1",
    'skills HAS "en"',
    "worker.rank >= 2",
    'skills HAS "es" AND team == "a"',
    "channel.voice.assigned_tasks < 1",
    'activity_name == "Desk"',
    "worker.channel.chat.configured_capacity > 1",
    "",
)
TARGET_RULES = (
    None,
    None,
    None,
    None,
    None,
    "worker.skills HAS task.lang",
    "worker.team == task.team",
    "worker.rank >= task.rank AND worker.team == task.team",
    "worker.channel.chat.available_capacity_percentage >= 50",
    "taskrouter.currentMin >= task.minute",
    'worker.skills HAS task.lang AND taskrouter.dayOfWeek == "Fri"',
)
FILTERS = ('kind == "a"', 'kind == "b"', "rank >= 2", "1 == 1", 'lang == "en"')
SKIPS = (None, None, None, "workers.available == 0", "1 == 1", "workers.unavailable > 1")
ORDERS = (None, "worker.level DESC", "worker.level ASC", "worker.odd ASC, worker.level DESC")
KNOWN: tuple[dict[str, str], ...] = (
    *({},) * 8,
    {"known_worker_sid": "task.agent"},
    {"known_worker_friendly_name": "task.agent"},
)
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


def of(options: Sequence[T], number: int) -> T:
    """One of the options."""
    return options[number % len(options)]


def _one(world: World, kind: str, number: int) -> Any:
    records = world.all(kind)
    return of(records, number) if records else None


# --- attributes and configurations -------------------------------------------------------------


def worker_attributes(n: Numbers) -> str:
    """Attributes of a worker; `level` may be missing, `odd` may be a text."""
    found: dict[str, Any] = {
        "skills": of((["en"], ["en", "es"], ["es"], []), n[0]),
        "team": of("ab", n[1]),
        "rank": 1 + n[2] % 3,
        "odd": of((1, 2, "x"), n[3]),
    }
    if n[1] % 3:
        found["level"] = n[3] % 4
    return json.dumps(found)


def task_attributes(world: World, n: Numbers) -> str:
    """Attributes of a task; `agent` names a worker by SID or by name, or nobody."""
    found: dict[str, Any] = {
        "kind": of("abc", n[0]),
        "lang": of(("en", "es"), n[1]),
        "team": of("ab", n[2]),
        "rank": 1 + n[3] % 3,
        "minute": of((0, 1, 3, 59), n[0]),
    }
    worker = _one(world, "workers", n[2])
    if worker is not None and n[1] % 2:
        found["agent"] = of((worker.sid, worker.friendly_name.upper(), None), n[3])
    return json.dumps(found)


def configuration(world: World, n: Numbers) -> str:
    """One to three filters of one to three targets, and perhaps a default filter."""
    queues = [queue.sid for queue in world.all("task_queues")]
    seed = n[0] + 64 * (n[1] + 64 * (n[2] + 64 * n[3]))

    def draw(options: Sequence[T]) -> T:
        nonlocal seed
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        return options[(seed >> 8) % len(options)]

    def target(first: bool) -> dict[str, Any]:
        optional = {
            "expression": draw(TARGET_RULES),
            "skip_if": draw(SKIPS),
            "order_by": draw(ORDERS),
            "timeout": draw((None, None, 5, 10, 25, "30")),
            "priority": draw((None, None, 0, 3, 7)),
            "queue": draw(queues) if first else draw([None, *queues]),
        }
        return {**draw(KNOWN), **{key: v for key, v in optional.items() if v is not None}}

    filters = []
    for _ in range(draw((1, 1, 2, 3))):
        targets = [target(first=position == 0) for position in range(draw((1, 2, 3)))]
        filters.append({"expression": draw(FILTERS), "targets": targets})
    routing: dict[str, Any] = {"filters": filters}
    if draw((True, False)):
        default = target(first=True)
        default.pop("timeout", None)
        routing["default_filter"] = default
    return json.dumps({"task_routing": routing})


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
    queue = _one(world, "task_queues", n[0])
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
    queue = _one(world, "task_queues", n[0])
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
    workflow = _one(world, "workflows", n[0])
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
    workflow = _one(world, "workflows", n[0])
    return workflow and c.DeleteWorkflow(actor=ACTOR, workflow_sid=workflow.sid)


def update_workspace(world: World, n: Numbers) -> c.Command | None:
    return c.UpdateWorkspace(
        actor=ACTOR,
        prioritize_queue_order=of(("FIFO", "LIFO"), n[0]),
        timeout_activity_sid=_one(world, "activities", n[1]).sid,
    )


def create_activity(world: World, n: Numbers) -> c.Command | None:
    name = of(("Desk", "Break"), n[0])
    return c.CreateActivity(actor=ACTOR, friendly_name=name, available=n[1] % 3 > 0)


def rename_activity(world: World, n: Numbers) -> c.Command | None:
    activity, name = _one(world, "activities", n[0]), of(("Desk", "Break", "Lunch"), n[1])
    return c.UpdateActivity(actor=ACTOR, activity_sid=activity.sid, friendly_name=name)


def delete_activity(world: World, n: Numbers) -> c.Command | None:
    return c.DeleteActivity(actor=ACTOR, activity_sid=_one(world, "activities", n[0]).sid)


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
        friendly_name=of(("ann", "Ben", "cleo", "Dora", "eve", "finn"), n[0]),
        activity_sid=_one(world, "activities", 1 + n[1] // 24).sid,
        attributes=worker_attributes(n),
    )


def update_worker(world: World, n: Numbers) -> c.Command | None:
    worker = _one(world, "workers", n[0])
    if worker is None:
        return None
    name = of((c.UNSET, c.UNSET, "Finn", "gina"), n[1])
    return c.UpdateWorker(
        actor=ACTOR, worker_sid=worker.sid, friendly_name=name, attributes=worker_attributes(n)
    )


def move_worker(world: World, n: Numbers) -> c.Command | None:
    worker = _one(world, "workers", n[0])
    return worker and c.UpdateWorker(
        actor=ACTOR,
        worker_sid=worker.sid,
        activity_sid=_one(world, "activities", n[1] if n[1] % 2 else 1).sid,
        reject_pending_reservations=n[2] % 3 == 0,
        if_match=of((None, None, worker.version, 0), n[3]),
    )


def delete_worker(world: World, n: Numbers) -> c.Command | None:
    worker = _one(world, "workers", n[0])
    return worker and c.DeleteWorker(actor=ACTOR, worker_sid=worker.sid)


def update_worker_channel(world: World, n: Numbers) -> c.Command | None:
    worker = _one(world, "workers", n[0])
    return worker and c.UpdateWorkerChannel(
        actor=ACTOR,
        worker_sid=worker.sid,
        worker_channel=of(CHANNELS, n[1]),
        capacity=of((c.UNSET, 0, 1, 1, 2, 2, 3, 3), n[2]),
        available=of((c.UNSET, True, True, True, False), n[3]),
    )


# --- tasks and reservations --------------------------------------------------------------------


def create_task(world: World, n: Numbers) -> c.Command | None:
    workflow = _one(world, "workflows", n[0])
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


def update_task(world: World, n: Numbers) -> c.Command | None:
    task = _one(world, "tasks", n[0])
    return task and c.UpdateTask(
        actor=ACTOR,
        task_sid=task.sid,
        attributes=task_attributes(world, n) if n[1] % 2 else c.UNSET,
        priority=of((c.UNSET, 0, 5), n[2]),
        task_channel=of((c.UNSET, *CHANNELS), n[3]),
    )


def end_task(world: World, n: Numbers) -> c.Command | None:
    task = _one(world, "tasks", n[0])
    status = of(("canceled", "wrapping", "completed", "pending"), n[1])
    return task and c.UpdateTask(
        actor=ACTOR,
        task_sid=task.sid,
        assignment_status=status,
        if_match=of((None, None, task.version, 0), n[2]),
        attributes=task_attributes(world, n) if n[3] % 5 == 0 else c.UNSET,
    )


def delete_task(world: World, n: Numbers) -> c.Command | None:
    task = _one(world, "tasks", n[0])
    return task and c.DeleteTask(actor=ACTOR, task_sid=task.sid)


def _reservation(world: World, number: int, *statuses: str) -> Any:
    """A reservation, rather one in these statuses, for otherwise most answers would be refused."""
    found = [r for r in world.all("reservations") if r.reservation_status in statuses]
    return of(found, number) if found and number % 8 else _one(world, "reservations", number)


def accept(world: World, n: Numbers) -> c.Command | None:
    found = _reservation(world, n[0], "pending")
    return found and c.AcceptReservation(actor=ACTOR, reservation_sid=found.sid)


def reject(world: World, n: Numbers) -> c.Command | None:
    found = _reservation(world, n[0], "pending")
    activity = None if n[1] % 3 else _one(world, "activities", n[2]).sid
    return found and c.RejectReservation(
        actor=ACTOR, reservation_sid=found.sid, worker_activity_sid=activity
    )


def wrap_up(world: World, n: Numbers) -> c.Command | None:
    found = _reservation(world, n[0], "accepted")
    return found and c.WrapUpReservation(actor=ACTOR, reservation_sid=found.sid)


def complete(world: World, n: Numbers) -> c.Command | None:
    found = _reservation(world, n[0], "accepted", "wrapping")
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
        create_task,
        update_task,
        end_task,
        delete_task,
        accept,
        reject,
        wrap_up,
        complete,
    )
}
OFTEN = (
    *("create_task", "accept") * 12,
    *("complete",) * 6,
    *("reject", "wrap_up", "move_worker", "update_worker", "update_worker_channel") * 3,
)
"""Deeds that are done more often, so that a workspace gets something to do."""
