"""Event log and state agree: figures over the api are those that the list of events tells, in any run.

Of every third run the first half is forgotten: figures of the rest are the same as ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from pointsman.engine.events import Event
from pointsman.engine.expressions import Place, compile_expression
from pointsman.engine.records import Task, TaskQueue
from pointsman.engine.waiting import loaded_names
from tests.api.run_of_any_kind import Keep, Run, Told, spread, stays
from tests.engine.world import START
from tests.inside import ORIGIN, Inside, a_server_inside

SEEDS = range(12)


class Scene:
    """A run, and a server that knows it from the store alone."""

    def __init__(self, run: Run, server: Inside, seed: int) -> None:
        self.run = run
        self.server = server
        self.chance = Random(seed)
        self.since = START
        if seed % 3 == 2:
            self.since += (run.now - START) // 2000 * 1000
            while server.store.forget(self.since, 7):
                pass
        self.path = f"/v1/Workspaces/{run.engine.workspace_sid}"
        server.ambient.set(run.now)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.server.get(self.path + path, **params)
        assert answer.status == 200, answer.body
        return answer.json

    def windows(self) -> Iterator[tuple[int, int, dict[str, str]]]:
        """First and last moment, and the parameters that ask for them; the first is all there is."""
        yield self.since, self.run.now, {"StartDate": date(self.since)}
        for _ in range(4):
            second = (self.run.now - self.since) // 1000
            earliest = -5 if self.since == START else 0
            ends = sorted(self.chance.randrange(earliest, second + 5) for _ in range(2))
            start, end = (self.since + each * 1000 for each in ends)
            yield start, end, {"StartDate": date(start), "EndDate": date(end)}


@pytest.mark.feature(170, partly=True)
def test_the_list_is_what_figures_are_made_of(scene: Scene) -> None:
    """The events that are listed are all that there are in the window of the figures, and no others."""
    listed, path = [], "/Events"
    asked = {"StartDate": date(START), "EndDate": date(scene.run.now), "PageSize": "1000"}
    while path:
        page = scene.get(path, **asked)
        listed += [(one["event_type"], one["event_date_ms"]) for one in page["events"]]
        path, asked = (page["meta"]["next_page_url"] or "").replace(ORIGIN + scene.path, ""), {}

    told = [(event.type.value, event.at) for event in scene.run.events]
    assert listed == [each for each in told if each[1] >= scene.since]


def date(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


@pytest.fixture(scope="module", params=SEEDS)
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("run") / "store"
    run = Run(request.param, 200)
    run.put_into(folder)
    with a_server_inside(folder) as server:
        yield Scene(run, server, request.param)


def of_owner(kind: str, sid: str, channel: str | None) -> Keep:
    """Events of the owner's tasks, on one channel or on all."""

    def keep(event: Event, queue_sid: str | None) -> bool:
        task = event.task
        if channel is not None and (task is None or task.task_channel_sid != channel):
            return False
        if kind == "workspace":
            return True
        return (
            task is not None
            and sid
            == {
                "task_queue": queue_sid,
                "workflow": task.workflow_sid,
            }[kind]
        )

    return keep


@pytest.mark.feature(171, 172, 173, 178, 179, 180)
def test_tasks_and_reservations(scene: Scene) -> None:
    """What was, of the workspace, every queue and every workflow, is what the events tell."""
    run, state = scene.run, scene.run.engine.state
    owners = [("workspace", "", "")]
    owners += [("task_queue", f"/TaskQueues/{sid}", sid) for sid in state.task_queues]
    owners += [("workflow", f"/Workflows/{sid}", sid) for sid in state.workflows]
    for start, end, dates in scene.windows():
        for kind, path, sid in owners:
            channel = scene.chance.choice([None, *state.task_channels])
            told = Told(run.events, start, end, of_owner(kind, sid, channel))
            asked = {**dates, "SplitByWaitTime": "4,60"} | (
                {"TaskChannel": channel} if channel else {}
            )
            found = scene.get(f"{path}/CumulativeStatistics", **asked)
            assert told.of(kind).items() <= found.items()
            assert found["split_by_wait_time"] == {"4": told.split(4), "60": told.split(60)}


