"""Workspaces to try operations on, made by the operations themselves."""

from __future__ import annotations

import json
from typing import Any

from tests.inside import Answer, Inside


class Place:
    """A workspace with one queue that everybody serves and one workflow that leads there."""

    def __init__(self, server: Inside, **workflow: Any) -> None:
        self.server = server
        made = server.post("/v1/Workspaces", FriendlyName="Here").json
        self.sid: str = made["sid"]
        self.path = f"/v1/Workspaces/{self.sid}"
        names = self.get("/Activities").json["activities"]
        self.activities = {found["friendly_name"]: found["sid"] for found in names}
        queue = self.post("/TaskQueues", FriendlyName="Everybody").json
        self.queue_sid: str = queue["sid"]
        routing = {"task_routing": {"default_filter": {"queue": self.queue_sid}}}
        workflow = {"FriendlyName": "All", "Configuration": json.dumps(routing), **workflow}
        self.workflow_sid: str = self.post("/Workflows", **workflow).json["sid"]

    def get(self, path: str, **params: Any) -> Answer:
        return self.server.get(self.path + path, **params)

    def post(self, path: str, **params: Any) -> Answer:
        return self.server.post(self.path + path, **params)

    def delete(self, path: str, **params: Any) -> Answer:
        return self.server.delete(self.path + path, **params)

    def a_worker(self, name: str = "Ana", activity: str = "Available", **params: Any) -> str:
        """A new worker's SID."""
        sid = self.activities[activity]
        made = self.post("/Workers", FriendlyName=name, ActivitySid=sid, **params)
        assert made.status == 201, made.body
        return str(made.json["sid"])

    def a_task(self, **params: Any) -> str:
        """A new task's SID."""
        made = self.post("/Tasks", **params)
        assert made.status == 201, made.body
        return str(made.json["sid"])

    def offers(self, task_sid: str) -> list[dict[str, Any]]:
        """The task's reservations."""
        found: list[dict[str, Any]] = self.get(f"/Tasks/{task_sid}/Reservations").json[
            "reservations"
        ]
        return found

    def status(self, task_sid: str) -> str:
        return str(self.get(f"/Tasks/{task_sid}").json["assignment_status"])


def every_name(place: Place) -> dict[str, str]:
    """A live resource of the workspace for each variable part of the paths of the table."""
    worker, task = place.a_worker(), place.a_task()
    [offer] = place.offers(task)
    refused = place.post(f"/Tasks/{task}/Reservations/{offer['sid']}", Instruction="call")
    assert refused.status == 400
    return {
        "workspace_sid": place.sid,
        "activity_sid": place.activities["Offline"],
        "task_channel": "sms",
        "worker_sid": worker,
        "worker_channel": "voice",
        "reservation_sid": offer["sid"],
        "task_queue_sid": place.queue_sid,
        "workflow_sid": place.workflow_sid,
        "task_sid": task,
        "event_sid": place.get("/Events").json["events"][0]["sid"],
        "alert_sid": place.server.get("/pointsman/v1/Alerts").json["alerts"][0]["sid"],
    }
