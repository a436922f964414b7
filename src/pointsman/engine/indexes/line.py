"""The waiting line: who waits in which cell, who is ready, and who fits whom.

A *cell* holds the waiting tasks of one queue and task channel that make the same demand on workers
(target expression with the values it reads of the task, order, known worker); no worker can tell them
apart. A task that is transferred to a queue has a cell of its own, for not everybody may have it. A cell knows the classes that may serve it, a class knows its cells, and each side sees the
other's best head (`Heads`). A cell whose answer depends on load or on the time of day is *loaded*:
its candidates are asked one by one, by the `fits` that the caller passes in. That is the only scan;
`scanned` counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pointsman.engine.indexes.cells import NO_DEMAND, Cell, Demand, ranks_of
from pointsman.engine.indexes.heaps import Heads, Key, LazyHeap
from pointsman.engine.indexes.roster import Path, Roster, WorkerClass
from pointsman.engine.records import Activity, Worker

KEPT_EMPTY_CELLS = 1_000
"""Cells with a demand are kept for the next task of their kind, up to so many empty ones."""

Fits = Callable[[Cell, str], bool]


class Line:
    """Waiting tasks and ready workers, and the two questions about them: `best_task`, `claim`."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.scanned = 0
        self._cells: dict[tuple[str, str], dict[Demand, Cell]] = {}
        self._channels_of_queue: dict[str, set[str]] = {}
        self._cell_of: dict[str, Cell] = {}
        self._known: dict[tuple[str, str], dict[Cell, None]] = {}
        self._name_of: dict[str, str] = {}
        self._sid_of: dict[str, str] = {}
        self._loaded: dict[Cell, None] = {}
        self._empty: dict[Cell, None] = {}
        self._ready: dict[str, dict[str, Key]] = {}
        roster.on_new_class = self._enlist
        roster.on_class_gone = self._dismiss

    # --- ready workers -------------------------------------------------------------------------

    def ready_key(self, worker_sid: str, channel_sid: str) -> Key | None:
        """Where the worker stands among those ready on this channel; None when he is not."""
        channels = self._ready.get(worker_sid)
        return None if channels is None else channels.get(channel_sid)

    def set_ready(self, worker_sid: str, channel_sid: str, key: Key) -> None:
        """The worker may be offered work on this channel, in the place that `key` says."""
        self._ready.setdefault(worker_sid, {})[channel_sid] = key
        found = self.roster.class_of[worker_sid]
        heap = found.ready.get(channel_sid)
        if heap is None:
            heap = found.ready[channel_sid] = LazyHeap()
        heap.set(worker_sid, key)
        head = heap.head()
        if head is not None and head[1] == worker_sid and channel_sid in found.cells:
            for cell in found.cells[channel_sid].sources:
                cell.crew.improved(found)

    def set_busy(self, worker_sid: str, channel_sid: str) -> None:
        """The worker may not be offered work on this channel any more."""
        channels = self._ready.get(worker_sid)
        if channels is None or channels.pop(channel_sid, None) is None:
            return
        if not channels:
            del self._ready[worker_sid]
        found = self.roster.class_of[worker_sid]
        found.ready[channel_sid].discard(worker_sid)

    def move_worker(self, worker: Worker, activity: Activity) -> bool:
        """Place a new or changed worker; True when other tasks may want him now than before."""
        ready = self._ready.pop(worker.sid, None)
        before = self.roster.class_of.get(worker.sid)
        if before is not None and ready is not None:
            for channel_sid in ready:
                before.ready[channel_sid].discard(worker.sid)
        former, name = self._name_of.get(worker.sid, ""), worker.friendly_name.casefold()
        self._sid_of.pop(former, None)
        self._name_of[worker.sid] = name
        self._sid_of[name] = worker.sid
        moved = self.roster.put_worker(worker, activity)
        for channel_sid, key in (ready or {}).items():
            self.set_ready(worker.sid, channel_sid, key)
        return moved or name != former

    def remove_worker(self, worker_sid: str) -> None:
        """Forget the worker."""
        for channel_sid in list(self._ready.get(worker_sid, ())):
            self.set_busy(worker_sid, channel_sid)
        del self._sid_of[self._name_of.pop(worker_sid)]
        self.roster.remove_worker(worker_sid)

    def widen(self, paths: Iterable[Path], workers: Iterable[tuple[Worker, Activity]]) -> None:
        """Let classes differ on these paths too; nobody's readiness changes."""
        ready, self._ready = self._ready, {}
        self.roster.widen(paths, workers)
        for worker_sid, channels in ready.items():
            for channel_sid, key in channels.items():
                self.set_ready(worker_sid, channel_sid, key)

    # --- waiting tasks -------------------------------------------------------------------------

    def cell(self, queue_sid: str, channel_sid: str, demand: Demand) -> Cell | None:
        """The cell for this demand, if it exists."""
        return self._cells.get((queue_sid, channel_sid), {}).get(demand)

    def open_cell(self, cell: Cell) -> None:
        """Take up a new cell; its expression's paths are in the signature already."""
        self._cells.setdefault((cell.queue_sid, cell.channel_sid), {})[cell.demand] = cell
        self._channels_of_queue.setdefault(cell.queue_sid, set()).add(cell.channel_sid)
        if cell.demand.known is not None:
            self._known.setdefault(cell.demand.known, {})[cell] = None
        self._man(cell)

    def wait(self, task_sid: str, cell: Cell, key: Key) -> None:
        """The task waits in this cell, in the place that `key` says."""
        before = self._cell_of.get(task_sid)
        self._empty.pop(cell, None)  # first: to leave a cell may close the empty ones
        if before is not None and before is not cell:
            self.leave(task_sid)
        self._cell_of[task_sid] = cell
        cell.tasks.set(task_sid, key)
        head = cell.tasks.head()
        if head is not None and head[1] == task_sid and not cell.loaded:
            for found in cell.crew.sources:
                found.cells[cell.channel_sid].improved(cell)

    def leave(self, task_sid: str) -> None:
        """The task does not wait any more."""
        cell = self._cell_of.pop(task_sid, None)
        if cell is None:
            return
        cell.tasks.discard(task_sid)
        if cell.demand.passed_on is not None:
            self._close(cell)
        elif not cell.tasks and cell.demand != NO_DEMAND:
            self._empty[cell] = None
            if len(self._empty) > KEPT_EMPTY_CELLS:
                for empty in list(self._empty):
                    self._close(empty)

    def cell_of(self, task_sid: str) -> Cell:
        """Where the task waits."""
        return self._cell_of[task_sid]

    def waiting_in(self, queue_sid: str) -> list[str]:
        """The tasks that wait in a queue, in no order."""
        return [task for cell in self._cells_of_queue(queue_sid) for task in cell.tasks.keys]

    def waiting_on(self, channel_sid: str) -> Iterator[tuple[str, Key]]:
        """The queue and the place of every task that waits on a task channel, in no order."""
        for (queue_sid, of_channel), cells in self._cells.items():
            if of_channel == channel_sid:
                for cell in cells.values():
                    yield from ((queue_sid, key) for key in cell.tasks.keys.values())

    def has_loaded(self) -> bool:
        """Whether somebody waits for an answer that depends on load or on the time of day."""
        return bool(self._loaded) and any(cell.tasks for cell in self._loaded)

    def has_timed(self) -> bool:
        """Whether somebody waits for an answer that depends on the time of day."""
        return bool(self._loaded) and any(c.tasks and _reads_time(c) for c in self._loaded)

    def timed_tasks(self) -> list[str]:
        """The tasks whose demand depends on the time of day."""
        return [task for cell in self._loaded if _reads_time(cell) for task in cell.tasks.keys]

    # --- the two questions ---------------------------------------------------------------------

    def best_task(self, worker_sid: str, channel_sid: str, fits: Fits) -> tuple[Key, str] | None:
        """The first waiting task in order that the worker may be offered on this channel."""
        found = self.roster.class_of[worker_sid]
        best: tuple[Key, str] | None = None
        heads = found.cells.get(channel_sid)
        if heads is not None:
            top = heads.best()
            best = None if top is None else top[1].tasks.head()
        for cell in (*found.loaded_cells.get(channel_sid, ()), *self._wanting(worker_sid)):
            head = cell.tasks.head() if cell.channel_sid == channel_sid else None
            if head is not None and (best is None or head[0] < best[0]):
                self.scanned += 1
                if fits(cell, worker_sid):
                    best = head
        return best

    def _wanting(self, worker_sid: str) -> list[Cell]:
        """The cells whose tasks want exactly this worker."""
        if not self._known:
            return []
        return [
            *self._known.get(("sid", worker_sid), ()),
            *self._known.get(("friendly_name", self._name_of[worker_sid]), ()),
        ]

    def claim(self, cell: Cell, limit: int, fits: Fits) -> list[str]:
        """Up to `limit` ready workers for a task of this cell, first in order first; they are set busy."""
        if cell.demand.nobody:
            return []
        if cell.demand.known is not None:
            return self._claim_known(cell, cell.demand.known, fits)
        if cell.loaded or cell.order:
            return self._claim_sorted(cell, limit, fits)
        chosen: list[str] = []
        while len(chosen) < limit:
            top = cell.crew.best()
            if top is None:
                break
            head = top[1].ready[cell.channel_sid].head()
            assert head is not None
            self.set_busy(head[1], cell.channel_sid)
            chosen.append(head[1])
        return chosen

    def _claim_known(self, cell: Cell, known: tuple[str, str], fits: Fits) -> list[str]:
        by, value = known
        worker_sid = value if by == "sid" else self._sid_of.get(value, "")
        if self.ready_key(worker_sid, cell.channel_sid) is None or not fits(cell, worker_sid):
            return []
        self.set_busy(worker_sid, cell.channel_sid)
        return [worker_sid]

    def _claim_sorted(self, cell: Cell, limit: int, fits: Fits) -> list[str]:
        candidates = [
            (found, key, sid)
            for found in cell.crew.sources
            if cell.channel_sid in found.ready
            for sid, key in found.ready[cell.channel_sid].keys.items()
            if self._passes(cell, sid, fits)
        ]
        ranks = ranks_of(cell.order, list({found: None for found, _, _ in candidates}))
        chosen = [sid for _, _, sid in sorted((ranks[c[0]], c[1], c[2]) for c in candidates)]
        del chosen[limit:]
        for sid in chosen:
            self.set_busy(sid, cell.channel_sid)
        return chosen

    def _passes(self, cell: Cell, worker_sid: str, fits: Fits) -> bool:
        if not cell.loaded:
            return True
        self.scanned += 1
        return fits(cell, worker_sid)

    # --- cells and classes ---------------------------------------------------------------------

    def reman_queue(self, queue_sid: str) -> None:
        """The queue's expression changed: find anew who may serve its cells."""
        for cell in self._cells_of_queue(queue_sid):
            self._unman(cell)
            self._man(cell)

    def drop_queue(self, queue_sid: str) -> None:
        """The queue is gone, and with it its (empty) cells."""
        for cell in list(self._cells_of_queue(queue_sid)):
            self._close(cell)

    def _cells_of_queue(self, queue_sid: str) -> list[Cell]:
        return [
            cell
            for channel_sid in sorted(self._channels_of_queue.get(queue_sid, ()))
            for cell in self._cells.get((queue_sid, channel_sid), {}).values()
        ]

    def _man(self, cell: Cell) -> None:
        asks = cell.demand.passed_on is not None or (
            cell.expression is not None
            and (cell.expression.reads_load or cell.expression.reads_time)
        )
        cell.loaded = asks or cell.queue_sid in self.roster.loaded_queues
        if cell.loaded:
            self._loaded[cell] = None
        if cell.demand.by_class():
            for found in self._candidates(cell):
                self._post(cell, found)

    def _candidates(self, cell: Cell) -> list[WorkerClass]:
        """The queue's classes, or fewer where an atom of the expression names a value."""
        smallest = self.roster.by_queue[cell.queue_sid]
        if cell.expression is not None and not cell.expression.reads_time:
            for atom in cell.expression.atoms:
                having = self.roster.with_value(atom, atom.operand(cell.task, {}, {}))
                if having is not None and len(having) < len(smallest):
                    smallest = having
        return [found for found in smallest if cell.queue_sid in found.queues]

    def _post(self, cell: Cell, found: WorkerClass) -> None:
        """Let the class serve the cell if its workers fit."""
        expression = None if cell.loaded else cell.expression
        if expression is not None and not expression.matches(found.names, cell.task):
            return
        cell.crew.add(found)
        if cell.loaded:
            found.loaded_cells.setdefault(cell.channel_sid, {})[cell] = None
        else:
            heads = found.cells.get(cell.channel_sid)
            if heads is None:
                heads = found.cells[cell.channel_sid] = Heads(cell.channel_sid)
            heads.add(cell)

    def _unman(self, cell: Cell) -> None:
        self._loaded.pop(cell, None)
        for found in list(cell.crew.sources):
            cell.crew.remove(found)
            self._withdraw(cell, found)

    def _withdraw(self, cell: Cell, found: WorkerClass) -> None:
        if cell.channel_sid in found.cells:
            found.cells[cell.channel_sid].remove(cell)
        found.loaded_cells.get(cell.channel_sid, {}).pop(cell, None)

    def _close(self, cell: Cell) -> None:
        self._unman(cell)
        self._empty.pop(cell, None)
        if cell.demand.known is not None:
            wanting = self._known[cell.demand.known]
            wanting.pop(cell, None)
            if not wanting:
                del self._known[cell.demand.known]
        self._cells[cell.queue_sid, cell.channel_sid].pop(cell.demand, None)

    def _enlist(self, found: WorkerClass) -> None:
        for queue_sid in found.queues:
            for cell in self._cells_of_queue(queue_sid):
                if cell.demand.by_class():
                    self._post(cell, found)

    def _dismiss(self, found: WorkerClass) -> None:
        for heads in list(found.cells.values()):
            for cell in list(heads.sources):
                cell.crew.remove(found)
        for cells in found.loaded_cells.values():
            for cell in cells:
                cell.crew.remove(found)


def _reads_time(cell: Cell) -> bool:
    return cell.expression is not None and cell.expression.reads_time
