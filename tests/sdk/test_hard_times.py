"""A worker's program through killed servers, tokens that end, and closes that are final."""

from __future__ import annotations

import asyncio
import socket
import ssl
from itertools import count
from pathlib import Path

import pytest

from pointsman import Worker
from pointsman.sdk import (
    ChannelEnded,
    Evicted,
    TokenExpired,
    TokenRefused,
    Unanswered,
    WorkerDeleted,
)
from pointsman.sdk import worker as worker_module
from tests.browser.place import Place
from tests.certificates import a_certificate, trusting
from tests.sdk.hearing import PATIENCE_S, Heard, next_offer
from tests.sdk.relay import a_relay
from tests.server import Server, a_server

LONG_OVER_S = -600
"""More than the skew between clocks that the server forgives."""


@pytest.mark.feature(259)
def test_killed_servers(tmp_path: Path) -> None:
    """Through `kill -9` and restart, twice, each reservation is seen once and every task is done."""
    with a_server(tmp_path) as server:
        place = Place(server)

        async def story() -> tuple[list[str], list[str]]:
            seen: list[str] = []
            made: list[str] = []

            async def serve(worker: Worker) -> None:
                async for reservation in worker.reservations():
                    seen.append(reservation.task.sid)
                    await reservation.accept()
                    await reservation.complete()
                    if len(seen) == 9:
                        return

            async with Worker(server.address, place.token) as worker:
                serving = asyncio.create_task(serve(worker))
                for _ in range(3):
                    made += [await asyncio.to_thread(place.task) for _ in range(3)]
                    server.kill()
                    await asyncio.to_thread(server.start)
                    place.workspace = server.client().taskrouter.v1.workspaces(place.workspace_sid)
                async with asyncio.timeout(2 * PATIENCE_S):
                    await serving
            return seen, made

        seen, made = asyncio.run(story())
        assert seen == made
        done = {each.sid for each in place.workspace.tasks.list(assignment_status="completed")}
        assert done == set(made)


@pytest.mark.feature(259)
def test_what_was_slept_through_is_told(place: Place, server: Server) -> None:
    """What ended and what began while the cable was cut is told when it is mended, each once."""

    async def story() -> list[str]:
        async with (
            a_relay(server.program.port) as relay,
            Worker(relay.address, place.token) as worker,
        ):
            heard = Heard(worker)
            first_sid = place.task()
            first = await next_offer(worker)
            relay.cut()
            await heard.next("disconnected")
            assert not worker.is_connected
            for sid in (first_sid, place.task()):
                place.workspace.tasks(sid).update(assignment_status="canceled", reason="left")
            last_sid = place.task()
            assert await asyncio.to_thread(place.reservation_status, last_sid) == "pending"
            relay.mend()
            last = await next_offer(worker)
            assert last.task.sid == last_sid
            assert first.status == "canceled"
            assert [each.sid for each in worker.held] == [last.sid]
            await last.accept()
            await heard.next("reservation.accepted")
            return [each for each in heard.types if each != "connected"]

    assert asyncio.run(story()) == [
        "reservation.created",
        "disconnected",
        "reservation.canceled",
        "reservation.created",
        "reservation.canceled",
        "reservation.created",
        "reservation.accepted",
    ]


def test_a_command_outlives_a_cut(place: Place, server: Server) -> None:
    """A command whose answer is kept away by a cut cable is sent again until it is answered."""

    async def story() -> None:
        async with (
            a_relay(server.program.port) as relay,
            Worker(relay.address, place.token) as worker,
        ):
            relay.cut()
            changing = asyncio.create_task(worker.set_activity("Offline"))
            await asyncio.to_thread(place.activity)
            assert not changing.done()
            relay.mend()
            async with asyncio.timeout(PATIENCE_S):
                await changing
            assert worker.activity == "Offline" == place.activity()

    asyncio.run(story())


@pytest.mark.feature(259)
def test_short_lived_tokens(place: Place) -> None:
    """With a function that makes tokens of two seconds the channel stays open over their ends."""

    async def story() -> list[str]:
        numbers = count(1)
        enough = asyncio.Event()

        async def a_token() -> str:
            if next(numbers) == 4:
                enough.set()
            return place.token(ttl=2)

        async with Worker(place.address, a_token) as worker:
            heard = Heard(worker)
            async with asyncio.timeout(PATIENCE_S):
                await enough.wait()
            place.task()
            await (await next_offer(worker)).accept()
            await heard.next("reservation.accepted")
            return heard.types

    assert asyncio.run(story()) == ["reservation.created", "reservation.accepted"]


def test_a_command_with_an_expired_token_asks_for_another(place: Place) -> None:
    """A token that ended before its time is replaced when the server refuses it, once."""

    async def story() -> None:
        made = iter([place.token(), place.token()])
        async with Worker(place.address, lambda: next(made)) as worker:
            worker.update_token(place.token(ttl=LONG_OVER_S))
            await worker.set_activity("Offline")
            assert worker.activity == "Offline"

    asyncio.run(story())


def test_a_source_of_tokens_that_fails_is_asked_again(place: Place) -> None:
    """While the network keeps the function from its token, the program waits and asks again."""

    async def story() -> None:
        numbers = count()

        def a_token() -> str:
            number = next(numbers)
            if number in (1, 2):
                raise ConnectionError("the application's server is down")
            return place.token(ttl=LONG_OVER_S if number == 0 else 3600)

        async with Worker(place.address, a_token) as worker:
            assert worker.name == "alice"

    asyncio.run(story())


