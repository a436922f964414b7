"""Alerts over the api: what the developer is told, listed, fetched and narrowed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pointsman.auth.credentials import basic_authorization
from pointsman.engine.records import Alert
from pointsman.store import AlertNote
from tests.api.builders import Place
from tests.inside import ACCOUNT, ORIGIN, OTHER_ACCOUNT, Inside

ALERTS = "/pointsman/v1/Alerts"


def noted(server: Inside, place: Place, level: str, code: int) -> str:
    """Something went wrong now: its alert's SID."""
    sid = server.ambient.new_sid("NO")
    told = Alert(sid, code, level, f"{code} happened", server.ambient.now(), place.workflow_sid)

    async def note() -> None:
        server.runtime.note([AlertNote(place.sid, told)])

    server.run(note())
    return sid


def sids(page: dict[str, Any]) -> list[str]:
    return [found["sid"] for found in page["alerts"]]


@pytest.mark.feature(188)
def test_a_refused_instruction_can_be_read_about(place: Place, server: Inside) -> None:
    """What went wrong with an instruction is listed and fetched with its code and its resource."""
    worker = place.a_worker()
    [offer] = place.offers(place.a_task())
    answer = place.post(
        f"/Workers/{worker}/Reservations/{offer['sid']}", Instruction="call", CallFrom="+15550100"
    )
    [alert] = server.get(ALERTS).json["alerts"]

    assert answer.status == 400
    assert alert == {
        "sid": alert["sid"],
        "account_sid": ACCOUNT.sid,
        "workspace_sid": place.sid,
        "log_level": "error",
        "error_code": answer.json["code"],
        "message": answer.json["message"],
        "more_info": f"https://www.twilio.com/docs/errors/{answer.json['code']}",
        "resource_sid": offer["sid"],
        "date_created": offer["date_created"],
        "url": f"{ORIGIN}{ALERTS}/{alert['sid']}",
    }
    assert server.get(alert["url"]).json == alert


@pytest.mark.feature(131)
def test_a_known_worker_outside_of_the_queue_can_be_read_about(
    place: Place, server: Inside
) -> None:
    """A task whose known worker does not serve the queue leaves a readable alert."""
    target = {"queue": place.queue_sid, "known_worker_friendly_name": "task.who"}
    routed = {"expression": "1==1", "targets": [target]}
    place.post(
        "/Workflows",
        FriendlyName="Known",
        Configuration=json.dumps({"task_routing": {"filters": [routed]}}),
    )
    known = place.get("/Workflows", FriendlyName="Known").json["workflows"][0]["sid"]
    task = place.a_task(WorkflowSid=known, Attributes='{"who": "nobody"}')
    [alert] = server.get(ALERTS).json["alerts"]

    assert alert["error_code"] in (40152, 40154, 40155)
    assert alert["resource_sid"] == task


@pytest.mark.feature(282)
def test_alerts_are_narrowed(place: Place, server: Inside) -> None:
    """Alerts are found by level, by code, and by when they happened."""
    first = noted(server, place, "error", 40100)
    server.wait(60)
    second = noted(server, place, "warning", 40000)
    server.wait(60)
    third = noted(server, place, "error", 14222)

    def found(**params: Any) -> list[str]:
        return sids(server.get(ALERTS, **params).json)

    assert found() == [first, second, third]
    assert found(LogLevel="error") == [first, third]
    assert found(LogLevel="warning") == [second]
    assert found(LogLevel="error,warning", ErrorCode=40000) == [second]
    assert found(ErrorCode="14222") == [third]
    middle = server.get(f"{ALERTS}/{second}").json["date_created"]
    assert found(StartDate=middle) == [second, third]
    assert found(EndDate=middle) == [first, second]
    assert found(StartDate=middle, EndDate=middle) == [second]
    assert found(StartDate="2100-01-01") == []


@pytest.mark.feature(282)
def test_alerts_are_paged(place: Place, server: Inside) -> None:
    """The links of a list of alerts lead to its end and back, with its filters."""
    made = [noted(server, place, "error", 40100 + number % 2) for number in range(10)]
    pages = [server.get(ALERTS, ErrorCode=40100, PageSize=2).json]
    while pages[-1]["meta"]["next_page_url"]:
        pages.append(server.get(pages[-1]["meta"]["next_page_url"]).json)
    back = server.get(pages[-1]["meta"]["previous_page_url"]).json

    assert [sid for page in pages for sid in sids(page)] == made[::2]
    assert back["alerts"] == pages[-2]["alerts"]


@pytest.mark.feature(282)
def test_alerts_outlive_their_workspace(place: Place, server: Inside) -> None:
    """The alerts of a workspace are still there when it is deleted."""
    sid = noted(server, place, "error", 40100)
    place.delete("")

    assert sids(server.get(ALERTS).json) == [sid]


@pytest.mark.feature(24, 282)
def test_alerts_of_others(place: Place, server: Inside) -> None:
    """An account sees its own alerts only; those of another do not exist for it."""
    sid = noted(server, place, "error", 40100)
    theirs = {"authorization": basic_authorization(OTHER_ACCOUNT.sid, OTHER_ACCOUNT.auth_token)}

    assert server.get(ALERTS, headers=theirs).json["alerts"] == []
    assert server.get(f"{ALERTS}/{sid}", headers=theirs).status == 404
    assert server.get(f"{ALERTS}/{sid}").status == 200
    assert server.post(ALERTS).status == 405


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LogLevel", "fatal"),
        ("ErrorCode", "many"),
        ("ErrorCode", "-1"),
        ("ErrorCode", "100000"),
        ("StartDate", "yesterday"),
        ("EndDate", "2000-13-01"),
        ("PageSize", "0"),
    ],
)
def test_filters_that_no_alert_can_pass(server: Inside, name: str, value: str) -> None:
    """A level, a code or a date that cannot be is refused by name."""
    answer = server.get(ALERTS, **{name: value})

    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert name in answer.json["message"]
    assert server.get(ALERTS, StartDate="2024-01-02", EndDate="2024-01-01").status == 400
