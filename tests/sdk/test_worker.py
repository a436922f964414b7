"""A worker's program beside the real server: what it is offered, does and hears."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant

from pointsman import Worker
from pointsman.sdk import Refused, Reservation
from tests.browser.place import Place
from tests.sdk.hearing import PATIENCE_S, Heard, next_offer
from tests.server import ACCOUNT_SID, API_KEY_SECRET, API_KEY_SID


@pytest.mark.feature(258)
def test_a_task_from_its_offer_to_its_end(place: Place) -> None:
    """An offered reservation is accepted, wrapped up and completed; each step is heard once."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as worker:
            heard = Heard(worker)
            task_sid = place.task()
            reservation = await next_offer(worker)
            assert (reservation.status, reservation.task.sid) == ("pending", task_sid)
            assert reservation.task.attributes == {"language": "es", "level": 2}
            assert (reservation.task.queue, reservation.task.channel) == ("Everybody", "default")
            assert (reservation.task.priority, reservation.task.status) == (3, "reserved")
            assert worker.held == [reservation]
            for step, status in (
                (reservation.accept, "accepted"),
                (reservation.wrap_up, "wrapping"),
                (reservation.complete, "completed"),
            ):
                await step()
                assert reservation.status == status == place.reservation_status(task_sid)
            assert worker.held == []
            ended = await heard.next("reservation.completed")
            assert ended.reservation is reservation and reservation.is_over
            assert (await reservation.task.fetch()).status == "completed"
            assert heard.types == [
                f"reservation.{step}" for step in ("created", "accepted", "wrapup", "completed")
            ]

    asyncio.run(story())


@pytest.mark.feature(258)
def test_a_rejected_task_goes_on(place: Place) -> None:
    """A rejected task is offered to the next worker, and the one who rejected it changes activity."""

    async def story() -> None:
        bob = place.worker("bob", "Offline")
        async with Worker(place.address, place.token()) as alice:
            heard = Heard(alice)
            task_sid = place.task()
            await (await next_offer(alice)).reject("Unavailable")
            assert place.reservation_status(task_sid) == "rejected"
            await heard.next("worker.activity.update")
            assert (alice.activity, alice.is_available) == ("Unavailable", False)
            async with Worker(
                place.address, place.token(bob), connect_activity="Available"
            ) as worker:
                assert worker.activity == "Available"
                assert (await next_offer(worker)).task.sid == task_sid

    asyncio.run(story())


def test_what_ends_by_others_is_told(place: Place) -> None:
    """A task that is canceled ends its reservation; who waits for that learns how it ended."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as worker:
            task_sid = place.task()
            reservation = await next_offer(worker)
            waiting = asyncio.create_task(reservation.wait_over())
            place.workspace.tasks(task_sid).update(assignment_status="canceled", reason="left")
            async with asyncio.timeout(PATIENCE_S):
                assert await waiting == "canceled" == reservation.status
            with pytest.raises(Refused) as refused:
                await reservation.accept()
            assert refused.value.status == 410
            assert reservation.sid in refused.value.message

    asyncio.run(story())


def test_an_offer_that_ended_unseen_is_passed_over(place: Place) -> None:
    """The iteration gives what is pending when it comes to it, not what was taken back meanwhile."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as worker:
            heard = Heard(worker)
            first = place.task()
            await heard.next("reservation.created")
            place.workspace.tasks(first).update(assignment_status="canceled", reason="left")
            await heard.next("reservation.canceled")
            second = place.task()
            assert (await next_offer(worker)).task.sid == second

    asyncio.run(story())


def test_what_is_there_already_when_it_comes(place: Place) -> None:
    """A pending offer is given to a program that comes late; accepted work of an earlier one is held."""

    async def story() -> None:
        first = place.task()
        async with Worker(place.address, place.token()) as worker:
            reservation = await next_offer(worker)
            assert reservation.task.sid == first
            await reservation.accept()
        async with Worker(place.address, place.token()) as worker:
            (held,) = worker.held
            assert (held.sid, held.status, held.task.sid) == (reservation.sid, "accepted", first)
            assert held.task.attributes == {"language": "es", "level": 2}
            await held.task.complete("solved")
            assert (held.task.status, held.task.reason) == ("completed", "solved")
            second = place.task()
            assert (await next_offer(worker)).task.sid == second

    asyncio.run(story())


