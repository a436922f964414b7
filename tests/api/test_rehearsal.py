"""A server for tests begins with its seed, and comes back to it as often as it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pointsman.api.clock import VirtualClock
from pointsman.api.rehearsal import CLOCK_PATH, RESET_PATH, Rehearsal
from pointsman.rest.asgi import Rest
from pointsman.seed import SeedError, parse_seed
from tests.api.builders import Place
from tests.inside import ACCOUNT, Inside, a_server_inside

START = 1_700_000_000_000
SEED = """
friendly_name: Support
event_callback_url: https://example.com/events
events_filter: [task.created, task.canceled]
prioritize_queue_order: LIFO
default_activity: Lunch
timeout_activity: Unavailable
activities:
  - {friendly_name: Lunch}
  - {friendly_name: Ready, available: true}
  - {friendly_name: Unavailable}
task_channels:
  - {friendly_name: Fax machine, unique_name: fax, channel_optimized_routing: true}
task_queues:
  - friendly_name: English
    target_workers: languages HAS "en"
    max_reserved_workers: 2
    reservation_activity: Lunch
  - {friendly_name: Everybody, task_order: LIFO}
workflows:
  - friendly_name: By language
    assignment_callback_url: https://example.com/assign
    task_reservation_timeout: 20
    configuration:
      task_routing:
        filters:
          - expression: language == "en"
            targets: [{queue: English, timeout: 30}, {queue: Everybody}]
        default_filter: {queue: Everybody}
workers:
  - friendly_name: ana
    activity: Ready
    attributes: {languages: [en, es], level: 2}
    channels: {chat: {capacity: 3}, fax: {available: false}}
  - {friendly_name: ben}
