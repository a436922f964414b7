"""A workspace from a seed file, made by the commands that anybody could send.

Friendly names become SIDs on the way. What a command refuses is told with the entry it was for, and
nothing of a workspace that could not be finished stays. Files are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from msgspec import UNSET, Struct, field

from pointsman.engine import commands as c
from pointsman.engine.engine import Outcome
from pointsman.engine.errors import EngineError
from pointsman.engine.records import Actor
from pointsman.engine.state import State
from pointsman.runtime import Runtime
from pointsman.seed import SeedError, SeedTaskQueue, SeedWorker, SeedWorkflow, SeedWorkspace

__all__ = ["Planted", "plant"]


class Planted(Struct):
    """The workspace that was made: SIDs by friendly name, task channels by unique name."""

    workspace_sid: str
    activities: dict[str, str] = field(default_factory=dict)
    task_channels: dict[str, str] = field(default_factory=dict)
    task_queues: dict[str, str] = field(default_factory=dict)
    workflows: dict[str, str] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)


async def plant(runtime: Runtime, account_sid: str, seed: SeedWorkspace) -> Planted:
    """Make the account's workspace as the seed says; `SeedError` says which entry is wrong."""
    actor = Actor("account", account_sid)
    try:
        workspace_sid = await runtime.create_workspace(
            c.CreateWorkspace(
                actor=actor,
                account_sid=account_sid,
                friendly_name=seed.friendly_name,
                event_callback_url=seed.event_callback_url,
                events_filter=",".join(seed.events_filter) or None,
                multi_task_enabled=seed.multi_task_enabled,
                prioritize_queue_order=seed.prioritize_queue_order,
            ),
            _sid_of_outcome,
        )
    except EngineError as refusal:
        raise SeedError(f"{refusal.message}.") from refusal
    bed = _Bed(runtime, actor, Planted(workspace_sid))
    try:
        await bed.fill(seed)
    except SeedError:
        await bed.do("", c.DeleteWorkspace(actor=actor))
        raise
    return bed.planted


