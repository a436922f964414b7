"""Why a task with a routing target waits, and for whom."""

from __future__ import annotations

import pytest

from pointsman.engine.explain import Candidates, Waiting, explain
from pointsman.engine.records import Task
from tests.scenarios.story import Story

DESK = """
worker alice {} activity=Offline
worker bob {} activity=Available
queue nobody '1==2'
workflow support
  filter 'lang == "en"'
    target nobody
"""


def a_desk(*lines: str) -> Story:
    story = Story()
    story.answer(DESK + "\n".join(lines))
    return story


def the_task(story: Story) -> Task:
    return story.engine.state.tasks[story.names.sid["T"]]


def candidates(story: Story) -> Candidates:
    return Candidates(story.engine.state, the_task(story), story.now)


def obstacles(story: Story, name: str) -> list[str]:
    worker = story.engine.state.workers[story.names.sid[name]]
    return [found.code for found in candidates(story).of(worker).obstacles]


def asked(story: Story) -> Waiting:
    return explain(story.engine.state, the_task(story), story.now)


@pytest.mark.feature(89, 262, partly=True)
def test_a_task_that_waits_for_one_worker() -> None:
    """Only its worker can serve it, whatever his queues; what keeps him away is told."""
    story = a_desk("task T to=$alice ignore_capacity=false timeout=60")

    assert (obstacles(story, "alice"), obstacles(story, "bob")) == (["activity"], ["known-worker"])
    assert candidates(story).in_order() == []
    assert [end.code for end in asked(story).ends] == ["worker-eligible", "time-to-live"]


@pytest.mark.feature(88, 262, partly=True)
def test_a_task_that_its_worker_must_answer() -> None:
    """It is offered whatever he does, to nobody else, and ends when he declines."""
    story = a_desk("task T to=$alice")
    [declined] = [end for end in asked(story).ends if end.code == "offers-declined"]

    assert (obstacles(story, "alice"), obstacles(story, "bob")) == (
        ["has-task"],
        ["known-worker"],
    )
    assert candidates(story).in_order() == []
    assert "it is canceled" in declined.sentence


@pytest.mark.feature(90, 262, partly=True)
def test_a_task_in_the_queue_that_it_names() -> None:
    """No filter was asked, and its step is its routing target, edited or not."""
    story = a_desk("task T to=$nobody")
    found = asked(story)

    assert found.filters == []
    assert (found.step.path, found.step.is_edited) == ("routing_target", False)
    assert obstacles(story, "bob") == ["queue-expression"]


@pytest.mark.feature(186, 262, partly=True)
def test_a_task_that_is_passed_on_to_a_queue() -> None:
    """Its step is its transfer; whoever has it is told as such, and its time brings it back."""
    story = a_desk(
        "task T to=$alice",
        "accept alice T",
        "transfer alice T to=$nobody",
        "set alice activity=Available",
    )
    found = asked(story)

    assert (found.filters, found.step.path) == ([], "transfer")
    assert "has-task" in obstacles(story, "alice")
    assert obstacles(story, "bob") == ["queue-expression"]
    [end] = [end for end in found.ends if end.code == "time-to-live"]
    assert "comes back" in end.sentence


@pytest.mark.feature(186, 262, partly=True)
def test_a_task_that_is_passed_on_to_a_worker() -> None:
    """It is for him alone, whatever queues he serves, and comes back when he declines."""
    story = a_desk("task T to=$alice", "accept alice T", "transfer alice T to=$bob")
    [declined] = [end for end in asked(story).ends if end.code == "offers-declined"]

    assert obstacles(story, "bob") == ["has-task", "capacity"]
    assert "it comes back" in declined.sentence
