"""Queues and Members over REST by the stock library: who waits where, and who is taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.voice.phones import Plan
from tests.voice.scene import CALLER, VoiceScene, told
from tests.voice.stock import refused, stock
from tests.voice.test_dequeue import waiting
from tests.webhooks.scene import an_account

OTHERS = ("+15552222222", "+15553333333")
DOOR = "<Say loop='0'>Come in</Say>"


async def three_wait(scene: VoiceScene) -> list[str]:
    """Three callers wait in the queue `door`, a second apart; their legs."""
    await scene.number("<Enqueue action='/after'>door</Enqueue>")
    scene.application.documents["/in"] = DOOR
    legs = []
    for phone in (CALLER, *OTHERS):
        legs.append(await scene.call_in(phone))
        await scene.pass_time(1)
    return legs


@pytest.mark.feature(197)
def test_the_first_is_taken_out(tmp_path: Path) -> None:
    """The library lists queues and who waits, and `Front` is who waits longest: he runs the document."""

    async def story(scene: VoiceScene) -> None:
        legs = await three_wait(scene)
        client = stock(scene)
        (queue,) = await client.queues.list_async()
        assert (queue.friendly_name, queue.current_size, queue.average_wait_time) == ("door", 3, 2)
        members = client.queues(queue.sid).members
        found = await members.list_async(page_size=2)
        assert [member.call_sid for member in found] == [
            scene.exchange.call_of(leg) for leg in legs
        ]
        assert [(member.position, member.wait_time) for member in found] == [(1, 3), (2, 2), (3, 1)]
        front = await members("Front").fetch_async()
        assert front.call_sid == found[0].call_sid
        taken = await members("Front").update_async(url=f"{scene.application.url}/in", method="GET")
        assert (taken.call_sid, taken.position) == (front.call_sid, 1)
        await scene.pass_time(0)
        assert scene.hears(legs[0]) == {"say:Come in"}
        (after,) = scene.application.told("/after")
        assert (after["QueueResult"], after["QueueTime"]) == ("redirected", "3")
        assert (await members("Front").fetch_async()).call_sid == found[1].call_sid
        last = members(found[2].call_sid)
        await last.update_async(url=f"{scene.application.url}/in")
        await scene.pass_time(0)
        assert scene.hears(legs[2]) == {"say:Come in"}
        assert scene.hears(legs[1]) == {"music"}
        assert await refused(last.fetch_async()) == (404, 20404)
        assert (await client.queues(queue.sid).fetch_async()).current_size == 1

    told(tmp_path, story)


@pytest.mark.feature(197, partly=True)
def test_the_queue_of_a_workflow(tmp_path: Path) -> None:
    """Callers of a workflow wait in the queue of its SID; whoever is taken out has his task canceled."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        scene.application.documents["/in"] = DOOR
        client = stock(scene)
        (queue,) = await client.queues.list_async()
        assert (queue.friendly_name, queue.max_size) == (scene.workflow_sid, 100)
        members = client.queues(queue.sid).members
        await members("Front").update_async(url=f"{scene.application.url}/in")
        await scene.pass_time(0)
        assert scene.hears(caller) == {"say:Come in"}
        assert await scene.status() == ("canceled", "canceled")
        assert (await scene.task())["reason"] == "redirected"

    told(tmp_path, story)


@pytest.mark.feature(197, partly=True)
def test_a_queue_from_its_making_to_its_end(tmp_path: Path) -> None:
    """It is made, named and sized; full it takes nobody; one in which somebody waits is not deleted."""

    async def story(scene: VoiceScene) -> None:
        client = stock(scene)
        made = await client.queues.create_async(friendly_name="hall", max_size=5)
        changed = await client.queues(made.sid).update_async(friendly_name="door", max_size=2)
        assert (changed.friendly_name, changed.max_size) == ("door", 2)
        await three_wait(scene)
        assert [fields["QueueResult"] for fields in scene.application.told("/after")] == [
            "queue-full"
        ]
        assert await refused(client.queues(made.sid).delete_async()) == (400, 20001)
        taken = client.queues.create_async(friendly_name="door")
        assert await refused(taken) == (400, 20001)
        assert await refused(client.queues.create_async(friendly_name="x" * 65)) == (400, 20001)
        large = client.queues.create_async(friendly_name="hall", max_size=5001)
        assert await refused(large) == (400, 20001)
        empty = await client.queues.create_async(friendly_name="hall")
        assert await client.queues(empty.sid).delete_async()
        assert [queue.sid for queue in await client.queues.list_async()] == [made.sid]

    told(tmp_path, story)


@pytest.mark.feature(197, partly=True)
def test_who_is_not_there(tmp_path: Path) -> None:
    """An empty queue has no front, a caller who is called for no place, and another account no queue of ours."""

    async def story(scene: VoiceScene) -> None:
        caller = await waiting(scene)
        client = stock(scene)
        (queue,) = await client.queues.list_async()
        front = client.queues(queue.sid).members("Front")
        assert await refused(front.update_async(url="front")) == (400, 21205)
        other = stock(scene, *an_account(scene.app.settings, scene.ambient))
        assert await other.queues.list_async() == []
        assert await refused(other.queues(queue.sid).fetch_async()) == (404, 20404)
        theirs = other.queues(queue.sid).members("Front")
        assert await refused(theirs.update_async(url="https://app.test/in")) == (404, 20404)
        scene.world.plan("client:alice", Plan(answers_after_ms=0))
        await scene.instruct("dequeue")
        await scene.pass_time(0)
        assert scene.hears(caller) == {"client:alice"}
        assert await refused(front.fetch_async()) == (404, 20404)

    told(tmp_path, story)
