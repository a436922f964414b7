"""Callbacks in the store: made with their events, rewritten by notes, and read back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from pointsman.store import CallbackNote, Committed, Group
from pointsman.store.sqlite import DATABASE_FILE, SqliteStore
from pointsman.wire.outbox import Callback, CallbackKind, outbox
from tests.store.builders import ACCOUNT, START, a_workspace, an_event, change, creation, sid

OWING = a_workspace(event_callback_url="https://hooks.example/")
EVENTS = [an_event(number, workspace=OWING) for number in (1, 2, 3)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store whose workspace just made three events with a callback each."""
    opened = SqliteStore(tmp_path / DATABASE_FILE)
    opened.commit(Group([creation()]))
    written = opened.commit(Group([change(events=EVENTS)]))
    assert written == {OWING.sid: Committed(2)}
    yield opened
    opened.close()


def note(store: SqliteStore, callback: Callback, *, done: bool = False) -> None:
    store.commit(Group(notes=[CallbackNote(callback, done)]))


def test_callbacks_are_committed_with_their_events(store: SqliteStore) -> None:
    """What waits is what the pure function says of the committed events, in their order."""
    assert store.history().waiting_callbacks() == outbox(EVENTS)


def test_nothing_is_owed_for_what_was_fenced(store: SqliteStore) -> None:
    """Events that were not written owe nothing."""
    late = change(old_seq=7, events=[an_event(9, workspace=OWING)])
    store.commit(Group([late]))

    assert store.history().waiting_callbacks() == outbox(EVENTS)


def test_what_is_done_waits_no_more(store: SqliteStore) -> None:
    """A callback that is done is gone, however often and with whatever else it is noted."""
    first, *others = outbox(EVENTS)
    note(store, first, done=True)
    note(store, first, done=True)
    note(store, replace(first, attempts=3))

    assert store.history().waiting_callbacks() == others


def test_an_attempt_in_vain_is_kept(store: SqliteStore) -> None:
    """Attempts, time and reason are read back as they were noted."""
    first, *others = outbox(EVENTS)
    tried = replace(first, attempts=2, next_at=START + 4_000, reason="HTTP status 500")
    note(store, tried)

    assert store.history().waiting_callbacks() == [tried, *others]


@pytest.mark.feature(278, partly=True)
def test_dead_letters_are_read_by_account_and_page(store: SqliteStore) -> None:
    """What was given up no longer waits; it is listed for its own account only, page by page."""
    dead = [replace(callback, dead=True, reason="gone") for callback in outbox(EVENTS)]
    for callback in dead:
        note(store, callback)
    history = store.history()

    assert history.waiting_callbacks() == []
    assert history.dead_letters(ACCOUNT) == dead
    assert history.dead_letters("AC" + "b" * 32) == []
    assert history.dead_letters(ACCOUNT, limit=2) == dead[:2]
    assert history.dead_letters(ACCOUNT, after_sid=sid("EV", 1)) == dead[1:]
    assert history.dead_letters(ACCOUNT, before_sid=sid("EV", 3), limit=1) == [dead[1]]
    assert history.dead_letters(ACCOUNT, event_sid=sid("EV", 2)) == [dead[1]]


def test_one_event_may_owe_two_callbacks(store: SqliteStore) -> None:
    """The kind tells an event's callback from the assignment callback of the same event."""
    [callback] = outbox(EVENTS[:1])
    other = replace(callback, kind=CallbackKind.ASSIGNMENT)
    note(store, other, done=True)

    assert callback in store.history().waiting_callbacks()
