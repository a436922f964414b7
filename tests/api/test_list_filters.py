"""Filters that evaluate expressions, and lists in other orders."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.api.builders import Place
from tests.inside import Answer, Inside


def names(answer: Answer) -> list[str]:
    """The friendly names of a list, in its order."""
    body = answer.json
    return [found["friendly_name"] for found in body[body["meta"]["key"]]]


def sids(answer: Any) -> list[str]:
    return [found["sid"] for found in answer[answer["meta"]["key"]]]


def walked(server: Inside, answer: Answer) -> list[dict[str, Any]]:
    """The page and all after it."""
    pages = [answer.json]
    while pages[-1]["meta"]["next_page_url"]:
        pages.append(server.get(pages[-1]["meta"]["next_page_url"]).json)
    return pages


@pytest.mark.feature(47)
def test_workers_by_expression(place: Place) -> None:
    """Workers are found by attributes, by their own fields and by their load."""
    place.a_worker("Ana", Attributes='{"language": "en", "level": "6"}')
    place.a_worker("Ben", "Offline", Attributes='{"language": "en", "friendly_name": "Benny"}')
    place.a_worker("Cleo", Attributes='{"language": "de"}')

    def found(expression: str) -> list[str]:
        return names(place.get("/Workers", TargetWorkersExpression=expression))

    assert found('language == "en"') == ["Ana", "Ben"]
    assert found(' worker.language = "de" ') == ["Cleo"]
    assert found("level > 5") == ["Ana"]
    assert found('activity_name == "Available"') == ["Ana", "Cleo"]
    assert found(f'activity_sid == "{place.activities["Offline"]}"') == ["Ben"]
    assert found('friendly_name IN ["Benny", "Cleo"]') == ["Ben", "Cleo"]
    assert found("worker.channel.default.assigned_tasks == 1") == []
    offer = place.offers(place.a_task())[0]
    place.post(f"/Workers/{offer['worker_sid']}/Reservations/{offer['sid']}", Instruction="accept")
    assert found("worker.channel.default.assigned_tasks == 1") == [offer["worker_name"]]
    both = place.get("/Workers", TargetWorkersExpression='language == "en"', Available="true")
    assert names(both) == ["Ana"]


@pytest.mark.feature(46)
def test_workers_of_a_queue(place: Place) -> None:
    """Workers are found by a queue's SID or name, whatever their activity."""
    english = place.post(
        "/TaskQueues", FriendlyName="English", TargetWorkers='language == "en"'
    ).json["sid"]
    idle = place.post(
        "/TaskQueues",
        FriendlyName="Idle",
        TargetWorkers="worker.channel.default.assigned_tasks == 0",
    ).json["sid"]
    nobody = place.post("/TaskQueues", FriendlyName="Nobody", TargetWorkers="").json["sid"]
    place.a_worker("Ana", "Offline", Attributes='{"language": "en"}')
    place.a_worker("Ben")

    assert names(place.get("/Workers", TaskQueueSid=english)) == ["Ana"]
    assert names(place.get("/Workers", TaskQueueSid=place.queue_sid)) == ["Ana", "Ben"]
    assert names(place.get("/Workers", TaskQueueSid=nobody)) == []
    assert names(place.get("/Workers", TaskQueueName="English")) == ["Ana"]
    assert names(place.get("/Workers", TaskQueueName="english")) == []
    assert names(place.get("/Workers", TaskQueueSid=idle)) == ["Ana", "Ben"]
    offer = place.offers(place.a_task())[0]
    place.post(f"/Workers/{offer['worker_sid']}/Reservations/{offer['sid']}", Instruction="accept")
    assert names(place.get("/Workers", TaskQueueSid=idle)) == ["Ana"]
    assert names(place.get("/Workers", TaskQueueSid="WQ" + "0" * 32)) == []