def test_the_worker_himself(place: Place) -> None:
    """Activity, attributes and capacity are read and changed; a name that does not exist is refused."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as worker:
            assert (worker.sid, worker.name, worker.activity) == (place.alice, "alice", "Available")
            assert set(await worker.activities()) == {"Offline", "Available", "Unavailable"}
            await worker.set_activity("Offline")
            assert (worker.activity, place.activity()) == ("Offline", "Offline")
            await worker.set_activity(place.activities["Available"])
            assert worker.is_available
            with pytest.raises(ValueError, match=r"no activity 'Lunch'; there are Available, Off"):
                await worker.set_activity("Lunch")
            await worker.set_attributes({"languages": ["fr"]})
            assert worker.attributes == {"languages": ["fr"]}
            await worker.set_capacity("voice", 3)
            assert (await worker.capacity())["voice"] == 3
            with pytest.raises(ValueError, match=r"no channel 'fax'; there are chat, default"):
                await worker.set_capacity("fax", 1)
            queues = await worker.ask("GET", f"Workers/{worker.sid}")
            assert json.loads(queues["attributes"]) == {"languages": ["fr"]}

    asyncio.run(story())


def test_open_offers_can_be_left_with_the_activity(place: Place) -> None:
    """An activity change that rejects what is pending ends the offer."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as worker:
            place.task()
            reservation = await next_offer(worker)
            await worker.set_activity("Offline", reject_pending=True)
            async with asyncio.timeout(PATIENCE_S):
                assert await reservation.wait_over() == "rejected"

    asyncio.run(story())


def test_task_attributes_are_changed_for_everybody(place: Place) -> None:
    """What the program writes into its task's attributes, the stock client reads."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as worker:
            task_sid = place.task()
            reservation = await next_offer(worker)
            await reservation.accept()
            await reservation.task.set_attributes({"summary": "a résumé", "score": 0.5})
            assert reservation.task.attributes == {"summary": "a résumé", "score": 0.5}
            told = place.workspace.tasks(task_sid).fetch().attributes
            assert json.loads(str(told)) == {"summary": "a résumé", "score": 0.5}

    asyncio.run(story())


def test_several_loops_share_the_offers(place: Place) -> None:
    """Two iterations of one worker get each offer once between them, and both end with the worker."""

    async def story() -> None:
        got: list[str] = []

        async def serve(worker: Worker) -> None:
            async for reservation in worker.reservations():
                got.append(reservation.task.sid)
                await reservation.accept()
                await reservation.complete()

        async with Worker(place.address, place.token()) as worker:
            heard = Heard(worker)
            loops = [asyncio.create_task(serve(worker)) for _ in range(2)]
            made = [place.task() for _ in range(6)]
            for _ in made:
                await heard.next("reservation.completed")
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*loops)
        assert got == made

    asyncio.run(story())


def test_a_right_that_is_missing(place: Place) -> None:
    """What the token does not allow is refused with a sentence, and the program goes on."""

    async def story() -> None:
        token = place.token(rights=["allow_update_reservations"])
        async with Worker(place.address, token) as worker:
            with pytest.raises(Refused) as refused:
                await worker.set_activity("Offline")
            assert refused.value.status == 403
            place.task()
            await (await next_offer(worker)).accept()

    asyncio.run(story())


def test_a_listener_that_fails_hurts_nobody(place: Place) -> None:
    """Its exception goes to the loop's handler; the next listener and the iteration go on."""

    async def story() -> list[dict[str, Any]]:
        reported: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, what: reported.append(what))
        async with Worker(place.address, place.token()) as worker:

            def fail(event: object) -> None:
                raise RuntimeError("a mistake of the program's")

            stop = worker.listen(fail)
            heard = Heard(worker)
            place.task()
            await heard.next("reservation.created")
            stop()
            stop()
            reservation: Reservation = await next_offer(worker)
            await reservation.accept()
            await heard.next("reservation.accepted")
        return reported

    reported = asyncio.run(story())
    assert [str(each["exception"]) for each in reported] == ["a mistake of the program's"]


def test_an_access_token_does_as_well(place: Place) -> None:
    """A worker's access token, as the stock library makes it, opens the channel and carries commands."""
    made = AccessToken(ACCOUNT_SID, API_KEY_SID, API_KEY_SECRET, identity="alice", ttl=600)
    grant = TaskRouterGrant(
        workspace_sid=place.workspace_sid, worker_sid=place.alice, role="worker"
    )
    made.add_grant(grant)

    async def story() -> None:
        async with Worker(place.address, made.to_jwt()) as worker:
            task_sid = place.task()
            reservation = await next_offer(worker)
            await reservation.accept()
            await reservation.task.set_attributes({"answer": 42})
            await reservation.complete()
            assert place.reservation_status(task_sid) == "completed"
            await worker.set_activity("Offline")
            assert place.activity() == "Offline"

    asyncio.run(story())
