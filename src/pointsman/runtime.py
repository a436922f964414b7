"""The loop around the engines: inbox → execute → commit → answer and publish.

**Write first, tell afterwards.** Whatever is told of a workspace (the answer to a change, a read, a
refusal, a change of nothing) waits until everything executed before it is durable; when nothing is
in flight it leaves at once. While one group is written in a thread the next one is executed.

When a group fails or is fenced, its callers and those of the same workspaces in the next group get
`Unavailable`, and the engine is thrown away and loaded again. One timer serves all engines. The
runtime knows no protocol, and of a command only whose it is.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from pointsman import logs
from pointsman.ambient import REAL, Ambient
from pointsman.directory import Directory, Owned
from pointsman.engine.commands import Command, CreateWorkspace
from pointsman.engine.engine import Engine, Outcome
from pointsman.engine.errors import EngineError, NotFound
from pointsman.engine.events import Event
from pointsman.engine.indexes.heaps import Deadlines
from pointsman.engine.records import Limits
from pointsman.engine.state import State
from pointsman.group import Crashed, Unavailable, resolve
from pointsman.inbox import Asked, Inbox, Keep, Render
from pointsman.listeners import Listener, Listeners
from pointsman.metrics import Metrics
from pointsman.store import History, Loaded, Note, Store, StoreError, WorkspaceGroup
from pointsman.writer import Offload, Writer

__all__ = ["Crashed", "Offload", "Runtime", "Unavailable"]

log = logging.getLogger(__name__)

T = TypeVar("T")
GROUP_COMMANDS = 500
"""More than these wait in the inbox until the group in flight is written."""
TURN_COMMANDS = 50
"""So many are executed before the loop serves others again."""
LONGEST_SLEEP_S = 30.0
"""Domain time may be set while the machine sleeps or is corrected; then a timer must not oversleep."""
EXECUTION_MS = 1_000
"""SIDs may be later than the time of the command that made them, by as long as it took."""


class Runtime:
    """All workspaces of one process."""

    def __init__(
        self,
        store: Store,
        offload: Offload,
        offload_reads: Offload | None = None,
        *,
        ambient: Ambient = REAL,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        new_engine: Callable[[str], Engine] | None = None,
    ) -> None:
        """`offload` runs commits, one at a time; `offload_reads` what may run beside them."""
        self.ready = False
        self.limits = limits or Limits()
        self._store = store
        self._offload = offload
        self._offload_reads = offload_reads or offload
        self._ambient = ambient
        self._metrics = metrics or Metrics()
        self._new_engine = new_engine or partial(Engine, limits=self.limits)
        self._writer = Writer(self, store, offload, self._offload_reads, ambient, self._metrics)
        self._directory = Directory()
        self._deadlines = Deadlines()
        self._inbox = Inbox()
        self._listeners = Listeners()
        self._turn_due = False
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = self._stopped = False

    # --- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take over every workspace of the store, timers included; then be ready."""
        collecting = gc.isenabled()
        gc.disable()  # a load makes millions of objects and no garbage
        try:
            for loaded in await self._offload(self._store.load):
                self.adopt(Owned(loaded.workspace_sid, loaded.account_sid), loaded)
                await asyncio.sleep(0)
        finally:
            if collecting:
                gc.enable()
        self.ready = True
        self.wake()

    async def stop(self) -> None:
        """Finish what is in the inbox and the last group; whoever asks later is refused."""
        self.ready = False
        self._stopping = True
        self._inbox.held = False
        while self._inbox:
            self._turn()
            await self._writer.finish()
        await self._writer.finish()
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    # --- what shells ask ---------------------------------------------------------------------------

    async def create_workspace(
        self, command: CreateWorkspace, render: Render[T], keep: Keep[T] | None = None
    ) -> T:
        """Make a workspace; it is in the directory when this returns."""
        sid = self._ambient.new_sid("WS")
        owned = Owned(sid, command.account_sid)
        owned.engine = self._new_engine(sid)
        return await self._enqueue(owned, command, render, keep)

    async def execute(
        self, workspace_sid: str, command: Command, render: Render[T], keep: Keep[T] | None = None
    ) -> T:
        """Carry out a command; what `render` made right after it is delivered after the commit.

        The row that `keep` makes of it is written in the same transaction as the change.
        Raises the engine's refusal, as durable as an answer; `Unavailable` when it was not stored;
        `Crashed` for our own mistake.
        """
        return await self._enqueue(self._find(workspace_sid), command, render, keep)

    async def read(self, workspace_sid: str, question: Callable[[State, int], T]) -> T:
        """Ask the live state at once; the answer, or what the question raises, waits until durable."""
        owned = self._find(workspace_sid)
        await self._writer.seen(owned)
        engine = self._readable(owned)
        if engine is owned.engine:
            self._tick_all(owned, engine)
        owned.at = max(owned.at, self._ambient.now())
        try:
            if engine.state.workspace is None:
                raise NotFound("workspace", workspace_sid)
            return question(engine.state, owned.at)
        finally:
            await self._writer.durable(owned)

    def glance(self, workspace_sid: str, question: Callable[[State], T]) -> T:
        """Ask the live state for a decision of our own: nobody may be told the answer."""
        return question(self._readable(self._find(workspace_sid)).state)

    async def history(self, question: Callable[[History], T]) -> T:
        """Ask what was, beside the loop; everything executed before is part of it."""
        await self._writer.durable(None)
        try:
            return await self._offload_reads(partial(question, self._store.history()))
        except StoreError as problem:
            raise Unavailable(str(problem)) from problem

    async def beside(self, question: Callable[[], T]) -> T:
        """Work out beside the loop what takes long and looks at no state."""
        return await self._offload_reads(question)

    def note(self, rows: Iterable[Note]) -> None:
        """Bookkeeping that joins the next group; nobody waits for it."""
        self._writer.add_notes(rows)
        self.wake()

    def workspaces_of(self, account_sid: str) -> list[str]:
        """The account's workspaces in creation order."""
        return self._directory.workspaces_of(account_sid)

    def account_of(self, workspace_sid: str) -> str | None:
        owned = self._directory.get(workspace_sid)
        return None if owned is None else owned.account_sid

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hand every committed event to the listener, in order; the answer ends that."""
        return self._listeners.add(listener)

    def subscribe_loads(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Tell the listener of every workspace that was loaded; the answer ends that.

        An engine that was just loaded knows nobody's presence, and has to be told of it anew.
        """
        return self._listeners.add_for_loads(listener)

    def clock_changed(self) -> None:
        """Domain time was set: look at once what is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.wake()

    def next_deadline(self) -> int | None:
        """When something is due by itself, over all workspaces."""
        head = self._deadlines.next()
        return None if head is None else head[0]

    def hold(self, held: bool) -> None:
        """Let commands wait, for as long as domain time is moved; or let them go on."""
        self._inbox.held = held and not self._stopping
        self.wake()

    async def catch_up(self) -> None:
        """Do everything that is due at this moment of domain time; it is durable and told then."""
        while True:
            if self._stopping:
                raise Unavailable("The server is stopping; please try again")
            self._turn()
            await self._writer.durable(None)
            await asyncio.sleep(0)  # those who wait for a commit go on before time does
            at = self.next_deadline()
            if at is None or at > self._ambient.now():
                return

    # --- executing ---------------------------------------------------------------------------------

    def _find(self, workspace_sid: str) -> Owned:
        owned = self._directory.get(workspace_sid)
        if owned is None:
            raise NotFound("workspace", workspace_sid)
        return owned

    def _engine_of(self, owned: Owned) -> Engine:
        if owned.engine is None:
            raise Unavailable(f"{owned.workspace_sid} is being loaded again; please try again")
        return owned.engine

    def _readable(self, owned: Owned) -> Engine:
        """What may be read: of a lost workspace that cannot be loaded, what the store has."""
        return owned.stand_in or self._engine_of(owned)

    def _enqueue(
        self, owned: Owned, command: Command, render: Render[T], keep: Keep[T] | None
    ) -> asyncio.Future[T]:
        if self._stopping:
            raise Unavailable("The server is stopping; please try again")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._inbox.put(Asked(owned, command, render, future, keep))
        self.wake()
        return future

    def _turn(self) -> None:
        """Do what is due, then what was asked; then see that it is written."""
        self._turn_due = False
        if self._stopped:
            return
        self._tick_due()
        room = min(TURN_COMMANDS, GROUP_COMMANDS - self._writer.open.commands)
        taken = self._inbox.take(room)
        for asked in taken:
            logs.on_behalf_of(asked.command.actor.request_id, self._carry_out, asked)
        if taken:
            self._metrics.commands.inc(len(taken))
        if self._inbox and self._writer.open.commands < GROUP_COMMANDS:
            self.wake()
        self._writer.begin()
        self._arm()

    def _carry_out(self, asked: Asked[Any]) -> None:
        owned, command = asked.owned, asked.command
        try:
            engine = self._engine_of(owned)
            self._tick_all(owned, engine)
            outcome = self._run(owned, partial(engine.execute, command), type(command).__name__)
        except EngineError as refusal:
            self._writer.answer(owned, asked.future, error=refusal)
            return
        except (Unavailable, Crashed) as fault:
            resolve(asked.future, error=fault)
            return
        log.debug("%s", type(command).__name__, extra={"workspace_sid": owned.workspace_sid})
        try:
            value = asked.render(engine.state, outcome)
            if asked.keep is not None:
                self._writer.open.keep(owned.workspace_sid, asked.keep(value))
        except Exception as mistake:
            # The change stands; only its answer cannot be shown.
            log.exception("The answer to %s could not be made", type(command).__name__)
            self._writer.answer(owned, asked.future, error=mistake)
        else:
            self._writer.answer(owned, asked.future, value)

    def _run(
        self, owned: Owned, work: Callable[[int, Callable[[str], str]], Outcome], name: str
    ) -> Outcome:
        """Execute one thing now; its changes join the open group. A crash costs the engine."""
        engine = self._engine_of(owned)
        old_seq = engine.state.seq
        owned.at = max(owned.at, self._ambient.now())
        try:
            outcome = work(owned.at, self._ambient.new_sid)
            if outcome.seq != old_seq:
                self._writer.open.take(owned, outcome, old_seq)
            self._deadlines.set(owned.workspace_sid, engine.next_deadline())
        except EngineError:
            raise
        except Exception as mistake:  # what it left half done is thrown away with the engine
            log.exception("%s crashed in %s", name, owned.workspace_sid)
            self._writer.lose(owned, counted=name == "tick")
            raise Crashed(f"{name} could not be carried out") from mistake
        return outcome

    # --- time --------------------------------------------------------------------------------------

    def _tick_all(self, owned: Owned, engine: Engine) -> None:
        """What is due comes before whatever is asked now."""
        now = max(owned.at, self._ambient.now())
        at = engine.next_deadline()
        while at is not None and at <= now:
            self._tick(owned, engine, at)
            at = engine.next_deadline()
            self.wake()

    def _tick_due(self) -> None:
        """One bounded tick for every workspace that has something due."""
        now = self._ambient.now()
        seen: set[str] = set()
        while (head := self._deadlines.next()) is not None and head[0] <= now:
            at, workspace_sid = head
            if workspace_sid in seen:
                self.wake()  # it has more to do: in the next turn, so that others are served
                return
            seen.add(workspace_sid)
            owned = self._directory.get(workspace_sid)
            if owned is None or owned.engine is None:
                self._deadlines.set(workspace_sid, None)
                continue
            try:
                self._tick(owned, owned.engine, at)
            except Crashed:
                continue  # it was logged, and the workspace is loaded again

    def _tick(self, owned: Owned, engine: Engine, at: int) -> None:
        old_seq = engine.state.seq

        def work(now: int, new_sid: Callable[[str], str]) -> Outcome:
            outcome = engine.tick(now, new_sid)
            assert outcome.seq != old_seq or engine.next_deadline() != at, "a tick did nothing"
            return outcome

        self._run(owned, work, "tick")

    def _arm(self) -> None:
        """One timer for all: at the earliest deadline, or earlier if it is armed already."""
        head = self._deadlines.next()
        if head is None or self._stopping:
            return
        loop = asyncio.get_running_loop()
        delay_s = min(max(0, head[0] - self._ambient.now()) / 1000, LONGEST_SLEEP_S)
        if self._timer is not None:
            if self._timer.when() <= loop.time() + delay_s:
                return
            self._timer.cancel()
        self._timer = loop.call_later(delay_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._turn()

    # --- what the writer asks -----------------------------------------------------------------------

    def wake(self) -> None:
        """Have a turn soon, after whatever else arrives in this round of the loop."""
        if not self._turn_due:
            self._turn_due = True
            asyncio.get_running_loop().call_soon(self._turn, context=logs.NOBODY)

    def keep(self, owned: Owned, part: WorkspaceGroup) -> None:
        """A change is durable: so is the making or the end of a workspace."""
        owned.failures = 0
        if part.account_sid is not None:
            self._directory.add(owned)
        if part.ended:
            self._directory.remove(owned)

    def publish(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        self._listeners.tell(workspace_sid, events)

    def adopt(self, owned: Owned, loaded: Loaded | None) -> None:
        """Take up a workspace as the store has it, timers included."""
        if loaded is None:
            self._directory.remove(owned)
            return
        engine = self._new_engine(loaded.workspace_sid)
        self._ambient.not_before(loaded.at + EXECUTION_MS)
        owned.load(loaded, engine, self._ambient.now())
        self._directory.add(owned)
        self._deadlines.set(owned.workspace_sid, engine.next_deadline())
        self.wake()
        self._listeners.tell_of_load(owned.workspace_sid)

    def show(self, owned: Owned, loaded: Loaded) -> None:
        """Let it be read, although it cannot be taken up now."""
        owned.show(loaded, self._new_engine(loaded.workspace_sid), self._ambient.now())
