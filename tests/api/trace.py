"""A story of ten minutes with known instants, whose figures were worked out on paper.

Two queues, Sales (Ana and Cy) and Help (Bo and Cy, two offers at a time); two channels, voice and
chat; two workflows: Route sends sales tasks to Sales for 60 s and then to Help, all others to Help;
Short knows only Sales, for 20 s. An offer stands for 30 s. Seconds count from the beginning of the
window; the window is [0, 600], and it is told at second 700.
"""

from __future__ import annotations

import json
from typing import Any

from tests.inside import Inside


class Trace:
    """The workspace of the story, and the SIDs of everything in it by name."""

    def __init__(self, server: Inside) -> None:
        self.server = server
        self.start = server.ambient.now() + 100_000
        made = server.post("/v1/Workspaces", FriendlyName="Trace").json
        self.path = f"/v1/Workspaces/{made['sid']}"
        self.sid = {"workspace": made["sid"]}
        self._set_up()
        self._play()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of an answer that has to be 200."""
        answer = self.server.get(self.path + path, **params)
        assert answer.status == 200, answer.body
        return answer.json

    def date(self, second: float) -> str:
        """A second of the story as a date."""
        return f"2023-11-14T22:{15 + second // 60:02.0f}:{second % 60:02.0f}Z"

    def _post(self, path: str, **params: Any) -> Any:
        answer = self.server.post(self.path + path, **params)
        assert answer.status in (200, 201), answer.body
        return answer.json

    def _set_up(self) -> None:
        for found in self.get("/Activities")["activities"]:
            self.sid[found["friendly_name"]] = found["sid"]
        for name, most in (("Sales", 1), ("Help", 2)):
            rule = f'skills HAS "{name.lower()}"'
            self.sid[name] = self._post(
                "/TaskQueues", FriendlyName=name, TargetWorkers=rule, MaxReservedWorkers=most
            )["sid"]
        sales, help_ = {"queue": self.sid["Sales"]}, {"queue": self.sid["Help"]}
        route = [{"expression": 'kind == "sales"', "targets": [{**sales, "timeout": 60}, help_]}]
        short = [{"expression": "1 == 1", "targets": [{**sales, "timeout": 20}]}]
        for name, rules in (
            ("Route", {"filters": route, "default_filter": help_}),
            ("Short", {"filters": short}),
        ):
            self.sid[name] = self._post(
                "/Workflows",
                FriendlyName=name,
                Configuration=json.dumps({"task_routing": rules}),
                TaskReservationTimeout=30,
            )["sid"]
        for name, skills, activity in (
            ("Ana", ["sales"], "Available"),
            ("Bo", ["help"], "Available"),
            ("Cy", ["sales", "help"], "Offline"),
        ):
            self.sid[name] = self._post(
                "/Workers",
                FriendlyName=name,
                Attributes=json.dumps({"skills": skills}),
                ActivitySid=self.sid[activity],
            )["sid"]

    def _play(self) -> None:
        for second, deed, *words in (
            (10, self._task, "V1", "voice", "sales"),  # offered to Ana
            (25, self._answer, "Ana", "V1", "accepted"),
            (30, self._task, "C1", "chat", "help"),  # offered to Bo
            (60, self._pass),  # Bo did not answer: Offline
            (90, self._task, "V2", "voice", "sales"),  # Ana is busy: it waits
            (100, self._activity, "Cy", "Available"),  # C1 and V2 are offered to Cy
            (110, self._answer, "Cy", "C1", "rejected", "Unavailable"),
            (120, self._answer, "Cy", "V2", "accepted"),
            (200, self._status, "V1", "completed"),
            (210, self._task, "V3", "voice", "sales"),  # offered to Ana
            (215, self._status, "V3", "canceled"),  # and so is the offer
            (230, self._activity, "Bo", "Available"),  # C1 is offered to Bo
            (236.5, self._answer, "Bo", "C1", "accepted"),
            (290, self._activity, "Ana", "Offline"),
            (300, self._task, "V4", "voice", "sales"),  # nobody is there
            (360, self._pass),  # V4 moves to Help and is offered to Bo
            (375, self._answer, "Bo", "V4", "accepted"),
            (400, self._delete, "/Tasks", "C1"),
            (410, self._activity, "Cy", "Available"),
            (420, self._task, "C2", "chat", "help"),  # offered to Bo and to Cy
            (430, self._answer, "Cy", "C2", "accepted"),  # Bo's offer is rescinded
            (440, self._task, "S1", "voice", "sales", "Short"),  # Cy is busy on voice
            (460, self._pass),  # S1 is canceled: the workflow's time is over
            (500, self._task, "V5", "voice", "sales", "Route", 7),  # nobody is free
            (550, self._delete, "/Workers", "Ana"),
            (560, self._pass),  # V5 moves to Help, where nobody is free either
            (650, self._activity, "Bo", "Unavailable"),
            (690, self._status, "V4", "completed"),
            (700, self._pass),
        ):
            self.server.wait((self.start - self.server.ambient.now()) / 1000 + second)
            deed(*words)  # type: ignore[operator]

    def _pass(self) -> None:
        """Time alone does something."""

    def _task(
        self, name: str, channel: str, kind: str, workflow: str = "Route", priority: int = 0
    ) -> None:
        self.sid[name] = self._post(
            "/Tasks",
            TaskChannel=channel,
            Attributes=json.dumps({"kind": kind}),
            WorkflowSid=self.sid[workflow],
            Priority=priority,
        )["sid"]

    def _answer(self, worker: str, task: str, status: str, activity: str = "") -> None:
        path = f"/Tasks/{self.sid[task]}/Reservations"
        [offer] = [
            found
            for found in self.get(path, ReservationStatus="pending")["reservations"]
            if found["worker_sid"] == self.sid[worker]
        ]
        extra = {"WorkerActivitySid": self.sid[activity]} if activity else {}
        self._post(f"{path}/{offer['sid']}", ReservationStatus=status, **extra)

    def _activity(self, worker: str, activity: str) -> None:
        self._post(f"/Workers/{self.sid[worker]}", ActivitySid=self.sid[activity])

    def _status(self, task: str, status: str) -> None:
        self._post(f"/Tasks/{self.sid[task]}", AssignmentStatus=status)

    def _delete(self, collection: str, name: str) -> None:
        answer = self.server.delete(f"{self.path}{collection}/{self.sid[name]}")
        assert answer.status == 204, answer.body


# --- what is expected --------------------------------------------------------------------------


def in_window(trace: Trace, path: str, **params: Any) -> Any:
    """What was in the ten minutes of the story."""
    return trace.get(path, StartDate=trace.date(0), EndDate=trace.date(600), **params)


def spread(avg: int, least: int, most: int, total: int) -> dict[str, int]:
    return {"avg": avg, "min": least, "max": most, "total": total}


NEVER = spread(0, 0, 0, 0)


def reservations(created: int, **ends: int) -> dict[str, int]:
    """The counters of reservations; ends that are not named did not happen."""
    names = ("accepted", "rejected", "timed_out", "canceled", "rescinded")
    return {
        "reservations_created": created,
        **{f"reservations_{name}": ends.get(name, 0) for name in names},
    }


def times(trace: Trace) -> dict[str, str]:
    return {"start_time": trace.date(0), "end_time": trace.date(600)}
