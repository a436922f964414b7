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
        "twiml_sid": _a_document(place.server),
    }


def _a_document(server: Inside) -> str:
    """The account's first stored TwiML."""
    path = "/pointsman/v1/TwiML"
    found = server.get(path).json["twiml"]
    return str((found or [server.post(path, **_HELLO).json])[0]["sid"])


_HELLO = {"FriendlyName": "Hello", "Twiml": "<Response/>"}


_ASKED: dict[str, dict[str, Any]] = {
    "/v1/Workspaces": {"FriendlyName": "Second"},
    "": {"FriendlyName": "Renamed"},
    "/Activities": {"FriendlyName": "Lunch"},
    "/Activities/{activity_sid}": {"FriendlyName": "Gone"},
    "/TaskChannels": {"FriendlyName": "Letter", "UniqueName": "letter"},
    "/TaskChannels/{task_channel}": {"FriendlyName": "Texts"},
    "/Workers": {"FriendlyName": "Cleo"},
    "/Workers/{worker_sid}": {"Attributes": '{"level": 1}'},
    "/Workers/{worker_sid}/Channels/{worker_channel}": {"Capacity": "3"},
    "/Workers/{worker_sid}/Reservations/{reservation_sid}": {"ReservationStatus": "accepted"},
    "/TaskQueues": {"FriendlyName": "Second"},
    "/TaskQueues/{task_queue_sid}": {"TargetWorkers": "level == 1"},
    "/TaskQueues/RealTimeStatistics": {},
    "/Workflows": {"FriendlyName": "Second"},
    "/Workflows/{workflow_sid}": {"FriendlyName": "Renamed"},
    "/Tasks": {"Attributes": '{"kind": "order"}'},
    "/Tasks/{task_sid}": {"Priority": "5"},
    "/Tasks/{task_sid}/Reservations/{reservation_sid}": {"ReservationStatus": "wrapping"},
    "/pointsman/v1/TwiML": _HELLO,
    "/pointsman/v1/TwiML/{twiml_sid}": {"FriendlyName": "Greeting"},
    "/pointsman/v1/Expressions/Evaluate": {"expression": "1==1", "place": "queue"},
}
"""What is asked of each operation, by the path below the workspace."""


def asked_of(place: Place, path: str) -> dict[str, Any]:
    """Parameters with which a POST on this path of the table is carried out."""
    asked = dict(_ASKED.get(path.removeprefix("/v1/Workspaces/{workspace_sid}"), {}))
    if path.endswith("/Workflows"):
        asked["Configuration"] = place.get(f"/Workflows/{place.workflow_sid}").json["configuration"]
    if path.endswith("/TaskQueues/RealTimeStatistics"):
        asked["QueueSids"] = [place.queue_sid]
    return asked
