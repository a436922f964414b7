"""The stock library against a server in the test's own loop: its requests, carried over ASGI."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.webhooks.scene import ACCOUNT_SID, AUTH_TOKEN, Scene

__all__ = ["refused", "stock", "stock_client"]


class _Wire(HttpClient):
    """Carries requests from the library's thread to the loop of the server."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._loop = asyncio.get_running_loop()

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        asked: dict[str, Any] = {"params": params, "data": data, "headers": headers, "auth": auth}
        asking = self._http.request(method, uri, **asked)
        answer = asyncio.run_coroutine_threadsafe(asking, self._loop).result(20)
        return Response(answer.status_code, answer.text, answer.headers)


def stock_client(http: httpx.AsyncClient, auth: tuple[str, str]) -> Client:
    """A client of the running loop's server; to be used in a thread."""
    client = Client(*auth, http_client=_Wire(http))
    client.api.base_url = "http://router.test"
    return client


class _InProcess(AsyncHttpClient):
    """Its connection: whatever host the library names, the scene's server answers."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=True)
        self._http = http

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        *_: Any,
        **__: Any,
    ) -> Response:
        address = httpx.URL(uri).raw_path.decode()
        answer = await self._http.request(
            method, address, params=params or None, data=data, headers=headers, auth=auth
        )
        return Response(answer.status_code, answer.text, answer.headers)


def stock(scene: Scene, sid: str = ACCOUNT_SID, token: str = AUTH_TOKEN) -> Client:
    """A client of the scene's server for the asynchronous half of the library."""
    return Client(sid, token, http_client=_InProcess(scene.http))


async def refused(work: Awaitable[object]) -> tuple[int | None, int | None]:
    """Status and code with which the library is refused."""
    with pytest.raises(TwilioRestException) as caught:
        await work
    return caught.value.status, caught.value.code
