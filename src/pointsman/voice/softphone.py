"""`…/Workers/WK…/Softphone`: what a worker's softphone registers with, handed to the worker himself.

The edge (deploy/softphone) shares one secret with this server and knows no worker: a user name that says
when it ends, and a password that follows from it. So nothing has to be kept at the edge, and what a
browser holds is worth nothing after its token. An account gets it for any of its workers, a token for
its own worker alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource
from pointsman.auth import authorize
from pointsman.auth.credentials import canonical_sid
from pointsman.auth.errors import forbidden
from pointsman.engine.records import read_json
from pointsman.engine.state import State
from pointsman.voice.addresses import client_of

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["Softphones", "credentials"]

_PATH = re.compile(
    r"/pointsman(/v1/Workspaces/(WS[0-9a-fA-F]{32})/Workers/(WK[0-9a-fA-F]{32})/Softphone)"
)
REALM = "pointsman"
"""Domain and realm of the edge; no name that has to be looked up."""
TTL_S = 3600


class Softphones:
    """Credentials for the softphones of this server's workers."""

    def __init__(self, board: Switchboard, url: str, secret: str) -> None:
        self._board = board
        self._url = url
        self._secret = secret.encode()

    def offers(self, path: str) -> bool:
        return _PATH.fullmatch(path) is not None

    async def call(self, request: Request) -> Reply:
        """Hand them out. Raises `Refused` or an `AuthError`."""
        found = _PATH.fullmatch(request.path)
        assert found is not None, "it is offered"
        principal, worker_sid = request.principal, canonical_sid(found[3])
        authorize(principal, request.method, found[1], request.params)
        if principal.token is not None and principal.token.worker_sid != worker_sid:
            raise forbidden("A token gets the softphone of its own worker only")
        if request.method != "GET":
            raise Refused(405, 20004, "Only GET is possible here", {"Allow": "GET"})
        workspace_sid = canonical_sid(found[2])
        if self._board.runtime.account_of(workspace_sid) != principal.account_sid:
            raise no_such_resource(request.path)
        name = await self._client(workspace_sid, worker_sid, request.path)
        now_s = int(self._board.ambient.wall())
        token = principal.token
        ends_at_s = now_s + TTL_S if token is None else token.expires_at // 1000
        made = credentials(self._secret, name, ends_at_s)
        body = {"url": self._url, **made, "ttl": max(0, ends_at_s - now_s)}
        return Reply(200, body, {"Cache-Control": "no-store"})

    async def _client(self, workspace_sid: str, worker_sid: str, path: str) -> str:
        """The name under which the worker's `contact_uri` is dialled."""

        def question(state: State, now: int) -> str | None:
            worker = state.workers.get(worker_sid)
            return None if worker is None else worker.attributes

        attributes = await self._board.runtime.read(workspace_sid, question)
        if attributes is None:
            raise no_such_resource(path)
        told = read_json(attributes)
        address = told.get("contact_uri") if isinstance(told, dict) else None
        name = client_of(address)
        if name is None:
            told = "The worker has no softphone: its attribute contact_uri is not like client:alice"
            raise Refused(404, 20404, told)
        return name


def credentials(secret: bytes, name: str, ends_at_s: int) -> dict[str, Any]:
    """SIP address, user name and password of a client until then."""
    username = f"{ends_at_s}:{name}"
    digest = hmac.new(secret, username.encode(), hashlib.sha1).digest()
    return {
        "uri": f"sip:{name}@{REALM}",
        "username": username,
        "password": base64.b64encode(digest).decode(),
    }
