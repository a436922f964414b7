"""A workspace to be played with: the real engine, its auditor, and a twin restored from what was stored.

`ask` executes a command, `wait` lets time pass with every tick in its turn. After each of them the
auditor has its say, a refusal has touched nothing, and the twin has done exactly the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from pointsman.engine.commands import Command, CreateWorkspace
from pointsman.engine.engine import Engine, Outcome
from pointsman.engine.errors import EngineError
from pointsman.engine.records import Actor, Limits, Record, Task, Worker
from tests import audit_vanished
from tests.auditor import Auditor

ACTOR = Actor("account", "AC" + "0" * 32)
LIMITS = Limits(assigned_s=600, purge_s=90, assignments=6, workers=8)
START = 1_800_000_000_000


class Sids:
    """SIDs by counting; a twin that starts at the same number makes the same ones."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def __call__(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number:032x}"


class World:
    """One workspace, its clock, and everybody who watches it."""

    def __init__(self, limits: Limits = LIMITS, *, single_tasking: bool = False) -> None:
        self.now = START
        self.limits = limits
        self.engine = Engine("WS" + "0" * 32, limits)
        self.sids = Sids()
        self.auditor = Auditor(limits)
        self.stored: dict[str, Record] = {}
        self.twin: tuple[Engine, Sids] | None = None
        self.refused = 0
        self.ask(
            CreateWorkspace(
                actor=ACTOR,
                account_sid=ACTOR.sid,
                friendly_name="demo",
                multi_task_enabled=not single_tasking,
            )
        )

    def all(self, kind: str) -> list[Any]:
        """All live records of one kind, such as `workers`, in creation order."""
        return list(getattr(self.engine.state, kind).values())

    def ask(self, command: Command) -> Record | None:
        """Execute the command; what is refused answers None and must have touched nothing."""
        before = self._everything()
        try:
            outcome = self.engine.execute(command, self.now, self.sids)
        except EngineError as refusal:
            self._check_refused(command, refusal, before)
            return None
        self._follow(outcome, command, lambda engine, sids: engine.execute(command, self.now, sids))
        return outcome.record

    def refusal(self, command: Command) -> EngineError:
        """How the command is refused; it is a fault if it is not."""
        before = self._everything()
        with pytest.raises(EngineError) as caught:
            self.engine.execute(command, self.now, self.sids)
        self._check_refused(command, caught.value, before)
        return caught.value

    def wait(self, span_ms: int) -> None:
        """Let time pass; every deadline is met at its moment."""
        goal = self.now + span_ms
        while (due := self.engine.next_deadline()) is not None and due <= goal:
            assert due >= self.now, "a deadline lies in the past"
            self.now = due
            seq = self.engine.state.seq
            outcome = self.engine.tick(self.now, self.sids)
            assert outcome.seq != seq or self.engine.next_deadline() != due, "a tick did nothing"
            self._follow(outcome, None, lambda engine, sids: engine.tick(self.now, sids))
        self.now = goal

    def restore(self) -> None:
        """Go on with an engine made from what was stored; the one before becomes its twin.

        Unless somebody may be connected: to him a restart is a lost socket, so the two differ.
        """
        state = self.engine.state
        restored = Engine(self.engine.workspace_sid, self.limits)
        restored.restore(self.stored.values(), state.seq, state.event_seq, self.now)
        audit_vanished.restarted(self.auditor.model, self.now)
        if any(w.disconnect_activity_sid or w.is_present for w in self.all("workers")):
            self.twin, self.engine = None, restored
            return
        self.twin = (self.engine, Sids(self.sids.number))
        self.engine = restored
        assert self.engine.next_deadline() == self.twin[0].next_deadline(), (
            "timers were not re-armed"
        )

    def _follow(
        self, outcome: Outcome, asked: Command | None, again: Callable[[Engine, Sids], Outcome]
    ) -> None:
        for record, removed in outcome.changes:
            if removed:
                del self.stored[record.sid]
            else:
                self.stored[record.sid] = record
        deadline = self.engine.next_deadline()
        self.auditor.audit(outcome.events, self.now, deadline, asked, outcome.record)
        self._check_stored(outcome)
        if self.twin is not None:
            other = again(*self.twin)
            assert _told(outcome) == _told(other), "a restored engine behaves differently"
            assert deadline == self.twin[0].next_deadline(), "a restored engine wakes up later"

    def _check_refused(self, command: Command, refusal: EngineError, before: object) -> None:
        assert self._everything() == before, f"{refusal.message}: something was touched"
        self.refused += 1
        if self.twin is not None:
            with pytest.raises(EngineError, match=re.escape(refusal.message)):
                self.twin[0].execute(command, self.now, self.twin[1])

    def _check_stored(self, outcome: Outcome) -> None:
        """What is written is what was told: no version without an event, no task too many."""
        model = self.auditor.model
        live = {sid for sid, record in self.stored.items() if isinstance(record, Task)}
        assert live == self.auditor.live_tasks(), "the live tasks differ"
        for record, removed in outcome.changes:
            if isinstance(record, Task) and not removed:
                told = model.tasks[record.sid].record.version
                assert record.version == told, f"{record.sid} changed without an event"
            if isinstance(record, Worker) and not removed:
                assert record.version == model.workers[record.sid].version

    def _everything(self) -> tuple[Any, ...]:
        state = self.engine.state
        tables = (state.workers, state.worker_channels, state.task_queues, state.workflows)
        rest = (
            *(state.tasks, state.reservations, state.transfers),
            *(state.activities, state.task_channels),
        )
        return (
            state.seq,
            state.event_seq,
            state.workspace,
            self.engine.next_deadline(),
            *(list(table.items()) for table in (*tables, *rest)),
        )


def _told(outcome: Outcome) -> tuple[Any, ...]:
    changes = sorted(
        (change.record.sid, change.record, change.removed) for change in outcome.changes
    )
    return (outcome.record, outcome.events, changes, outcome.alerts, outcome.seq)
