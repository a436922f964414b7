"""Reading bounded bodies and sending JSON, without a server."""

from __future__ import annotations

import asyncio

import pytest

from pointsman.gateway.asgi import (
    BodyTooLarge,
    ClientGone,
    Message,
    Scope,
    read_body,
    send_json,
    send_preflight,
)


def read(chunks: list[bytes], most: int, announced: str | None = None) -> tuple[bytes, int]:
    """The body, and how many of its chunks were read."""
    headers = [] if announced is None else [(b"content-length", announced.encode())]
    scope: Scope = {"headers": headers}
    left = list(chunks)

    async def receive() -> Message:
        if not left:
            return {"type": "http.disconnect"}
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    body = asyncio.run(read_body(scope, receive, most))
    return body, len(chunks) - len(left)


def test_a_body_is_read_to_its_end() -> None:
    """All chunks together are the body, up to the limit."""
    assert read([b"ab", b"cd"], 4) == (b"abcd", 2)


def test_a_body_that_is_announced_too_long_is_not_read() -> None:
    """The length that the client tells is enough to refuse."""
    with pytest.raises(BodyTooLarge):
        read([], 4, announced="5")


def test_a_body_that_turns_out_too_long_is_not_read_on() -> None:
    """Without a length, reading stops at the limit."""
    with pytest.raises(BodyTooLarge):
        read([b"abc", b"def", b"never"], 4)


def test_a_client_who_goes_away_is_noticed() -> None:
    """An unfinished body is no body."""
    with pytest.raises(ClientGone):
        read([], 4)


def sent(sending: object) -> list[Message]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(sending(send))
    return messages


@pytest.mark.parametrize("status", [200, 403, 503])
def test_every_answer_may_be_read_by_any_page(status: int) -> None:
    """Errors too carry the header without which a page sees no answer at all."""
    start, body = sent(lambda send: send_json(send, status, b"{}", {"Retry-After": "1"}))
    headers = dict(start["headers"])

    assert start["status"] == status and body["body"] == b"{}"
    assert headers[b"access-control-allow-origin"] == b"*"
    assert headers[b"content-type"].startswith(b"application/json")
    assert headers[b"retry-after"] == b"1"


def test_a_preflight_allows_what_the_clients_send() -> None:
    """Browsers are told the headers of both SDKs, for a day."""
    headers = dict(sent(send_preflight)[0]["headers"])

    allowed = headers[b"access-control-allow-headers"].split(b", ")
    assert {b"content-type", b"apiversion", b"clientversion", b"if-match"} <= set(allowed)
    assert b"POST" in headers[b"access-control-allow-methods"]
    assert int(headers[b"access-control-max-age"]) >= 3600
