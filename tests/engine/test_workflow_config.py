"""A workflow's configuration: what is read, and what is refused with which path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pointsman.engine.errors import Invalid
from pointsman.engine.expressions import Place, compile_expression
from pointsman.engine.records import KnownWorker, Target
from pointsman.engine.workflow_config import Filter, parse_configuration

GOOD: dict[str, Any] = {"expression": "1 == 1", "targets": [{"queue": "WQ1"}]}


def routing(**members: Any) -> str:
    return json.dumps({"task_routing": members})


def with_target(**members: Any) -> str:
    return routing(filters=[{**GOOD, "targets": [{"queue": "WQ1", **members}]}])


@pytest.mark.feature(119, 124)
def test_everything_is_read() -> None:
    """Filters, targets and the default filter with all their members; a later target inherits its queue."""
    text = routing(
        filters=[
            {
                "filter_friendly_name": "English",
                "expression": 'lang == "en"',
                "timeout": 5,
                "targets": [
                    {
                        "queue": "WQ1",
                        "expression": "worker.level > task.level",
                        "priority": "10",
                        "timeout": "30",
                        "order_by": "worker.level DESC",
                        "skip_if": "workers.available == 0",
                        "known_worker_sid": "task.agents[0].sid",
                        "colour": "blue",
                    },
                    {"timeout": 60.0},
                ],
            }
        ],
        default_filter={"queue": "WQ2", "timeout": 9},
    )

    config = parse_configuration(text)

    first = Target(
        queue_sid="WQ1",
        expression="worker.level > task.level",
        priority=10,
        timeout_s=30,
        order_by="worker.level DESC",
        skip_if="workers.available == 0",
        known_worker=KnownWorker(by="sid", path=("agents", 0, "sid")),
    )
    second = Target(queue_sid="WQ1", timeout_s=60)
    takes = compile_expression('lang == "en"', Place.FILTER)
    assert config.filters == (Filter("English", takes, (first, second)),)
    assert config.default == Target(queue_sid="WQ2")
    assert list(config.named_queues()) == [
        ("task_routing.filters[0].targets[0].queue", "WQ1"),
        ("task_routing.filters[0].targets[1].queue", "WQ1"),
        ("task_routing.default_filter.queue", "WQ2"),
    ]


@pytest.mark.parametrize(
    "key", ["filter_friendly_name", "friendly_name", "friendlyName", "filterFriendlyName"]
)
def test_the_name_of_a_filter_has_four_spellings(key: str) -> None:
    """A filter's name is found under each key that is in use."""
    config = parse_configuration(routing(filters=[{**GOOD, key: "English"}]))

    assert config.filters[0].name == "English"


def test_what_is_empty_is_absent() -> None:
    """Null and an empty text mean that a member was not given."""
    empty = dict.fromkeys(
        ("expression", "priority", "timeout", "order_by", "skip_if", "known_worker_sid"), ""
    )
    config = parse_configuration(with_target(**empty))

    assert config.filters[0].targets == (Target("WQ1"),)
    assert parse_configuration(routing(filters=None, default_filter=None)).filters == ()


@pytest.mark.feature(130)
def test_a_known_worker_may_be_named_in_the_text() -> None:
    """What is no path below `task.` is the name or SID itself."""
    config = parse_configuration(with_target(known_worker_friendly_name=" alice "))

    wanted = KnownWorker(by="friendly_name", literal="alice")
    assert config.filters[0].targets[0].known_worker == wanted


WRONG = {
    "{": "is wrong: it is not valid JSON",
    "[]": "is wrong: it must be an object",
    "{}": 'is wrong: it must be an object with the key "task_routing"',
    '{"task_routing": []}': "at task_routing: it must be an object",
    routing(filters={}): "at task_routing.filters: it must be an array",
    routing(filters=[1]): "at task_routing.filters[0]: it must be an object",
    routing(filters=[GOOD, {"targets": []}]): "filters[1].expression: a filter needs an expression",
    routing(filters=[{**GOOD, "expression": " "}]): "filters[0].expression: a filter needs",
    routing(filters=[{**GOOD, "expression": "a =="}]): "at task_routing.filters[0].expression: ",
    routing(filters=[{**GOOD, "targets": []}]): "filters[0].targets: a filter needs at least one",
    routing(filters=[{**GOOD, "targets": {}}]): "filters[0].targets: a filter needs at least one",
    routing(filters=[{**GOOD, "targets": [[]]}]): "filters[0].targets[0]: it must be an object",
    routing(filters=[{**GOOD, "targets": [{}]}]): "filters[0].targets[0].queue: it must name",
    with_target(queue=5): "filters[0].targets[0].queue: it must name a task queue",
    with_target(expression=5): "filters[0].targets[0].expression: it must be a text",
    with_target(expression="worker.a ="): "at task_routing.filters[0].targets[0].expression: ",
    with_target(skip_if=5): "filters[0].targets[0].skip_if: it must be a text",
    with_target(skip_if="workers."): "at task_routing.filters[0].targets[0].skip_if: ",
    with_target(order_by=5): "filters[0].targets[0].order_by: it must be a text",
    with_target(order_by="level DESC"): "at task_routing.filters[0].targets[0].order_by: ",
    with_target(known_worker_sid=5): "targets[0].known_worker_sid: it must be a text such as",
    with_target(priority=-1): "targets[0].priority: it must be a whole number from 0 to 2147483647",
    with_target(priority=True): "targets[0].priority: it must be a whole number",
    with_target(priority="many"): "targets[0].priority: it must be a whole number",
    with_target(timeout=0): "targets[0].timeout: it must be a whole number from 1",
    with_target(timeout=1.5): "targets[0].timeout: it must be a whole number",
    with_target(timeout="9" * 5000): "targets[0].timeout: it must be a whole number",
    routing(default_filter=5): "at task_routing.default_filter: it must be an object",
    routing(default_filter={}): "at task_routing.default_filter.queue: it must name",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_wrong_configuration_is_refused_with_its_path(text: str) -> None:
    """The refusal names the parameter, the place and what is wrong there."""
    with pytest.raises(Invalid) as caught:
        parse_configuration(text)

    assert WRONG[text] in caught.value.message
    assert caught.value.parameter == "Configuration"
