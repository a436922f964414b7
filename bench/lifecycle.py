"""Whole life cycles of tasks over HTTP, against what the disk can sync in the same round.

One real server, a worker's live channel open for each of its workers, and a load client in a process
of its own. In a life cycle a task is created, the offer comes in the worker's socket, the reservation
is accepted, the task completed: three requests, each authenticated and durable before its answer.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench import disk
from bench.client import STEPS, Scene
from bench.report import (
    Mark,
    Plan,
    Rounds,
    Watch,
    percentile,
    progress,
    spread,
    table,
    title,
    usage,
)
from bench.server import ACCOUNT, AUTHORIZATION, PATIENCE_S, Server, a_server
from pointsman.auth.minting import worker_token

IN_FLIGHT = (1, 16, 64)
ACKNOWLEDGED_PER_SYNC = 1.0
CLIENT_CORES_MOST = 0.9
ROOT = Path(__file__).resolve().parents[1]
SKILLS = 20
SKILLS_OF_A_WORKER = 5


@dataclass(frozen=True)
class Seen:
    """What one run of one round showed."""

    acknowledged_per_s: float
    wait_p50_ms: float
    wait_p99_ms: float
    cpu_us: float
    """Of the server, for each life cycle; so are the bytes."""
    written_bytes: float
    client_cores: float
    floor: disk.Floor

    @property
    def acknowledged_per_sync(self) -> float:
        return self.acknowledged_per_s / self.floor.per_s


def main(plan: Plan) -> list[Mark]:
    """Print the table and the mark at the most life cycles in flight."""
    title("Life cycles over HTTP: create, offer in the worker's socket, accept, complete")
    workers, seconds = plan.pick(200, 200, 4), plan.pick(2.0, 1.0, 0.1)
    loads = plan.pick(IN_FLIGHT, IN_FLIGHT, (1, 2))
    with a_server(plan.folder / "server") as server:
        scene = a_scene(server, workers)
        with a_client(scene) as client:
            found = measure(plan, server, client, loads, seconds)
    rows = [_row(in_flight, seen) for in_flight, seen in found.items()]
    table(_COLUMNS, rows)
    print(f"{STEPS} acknowledgements a life cycle; {workers} workers, each with his live channel.")
    return [_mark(max(loads), found[max(loads)])]


def measure(
    plan: Plan,
    server: Server,
    client: subprocess.Popen[str],
    loads: tuple[int, ...],
    seconds: float,
) -> dict[int, list[Seen]]:
    """All loads and the disk in every round, in an order that chance decides."""
    chance, rounds = random.Random(3), Rounds(plan.rounds)
    found: dict[int, list[Seen]] = {in_flight: [] for in_flight in loads}
    for in_flight in loads:
        run(server, client, in_flight, seconds / 4)  # warm
    for _ in range(plan.rounds):
        watch = Watch(server.pid, client.pid)
        floors = [disk.overwriting(plan.folder, seconds / 4)]
        seen: dict[int, dict[str, Any]] = {}
        for in_flight in chance.sample(loads, len(loads)):
            seen[in_flight] = run(server, client, in_flight, seconds)
            floors.append(disk.overwriting(plan.folder, seconds / 4))
        floor = disk.middle(floors)
        for in_flight in loads:
            found[in_flight].append(Seen(**seen[in_flight], floor=floor))
        most = found[max(loads)][-1]
        told = (
            f"{most.acknowledged_per_s:,.0f} durable acknowledgements/s at {max(loads)} in flight"
        )
        rounds.ended(f"{told}, {floor.per_s:,.0f} fdatasync/s", watch.others())
    print(rounds.summary() + "\n")
    return found


def run(
    server: Server, client: subprocess.Popen[str], in_flight: int, seconds: float
) -> dict[str, Any]:
    """One load on the server; what it showed, but for the floor."""
    before = usage(server.pid)
    seen = ask(client, {"in_flight": in_flight, "seconds": seconds})
    after = usage(server.pid)
    lives = seen["lives"]
    return {
        "acknowledged_per_s": lives * STEPS / seen["span_s"],
        "wait_p50_ms": median(seen["waits_s"]) * 1000,
        "wait_p99_ms": percentile(seen["waits_s"], 0.99) * 1000,
        "cpu_us": (after.seconds - before.seconds) / lives * 1e6,
        "written_bytes": (after.written - before.written) / lives,
        "client_cores": seen["client_cores"],
    }


# --- setting up --------------------------------------------------------------------------------


def a_scene(server: Server, workers: int) -> Scene:
    """A workspace with a queue for each skill, a workflow that tells them apart, and workers."""
    progress(f"a server with {workers} workers")
    workspace = server.post("/v1/Workspaces", FriendlyName="Benchmark")
    home = f"/v1/Workspaces/{workspace['sid']}"
    activities = server.get(f"{home}/Activities")["activities"]
    available = next(activity["sid"] for activity in activities if activity["available"])
    workflow = server.post(
        f"{home}/Workflows", FriendlyName="Skills", Configuration=_configuration(server, home)
    )
    tokens = {}
    for number in range(workers):
        attributes = {"skills": _skills(number), "name": f"worker {number}", "level": number % 5}
        made = server.post(
            f"{home}/Workers",
            FriendlyName=f"worker {number}",
            ActivitySid=available,
            Attributes=json.dumps(attributes),
        )
        tokens[made["sid"]] = worker_token(
            ACCOUNT, workspace["sid"], made["sid"], now_s=time.time(), ttl_s=7200
        )
    creations = [_creation(workflow["sid"], number) for number in range(SKILLS)]
    return Scene(server.port, AUTHORIZATION, ACCOUNT.sid, workspace["sid"], tokens, creations)


def _skills(number: int) -> list[str]:
    """Five of the twenty; each four workers in a row have all of them together."""
    step = (1, 3, 7, 9)[number // 4 % 4]
    first = number * SKILLS_OF_A_WORKER
    return [f"s{(first + place * step) % SKILLS}" for place in range(SKILLS_OF_A_WORKER)]


def _configuration(server: Server, home: str) -> str:
    filters = []
    for number in range(SKILLS):
        queue = server.post(
            f"{home}/TaskQueues",
            FriendlyName=f"queue {number}",
            TargetWorkers=f'skills HAS "s{number}"',
        )
        rule = {"expression": f'skill == "s{number}"', "targets": [{"queue": queue["sid"]}]}
        filters.append({"filter_friendly_name": f"skill {number}", **rule})
    return json.dumps({"task_routing": {"filters": filters}})


def _creation(workflow_sid: str, number: int) -> str:
    attributes = {
        "skill": f"s{number}",
        "caller": "+15550100",
        "language": "en",
        "topic": "invoice",
    }
    return urlencode({"WorkflowSid": workflow_sid, "Attributes": json.dumps(attributes)})


@contextlib.contextmanager
def a_client(scene: Scene, program: str = "bench.client") -> Iterator[subprocess.Popen[str]]:
    """The load client with every socket open, gone when this ends."""
    client = subprocess.Popen(
        [sys.executable, "-m", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        ask(client, asdict(scene))
        yield client
    finally:
        client.kill()
        client.communicate()


def ask(client: subprocess.Popen[str], asked: dict[str, Any]) -> dict[str, Any]:
    """One line to the client, one back; it says itself when that takes too long, and ends."""
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(json.dumps(asked) + "\n")
    client.stdin.flush()
    line = client.stdout.readline()
    if not line:
        raise RuntimeError(f"The load client ended with {client.wait(PATIENCE_S)}")
    answer: dict[str, Any] = json.loads(line)
    return answer


# --- telling -----------------------------------------------------------------------------------

_COLUMNS = [
    "in flight",
    "acknowledged ÷ fdatasync",
    "create → offer p50, in fdatasyncs",
    "p99, in fdatasyncs",
    "acknowledged/s",
    "p50 ms",
    "p99 ms",
    "server µs a life",
    "bytes written a life",
    "client cores",
]


def _row(in_flight: int, seen: list[Seen]) -> list[str]:
    cores = median(one.client_cores for one in seen)
    return [
        str(in_flight),
        spread([one.acknowledged_per_sync for one in seen]),
        spread([one.wait_p50_ms / one.floor.p50_ms for one in seen], 1),
        spread([one.wait_p99_ms / one.floor.p50_ms for one in seen], 1),
        f"{median(one.acknowledged_per_s for one in seen):,.0f}",
        f"{median(one.wait_p50_ms for one in seen):.2f}",
        f"{median(one.wait_p99_ms for one in seen):.2f}",
        f"{median(one.cpu_us for one in seen):,.0f}",
        f"{median(one.written_bytes for one in seen):,.0f}",
        f"{cores:.2f}" + (" INVALID" if cores > CLIENT_CORES_MOST else ""),
    ]


def _mark(in_flight: int, seen: list[Seen]) -> Mark:
    ratios = [one.acknowledged_per_sync for one in seen]
    text = f"durable acknowledgements per fdatasync at {in_flight} in flight"
    met = median(ratios) >= ACKNOWLEDGED_PER_SYNC
    return Mark(f"{text} ≥ {ACKNOWLEDGED_PER_SYNC:g}", spread(ratios), met)
