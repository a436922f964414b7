"""A request has to come to its end: its head is bounded in bytes, head and body in the time they take.

uvicorn reads a request's line and headers without an end, waits without a clock, and leaves a handshake
that it cannot read without an answer; whoever wanted to could fill memory, or hold connections. Here each of
them is refused. How large a body may be, and what a request means, is not known here.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets import http11

from pointsman.api.errors import error_body
from pointsman.auth.signing import TOKEN_MAX_LENGTH

__all__ = ["Handshakes", "Requests"]

HEAD_MAX_BYTES = 64 * 1024
"""Of a line and headers that are not there in one piece."""
HEAD_WITHIN_S = 30.0
BODY_WITHIN_S = 60.0
"""Enough for the largest body over a line of half a megabit."""

# A handshake has its token in its line; the library reads this at each of them.
http11.MAX_LINE_LENGTH = 2 * TOKEN_MAX_LENGTH


class Requests(HttpToolsProtocol):
    """HTTP, with bounds for what is not yet a whole request."""

    head_within_s = HEAD_WITHIN_S
    body_within_s = BODY_WITHIN_S

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._in_head = True
        self._head_bytes = 0
        self._alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set_alarm(self.head_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_alarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # over, or a websocket by now
        if not self._in_head:
            self._set_alarm(self.body_within_s)
        elif self._head_bytes > HEAD_MAX_BYTES:
            told = f"The request's line and headers are larger than {HEAD_MAX_BYTES} bytes"
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, told)
        elif self._head_bytes:
            self._set_alarm(self.head_within_s)

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._unset_alarm()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._unset_alarm()
        super().on_message_complete()

    def _set_alarm(self, within_s: float) -> None:
        if self._alarm is None:
            self._alarm = self.loop.call_later(within_s, self._ring)

    def _unset_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        """It did not come in time; who said nothing at all, or was answered already, is told nothing."""
        self._alarm = None
        if self._head_bytes:
            told = f"The request's line and headers took longer than {self.head_within_s:g} s"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, told)
        elif not self._in_head and not self.cycle.response_started:
            told = f"The request's body took longer than {self.body_within_s:g} s"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, told)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, told: str) -> None:
        self.transport.write(_answer(status, told))
        self.transport.close()


class Handshakes(WebSocketsSansIOProtocol):
    """Websockets; a handshake that cannot be read is answered."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            told = (
                "The handshake cannot be read: a line of it is too long, or it has too many headers"
            )
            self.transport.write(_answer(HTTPStatus.BAD_REQUEST, told))
            self.transport.close()


def _answer(status: HTTPStatus, told: str) -> bytes:
    """A whole response, after which the connection ends."""
    body = orjson.dumps(error_body(status, 20001, told))
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
        f"Access-Control-Allow-Origin: *\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
