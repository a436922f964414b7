"""What is asked of the carrier, by the stock client: calls, conferences, their participants and recordings.

Every request is one of the documented ones. What is asked of a call or conference that is over does nothing; a
carrier that cannot be reached, or is too busy, raises `ProviderGone`. Which leg is which is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from aiohttp import ClientError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from pointsman.voice.provider import ProviderGone

__all__ = ["Carrier", "Refused"]

T = TypeVar("T")
WITHIN_S = 15.0
_OVER = frozenset({20404, 21220, 21223})
"""There is no such call, or it is in no state for this."""


class Refused(Exception):
    """The carrier will not do it; `code` and the sentence are its own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Carrier:
    """An account with the carrier."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def reached(self) -> None:
        """Ask who we are. Raises `Refused` when the credentials are wrong."""
        await self._asked(self._client.api.accounts(self._client.account_sid).fetch_async())

    async def close(self) -> None:
        close = getattr(self._client.http_client, "close", None)
        if close is not None:
            await close()

    # --- calls -------------------------------------------------------------------------------------

    async def call(self, **fields: Any) -> str:
        """Place a call; the carrier's name of it. Raises `Refused`."""
        made = await self._asked(self._client.calls.create_async(**fields))
        return "" if made is None else str(made.sid)

    async def update(self, sid: str, **fields: Any) -> bool:
        """Change a call; false when it is over."""
        return await self._done(self._client.calls(sid).update_async(**fields))

    # --- conferences -------------------------------------------------------------------------------

    async def announce(self, conference: str, call: str, url: str) -> bool:
        """Let a call of a conference hear the document, or without one all of them."""
        where = self._client.conferences(conference)
        told = where.participants(call) if call else where
        return await self._done(told.update_async(announce_url=url, announce_method="POST"))

    async def seat(self, conference: str, call: str, **fields: Any) -> bool:
        """Change how a call takes part in a conference."""
        return await self._done(
            self._client.conferences(conference).participants(call).update_async(**fields)
        )

    # --- recordings --------------------------------------------------------------------------------

    async def record(self, call: str, **fields: Any) -> str:
        """Record a call and what it hears; the carrier's name of the recording, empty if there is none."""
        try:
            made = await self._asked(self._client.calls(call).recordings.create_async(**fields))
        except Refused:
            return ""
        return "" if made is None else str(made.sid)

    async def stop_recording(self, call: str, recording: str) -> None:
        await self._done(
            self._client.calls(call).recordings(recording).update_async(status="stopped")
        )

    async def delete_recording(self, recording: str) -> None:
        await self._done(self._client.recordings(recording).delete_async())

    def audio(self, recording: str) -> str:
        """The address of the sound."""
        return f"{self._client.api.base_url}/2010-04-01/Accounts/{self._client.account_sid}/Recordings/{recording}.wav"

    # --- answers -----------------------------------------------------------------------------------

    async def _done(self, request: Awaitable[object]) -> bool:
        try:
            return await self._asked(request) is not None
        except Refused:
            return False

    async def _asked(self, request: Awaitable[T]) -> T | None:
        """The answer; None when what was asked about is over."""
        try:
            async with asyncio.timeout(WITHIN_S):
                return await request
        except TwilioRestException as refused:
            if refused.status == 404 or refused.code in _OVER:
                return None
            if refused.status == 429 or refused.status >= 500:
                raise ProviderGone(f"The carrier answered: {refused.msg}") from refused
            raise Refused(refused.code or refused.status, str(refused.msg)) from refused
        except (TwilioException, ClientError, TimeoutError, OSError) as problem:
            raise ProviderGone(f"The carrier cannot be reached: {problem}") from problem
