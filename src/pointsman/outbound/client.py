"""Signed requests with a form to other people's servers, each within its time and its reach.

Nothing of the environment (proxies, cookies, netrc) takes part. A redirect is followed once, and
judged as the first URL was. Connections are pooled per reach, so that one made for a trusted
account never serves another. What is posted, and what an answer means, is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import (
    ClientConnectionError,
    ClientConnectionResetError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from msgspec import Struct
from yarl import URL

from pointsman.ambient import REAL, Ambient
from pointsman.auth.credentials import basic_authorization
from pointsman.outbound.safety import Forbidden, JudgingResolver, LookUp, Reach, prepared
from pointsman.outbound.signature import original_signature, standard_headers

__all__ = [
    "FORBIDDEN",
    "Answer",
    "Failed",
    "Failure",
    "Post",
    "Poster",
    "TooLong",
    "TooManyRedirects",
]

USER_AGENT = "Pointsman/1 (TaskRouter compatible; webhooks)"
LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer, unless more are asked for."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EVERYTHING = Reach(everything=True)


class Post(Struct, frozen=True):
    """One thing to send; `message_sid` is the same on every attempt."""

    url: str
    form: Mapping[str, str]
    message_sid: str
    auth_token: str
    trusted: bool
    """Whether the account may call every address (the operator's own)."""
    limit_s: float
    method: str = "POST"
    """With GET the form is added to the URL's query."""
    longest_answer: int = LONGEST_ANSWER
    """Bytes of an answer that are read; a longer one is a failure."""


class Answer(Struct, frozen=True):
    """What came back; `content_type` without its parameters, in lower case."""

    status: int
    content_type: str
    body: bytes


class Failure(Struct, frozen=True):
    """Why nothing came back: `code` is the original's number for it."""

    code: int
    message: str


RETRIEVAL, CONNECTION, FORBIDDEN = 11200, 11205, 11210


class Failed(Exception):
    """No answer that could be used."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(code, message)


class TooLong(Failed):
    """The answer is longer than what was asked for."""


class TooManyRedirects(Failed):
    """The place that it was redirected to redirects, too."""


class Poster:
    """Posts, over connections that are kept for the next one; `close` lets go of them."""

    def __init__(
        self, reach: Reach, *, look_up: LookUp | None = None, ambient: Ambient = REAL
    ) -> None:
        self._reach = reach
        self._look_up = look_up
        self._ambient = ambient
        self._sessions: dict[bool, ClientSession] = {}
        self._resolvers: list[JudgingResolver] = []

    async def post(self, post: Post) -> Answer:
        """Send it and read the answer; raises `Failed` when there is none within the limit."""
        try:
            async with asyncio.timeout(post.limit_s):
                return await self._follow(post)
        except TimeoutError as problem:
            told = f"No complete answer came within {post.limit_s:g} s"
            raise Failed(RETRIEVAL, told) from problem
        except Forbidden as problem:
            raise Failed(FORBIDDEN, str(problem)) from problem
        except ClientConnectionError as problem:
            raise Failed(CONNECTION, f"The connection failed: {problem}") from problem
        except (ClientError, OSError, ValueError) as problem:
            raise Failed(RETRIEVAL, f"The exchange failed: {problem}") from problem

    async def close(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()
        for resolver in self._resolvers:
            await resolver.close()

    async def _follow(self, post: Post) -> Answer:
        """The answer, after one redirect at most: the form goes to the new place, signed for it."""
        reach = _EVERYTHING if post.trusted else self._reach
        url = prepared(post.url, reach)
        authorization, url = _credentials(url), url.with_user(None)
        answer, location = await self._send(post, url, authorization)
        if location is None:
            return answer
        onward = prepared(str(url.join(URL(location, encoded=True))), reach).with_user(None)
        kept = authorization if onward.origin() == url.origin() else None
        answer, location = await self._send(post, onward, kept)
        if location is not None:
            raise TooManyRedirects(RETRIEVAL, "It was redirected more than once")
        return answer

    async def _send(
        self, post: Post, url: URL, authorization: str | None
    ) -> tuple[Answer, str | None]:
        """One request; a redirect's Location beside its answer."""
        form, body = post.form, urlencode(post.form).encode()
        if post.method == "GET":
            url, form, body = url.update_query(dict(post.form)), {}, b""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": USER_AGENT,
            "X-Twilio-Signature": original_signature(post.auth_token, str(url), form),
            "I-Twilio-Idempotency-Token": post.message_sid,
            "Accept-Encoding": "identity",
            **standard_headers(post.auth_token, post.message_sid, int(self._ambient.wall()), body),
        }
        if authorization is not None:
            headers["Authorization"] = authorization
        session = self._session(trusted=post.trusted)
        try:
            return await _exchange(session, post, url, body, headers)
        except (ServerDisconnectedError, ClientConnectionResetError):
            # Most likely the other side closed a kept connection at this very moment.
            return await _exchange(session, post, url, body, headers)

    def _session(self, *, trusted: bool) -> ClientSession:
        session = self._sessions.get(trusted)
        if session is None:
            reach = _EVERYTHING if trusted else self._reach
            resolver = JudgingResolver(reach, self._look_up)
            self._resolvers.append(resolver)
            connector = TCPConnector(
                resolver=resolver,
                use_dns_cache=False,
                limit=0,  # callers bound what they send to one endpoint; others must not wait for it
            )
            session = self._sessions[trusted] = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=None),
                trust_env=False,
                auto_decompress=False,
            )
        return session


async def _exchange(
    session: ClientSession, post: Post, url: URL, body: bytes, headers: Mapping[str, str]
) -> tuple[Answer, str | None]:
    """The answer, and where it redirects to."""
    asked = session.request(
        post.method, url, data=body or None, headers=headers, allow_redirects=False
    )
    async with asked as response:
        location = response.headers.get("Location")
        if response.status in _REDIRECTS and location:
            return Answer(response.status, "", b""), location
        content = await _read(response, post.longest_answer)
        return Answer(response.status, _kind(response), content), None


def _credentials(url: URL) -> str | None:
    """User and password of the URL, which go into a header of their own."""
    return None if url.user is None else basic_authorization(url.user, url.password or "")


def _kind(response: ClientResponse) -> str:
    return response.headers.get("Content-Type", "").split(";")[0].strip().lower()


async def _read(response: ClientResponse, longest: int) -> bytes:
    pieces, length = [], 0
    async for piece in response.content.iter_any():
        length += len(piece)
        if length > longest:
            response.close()
            raise TooLong(RETRIEVAL, f"The answer is longer than {longest} bytes")
        pieces.append(piece)
    return b"".join(pieces)
