"""What every store has to keep to: one suite, run for each store by a subclass.

Its other half, about what was, is in `contract_history`. It believes only what a second look at the store shows, and imports nothing of a particular store.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsman.engine import records
from pointsman.engine.events import EventType
from pointsman.engine.records import Record
from pointsman.store import (
    AccountRow,
    AlertNote,
    ApiKeyRow,
    CommitFailed,
    Committed,
    Fenced,
    Group,
    Loaded,
    Poisoned,
    Store,
)
from tests.store.builders import (
    ACCOUNT,
    START,
    a_task,
    a_worker,
    a_workspace,
    an_alert,
    an_event,
    change,
    creation,
    sid,
)

KINDS: dict[str, type[Any]] = {
    "WS": records.Workspace,
    "WA": records.Activity,
    "TC": records.TaskChannel,
    "WK": records.Worker,
    "WC": records.WorkerChannel,
    "WQ": records.TaskQueue,
    "WW": records.Workflow,
    "WT": records.Task,
    "WR": records.Reservation,
    "TT": records.Transfer,
}
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
NUMBERS = st.integers(-(2**53), 2**53)
st.register_type_strategy(str, TEXT)


def of_kind(prefix: str, number: int) -> st.SearchStrategy[Any]:
    """Any record of a kind, whatever its fields hold."""
    kind = KINDS[prefix]
    numbers = {
        name: NUMBERS if told == "int" else st.none() | NUMBERS
        for name, told in kind.__annotations__.items()
        if told in ("int", "int | None")
    }
    return st.builds(kind, sid=st.just(sid(prefix, number)), **numbers)


ANY_RECORDS = st.tuples(*(of_kind(prefix, number) for number, prefix in enumerate(KINDS, 1)))


class StoreContract(ABC):
    """The suite; a subclass says how its store is opened."""

    @abstractmethod
    def open(self, folder: Path) -> Store:
        """A store on this folder, beside others that may be open."""

    @abstractmethod
    def open_in_doubt(self, folder: Path, *, arrives: bool) -> Store:
        """A store whose second commit raises an error after it did, or did not, happen."""

    def loaded(self, folder: Path, number: int = 1) -> Loaded:
        """A workspace as another, later owner would find it."""
        store = self.open(folder)
        try:
            return store.load(sid("WS", number))[0]
        finally:
            store.close()

    # --- groups ----------------------------------------------------------------------------------

    @pytest.mark.feature(23)
    def test_what_was_committed_is_loaded(self, tmp_path: Path) -> None:
        """A committed group is there when another owner loads the workspace."""
        store = self.open(tmp_path)
        event = an_event(1)
        results = store.commit(Group([creation()]))
        results |= store.commit(Group([change(records=[a_task(), a_worker()], events=[event])]))
        store.close()

        found = self.loaded(tmp_path)
        assert results == {sid("WS", 1): Committed(2)}
        assert (found.account_sid, found.epoch, found.seq, found.event_seq) == (ACCOUNT, 2, 2, 1)
        assert found.at == START
        assert set(found.records) == {a_workspace(), a_task(), a_worker()}

    def test_loading_nothing(self, tmp_path: Path) -> None:
        """An empty folder holds no workspace, account or key."""
        store = self.open(tmp_path)

        assert (store.load(), store.load(sid("WS", 1))) == ([], [])
        assert (store.accounts(), store.api_keys()) == ([], [])
        store.close()

    def test_records_are_loaded_in_creation_order(self, tmp_path: Path) -> None:
        """Live records come back in the order of their making, whatever their kind."""
        store = self.open(tmp_path)
        made = [a_task(5), a_worker(4), a_task(3), a_worker(2)]
        store.commit(Group([creation()]))
        store.commit(Group([change(records=made)]))

        found = store.load()[0].records
        assert [record.sid[2:] for record in found] == sorted(record.sid[2:] for record in found)
        assert len(found) == 5
        store.close()

    @settings(max_examples=40, suppress_health_check=[HealthCheck.differing_executors])
    @given(made=ANY_RECORDS)
    def test_every_kind_of_record_comes_back_as_it_was(
        self, tmp_path_factory: pytest.TempPathFactory, made: tuple[Record, ...]
    ) -> None:
        """Whatever a record's fields hold, it is loaded as it was written."""
        folder = tmp_path_factory.mktemp("store")
        store = self.open(folder)
        changes = {record.sid: (record, True) for record in made}
        store.commit(Group([creation(changes=changes)]))

        assert set(store.load()[0].records) == set(made)
        store.close()

    def test_the_last_version_counts(self, tmp_path: Path) -> None:
        """A record that was written twice is loaded once, as it was last."""
        store = self.open(tmp_path)
        store.commit(Group([creation()]))
        store.commit(Group([change(records=[a_task()])]))
        later = a_task(priority=7, version=3)
        store.commit(Group([change(old_seq=2, records=[later])]))

        assert store.load()[0].records == [a_workspace(), later]
        store.close()

    def test_what_is_not_live_is_history(self, tmp_path: Path) -> None:
        """A removed record is not loaded, and history still knows its last version."""
        store = self.open(tmp_path)
        store.commit(Group([creation()]))
        store.commit(Group([change(records=[a_task()])]))
        last = a_task(version=4)
        store.commit(Group([change(old_seq=2, changes={last.sid: (last, False)})]))

        assert store.load()[0].records == [a_workspace()]
        assert store.history().task(sid("WS", 1), last.sid) == last
        assert store.history().task(sid("WS", 2), last.sid) is None
        store.close()

    def test_a_deleted_workspace_is_gone(self, tmp_path: Path) -> None:
        """A workspace that ended is neither loaded nor written again; its events stay."""
        store = self.open(tmp_path)
        store.commit(Group([creation()]))
        store.commit(Group([change(records=[a_task()])]))
        ended = change(old_seq=2, ended=True, events=[an_event(1, EventType.WORKSPACE_DELETED)])
        store.commit(Group([ended]))

        assert store.load() == []
        assert isinstance(store.commit(Group([change(old_seq=3)]))[sid("WS", 1)], Fenced)
        assert store.history().task(sid("WS", 1), a_task().sid) == a_task()
        assert len(store.history().events(sid("WS", 1))) == 1
        store.close()

    # --- fences ----------------------------------------------------------------------------------

    @pytest.mark.feature(288)
    def test_the_later_owner_fences_the_earlier(self, tmp_path: Path) -> None:
        """Of two stores on one file, the one that loaded last writes and the other cannot."""
        first, second = self.open(tmp_path), self.open(tmp_path)
        first.commit(Group([creation()]))
        epoch = second.load()[0].epoch

        stale = first.commit(Group([change(records=[a_task(1)])]))
        fresh = second.commit(Group([change(epoch=epoch, records=[a_task(2)])]))
        assert isinstance(stale[sid("WS", 1)], Fenced)
        assert fresh == {sid("WS", 1): Committed(2)}
        first.close()
        second.close()
        assert a_task(1) not in self.loaded(tmp_path).records

    def test_looking_takes_nothing(self, tmp_path: Path) -> None:
        """Who looks sees the workspace as it is, and its owner goes on writing."""
        owner, other = self.open(tmp_path), self.open(tmp_path)
        owner.commit(Group([creation()]))
        owner.commit(Group([change(records=[a_task(), a_worker()], events=[an_event(1)])]))
        seen = other.look(sid("WS", 1))

        assert seen is not None
        assert (seen.account_sid, seen.epoch, seen.seq, seen.event_seq) == (ACCOUNT, 1, 2, 1)
        assert set(seen.records) == {a_workspace(), a_task(), a_worker()}
        assert other.look(sid("WS", 2)) is None
        written = owner.commit(Group([change(old_seq=2, records=[a_task(3)])]))
        assert written == {sid("WS", 1): Committed(3)}
        owner.close()
        other.close()

    def test_a_group_is_written_once(self, tmp_path: Path) -> None:
        """The same group sent again is fenced, because the workspace has moved on."""
        store = self.open(tmp_path)
        store.commit(Group([creation()]))
        group = Group([change(events=[an_event(1)])])
        first, again = store.commit(group), store.commit(group)

        assert first == {sid("WS", 1): Committed(2)}
        assert isinstance(again[sid("WS", 1)], Fenced)
        store.close()

    def test_only_the_poisoned_workspace_is_left_out(self, tmp_path: Path) -> None:
        """Of a group of three, one fenced or unwritable workspace leaves the others written whole."""
        store = self.open(tmp_path)
        store.commit(Group([creation(1), creation(2), creation(3)]))
        twice = [an_event(1), an_event(1)]
        poisoned = change(2, records=[a_task(20)], events=twice)
        group = [change(1, records=[a_task(10)]), poisoned, change(3, records=[a_task(30)])]
        results = store.commit(Group(group))
        behind = [change(n, old_seq=2 if n == 1 else 1, records=[a_task(n)]) for n in (1, 2, 3)]
        after = store.commit(Group(behind))

        assert isinstance(results[sid("WS", 2)], Poisoned)
        assert isinstance(after[sid("WS", 3)], Fenced)
        store.close()
        assert a_task(10) in self.loaded(tmp_path, 1).records
        assert a_task(20) not in self.loaded(tmp_path, 2).records
        assert a_task(2) in self.loaded(tmp_path, 2).records
        assert a_task(3) not in self.loaded(tmp_path, 3).records

    def test_text_that_cannot_be_written_poisons_one_workspace(self, tmp_path: Path) -> None:
        """A record that no file can hold (a lone surrogate) is told, and its neighbour is written."""
        store = self.open(tmp_path)
        store.commit(Group([creation(1), creation(2)]))
        bad = change(1, records=[a_worker(friendly_name="\ud800")])
        results = store.commit(Group([bad, change(2)]))

        assert isinstance(results[sid("WS", 1)], Poisoned)
        assert results[sid("WS", 2)] == Committed(2)
        store.close()

    def test_a_poisoned_workspace_alone_leaves_the_rest_of_its_group(self, tmp_path: Path) -> None:
        """Nothing of a workspace that fails half written stays; the group's notes are kept."""
        store = self.open(tmp_path)
        store.commit(Group([creation()]))
        poisoned = change(records=[a_task()], events=[an_event(1), an_event(1)])
        results = store.commit(Group([poisoned], [AlertNote(sid("WS", 1), an_alert())]))

        assert isinstance(results[sid("WS", 1)], Poisoned)
        assert [note.alert.sid for note in store.history().alerts(ACCOUNT, limit=9)] == [
            an_alert().sid
        ]
        assert store.commit(Group([change()])) == {sid("WS", 1): Committed(2)}
        store.close()
        assert a_task() not in self.loaded(tmp_path).records

    @pytest.mark.feature(288)
    def test_a_commit_in_doubt_that_arrived_is_committed(self, tmp_path: Path) -> None:
        """When COMMIT raised an error but happened, the group counts as committed."""
        store = self.open_in_doubt(tmp_path, arrives=True)
        store.commit(Group([creation()]))
        results = store.commit(Group([change(records=[a_task()])]))

        assert results == {sid("WS", 1): Committed(2)}
        assert store.commit(Group([change(old_seq=2)])) == {sid("WS", 1): Committed(3)}
        store.close()
        assert a_task() in self.loaded(tmp_path).records

    @pytest.mark.feature(288)
    def test_a_commit_in_doubt_that_did_not_arrive_failed(self, tmp_path: Path) -> None:
        """When COMMIT raised an error and did not happen, the whole group failed and may be sent again."""
        store = self.open_in_doubt(tmp_path, arrives=False)
        store.commit(Group([creation()]))
        event = an_event(1)
        with pytest.raises(CommitFailed):
            store.commit(Group([change(records=[a_task()], events=[event])]))

        assert store.commit(Group([change(events=[event])])) == {sid("WS", 1): Committed(2)}
        [stored] = store.history().events(sid("WS", 1))
        assert stored.event_data["task_attributes"] == a_task().attributes
        store.close()
        assert a_task() not in self.loaded(tmp_path).records

    # --- the rest --------------------------------------------------------------------------------

    def test_alerts_and_notes_are_stored_once(self, tmp_path: Path) -> None:
        """A note that is sent again, after a group that failed, does no harm."""
        store = self.open(tmp_path)
        note = AlertNote(sid("WS", 1), an_alert(2))
        store.commit(Group([creation(alerts=[an_alert(1)])]))

        assert store.commit(Group([], [note])) == {}
        assert store.commit(Group([change()], [note])) == {sid("WS", 1): Committed(2)}
        store.close()

    @pytest.mark.feature(284, 285)
    def test_accounts_and_keys_are_seen_by_a_running_store(self, tmp_path: Path) -> None:
        """What one process writes about accounts, another one notices and reads."""
        server, tool = self.open(tmp_path), self.open(tmp_path)
        before = server.accounts_version()
        account = AccountRow(ACCOUNT, "first", b"sealed", START, START)
        rotated = AccountRow(ACCOUNT, "first", b"sealed anew", START, START + 1)
        key = ApiKeyRow(sid("SK", 1), ACCOUNT, "key", b"\x00\xff", START, START)
        tool.put_account(account)
        between = server.accounts_version()
        tool.put_account(rotated)
        tool.put_api_key(key)

        assert len({before, between, server.accounts_version()}) == 3
        assert (server.accounts(), server.api_keys()) == ([rotated], [key])
        server.close()
        tool.close()

    def test_the_log_is_folded_beside_commits(self, tmp_path: Path) -> None:
        """A checkpoint between commits changes nothing that can be seen."""
        store = self.open(tmp_path)
        store.commit(Group([creation()]))
        folded = store.checkpoint()
        store.commit(Group([change(records=[a_task()])]))

        assert folded
        assert not store.checkpoint_due()
        store.close()
        assert a_task() in self.loaded(tmp_path).records
