"""Commands on workers and their channels: limits, refusals, and what happens to their sockets."""

from __future__ import annotations

import pytest

from pointsman.engine import commands as c
from pointsman.engine.errors import Invalid, LimitReached, NotFound, VersionMismatch
from pointsman.engine.records import Limits, WorkerChannel
from tests.engine.small_world import SmallWorld
from tests.engine.world import ACTOR


def test_names_are_unique_ignoring_case() -> None:
    """A name that another worker has is refused; his own, respelled, is not."""
    world = SmallWorld()
    alice = world.a_worker("alice")
    world.a_worker("bob")

    refusal = world.refusal(c.CreateWorker(actor=ACTOR, friendly_name="ALICE"))
    assert refusal.message == "Worker with the same friendly name already exists"
    world.refusal(c.UpdateWorker(actor=ACTOR, worker_sid=alice.sid, friendly_name="Bob"))
    world.ask(c.UpdateWorker(actor=ACTOR, worker_sid=alice.sid, friendly_name="Alice"))

    assert [worker.friendly_name for worker in world.all("workers")] == ["Alice", "bob"]


def test_a_workspace_is_full_at_some_point() -> None:
    """One worker more than the limit is refused."""
    world = SmallWorld(Limits(workers=1))
    world.a_worker()

    assert isinstance(world.refusal(c.CreateWorker(actor=ACTOR, friendly_name="bob")), LimitReached)


@pytest.mark.parametrize("attributes", ["[]", "{", '"x"', '{"x":"' + "a" * 4096 + '"}'])
def test_attributes_are_an_object_of_bounded_length(attributes: str) -> None:
    """Whatever is no JSON object of at most 4096 characters is refused."""
    world = SmallWorld()
    command = c.CreateWorker(actor=ACTOR, friendly_name="alice", attributes=attributes)

    refusal = world.refusal(command)

    assert isinstance(refusal, Invalid) and refusal.parameter == "Attributes"


def test_another_version_is_refused() -> None:
    """A change for a version that is past names both versions."""
    world = SmallWorld()
    worker = world.a_worker()
    refusal = world.refusal(c.DeleteWorker(actor=ACTOR, worker_sid=worker.sid, if_match=3))

    assert isinstance(refusal, VersionMismatch)
    assert (refusal.sid, refusal.wanted, refusal.version) == (worker.sid, 3, 0)


@pytest.mark.feature(54)
def test_a_worker_channel_has_three_names() -> None:
    """A channel is found by its own SID, by the task channel's SID and by its unique name."""
    world = SmallWorld()
    worker = world.a_worker()
    channel = next(iter(world.all("worker_channels")))
    for number, key in enumerate((channel.sid, channel.task_channel_sid, "default"), 2):
        found = world.ask(
            c.UpdateWorkerChannel(
                actor=ACTOR, worker_sid=worker.sid, worker_channel=key, capacity=number
            )
        )
        assert isinstance(found, WorkerChannel)
        assert (found.sid, found.configured_capacity) == (channel.sid, number)


@pytest.mark.feature(54)
def test_a_worker_channel_that_is_not_his_is_not_found() -> None:
    """Neither an unknown key nor another worker's channel is found."""
    world = SmallWorld()
    alice, bob = world.a_worker("alice"), world.a_worker("bob")
    others = next(ch for ch in world.all("worker_channels") if ch.worker_sid == bob.sid)
    for sid, key in ((alice.sid, others.sid), (alice.sid, "fax"), ("WK9", "default")):
        refusal = world.refusal(
            c.UpdateWorkerChannel(actor=ACTOR, worker_sid=sid, worker_channel=key)
        )
        assert isinstance(refusal, NotFound)


@pytest.mark.parametrize("capacity", [-1, 51])
def test_capacity_is_bounded(capacity: int) -> None:
    """Capacity is a whole number from 0 to 50."""
    world = SmallWorld()
    worker = world.a_worker()
    refusal = world.refusal(
        c.UpdateWorkerChannel(
            actor=ACTOR, worker_sid=worker.sid, worker_channel="voice", capacity=capacity
        )
    )

    assert refusal.message == "Capacity must be a whole number from 0 to 50"


# --- sockets -----------------------------------------------------------------------------------


def test_who_drops_goes_to_his_disconnect_activity() -> None:
    """Five seconds after the last socket is gone the worker is moved, once."""
    world = SmallWorld()
    worker = world.a_worker()
    offline = world.activity("Offline")
    world.ask(c.SetDisconnectActivity(actor=ACTOR, worker_sid=worker.sid, activity_sid=offline))
    world.ask(c.NoteDisconnected(actor=ACTOR, worker_sid=worker.sid))
    world.wait(4_999)
    assert world.engine.state.workers[worker.sid].activity_sid == worker.activity_sid

    world.ask(c.NoteDisconnected(actor=ACTOR, worker_sid=worker.sid))
    world.wait(1)

    moved = world.engine.state.workers[worker.sid]
    assert (moved.activity_sid, moved.disconnect_activity_sid) == (offline, None)


def test_who_comes_back_in_time_stays() -> None:
    """A socket within the grace period disarms the move."""
    world = SmallWorld()
    worker = world.a_worker()
    offline = world.activity("Offline")
    world.ask(c.SetDisconnectActivity(actor=ACTOR, worker_sid=worker.sid, activity_sid=offline))
    world.ask(c.NoteDisconnected(actor=ACTOR, worker_sid=worker.sid))
    world.ask(c.NoteConnected(actor=ACTOR, worker_sid=worker.sid))
    world.wait(60_000)

    assert world.engine.state.workers[worker.sid].activity_sid == worker.activity_sid
    world.ask(c.NoteConnected(actor=ACTOR, worker_sid=worker.sid))
    assert world.engine.next_deadline() is None


def test_without_a_disconnect_activity_nothing_is_due() -> None:
    """A dropped socket moves only who asked for it; the same wish twice changes nothing."""
    world = SmallWorld()
    worker = world.a_worker()
    world.ask(c.NoteDisconnected(actor=ACTOR, worker_sid=worker.sid))
    seq = world.engine.state.seq
    world.ask(c.SetDisconnectActivity(actor=ACTOR, worker_sid=worker.sid, activity_sid=None))

    assert world.engine.state.seq == seq
    assert world.engine.next_deadline() is None


def test_a_disconnect_activity_may_be_gone_by_then() -> None:
    """When the activity was deleted meanwhile, the worker stays where he is."""
    world = SmallWorld()
    worker = world.a_worker()
    made = world.ask(c.CreateActivity(actor=ACTOR, friendly_name="Away"))
    assert made is not None
    world.ask(c.SetDisconnectActivity(actor=ACTOR, worker_sid=worker.sid, activity_sid=made.sid))
    world.ask(c.NoteDisconnected(actor=ACTOR, worker_sid=worker.sid))
    world.ask(c.DeleteActivity(actor=ACTOR, activity_sid=made.sid))
    world.wait(5_000)

    assert world.engine.state.workers[worker.sid].activity_sid == worker.activity_sid
