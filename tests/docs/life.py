"""A life of a workspace in which everything happens that an event can tell, by the stock client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Advance = Callable[[int], None]
Bridge = Callable[..., Any]
"""(worker, path below him, parameters) → what the bridge of the newer SDK answers."""


def a_life(router: Any, advance: Advance, bridge: Bridge) -> Any:
    """The workspace, after it all; `advance` lets seconds pass on its server."""
    workspace = router.workspaces.create(friendly_name="A life")
    workspace.update(friendly_name="A whole life")
    for made in (
        workspace.activities.create(friendly_name="Lunch"),
        workspace.task_channels.create(friendly_name="Letter", unique_name="letter"),
    ):
        made.update(friendly_name="Renamed")
        made.delete()
    queues = [
        workspace.task_queues.create(friendly_name=name, target_workers=who, max_reserved_workers=2)
        for name, who in (("Nobody", "1 == 2"), ("Nobody else", "1 == 3"), ("Pair", "pair == 1"))
    ]
    queues[1].update(target_workers="1 == 4")
    workspace.task_queues.create(friendly_name="Passing").delete()
    routing = {"task_routing": {"filters": filters(*(queue.sid for queue in queues))}}
    workflow = workspace.workflows.create(friendly_name="W", configuration=json.dumps(routing))
    workflow.update(task_reservation_timeout=20)
    workspace.workflows.create(friendly_name="V", configuration=json.dumps(routing)).delete()
    workers = the_workers(workspace)
    steps_and_skips(workspace, workflow, advance)
    offers(workspace, workflow, workers, advance)
    transfers(workspace, a_task(workspace, workflow, "work"), workers, bridge)
    ends(workspace, workflow, workers, advance)
    return workspace


def filters(first: str, second: str, pair: str) -> list[dict[str, Any]]:
    targets = {
        "steps": [{"queue": first, "timeout": 10}, {"queue": second, "timeout": 10}],
        "skip": [{"queue": first, "skip_if": "1 == 1"}],
        "work": [{"queue": pair}],
    }
    return [
        {"filter_friendly_name": kind, "expression": f"kind == '{kind}'", "targets": each}
        for kind, each in targets.items()
    ]


def the_workers(workspace: Any) -> list[Any]:
    """A pair that is at work; a third one came, was changed and went."""
    [at_work] = workspace.activities.list(friendly_name="Available")
    workers = [
        workspace.workers.create(friendly_name=name, attributes='{"pair": 1}')
        for name in ("ana", "ben", "cleo")
    ]
    workers[2].update(attributes='{"pair": 2}')
    channel = workers[2].worker_channels("chat")
    channel.update(capacity=4)
    channel.update(available=False)
    workers[2].delete()
    for worker in workers[:2]:
        worker.update(activity_sid=at_work.sid)
    return workers[:2]


def a_task(workspace: Any, workflow: Any, kind: str, **more: Any) -> Any:
    attributes = json.dumps({"kind": kind})
    return workspace.tasks.create(workflow_sid=workflow.sid, attributes=attributes, **more)


def steps_and_skips(workspace: Any, workflow: Any, advance: Advance) -> None:
    a_task(workspace, workflow, "steps")
    a_task(workspace, workflow, "skip")
    advance(20)


def offers(workspace: Any, workflow: Any, workers: list[Any], advance: Advance) -> None:
    """One offer is rejected, the other runs out, one is withdrawn; then one of two is faster."""
    task = a_task(workspace, workflow, "work")
    task.update(priority=4)
    [offline] = workspace.activities.list(friendly_name="Offline")
    workers[0].update(reject_pending_reservations=True, activity_sid=offline.sid)
    advance(20)
    back_to_work(workspace, workers)
    task.update(assignment_status="canceled", reason="a mistake")
    task = a_task(workspace, workflow, "work")
    faster, _ = task.reservations.list(reservation_status="pending")
    faster.update(reservation_status="accepted")
    faster.update(reservation_status="wrapping")
    faster.update(reservation_status="completed")
    workers[1].update(activity_sid=offline.sid)
    workspace.tasks.create(
        routing_target=workers[1].sid, timeout=10, attributes="{}", ignore_capacity=False
    )
    advance(10)


def transfers(workspace: Any, task: Any, workers: list[Any], bridge: Bridge) -> None:
    """Ana calls one transfer to Ben off, he declines the next one, and takes the third."""
    ana, ben = workers
    back_to_work(workspace, workers)
    [held] = task.reservations.list(worker_sid=ana.sid)
    held.update(reservation_status="accepted")
    named = {"TaskSid": task.sid, "ReservationSid": held.sid, "To": ben.sid, "Mode": "WARM"}
    begun = bridge(ana, "Transfers", **named)
    bridge(ana, f"Transfers/{begun['sid']}", TaskSid=task.sid, TransferStatus="canceled")
    for answer in ("rejected", "accepted"):
        bridge(ana, "Transfers", **named)
        [offer] = ben.reservations.list(reservation_status="pending")
        offer.update(reservation_status=answer)
    task.update(assignment_status="completed")


def ends(workspace: Any, workflow: Any, workers: list[Any], advance: Advance) -> None:
    """A task is deleted, one is wrapped up and completed, one is forgotten at work for a day."""
    back_to_work(workspace, workers)
    a_task(workspace, workflow, "work").delete()
    for end in (True, False):
        task = a_task(workspace, workflow, "work")
        task.reservations.list()[0].update(reservation_status="accepted")
        if end:
            task.update(assignment_status="wrapping")
            task.update(assignment_status="completed")
    advance(86_400)


def back_to_work(workspace: Any, workers: list[Any]) -> None:
    [at_work] = workspace.activities.list(friendly_name="Available")
    for worker in workers:
        worker.update(activity_sid=at_work.sid)