class _Bed:
    """A workspace that is being made."""

    def __init__(self, runtime: Runtime, actor: Actor, planted: Planted) -> None:
        self._runtime = runtime
        self._actor = actor
        self.planted = planted

    async def fill(self, seed: SeedWorkspace) -> None:
        """Everything in the order in which one needs the other."""
        await self._take_up_what_is_there()
        for at, activity in enumerate(seed.activities):
            if activity.friendly_name not in self.planted.activities:
                self.planted.activities[activity.friendly_name] = await self.do(
                    f"activities[{at}]",
                    c.CreateActivity(
                        actor=self._actor,
                        friendly_name=activity.friendly_name,
                        available=activity.available,
                    ),
                )
        for at, channel in enumerate(seed.task_channels):
            if channel.unique_name not in self.planted.task_channels:
                self.planted.task_channels[channel.unique_name] = await self.do(
                    f"task_channels[{at}]",
                    c.CreateTaskChannel(
                        actor=self._actor,
                        friendly_name=channel.friendly_name,
                        unique_name=channel.unique_name,
                        channel_optimized_routing=channel.channel_optimized_routing,
                    ),
                )
        await self._choose_activities(seed)
        for at, queue in enumerate(seed.task_queues):
            await self._task_queue(f"task_queues[{at}]", queue)
        for at, workflow in enumerate(seed.workflows):
            await self._workflow(f"workflows[{at}]", workflow)
        for at, worker in enumerate(seed.workers):
            await self._worker(f"workers[{at}]", worker)

    async def _take_up_what_is_there(self) -> None:
        def look(state: State, now: int) -> None:
            self.planted.activities = {
                one.friendly_name: one.sid for one in state.activities.values()
            }
            self.planted.task_channels = {
                one.unique_name: one.sid for one in state.task_channels.values()
            }

        await self._runtime.read(self.planted.workspace_sid, look)

    async def _choose_activities(self, seed: SeedWorkspace) -> None:
        default = self._activity("default_activity", seed.default_activity)
        timeout = self._activity("timeout_activity", seed.timeout_activity)
        await self.do(
            "workspace",
            c.UpdateWorkspace(
                actor=self._actor,
                default_activity_sid=UNSET if default is None else default,
                timeout_activity_sid=UNSET if timeout is None else timeout,
            ),
        )

    async def _task_queue(self, place: str, queue: SeedTaskQueue) -> None:
        _check_new(place, queue.friendly_name, self.planted.task_queues)
        self.planted.task_queues[queue.friendly_name] = await self.do(
            place,
            c.CreateTaskQueue(
                actor=self._actor,
                friendly_name=queue.friendly_name,
                target_workers=queue.target_workers,
                max_reserved_workers=queue.max_reserved_workers,
                task_order=queue.task_order,
                reservation_activity_sid=self._activity(place, queue.reservation_activity),
                assignment_activity_sid=self._activity(place, queue.assignment_activity),
            ),
        )

    async def _workflow(self, place: str, workflow: SeedWorkflow) -> None:
        configuration = self._with_queue_sids(f"{place}.configuration", workflow.configuration)
        self.planted.workflows[workflow.friendly_name] = await self.do(
            place,
            c.CreateWorkflow(
                actor=self._actor,
                friendly_name=workflow.friendly_name,
                configuration=_json(place, configuration),
                assignment_callback_url=workflow.assignment_callback_url,
                fallback_assignment_callback_url=workflow.fallback_assignment_callback_url,
                task_reservation_timeout_s=workflow.task_reservation_timeout,
            ),
        )

    async def _worker(self, place: str, worker: SeedWorker) -> None:
        """The worker goes to his activity last, so that no task finds him half made."""
        sid = await self.do(
            place,
            c.CreateWorker(
                actor=self._actor,
                friendly_name=worker.friendly_name,
                attributes=_json(place, worker.attributes),
            ),
        )
        self.planted.workers[worker.friendly_name] = sid
        for name, channel in worker.channels.items():
            await self.do(
                f"{place}.channels.{name}",
                c.UpdateWorkerChannel(
                    actor=self._actor,
                    worker_sid=sid,
                    worker_channel=name,
                    capacity=UNSET if channel.capacity is None else channel.capacity,
                    available=UNSET if channel.available is None else channel.available,
                ),
            )
        if (activity_sid := self._activity(place, worker.activity)) is not None:
            await self.do(
                place,
                c.UpdateWorker(actor=self._actor, worker_sid=sid, activity_sid=activity_sid),
            )

    def _activity(self, place: str, name: str | None) -> str | None:
        return None if name is None else _found(place, "activity", name, self.planted.activities)

    def _with_queue_sids(self, place: str, value: Any) -> Any:
        """The configuration with a SID wherever it names a queue."""
        if isinstance(value, list):
            return [self._with_queue_sids(f"{place}[{at}]", one) for at, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        found = {}
        for name, one in value.items():
            if name == "queue" and isinstance(one, str):
                found[name] = _found(place, "task queue", one, self.planted.task_queues)
            else:
                found[name] = self._with_queue_sids(f"{place}.{name}", one)
        return found

    async def do(self, place: str, command: c.Command) -> str:
        """Carry it out; gives the SID of what it was about."""
        workspace_sid = self.planted.workspace_sid
        try:
            return await self._runtime.execute(workspace_sid, command, _sid_of_outcome)
        except EngineError as refusal:
            raise SeedError(f"{place}: {refusal.message}.") from refusal


def _check_new(place: str, name: str, known: Mapping[str, str]) -> None:
    if name in known:
        raise SeedError(f"{place}: there are two task queues called {name!r}.")


def _found(place: str, what: str, name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        names = ", ".join(known) or "none"
        raise SeedError(f"{place}: there is no {what} {name!r}; there are {names}.")
    return known[name]


def _json(place: str, value: Any) -> str:
    """JSON text; YAML knows values that JSON does not."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError as problem:
        raise SeedError(f"{place}: {problem}.") from problem


def _sid_of_outcome(state: State, outcome: Outcome) -> str:
    return "" if outcome.record is None else outcome.record.sid
