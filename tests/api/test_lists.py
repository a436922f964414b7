"""Pages by token, both ways, in slices; filters that are refused when they can match nothing."""

from __future__ import annotations

import itertools

import pytest

from pointsman.api import lists
from pointsman.api.errors import Refused
from pointsman.api.lists import Page, page_asked
from pointsman.engine.errors import Invalid
from tests.api.builders import Place
from tests.inside import ORIGIN, Inside

SID = "WT" + "ab" * 16


def test_pages_asked_for() -> None:
    """Sizes are clamped above 1,000; tokens say after or before which item the page lies."""
    assert page_asked({}) == Page(50, 0)
    assert page_asked({"PageSize": "5000", "Page": "0"}) == Page(1_000, 0)
    assert page_asked({"PageSize": "", "PageToken": ""}) == Page(50, 0)
    after = page_asked({"Page": "2", "PageToken": "PA" + SID, "PageSize": 7})
    assert after == Page(7, 2, "PA" + SID, after=SID)
    assert page_asked({"PageToken": "PB" + SID.upper()}).before == SID


@pytest.mark.feature(10, 11)
@pytest.mark.parametrize(
    "params",
    [
        {"PageSize": "0"},
        {"PageSize": "-1"},
        {"PageSize": "many"},
        {"PageSize": "9" * 40},
        {"Page": "-1"},
        {"PageToken": "PX" + SID},
        {"PageToken": "PA"},
        {"PageToken": {"a": 1}},
    ],
)
def test_pages_that_cannot_be(params: dict[str, object]) -> None:
    """A size below 1 and a token that nobody gave are refused."""
    with pytest.raises(Invalid):
        page_asked(params)


@pytest.mark.feature(11)
def test_absolute_paging_is_retired(place: Place) -> None:
    """A page number without a token is refused with its own code."""
    with pytest.raises(Refused) as refusal:
        page_asked({"Page": "3"})
    answer = place.get("/Tasks", Page=3)

    assert refusal.value.code == 40153
    assert (answer.status, answer.json["code"]) == (400, 40153)


@pytest.mark.feature(8, 9, 12)
def test_there_and_back_again(place: Place, server: Inside) -> None:
    """Following the links walks a filtered list to its end and back to its beginning."""
    wanted = [place.a_task(Priority=7) for _ in range(5) if place.a_task()]
    answer = place.get("/Tasks", Priority=7, PageSize=2)
    seen = [answer.json]
    while seen[-1]["meta"]["next_page_url"]:
        seen.append(server.get(seen[-1]["meta"]["next_page_url"]).json)
    back = [seen[-1]]
    while back[-1]["meta"]["previous_page_url"]:
        back.append(server.get(back[-1]["meta"]["previous_page_url"]).json)

    assert [[task["sid"] for task in page["tasks"]] for page in seen] == [
        wanted[:2],
        wanted[2:4],
        wanted[4:],
    ]
    assert [task["sid"] for page in reversed(back) for task in page["tasks"]] == wanted
    meta = seen[1]["meta"]
    assert (meta["page"], meta["page_size"], meta["key"]) == (1, 2, "tasks")
    start = f"{ORIGIN}{place.path}/Tasks?Priority=7&PageSize=2&Page="
    assert meta["first_page_url"] == start + "0"
    assert meta["url"] == f"{start}1&PageToken=PA{wanted[1]}"
    assert meta["next_page_url"] == f"{start}2&PageToken=PA{wanted[3]}"
    assert meta["previous_page_url"] == f"{start}0&PageToken=PB{wanted[2]}"


def test_a_token_outlives_its_item(place: Place, server: Inside) -> None:
    """The item that a token names may be deleted; the list goes on after its place."""
    first, second, third = (place.a_task() for _ in range(3))
    link = place.get("/Tasks", PageSize=2).json["meta"]["next_page_url"]
    place.delete(f"/Tasks/{second}")

    after = server.get(link).json
    before = server.get(after["meta"]["previous_page_url"]).json

    assert [task["sid"] for task in after["tasks"]] == [third]
    assert [task["sid"] for task in before["tasks"]] == [first]


