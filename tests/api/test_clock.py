"""The virtual clock by REST: every timer at its own moment, in order, and nobody in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from pointsman.api.clock import Follower, VirtualClock
from pointsman.api.rehearsal import CLOCK_PATH, Rehearsal
from pointsman.auth.minting import worker_token
from pointsman.rest.asgi import Rest
from tests.api.builders import Place
from tests.inside import ACCOUNT, Inside, a_server_inside

START = 1_700_000_000_000


def with_clock(server: Inside, *followers: Follower) -> None:
    """From now on this server offers its clock."""
    clock = VirtualClock(server.runtime, server.ambient, followers)
    rehearsal = Rehearsal(server.runtime, server.accounts, clock)
    server.rest = Rest(server.api, server.accounts, ambient=server.ambient, rehearsal=rehearsal)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Inside]:
    with a_server_inside(tmp_path) as server:
        with_clock(server)
        yield server


def advance(server: Inside, seconds: Any) -> int:
    """The new moment, in milliseconds since the start."""
    answer = server.post(CLOCK_PATH, advance_s=seconds)
    assert answer.status == 200, answer.body
    return int(answer.json["now_ms"]) - START


def escalating(place: Place, *timeouts_s: int) -> dict[str, str]:
    """Queue SIDs and their names; a task stays in each queue for its time, then in the last one."""
    names = {
        place.post("/TaskQueues", FriendlyName=f"Line {number}").json["sid"]: f"Line {number}"
        for number, _ in enumerate([*timeouts_s, None], 1)
    }
    targets = [
        {"queue": sid} | ({"timeout": timeout_s} if timeout_s else {})
        for sid, timeout_s in zip(names, [*timeouts_s, None], strict=True)
    ]
    routing = {"task_routing": {"filters": [{"expression": "1==1", "targets": targets}]}}
    place.post(f"/Workflows/{place.workflow_sid}", Configuration=json.dumps(routing))
    return names


@pytest.mark.feature(266, partly=True)
def test_an_escalation_happens_at_its_seconds(server: Inside) -> None:
    """A task goes on after 10, 20 and 30 s, never earlier, and only when time is moved."""
    place = Place(server)
    names = escalating(place, 10, 10, 10)
    task = place.a_task()

    def line() -> str:
        return names[place.get(f"/Tasks/{task}").json["task_queue_sid"]]

    seen = [line()]
    for seconds in (9.999, 0.001, 9.999, 0.001, 9.999, 0.001, 600):
        advance(server, seconds)
        seen.append(line())

    assert seen == [f"Line {number}" for number in (1, 1, 2, 2, 3, 3, 4, 4)]


@pytest.mark.feature(266, partly=True)
def test_one_advance_visits_every_moment(server: Inside) -> None:
    """Everything that becomes due on the way carries its own time, in the order of time."""
    place = Place(server, TaskReservationTimeout="7")
    escalating(place, 10, 10)
    place.a_worker()
    place.a_task(Timeout="25")
    place.a_task(Timeout="12")

    assert advance(server, 30) == 30_000
    told = place.get("/Events", PageSize="500").json["events"]
    late = [
        (e["event_date_ms"] - START, e["event_type"]) for e in told if e["event_date_ms"] > START
    ]
    assert late == sorted(late, key=lambda happened: happened[0])
    assert {
        (7_000, "reservation.timeout"),
        (10_000, "workflow.target-matched"),
        (12_000, "task.canceled"),
        (20_000, "workflow.target-matched"),
        (25_000, "task.canceled"),
    } <= set(late)


def test_commands_wait_until_time_has_come_to_rest(server: Inside) -> None:
    """What is asked during an advance happens at its end, and so does a second advance."""
    place = Place(server)
    escalating(place, 10, 10, 10)
    place.a_task()
    seconds = urlencode({"advance_s": 60}).encode()
    first, made, second = server.race(
        [
            ("POST", CLOCK_PATH, seconds),
            ("POST", f"{place.path}/Tasks", b""),
            ("POST", CLOCK_PATH, seconds),
        ]
    )

    assert first.json["now_ms"] - START == 60_000
    assert second.json["now_ms"] - START == 120_000
    created = place.get("/Events", EventType="task.created").json["events"]
    [at] = [e["event_date_ms"] for e in created if e["resource_sid"] == made.json["sid"]]
    assert at - START == 60_000


class Caller:
    """Calls somebody at given moments, who takes a while to answer and asks something meanwhile."""

    def __init__(self, server: Inside, moments: list[int]) -> None:
        self.server = server
        self.moments = moments
        self.place: Place | None = None
        self.answered: list[tuple[int, int]] = []
        self.under_way: list[int] = []

    def clock_changed(self) -> None:
        now = self.server.ambient.now()
        while self.moments and self.moments[0] <= now:
            self.under_way.append(self.moments.pop(0))

    def next_at(self) -> int | None:
        return self.moments[0] if self.moments else None

    async def settled(self) -> None:
        while self.under_way:
            called_at = self.under_way.pop(0)
            assert self.place is not None
            reply = await self.server.sent("POST", f"{self.place.path}/Tasks", b"", b"", None)
            assert reply.status == 201
            await asyncio.sleep(0)
            self.answered.append((called_at - START, self.server.ambient.now() - START))


@pytest.mark.feature(266, partly=True)
def test_time_waits_for_those_who_are_called(server: Inside) -> None:
    """A call is answered at its own moment, and what is asked in answer to it happens then."""
    caller = Caller(server, [START + 5_000, START + 20_000])
    with_clock(server, caller)
    caller.place = place = Place(server)
    escalating(place, 10)

    assert advance(server, 30) == 30_000
    assert caller.answered == [(5_000, 5_000), (20_000, 20_000)]
    told = place.get("/Events", EventType="task.created").json["events"]
    assert [e["event_date_ms"] - START for e in told] == [5_000, 20_000]


def test_the_clock_tells_what_comes_next(server: Inside) -> None:
    """The clock shows its moment and the next one at which something happens by itself."""
    idle = server.get(CLOCK_PATH).json
    assert idle == {"now": "2023-11-14T22:13:20Z", "now_ms": START, "next_due_ms": None}
    Place(server).a_task(Timeout="600")

    assert server.get(CLOCK_PATH).json["next_due_ms"] == START + 600_000


@pytest.mark.parametrize("seconds", ["", "soon", "-1", "1e9", "nan", "inf"])
def test_time_does_not_move_by_what_is_no_span(server: Inside, seconds: str) -> None:
    """A span that is missing, negative, endless or no number is refused, and time stands still."""
    answer = server.post(CLOCK_PATH, advance_s=seconds)

    assert answer.status == 400
    assert answer.json["message"].startswith("advance_s has to be a number of seconds from 0 to")
    assert server.get(CLOCK_PATH).json["now_ms"] == START


def test_json_is_as_good_as_a_form(server: Inside) -> None:
    """The span may come as JSON, also with a fraction; true is no number."""
    headers = {"Content-Type": "application/json"}
    moved = server.send("POST", CLOCK_PATH, body=b'{"advance_s": 1.5}', headers=headers)
    wrong = server.send("POST", CLOCK_PATH, body=b'{"advance_s": true}', headers=headers)

    assert (moved.json["now_ms"] - START, wrong.status) == (1_500, 400)


def test_only_accounts_move_time(server: Inside) -> None:
    """A request without credentials, with a worker's token or with DELETE is refused."""
    place = Place(server)
    token = worker_token(ACCOUNT, place.sid, place.a_worker(), now_s=server.ambient.wall())
    bearer = {"Authorization": f"Bearer {token}"}
    assert server.get(CLOCK_PATH, headers={"Authorization": ""}).status == 401
    assert server.post(CLOCK_PATH, headers=bearer, advance_s="1").status == 403
    refused = server.delete(CLOCK_PATH)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, POST, OPTIONS")


def test_a_real_clock_cannot_be_moved(tmp_path: Path) -> None:
    """A server whose time is the machine's has no such path."""
    with a_server_inside(tmp_path) as server:
        assert server.post(CLOCK_PATH, advance_s="1").status == 404
