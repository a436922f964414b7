"""A workspace for one test, made and changed by the stock client; tokens by the stock library."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

from twilio.jwt.taskrouter.capabilities import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)

from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server

_numbers = count(1)

EVERYTHING = (
    "allow_update_self",
    "allow_fetch_subresources",
    "allow_update_subresources",
    "allow_update_activities",
    "allow_update_reservations",
)
"""What the stock library can put into a worker's token beside its defaults."""
SUPERVISION = (
    "allow_update_self",
    "allow_delete_self",
    "allow_fetch_subresources",
    "allow_update_subresources",
    "allow_delete_subresources",
)
"""The same for a workspace and for a task queue."""


class Place:
    """One queue for everybody, one workflow to it, and the worker alice."""

    def __init__(self, server: Server) -> None:
        self.address = server.address
        self.account_sid = ACCOUNT_SID
        router = server.client().taskrouter.v1
        made = router.workspaces.create(friendly_name=f"Browser {next(_numbers)}")
        self.workspace_sid: str = made.sid
        self.workspace = router.workspaces(made.sid)
        self.activities = {
            each.friendly_name: each.sid for each in self.workspace.activities.list()
        }
        self.queue_sid = self.workspace.task_queues.create(friendly_name="Everybody").sid
        self.workflow_sid = self.workflow(120)
        self.alice = self.worker("alice")

    def workflow(self, reservation_timeout_s: int, queue_sid: str = "") -> str:
        """A workflow that leads to one queue."""
        routing = {"default_filter": {"queue": queue_sid or self.queue_sid}}
        made = self.workspace.workflows.create(
            friendly_name=f"Offers of {reservation_timeout_s} s",
            configuration=json.dumps({"task_routing": routing}),
            task_reservation_timeout=reservation_timeout_s,
        )
        return str(made.sid)

    def worker(self, name: str, activity: str = "Available") -> str:
        """A worker's SID."""
        attributes = json.dumps({"name": name, "languages": ["en", "es"]})
        made = self.workspace.workers.create(
            friendly_name=name, activity_sid=self.activities[activity], attributes=attributes
        )
        return str(made.sid)

    def task(self, workflow_sid: str = "", **params: Any) -> str:
        """A task's SID."""
        attributes = json.dumps({"language": "es", "level": 2})
        made = self.workspace.tasks.create(
            workflow_sid=workflow_sid or self.workflow_sid,
            **{"attributes": attributes, "priority": 3, **params},
        )
        return str(made.sid)

    def token(
        self, worker_sid: str = "", *, ttl: int = 3600, rights: Iterable[str] = EVERYTHING
    ) -> str:
        """A token of alice, or of another worker; without `rights` it may do everything."""
        made = WorkerCapabilityToken(
            ACCOUNT_SID,
            AUTH_TOKEN,
            self.workspace_sid,
            worker_sid or self.alice,
            ttl=ttl,
            **dict.fromkeys(rights, True),
        )
        return str(made.to_jwt())

    def workspace_token(self, rights: Iterable[str] = SUPERVISION) -> str:
        """A supervisor's token of the workspace."""
        given = dict.fromkeys(rights, True)
        made = WorkspaceCapabilityToken(ACCOUNT_SID, AUTH_TOKEN, self.workspace_sid, **given)
        return str(made.to_jwt())

    def queue_token(self, rights: Iterable[str] = SUPERVISION) -> str:
        """A supervisor's token of the queue."""
        sids = (self.workspace_sid, self.queue_sid)
        given = dict.fromkeys(rights, True)
        return str(TaskQueueCapabilityToken(ACCOUNT_SID, AUTH_TOKEN, *sids, **given).to_jwt())

    def reservation_status(self, task_sid: str, worker_sid: str = "") -> str:
        """How the last reservation of this worker for this task stands."""
        found = self.workspace.tasks(task_sid).reservations.list(
            worker_sid=worker_sid or self.alice
        )
        return str(found[-1].reservation_status)

    def activity(self, worker_sid: str = "") -> str:
        """The name of the worker's activity."""
        return str(self.workspace.workers(worker_sid or self.alice).fetch().activity_name)
