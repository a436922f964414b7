"""A workspace for one test, made by the stock library; access tokens by it as well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant

from tests.browser.place import EVERYTHING, Place
from tests.server import ACCOUNT_SID, API_KEY_SECRET, API_KEY_SID, Server


def access_token(
    workspace_sid: str, worker_sid: str | None, *, role: str = "worker", ttl: int = 3600
) -> str:
    """An access token as the stock library makes it."""
    made = AccessToken(ACCOUNT_SID, API_KEY_SID, API_KEY_SECRET, identity="alice", ttl=ttl)
    made.add_grant(TaskRouterGrant(workspace_sid, worker_sid, role))
    return str(made.to_jwt())


class Desk(Place):
    """One queue for everybody, one workflow to it, and the worker alice, who is offline."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.server = server
        self.workspace.workers(self.alice).update(activity_sid=self.activities["Offline"])

    @property
    def addresses(self) -> dict[str, str]:
        """The client's options that point it here."""
        channel = f"{self.server.address}/v1/wschannels"
        return {"ebServer": channel, "wsServer": channel.replace("http", "ws", 1)}

    def token(self, worker_sid: str = "", *, role: str = "worker", ttl: int = 3600) -> str:
        """An access token of alice, or of another worker."""
        return access_token(self.workspace_sid, worker_sid or self.alice, role=role, ttl=ttl)

    def capability_token(self, rights: Iterable[str] = EVERYTHING) -> str:
        """The other kind of token for alice."""
        return super().token(rights=rights)

    def admin_token(self) -> str:
        """An access token for workspace queries: it names no worker."""
        return access_token(self.workspace_sid, None, role="admin")

    def status(self, task_sid: str) -> Any:
        """A task's status over REST."""
        return self.workspace.tasks(task_sid).fetch().assignment_status