def test_a_mistake_in_the_source_of_tokens_is_not_hidden(place: Place) -> None:
    """An exception that is no fault of the network ends the iteration as it is."""

    async def story() -> None:
        made = iter([place.token(ttl=2)])

        def a_token() -> str:
            try:
                return next(made)
            except StopIteration:
                raise KeyError("no more tokens") from None

        async with Worker(place.address, a_token) as worker:
            with pytest.raises(KeyError, match="no more tokens"):
                await next_offer(worker)

    asyncio.run(story())


@pytest.mark.feature(259)
def test_an_expired_token_without_a_source_is_the_end(place: Place) -> None:
    """A token's text that has ended ends the program with an error that says so."""

    async def story() -> None:
        with pytest.raises(TokenExpired, match="expired"):
            async with Worker(place.address, place.token(ttl=LONG_OVER_S)):
                pass

    asyncio.run(story())


def test_a_token_for_another_worker_is_not_taken(place: Place) -> None:
    """Another worker's token, or a text that is none, changes nothing."""

    async def story() -> None:
        bob = place.worker("bob")
        async with Worker(place.address, place.token()) as worker:
            for text, told in ((place.token(bob), f"this worker is {place.alice}"), ("x", "three")):
                with pytest.raises(ValueError, match=told):
                    worker.update_token(text)
            place.task()
            assert await next_offer(worker)

    asyncio.run(story())


def test_final_closes_end_the_iteration(place: Place) -> None:
    """Eviction and deletion of the worker end the iteration, each with its own error."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as first:
            async with Worker(
                place.address, place.token(ttl=3000), close_existing_sessions=True
            ) as second:
                with pytest.raises(Evicted, match="closed by a newer session"):
                    await next_offer(first)
                assert not first.is_connected
                place.workspace.workers(place.alice).update(
                    activity_sid=place.activities["Offline"]
                )
                place.workspace.workers(place.alice).delete()
                with pytest.raises(WorkerDeleted):
                    await next_offer(second)

    asyncio.run(story())


def test_a_refused_token(place: Place) -> None:
    """A token that was signed with another secret ends the program before it begins."""

    async def story() -> None:
        forged = place.token()[:-4] + "AAAA"
        with pytest.raises(TokenRefused):
            async with Worker(place.address, forged):
                pass

    asyncio.run(story())


def test_the_disconnect_activity(tmp_path: Path) -> None:
    """When the program is gone, the server changes the worker's activity; back, it is changed again."""
    with a_server(tmp_path, POINTSMAN_DISCONNECT_GRACE_S="0") as server:
        place = Place(server)

        async def story() -> None:
            leaving = {"connect_activity": "Available", "disconnect_activity": "Offline"}
            async with Worker(server.address, place.token(), **leaving):
                assert place.activity() == "Available"
            async with asyncio.timeout(PATIENCE_S):
                while await asyncio.to_thread(place.activity) != "Offline":
                    pass
            async with Worker(server.address, place.token(), **leaving) as worker:
                assert worker.activity == "Available" == place.activity()

        asyncio.run(story())


def test_tls(tmp_path: Path) -> None:
    """With a context that trusts the certificate it works; without, it ends and says why."""
    certificate, key = a_certificate(tmp_path)
    with a_server(tmp_path) as plain:
        place = Place(plain)
        token = place.token()
    with a_server(tmp_path, f"--tls-cert={certificate}", f"--tls-key={key}") as server:

        async def story() -> None:
            async with Worker(server.address, token, ssl=trusting(certificate)) as worker:
                assert worker.name == "alice"
            for trust in (True, ssl.create_default_context()):
                with pytest.raises(ChannelEnded, match="self-signed certificate"):
                    async with Worker(server.address, token, ssl=trust):
                        pass

        asyncio.run(story())


def test_nobody_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot be reached at the beginning is told after a while, with the reason."""
    monkeypatch.setattr(worker_module, "CONNECTED_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]

    async def story() -> None:
        with pytest.raises(Unanswered, match=r"was not reached within 0 seconds: Cannot connect"):
            async with Worker(f"http://127.0.0.1:{port}", place.token()):
                pass

    asyncio.run(story())


def test_a_worker_that_is_not_connected(place: Place) -> None:
    """Before its beginning and after its end it can be closed, offers nothing, and refuses commands."""

    async def story() -> None:
        outside = Worker(place.address, place.token())
        await outside.close()
        async with Worker(place.address, place.token()) as worker:
            place.task()
            reservation = await next_offer(worker)
            await worker.close()
            assert [each async for each in worker.reservations()] == []
            with pytest.raises(Unanswered, match="not connected"):
                await reservation.accept()
        for each in (outside, worker):
            assert [one async for one in each.reservations()] == []
            with pytest.raises(Unanswered, match="not connected"):
                await each.ask("GET", "Activities")

    asyncio.run(story())


def test_who_only_listens_gathers_nothing(place: Place) -> None:
    """Offers that nobody iterates over are let go when they are over."""

    async def story() -> None:
        async with Worker(place.address, place.token()) as worker:
            heard = Heard(worker)
            for _ in range(3):
                sid = place.task()
                created = await heard.next("reservation.created")
                place.workspace.tasks(sid).update(assignment_status="canceled", reason="left")
                await heard.next("reservation.canceled")
            assert list(worker._offers) == [created.reservation]

    asyncio.run(story())
