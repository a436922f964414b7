"""What every store has to keep to when it is asked what was: the other half of `contract`.

A subclass of both is one store's suite.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from pointsman.engine import records
from pointsman.engine.events import EventType
from pointsman.engine.records import ReservationStatus, replace
from pointsman.store import Group, Store, VoiceNote
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


class HistoryContract(ABC):
    """The suite; a subclass says how its store is opened."""

    @abstractmethod
    def open(self, folder: Path) -> Store:
        """A store on this folder, beside others that may be open."""

    def test_attributes_of_that_moment_are_joined_in(self, tmp_path: Path) -> None:
        """An event shows the attributes as they were when it was told, also across a restart."""
        old, new = a_task(), a_task(version=2, attributes='{"language":"es"}')
        store = self.open(tmp_path)
        store.commit(Group([creation()]))
        store.commit(Group([change(events=[an_event(1), an_event(2, task=new)])]))
        store.close()
        store = self.open(tmp_path)
        epoch = store.load()[0].epoch
        newest = replace(new, version=5)
        last = change(epoch=epoch, old_seq=2, events=[an_event(3, task=newest)])
        store.commit(Group([last]))

        found = store.history().events(sid("WS", 1))
        shown = [event.event_data["task_attributes"] for event in found]
        assert shown == [old.attributes, new.attributes, new.attributes]
        store.close()

    def test_an_event_comes_back_as_it_was_told(self, tmp_path: Path) -> None:
        """A stored event has its number, time, actor, resource, description and fields."""
        store = self.open(tmp_path)
        event = an_event(1)
        store.commit(Group([creation()]))
        store.commit(Group([change(events=[event])]))

        found = store.history().event(sid("WS", 1), event.sid)
        assert found is not None
        assert (found.sid, found.seq, found.type, found.at) == (event.sid, 1, "task.created", START)
        assert (found.actor, found.description) == (event.actor, event.description)
        assert (found.resource_type, found.resource_sid) == ("task", event.resource_sid)
        assert found.event_data["task_sid"] == a_task().sid
        assert store.history().event(sid("WS", 2), event.sid) is None
        store.close()

    def test_events_are_paged_both_ways(self, tmp_path: Path) -> None:
        """Pages go on after a SID and back before one, each in ascending order."""
        history = self.with_events(tmp_path, [an_event(n) for n in range(1, 8)]).history()

        def numbers(**filters: Any) -> list[int]:
            return [event.seq for event in history.events(sid("WS", 1), limit=3, **filters)]

        assert numbers() == [1, 2, 3]
        assert numbers(after_sid=sid("EV", 3)) == [4, 5, 6]
        assert numbers(after_sid=sid("EV", 6)) == [7]
        assert numbers(before_sid=sid("EV", 4)) == [1, 2, 3]
        assert numbers(before_sid=sid("EV", 7)) == [4, 5, 6]

    def test_events_are_found_by_time(self, tmp_path: Path) -> None:
        """Start and end are both included, to the millisecond."""
        told = [an_event(n, at=START + 1000 * n) for n in range(1, 6)]
        history = self.with_events(tmp_path, told).history()
        found = history.events(sid("WS", 1), start=START + 2000, end=START + 4000)

        assert [event.seq for event in found] == [2, 3, 4]
        assert history.events(sid("WS", 1), start=START + 5001) == []

    def test_events_are_found_by_what_they_are_about(self, tmp_path: Path) -> None:
        """Each filter finds exactly the events that name what is asked for, alone or together."""
        offer = {"reservation": a_reservation(), "worker": a_worker()}
        other = a_task(2, workflow_sid=sid("WW", 2), target=records.Target(sid("WQ", 2)))
        told = [
            an_event(1),
            an_event(2, EventType.RESERVATION_CREATED, **offer),
            an_event(3, EventType.TASK_CANCELED, task=other),
            an_event(4, EventType.RESERVATION_ACCEPTED, **offer),
        ]
        store = self.with_events(tmp_path, told, records=[a_reservation()])

        def numbers(**filters: Any) -> list[int]:
            return [event.seq for event in store.history().events(sid("WS", 1), **filters)]

        assert numbers(task_sid=sid("WT", 2)) == [3]
        assert numbers(worker_sid=sid("WK", 1)) == [2, 4]
        assert numbers(reservation_sid=sid("WR", 1)) == [2, 4]
        assert numbers(reservation_sid=sid("WR", 9)) == []
        assert numbers(workflow_sid=sid("WW", 2)) == [3]
        assert numbers(task_queue_sid=sid("WQ", 1)) == [2, 4]
        assert numbers(event_type="task.canceled") == [3]
        assert numbers(event_type="reservation.created", worker_sid=sid("WK", 1)) == [2]
        assert numbers(task_sid=sid("WT", 1), worker_sid=sid("WK", 1)) == [2, 4]
        assert numbers(sid=sid("EV", 4)) == [4]

    def with_events(self, folder: Path, told: list[Any], **fields: Any) -> Store:
        store = self.open(folder)
        store.commit(Group([creation()]))
        store.commit(Group([change(events=told, **fields)]))
        return store

    def test_a_workers_reservations_are_history(self, tmp_path: Path) -> None:
        """A worker's reservations are found by status and paged, the ended ones too."""
        accepted = ReservationStatus.ACCEPTED
        made = [
            a_reservation(n, reservation_status=accepted if n % 2 else ReservationStatus.TIMEOUT)
            for n in range(1, 7)
        ]
        changes = {r.sid: (r, r.reservation_status is accepted) for r in made}
        changes[sid("WR", 9)] = (a_reservation(9, worker_sid=sid("WK", 2)), True)
        store = self.open(tmp_path)
        store.commit(Group([creation(changes=changes)]))

        def numbers(**filters: Any) -> list[int]:
            found = store.history().reservations_of_worker(
                sid("WS", 1), sid("WK", 1), **{"limit": 2, **filters}
            )
            return [made.index(reservation) + 1 for reservation in found]

        assert numbers(limit=50) == [1, 2, 3, 4, 5, 6]
        assert numbers(after_sid=sid("WR", 2)) == [3, 4]
        assert numbers(before_sid=sid("WR", 5)) == [3, 4]
        assert numbers(statuses=["timeout"]) == [2, 4]
        assert numbers(statuses=["timeout", "accepted"], after_sid=sid("WR", 4)) == [5, 6]
        assert numbers(statuses=[]) == []
        store.close()

    def test_records_of_voice_are_kept(self, tmp_path: Path) -> None:
        """A record of voice is read as it was noted last, by kind and account, until it is deleted."""
        mine, other = sid("AC", 1), sid("AC", 2)
        calls = [VoiceNote(sid("CA", n), "call", mine, n == 3, f'{{"n":{n}}}') for n in (1, 2, 3)]
        foreign = VoiceNote(sid("CA", 4), "call", other, True, "{}")
        store = self.open(tmp_path)
        store.commit(
            Group(notes=[*calls, foreign, VoiceNote(sid("RE", 1), "record", mine, True, "{}")])
        )
        store.commit(Group(notes=[replace(calls[2], body='{"n":33}')]))
        changed = [*calls[:2], replace(calls[2], body='{"n":33}')]
        history = store.history()
        assert history.voice_records("call", mine) == changed
        assert history.voice_records("call", mine, after_sid=sid("CA", 1), limit=1) == changed[1:2]
        assert history.voice_records("call", mine, before_sid=sid("CA", 3), limit=1) == changed[1:2]
        assert history.voice_records("call", live=True) == [changed[2], foreign]
        assert history.voice_record(sid("CA", 3)) == changed[2]
        store.commit(Group(notes=[replace(calls[0], body="")]))
        assert history.voice_record(sid("CA", 1)) is None
        store.close()
