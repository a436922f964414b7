"""Sessions for tests of the live channel, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

from pointsman.gateway.session import Opening, Session

ACCOUNT = "AC" + "a" * 32
WORKSPACE = "WS" + "5" * 32
ALICE = "WK" + "1" * 32
BOB = "WK" + "2" * 32
OFFLINE = "WA" + "0" * 32
HEARTBEAT_S = 15.0
LATER = 1_000_000.0


def an_opening(
    channel_sid: str = ALICE,
    *,
    account_sid: str = ACCOUNT,
    workspace_sid: str = WORKSPACE,
    token: str = "a token",
    expires_at: float = LATER,
    close_existing: bool = False,
    after: int | None = None,
) -> Opening:
    return Opening(
        account_sid=account_sid,
        workspace_sid=workspace_sid,
        channel_sid=channel_sid,
        token_digest=token.encode(),
        expires_at=expires_at,
        close_existing=close_existing,
        after=after,
    )


def a_session(
    *,
    now: float = 0.0,
    expires_at: float = LATER,
    heartbeat_s: float = HEARTBEAT_S,
    wake: Callable[[], None] = lambda: None,
) -> Session:
    return Session(an_opening(expires_at=expires_at), now, heartbeat_s, wake)
