"""What the newer browser SDK does differently on the live channel, told in the terms of the rest.

Its path names no channel: that is the token's own. Its socket begins with `init`, after which the
SDK asks for everything it has to know, and listens only when it has the answers. Frames that come
before would be lost, so they wait for the last of these answers; what that one already shows is not
told again. This module knows no socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from pointsman.auth import Token

if TYPE_CHECKING:
    from pointsman.gateway.envelope import Envelope

__all__ = ["LONGEST_TIMER_MS", "if_match_of", "init_frame", "path_of"]

LONGEST_TIMER_MS = 2**31 - 2
"""A longer timer of a browser fires at once: the SDK would take its token for expired."""


def init_frame(token: Token, now_s: float) -> str:
    """The first frame of a socket: whose channel it is, and for how long, in ms."""
    left_ms = max(0, int(token.expires_at - now_s * 1000))
    payload = {
        "channel_id": token.channel_sid,
        "account_sid": token.account_sid,
        "workspace_sid": token.workspace_sid,
        "token_lifetime": min(left_ms, LONGEST_TIMER_MS),
    }
    return orjson.dumps({"event_type": "init", "payload": payload}).decode()


def path_of(asked: Envelope) -> str:
    """The request's path in the API's words: only the SDK calls a worker's channels so."""
    head, _, last = asked.path.rpartition("/")
    return f"{head}/Channels" if last == "WorkerChannels" else asked.path


def if_match_of(asked: Envelope, token: Token, if_match: str | None) -> str | None:
    """The version to compare; none for another worker.

    The SDK's supervisor sends the version of himself when he changes another worker.
    """
    parts = asked.path.split("/")
    is_worker = len(parts) == 6 and parts[4] == "Workers"
    return None if is_worker and asked.path != token.resource_path else if_match
