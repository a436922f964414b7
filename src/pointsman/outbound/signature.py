"""Signatures of what we send: the original's, and that of Standard Webhooks beside it.

Both are keyed by the account's auth token, so a receiver needs one secret. Pure: the time is given.
docs/webhooks.md shows how each is checked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

__all__ = ["original_signature", "standard_headers"]


def original_signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """`X-Twilio-Signature`: HMAC-SHA1 of the URL and the form's names and values, names sorted."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return _encoded(hmac.digest(auth_token.encode(), signed.encode(), hashlib.sha1))


def standard_headers(auth_token: str, message_sid: str, at_s: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks: HMAC-SHA256 of SID, time and body."""
    signed = f"{message_sid}.{at_s}.".encode() + body
    signature = _encoded(hmac.digest(auth_token.encode(), signed, hashlib.sha256))
    return {
        "webhook-id": message_sid,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{signature}",
    }


def _encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
