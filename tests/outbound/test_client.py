"""Posts to real receivers on loopback: signed, within their time, and only where they may go."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import socket
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from pointsman.outbound.client import Answer, Failed, Post, Poster
from pointsman.outbound.safety import Reach, parse_reach
from tests.receiver import HungUp, Received, a_receiver, never

TOKEN = "fedcba9876543210" * 2
INSIDE = parse_reach("127.0.0.0/8")


def a_post(url: str, **fields: Any) -> Post:
    told = {
        "form": {"Sid": "EV1", "TaskAttributes": '{"name": "Zoë"}', "Reason": "a b&c"},
        "message_sid": "EV1",
        "auth_token": TOKEN,
        "trusted": False,
        "limit_s": 5.0,
    }
    return Post(url=url, **(told | fields))


async def posted(post: Post, reach: Reach = INSIDE, **options: Any) -> Answer:
    poster = Poster(reach, **options)
    try:
        return await poster.post(post)
    finally:
        await poster.close()


async def failure(post: Post, reach: Reach = INSIDE, **options: Any) -> tuple[int, str]:
    with pytest.raises(Failed) as raised:
        await posted(post, reach, **options)
    return raised.value.failure.code, raised.value.failure.message


@pytest.mark.feature(19, 281, partly=True)
def test_a_post_carries_both_signatures() -> None:
    """The stock validator and a verifier of Standard Webhooks accept what a receiver gets."""

    async def story() -> None:
        async with a_receiver() as receiver:
            answer = await posted(a_post(f"{receiver.url}/hook?b=2&a=%20"))
            [got] = receiver.received
        assert answer.status == 204
        assert got.is_signed_by(TOKEN)
        assert not got.is_signed_by(TOKEN[::-1])
        assert got.form == dict(a_post("").form)
        headers = got.headers
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + got.body
        expected = base64.b64encode(hmac.digest(TOKEN.encode(), signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert headers["I-Twilio-Idempotency-Token"] == headers["webhook-id"] == "EV1"
        assert headers["User-Agent"].startswith("Pointsman/")

    asyncio.run(story())


def test_the_answer_is_given_with_its_type() -> None:
    """Status, content type without parameters and body come back."""

    async def greet(_: Received) -> web.StreamResponse:
        return web.Response(text="{}", content_type="Application/JSON")

    async def story() -> None:
        async with a_receiver(greet) as receiver:
            answer = await posted(a_post(receiver.url))
        assert answer == Answer(200, "application/json", b"{}")

    asyncio.run(story())


def test_a_redirect_is_followed_once() -> None:
    """The form goes to the new place, signed for it; a second redirect is a failure."""

    async def move(got: Received) -> web.StreamResponse:
        onward = {"/a": "/b", "/x": "/y", "/y": "/z"}
        path = got.url.removeprefix(receiver.url)
        if path in onward:
            raise web.HTTPTemporaryRedirect(onward[path])
        return web.Response(status=200)

    async def story() -> None:
        nonlocal receiver
        async with a_receiver(move) as receiver:
            assert (await posted(a_post(f"{receiver.url}/a"))).status == 200
            assert [got.is_signed_by(TOKEN) for got in receiver.received] == [True, True]
            assert receiver.received[1].form == receiver.received[0].form
            code, told = await failure(a_post(f"{receiver.url}/x"))
        assert (code, told) == (11200, "It was redirected more than once")

    receiver: Any = None
    asyncio.run(story())


@pytest.mark.feature(280, partly=True)
def test_a_redirect_inward_is_refused() -> None:
    """Where a redirect leads is judged like the URL itself."""

    async def lure(_: Received) -> web.StreamResponse:
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")

    async def story() -> None:
        async with a_receiver(lure) as receiver:
            code, told = await failure(a_post(receiver.url))
        assert (code, told) == (11210, "The address 169.254.169.254 may not be called")

    asyncio.run(story())


@pytest.mark.feature(280, partly=True)
def test_loopback_is_for_trusted_accounts_alone() -> None:
    """With the default reach only a trusted account's post arrives, also at a name for loopback."""

    async def story() -> None:
        async with a_receiver() as receiver:
            named = receiver.url.replace("127.0.0.1", "localhost")
            assert (await failure(a_post(receiver.url), Reach()))[0] == 11210
            assert (await failure(a_post(named), Reach()))[0] == 11210
            assert receiver.received == []
            await posted(a_post(receiver.url, trusted=True), Reach())
        assert len(receiver.received) == 1

    asyncio.run(story())


