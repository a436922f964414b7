"""Runs a story told in plain text through the real engine and tells what happened, line by line.

A story is a list of steps; a step is one or more lines, `----`, and what the engine answered. The lines:

    worker alice {"languages": ["en"]} activity=Break
    queue english 'languages HAS "en"' max=2 order=LIFO
    activity Break available=true
    channel fax optimized=true
    capacity alice chat 3 available=false
    workflow support reservation_timeout=30        (then indented: filters, targets, default)
      filter 'lang == "en"' name=English
        target english priority=10 timeout=30 expression='…' order_by='…' skip_if='…'
        target same timeout=60
      default everyone
    task T1 {"lang": "en"} workflow=support priority=5 timeout=60 channel=voice started=30s_ago
    task T2 workflow=support to=$alice ignore_capacity=false queue=english
    accept alice T1     reject alice T1 activity=Break     wrap alice T1     done alice T1
    unreachable alice T1        transfer alice T1 to=$bob mode=COLD priority=9 attributes={…}
    recall T1           (cancels the task's newest transfer)
    update T1 attributes={…} priority=9 status=canceled reason=… if_match=0
    delete T1           remove worker alice                pass 30s
    set alice activity=Break reject_pending=true attributes={…} name=…
    change queue english target='…'     change workflow support re_evaluate=true (then indented)
    change activity Break name=Lunch    limits assignments=3
    (in all of these `$alice` is her SID)
    show tasks | workers | channels | alerts       workspace order=LIFO timeout_activity=Break
    settings wrap_up=60 complete=60 vanished=30 pending=reject accepted=requeue
    comes alice         leaves alice (his last socket)
    workspace multi_tasking=true (of a story with the comment line `# single-tasking`)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from pointsman.engine import commands as c
from pointsman.engine.engine import Engine, Outcome
from pointsman.engine.errors import EngineError
from pointsman.engine.events import Event
from pointsman.engine.records import replace
from pointsman.engine.waiting import available_capacity_percentage
from tests.scenarios.verbs import ACTOR, CHANGING, MAKING, Line, Names, milliseconds

START = 1_800_000_000_000  # a Friday, 2027-01-15 08:00:00 UTC


class Story:
    """One workspace, its clock, and what the engine told so far in this step."""

    def __init__(self, *, single_tasking: bool = False) -> None:
        numbers = itertools.count(1)
        self.now = START
        self.engine = Engine("WS" + "0" * 32)
        self.names = Names()
        self._new_sid: Callable[[str], str] = lambda prefix: f"{prefix}{next(numbers):032x}"
        self._alerts: list[str] = []
        self._told: list[str] = []
        self._passed_since: int | None = None
        self.names.call("demo", self.engine.workspace_sid)
        command = c.CreateWorkspace(
            actor=ACTOR,
            account_sid=ACTOR.sid,
            friendly_name="demo",
            multi_task_enabled=not single_tasking,
        )
        for event in self._execute(command).events:
            if event.activity is not None:
                self.names.call(event.activity.friendly_name, event.activity.sid)
            if event.task_channel is not None:
                self.names.call(event.task_channel.unique_name, event.task_channel.sid)
        self._told.clear()

    def answer(self, text: str) -> str:
        """What the engine tells after the lines of one step."""
        block: list[str] = []
        for line in [*text.splitlines(), "end"]:
            if not line.strip() or line.startswith("#"):
                continue
            if block and not line.startswith(" "):
                self._carry_out(Line([self.names.with_sids(text) for text in block]))
                block = []
            block.append(line)
        told, self._told = self._told, []
        return "\n".join(told) or "nothing"

    def _carry_out(self, line: Line) -> None:
        if "started" in line.named:
            ago = milliseconds(line.named["started"].removesuffix("_ago"))
            line.named["started_at"] = str(self.now - ago)
        try:
            if line.verb == "limits":
                numbers = {name: int(value) for name, value in line.named.items()}
                self.engine.limits = replace(self.engine.limits, **numbers)
            elif line.verb == "pass":
                self._pass(milliseconds(line.plain[0]))
            elif line.verb == "show":
                self._told.extend(self._shown(line.plain[0]))
            elif line.verb in MAKING:
                self._execute(MAKING[line.verb](line, self.names), line.plain[0])
            else:
                self._execute(CHANGING[line.verb](line, self.names))
        except EngineError as refusal:
            sentence = self.names.readable(refusal.message)
            self._told.append(f"refused ({type(refusal).__name__}): {sentence}")

    def _execute(self, command: c.Command, name: str | None = None) -> Outcome:
        outcome = self.engine.execute(command, self.now, self._new_sid)
        if name is not None:
            assert outcome.record is not None
            self.names.call(name, outcome.record.sid)
        self._tell(outcome)
        return outcome

    def _pass(self, span_ms: int) -> None:
        """Let time pass; what happens at a deadline is told with the time since the beginning."""
        start, goal = self.now, self.now + span_ms
        while (due := self.engine.next_deadline()) is not None and due <= goal:
            self.now = max(self.now, due)
            self._passed_since = start
            self._tell(self.engine.tick(self.now, self._new_sid))
            self._passed_since = None
        self.now = goal

    # --- showing ---------------------------------------------------------------------------------

    def _shown(self, what: str) -> list[str]:
        shown = {
            "tasks": self._tasks,
            "workers": self._workers,
            "channels": self._channels,
            "alerts": lambda: self._alerts,
        }
        return shown[what]() or [f"no {what}"]

    def _tasks(self) -> list[str]:
        found = []
        for task in self.engine.state.tasks.values():
            queue = self.names.of(task.target.queue_sid)
            status = f"{self.names.of(task.sid)} {task.assignment_status} in {queue}"
            reason = f" reason {task.reason!r}" if task.reason else ""
            found.append(f"{status} priority {task.priority}{reason}")
        return found

    def _workers(self) -> list[str]:
        state = self.engine.state
        return [
            f"{worker.friendly_name} {self.names.of(worker.activity_sid)} uses "
            f"{sum(state.used_slots(worker.sid, sid) for sid in state.task_channels)}"
            for worker in state.workers.values()
        ]

    def _channels(self) -> list[str]:
        """The channels that carry work or whose capacity is not 1."""
        found = []
        for channel in self.engine.state.worker_channels.values():
            slot = (channel.worker_sid, channel.task_channel_sid)
            used = self.engine.state.used_slots(*slot)
            capacity = channel.configured_capacity
            if used or capacity != 1:
                found.append(
                    f"{self.names.of(slot[0])} {self.names.of(slot[1])} capacity {capacity}, "
                    f"assigned {self.engine.state.accepted_tasks(*slot)}, "
                    f"free {available_capacity_percentage(capacity, used)} %"
                )
        return found

    # --- telling ---------------------------------------------------------------------------------

    def _tell(self, outcome: Outcome) -> None:
        after = ""
        if self._passed_since is not None:
            after = f"after {(self.now - self._passed_since) / 1000:g}s "
        for event in outcome.events:
            if event.reservation is not None:
                slot = (event.reservation.worker_sid, event.reservation.task_sid)
                self.names.reservations[slot] = event.reservation.sid
            if event.transfer is not None and event.task is not None:
                self.names.transfers[event.task.sid] = event.transfer.sid
            self._told.append(after + self._event(event))
        self._alerts.extend(f"{a.code} {self.names.readable(a.message)}" for a in outcome.alerts)

    def _event(self, event: Event) -> str:
        words: list[str] = [event.type.value]
        if event.resource_type in ("workflow", "task-queue", "activity", "task-channel"):
            words.append(self.names.of(event.resource_sid))
        if event.reservation is not None:
            words.append(f"({event.reservation.reservation_status})")
        elif event.transfer is not None:
            words.append(f"({event.transfer.transfer_status})")
        if event.task is not None:
            words.append(f"{self.names.of(event.task.sid)}({event.task.assignment_status})")
        if event.worker is not None:
            words.append(event.worker.friendly_name)
        if event.previous_activity is not None and event.activity is not None:
            before = event.previous_activity.friendly_name
            words.append(f"{before} -> {event.activity.friendly_name}")
        if event.previous_capacity is not None and event.worker_channel is not None:
            channel = self.names.of(event.worker_channel.task_channel_sid)
            capacity = event.worker_channel.configured_capacity
            words.append(f"{channel} {event.previous_capacity} -> {capacity}")
        return " ".join(words)
