"""Random walks through a `World` from one number: quick enough to take thousands of steps."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from pointsman.engine.commands import DeleteWorkspace
from tests.engine.deeds import DEEDS, OFTEN, SPANS
from tests.engine.world import ACTOR, World

BEGINNING = ("create_queue", "create_queue", "create_workflow", "create_workflow") + (
    "create_worker",
) * 4


def walk(seed: int, steps: int = 200, often: Sequence[str] = ()) -> World:
    """One workspace from its beginning to its deletion; raises at the first thing that is wrong.

    Every fourth one begins single-tasking. Deeds in `often` are done more often yet.
    """
    chance, world = Random(seed), World(single_tasking=seed % 4 == 3)
    names = [*DEEDS, *OFTEN, *often]
    for number in range(steps):
        if number >= len(BEGINNING) and chance.random() < 0.15:
            world.wait(chance.choice(SPANS))
        elif number >= len(BEGINNING) and chance.random() < 0.02:
            world.restore()
        else:
            name = BEGINNING[number] if number < len(BEGINNING) else chance.choice(names)
            command = DEEDS[name](world, [chance.randrange(64) for _ in range(4)])
            if command is not None:
                world.ask(command)
    world.ask(DeleteWorkspace(actor=ACTOR))
    assert not world.stored
    return world
