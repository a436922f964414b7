"""Reads a worker's token for what a client must know: whose it is, and when it ends.

The rule: no signature is checked; that is the server's part. Capability tokens and access tokens are
read alike.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Token", "read_token"]


@dataclass(frozen=True)
class Token:
    """A token's text and what it says."""

    text: str = field(repr=False)
    account_sid: str
    workspace_sid: str
    worker_sid: str
    expires_at: float
    """Epoch seconds."""


def read_token(text: str) -> Token:
    """The worker's token in this text. Raises `ValueError` with a sentence when it is none."""
    claims = _claims(text)
    grant = _mapping(_mapping(claims.get("grants")).get("task_router"))
    account_sid = _text("account", claims.get("account_sid") or claims.get("sub"))
    workspace_sid = _text("workspace", claims.get("workspace_sid") or grant.get("workspace_sid"))
    named = claims.get("worker_sid") or claims.get("channel") or grant.get("worker_sid")
    worker_sid = _text("worker", named)
    if not worker_sid.startswith("WK"):
        raise ValueError(f"The token is for {worker_sid}, which is no worker.")
    expires_at = claims.get("exp")
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
        raise ValueError("The token does not say when it expires.")
    return Token(text, account_sid, workspace_sid, worker_sid, float(expires_at))


def _claims(text: str) -> dict[str, Any]:
    segments = text.split(".")
    if len(segments) != 3:
        raise ValueError("A token is three parts with dots between them; this is none.")
    try:
        padded = segments[1] + "=" * (-len(segments[1]) % 4)
        return _mapping(json.loads(base64.urlsafe_b64decode(padded)))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise ValueError(f"The token's claims cannot be read ({problem}).") from problem


def _text(what: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"The token does not name its {what}; is it a worker's?")
    return value


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
