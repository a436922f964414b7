"""The demo workspace and the sessions of its workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.api.demo import WORKSPACE_NAME
from tests.inside import Inside, a_server_inside

SESSIONS = "/pointsman/v1/Demo/Sessions"
JSON = {"Content-Type": "application/json", "Authorization": ""}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Inside]:
    with a_server_inside(tmp_path / "store") as server:
        server.run(server.demo.prepare())
        yield server


@pytest.mark.feature(235)
def test_a_session(demo: Inside) -> None:
    """A worker's name gets a token of his, a customer's token, and the SIDs that belong to them."""
    answer = demo.send("POST", SESSIONS, body=b'{"worker": "alice"}', headers=JSON)
    session = answer.json
    home = f"/v1/Workspaces/{session['workspace_sid']}"
    worker = {"Authorization": f"Bearer {session['token']}"}
    customer = {"Authorization": f"Bearer {session['customer_token']}"}

    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    own = f"{home}/Workers/{session['worker_sid']}"
    assert demo.get(own, headers=worker).json["friendly_name"] == "alice"
    activities = demo.get(f"{home}/Activities", headers=worker).json["activities"]
    ready = next(found["sid"] for found in activities if found["available"])
    assert demo.post(own, headers=worker, ActivitySid=ready).json["available"] is True
    caller = {"language": "es", "level": 3, "name": "Sofía Vega"}
    made = demo.post(
        f"{home}/Tasks",
        headers=customer,
        WorkflowSid=session["workflow_sid"],
        TaskChannel="voice",
        Attributes=json.dumps(caller),
    )
    assert made.json["task_queue_friendly_name"] == "Spanish"
    [offer] = demo.get(f"{own}/Reservations", headers=worker).json["reservations"]
    assert offer["task_sid"] == made.json["sid"]
    assert demo.get(f"{home}/Tasks/{made.json['sid']}", headers=customer).status == 403


def test_the_level_decides_who_is_asked_first(demo: Inside) -> None:
    """The least skilled who is good enough is asked first; when all are busy, waiting helps."""
    demo_sid = demo.demo.workspace_sid
    home = f"/v1/Workspaces/{demo_sid}"
    ready = demo.get(f"{home}/Activities", Available="true").json["activities"][0]["sid"]
    names = {}
    for name in ("alice", "bob", "erin"):
        [found] = demo.get(f"{home}/Workers", FriendlyName=name).json["workers"]
        names[found["sid"]] = name
        demo.post(f"{home}/Workers/{found['sid']}", ActivitySid=ready)

    def asked(level: int) -> list[str]:
        attributes = json.dumps({"language": "en", "level": level})
        task = demo.post(f"{home}/Tasks", Attributes=attributes, TaskChannel="voice").json["sid"]
        offers = demo.get(f"{home}/Tasks/{task}/Reservations").json["reservations"]
        return [names[offer["worker_sid"]] for offer in offers]

    assert [asked(1), asked(2), asked(3), asked(3)] == [["erin"], ["bob"], ["alice"], []]


def test_it_is_made_once(tmp_path: Path) -> None:
    """A server that starts again on the same folder finds its demo workspace."""
    with a_server_inside(tmp_path / "store") as server:
        server.run(server.demo.prepare())
        first = server.demo.workspace_sid
    with a_server_inside(tmp_path / "store") as server:
        server.run(server.demo.prepare())
        found = server.get("/v1/Workspaces").json["workspaces"]

        assert server.demo.workspace_sid == first
        assert [workspace["friendly_name"] for workspace in found] == [WORKSPACE_NAME]


def test_whom_one_can_be(demo: Inside) -> None:
    """The page can ask for the workers and what they know."""
    workers = demo.send("GET", SESSIONS, headers={"Authorization": ""}).json["workers"]

    assert [worker["friendly_name"] for worker in workers] == [
        "alice",
        "bob",
        "carla",
        "diego",
        "erin",
    ]
    assert json.loads(workers[0]["attributes"])["languages"] == ["en", "es"]


def test_sessions_that_are_refused(demo: Inside) -> None:
    """Nobody's name, no name, no JSON and another method get no tokens."""
    cases = [
        ("POST", b'{"worker": "mallory"}', JSON, 404),
        ("POST", b'{"worker": 7}', JSON, 400),
        ("POST", b"{}", JSON, 400),
        ("POST", b"[", JSON, 400),
        ("POST", b"worker=alice", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", b'{"worker": "alice"}', {"Content-Type": "text/plain"}, 415),
        ("DELETE", b"", JSON, 405),
        ("OPTIONS", b"", JSON, 405),
    ]
    for method, body, headers, status in cases:
        answer = demo.send(method, SESSIONS, body=body, headers=headers)
        assert answer.status == status, (method, body)
        assert "token" not in answer.json
        assert "access-control-allow-origin" not in answer.headers


def test_a_demo_with_a_key(tmp_path: Path) -> None:
    """Where a demo key is set, sessions need it."""
    with a_server_inside(tmp_path / "store", key="open sesame") as server:
        server.run(server.demo.prepare())
        body = b'{"worker": "alice"}'
        with_key = {**JSON, "X-Pointsman-Demo-Key": "open sesame"}

        assert server.send("POST", SESSIONS, body=body, headers=JSON).status == 403
        assert server.send("GET", SESSIONS, headers={"Authorization": ""}).status == 403
        assert server.send("POST", SESSIONS, body=body, headers=with_key).status == 200


def test_a_deleted_demo_workspace(demo: Inside) -> None:
    """When somebody deleted the demo workspace, sessions are 404 with a sentence."""
    demo.delete(f"/v1/Workspaces/{demo.demo.workspace_sid}")

    for method, body in (("POST", b'{"worker": "alice"}'), ("GET", b"")):
        answer = demo.send(method, SESSIONS, body=body, headers=JSON)
        assert (answer.status, answer.json["code"]) == (404, 20404)


def test_a_demo_that_was_cut_short(tmp_path: Path) -> None:
    """A workspace of the demo's name without its workers is left alone, and a whole one is made."""
    with a_server_inside(tmp_path / "store") as server:
        half = server.post("/v1/Workspaces", FriendlyName=WORKSPACE_NAME).json["sid"]
        server.run(server.demo.prepare())

        assert server.demo.workspace_sid != half
        session = server.send("POST", SESSIONS, body=b'{"worker": "bob"}', headers=JSON)
        assert session.json["workspace_sid"] == server.demo.workspace_sid


def test_no_demo_no_sessions(tmp_path: Path) -> None:
    """A server without a demo has no such path."""
    with a_server_inside(tmp_path / "store") as server:
        server.serve(server.api, demo=False)

        assert server.send("POST", SESSIONS, body=b"{}", headers={**JSON}).status in (401, 404)
