"""Large workflow configurations are read beside the loop, and only once."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from pointsman.engine import expressions
from pointsman.engine.workflow_config import parse_configuration
from tests.api.builders import Place

T = TypeVar("T")


class Beside:
    """Counts the configurations that are read where the loop is not held up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
        self.read = 0
        runtime = place.server.runtime
        real = runtime._offload_reads

        def counting(question: Callable[[], T], /) -> Awaitable[T]:
            def counted() -> T:
                before = parse_configuration.cache_info().misses
                try:
                    return question()
                finally:
                    self.read += parse_configuration.cache_info().misses - before

            return real(counted)

        monkeypatch.setattr(runtime, "_offload_reads", counting)
        parse_configuration.cache_clear()

    @property
    def read_on_the_loop(self) -> int:
        return parse_configuration.cache_info().misses - self.read


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch, place: Place) -> Beside:
    return Beside(monkeypatch, place)


def many_filters(queue_sid: str, count: int = 500) -> str:
    filters = [
        {"expression": f"number == {number}", "targets": [{"queue": queue_sid}]}
        for number in range(count)
    ]
    return json.dumps({"task_routing": {"filters": filters}})


def test_a_large_configuration_is_read_once_and_beside_the_loop(
    place: Place, beside: Beside
) -> None:
    """Making a workflow of many filters reads its configuration once, and not on the loop."""
    large = many_filters(place.queue_sid)
    made = place.post("/Workflows", FriendlyName="Large", Configuration=large)
    assert made.status == 201
    assert (beside.read, beside.read_on_the_loop) == (1, 0)


def test_a_changed_configuration_is_read_beside_the_loop(place: Place, beside: Beside) -> None:
    """Changing a workflow to many filters reads its configuration beside the loop."""
    large = many_filters(place.queue_sid)
    changed = place.post(f"/Workflows/{place.workflow_sid}", Configuration=large)
    assert changed.status == 200
    assert (beside.read, beside.read_on_the_loop) == (1, 0)


def test_a_large_wrong_configuration_is_refused_as_a_small_one_is(place: Place) -> None:
    """A mistake at the end of many filters is refused with its path."""
    wrong = many_filters(place.queue_sid)[:-3] + ', {"expression": "1 =="}]}}'
    refused = place.post("/Workflows", FriendlyName="Wrong", Configuration=wrong)
    assert (refused.status, refused.json["code"]) == (400, 20001)
    assert "task_routing.filters[500].expression" in refused.json["message"]


def test_tasks_are_filtered_without_compiling_an_expression_again(place: Place) -> None:
    """A task is given to one of many filters by what was compiled when the workflow was made."""
    large = many_filters(place.queue_sid)
    workflow = place.post("/Workflows", FriendlyName="Large", Configuration=large).json["sid"]
    expressions._compiled.cache_clear()
    task = place.a_task(WorkflowSid=workflow, Attributes='{"number": 499}')
    assert place.status(task) == "pending"
    assert expressions._compiled.cache_info().misses == 0