def test_long_lists_give_others_a_turn(
    place: Place, server: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk over many records stops after each slice, and misses and repeats nothing."""
    wanted = [place.a_task(Priority=number % 3) for number in range(30)]
    ticks = itertools.count(0, lists.SLICE_S / 7)
    monkeypatch.setattr(server.ambient, "monotonic", lambda: next(ticks))

    every = place.get("/Tasks").json["tasks"]
    some = place.get("/Tasks", Priority=2).json["tasks"]
    page = place.get("/Tasks", Priority=1, PageSize=4).json
    back = server.get(place.get("/Tasks", PageSize=20).json["meta"]["next_page_url"]).json
    first = server.get(back["meta"]["previous_page_url"]).json["tasks"]

    assert [task["sid"] for task in every] == wanted
    assert [task["sid"] for task in some] == wanted[2::3]
    assert [task["sid"] for task in page["tasks"]] == wanted[1::3][:4]
    assert [task["sid"] for task in first] == wanted[:20]


@pytest.mark.feature(8)
def test_every_list_has_its_key(place: Place, server: Inside) -> None:
    """Each list names its array as the stock clients expect it."""
    worker, task = place.a_worker(), place.a_task()
    keys = {
        "/Activities": "activities",
        "/TaskChannels": "channels",
        "/Workers": "workers",
        f"/Workers/{worker}/Channels": "channels",
        f"/Workers/{worker}/Reservations": "reservations",
        "/TaskQueues": "task_queues",
        "/Workflows": "workflows",
        "/Tasks": "tasks",
        f"/Tasks/{task}/Reservations": "reservations",
        "/Events": "events",
    }
    for path, key in keys.items():
        body = place.get(path).json
        assert set(body) == {key, "meta"}
        assert body["meta"]["key"] == key
        assert body[key]
        small = place.get(path, PageSize=1).json
        assert len(small[key]) == 1
    assert server.get("/v1/Workspaces").json["meta"]["key"] == "workspaces"


def test_workspaces_are_paged(server: Inside) -> None:
    """Workspaces are listed in the order of their making, with a filter by name."""
    made = [
        server.post("/v1/Workspaces", FriendlyName=f"W{number % 2}").json["sid"]
        for number in range(5)
    ]
    page = server.get("/v1/Workspaces", PageSize=3).json
    rest = server.get(page["meta"]["next_page_url"]).json
    again = server.get(rest["meta"]["previous_page_url"]).json
    named = server.get("/v1/Workspaces", FriendlyName="W1").json["workspaces"]

    assert [found["sid"] for found in page["workspaces"]] == made[:3]
    assert [found["sid"] for found in rest["workspaces"]] == made[3:]
    assert rest["meta"]["next_page_url"] is None
    assert again["workspaces"] == page["workspaces"]
    assert again["meta"]["previous_page_url"] is None
    assert [found["sid"] for found in named] == made[1::2]


@pytest.mark.feature(13, 76)
def test_lists_of_statuses(place: Place) -> None:
    """Several statuses come as repeated keys or with commas."""
    place.a_worker()
    tasks = [place.a_task(), place.a_task()]
    for given in (["pending", "reserved"], "pending,reserved", "pending, reserved"):
        found = place.get("/Tasks", AssignmentStatus=given).json["tasks"]
        assert [task["sid"] for task in found] == tasks


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/Tasks", "AssignmentStatus", "lost"),
        ("/Tasks", "Priority", "high"),
        ("/Tasks", "WorkflowSid", "WQ" + "0" * 32),
        ("/Tasks", "TaskQueueSid", "x"),
        ("/Tasks", "RoutingTarget", "WT" + "0" * 32),
        ("/Tasks", "Ordering", "Priority"),
        ("/Tasks", "Ordering", "Age:asc"),
        ("/Tasks", "Ordering", "Priority:up"),
        ("/Tasks", "Ordering", "Priority:asc,Priority:desc"),
        ("/Tasks", "Ordering", "DateCreated:asc,VirtualStartTime:asc"),
        ("/Tasks", "Ordering", "Priority:asc,DateCreated:asc,VirtualStartTime:asc"),
        ("/Tasks", "EvaluateTaskAttributes", "a =="),
        ("/Workers", "ActivitySid", "Available"),
        ("/Workers", "TargetWorkersExpression", "skill-level > 3"),
        ("/Workers", "TaskQueueSid", "WW" + "0" * 32),
        ("/Workers", "Ordering", "DateCreated:asc"),
        ("/TaskQueues", "WorkerSid", "WQ" + "0" * 32),
        ("/TaskQueues", "EvaluateWorkerAttributes", "[1]"),
        ("/TaskQueues", "EvaluateWorkerAttributes", "{"),
        ("/TaskQueues", "Ordering", "DateUpdated:asc,DateUpdated:desc"),
        ("/Events", "EventType", "task.eaten"),
        ("/Events", "TaskSid", "1"),
    ],
)
def test_filters_that_cannot_be(place: Place, path: str, name: str, value: str) -> None:
    """A filter or an order that cannot be by its shape is refused by name."""
    answer = place.get(path, **{name: value})

    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert name in answer.json["message"]


def test_lists_below_nothing(place: Place) -> None:
    """The lists of a task or worker that does not exist are 404, not empty."""
    for path in ("/Tasks/WT" + "0" * 32 + "/Reservations", "/Workers/WK" + "0" * 32 + "/Channels"):
        assert place.get(path).status == 404
    assert place.get("/Workers/WK" + "0" * 32 + "/Reservations").status == 404


def test_reservations_of_a_worker_by_status(place: Place, server: Inside) -> None:
    """A worker's reservations are filtered by status and paged both ways."""
    worker = place.a_worker()
    offers = []
    for _ in range(4):
        task = place.a_task()
        [offer] = place.offers(task)
        offers.append(offer["sid"])
        place.post(f"/Tasks/{task}", AssignmentStatus="canceled")
    place.a_task()
    home = f"/Workers/{worker}/Reservations"
    page = place.get(home, ReservationStatus="canceled", PageSize=3).json
    rest = server.get(page["meta"]["next_page_url"]).json

    assert [found["sid"] for found in page["reservations"]] == offers[:3]
    assert [found["sid"] for found in rest["reservations"]] == offers[3:]
    assert (
        server.get(rest["meta"]["previous_page_url"]).json["reservations"] == page["reservations"]
    )
    assert len(place.get(home, ReservationStatus=["pending", "canceled"]).json["reservations"]) == 5
    assert place.get(home, ReservationStatus="gone").status == 400