@pytest.mark.feature(280, partly=True)
def test_a_connection_of_a_trusted_account_serves_nobody_else() -> None:
    """A kept connection to an inner address is not lent to an account that may not go there."""

    async def story() -> None:
        async with a_receiver() as receiver:
            poster = Poster(Reach(), look_up=everywhere("127.0.0.1"))
            url = f"http://hooks.example:{receiver.port}/"
            assert (await poster.post(a_post(url, trusted=True))).status == 204
            with pytest.raises(Failed):
                await poster.post(a_post(url))
            await poster.close()
        assert len(receiver.received) == 1

    asyncio.run(story())


@pytest.mark.feature(280, partly=True)
def test_a_name_is_bound_to_the_address_that_was_judged() -> None:
    """The connection goes to the address that the one look-up gave; the name is kept for the host."""

    async def story() -> None:
        async with a_receiver() as receiver:
            url = f"http://hooks.example:{receiver.port}/"
            await posted(a_post(url), look_up=everywhere("127.0.0.1"))
        [got] = receiver.received
        assert got.headers["Host"] == f"hooks.example:{receiver.port}"
        assert got.is_signed_by(TOKEN)

    asyncio.run(story())


def test_a_receiver_that_does_not_answer_is_a_failure_in_time() -> None:
    """The limit holds for the whole exchange."""

    async def story() -> None:
        async with a_receiver(never) as receiver:
            code, told = await failure(a_post(receiver.url, limit_s=0.05))
        assert (code, told) == (11200, "No complete answer came within 0.05 s")

    asyncio.run(story())


def test_a_kept_connection_that_was_closed_is_no_failure() -> None:
    """When the other side closes a connection just as it is used again, the post is sent anew."""
    hang_up_at = {2}

    async def answer(_: Received) -> web.StreamResponse:
        if len(receiver.received) in hang_up_at:
            raise HungUp
        return web.Response(status=204)

    async def story() -> None:
        nonlocal receiver
        async with a_receiver(answer) as receiver:
            poster = Poster(INSIDE)
            assert (await poster.post(a_post(receiver.url))).status == 204
            assert (await poster.post(a_post(receiver.url))).status == 204
            assert len(receiver.received) == 3
            hang_up_at.update({4, 5})
            with pytest.raises(Failed):
                await poster.post(a_post(receiver.url))
            await poster.close()

    receiver: Any = None
    asyncio.run(story())


def test_a_name_that_nobody_answers_for_is_a_failure_in_time() -> None:
    """The look-up counts in the limit; what is still asked for ends with the poster."""
    ended = asyncio.Event()

    async def silence(host: str, port: int, family: int) -> list[ResolveResult]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    async def story() -> None:
        post = a_post("http://silent.example/", limit_s=0.05)
        assert (await failure(post, look_up=silence))[0] == 11200
        await ended.wait()

    asyncio.run(story())


def test_a_dead_receiver_is_a_failure() -> None:
    """Nobody listening is told as a failed connection, a name nobody has as well."""

    async def nowhere(host: str, port: int, family: int) -> list[ResolveResult]:
        raise OSError(None, "no such name")

    async def story() -> None:
        async with a_receiver() as receiver:
            url = receiver.url
        assert (await failure(a_post(url)))[0] == 11205
        code, _ = await failure(a_post("http://no.example/"), look_up=nowhere)
        assert code == 11205

    asyncio.run(story())


def test_a_long_answer_is_not_read_to_its_end() -> None:
    """An answer beyond 64 kB is a failure."""

    async def flood(_: Received) -> web.StreamResponse:
        return web.Response(body=b"x" * 100_000)

    async def story() -> None:
        async with a_receiver(flood) as receiver:
            code, told = await failure(a_post(receiver.url))
        assert (code, told) == (11200, "The answer is longer than 65536 bytes")

    asyncio.run(story())


def test_credentials_in_the_url_go_into_a_header() -> None:
    """User and password are sent as Basic credentials, and the URL is signed without them."""

    async def story() -> None:
        async with a_receiver() as receiver:
            await posted(a_post(receiver.url.replace("//", "//me:p%40ss@")))
        [got] = receiver.received
        expected = "Basic " + base64.b64encode(b"me:p@ss").decode()
        assert got.headers["Authorization"] == expected
        assert got.is_signed_by(TOKEN)

    asyncio.run(story())


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies of the environment do not see callbacks."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def story() -> None:
        async with a_receiver() as receiver:
            assert (await posted(a_post(receiver.url))).status == 204

    asyncio.run(story())


def everywhere(address: str):  # type: ignore[no-untyped-def]
    """A look-up that gives one address for every name."""

    async def look_up(host: str, port: int, family: int) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    return look_up
