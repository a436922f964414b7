"""Very many live channels: what an idle one costs in memory, and how late a frame is after its commit.

One real server, a worker and his live channel many times over, held by a client in a process of its own.
Memory is what the server grows by while the sockets are opened. Then workers drawn by chance are changed,
500 a second, and the time from the commit of each change to its frame at the client is told in units
of one `fdatasync` of the same round: a witness beside the store writes down when commits return.
"""

from __future__ import annotations

import json
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import disk
from bench.client import Scene
from bench.lifecycle import a_client, ask
from bench.report import (
    Mark,
    Plan,
    Rounds,
    Watch,
    percentile,
    progress,
    resident_bytes,
    spread,
    table,
    title,
    usage,
)
from bench.server import ACCOUNT, AUTHORIZATION, Server, a_server
from bench.witness import commits
from pointsman.auth.minting import worker_token

SOCKET_KB = 40
FRAME_SYNCS = 30
SOCKETS = 5_000
EVENTS_PER_S = 500


@dataclass(frozen=True)
class Seen:
    """What one round showed."""

    p50_ms: float
    p99_ms: float
    """From the return of an event's commit to its frame at the client."""
    per_s: float
    server_cores: float
    client_cores: float
    floor: disk.Floor


def main(plan: Plan) -> list[Mark]:
    """Print the table and both marks."""
    count, per_s = plan.pick((SOCKETS, EVENTS_PER_S), (SOCKETS, EVENTS_PER_S), (10, 50))
    seconds = plan.pick(10.0, 3.0, 0.2)
    title(f"Sockets: {count:,} live channels, {per_s} events a second")
    _allow_sockets(count)
    witness = plan.folder / "commits"
    with a_server(plan.folder / "sockets", ("bench.witness", str(witness))) as server:
        scene = a_crowd(server, count)
        before = resident_bytes(server.pid)
        progress(f"opening {count:,} sockets")
        with a_client(scene, "bench.listener") as client:
            socket_kb = (resident_bytes(server.pid) - before) / count / 1000
            idle_cores = _idle(server, seconds)
            found = measure(plan, server, client, witness, per_s, seconds)
    _tell(count, socket_kb, idle_cores, found)
    ratios = [seen.p99_ms / seen.floor.p50_ms for seen in found]
    late = f"p99 from commit to frame, in fdatasyncs, ≤ {FRAME_SYNCS}"
    return [
        Mark(f"kB a socket ≤ {SOCKET_KB}", f"{socket_kb:.1f}", socket_kb <= SOCKET_KB),
        Mark(late, spread(ratios, 1), median(ratios) <= FRAME_SYNCS),
    ]


def measure(
    plan: Plan,
    server: Server,
    client: subprocess.Popen[str],
    witness: Path,
    per_s: int,
    seconds: float,
) -> list[Seen]:
    """Every round with its own floor, before and after."""
    rounds, found = Rounds(plan.rounds), list[Seen]()
    ask(client, {"per_s": per_s, "seconds": seconds / 4})  # warm
    for _ in range(plan.rounds):
        watch, before = Watch(server.pid, client.pid), usage(server.pid)
        first = disk.overwriting(plan.folder, seconds / 20)
        began_at = time.perf_counter()
        seen = ask(client, {"per_s": per_s, "seconds": seconds})
        span_s = time.perf_counter() - began_at
        cores = (usage(server.pid).seconds - before.seconds) / span_s
        floor = disk.middle([first, disk.overwriting(plan.folder, seconds / 20)])
        committed = commits(witness)
        late_ms = [(at - committed[seq]) * 1000 for seq, at in seen["frames"]]
        p50_ms, p99_ms = median(late_ms), percentile(late_ms, 0.99)
        found.append(Seen(p50_ms, p99_ms, seen["per_s"], cores, seen["client_cores"], floor))
        told = f"{p99_ms / floor.p50_ms:.1f} fdatasyncs from commit to frame at p99"
        rounds.ended(told, watch.others())
    print(rounds.summary() + "\n")
    return found


def a_crowd(server: Server, workers: int) -> Scene:
    """A workspace full of workers, each with his token."""
    progress(f"a server with {workers:,} workers")
    workspace = server.post("/v1/Workspaces", FriendlyName="Benchmark")
    home = f"/v1/Workspaces/{workspace['sid']}"
    tokens = {}
    for number in range(workers):
        attributes = json.dumps({"name": f"worker {number}", "number": 0})
        made = server.post(f"{home}/Workers", FriendlyName=f"w{number}", Attributes=attributes)
        tokens[made["sid"]] = worker_token(
            ACCOUNT, workspace["sid"], made["sid"], now_s=time.time(), ttl_s=7200
        )
    return Scene(server.port, AUTHORIZATION, ACCOUNT.sid, workspace["sid"], tokens, [])


def _allow_sockets(count: int) -> None:
    """The server inherits our limit of open files; too low a one is told before it fails."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < count + 1_000:
        raise SystemExit(
            f"{count:,} sockets need a limit of {count + 1_000:,} open files: ulimit -n"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _idle(server: Server, seconds: float) -> float:
    """Cores that the server keeps busy while nothing happens but heartbeats."""
    before = usage(server.pid)
    time.sleep(seconds)
    return (usage(server.pid).seconds - before.seconds) / seconds


def _tell(count: int, socket_kb: float, idle_cores: float, found: list[Seen]) -> None:
    rows = [
        ["commit → frame p50, in fdatasyncs", _ratios([(s.p50_ms, s.floor) for s in found])],
        ["commit → frame p99, in fdatasyncs", _ratios([(s.p99_ms, s.floor) for s in found])],
        ["p50 ms", spread([seen.p50_ms for seen in found])],
        ["p99 ms", spread([seen.p99_ms for seen in found])],
        ["events a second", spread([seen.per_s for seen in found], 0)],
        ["server cores", spread([seen.server_cores for seen in found])],
        ["client cores", spread([seen.client_cores for seen in found])],
        ["server cores when idle", f"{idle_cores:.2f}"],
        ["server kB a socket", f"{socket_kb:.1f}"],
    ]
    table(["", f"{count:,} sockets"], rows)


def _ratios(values: list[tuple[float, disk.Floor]]) -> str:
    return spread([value_ms / floor.p50_ms for value_ms, floor in values], 1)
