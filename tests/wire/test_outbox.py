"""Which callbacks an event owes: by the workspace's URL and filter, and by the workflow's URLs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.events import Event, EventType
from pointsman.engine.records import Workflow
from pointsman.wire.outbox import CallbackKind, outbox
from tests.store.builders import START, a_reservation, a_workspace, an_event, sid

HOOK = "https://hooks.example/events"


def told(kind: EventType = EventType.TASK_CREATED, number: int = 1, **workspace: Any) -> Event:
    return an_event(number, kind, workspace=a_workspace(event_callback_url=HOOK, **workspace))


def offer(**urls: str) -> Event:
    workflow = Workflow(sid("WW", 1), "calls", "{}", 120, START, START, **urls)
    return an_event(
        1,
        EventType.RESERVATION_CREATED,
        workflow=workflow,
        reservation=a_reservation(),
        resource_type="reservation",
        resource_sid=sid("WR", 1),
    )


@pytest.mark.feature(32, partly=True)
def test_an_event_is_owed_to_the_workspaces_url() -> None:
    """A row names the event, its resource and the URL of that moment, due at once."""
    [callback] = outbox([told()])

    assert callback.kind is CallbackKind.EVENT
    assert (callback.event_sid, callback.resource_sid) == (sid("EV", 1), sid("WT", 1))
    assert (callback.url, callback.since, callback.next_at) == (HOOK, START, START)
    assert (callback.attempts, callback.dead) == (0, False)


def test_without_a_url_nothing_is_owed() -> None:
    """A workspace without a URL owes no callback."""
    assert outbox([an_event(1)]) == []


@pytest.mark.feature(32, 166, partly=True)
@given(st.sets(st.sampled_from(EventType)), st.booleans())
def test_the_filter_lets_through_what_it_names(kinds: set[EventType], spaced: bool) -> None:
    """Of all types exactly those of the filter are owed, spaces or not; no filter lets all through."""
    text = (" , " if spaced else ",").join(sorted(kinds))
    events = [told(kind, number, events_filter=text) for number, kind in enumerate(EventType, 1)]

    expected = [event.sid for event in events if event.type in kinds or not kinds]
    assert [callback.event_sid for callback in outbox(events)] == expected


@pytest.mark.parametrize("events_filter", [None, ""])
def test_no_filter_lets_everything_through(events_filter: str | None) -> None:
    """Neither an empty filter nor none holds anything back."""
    assert len(outbox([told(events_filter=events_filter)])) == 1


@pytest.mark.feature(70, 142, partly=True)
def test_an_offer_is_owed_to_its_workflows_urls() -> None:
    """A reservation that is created owes an assignment callback, whatever the events' filter says."""
    [callback] = outbox(
        [
            offer(
                assignment_callback_url=HOOK,
                fallback_assignment_callback_url="https://two.example/",
            )
        ]
    )

    assert callback.kind is CallbackKind.ASSIGNMENT
    assert (callback.url, callback.fallback_url) == (HOOK, "https://two.example/")
    assert callback.resource_sid == sid("WR", 1)


def test_a_fallback_alone_is_the_url() -> None:
    """A workflow that has the second URL only is called there."""
    [callback] = outbox([offer(fallback_assignment_callback_url=HOOK)])

    assert (callback.url, callback.fallback_url) == (HOOK, "")


@pytest.mark.feature(70, partly=True)
def test_a_workflow_without_urls_owes_nothing() -> None:
    """The reservation just waits for somebody to answer."""
    assert outbox([offer()]) == []
