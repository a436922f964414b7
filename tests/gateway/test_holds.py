"""Which events a bridge POST caused, until they are published."""

from __future__ import annotations

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import Actor, Workspace
from pointsman.gateway.holds import FORGET_S, Holds
from pointsman.gateway.session import HOLD_S, Hold
from tests.gateway.builders import ACCOUNT, WORKSPACE


def an_event(seq: int, workspace_sid: str = WORKSPACE) -> Event:
    workspace = Workspace(
        sid=workspace_sid,
        account_sid=ACCOUNT,
        friendly_name="Support",
        date_created=0,
        date_updated=0,
        default_activity_sid="WA" + "0" * 32,
        timeout_activity_sid="WA" + "0" * 32,
    )
    return Event(
        sid=f"EV{seq:032x}",
        seq=seq,
        type=EventType.TASK_UPDATED,
        at=0,
        actor=Actor("worker", "WK" + "1" * 32, "websocket"),
        description="Task updated",
        resource_type="task",
        resource_sid="WT" + "1" * 32,
        workspace=workspace,
    )


def test_an_event_is_held_by_the_post_that_made_it() -> None:
    """Each published event finds its own POST, once; others have none."""
    holds, mine, other = Holds(), Hold(), Hold()
    holds.note(mine, [an_event(1), an_event(2)])
    holds.note(other, [an_event(1, "WS" + "6" * 32)])

    assert [holds.take(an_event(seq)) for seq in (1, 2, 3)] == [mine, mine, None]
    assert holds.take(an_event(1)) is None
    assert holds.take(an_event(1, "WS" + "6" * 32)) is other


def test_an_answer_releases_the_hold() -> None:
    """When the response was written the frames are free 20 ms later."""
    holds, hold = Holds(), Hold()
    holds.note(hold, [an_event(1)])
    holds.release(hold, [an_event(1)], 5.0)

    assert hold.free_at == 5.0 + HOLD_S
    assert holds.take(an_event(1)) is hold


def test_events_that_were_never_committed_are_forgotten() -> None:
    """What is not published within a minute of the answer leaves no trace in memory."""
    holds = Holds()
    lost, later = Hold(), Hold()
    holds.note(lost, [an_event(1)])
    holds.release(lost, [an_event(1)], 0.0)
    assert len(holds) == 1

    holds.release(later, [], FORGET_S + 1)
    assert len(holds) == 0
