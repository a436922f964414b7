"""Why a task waits where it waits."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.engine.explain import Candidates, Waiting, explain
from pointsman.engine.records import TaskStatus, replace
from tests.scenarios.story import START, Story

DESK = """
worker alice {"languages": ["en"], "level": 2} activity=Offline
worker bob {"languages": ["es"], "level": 5} activity=Available
queue english 'languages HAS "en"'
queue everyone
workflow support
  filter 'lang == "de" AND vip == true' name=German
    target everyone
  filter 'lang == "en"' name=English
    target english expression='worker.level > 3' timeout=30 skip_if='workers.available > 5'
    target same timeout=30
  filter 'vip == true' name=Vip
    target everyone timeout=20
  default everyone
"""


def a_desk(*lines: str) -> Story:
    story = Story()
    story.answer(DESK + "\n".join(lines))
    return story


def asked(story: Story, name: str = "T1") -> Waiting:
    task = story.engine.state.tasks[story.names.sid[name]]
    return explain(story.engine.state, task, story.now)


def ends(story: Story) -> list[tuple[str, int | None]]:
    """What ends the wait, with seconds since the beginning."""
    return [
        (end.code, None if end.at is None else (end.at - START) // 1000)
        for end in asked(story).ends
    ]


@pytest.mark.feature(262, partly=True)
def test_filters_that_were_tried() -> None:
    """Filters are told in order up to the one that takes the task, each with what made it fail."""
    found = asked(a_desk('task T1 {"lang": "en", "vip": false}')).filters

    assert [(f.position, f.name, f.is_current) for f in found] == [
        (0, "German", False),
        (1, "English", True),
        (2, "Vip", False),
        (-1, None, False),
    ]
    german, english, vip, default = (f.judgement for f in found)
    assert german is not None
    assert english is not None
    assert german.failing == ('lang == "de"', "vip == true")
    assert german.values == {"lang": "en", "vip": False}
    assert english.holds
    assert vip is default is None


@pytest.mark.feature(262, partly=True)
def test_the_step_and_its_end() -> None:
    """The target, its deadline as an age of the task, and where the deadline leads are told."""
    story = a_desk('task T1 {"lang": "en", "vip": true}')
    found = asked(story)

    assert found.step.path == "task_routing.filters[1].targets[0]"
    assert found.step.target.expression == "worker.level > 3"
    assert found.step.skip is not None
    assert found.step.skip.failing == ("workers.available > 5",)
    assert found.counts == {"workers": 2, "of_queue": 1, "of_queue_in_available_activity": 0}
    assert ends(story) == [
        ("worker-eligible", None),
        ("step-deadline", 30),
        ("time-to-live", 86400),
    ]
    assert found.ends[1].sentence.endswith("it enters task_routing.filters[1].targets[1]")
    story.answer("pass 30s")
    assert asked(story).step.path == "task_routing.filters[1].targets[1]"
    assert (
        asked(story)
        .ends[1]
        .sentence.endswith("it enters task_routing.filters[2].targets[0], which takes it too")
    )
    story.answer("set bob activity=Offline\npass 30s")
    assert [f.judgement is not None for f in asked(story).filters] == [True, True, True, False]
    assert (
        asked(story).ends[1].sentence.endswith("it is canceled, because no later filter takes it")
    )


@pytest.mark.feature(262, partly=True)
def test_the_place_in_line() -> None:
    """A task is told its place in its queue and among all that wait on its channel."""
    story = a_desk(
        "set bob activity=Offline",
        'task T0 {"lang": "fr"} priority=5',
        'task T1 {"lang": "en"}',
        'task T2 {"lang": "en"} priority=1',
        'task T3 {"lang": "en"} channel=chat',
    )

    assert asked(story).standing == (2, 2, 3, 3)
    assert asked(story, "T2").standing == (1, 2, 2, 3)
    assert asked(story, "T3").standing == (1, 1, 1, 1)


@pytest.mark.feature(262, partly=True)
def test_an_offered_task() -> None:
    """An offered task has no place in line; its offer, its worker and what follows are told."""
    story = a_desk('task T1 {"lang": "fr"}')
    state = story.engine.state
    found = asked(story)
    task = state.tasks[story.names.sid["T1"]]
    bob = Candidates(state, task, story.now).of(state.workers[story.names.sid["bob"]])

    assert found.standing is None
    assert [code for code, _ in ends(story)] == [
        "offer-accepted",
        "offers-declined",
        "offer-timeout",
        "time-to-live",
    ]
    assert [o.code for o in bob.obstacles] == ["has-task", "capacity"]
    assert bob.obstacles[1].sentence == (
        "The worker uses 1 of 1 on the channel default (1 offered)"
    )
    story.answer('update T1 attributes={"lang": "en"}')
    assert "starts over" in asked(story).ends[1].sentence


@pytest.mark.feature(262, partly=True)
def test_offers_that_are_over() -> None:
    """Only open offers are told: neither one that is over while another is open, nor when all are."""
    story = a_desk('task T1 {"lang": "fr"}', "pass 10s", "reject bob T1")
    again = ends(story)
    story.answer("reject bob T1 activity=Offline")

    assert again[2:] == [("offer-timeout", 130), ("time-to-live", 86400)]
    assert ends(story) == [("worker-eligible", None), ("time-to-live", 86400)]


@pytest.mark.feature(262, partly=True)
def test_every_obstacle_of_a_worker() -> None:
    """A worker is told all that speaks against him, in order, with the terms that fail."""
    story = a_desk(
        "capacity alice default 0",
        "capacity bob default available=false",
        'task T1 {"lang": "en"}',
    )
    state = story.engine.state
    candidates = Candidates(state, state.tasks[story.names.sid["T1"]], story.now)
    alice, bob = (candidates.of(worker).obstacles for worker in state.workers.values())

    assert [o.code for o in alice] == ["target-expression", "activity", "capacity"]
    assert alice[0].failing == ("worker.level > 3",)
    assert alice[0].values == {"worker.level": 2}
    assert [o.code for o in bob] == ["queue-expression", "channel"]
    assert bob[0].sentence == (
        'The expression of the task queue english does not hold: languages HAS "en"'
    )


@pytest.mark.feature(262, partly=True)
def test_a_known_worker() -> None:
    """A target that wants somebody says whom, and that the task names nobody if so."""
    story = Story()
    story.answer(
        """