@pytest.mark.feature(62, 63)
def test_queues_of_a_worker(place: Place) -> None:
    """Queues are found by a worker, or by the attributes that a worker might have."""
    place.post("/TaskQueues", FriendlyName="Tech", TargetWorkers="tech_support_skill > 5")
    place.post("/TaskQueues", FriendlyName="Nobody", TargetWorkers="")
    expert = place.a_worker("Ana", Attributes='{"tech_support_skill": 7}')
    novice = place.a_worker("Ben")

    def accepting(attributes: str) -> list[str]:
        return names(place.get("/TaskQueues", EvaluateWorkerAttributes=attributes))

    assert accepting('{"tech_support_skill":"6"}') == ["Everybody", "Tech"]
    assert accepting('{"tech_support_skill": 5}') == ["Everybody"]
    assert names(place.get("/TaskQueues", WorkerSid=expert)) == ["Everybody", "Tech"]
    assert names(place.get("/TaskQueues", WorkerSid=novice)) == ["Everybody"]
    assert names(place.get("/TaskQueues", WorkerSid="WK" + "0" * 32)) == []


@pytest.mark.feature(77)
def test_tasks_by_expression(place: Place, server: Inside) -> None:
    """Tasks are found by attributes and by their own fields, also when they are over."""
    old = place.a_task(Attributes='{"kind": "refund", "lines": [1, 2]}', Priority=3)
    server.wait(60)
    new = place.a_task(Attributes='{"kind": "order"}', TaskChannel="chat")
    place.post(f"/Tasks/{old}", AssignmentStatus="canceled")

    def found(expression: str) -> list[str]:
        return sids(place.get("/Tasks", EvaluateTaskAttributes=expression).json)

    assert found('kind == "refund"') == [old]
    assert found("task.lines HAS 2") == [old]
    assert found("priority == 3 OR age < 10") == [old, new]
    assert found("task.age >= 60") == [old]
    assert found('task_channel_unique_name == "chat"') == [new]
    assert found('assignment_status == "canceled"') == [old]
    assert found("worker.language == 'en'") == []


def test_tasks_without_addons(place: Place) -> None:
    """No task ever has addons: asked for them the list is empty, and asked for none it is whole."""
    task = place.a_task()

    assert sids(place.get("/Tasks", HasAddons="true").json) == []
    assert sids(place.get("/Tasks", HasAddons="false").json) == [task]
    assert sids(place.get("/Tasks", RoutingTarget="WK" + "0" * 32).json) == []


@pytest.mark.feature(48, 52)
def test_workers_by_their_last_change_of_activity(place: Place, server: Inside) -> None:
    """Workers are ordered by when their activity last changed, and by nothing else they did."""
    made = {name: place.a_worker(name) for name in ("Ana", "Ben", "Cleo")}
    for name in ("Ben", "Ana"):
        server.wait(1)
        place.post(f"/Workers/{made[name]}", ActivitySid=place.activities["Offline"])
    server.wait(1)
    place.post(f"/Workers/{made['Cleo']}", Attributes='{"a": 1}')
    place.post(f"/Workers/{made['Ben']}", ActivitySid=place.activities["Offline"])

    ascending = place.get("/Workers", Ordering="DateStatusChanged:asc")
    descending = place.get("/Workers", Ordering="DateStatusChanged:desc")

    assert names(ascending) == ["Cleo", "Ben", "Ana"]
    assert names(descending) == ["Ana", "Ben", "Cleo"]
    changed = [worker["date_status_changed"] for worker in ascending.json["workers"]]
    assert changed == sorted(changed)
    assert len(set(changed)) == 3
    assert changed[0] == ascending.json["workers"][0]["date_created"]


@pytest.mark.feature(64)
def test_queues_by_their_last_change(place: Place, server: Inside) -> None:
    """Queues are ordered by when they were last updated."""
    second = place.post("/TaskQueues", FriendlyName="Second").json["sid"]
    server.wait(1)
    place.post("/TaskQueues", FriendlyName="Third")
    server.wait(1)
    place.post(f"/TaskQueues/{second}", MaxReservedWorkers=2)

    assert names(place.get("/TaskQueues", Ordering="DateUpdated:asc"))[-1] == "Second"
    assert names(place.get("/TaskQueues", Ordering="DateUpdated:desc"))[:2] == ["Second", "Third"]


