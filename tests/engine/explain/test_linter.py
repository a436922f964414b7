"""What is strange about a workflow is found, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.explain import KnownQueue, Surroundings, lint, surroundings
from pointsman.engine.explain.linter import Finding
from pointsman.engine.workflow import first_filter
from pointsman.engine.workflow_config import parse_configuration
from tests.scenarios.story import Story

Q = "WQ" + "1" * 32
ALONE = Surroundings()


def a_filter(expression: str, *targets: dict[str, Any]) -> dict[str, Any]:
    first, *others = targets or ({},)
    return {"expression": expression, "targets": [{"queue": Q, **first}, *others]}


def checked(
    *filters: dict[str, Any], default: dict[str, Any] | None = None, around: Surroundings = ALONE
) -> list[Finding]:
    routing: dict[str, Any] = {"filters": list(filters)}
    if default is not None:
        routing["default_filter"] = {"queue": Q, **default}
    return lint(parse_configuration(json.dumps({"task_routing": routing})), around)


def told(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(f.code, f.severity, f.path.removeprefix("task_routing.")) for f in found]


@pytest.mark.feature(265, partly=True)
def test_a_sound_workflow() -> None:
    """The workflow of the reference, with its escalation and its default, gives no finding."""
    found = checked(
        a_filter('lang == "en"', {"timeout": 30, "priority": 5}, {"timeout": 60}),
        a_filter('lang == "es"', {"expression": "worker.level >= task.level", "timeout": 30}),
        default={},
    )

    assert found == []


@pytest.mark.feature(265, partly=True)
@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("1==1", 'lang == "en"'),
        ('lang == "en"', "task.lang = 'en'"),
        ('lang == "en"', 'vip == true AND lang == "en"'),
    ],
)
def test_unreachable_filters(earlier: str, later: str) -> None:
    """A filter behind one that takes all its tasks is unreachable, unless they can leave that one."""
    hidden = checked(a_filter(earlier), a_filter(later), default={"skip_if": "1==1"})
    through = checked(a_filter(earlier, {"timeout": 5}), a_filter(later), default={})
    dead_end = checked(a_filter(earlier, {}, {"timeout": 5}), a_filter(later), default={})

    assert ("filter-unreachable", "error", "filters[1].expression") in told(hidden)
    assert ("filter-only-by-fall-through", "info", "filters[1].expression") in told(through)
    assert ("filter-unreachable", "error", "filters[1].expression") in told(dead_end)


@pytest.mark.feature(265, partly=True)
def test_filters_that_are_reachable() -> None:
    """A filter that is only alike, or narrower in the other order, is not called unreachable."""
    for earlier, later in [
        ('lang == "en" AND vip == true', 'lang == "en"'),
        ('lang == "en"', 'lang == "es"'),
        ('lang == "en" OR vip == true', 'lang == "en"'),
    ]:
        assert checked(a_filter(earlier), a_filter(later), default={}) == []


@pytest.mark.feature(265, partly=True)
def test_constant_filters_and_the_default() -> None:
    """A filter that never holds, a default behind one that always does, and no default are found."""
    assert told(checked(a_filter("1 == 2"), default={})) == [
        ("filter-never-matches", "error", "filters[0].expression")
    ]
    assert told(checked(a_filter("1 == 1"), default={})) == [
        ("default-unreachable", "warning", "default_filter")
    ]
    assert checked(a_filter("1 == 1", {"skip_if": "workers.available == 0"}), default={}) == []
    assert told(checked(a_filter("vip == true"))) == [("no-default", "info", "task_routing")]
    assert told(checked(default={"skip_if": "workers.available == 0"})) == [
        ("skip-without-effect", "warning", "default_filter.skip_if")
    ]


@pytest.mark.feature(265, partly=True)
def test_timeouts_that_never_come() -> None:
    """Timeouts add up: the first that lies beyond the longest or the usual life of a task is named."""
    hour, day = {"timeout": 3600}, {"timeout": 86_400}
    beyond = checked(a_filter("a == 1", hour, day, hour), default={})
    never = checked(a_filter("a == 1", hour, {"timeout": 1_209_600}, hour), default={})

    assert told(beyond) == [
        ("timeout-beyond-usual-life", "warning", "filters[0].targets[1].timeout")
    ]
    assert told(never) == [("timeout-unreachable", "error", "filters[0].targets[1].timeout")]
    assert "1213200 s" in never[0].sentence
    # At the same moment the time to live ends first.
    for timeout, code in [
        (86_399, []),
        (86_400, ["timeout-beyond-usual-life"]),
        (1_209_599, ["timeout-beyond-usual-life"]),
        (1_209_600, ["timeout-unreachable"]),
    ]:
        found = checked(a_filter("a == 1", {"timeout": timeout}), default={})
        assert [f.code for f in found] == code


@pytest.mark.feature(265, partly=True)
def test_targets_that_are_never_entered() -> None:
    """A target behind one that nothing leads out of is named; behind one with skip_if it is not."""
    assert told(checked(a_filter("a == 1", {}, {}), default={})) == [
        ("target-unreachable", "error", "filters[0].targets[1]")
    ]
    skipping = {"skip_if": "workers.available == 0"}
    assert checked(a_filter("a == 1", skipping, {}), default={}) == []
    assert told(checked(a_filter("a == 1", {"skip_if": "1==1", "timeout": 5}, {}), default={})) == [
        ("timeout-never-waited", "info", "filters[0].targets[0].timeout")
    ]
    assert told(checked(a_filter("a == 1", {"expression": "1==2"}), default={})) == [
        ("target-never-matches", "error", "filters[0].targets[0].expression")
    ]


@pytest.mark.feature(265, partly=True)
def test_queues() -> None:
    """A queue that does not exist, that nobody matches, or that reads load is named."""
    path = "default_filter.queue"

    def of(queues: dict[str, KnownQueue]) -> list[tuple[str, str, str]]:
        return told(checked(default={}, around=Surroundings(queues=queues)))

    assert of({}) == [("queue-unknown", "error", path)]
    assert of({Q: KnownQueue("All", "1==1", 3)}) == []
    assert of({Q: KnownQueue("All", 'lang == "xx"', None)}) == []
    assert of({Q: KnownQueue("All", 'lang == "xx"', 0)}) == [("queue-nobody", "warning", path)]
    assert of({Q: KnownQueue("All", " ", 0)}) == [("queue-nobody", "warning", path)]
    busy = KnownQueue("All", "worker.channel.chat.assigned_tasks < 2", 3)
    assert of({Q: busy}) == [("scan-load", "info", path)]


@pytest.mark.feature(265, partly=True)
def test_expressions_that_scan() -> None:
    """The expressions that workers are asked one by one for are the only scans, and are named."""
    path = "filters[0].targets[0].expression"
    load = checked(
        a_filter("a == 1", {"expression": "worker.channel.chat.assigned_tasks == 0"}), default={}
    )
    time = checked(
        a_filter("a == 1", {"expression": "taskrouter.currentHour > 8 OR task.age > 60"}),
        default={},
    )

    assert told(load) == [("scan-load", "info", path)]
    assert told(time) == [("scan-time", "info", path)]


@pytest.mark.feature(265, partly=True)
def test_names_that_mean_nothing() -> None:
    """Names without a prefix and unknown counts of workers are null, which is hardly meant."""
    path = "filters[0].targets[0]"
    bare = {"expression": "lang IN worker.langs AND task.a == worker.b", "skip_if": "idle == 0"}
    found = checked(a_filter("a == 1", bare), default={})

    assert told(found) == [
        ("name-without-prefix", "warning", f"{path}.expression"),
        ("name-without-prefix", "warning", f"{path}.skip_if"),
    ]
    assert found[0].sentence.startswith("lang has no prefix")
    known, other = "WA" + "1" * 32, "WA" + "2" * 32
    counts = {"skip_if": f"workers.idle == 0 OR workers.{known} == 0 OR workers.{other} == 0"}
    around = Surroundings(activities=frozenset({known}))
    assert len(checked(a_filter("a == 1", counts), default={}, around=around)) == 2
    assert told(checked(a_filter("a == 1", counts), default={})) == [
        ("count-unknown", "warning", f"{path}.skip_if")
    ]


@pytest.mark.feature(265, partly=True)
def test_known_workers() -> None:
    """A known worker who cannot be meant, or for whom a task would wait for ever, is named."""
    path = "filters[0].targets[0].known_worker_sid"
    around = Surroundings(workers={"sid": frozenset({"WK1"}), "friendly_name": frozenset({"ana"})})
    leave = {"timeout": 5}

    def of(target: dict[str, Any], around: Surroundings = around) -> list[tuple[str, str, str]]:
        return told(checked(a_filter("a == 1", target), default={}, around=around))

    assert of({"known_worker_sid": "task.agent", **leave}) == []
    assert of({"known_worker_sid": "WK1", **leave}) == []
    assert of({"known_worker_friendly_name": "Ana", **leave}) == []
    assert of({"known_worker_sid": "agent.sid", **leave}) == [
        ("known-worker-unknown", "warning", path)
    ]
    assert of({"known_worker_sid": "agent.sid", **leave}, ALONE) == [
        ("known-worker-literal", "info", path)
    ]
    assert of({"known_worker_sid": "task.agent"}) == [("known-worker-for-ever", "warning", path)]


@pytest.mark.feature(265, partly=True)
def test_findings_come_in_the_order_of_the_configuration() -> None:
    """Findings are in the order of filters and targets as numbers, the default filter last."""
    filters = [a_filter(f"a == {n}", {"expression": "1==2"}) for n in range(11)]
    found = checked(*filters, default={"skip_if": "1==1"})

    assert [f.path for f in found] == [
        *(f"task_routing.filters[{n}].targets[0].expression" for n in range(11)),
        "task_routing.default_filter.skip_if",
    ]


@pytest.mark.feature(265, partly=True)
def test_what_a_live_workspace_knows() -> None:
    """In a live workspace, queues are judged by the workers that there are now."""
    story = Story()
    story.answer(
        """