worker alice {} activity=Offline
queue everyone
workflow sticky
  filter '1==1'
    target everyone known_worker_sid=task.agent
task T1 {"agent": "WK1"}
task T2 {}
"""
    )
    state = story.engine.state
    told = [
        Candidates(state, task, story.now).of(next(iter(state.workers.values()))).obstacles[0]
        for task in state.tasks.values()
    ]

    assert [o.code for o in told] == ["known-worker", "known-worker"]
    assert told[0].sentence == "The target wants the worker with the sid WK1"
    assert told[1].sentence.endswith("the task names none (sid)")


@pytest.mark.feature(262, partly=True)
def test_an_edited_workflow() -> None:
    """A task that keeps a target which the workflow does not have any more says so."""
    story = a_desk("set bob activity=Offline", 'task T1 {"lang": "en"}')
    assert not asked(story).step.is_edited
    story.answer("change workflow support\n  filter 'lang == \"en\"'\n    target everyone")

    found = asked(story)
    assert found.step.is_edited
    assert found.step.path == "task_routing.filters[1].targets[0]"
    assert found.ends[1].sentence.endswith("its place in the workflow is no more")


@pytest.mark.feature(262, partly=True)
def test_the_clock() -> None:
    """A target that reads the time says when workers are asked again."""
    story = Story()
    story.answer(
        """
worker alice {}
queue everyone
workflow hours
  filter '1==1'
    target everyone expression='taskrouter.currentHour > 12'
task T1 {}
pass 90s
"""
    )

    assert ends(story)[:2] == [("worker-eligible", None), ("minute", 120)]


@pytest.mark.feature(262, partly=True)
def test_who_would_be_next() -> None:
    """The eligible stand in the order of order_by, then of who was idle longest, and say why."""
    story = Story()
    story.answer(
        """
worker alice {"level": 1} activity=Available
worker bob {"level": 3} activity=Available
worker carol {"level": 3} activity=Available
worker dave {} activity=Available
queue everyone
workflow all
  filter '1==1'
    target everyone order_by='worker.level DESC'
