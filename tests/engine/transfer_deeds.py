"""Passing tasks on, and taking them back: deeds like those of `deeds`."""

from __future__ import annotations

from pointsman.engine import commands as c
from tests.engine.ingredients import Numbers, of, one, reservation, task_attributes
from tests.engine.world import ACTOR, World


def transfer(world: World, n: Numbers) -> c.Command | None:
    found = reservation(world, n[0], "accepted")
    state = world.engine.state
    to = [] if found is None else _ready(world, found.task_channel_sid)
    if n[1] % 8 == 0 or not to:  # refused, rather, or to a queue
        to = [record.sid for record in (*state.workers.values(), *state.task_queues.values())]
    elif n[1] % 2:
        to = list(state.task_queues)
    if found is None or not to:
        return None
    return c.InitiateTransfer(
        actor=ACTOR,
        reservation_sid=found.sid,
        to=of(to, n[2]),
        mode=of(("WARM", "COLD"), n[3]),
        attributes=task_attributes(world, n) if n[3] % 5 == 0 else c.UNSET,
        priority=of((c.UNSET, c.UNSET, 7), n[2] // 8),
    )


def _ready(world: World, channel_sid: str) -> list[str]:
    workers = world.all("workers")
    return [w.sid for w in workers if world.engine.state.is_ready(w.sid, channel_sid)]


def cancel_transfer(world: World, n: Numbers) -> c.Command | None:
    found = [t for t in world.all("transfers") if t.transfer_status == "initiated"]
    transfer = of(found, n[0]) if found and n[1] % 8 else one(world, "transfers", n[0])
    return transfer and c.CancelTransfer(actor=ACTOR, transfer_sid=transfer.sid)
