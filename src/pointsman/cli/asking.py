"""Questions to a running server, with the credentials of the environment.

Every trouble ends the command with a sentence; what the server refuses is told in its own words.
The secret is never printed and goes nowhere but to the server that was named.
"""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode, urlsplit

from pointsman.cli.ending import refuse, settings_or_refuse

__all__ = ["ask"]

LIMIT_S = 30.0


def ask(server: str, path: str, **fields: str | None) -> dict[str, Any]:
    """The JSON answer to a POST of these fields, of which None counts as not given."""
    given = {name: value for name, value in fields.items() if value is not None}
    headers = {
        "Authorization": _authorization(),
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    connection, prefix = _connection(server)
    try:
        connection.request("POST", prefix + path, urlencode(given), headers)
        answer = connection.getresponse()
        status, content = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as problem:
        refuse(f"{server} cannot be asked: {str(problem) or type(problem).__name__}.")
    finally:
        connection.close()
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        refuse(f"{server} answered with status {status} and no JSON; is it a Pointsman?")
    if status != 200:
        refuse(f"{server} refused with status {status}: {told.get('message', 'it gave no reason')}")
    return told


def _authorization() -> str:
    """The API key of the environment, or else its account."""
    settings = settings_or_refuse()
    user, secret = settings.api_key_sid, settings.api_key_secret
    if not user:
        user, secret = settings.account_sid, settings.auth_token
    if not user:
        refuse(
            "Set POINTSMAN_ACCOUNT_SID and POINTSMAN_AUTH_TOKEN to those of the server's account."
        )
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()


def _connection(server: str) -> tuple[http.client.HTTPConnection, str]:
    """A connection to the server, and the beginning of its paths."""
    try:
        parts = urlsplit(server)
        usable = parts.scheme in ("http", "https") and parts.hostname
        host, port = parts.hostname or "", parts.port
    except ValueError:
        usable, host, port = "", "", None
    if not usable:
        refuse(f"{server!r} is no server; say its address, such as http://127.0.0.1:8080.")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=LIMIT_S), parts.path.rstrip("/")