task T1 {}
"""
    )
    state = story.engine.state
    task = state.tasks[story.names.sid["T1"]]
    candidates = Candidates(state, task, story.now)
    names = [state.workers[sid].friendly_name for sid in candidates.in_order()]

    assert names == ["carol", "alice", "dave"]
    carol = state.workers[story.names.sid["carol"]]
    assert candidates.ordered_by(carol) == {"worker.level DESC": 3}


@pytest.mark.feature(262, partly=True)
def test_a_task_that_rests() -> None:
    """A task that nobody could be asked about is in no line until its rest is over."""
    story = a_desk("set bob activity=Offline", 'task T1 {"lang": "fr"}')
    state = story.engine.state
    task = state.tasks[story.names.sid["T1"]]
    state.put(replace(task, not_before_at=story.now + 4000))

    assert asked(story).standing is None
    assert ends(story) == [("rest", 4), ("time-to-live", 86400)]


@pytest.mark.feature(262, partly=True)
def test_an_offer_that_outlasts_its_step() -> None:
    """While a task is offered, its step's deadline does not interrupt the offer, and says so."""
    story = a_desk('set alice activity=Available attributes={"languages": ["en"], "level": 4}')
    story.answer('task T1 {"lang": "en"}')
    deadline = next(end for end in asked(story).ends if end.code == "step-deadline")

    assert deadline.sentence == (
        "The step's deadline comes: it enters task_routing.filters[1].targets[1], once its offers "
        "have failed"
    )


@pytest.mark.feature(262, partly=True)
def test_a_queue_that_nobody_can_serve() -> None:
    """A task queue without an expression is an obstacle for everybody."""
    story = a_desk("change queue english target=' '", 'task T1 {"lang": "en"}')
    state = story.engine.state
    candidates = Candidates(state, state.tasks[story.names.sid["T1"]], story.now)

    for worker in state.workers.values():
        first = candidates.of(worker).obstacles[0]
        assert first.code == "queue-expression"
        assert first.sentence == "The task queue english has no expression: nobody serves it"


RULES = ["a == 1", "b == 1", "a == 1 OR b == 1", "1 == 1"]
MARKS = ['{"a": 1}', '{"b": 1}', '{"a": 1, "b": 1}']


@st.composite
def escalations(draw: st.DrawFn) -> Story:
    """Tasks that wait for nobody, in a workflow of filters and steps with deadlines."""
    lines = ["queue everyone", "workflow steps"]
    for _ in range(draw(st.integers(1, 4))):
        lines.append(f"  filter '{draw(st.sampled_from(RULES))}'")
        for _ in range(draw(st.integers(1, 3))):
            timeout = draw(st.sampled_from(["timeout=5", "timeout=9", "timeout=9", ""]))
            lines.append(f"    target everyone {timeout}")
    lines.append("  default everyone")
    for n in range(draw(st.integers(1, 3))):
        lines.append(f"task T{n} {draw(st.sampled_from(MARKS))}")
        lines.append(f"pass {draw(st.integers(0, 20))}s")
    story = Story()
    story.answer("\n".join(lines))
    return story


@pytest.mark.feature(262, partly=True)
@settings(deadline=None)
@given(escalations())
def test_where_a_deadline_leads(story: Story) -> None:
    """A task whose deadline comes goes exactly where its explanation said, at the time it said."""
    state = story.engine.state
    for task in list(state.tasks.values()):
        if task.assignment_status is not TaskStatus.PENDING:
            continue
        found = explain(state, task, story.now)
        deadline = next((end for end in found.ends if end.code == "step-deadline"), None)
        if deadline is None or deadline.at is None:
            assert task.target.timeout_s is None
            continue
        then = copy.deepcopy(story)
        then.answer(f"pass {deadline.at - story.now}ms")
        after = then.engine.state.tasks[task.sid]

        if after.assignment_status is TaskStatus.CANCELED:
            assert deadline.sentence.endswith("it is canceled, because no later filter takes it")
        else:
            path = explain(then.engine.state, after, then.now).step.path
            assert f"it enters {path}" in deadline.sentence
        then = copy.deepcopy(story)
        then.answer(f"pass {deadline.at - story.now - 1}ms")
        assert then.engine.state.tasks[task.sid].target_index == task.target_index


@pytest.mark.feature(262, partly=True)
@settings(deadline=None)
@given(escalations())
def test_the_current_filter_was_tried(story: Story) -> None:
    """The filter that a task is in was tried and takes it, and every filter tried says why."""
    state = story.engine.state
    for task in state.tasks.values():
        if task.assignment_status is TaskStatus.PENDING:
            [current] = [f for f in explain(state, task, story.now).filters if f.is_current]
            if current.position >= 0:
                assert current.judgement is not None
                assert current.judgement.holds
