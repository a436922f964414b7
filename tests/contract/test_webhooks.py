"""An application beside the real program: the stock client sets it up, the stock validator lets in.

The application is a plain HTTP server in a thread, as somebody would write it with the vendor's
samples; nothing of the server is imported.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.server import AUTH_TOKEN, Server, a_server

PATIENCE_S = 20.0
Decide = Callable[[str, dict[str, str]], Any]


class Application(ThreadingHTTPServer):
    """Answers each post that the stock validator accepts with what `decide` says; others with 403."""

    daemon_threads = True

    def __init__(self, decide: Decide, auth_token: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Door)
        self.decide = decide
        self.validator = RequestValidator(auth_token)
        self.forms: list[dict[str, str]] = []
        self.arrived = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """The first form that is wanted, as soon as it has come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: any(map(wanted, self.forms)), PATIENCE_S)
            return next(filter(wanted, self.forms))


class Door(BaseHTTPRequestHandler):
    """One connection of the application."""

    server: Application
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        url = f"{self.server.url}{self.path}"
        signature = self.headers["X-Twilio-Signature"]
        if not self.server.validator.validate(url, form, signature):
            self._answer(403, b"")
            return
        decided = self.server.decide(self.path, form)
        self._answer(200, b"" if decided is None else json.dumps(decided).encode())
        with self.server.arrived:
            self.server.forms.append(form)
            self.server.arrived.notify_all()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing on the terminal."""


@contextlib.contextmanager
def an_application(
    decide: Decide, auth_token: str = AUTH_TOKEN, port: int = 0
) -> Iterator[Application]:
    application = Application(decide, auth_token, port)
    thread = threading.Thread(target=application.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield application
    finally:
        application.shutdown()
        thread.join()
        application.server_close()


@contextlib.contextmanager
def a_deaf_port() -> Iterator[int]:
    """A port at which nobody listens, and which nobody else is given meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def nothing(path: str, form: dict[str, str]) -> Any:
    return None


def a_workspace(client: Any, url: str, **urls: str) -> tuple[Any, str]:
    """A workspace that tells the application everything; and its workflow's SID."""
    made = client.taskrouter.v1.workspaces.create(
        friendly_name="Callbacks", event_callback_url=f"{url}/events?from=pointsman"
    )
    workspace = client.taskrouter.v1.workspaces(made.sid)
    queue = workspace.task_queues.create(friendly_name="Everybody")
    routing = {"task_routing": {"default_filter": {"queue": queue.sid}}}
    workflow = workspace.workflows.create(
        friendly_name="All", configuration=json.dumps(routing), **urls
    )
    return workspace, workflow.sid


def a_worker(workspace: Any) -> Any:
    available = workspace.activities.list(friendly_name="Available")[0].sid
    return workspace.workers.create(friendly_name="alice", activity_sid=available)


@pytest.mark.feature(19, 142, 144, 165)
def test_an_application_accepts_an_offer(tmp_path: Path) -> None:
    """Validated with the stock library, it answers `accept`, and is told of what follows."""

    def decide(path: str, form: dict[str, str]) -> Any:
        return {"instruction": "accept"} if path == "/assignment" else None

    with a_server(tmp_path) as server, an_application(decide) as application:
        workspace, workflow_sid = a_workspace(
            server.client(),
            application.url,
            assignment_callback_url=f"{application.url}/assignment",
        )
        worker = a_worker(workspace)
        task = workspace.tasks.create(workflow_sid=workflow_sid, attributes='{"vip": true}')

        told = application.wait_for(lambda form: form.get("EventType") == "reservation.accepted")
        assert (told["TaskSid"], told["WorkerSid"]) == (task.sid, worker.sid)
        assert json.loads(told["TaskAttributes"]) == {"vip": True}
        assert workspace.tasks(task.sid).fetch().assignment_status == "assigned"
        [reservation] = workspace.tasks(task.sid).reservations.list()
        assert reservation.reservation_status == "accepted"


def is_about(sid: str, kind: str, form: dict[str, str]) -> bool:
    return (form["ResourceSid"], form["EventType"]) == (sid, kind)


@pytest.mark.feature(169)
def test_a_killed_server_delivers_what_it_owed(tmp_path: Path) -> None:
    """Nobody listens, the server is killed; both are there again, and every event arrives."""
    with a_server(tmp_path) as server:
        with a_deaf_port() as port:
            workspace, workflow_sid = a_workspace(server.client(), f"http://127.0.0.1:{port}")
            sids = {workspace.tasks.create(workflow_sid=workflow_sid).sid for _ in range(5)}
            server.kill()
        with an_application(nothing, port=port) as application:
            server.start()
            for sid in sids:
                application.wait_for(partial(is_about, sid, "task-queue.entered"))
            of_tasks = [form for form in application.forms if form["ResourceSid"] in sids]
            for sid in sids:
                told = [form["EventType"] for form in of_tasks if form["ResourceSid"] == sid]
                assert told == [
                    "task.created",
                    "workflow.entered",
                    "workflow.target-matched",
                    "task-queue.entered",
                ]


@pytest.mark.feature(280)
def test_another_account_cannot_call_the_machine_itself(tmp_path: Path) -> None:
    """Its callback to loopback never arrives; the dead letter says why."""
    with a_server(tmp_path) as server, an_application(nothing) as application:
        sid, auth_token = server.another_account()
        letters = f"{server.address}/pointsman/v1/DeadLetters"
        made = httpx.post(
            f"{server.address}/v1/Workspaces",
            auth=(sid, auth_token),
            data={"FriendlyName": "Theirs", "EventCallbackUrl": application.url},
        )
        assert made.status_code == 201
        own_workspace(server, application)
        found = httpx.get(letters, auth=(sid, auth_token)).json()["dead_letters"]
        assert found
        assert {letter["reason"] for letter in found} == {"The address 127.0.0.1 may not be called"}
        assert all(form["AccountSid"] != sid for form in application.forms)


def own_workspace(server: Server, application: Application) -> None:
    """The first account's callbacks arrive, and by then those of others have been refused."""
    workspace, _ = a_workspace(server.client(), application.url)
    workspace.delete()
    application.wait_for(lambda form: form["EventType"] == "workspace.deleted")
