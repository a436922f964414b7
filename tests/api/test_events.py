"""Events over the api: what happened, when, caused by whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.builders import Place
from tests.inside import ACCOUNT, ORIGIN, Inside


def types(answer: Any) -> list[str]:
    return [event["event_type"] for event in answer.json["events"]]


@pytest.mark.feature(167, partly=True)
@pytest.mark.feature(168)
def test_an_event(place: Place, server: Inside) -> None:
    """An event names its resource, its actor and its time, in all documented fields."""
    task = place.a_task()
    [created] = place.get("/Events", EventType="task.created").json["events"]
    sid = created["sid"]

    assert set(created) == {
        "sid",
        "account_sid",
        "workspace_sid",
        "event_type",
        "description",
        "event_date",
        "event_date_ms",
        "event_data",
        "resource_type",
        "resource_sid",
        "resource_url",
        "actor_type",
        "actor_sid",
        "actor_url",
        "source",
        "source_ip_address",
        "url",
    }
    assert (created["resource_type"], created["resource_sid"]) == ("task", task)
    assert created["event_date_ms"] == server.ambient.now()
    assert (created["actor_type"], created["actor_sid"]) == ("account", ACCOUNT.sid)
    assert (created["source"], created["source_ip_address"]) == ("api", "192.0.2.7")
    assert created["event_data"]["task_sid"] == task
    assert all(isinstance(value, str) for value in created["event_data"].values())
    assert created["url"] == f"{ORIGIN}{place.path}/Events/{sid}"
    assert place.get(f"/Events/{sid}").json == created
    assert place.get("/Events/EV" + "0" * 32).status == 404
    assert place.get("/Events/x").status == 404


@pytest.mark.feature(167, partly=True)
def test_by_whom_and_what(place: Place) -> None:
    """Events are narrowed by task, worker, queue, workflow, reservation and type."""
    ana = place.a_worker("Ana")
    task = place.a_task()
    [offer] = place.offers(task)
    other = place.a_task()

    of_task = place.get("/Events", TaskSid=task)
    assert "reservation.created" in types(of_task)
    assert {e["event_data"]["task_sid"] for e in of_task.json["events"]} == {task}
    assert "worker.created" in types(place.get("/Events", WorkerSid=ana))
    assert types(place.get("/Events", ReservationSid=offer["sid"])) == ["reservation.created"]
    assert "task-queue.created" in types(place.get("/Events", TaskQueueSid=place.queue_sid))
    assert "workflow.created" in types(place.get("/Events", WorkflowSid=place.workflow_sid))
    both = place.get("/Events", TaskSid=other, EventType="task.created")
    assert types(both) == ["task.created"]
    sid = both.json["events"][0]["sid"]
    assert [e["sid"] for e in place.get("/Events", Sid=sid).json["events"]] == [sid]


@pytest.mark.feature(167)
def test_by_task_channel(place: Place) -> None:
    """Events are narrowed by the SID or the unique name of a task channel."""
    call = place.a_task(TaskChannel="voice")
    place.a_task(TaskChannel="chat")
    sid = place.get("/TaskChannels/voice").json["sid"]

    by_name = place.get("/Events", TaskChannel="voice", EventType="task.created").json["events"]
    by_sid = place.get("/Events", TaskChannel=sid, EventType="task.created").json

    assert [event["resource_sid"] for event in by_name] == [call]
    assert by_sid["events"] == by_name
    assert f"TaskChannel={sid}" in by_sid["meta"]["first_page_url"]
    assert "task-channel.created" in types(place.get("/Events", TaskChannel=sid))
    assert place.get("/Events", TaskChannel="carrier-pigeon").json["events"] == []


@pytest.mark.feature(167, partly=True)
def test_windows(place: Place, server: Inside) -> None:
    """A window is the last minutes, 15 by default, or lies between two dates."""
    start = server.ambient.now()
    early = place.a_task()
    server.wait(20 * 60)
    late = place.a_task()

    def tasks(**params: Any) -> list[str]:
        found = place.get("/Events", EventType="task.created", **params).json["events"]
        return [event["resource_sid"] for event in found]

    assert tasks() == [late]
    assert tasks(Minutes=30) == [early, late]
    assert tasks(StartDate=iso(start)) == [early, late]
    assert tasks(EndDate=iso(start + 1000)) == [early]
    assert tasks(StartDate=iso(start + 1000)) == [late]
    assert tasks(StartDate=iso(start), EndDate=iso(start + 60_000)) == [early]
    for params in (
        {"Minutes": 5, "StartDate": iso(start)},
        {"Minutes": 0},
        {"Minutes": "9" * 18},
        {"StartDate": iso(start), "EndDate": iso(start - 1000)},
        {"StartDate": "yesterday"},
    ):
        assert place.get("/Events", **params).status == 400


def iso(at_ms: int) -> str:
    """An instant as clients write it."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


@pytest.mark.feature(167, partly=True)
def test_pages(place: Place, server: Inside) -> None:
    """Events are paged both ways, and the links keep the window and the filters."""
    for _ in range(5):
        place.a_task()
    page = place.get("/Events", EventType="task.created", Minutes=5, PageSize=2).json
    pages = [page]
    while pages[-1]["meta"]["next_page_url"]:
        pages.append(server.get(pages[-1]["meta"]["next_page_url"]).json)

    assert [len(page["events"]) for page in pages] == [2, 2, 1]
    assert "EventType=task.created&Minutes=5&PageSize=2" in page["meta"]["next_page_url"]
    back = server.get(pages[2]["meta"]["previous_page_url"]).json
    assert back["events"] == pages[1]["events"]
