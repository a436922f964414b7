"""The way in for the carrier's requests: `/twilio/…`, without credentials, for they are signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from pointsman.voice.twilio.asked import PATH, AnswerCarrier, Asked

__all__ = ["carrier_route"]

LONGEST_BYTES = 64 * 1024


class Board(Protocol):
    """Whoever has somebody who answers the carrier, or not."""

    answer_carrier: AnswerCarrier | None


def carrier_route(board: Callable[[], Board | None]) -> Route:
    """The route; without somebody who answers there is nothing behind it."""

    async def take(request: Request) -> Response:
        asked = board()
        answer = asked.answer_carrier if asked is not None else None
        if answer is None:
            return PlainTextResponse("There is nothing here\n", status_code=404)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LONGEST_BYTES:
                return PlainTextResponse("The body is too large\n", status_code=413)
        told = await answer(_asked(request, body))
        if told.file is not None:
            return FileResponse(told.file, media_type="audio/wav")
        kind = "text/xml" if told.text.startswith("<") else "text/plain"
        return Response(told.text, status_code=told.status, media_type=kind)

    return Route(f"{PATH}/{{rest:path}}", take, methods=["GET", "POST"])


def _asked(request: Request, body: bytes) -> Asked:
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    return Asked(
        path=request.path_params["rest"],
        url=f"{path}?{query}" if query else path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        form=dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)),
        signature=request.headers.get("x-twilio-signature", ""),
    )