"""


def rehearsing(server: Inside, *written: str) -> Rehearsal:
    """A rehearsal whose seed file holds these texts, one after the other at each reading."""
    texts = iter(written)
    clock = VirtualClock(server.runtime, server.ambient)
    seed = (lambda: parse_seed(next(texts))) if written else None
    rehearsal = Rehearsal(server.runtime, server.accounts, clock, ACCOUNT.sid, seed)
    server.rest = Rest(server.api, server.accounts, ambient=server.ambient, rehearsal=rehearsal)
    server.run(rehearsal.prepare())
    return rehearsal


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Inside]:
    with a_server_inside(tmp_path) as server:
        yield server


def listed(server: Inside, path: str, *fields: str) -> list[tuple[Any, ...]]:
    """These fields of everything in the list of the only workspace."""
    [workspace] = server.get("/v1/Workspaces").json["workspaces"]
    answer = server.get(f"/v1/Workspaces/{workspace['sid']}/{path}", PageSize="100").json
    rows = answer[answer["meta"]["key"]]
    return [tuple(row[name] for name in fields) for row in rows]


def everything(server: Inside) -> dict[str, Any]:
    """What the account has, without SIDs and dates."""
    [workspace] = server.get("/v1/Workspaces").json["workspaces"]
    names = ("friendly_name", "event_callback_url", "events_filter", "prioritize_queue_order")
    activities = ("default_activity_name", "timeout_activity_name")
    queue = ("friendly_name", "target_workers", "max_reserved_workers", "task_order")
    return {
        "workspace": [workspace[name] for name in (*names, *activities)],
        "activities": set(listed(server, "Activities", "friendly_name", "available")),
        "task_channels": set(listed(server, "TaskChannels", "unique_name")),
        "task_queues": listed(server, "TaskQueues", *queue, "reservation_activity_name"),
        "workflows": listed(
            server,
            "Workflows",
            "friendly_name",
            "assignment_callback_url",
            "task_reservation_timeout",
        ),
        "workers": listed(server, "Workers", "friendly_name", "activity_name", "attributes"),
        "tasks": listed(server, "Tasks", "sid"),
    }


@pytest.mark.feature(267)
def test_a_reset_gives_exactly_the_workspace_of_the_file(server: Inside) -> None:
    """After a reset nothing is there but what the file says, whatever was there before."""
    rehearsing(server, SEED, SEED)
    begun = everything(server)
    [workspace] = server.get("/v1/Workspaces").json["workspaces"]
    server.post(f"/v1/Workspaces/{workspace['sid']}/Tasks", Attributes='{"language": "en"}')
    server.post(f"/v1/Workspaces/{workspace['sid']}/Workers", FriendlyName="chris")
    Place(server)
    answer = server.post(RESET_PATH)

    assert answer.status == 200
    assert everything(server) == begun
    assert begun["workspace"] == [
        "Support",
        "https://example.com/events",
        "task.created,task.canceled",
        "LIFO",
        "Lunch",
        "Unavailable",
    ]
    assert {("Lunch", False), ("Ready", True)} < begun["activities"]
    assert ("fax",) in begun["task_channels"]
    assert begun["task_queues"] == [
        ("English", 'languages HAS "en"', 2, "FIFO", "Lunch"),
        ("Everybody", "1==1", 1, "LIFO", None),
    ]
    assert begun["workflows"] == [("By language", "https://example.com/assign", 20)]
    workers = {(n, a): json.loads(text) for n, a, text in begun["workers"]}
    assert workers == {
        ("ana", "Ready"): {"languages": ["en", "es"], "level": 2},
        ("ben", "Lunch"): {},
    }
    assert begun["tasks"] == []


@pytest.mark.feature(267)
def test_the_answer_to_a_reset_tells_the_new_sids(server: Inside) -> None:
    """SIDs come by name, queues in the configuration are resolved, and routing works with them."""
    rehearsing(server, SEED, SEED)
    made = server.post(RESET_PATH).json["workspace"]
    path = f"/v1/Workspaces/{made['workspace_sid']}"
    ana = f"{path}/Workers/{made['workers']['ana']}"
    written = server.get(f"{path}/Workflows/{made['workflows']['By language']}").json
    channels = server.get(f"{ana}/Channels").json["channels"]
    task = server.post(f"{path}/Tasks", Attributes='{"language": "en"}').json
    offers = server.get(f"{path}/Tasks/{task['sid']}/Reservations").json["reservations"]

    routing = json.loads(written["configuration"])["task_routing"]
    english, everybody = made["task_queues"]["English"], made["task_queues"]["Everybody"]
    assert [one["queue"] for one in routing["filters"][0]["targets"]] == [english, everybody]
    assert routing["default_filter"] == {"queue": everybody}
    told = {c["task_channel_unique_name"]: c for c in channels}
    assert told["chat"]["configured_capacity"] == 3
    assert told["fax"]["available"] is False
    assert set(made["task_channels"]) == set(told)
    assert [one["worker_sid"] for one in offers] == [made["workers"]["ana"]]


def test_a_reset_without_a_seed_leaves_nothing(server: Inside) -> None:
    """Without a seed file there is no workspace after a reset, and time stays where it is."""
    rehearsing(server)
    Place(server)
    server.post(CLOCK_PATH, advance_s="60")
    answer = server.post(RESET_PATH).json

    assert (answer["workspace"], answer["now_ms"] - START) == (None, 60_000)
    assert server.get("/v1/Workspaces").json["workspaces"] == []
    assert server.get(RESET_PATH).status == 405


def test_a_start_keeps_what_is_there(tmp_path: Path) -> None:
    """Where there is a workspace already the seed is not read, and time goes on from there."""
    with a_server_inside(tmp_path) as server:
        rehearsing(server, SEED)
        server.post(CLOCK_PATH, advance_s="60")
        [workspace] = server.get("/v1/Workspaces").json["workspaces"]
        server.post(f"/v1/Workspaces/{workspace['sid']}/Activities", FriendlyName="At 60 s")
    with a_server_inside(tmp_path) as server:
        rehearsing(server, "is not read")

        assert server.get(CLOCK_PATH).json["now_ms"] - START == 60_000
        assert ("At 60 s",) in listed(server, "Activities", "friendly_name")


WRONG = [
    ("- a list", "Expected `object`, got `array`."),
    ("friendly_name: [", "it is not YAML: while parsing"),
    ("workers: []", "Object missing required field `friendly_name`."),
    ("{friendly_name: x, colour: red}", "Object contains unknown field `colour`."),
    ("{friendly_name: x, workers: [{friendly_name: 3}]}", r"at `$.workers[0].friendly_name`."),
    ("{friendly_name: x, default_activity: Away}", "default_activity: there is no activity 'Away'"),
    (
        "{friendly_name: x, workers: [{friendly_name: a, activity: Away}]}",
        "workers[0]: there is no",
    ),
    (
        "{friendly_name: x, workers: [{friendly_name: a, channels: {telex: {capacity: 1}}}]}",
        "workers[0].channels.telex: ",
    ),
    (
        "{friendly_name: x, task_queues: [{friendly_name: q, target_workers: 'a ==='}]}",
        "task_queues[0]: ",
    ),
    (
        "{friendly_name: x, task_queues: [{friendly_name: q}, {friendly_name: q}]}",
        "task_queues[1]: there are two task queues called 'q'.",
    ),
    (
        '{"friendly_name": "x", "workflows": [{"friendly_name": "w", "configuration": {"a": {"queue": "b"}}}]}',
        "workflows[0].configuration.a: there is no task queue 'b'; there are none.",
    ),
    ("{friendly_name: x, workers: [{friendly_name: a, attributes: {b: !!binary aGk=}}]}", "bytes"),
    ("{friendly_name: ''}", "FriendlyName"),
]


@pytest.mark.parametrize(("written", "told"), WRONG)
def test_a_wrong_entry_is_named(server: Inside, written: str, told: str) -> None:
    """A seed that cannot be planted says where it is wrong, and leaves no half-made workspace."""
    rehearsal = rehearsing(server, SEED, written, written)
    answer = server.post(RESET_PATH)

    assert answer.status == 400
    assert told in answer.json["message"]
    assert server.get("/v1/Workspaces").json["workspaces"] == []
    with pytest.raises(SeedError):
        server.run(rehearsal.prepare())
