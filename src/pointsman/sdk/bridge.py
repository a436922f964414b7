"""Commands to the server: one POST each, an envelope out, an envelope in.

The rule: a command is carried out once, however often it has to be sent: its `request_id` stays the
same. It knows no resource by name.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any

import aiohttp

from pointsman import ambient
from pointsman.sdk.errors import Refused, Unanswered

__all__ = ["Bridge"]

ANSWER_WITHIN_S = 8.0
"""The server answers within 4 seconds."""
TRIED_FOR_S = 30.0
FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 4.0
_AGAIN = frozenset({429, 502, 503, 504})
_UNAUTHORIZED = 401

log = logging.getLogger("pointsman.sdk")


class Bridge:
    """The POST side of one worker's channel."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        channel_url: str,
        tls: ssl.SSLContext | bool,
        token: Callable[[], str],
        renew: Callable[[str], Awaitable[bool]],
    ) -> None:
        """`renew` is asked, with the token that was refused, whether there is another one."""
        self._http = http
        self._channel_url = channel_url
        self._tls = tls
        self._token = token
        self._renew = renew

    async def ask(self, method: str, url: str, params: Mapping[str, Any] | None = None) -> Any:
        """The payload of the answer. Raises `Refused`, or `Unanswered` after half a minute."""
        envelope: dict[str, Any] = {"url": url, "method": method, "params": dict(params or {})}
        if method != "GET":
            envelope["request_id"] = ambient.random_bytes(16).hex()
        token = self._token()
        status, body = await self._send_patiently(envelope, token)
        if status == _UNAUTHORIZED and await self._renew(token):
            status, body = await self._send_patiently(envelope, self._token())
        if status == 0 or status in _AGAIN:
            raise Unanswered(f"{method} {url} was not answered: {_message(body)}.")
        if not 200 <= status < 300:
            told = body if isinstance(body, dict) else {}
            raise Refused(status, int(told.get("code") or 0), _message(body))
        if not isinstance(body, dict) or "payload" not in body:
            raise Unanswered(f"{self._channel_url} does not answer as a Pointsman server does.")
        return body["payload"]

    async def _send_patiently(self, envelope: dict[str, Any], token: str) -> tuple[int, Any]:
        give_up_at = ambient.monotonic() + TRIED_FOR_S
        for tries in count():
            status, body = await self._send({**envelope, "token": token})
            if status != 0 and status not in _AGAIN:
                break
            delay_s = ambient.random() * min(FIRST_DELAY_S * 2**tries, LONGEST_DELAY_S)
            if ambient.monotonic() + delay_s > give_up_at:
                break
            log.debug("%s is asked again: %s", envelope["url"], _message(body))
            await asyncio.sleep(delay_s)
        return status, body

    async def _send(self, envelope: dict[str, Any]) -> tuple[int, Any]:
        """Status and body of one attempt; status 0 and the problem when there was no answer."""
        within = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        try:
            async with self._http.post(
                self._channel_url, data=json.dumps(envelope), ssl=self._tls, timeout=within
            ) as answer:
                text = await answer.text(errors="replace")
        except TimeoutError:
            return 0, f"no answer within {ANSWER_WITHIN_S:.0f} seconds"
        except (aiohttp.ClientError, OSError) as problem:
            return 0, str(problem) or type(problem).__name__
        try:
            return answer.status, json.loads(text)
        except json.JSONDecodeError:
            return answer.status, text


def _message(body: Any) -> str:
    """The sentence of an error body, whatever it is."""
    told = body.get("message") if isinstance(body, dict) else body
    return str(told or "nothing was said").rstrip(".")[:500]
