"""A real runtime on a real store, with a gate in front of the commits, for the runtime's tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pointsman.ambient import VirtualAmbient
from pointsman.engine import commands as c
from pointsman.engine.engine import Engine, Outcome
from pointsman.engine.events import Event
from pointsman.engine.records import Actor, Record, Reservation, Task, Workspace
from pointsman.engine.state import State
from pointsman.runtime import Runtime
from pointsman.store import CommitFailed, Group, Result, Store
from pointsman.store.sqlite import DATABASE_FILE, SqliteStore

T = TypeVar("T")
ACCOUNT = "AC" + "a" * 32
ACTOR = Actor("account", ACCOUNT)
ROUNDS = 30
"""So many rounds of the loop are enough for everything that does not wait for the gate."""


class Gate:
    """An offload that runs at once; while it is closed, what comes waits."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.opened.set()
        self.passed = 0
        self.faults: list[Exception] = []
        """Raised, one each, instead of running what comes."""

    async def __call__(self, function: Callable[[], T], /) -> T:
        await self.opened.wait()
        self.passed += 1
        if self.faults:
            raise self.faults.pop(0)
        return function()

    def close(self) -> None:
        self.opened.clear()

    def open(self) -> None:
        self.opened.set()

    def fail_next(self, count: int = 1) -> None:
        self.faults += [CommitFailed("the disk is full") for _ in range(count)]


class RecordingStore(SqliteStore):
    """A store that remembers the groups it was given."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.groups: list[Group] = []

    def commit(self, group: Group) -> dict[str, Result]:
        self.groups.append(group)
        return super().commit(group)


class Scene:
    """One workspace with a queue, a workflow and available workers."""

    def __init__(
        self, folder: Path, ambient: VirtualAmbient, kind: type[Runtime] = Runtime, **fields: Any
    ) -> None:
        self.ambient = ambient
        self.gate = Gate()
        self.store = RecordingStore(folder / DATABASE_FILE)
        self.runtime = kind(self.store, self.gate, _at_once, ambient=ambient, **fields)
        self.heard: list[tuple[str, Event]] = []
        self.runtime.subscribe(self._hear)
        self.workspace_sid = ""
        self.workflow_sid = ""

    def _hear(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        self.heard += [(workspace_sid, event) for event in events]

    @property
    def types(self) -> list[str]:
        return [event.type.value for _, event in self.heard]

    # --- commands --------------------------------------------------------------------------------

    async def furnish(self, workers: int = 2) -> None:
        """Make the workspace and forget what was heard of it."""
        workspace = await self.make_workspace()
        self.workspace_sid = workspace.sid
        available = await self.read(
            lambda state: next(a.sid for a in state.activities.values() if a.available)
        )
        queue = await self.do(c.CreateTaskQueue(actor=ACTOR, friendly_name="everybody"))
        target = f'{{"task_routing":{{"default_filter":{{"queue":"{queue.sid}"}}}}}}'
        workflow = c.CreateWorkflow(
            actor=ACTOR,
            friendly_name="all calls",
            configuration=target,
            task_reservation_timeout_s=30,
        )
        self.workflow_sid = (await self.do(workflow)).sid
        for number in range(1, workers + 1):
            await self.do(a_worker(f"worker {number}", available))
        self.heard.clear()

    async def make_workspace(self, friendly_name: str = "office") -> Workspace:
        command = c.CreateWorkspace(actor=ACTOR, account_sid=ACCOUNT, friendly_name=friendly_name)
        made = await self.runtime.create_workspace(command, the_record)
        assert isinstance(made, Workspace)
        return made

    async def do(self, command: c.Command, workspace_sid: str = "") -> Any:
        """Carry out a command; the record it is about."""
        return await self.runtime.execute(workspace_sid or self.workspace_sid, command, the_record)

    async def read(self, question: Callable[[State], T]) -> T:
        return await self.runtime.read(self.workspace_sid, lambda state, now: question(state))

    def nothing(self) -> c.Command:
        """A command that changes nothing."""
        sid = self.runtime.glance(self.workspace_sid, lambda state: next(iter(state.workers)))
        return c.NoteConnected(actor=ACTOR, worker_sid=sid)

    def a_task(self, attributes: str = "{}") -> c.CreateTask:
        return c.CreateTask(actor=ACTOR, workflow_sid=self.workflow_sid, attributes=attributes)

    async def offered(self) -> Reservation:
        """A new task's reservation."""
        task: Task = await self.do(self.a_task())
        [reservation] = await self.read(lambda state: state.reservations_of_task(task.sid))
        return reservation

    def live(self) -> set[Record]:
        """Every live record in memory."""
        return self.runtime.glance(self.workspace_sid, records_of)


@contextlib.asynccontextmanager
async def running(
    folder: Path, ambient: VirtualAmbient | None = None, **fields: Any
) -> AsyncIterator[Scene]:
    """A scene whose runtime was started; it is stopped and closed at the end."""
    scene = Scene(folder, ambient or VirtualAmbient(), **fields)
    await scene.runtime.start()
    try:
        yield scene
    finally:
        scene.gate.open()
        await scene.runtime.stop()
        scene.store.close()


def stored(folder: Path) -> dict[str, set[Record]]:
    """What a later owner would load, by workspace."""
    store: Store = SqliteStore(folder / DATABASE_FILE)
    try:
        return {loaded.workspace_sid: set(loaded.records) for loaded in store.load()}
    finally:
        store.close()


def records_of(state: State) -> set[Record]:
    tables: tuple[Iterable[Record], ...] = (
        state.activities.values(),
        state.task_channels.values(),
        state.workers.values(),
        state.worker_channels.values(),
        state.task_queues.values(),
        state.workflows.values(),
        state.tasks.values(),
        state.reservations.values(),
    )
    whole = {record for table in tables for record in table}
    return whole | ({state.workspace} if state.workspace else set())


def the_record(state: State, outcome: Outcome) -> Record | None:
    return outcome.record


def a_worker(friendly_name: str, activity_sid: str) -> c.CreateWorker:
    return c.CreateWorker(actor=ACTOR, friendly_name=friendly_name, activity_sid=activity_sid)


async def settle() -> None:
    """Let everything happen that waits for nothing but its turn."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


async def begun(*asked: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """Ask several things at once and let them come as far as they can."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    await settle()
    return tasks


async def outcomes(tasks: Iterable[Awaitable[Any]]) -> list[Any]:
    """What became of each: its value or its exception."""
    return await asyncio.gather(*tasks, return_exceptions=True)


async def _at_once(function: Callable[[], T], /) -> T:
    return function()


class Clumsy(Engine):
    """An engine with a mistake of ours: some commands, or ticks, crash half-way."""

    crash_on: type[c.Command] | None = None
    crash_in_tick = False

    def execute(self, command: c.Command, now: int, new_sid: Callable[[str], str]) -> Outcome:
        if self.crash_on is not None and isinstance(command, self.crash_on):
            self.state.tasks.clear()
            raise RuntimeError("half of it was done")
        return super().execute(command, now, new_sid)

    def tick(self, now: int, new_sid: Callable[[str], str]) -> Outcome:
        if self.crash_in_tick:
            raise RuntimeError("a timer crashed")
        return super().tick(now, new_sid)