@pytest.mark.feature(176)
def test_workers(scene: Scene) -> None:
    """What became of offers and where time went, for all workers and each, is what the events tell."""
    run = scene.run
    for start, end, dates in scene.windows():
        until = min(end, run.now)
        told = Told(run.events, start, until, lambda event, queue: event.worker is not None)
        check(
            scene.get("/Workers/CumulativeStatistics", **dates),
            told.reservations(),
            stays(run.events, start, until),
        )
        for sid in run.engine.state.workers:
            own = Told(run.events, start, until, of_worker(sid))
            check(
                scene.get(f"/Workers/{sid}/Statistics", **dates)["cumulative"],
                own.reservations(),
                stays(run.events, start, until, sid),
            )


def of_worker(sid: str) -> Keep:
    return lambda event, queue: event.worker is not None and event.worker.sid == sid


def check(found: Any, counted: dict[str, int], spans: dict[str, dict[str, int]]) -> None:
    assert counted.items() <= found.items()
    names = ("avg", "min", "max", "total")
    durations = {
        each["sid"]: {name: each[name] for name in names} for each in found["activity_durations"]
    }
    never = spread([])
    assert spans.keys() <= durations.keys()
    assert durations == {sid: spans.get(sid, never) for sid in durations}


@pytest.mark.feature(171, 172, 173)
def test_what_is(scene: Scene) -> None:
    """What is, of the workspace, every queue and every workflow, is what a look at all records tells."""
    state, now = scene.run.engine.state, scene.run.now
    tasks = list(state.tasks.values())
    workers = Counter(worker.activity_sid for worker in state.workers.values())
    found = scene.get("/RealTimeStatistics")
    assert seen(tasks, now).items() <= found.items()
    assert counted(found) == {sid: workers[sid] for sid in state.activities}
    for sid in state.workflows:
        own = [task for task in tasks if task.workflow_sid == sid]
        assert seen(own, now).items() <= scene.get(f"/Workflows/{sid}/RealTimeStatistics").items()
    for queue in state.task_queues.values():
        own = [task for task in tasks if task.target.queue_sid == queue.sid]
        found = scene.get(f"/TaskQueues/{queue.sid}/RealTimeStatistics")
        assert seen(own, now).items() <= found.items()
        eligible = Counter(worker.activity_sid for worker in serving(scene.run, queue))
        assert counted(found) == {sid: eligible[sid] for sid in state.activities}
        assert found["total_eligible_workers"] == eligible.total()
        available = [n for sid, n in eligible.items() if state.activities[sid].available]
        assert found["total_available_workers"] == sum(available)


def serving(run: Run, queue: TaskQueue) -> list[Any]:
    """The workers that the queue's expression admits, asked one by one."""
    state, text = run.engine.state, queue.target_workers.strip()
    if not text:
        return []
    rule = compile_expression(text, Place.QUEUE)
    return [w for w in state.workers.values() if rule.matches(loaded_names(state, w.sid))]


def seen(tasks: list[Task], now: int) -> dict[str, Any]:
    """Statuses, priorities and the longest wait of these tasks."""
    names = ("pending", "reserved", "assigned", "wrapping", "completed", "canceled")
    of_status = Counter(task.assignment_status.value for task in tasks)
    waiting = [task for task in tasks if task.assignment_status == "pending"]
    oldest = min(waiting, key=lambda task: (task.date_created, task.sid), default=None)
    counted = [task for task in tasks if task.assignment_status in ("pending", "reserved")]
    return {
        "total_tasks": sum(of_status[name] for name in names[:4]),
        "tasks_by_status": {name: of_status[name] for name in names},
        "tasks_by_priority": Counter(str(task.priority) for task in counted),
        "longest_task_waiting_age": (now - oldest.date_created) // 1000 if oldest else 0,
        "longest_task_waiting_sid": oldest.sid if oldest else None,
    }


def counted(found: Any) -> dict[str, int]:
    return {each["sid"]: each["workers"] for each in found["activity_statistics"]}
