"""What figures are made of, read from the rows of a window: how much is read, and what is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.engine.events import EventType
from pointsman.engine.records import replace
from pointsman.engine.statistics import Fact
from pointsman.store import Group, StoreError
from pointsman.store.history import CLOCK_SLACK_MS
from pointsman.store.sqlite import SQL, SqliteStore, open_store
from tests.store.builders import (
    START,
    a_reservation,
    a_task,
    a_worker,
    an_event,
    change,
    creation,
    sid,
)

HERE = sid("WS", 1)
MINUTE = 60_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A hundred events of one workspace, one a minute; every tenth is about worker 1."""
    events = [
        an_event(
            minute,
            EventType.WORKER_ATTRIBUTES_UPDATE if minute % 10 == 0 else EventType.TASK_UPDATED,
            START + minute * MINUTE,
            task=None if minute % 10 == 0 else a_task(),
            worker=a_worker() if minute % 10 == 0 else None,
        )
        for minute in range(100)
    ]
    with_store = open_store(tmp_path)
    with_store.commit(Group([creation()]))
    with_store.commit(Group([change(events=events, event_seq=100)]))
    with_store.commit(Group([creation(2)]))
    with_store.commit(Group([change(2, events=[an_event(500, at=START + 5 * MINUTE)])]))
    yield with_store
    with_store.close()


def read(store: SqliteStore, start: int, end: int, **of: str) -> tuple[int, list[Fact]]:
    """How many rows were read between two minutes, and what they told."""
    facts: list[Fact] = []
    rows = store.history().read_facts(
        HERE, facts.append, start=START + start * MINUTE, end=START + end * MINUTE, **of
    )
    return rows, facts


def minutes(facts: list[Fact]) -> list[int]:
    return [(fact.at - START) // MINUTE for fact in facts]


@pytest.mark.parametrize(("start", "end"), [(0, 99), (85, 99), (99, 200), (40, 40), (200, 300)])
def test_no_more_rows_than_events(store: SqliteStore, start: int, end: int) -> None:
    """A window is read row by row, and one row beyond an end that lies in the past."""
    rows, facts = read(store, start, end)
    inside = [minute for minute in range(100) if start <= minute <= end]

    assert minutes(facts) == inside
    assert rows <= len(inside) + (end < 99)


def test_one_worker(store: SqliteStore) -> None:
    """For one worker only the rows of his own events are read."""
    rows, facts = read(store, 35, 99, worker_sid=sid("WK", 1))

    assert minutes(facts) == [40, 50, 60, 70, 80, 90]
    assert rows == 6
    assert {fact.worker_sid for fact in facts} == {sid("WK", 1)}


def test_windows_are_ranges_of_an_index(store: SqliteStore) -> None:
    """A window, a worker's window and his last event before it are each found by a range of an index."""
    worker = " AND e.worker_sid = :worker_sid"
    questions = {
        SQL["facts"] + " ORDER BY e.sid": "event_sid (shard=? AND sid>? AND sid<?)",
        SQL["facts"] + worker + " ORDER BY e.sid": (
            "event_worker (shard=? AND worker_sid=? AND sid>? AND sid<?)"
        ),
        SQL["fact_before"]: "event_worker (shard=? AND worker_sid=? AND sid<?)",
    }
    values = dict.fromkeys(("shard", "first_sid", "last_sid", "worker_sid"), "")
    for statement, plan in questions.items():
        with store._readers.connection() as connection:
            steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        assert [step[-1].endswith(f"USING INDEX {plan}") for step in steps] == [True], steps


def test_nothing_of_another_workspace(store: SqliteStore) -> None:
    """An unknown workspace has no facts, and no workspace sees another's."""
    facts: list[Fact] = []
    history = store.history()

    assert history.read_facts(sid("WS", 9), facts.append, start=0, end=START * 2) == 0
    assert history.read_facts(sid("WS", 2), facts.append, start=0, end=START * 2) == 1
    assert history.fact_before(sid("WS", 2), sid("WK", 1), START * 2) is None
    assert history.former_workers(sid("WS", 9)) == []


def test_the_last_fact_before(store: SqliteStore) -> None:
    """A worker's last event before a moment tells his activity; before his first there is none."""
    history = store.history()
    found = history.fact_before(HERE, sid("WK", 1), START + 55 * MINUTE)

    assert found is not None
    assert (found.at, found.activity_sid) == (START + 50 * MINUTE, sid("WA", 1))
    assert history.fact_before(HERE, sid("WK", 1), START) is None
    assert history.fact_before(HERE, sid("WK", 2), START * 2) is None


def test_what_a_fact_tells(tmp_path: Path) -> None:
    """Where a wait ends, a fact tells its beginnings to the millisecond; elsewhere it tells none."""
    task = a_task(date_created=START - 2_345, task_queue_entered_at=START - 1_234)
    worker, offer = a_worker(), a_reservation()
    told = {"task": task, "worker": worker, "reservation": offer}
    kinds = (EventType.RESERVATION_ACCEPTED, EventType.TASK_CANCELED, EventType.RESERVATION_CREATED)
    events = [an_event(number, kind, **told) for number, kind in enumerate(kinds, 1)]
    store = open_store(tmp_path)
    store.commit(Group([creation()]))
    store.commit(Group([change(events=events)]))
    facts: list[Fact] = []
    store.history().read_facts(HERE, facts.append, start=START, end=START)
    accepted, canceled, created = facts

    assert accepted == Fact(
        "reservation.accepted",
        START,
        sid("WQ", 1),
        sid("WW", 1),
        sid("TC", 1),
        sid("WK", 1),
        sid("WA", 1),
        "",
        task_created_at=START - 2_345,
        task_queue_entered_at=START - 1_234,
    )
    assert (canceled.task_created_at, canceled.worker_sid) == (START - 2_345, None)
    assert (created.task_created_at, created.task_queue_entered_at) == (None, None)
    store.close()


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    """Events whose SIDs are later than their time, by what a clock was set back, are not missed."""
    ahead = CLOCK_SLACK_MS - MINUTE
    events = [
        replace(an_event(number, at=START + number), sid=sid("EV", number, START + ahead + number))
        for number in range(1, 4)
    ]
    store = open_store(tmp_path)
    store.commit(Group([creation()]))
    store.commit(Group([change(events=events)]))
    facts: list[Fact] = []
    rows = store.history().read_facts(HERE, facts.append, start=START, end=START + 2)

    assert [fact.at for fact in facts] == [START + 1, START + 2]
    assert rows == 3
    store.close()


def test_workers_that_are_gone(tmp_path: Path) -> None:
    """Only deleted workers are former ones."""
    store = open_store(tmp_path)
    store.commit(Group([creation()]))
    gone = change(records=[a_worker(1), a_worker(2), a_task()])
    gone.changes[sid("WK", 2)] = (a_worker(2), False)
    store.commit(Group([gone]))

    assert store.history().former_workers(HERE) == [sid("WK", 2)]
    store.close()


def test_a_row_that_cannot_be_read(store: SqliteStore) -> None:
    """A row that is no event is a fault of the store that names it, not a figure."""
    with store._transaction():
        store._writer.execute("UPDATE event SET body = '[1]' WHERE at = ?", (START,))

    with pytest.raises(StoreError, match=f"{sid('EV', 0)} cannot be read"):
        read(store, 0, 5)
