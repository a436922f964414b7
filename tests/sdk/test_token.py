"""What a client reads in tokens that the stock library makes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken, WorkspaceCapabilityToken

from pointsman.ambient import wall
from pointsman.sdk.token import read_token

SECRET = "5e" * 16
AC, WS, WK, SK = "AC" + "1" * 32, "WS" + "2" * 32, "WK" + "3" * 32, "SK" + "4" * 32


def a_text(**claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"


def test_a_capability_token() -> None:
    """Whose it is and when it ends is read from a worker's capability token; its text is not shown."""
    text = WorkerCapabilityToken(AC, SECRET, WS, WK, ttl=60).to_jwt()
    token = read_token(text)

    assert (token.account_sid, token.workspace_sid, token.worker_sid) == (AC, WS, WK)
    assert 0 < token.expires_at - wall() <= 60
    assert text not in repr(token)


def test_an_access_token() -> None:
    """The same is read from an access token with the grant for task routing."""
    made = AccessToken(AC, SK, SECRET, identity="alice", ttl=60)
    made.add_grant(TaskRouterGrant(workspace_sid=WS, worker_sid=WK, role="worker"))
    token = read_token(made.to_jwt())

    assert (token.account_sid, token.workspace_sid, token.worker_sid) == (AC, WS, WK)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A token is three parts"),
        ("a.b", "A token is three parts"),
        ("a.!.c", "The token's claims cannot be read"),
        ("a.bm8.c", "The token's claims cannot be read"),
        (a_text(), "The token does not name its account"),
        (a_text(account_sid=AC, workspace_sid=7), "The token does not name its workspace"),
        (a_text(sub=AC, grants={"task_router": {"workspace_sid": WS}}), "does not name its worker"),
        (a_text(account_sid=AC, workspace_sid=WS, worker_sid=WK), "does not say when it expires"),
        (
            a_text(account_sid=AC, workspace_sid=WS, worker_sid=WK, exp=True),
            "does not say when it expires",
        ),
        (WorkspaceCapabilityToken(AC, SECRET, WS).to_jwt(), f"is for {WS}, which is no worker"),
    ],
)
def test_what_is_no_workers_token(text: str, sentence: str) -> None:
    """Anything else is refused with a sentence."""
    with pytest.raises(ValueError, match=sentence):
        read_token(text)
