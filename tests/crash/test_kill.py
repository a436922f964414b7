"""The real server is killed without warning under load, again and again, and nothing is lost.

What counts is what clients saw: every step that was acknowledged is there after the restart, no task
was accepted by two workers, and timers that were running go on.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.load import PATIENCE_S, Caller, Ledger, Office
from tests.server import a_server

KILLS = 20
CALLERS = 4
SEED = 20
TAKEN = {"accepted", "wrapping", "completed"}


@pytest.mark.feature(23, 288)
def test_kill_9_under_load(tmp_path: Path) -> None:
    """After 20 kills at random moments no acknowledged step is lost and no task accepted twice."""
    chance = random.Random(SEED)
    ledger = Ledger()
    with a_server(tmp_path) as server, contextlib.closing(Office(server)) as office:
        for kill in range(KILLS):
            callers = [Caller(office, ledger, SEED + kill * 100 + n) for n in range(CALLERS)]
            for caller in callers:
                caller.start()
            threading.Event().wait(chance.uniform(0.05, 0.5))
            server.kill()
            for caller in callers:
                caller.join(PATIENCE_S)
                assert not caller.is_alive()
            server.start()
            office.reconnect()
            check_completed_steps(office, ledger)
        check_acceptances(office, ledger)

    assert ledger.unexpected == []
    assert ledger.in_doubt == KILLS * CALLERS
    assert len(ledger.accepted) > KILLS, "it was hardly under load"


def check_completed_steps(office: Office, ledger: Ledger) -> None:
    """Created tasks exist, and stand where the acknowledged steps brought them."""
    found = {task["sid"]: task["assignment_status"] for task in office.all_of("/Tasks")}

    assert ledger.created - found.keys() == set()
    assert {sid for sid in ledger.completed if found[sid] != "completed"} == set()
    taken = {sid for sid in ledger.accepted.values() if found[sid] in ("pending", "reserved")}
    assert taken == set()


def check_acceptances(office: Office, ledger: Ledger) -> None:
    """Acknowledged acceptances stand, and no task has two, neither now nor in the course of time."""
    status = {}
    holders: Counter[str] = Counter()
    for worker in office.workers:
        for reservation in office.all_of(f"/Workers/{worker}/Reservations"):
            status[reservation["sid"]] = reservation["reservation_status"]
            holders[reservation["task_sid"]] += reservation["reservation_status"] in TAKEN
    events = [e["event_data"] for e in office.all_of("/Events", EventType="reservation.accepted")]
    ever = Counter(event["task_sid"] for event in events)

    assert {sid for sid in ledger.accepted if status[sid] not in TAKEN} == set()
    assert ledger.accepted.keys() - {event["reservation_sid"] for event in events} == set()
    assert {task: count for task, count in holders.items() if count > 1} == {}
    assert {task: count for task, count in ever.items() if count > 1} == {}


@pytest.mark.feature(23)
def test_timers_go_on_after_a_kill(tmp_path: Path) -> None:
    """An offer whose time runs out while the server is dead, or after, is taken back once it lives."""
    with a_server(tmp_path) as server, contextlib.closing(Office(server)) as office:
        tasks = f"{office.path}/Tasks"
        task = office.post(tasks, WorkflowSid=office.workflow_sid)["sid"]
        offers = {r["sid"] for r in office.all_of(f"/Tasks/{task}/Reservations")}
        server.kill()
        server.start()
        office.reconnect()
        over: set[str] = set()
        deadline = threading.Event()
        alarm = threading.Timer(PATIENCE_S, deadline.set)
        alarm.start()
        while not offers <= over and not deadline.is_set():
            deadline.wait(0.05)
            events = office.all_of("/Events", EventType="reservation.timeout")
            over = {event["resource_sid"] for event in events}
        alarm.cancel()

        assert len(offers) == 3
        assert over == offers
