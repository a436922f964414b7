"""The state: one door in, undone whole, and indexes that follow."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.engine import commands as c
from pointsman.engine import engine as module
from pointsman.engine.engine import Engine
from pointsman.engine.errors import EngineError, NotFound
from pointsman.engine.records import Limits, Worker
from pointsman.engine.transaction import Transaction
from pointsman.engine.waiting import Look
from tests.engine.deeds import DEEDS
from tests.engine.small_world import SmallWorld
from tests.engine.walks import walk
from tests.engine.world import ACTOR, START, Sids, World


def everything(engine: Engine) -> tuple[Any, ...]:
    """What can be seen of a state: records, deadlines, and who waits where for whom."""
    state, line = engine.state, engine.state.line
    slots = [(worker, channel) for worker in state.workers for channel in state.task_channels]
    return (
        state.workspace,
        [dict(table) for table in state._tables.values()],
        [list(order.after()) for order in state._orders.values()],
        {slot: slot in state.woken or line.ready_key(*slot) is not None for slot in slots},
        {queue: sorted(line.waiting_in(queue)) for queue in state.task_queues},
        {queue: +line.roster.activity_counts(queue) for queue in state.task_queues},
        sorted(state.deadlines._heap.keys.items()),
        +state.open_tasks,
        {queue: told for queue, *told in state.waits.of_queues() if told[0]},
        (+state.slots.used, +state.slots.accepted),
    )


@pytest.mark.parametrize("deed", DEEDS)
def test_every_command_can_be_undone(deed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a command did, a mistake afterwards leaves the state as it was before."""
    world = busy_world()
    for number in range(8):
        command = DEEDS[deed](world, [number * 8 + n for n in (1, 3, 5, 7)])
        if command is None:
            continue
        before = everything(world.engine)
        with monkeypatch.context() as patch:
            patch.setattr(module, "route", _fail)
            with pytest.raises((ZeroDivisionError, EngineError)):
                world.engine.execute(command, world.now, world.sids)
        assert everything(world.engine) == before


def _fail(_: Transaction) -> None:
    raise ZeroDivisionError


def busy_world() -> World:
    """A world with something of everything in it."""
    world = SmallWorld()
    for name in ("alice", "bob"):
        world.a_worker(name)
    for _ in range(4):
        world.a_task()
    first = world.all("reservations")[0]
    world.ask(c.AcceptReservation(actor=ACTOR, reservation_sid=first.sid))
    return world


def test_the_higher_reason_to_look_wins() -> None:
    """A task that came back is not taken for one that is merely to be tried again."""
    world = SmallWorld()
    task = world.a_task()
    state = world.engine.state
    state.look_again(task, Look.RETURNED)
    state.look_again(task, Look.RETRY)

    assert state.reasons[task.sid] is Look.RETURNED


def test_workers_are_found_by_name_ignoring_case() -> None:
    """A name leads to its worker until he is renamed."""
    world = SmallWorld()
    worker = world.a_worker("Alice")
    state = world.engine.state
    found = state.worker_named("ALICE")
    assert found is not None and found.sid == worker.sid
    world.ask(c.UpdateWorker(actor=ACTOR, worker_sid=worker.sid, friendly_name="carol"))

    assert state.worker_named("alice") is None
    assert isinstance(state.worker_named("Carol"), Worker)


def test_a_channel_changes_who_is_first() -> None:
    """Turning optimisation on re-sorts the workers of that channel at once."""
    world = SmallWorld()
    world.a_worker("alice")
    world.wait(1)
    world.a_worker("bob")
    world.a_task()
    world.ask(
        c.UpdateTaskChannel(actor=ACTOR, task_channel="voice", channel_optimized_routing=True)
    )
    world.a_task(task_channel="voice")

    assert world.an_offer().worker_name == "bob"


def test_the_order_of_queues_can_change_while_tasks_wait() -> None:
    """A queue that becomes LIFO, and a workspace that prefers LIFO, re-sort what waits."""
    world = SmallWorld()
    tasks = []
    for _ in range(3):
        tasks.append(world.a_task().sid)
        world.wait(1)
    world.ask(c.UpdateTaskQueue(actor=ACTOR, task_queue_sid=world.queue.sid, task_order="LIFO"))
    world.ask(c.UpdateWorkspace(actor=ACTOR, prioritize_queue_order="LIFO"))
    world.a_worker()

    assert world.an_offer().task_sid == tasks[-1]


def test_a_deleted_workspace_has_nothing_to_tell() -> None:
    """A transaction without a workspace refuses to go on."""
    transaction = Transaction(Engine("WS1").state, START, Sids(), ACTOR, Limits())
    with pytest.raises(NotFound, match="workspace"):
        assert transaction.workspace


@pytest.mark.feature(101, 102)
def test_a_walk_leaves_no_index_behind() -> None:
    """After a long walk and the end of its workspace every table and index is empty."""
    state = walk(4711).engine.state

    assert [table for table in state._tables.values() if table] == []
    assert state.deadlines.next() is None
    assert not state.fresh and not state.woken and not state.reasons
    assert not list(state.waits.of_queues())
    assert not +state.open_tasks and not +state.slots.used
    assert not state.line.has_loaded() and not list(state.line.roster.classes())
