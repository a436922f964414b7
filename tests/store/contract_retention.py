"""What every store has to keep to when it is told to forget what is old."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pointsman.engine.events import EventType
from pointsman.engine.records import Record
from pointsman.store import AlertNote, CallbackNote, Group, Store
from tests.store.builders import (
    ACCOUNT,
    START,
    a_reservation,
    a_task,
    a_worker,
    a_workspace,
    an_alert,
    an_event,
    change,
    creation,
    sid,
)

WORKSPACE = sid("WS", 1)
CALLED = a_workspace(event_callback_url="https://example.org/events")


class RetentionContract(ABC):
    """The suite; a subclass says how its store is opened."""

    @abstractmethod
    def open(self, folder: Path) -> Store:
        """A store on this folder, beside others that may be open."""

    def with_told(self, folder: Path, told: list[Any], *records: Record) -> Store:
        """A store in which this was told, and these records are live."""
        store = self.open(folder)
        store.commit(Group([creation()]))
        store.commit(Group([change(events=told, records=list(records))]))
        return store

    def test_what_is_old_is_forgotten_in_slices(self, tmp_path: Path) -> None:
        """No more rows than asked for go at once, oldest first; what is as old as the moment stays."""
        store = self.with_told(tmp_path, [an_event(n, at=START + 1000 * n) for n in range(1, 8)])
        oldest = [store.oldest()]

        def left() -> list[int]:
            return [event.seq for event in store.history().events(WORKSPACE)]

        assert (store.forget(START + 5000, 3), left()) == (True, [4, 5, 6, 7])
        assert (store.forget(START + 5000, 3), left()) == (False, [5, 6, 7])
        assert (store.forget(START + 5000, 3), left()) == (False, [5, 6, 7])
        assert [*oldest, store.oldest()] == [START + 1000, START + 5000]
        store.close()

    def test_nothing_is_as_old_as_nothing(self, tmp_path: Path) -> None:
        """A store in which nothing was told has no oldest thing, and nothing to forget."""
        store = self.with_told(tmp_path, [])

        assert (store.oldest(), store.forget(START + 9000, 10)) == (None, False)
        store.close()

    def test_tasks_go_with_their_last_event(self, tmp_path: Path) -> None:
        """A task that is over goes with its last event, and its reservations; alerts by their date."""
        offer = {"reservation": a_reservation(), "worker": a_worker()}
        live = a_task(2)
        told = [
            an_event(1),
            an_event(2, EventType.RESERVATION_CREATED, at=START + 1000, **offer),
            an_event(3, task=live, at=START + 1000),
            an_event(4, EventType.TASK_COMPLETED, at=START + 9000),
        ]
        store = self.with_told(tmp_path, told, a_reservation(), a_task(), live)
        ended = {record.sid: (record, False) for record in (a_reservation(), a_task())}
        store.commit(Group([change(old_seq=2, changes=ended)], [AlertNote(WORKSPACE, an_alert())]))
        history = store.history()

        def seen() -> tuple[list[bool], int, int]:
            offers = history.reservations_of_worker(WORKSPACE, sid("WK", 1))
            tasks = [history.task(WORKSPACE, sid("WT", n)) is not None for n in (1, 2)]
            return tasks, len(offers), len(history.alerts(ACCOUNT))

        before = seen()
        store.forget(START + 5000, 100)
        between = seen()
        store.forget(START + 10_000, 100)

        assert (before, between) == (([True, True], 1, 1), ([True, True], 1, 0))
        assert seen() == ([False, True], 0, 0)
        store.close()

    def test_a_deleted_worker_goes_with_his_last_event(self, tmp_path: Path) -> None:
        """A worker who was deleted is a former one for as long as something tells of him."""
        told = [an_event(1, EventType.WORKER_DELETED, task=None, worker=a_worker())]
        store = self.with_told(tmp_path, told, a_worker(), a_worker(2))
        store.commit(Group([change(old_seq=2, changes={a_worker().sid: (a_worker(), False)})]))
        before = store.history().former_workers(WORKSPACE)
        store.forget(START + 1000, 100)

        assert (before, store.history().former_workers(WORKSPACE)) == ([sid("WK", 1)], [])
        store.close()

    def test_what_is_kept_shows_the_attributes_it_showed(self, tmp_path: Path) -> None:
        """Attributes go when no event shows them, and never those that the next event will show."""
        workers = [a_worker(version=n, attributes=f'{{"n":{min(n, 3)}}}') for n in range(1, 5)]
        kind = EventType.WORKER_ATTRIBUTES_UPDATE
        told = [
            an_event(n, kind, at=START + 1000 * n, task=None, worker=worker)
            for n, worker in enumerate(workers, 1)
        ]
        store = self.with_told(tmp_path, told, workers[-1])

        def shown() -> list[str]:
            found = store.history().events(WORKSPACE)
            return [event.event_data["worker_attributes"] for event in found]

        before = shown()
        store.forget(START + 4000, 100)
        between = shown()
        store.forget(START + 5000, 100)
        moved = replace(workers[-1], version=5)
        again = an_event(5, kind, at=START + 6000, task=None, worker=moved)
        store.commit(Group([change(old_seq=2, events=[again], event_seq=5)]))

        assert before == ['{"n":1}', '{"n":2}', '{"n":3}', '{"n":3}']
        assert (between, shown()) == (['{"n":3}'], ['{"n":3}'])
        store.close()

    def test_what_is_owed_is_kept(self, tmp_path: Path) -> None:
        """An event that somebody is still to be told stays; a dead letter goes with its event."""
        told = [an_event(n, at=START + 1000 * n, workspace=CALLED) for n in (1, 2, 3)]
        store = self.with_told(tmp_path, told)
        first, second, _ = store.history().waiting_callbacks()
        given_up = [CallbackNote(first, done=True), CallbackNote(replace(second, dead=True))]
        store.commit(Group(notes=list(given_up)))
        more = store.forget(START + 9000, 100)
        history = store.history()

        assert more is False
        assert [event.seq for event in history.events(WORKSPACE)] == [3]
        assert [each.event_sid for each in history.waiting_callbacks()] == [
            sid("EV", 3, START + 3000)
        ]
        assert history.dead_letters(ACCOUNT) == []
        store.close()
