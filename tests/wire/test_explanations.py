"""Explanations as they look outside."""

from __future__ import annotations

import pytest

from pointsman.engine.events import EventType
from pointsman.engine.explain import explain
from pointsman.engine.records import replace
from pointsman.wire import explanations
from tests.scenarios.story import START, Story

STORY = """
worker alice {} activity=Offline
queue everyone
workflow all
  filter '1==1' name=All
    target everyone known_worker_sid=task.agent timeout=30 skip_if='workers.available > 3'
task T1 {}
"""


@pytest.mark.feature(262, partly=True)
def test_a_task_that_rests() -> None:
    """A task that rests says so, with the end of its rest, and has no place."""
    story = Story()
    story.answer(STORY)
    state = story.engine.state
    task = replace(state.tasks[story.names.sid["T1"]], not_before_at=START + 4000)
    state.put(task)
    told = explanations.waiting(task, explain(state, task, story.now), 0, state)

    assert told["summary"] == (
        "It rests in the task queue everyone, because nobody could be asked. The queue has 1 of 1 "
        "workers, 0 of them in an available activity; 0 could be offered the task now."
    )
    assert told["place"] is None
    assert told["ends"][0] == {
        "code": "rest",
        "date": "2027-01-15T08:00:04Z",
        "sentence": "Nobody could be asked, so it rests; then it is offered again",
    }


@pytest.mark.feature(262, partly=True)
def test_a_target() -> None:
    """A target is shown with everything that it says, and skip_if with what it would say now."""
    story = Story()
    story.answer(STORY)
    state = story.engine.state
    task = state.tasks[story.names.sid["T1"]]

    assert explanations.waiting(task, explain(state, task, story.now), 0, state)["target"] == {
        "path": "task_routing.filters[0].targets[0]",
        "edited_since": False,
        "task_queue_sid": story.names.sid["everyone"],
        "task_queue_friendly_name": "everyone",
        "task_queue_entered_date": "2027-01-15T08:00:00Z",
        "expression": None,
        "priority": None,
        "timeout": 30,
        "order_by": None,
        "known_worker": {"by": "sid", "path": ("agent",), "literal": None},
        "skip_if": {
            "expression": "workers.available > 3",
            "result": False,
            "failing": ["workers.available > 3"],
            "values": {"workers.available": 0},
        },
    }


@pytest.mark.feature(263, partly=True)
def test_sentences() -> None:
    """A sentence names what its event names, and ends well where nothing is named."""
    matched, canceled = EventType.WORKFLOW_TARGET_MATCHED, EventType.TASK_CANCELED

    assert explanations.happened(matched, {}) == "It entered a target"
    named = {"workflow_filter_name": "English"}
    assert explanations.happened(matched, named) == "It entered a target in the filter English"
    assert explanations.happened(canceled, {}) == "It was canceled"
    assert explanations.happened(canceled, {"reason": "{gone}"}) == "It was canceled: {gone}"
    assert explanations.happened("task.unknown", {}) == "task.unknown"
