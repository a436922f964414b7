"""Callers and workers who press a real server over HTTP and keep a ledger of what it acknowledged.

The ledger believes nothing but answers: what got none is in doubt and is not in it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from tests.server import Server

PATIENCE_S = 20.0
PAGE = 1000


class Ledger:
    """What the server said it had done, and answers that it should never give."""

    def __init__(self) -> None:
        self.created: set[str] = set()
        self.accepted: dict[str, str] = {}
        """Reservation → task."""
        self.completed: set[str] = set()
        self.unexpected: list[str] = []
        self.in_doubt = 0


class Office:
    """One workspace on the server, as an application sees it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.client = self.a_client()
        workspace = self.post("", FriendlyName="pressed")
        self.path = f"/{workspace['sid']}"
        activities = {a["friendly_name"]: a["sid"] for a in self.all_of("/Activities")}
        self.available = activities["Available"]
        queue = self.post(f"{self.path}/TaskQueues", FriendlyName="all", MaxReservedWorkers=3)
        target = f'{{"task_routing":{{"default_filter":{{"queue":"{queue["sid"]}"}}}}}}'
        self.workflow_sid = self.post(
            f"{self.path}/Workflows",
            FriendlyName="all",
            Configuration=target,
            TaskReservationTimeout=2,
        )["sid"]
        self.workers = [self._hire(f"worker {number}") for number in range(1, 7)]

    def _hire(self, name: str) -> str:
        """A worker who takes many tasks at a time."""
        worker = self.post(f"{self.path}/Workers", FriendlyName=name, ActivitySid=self.available)[
            "sid"
        ]
        for channel in self.all_of(f"/Workers/{worker}/Channels"):
            self.post(f"{self.path}/Workers/{worker}/Channels/{channel['sid']}", Capacity=50)
        return str(worker)

    def a_client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self._server.address}/v1/Workspaces",
            auth=(self._server.account_sid, self._server.auth_token),
            timeout=PATIENCE_S,
            trust_env=False,
        )

    def reconnect(self) -> None:
        """The server is a new process."""
        self.client.close()
        self.client = self.a_client()

    def close(self) -> None:
        self.client.close()

    def post(self, path: str, **form: Any) -> dict[str, Any]:
        answer = self.client.post(path, data=form)
        assert answer.is_success, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def all_of(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every record of a list, page by page."""
        answer = self.client.get(self.path + path, params={"PageSize": PAGE, **query})
        while True:
            assert answer.is_success, answer.text
            page = answer.json()
            yield from page[page["meta"]["key"]]
            if page["meta"]["next_page_url"] is None:
                return
            answer = self.client.get(page["meta"]["next_page_url"])


class Caller(threading.Thread):
    """Creates tasks, answers workers' offers and completes tasks, until the server is gone.

    Several callers answer for the same workers, so they race for offers of one task.
    """

    def __init__(self, office: Office, ledger: Ledger, seed: int) -> None:
        super().__init__(daemon=True)
        self._client = office.a_client()
        self._office = office
        self._path = office.path
        self._ledger = ledger
        self._chance = random.Random(seed)

    def run(self) -> None:
        try:
            with self._client:
                while True:
                    self._create()
                    self._work()
        except httpx.TransportError:
            self._ledger.in_doubt += 1

    def _create(self) -> None:
        form = {"WorkflowSid": self._office.workflow_sid, "Attributes": '{"caller": "+4930"}'}
        task = self._ask(self._client.post(f"{self._path}/Tasks", data=form), 201)
        self._ledger.created.add(task["sid"])

    def _work(self) -> None:
        """Answer some offers of one worker; without any he may have been taken for absent."""
        worker = f"{self._path}/Workers/{self._chance.choice(self._office.workers)}"
        query = {"ReservationStatus": "pending", "PageSize": 4}
        reply = self._client.get(f"{worker}/Reservations", params=query)
        offers = self._ask(reply, 200)["reservations"]
        for offer in offers:
            self._answer(worker, offer["sid"], offer["task_sid"])
        if not offers:
            form = {"ActivitySid": self._office.available}
            self._ask(self._client.post(worker, data=form), 200)

    def _answer(self, worker: str, reservation: str, task: str) -> None:
        if self._chance.random() < 0.1:
            return  # nobody answers: the clock has to
        answer = "rejected" if self._chance.random() < 0.1 else "accepted"
        form = {"ReservationStatus": answer}
        reply = self._client.post(f"{worker}/Reservations/{reservation}", data=form)
        self._ask(reply, 200, 400, 410)
        if answer == "accepted" and reply.status_code == 200:
            self._ledger.accepted[reservation] = task
            if self._chance.random() < 0.8:
                form = {"AssignmentStatus": "completed", "Reason": "done"}
                self._ask(self._client.post(f"{self._path}/Tasks/{task}", data=form), 200)
                self._ledger.completed.add(task)

    def _ask(self, reply: httpx.Response, *expected: int) -> Any:
        if reply.status_code not in expected:
            self._ledger.unexpected.append(f"{reply.request.url} {reply.status_code} {reply.text}")
        return reply.json()
