"""What is stuck is found and goes on; what is not stuck is left alone."""

from __future__ import annotations

from pointsman.engine import commands as c
from pointsman.engine.errors import IllegalMove
from pointsman.engine.repairs import findings
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR


def test_nothing_is_stuck_in_the_life_of_a_task() -> None:
    """From its making to its end, no step of a task counts as stuck."""
    world = SmallWorld()
    seen = []

    def look() -> None:
        seen.extend(findings(world.engine.state))

    world.a_task()
    look()
    world.a_worker()
    look()
    offer = world.an_offer().sid
    for command in (c.AcceptReservation, c.WrapUpReservation, c.CompleteReservation):
        world.ask(command(actor=ACTOR, reservation_sid=offer))
        look()

    assert seen == []


def test_what_is_not_stuck_is_not_mended() -> None:
    """A sound task, a sound reservation and what does not exist are refused."""
    world = SmallWorld()
    world.a_worker()
    task = world.a_task()
    for sid in (task.sid, world.an_offer().sid, "WT" + "0" * 32):
        refusal = world.refusal(c.Mend(actor=ACTOR, sid=sid))
        assert isinstance(refusal, IllegalMove)
        assert refusal.message == f"{sid} is not stuck; there is nothing to mend"
