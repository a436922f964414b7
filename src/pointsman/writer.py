"""Groups on their way to the store: one is written while the next one is filled.

The rule: nothing of a group is told before its commit, and whoever waits for a workspace that was
not written is told so. A workspace that could not be written is lost: it is loaded again as soon as
nothing of it is under way, and until that succeeds it may be read as the store has it. A store in
trouble, such as one on a full disk, is left in peace for moments by what nobody waits for. What a
command means, and how a change came about, is not known here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Protocol, TypeVar

from pointsman.ambient import Ambient
from pointsman.directory import Owned
from pointsman.engine.events import Event
from pointsman.group import OpenGroup, Unavailable, Waiting, resolve
from pointsman.metrics import Metrics
from pointsman.store import (
    Committed,
    Loaded,
    Note,
    Result,
    Store,
    StoreError,
    WorkspaceGroup,
)

__all__ = ["Home", "Offload", "Writer"]

log = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_RETRY_S = 60.0
FIRST_REST_S = 0.5
LONGEST_REST_S = 5.0
NOTES_KEPT = 10_000


class Offload(Protocol):
    """Runs a blocking function where it does not hold up the loop."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]: ...


class Home(Protocol):
    """Whose groups these are."""

    def wake(self) -> None:
        """There is room, or something to load: have a turn soon."""

    def keep(self, owned: Owned, part: WorkspaceGroup) -> None:
        """What this workspace changed is durable."""

    def publish(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        """Tell these events; their callers were answered."""

    def adopt(self, owned: Owned, loaded: Loaded | None) -> None:
        """A lost workspace, as the store has it; None: it has none."""

    def show(self, owned: Owned, loaded: Loaded) -> None:
        """A lost workspace that cannot be taken up yet, to be read."""


class Writer:
    """The open group, the one in flight, and the workspaces that were lost."""

    def __init__(
        self,
        home: Home,
        store: Store,
        offload: Offload,
        offload_reads: Offload,
        ambient: Ambient,
        metrics: Metrics,
    ) -> None:
        self.open = OpenGroup()
        self._home = home
        self._store = store
        self._offload = offload
        self._offload_reads = offload_reads
        self._ambient = ambient
        self._metrics = metrics
        self._in_flight: OpenGroup | None = None
        self._lost: dict[str, tuple[Owned, float]] = {}
        self._unseen: dict[str, Owned] = {}
        """Of the lost ones those of which nobody knows yet whether they can at least be read."""
        self._watching: list[asyncio.Future[None]] = []
        self._troubles = 0
        """How often in a row the store failed."""
        self._rests_until = 0.0
        self._finishing = False
        self._work: asyncio.Task[None] | None = None
        self._folding: asyncio.Task[None] | None = None
        self._fold_alone = False

    # --- waiting -----------------------------------------------------------------------------------

    def answer(
        self,
        owned: Owned,
        future: asyncio.Future[Any],
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        """Deliver as soon as what was executed so far in the workspace is durable."""
        group = self._group_of(owned)
        if group is None:
            resolve(future, value, error)
        else:
            group.waiting.append(Waiting(owned.workspace_sid, future, value, error))

    async def durable(self, owned: Owned | None) -> None:
        """Wait until what was executed so far in the workspace (None: in any) is durable."""
        if owned is not None:
            group = self._group_of(owned)
        else:
            group = self.open if self._is_to_write() else self._in_flight
        if group is not None:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            sid = None if owned is None else owned.workspace_sid
            group.waiting.append(Waiting(sid, future))
            await future

    async def seen(self, owned: Owned) -> None:
        """Wait until it is known what can be read of a workspace that was just lost."""
        while owned.workspace_sid in self._unseen:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watching.append(future)
            await future

    def _group_of(self, owned: Owned) -> OpenGroup | None:
        """The group that must be durable before anything of this workspace is told."""
        if owned.workspace_sid in self.open.parts:
            return self.open
        if self._in_flight is not None and owned.workspace_sid in self._in_flight.parts:
            return self._in_flight
        return None

    # --- working -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """See that what there is to write or load is worked on."""
        if self._work is None and self._next() is not None:
            self._work = asyncio.get_running_loop().create_task(self._write_and_load())

    async def finish(self) -> None:
        """Write the last group; what was lost stays as the store has it."""
        self._finishing = True
        for sid in list(self._unseen):
            self._found_out(sid)
        while self._work is not None or self._next() is not None:
            self.begin()
            if self._work is not None:
                await self._work
        if self._folding is not None:
            await self._folding

    async def _write_and_load(self) -> None:
        """Group after group, until there is nothing left to do."""
        try:
            while (work := self._next()) is not None:
                await work()
        finally:
            self._work = None

    def _next(self) -> Callable[[], Awaitable[None]] | None:
        """What to do now; None when nothing is left."""
        if (lost := self._due_to_load()) is not None:
            return partial(self._load_again, lost)
        if (unseen := self._due_to_look()) is not None:
            return partial(self._look, unseen)
        if self._fold_alone:
            return partial(self._fold, self._offload, alone=True)
        return self._write if self._is_to_write() else None

    def _is_to_write(self) -> bool:
        """Whether there is something to write now: for bookkeeping alone the store is not disturbed."""
        return bool(self.open.parts) or (bool(self.open.notes) and not self._rests())

    async def _write(self) -> None:
        group, self.open = self.open, OpenGroup()
        self._in_flight = group
        self._home.wake()
        began_at = self._ambient.monotonic()
        results: dict[str, Result] | None = None
        try:
            results = await self._offload(partial(self._store.commit, group.as_written()))
        except StoreError as problem:
            log.error("%s", problem, extra={"request_ids": group.request_ids()})
        except Exception:  # not known to be written: refused and loaded again, as after a fault
            log.exception(
                "A group could not be written", extra={"request_ids": group.request_ids()}
            )
        else:
            self._troubles, self._rests_until = 0, 0.0
            if log.isEnabledFor(logging.DEBUG):
                log.debug("committed", extra={"request_ids": group.request_ids()})
        self._in_flight = None
        self._metrics.commit_seconds.observe(self._ambient.monotonic() - began_at)
        self._metrics.group_size.observe(group.commands)
        self._settle(group, results)
        if self._folding is None and self._store.checkpoint_due():
            folding = self._fold(self._offload_reads, alone=False)
            self._folding = asyncio.get_running_loop().create_task(folding)

    def _settle(self, group: OpenGroup, results: dict[str, Result] | None) -> None:
        """Keep what was written, lose what was not; then answer, then publish."""
        if results is None:
            self._rest()
            self._keep_notes(group)
            results = {}
        written = {}
        for sid, part in group.parts.items():
            result = results.get(sid)
            if isinstance(result, Committed):
                written[sid] = part
                self._home.keep(group.owners[sid], part)
            else:
                self._give_up(group.owners[sid], result)
        self._metrics.commits.labels("committed").inc(len(written))
        for waiting in group.waiting:
            if waiting.workspace_sid is None or waiting.workspace_sid in written:
                resolve(waiting.future, waiting.value, waiting.error)
            else:
                resolve(waiting.future, error=_not_stored())
        for sid, part in written.items():
            if part.events:
                self._metrics.count_events(part.events)
                self._home.publish(sid, tuple(part.events))

    def _give_up(self, owned: Owned, result: Result | None) -> None:
        """The workspace was not written: forget what was executed since, and load it again."""
        sid = owned.workspace_sid
        reason = "" if result is None or isinstance(result, Committed) else result.reason
        log.error("%s was not written %s", sid, reason)
        self._metrics.commits.labels("failed" if result is None else "fenced").inc()
        for waiting in self.open.drop(sid):
            resolve(waiting.future, error=_not_stored())
        if self.open.empty:
            for waiting in self.open.waiting:
                resolve(waiting.future, waiting.value, waiting.error)
            self.open = OpenGroup()
        self.lose(owned, counted=result is not None)

    def _keep_notes(self, group: OpenGroup) -> None:
        """Bookkeeping that was not written is for the next group, if there will be one."""
        if self._finishing:
            log.error("%d rows of bookkeeping were not written", len(group.notes))
        else:
            self.open.add_notes(group.notes[: NOTES_KEPT - len(self.open.notes)])

    # --- a store in trouble ------------------------------------------------------------------------

    def _rest(self) -> None:
        """The store failed: leave it in peace for a moment, but for the first time."""
        self._troubles += 1
        doublings = min(self._troubles, 10) - 2
        rest_s = min(FIRST_REST_S * 2.0**doublings, LONGEST_REST_S) if doublings >= 0 else 0.0
        loop = asyncio.get_running_loop()
        self._rests_until = loop.time() + rest_s
        loop.call_later(rest_s, self._home.wake)

    def _rests(self) -> bool:
        return not self._finishing and asyncio.get_running_loop().time() < self._rests_until

    # --- what was lost -----------------------------------------------------------------------------

    def lose(self, owned: Owned, *, counted: bool = True) -> None:
        """Throw the engine away and load it again: at once, or later the more often it happens."""
        owned.engine = None
        owned.failures += counted
        if owned.stand_in is None and not self._finishing:
            self._unseen[owned.workspace_sid] = owned
        doublings = min(owned.failures, 10) - 2
        delay_s = min(2.0**doublings, LONGEST_RETRY_S) if doublings >= 0 else 0.0
        loop = asyncio.get_running_loop()
        self._lost[owned.workspace_sid] = (owned, loop.time() + delay_s)
        loop.call_later(delay_s, self._home.wake)

    def _due_to_load(self) -> Owned | None:
        """A lost workspace whose time has come and of which nothing is left to write."""
        if not self._lost or self._finishing or self._rests():
            return None
        now = asyncio.get_running_loop().time()
        for sid, (owned, at) in self._lost.items():
            if at <= now and sid not in self.open.parts:
                return owned
        return None

    async def _load_again(self, owned: Owned) -> None:
        sid = owned.workspace_sid
        del self._lost[sid]
        try:
            found = await self._offload(partial(self._store.load, sid))
            self._home.adopt(owned, found[0] if found else None)
        except StoreError as problem:
            log.error("%s", problem)
            self._rest()
            self.lose(owned, counted=False)
        except Exception:  # tried again, rarer each time; the other workspaces go on
            log.exception("%s could not be loaded", sid)
            self.lose(owned)
        else:
            self._found_out(sid)
            log.warning("%s was loaded again", sid)

    def _due_to_look(self) -> Owned | None:
        """A lost workspace that cannot be loaded now, and of which nothing is left to write."""
        if self._finishing:
            return None
        return next((it for sid, it in self._unseen.items() if sid not in self.open.parts), None)

    async def _look(self, owned: Owned) -> None:
        sid = owned.workspace_sid
        try:
            found = await self._offload_reads(partial(self._store.look, sid))
            if found is not None:
                self._home.show(owned, found)
        except StoreError as problem:
            log.error("%s", problem)
        except Exception:  # whoever waited is told that it is not available
            log.exception("%s could not be looked at", sid)
        finally:
            self._found_out(sid)

    def _found_out(self, workspace_sid: str) -> None:
        self._unseen.pop(workspace_sid, None)
        for future in self._watching:
            resolve(future)
        self._watching.clear()

    # --- the log of the store ----------------------------------------------------------------------

    def add_notes(self, rows: Iterable[Note]) -> None:
        self.open.add_notes(rows)

    async def _fold(self, offload: Offload, *, alone: bool) -> None:
        """Tidy up beside the commits; if that is not enough, once more between two of them.

        Once only: while somebody reads what is old, the log cannot begin anew, and work goes on.
        """
        self._fold_alone = False
        try:
            folded = await offload(self._store.checkpoint)
            self._fold_alone = not folded and not alone
        except StoreError as problem:
            log.warning("%s", problem)
        finally:
            self._folding = None


def _not_stored() -> Unavailable:
    return Unavailable("This could not be stored; please try again")
