"""What statistics of 15 minutes cost, out of a short history and out of one a hundred times as long.

Both histories are equally dense, so that a window holds equally much: 10 million events spread over 30
days, and a hundredth of it over a hundredth of the time. What is measured is everything between the
question and the figures: the rows read by a range of an index, decoded and folded. The files are made
with rows of a real life of tasks, written with the times of a whole month; they were just written, so
they are as much in memory as the machine had room for.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from bench.report import Mark, Plan, Rounds, Watch, progress, spread, table, title
from pointsman.engine import commands as c
from pointsman.engine.engine import Engine
from pointsman.engine.events import Event
from pointsman.engine.records import Actor, Limits
from pointsman.engine.statistics import Fact, Flow, Stays
from pointsman.store import Group, WorkspaceGroup
from pointsman.store.codec import AttributesSeen, event_row
from pointsman.store.sqlite import SqliteStore, open_store

BEGINNING = 1_800_000_000_000
DAY_MS = 86_400_000
EVENT_MS = 30 * DAY_MS / 10_000_000
WINDOW_MS = 15 * 60_000
WORKERS = 100
BATCH = 100_000
LONGER_TIMES = 3.0
ACTOR = Actor("account", "AC" + "0" * 32)
ATTRIBUTES = json.dumps({"caller": "+15550100", "language": "en", "topic": "billing", "level": 2})
WORKSPACE = "WS" + "0" * 32


@dataclass(frozen=True)
class Row:
    """One event of the life that is repeated: what differs from time to time is left out."""

    type: str
    of_task: bool
    worker_sid: str | None
    body: str


def main(plan: Plan) -> list[Mark]:
    """Make both files, read windows out of them in turns, and print what a window takes."""
    events = plan.pick(10_000_000, 500_000, 20_000)
    short = max(10_000, events // 100)
    title(f"Statistics: 15 minutes out of {events:,} events")
    life = a_life()
    stores = {size: a_history(plan.folder / f"{size}", size, life) for size in (short, events)}
    rounds = Rounds(plan.rounds)
    spans: dict[int, list[float]] = {size: [] for size in stores}
    rows: dict[int, list[int]] = {size: [] for size in stores}
    chance = random.Random(7)
    for _ in range(plan.rounds):
        watch = Watch()
        for size, store in stores.items():
            read, span_s = windows(store, size, chance, plan.pick(20, 10, 3))
            spans[size].append(span_s)
            rows[size] += read
        rounds.ended(f"{spans[events][-1] * 1000:.1f} ms a window", watch.others())
    table(
        ["events, days", "rows read a window", "ms a window", "µs a row"],
        [shown(size, spans[size], rows[size]) for size in stores],
    )
    print(rounds.summary())
    for store in stores.values():
        store.close()
    return marks(events, short, spans, rows)


def marks(
    events: int, short: int, spans: dict[int, list[float]], rows: dict[int, list[int]]
) -> list[Mark]:
    times = median(long / brief for long, brief in zip(spans[events], spans[short], strict=True))
    expected = int(WINDOW_MS / EVENT_MS) + 2
    return [
        Mark(
            f"15 minutes out of {events:,} events take ≤ {LONGER_TIMES:g} times those of {short:,}",
            f"{times:.2f}",
            times <= LONGER_TIMES,
        ),
        Mark(
            "no more rows are read than there are events in a window, and one",
            f"{max(rows[events]):,} of {expected:,}",
            max(rows[events]) <= expected,
        ),
    ]


def shown(size: int, spans: list[float], rows: list[int]) -> list[str]:
    a_row = [span_s / median(rows) * 1e6 for span_s in spans]
    days = size * EVENT_MS / DAY_MS
    return [
        f"{size:,} over {days:g}",
        f"{median(rows):,.0f}",
        spread([span_s * 1000 for span_s in spans], 1),
        spread(a_row, 1),
    ]


def windows(
    store: SqliteStore, size: int, chance: random.Random, number: int
) -> tuple[list[int], float]:
    """Read so many windows anywhere in the history: rows of each, and seconds that one took."""
    history = store.history()
    last = int(size * EVENT_MS) - WINDOW_MS
    starts = [BEGINNING + chance.randrange(last) for _ in range(number)]
    rows = []
    began_at = time.perf_counter()
    for start in starts:
        flow, stays = Flow((5, 30)), Stays(start, start + WINDOW_MS)

        def take(fact: Fact, flow: Flow = flow, stays: Stays = stays) -> None:
            flow.add(fact)
            stays.add(fact)

        rows.append(history.read_facts(WORKSPACE, take, start=start, end=start + WINDOW_MS))
        stays.close()
        assert flow.until_accepted.count, "nothing was read"
    return rows, (time.perf_counter() - began_at) / number


# --- making a history --------------------------------------------------------------------------


def a_life() -> list[Row]:
    """What happens while each of many workers serves a task and then takes a break."""
    numbers = count(1)
    engine = Engine(WORKSPACE, Limits(workers=WORKERS))
    told: list[Event] = []

    def ask(command: c.Command) -> str:
        outcome = engine.execute(command, BEGINNING, lambda prefix: f"{prefix}{next(numbers):032x}")
        told.extend(outcome.events)
        return outcome.record.sid if outcome.record else ""

    ask(c.CreateWorkspace(actor=ACTOR, account_sid=ACTOR.sid, friendly_name="month"))
    activities = {a.friendly_name: a.sid for a in engine.state.activities.values()}
    queue_sid = ask(c.CreateTaskQueue(actor=ACTOR, friendly_name="all"))
    rule = {"default_filter": {"queue": queue_sid}}
    routing = json.dumps({"task_routing": rule})
    ask(c.CreateWorkflow(actor=ACTOR, friendly_name="all", configuration=routing))
    del told[:]
    for number in range(WORKERS):
        worker = ask(c.CreateWorker(actor=ACTOR, friendly_name=f"{number}", attributes=ATTRIBUTES))
        del told[-1:]
        work, rest = activities["Available"], activities["Offline"]
        ask(c.UpdateWorker(actor=ACTOR, worker_sid=worker, activity_sid=work))
        task = ask(c.CreateTask(actor=ACTOR, attributes=ATTRIBUTES))
        [offer] = engine.state.reservations_of_task(task)
        ask(c.AcceptReservation(actor=ACTOR, reservation_sid=offer.sid))
        ask(c.UpdateTask(actor=ACTOR, task_sid=task, assignment_status="completed"))
        ask(c.UpdateWorker(actor=ACTOR, worker_sid=worker, activity_sid=rest))
    return [row_of(event) for event in told]


def row_of(event: Event) -> Row:
    *_, body = event_row(event, 1, AttributesSeen())[0]
    worker = event.worker.sid if event.worker else None
    return Row(event.type.value, event.task is not None, worker, body)


def a_history(folder: Path, size: int, life: list[Row]) -> SqliteStore:
    """A data folder whose workspace has this many events, one every `EVENT_MS`."""
    store = open_store(folder)
    creation = WorkspaceGroup(
        workspace_sid=WORKSPACE,
        epoch=1,
        old_seq=0,
        new_seq=1,
        event_seq=size,
        at=BEGINNING,
        account_sid=ACTOR.sid,
    )
    store.commit(Group([creation]))
    writer = store._writer
    indexes = writer.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'event'"
    ).fetchall()
    for name, _ in indexes:
        writer.execute(f"DROP INDEX {name}")
    rows = repeated(life, size)
    columns = "shard, sid, seq, type, at, task_sid, task_version, worker_sid, worker_version, body"
    for begun in range(0, size, BATCH):
        writer.execute("BEGIN")
        part = (next(rows) for _ in range(min(BATCH, size - begun)))
        writer.executemany(f"INSERT INTO event ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?)", part)
        writer.execute("COMMIT")
        store.checkpoint()
        if begun % 1_000_000 == 0 and begun:
            progress(f"{begun:,} of {size:,} events written")
    for _, sql in indexes:  # sorted once, which is quicker than row by row
        writer.execute(sql)
    store.checkpoint()
    return store


def repeated(life: list[Row], size: int) -> Iterator[tuple[object, ...]]:
    """The life over and over, each event with its own time, number and task."""
    task_sid = ""
    for number in range(size):
        row = life[number % len(life)]
        at = BEGINNING + int(number * EVENT_MS)
        tail = f"{at:012x}{number:020x}"
        if row.type == "task.created":
            task_sid = "WT" + tail
        yield (
            1,
            "EV" + tail,
            number + 1,
            row.type,
            at,
            task_sid if row.of_task else None,
            0 if row.of_task else None,
            row.worker_sid,
            0 if row.worker_sid else None,
            row.body,
        )