worker alice {"lang": "en"}
queue english 'lang == "en"'
queue german 'lang == "de"'
workflow support
  filter 'lang == "de"'
    target german known_worker_friendly_name=ALICE timeout=5
  default english
"""
    )
    [config] = story.engine.state.configurations.values()
    found = lint(config, surroundings(story.engine.state, config))

    assert told(found) == [("queue-nobody", "warning", "filters[0].targets[0].queue")]
    assert found[0].sentence == 'No worker matches the task queue german now (lang == "de")'


RULES = [
    "a == 1",
    "b == 1",
    "a == 1 AND b == 1",
    "b == 1 AND a == 1",
    "a == 1 OR b == 1",
    "1==1",
    "1==2",
]


@pytest.mark.feature(265, partly=True)
@given(
    st.lists(st.tuples(st.sampled_from(RULES), st.booleans()), min_size=1, max_size=5),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 1)),
)
def test_no_task_comes_where_the_linter_says_none_comes(
    rules: list[tuple[str, bool]], task: dict[str, Any]
) -> None:
    """Whatever a task's attributes are, it never begins in a filter that is called hidden or dead."""
    filters = [a_filter(rule, {"timeout": 5} if leaves else {}) for rule, leaves in rules]
    routing = {"task_routing": {"filters": filters}}
    first = first_filter(parse_configuration(json.dumps(routing)), task, 0)
    hidden = {f.path for f in checked(*filters) if f.code.startswith("filter-")}

    assert f"task_routing.filters[{first}].expression" not in hidden
