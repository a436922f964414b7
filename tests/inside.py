"""A whole server inside the test: real parts, real store, a clock that the test moves, no sockets.

`a_server_inside(folder)` gives an `Inside`, whose `get`, `post` and `delete` are single requests to
the REST application. Time stands still until `wait(seconds)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

from pointsman.ambient import VirtualAmbient
from pointsman.api import Api
from pointsman.api.demo import Demo
from pointsman.auth import Account, Accounts
from pointsman.auth.accounts import ApiKey
from pointsman.auth.credentials import basic_authorization
from pointsman.engine.records import Limits
from pointsman.rest.asgi import Rest
from pointsman.runtime import Runtime
from pointsman.store.sqlite import open_store

T = TypeVar("T")

ACCOUNT = Account("AC" + "a" * 32, "Ours", "token-of-ours", 1)
OTHER_ACCOUNT = Account("AC" + "b" * 32, "Theirs", "token-of-theirs", 2)
API_KEY = ApiKey("SK" + "c" * 32, ACCOUNT.sid, "Key", "secret-of-key", 3)
ORIGIN = "http://router.test:8080"


class Answer(NamedTuple):
    """What came back; `json` is None for an empty body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Inside:
    """One server and the ways to ask it."""

    def __init__(
        self, folder: Path, runner: asyncio.Runner, *, limits: Limits | None = None, **options: Any
    ) -> None:
        self.ambient = VirtualAmbient()
        self.store = open_store(folder)
        self._runner = runner
        self.runtime = Runtime(self.store, _at_once, ambient=self.ambient, limits=limits)
        self.accounts = Accounts(lambda: ([ACCOUNT, OTHER_ACCOUNT], [API_KEY]))
        self.demo = Demo(self.runtime, self.accounts, ACCOUNT.sid, ambient=self.ambient, **options)
        self.serve(Api(self.runtime, ambient=self.ambient))
        self.run(self.runtime.start())
        self.run(self.api.start())

    def serve(self, api: Api, *, demo: bool = True) -> None:
        """From now on requests go to this api."""
        self.api = api
        sessions = self.demo if demo else None
        self.rest = Rest(api, self.accounts, ambient=self.ambient, demo=sessions)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let a coroutine run to its end."""
        return self._runner.run(work)

    def wait(self, seconds: float) -> None:
        """Let time pass; what is due happens before the next answer."""
        self.ambient.advance(int(seconds * 1000))

        async def ring() -> None:
            self.runtime.clock_changed()

        self.run(ring())

    def close(self) -> None:
        self.run(self.runtime.stop())
        self.store.close()

    def get(self, path: str, *, headers: dict[str, str] | None = None, **params: Any) -> Answer:
        return self.ask("GET", path, params, headers=headers)

    def post(self, path: str, *, headers: dict[str, str] | None = None, **params: Any) -> Answer:
        return self.ask("POST", path, params, headers=headers)

    def delete(self, path: str, *, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("DELETE", path, {}, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        params: dict[str, Any],
        *,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request by the account, unless the headers say otherwise; a link works as a path."""
        encoded = urlencode(params, doseq=True).encode()
        parts = urlsplit(path)
        query = parts.query.encode()
        if method != "POST" and encoded:
            query = b"&".join(piece for piece in (query, encoded) if piece)
        body = encoded if method == "POST" else b""
        return self.send(method, parts.path, query, body, headers or {})

    def send(
        self,
        method: str,
        path: str,
        query: bytes = b"",
        body: bytes | list[bytes] = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request as it stands, with these bytes; a list of bodies comes in pieces."""
        return self.run(self.sent(method, path, query, body, headers))

    def race(
        self, requests: list[tuple[str, str, bytes]], headers: dict[str, str] | None = None
    ) -> list[Answer]:
        """Requests (method, path, body) that are all on their way before the first is answered."""

        async def all_at_once() -> list[Answer]:
            sent = [self.sent(method, path, b"", body, headers) for method, path, body in requests]
            return await asyncio.gather(*sent)

        return self.run(all_at_once())

    async def sent(
        self,
        method: str,
        path: str,
        query: bytes,
        body: bytes | list[bytes],
        headers: dict[str, str] | None,
    ) -> Answer:
        given = {
            "host": urlsplit(ORIGIN).netloc,
            "authorization": basic_authorization(ACCOUNT.sid, ACCOUNT.auth_token),
            **{name.lower(): value for name, value in (headers or {}).items()},
        }
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query,
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in given.items() if v],
            "client": ("192.0.2.7", 40_000),
            "server": ("127.0.0.1", 8080),
        }
        pieces = body if isinstance(body, list) else [body]
        return await _exchange(self.rest, scope, pieces)


async def _exchange(
    app: Callable[..., Awaitable[None]], scope: dict[str, Any], pieces: list[bytes]
) -> Answer:
    left = list(pieces)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, content = sent
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], headers, content["body"])


async def _at_once(function: Callable[[], T]) -> T:
    return function()


@contextlib.contextmanager
def a_server_inside(folder: Path, **options: Any) -> Iterator[Inside]:
    """A server on the folder, stopped when this ends; options are `limits` and the demo's."""
    with asyncio.Runner() as runner:
        server = Inside(folder, runner, **options)
        try:
            yield server
        finally:
            server.close()
