"""The document of the api: complete, true to what is answered, and readable."""

from __future__ import annotations

import asyncio
import html
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import pointsman
from pointsman.api.operations import OPERATIONS
from pointsman.app import App
from pointsman.rest.openapi import document
from pointsman.rest.reference import page
from pointsman.settings import Settings
from pointsman.wire.callbacks import dead_letter
from pointsman.wire.outbox import Callback, CallbackKind
from pointsman.wire.schemas import resource_schemas
from tests.api.builders import Place, every_name
from tests.inside import Inside

TOLD = document("1.0", "https://router.example")
TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "null": type(None)}


def references(node: Any) -> list[str]:
    """Every `$ref` below a node."""
    if isinstance(node, list):
        return [found for each in node for found in references(each)]
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for each in node.values() for found in references(each)]
    return []


@pytest.mark.feature(272, partly=True)
def test_it_tells_every_operation() -> None:
    """Each row of the table is an operation with its path's variables, and there are no others."""
    told = {(method.upper(), path) for path, each in TOLD["paths"].items() for method in each}

    assert told == {(row.method, row.path) for row in OPERATIONS}
    for path, methods in TOLD["paths"].items():
        for operation in methods.values():
            within = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert within == re.findall(r"{(\w+)}", path)
            assert operation["summary"].endswith(".")
    named = [each["operationId"] for methods in TOLD["paths"].values() for each in methods.values()]
    assert len(set(named)) == len(OPERATIONS)


def test_it_is_whole() -> None:
    """Whatever the document refers to is in it, and it is JSON."""
    assert json.loads(json.dumps(TOLD)) == TOLD
    for reference in references(TOLD):
        _, section, kind, name = reference.split("/")
        assert name in TOLD[section][kind], reference


@pytest.mark.feature(272, partly=True)
def test_resources_look_as_it_says(place: Place, server: Inside) -> None:
    """Every resource has exactly the fields of its schema, in their order and of their types."""
    names = every_name(place)
    paths = {
        "Workspace": "",
        "Activity": "/Activities/{activity_sid}",
        "TaskChannel": "/TaskChannels/sms",
        "Worker": "/Workers/{worker_sid}",
        "WorkerChannel": "/Workers/{worker_sid}/Channels/voice",
        "TaskQueue": "/TaskQueues/{task_queue_sid}",
        "Workflow": "/Workflows/{workflow_sid}",
        "Task": "/Tasks/{task_sid}",
        "Reservation": "/Tasks/{task_sid}/Reservations/{reservation_sid}",
        "Event": "/Events/{event_sid}",
    }
    found = {name: place.get(path.format(**names)).json for name, path in paths.items()}
    found["Alert"] = server.get("/pointsman/v1/Alerts").json["alerts"][0]
    letter = Callback(
        event_sid="EV" + "1" * 32,
        kind=CallbackKind.EVENT,
        account_sid="AC" + "1" * 32,
        workspace_sid=place.sid,
        resource_sid=names["task_sid"],
        url="https://hooks.example/",
        fallback_url="",
        since=1,
        attempts=9,
        next_at=2,
        reason="no answer",
        dead=True,
    )
    found["DeadLetter"] = dead_letter(letter, "https://router.example")
    stored = {"FriendlyName": "Hello", "Twiml": "<Response/>"}
    found["TwiML"] = server.post("/pointsman/v1/TwiML", **stored).json
    schemas = resource_schemas()

    assert set(found) == set(schemas)
    for name, resource in found.items():
        properties = schemas[name]["properties"]
        assert list(resource) == list(properties), name
        for field, value in resource.items():
            kinds = properties[field]["type"]
            allowed = [TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
            assert type(value) in allowed, (name, field, value)


async def served(folder: Path) -> tuple[httpx.Response, httpx.Response]:
    """The document and its page, as a server gives them."""
    app = App(Settings(data=folder, public_url="https://router.example"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://router") as client:
        return await client.get("/openapi.json"), await client.get("/docs")


def test_it_is_served(tmp_path: Path) -> None:
    """Everybody may read the document and its page, which loads nothing and runs nothing."""
    told, shown = asyncio.run(served(tmp_path))

    assert told.json()["openapi"] == "3.1.0"
    assert told.json()["servers"] == [{"url": "https://router.example"}]
    assert told.headers["access-control-allow-origin"] == "*"
    assert shown.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert pointsman.__version__ in shown.text
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", shown.text)


def test_the_page_tells_every_operation_and_parameter() -> None:
    """Whatever the document tells can be read on the page."""
    shown = html.unescape(page(TOLD))
    for path, methods in TOLD["paths"].items():
        for method, operation in methods.items():
            assert f"<b>{method.upper()}</b> <code>{path}</code>" in shown
            for each in operation["parameters"]:
                assert f"<code>{each['name']}</code>" in shown
