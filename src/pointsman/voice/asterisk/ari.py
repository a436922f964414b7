"""Asterisk's REST interface as it is: requests, and the events of one application over a WebSocket.

A 404 means that the channel, bridge or recording has ended: everyday life, told as None. Whatever is refused
otherwise is told with Asterisk's words. That the connection fails is `Unreachable`. What any of it means
for a call is not known here; `Asking` puts it into the terms of the port.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType
from msgspec import Struct
from yarl import URL

from pointsman.auth.credentials import basic_authorization
from pointsman.voice.provider import ProviderGone

__all__ = ["Ari", "AriSettings", "Asking", "Refused", "Unreachable"]

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 5.0
HEARTBEAT_S = 10.0
GONE = frozenset({404, 410})


class AriSettings(Struct, frozen=True):
    """Where Asterisk is, and under which name we are its application."""

    url: str
    """Such as http://127.0.0.1:8088/ari."""
    user: str
    password: str
    app: str = "pointsman"


class Unreachable(Exception):
    """Asterisk does not answer, or not to us; the message is a sentence."""


class Refused(Exception):
    """Asterisk does not do it: the state of the channel or bridge forbids it."""


class Ari:
    """One connection to one Asterisk; `listen` keeps the events coming until it fails."""

    def __init__(self, settings: AriSettings) -> None:
        self._settings = settings
        self._session: ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def get(self, path: str) -> Any:
        return await self._request("GET", path, {}, None)

    async def post(self, path: str, **params: object) -> Any:
        return await self._request("POST", path, params, None)

    async def post_json(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, object]
    ) -> Any:
        return await self._request("POST", path, params, body)

    async def delete(self, path: str, **params: object) -> Any:
        return await self._request("DELETE", path, params, None)

    async def listen(self, opened: Callable[[], None], hear: Callable[[Any], None]) -> str:
        """Hear events until the connection ends; gives back why. Raises `Unreachable` if it never opened."""
        url = URL(self._settings.url.rstrip("/") + "/events")
        params = {"app": self._settings.app, "subscribeAll": "false"}
        try:
            async with self._client().ws_connect(
                url, params=params, heartbeat=HEARTBEAT_S, max_msg_size=0
            ) as socket:
                opened()
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        hear(orjson.loads(message.data))
                return f"Asterisk closed the event connection ({socket.close_code})"
        except (ClientError, OSError, TimeoutError) as problem:
            raise Unreachable(f"Asterisk's events at {url.origin()} fail: {problem}") from problem

    async def _request(
        self, method: str, path: str, params: Mapping[str, object], body: Mapping[str, Any] | None
    ) -> Any:
        url = URL(self._settings.url.rstrip("/") + path, encoded=True)
        query = {key: _text(value) for key, value in params.items()}
        try:
            async with self._client().request(method, url, params=query, json=body) as response:
                content = await response.read()
        except (ClientError, OSError, TimeoutError) as problem:
            raise Unreachable(f"Asterisk at {url.origin()} does not answer: {problem}") from problem
        if response.status in GONE:
            return None
        if response.status in (401, 403):
            raise Unreachable(f"Asterisk refuses the user {self._settings.user}")
        if response.status >= 500:
            raise Unreachable(f"Asterisk fails with {response.status}: {_words(content)}")
        if response.status >= 400:
            raise Refused(_words(content))
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return orjson.loads(content) if content else {}
        return content

    def _client(self) -> ClientSession:
        if self._session is None:
            known = basic_authorization(self._settings.user, self._settings.password)
            self._session = ClientSession(
                headers={"Authorization": known},
                timeout=ClientTimeout(
                    total=None, sock_read=ANSWER_WITHIN_S, connect=ANSWER_WITHIN_S
                ),
                trust_env=False,
            )
        return self._session


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(content: bytes) -> str:
    """What Asterisk says of an error."""
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError:
        return content[:200].decode(errors="replace")
    return str(told.get("message", told)) if isinstance(told, dict) else str(told)


class Asking:
    """Requests in the port's terms: what is gone answers False, an Asterisk out of reach `ProviderGone`."""

    def __init__(self, ari: Ari) -> None:
        self._ari = ari

    async def post(self, path: str, **params: object) -> bool:
        """Have something done; False when what it is to be done to is gone, or cannot have it now."""
        return await self._done(self._ari.post(path, **params), path)

    async def call(self, variables: Mapping[str, str], params: Mapping[str, object]) -> bool:
        """Make a channel; False when Asterisk cannot."""
        made = self._ari.post_json("/channels", {"variables": variables}, params)
        return await self._done(made, "/channels")

    async def delete(self, path: str, **params: object) -> bool:
        """End something; False when it has ended already."""
        return await self._done(self._ari.delete(path, **params), path)

    async def get(self, path: str) -> Any:
        """Something that Asterisk has; None when it has it no more."""
        try:
            return await self._ari.get(path)
        except Unreachable as problem:
            raise ProviderGone(str(problem)) from problem

    async def _done(self, request: Awaitable[Any], path: str) -> bool:
        try:
            return await request is not None
        except Refused as problem:
            log.info("Asterisk refuses %s: %s", path, problem)
            return False
        except Unreachable as problem:
            raise ProviderGone(str(problem)) from problem
