"""One request followed through the log of a server: its answer, command, commit and callbacks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.receiver import Received, Receiver, a_receiver
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

LOG = {"POINTSMAN_LOG": "json", "POINTSMAN_LOG_LEVEL": "debug"}


async def accepting(received: Received) -> web.StreamResponse:
    """An application that lets every worker accept, and is told of events."""
    if received.url.endswith("/assign"):
        return web.json_response({"instruction": "accept"})
    return web.Response(status=204)


def lines_of(server: Server) -> list[dict[str, Any]]:
    """The whole log of a server that ended."""
    return [json.loads(line) for line in server.program.output.splitlines() if line.startswith("{")]


async def a_desk(http: httpx.AsyncClient, receiver: str) -> tuple[str, str]:
    """The paths of a workspace with a worker who can be asked, and of its workflow."""

    async def made(path: str, **fields: Any) -> Any:
        answer = await http.post(path, data=fields, headers={"X-Request-Id": "setting-up"})
        answer.raise_for_status()
        return answer.json()

    workspace = await made(
        "/v1/Workspaces", FriendlyName="Desk", EventCallbackUrl=f"{receiver}/events"
    )
    path = f"/v1/Workspaces/{workspace['sid']}"
    queue = await made(f"{path}/TaskQueues", FriendlyName="All")
    routing = {"task_routing": {"default_filter": {"queue": queue["sid"]}}}
    await made(
        f"{path}/Workflows",
        FriendlyName="Flow",
        Configuration=json.dumps(routing),
        AssignmentCallbackUrl=f"{receiver}/assign",
    )
    found = (await http.get(f"{path}/Activities", params={"FriendlyName": "Available"})).json()
    await made(f"{path}/Workers", FriendlyName="Ana", ActivitySid=found["activities"][0]["sid"])
    return path, workspace["sid"]


def told(receiver: Receiver) -> list[str]:
    """The types of the events that came so far."""
    return [one.form.get("EventType", "") for one in receiver.received]


@pytest.mark.feature(295)
def test_one_request_is_followed_through_all_lines(tmp_path: Path) -> None:
    """The id of a request is in its answer and in every line about what it caused, and in no other."""

    async def run(server: Server) -> httpx.Response:
        async with (
            a_receiver(accepting) as receiver,
            httpx.AsyncClient(
                base_url=server.address, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=30
            ) as http,
        ):
            path, _ = await a_desk(http, receiver.url)
            asked = await http.post(f"{path}/Tasks", headers={"X-Request-Id": "task-42"})
            count = 1
            while "reservation.accepted" not in told(receiver):
                await receiver.wait_for(count := count + 1)
            return asked

    with contextlib.ExitStack() as running:
        server = running.enter_context(a_server(tmp_path, **LOG))
        answer = asyncio.run(run(server))
        server.program.stop()
    lines = lines_of(server)
    mine = [line for line in lines if line.get("request_id") == "task-42"]
    messages = [line["message"] for line in mine]
    commits = [line for line in lines if line["message"] == "committed"]

    assert (answer.status_code, answer.headers["x-request-id"]) == (201, "task-42")
    [access] = [line for line in mine if line["logger"] == "pointsman.access"]
    assert (access["method"], access["status"]) == ("POST", 201)
    assert access["path"].endswith("/Tasks")
    assert {"CreateTask", "AcceptReservation"} <= set(messages)
    assert any(message.startswith("the assignment callback of WR") for message in messages)
    assert sum(message.startswith("the callback of EV") for message in messages) >= 5
    assert sum("task-42" in line["request_ids"] for line in commits) >= 2
    assert "CreateWorker" not in messages
    assert any(" listens on " in line["message"] for line in lines)


@pytest.mark.feature(295, partly=True)
def test_a_request_without_a_usable_id_gets_one(tmp_path: Path) -> None:
    """What is missing or not one short visible word is replaced, by another one each time."""
    with a_server(tmp_path, **LOG) as server:
        found = [
            httpx.get(f"{server.address}/healthz", headers=headers).headers["x-request-id"]
            for headers in ({}, {"X-Request-Id": "two words"}, {"X-Request-Id": "x" * 129})
        ]
        kept = httpx.get(f"{server.address}/nowhere", headers={"X-Request-Id": "x" * 128})

    assert len(set(found)) == 3
    assert all(len(one) == 16 for one in found)
    assert kept.headers["x-request-id"] == "x" * 128