@pytest.mark.feature(78)
def test_tasks_in_order(place: Place, server: Inside) -> None:
    """Tasks are ordered by one or two fields; what is equal in them stays in order of creation."""
    tasks = []
    for number, (priority, start) in enumerate([(5, 30), (1, 10), (5, 20), (1, 40)]):
        server.wait(1)
        virtual = f"2023-11-14T22:00:{start}Z"
        tasks.append(place.a_task(Priority=priority, VirtualStartTime=virtual))
        assert len(tasks) == number + 1
    a, b, c, d = tasks

    def ordered(ordering: str) -> list[str]:
        return sids(place.get("/Tasks", Ordering=ordering).json)

    assert ordered("DateCreated:asc") == [a, b, c, d]
    assert ordered("DateCreated:desc") == [d, c, b, a]
    assert ordered("Priority:desc") == [a, c, b, d]
    assert ordered("Priority:desc,DateCreated:desc") == [c, a, d, b]
    assert ordered("Priority:asc, VirtualStartTime:DESC") == [d, b, a, c]
    assert ordered("VirtualStartTime:asc") == [b, c, a, d]


@pytest.mark.feature(78)
def test_ordered_lists_are_paged_both_ways(
    place: Place, server: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Following the links of an ordered, filtered list misses and repeats nothing, in any slices."""
    ticks = itertools.count()
    monkeypatch.setattr(server.ambient, "monotonic", lambda: float(next(ticks)))
    tasks = [place.a_task(Priority=number % 4) for number in range(24)]
    wanted = sorted(tasks[1::2], key=lambda sid: -(tasks.index(sid) % 4))

    pages = walked(
        server,
        place.get(
            "/Tasks",
            Ordering="Priority:desc,VirtualStartTime:asc",
            EvaluateTaskAttributes="priority == 1 OR priority == 3",
            PageSize=5,
        ),
    )
    back = [pages[-1]]
    while back[-1]["meta"]["previous_page_url"]:
        back.append(server.get(back[-1]["meta"]["previous_page_url"]).json)

    assert [sid for page in pages for sid in sids(page)] == wanted
    assert [len(sids(page)) for page in pages] == [5, 5, 2]
    assert [sid for page in reversed(back) for sid in sids(page)] == wanted


def test_ordered_pages_are_stable(place: Place, server: Inside) -> None:
    """A page goes on after its token's item even when that has moved or was deleted meanwhile."""
    a, b, c, d = (place.a_task(Priority=number) for number in (1, 2, 3, 4))
    first = place.get("/Tasks", Ordering="Priority:asc", PageSize=2).json
    link = first["meta"]["next_page_url"]

    place.post(f"/Tasks/{b}", Priority=9)
    moved = server.get(link).json
    place.delete(f"/Tasks/{b}")
    gone = server.get(link).json

    assert sids(first) == [a, b]
    assert sids(moved) == [c, d]
    assert sids(gone) == [c, d]
    assert sids(server.get(gone["meta"]["previous_page_url"]).json) == [a]


def test_tokens_of_another_order(place: Place) -> None:
    """A token of an ordered list is refused by a list in another order, and the other way round."""
    for number in range(2):
        place.a_task(Priority=number)
    ordered = place.get("/Tasks", Ordering="Priority:asc", PageSize=1).json["meta"]
    token = ordered["next_page_url"].partition("PageToken=")[2]

    assert token.count("~") == 1
    for params in (
        {"Ordering": "Priority:asc,DateCreated:asc", "PageToken": token},
        {"Ordering": "Priority:asc", "PageToken": token.partition("~")[0]},
        {"PageToken": token},
        {"Ordering": "Priority:asc", "PageToken": token + "x"},
        {"Ordering": "Priority:asc", "PageToken": "PA~1"},
    ):
        answer = place.get("/Tasks", **params)
        assert (answer.status, "PageToken" in answer.json["message"]) == (400, True)
    assert json.dumps(ordered).count("Ordering=Priority%3Aasc") == 3
