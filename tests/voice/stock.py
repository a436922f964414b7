"""The stock library against a server in the test's own loop: its requests, carried over ASGI."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

__all__ = ["stock_client"]


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
