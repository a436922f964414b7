"""A workflow's configuration: JSON text → frozen filters and targets, or a refusal with the path inside.

Rule: a configuration that parses here can be evaluated without a further check, except that the queues
it names must exist, which is the caller's to look up (`named_queues`). Numbers may be written as
strings; unknown keys are ignored; the text itself is kept elsewhere, unchanged (docs/workflows.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pointsman.engine.errors import Invalid
from pointsman.engine.expressions import (
    Expression,
    ExpressionError,
    Place,
    compile_expression,
    parse_order_by,
)
from pointsman.engine.records import KnownWorker, Target, read_json

DEFAULT_FILTER = -1
"""The filter index of the default filter."""

MAX_PRIORITY = 2**31 - 1
READ_LATELY = 16
_NAMES = ("filter_friendly_name", "friendly_name", "friendlyName", "filterFriendlyName")
_TASK_PATH = re.compile(r"task((?:\.[A-Za-z_$][\w$]*|\[\d+\])+)$")
_STEP = re.compile(r"\.([A-Za-z_$][\w$]*)|\[(\d+)\]")


class Filter(NamedTuple):
    """One filter: which tasks it takes, and its steps."""

    name: str | None
    takes: Expression
    targets: tuple[Target, ...]

    @property
    def expression(self) -> str:
        """The expression as it was written."""
        return self.takes.source


class WorkflowConfig(NamedTuple):
    """A parsed configuration; the default filter has one target without a deadline."""

    filters: tuple[Filter, ...]
    default: Target | None

    def named_queues(self) -> Iterator[tuple[str, str]]:
        """Every queue that is named, with the path of the target that names it."""
        for i, filter_ in enumerate(self.filters):
            for j, target in enumerate(filter_.targets):
                yield f"task_routing.filters[{i}].targets[{j}].queue", target.queue_sid
        if self.default is not None:
            yield "task_routing.default_filter.queue", self.default.queue_sid


@lru_cache(maxsize=READ_LATELY)
def parse_configuration(text: str) -> WorkflowConfig:
    """The filters and targets in `text`; refused with the path of the first thing that is wrong.

    A megabyte of filters takes seconds, so what was read lately is not read again: the check of a
    command and the index behind it share one reading, which may have been made beside the loop.
    """
    try:
        document = read_json(text)
    except ValueError as problem:
        raise _wrong("", f"it is not valid JSON: {problem}") from problem
    routing = _member(document, "", "task_routing")
    if routing is None:
        raise _wrong("", 'it must be an object with the key "task_routing"')
    if not isinstance(routing, dict):
        raise _wrong("task_routing", "it must be an object")
    filters = routing.get("filters")
    if filters is None:
        filters = []
    if not isinstance(filters, list):
        raise _wrong("task_routing.filters", "it must be an array")
    default = routing.get("default_filter")
    return WorkflowConfig(
        tuple(_filter(item, f"task_routing.filters[{i}]") for i, item in enumerate(filters)),
        None if default is None else _default(default, "task_routing.default_filter"),
    )


def _filter(item: Any, path: str) -> Filter:
    if not isinstance(item, dict):
        raise _wrong(path, "it must be an object")
    expression = item.get("expression")
    if not isinstance(expression, str) or not expression.strip():
        raise _wrong(f"{path}.expression", "a filter needs an expression")
    takes = _compiled(expression, Place.FILTER, f"{path}.expression")
    items = item.get("targets")
    if not isinstance(items, list) or not items:
        raise _wrong(f"{path}.targets", "a filter needs at least one target")
    targets: list[Target] = []
    for i, target in enumerate(items):
        inherited = targets[-1].queue_sid if targets else None
        targets.append(_target(target, f"{path}.targets[{i}]", inherited))
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
    return Filter(name, takes, tuple(targets))


def _default(item: Any, path: str) -> Target:
    target = _target(item, path, None)
    return Target(
        queue_sid=target.queue_sid,
        expression=target.expression,
        priority=target.priority,
        order_by=target.order_by,
        skip_if=target.skip_if,
        known_worker=target.known_worker,
    )


def _target(item: Any, path: str, inherited: str | None) -> Target:
    if not isinstance(item, dict):
        raise _wrong(path, "it must be an object")
    queue = item.get("queue", inherited)
    if not isinstance(queue, str) or not queue:
        raise _wrong(f"{path}.queue", "it must name a task queue; later targets may inherit it")
    return Target(
        queue_sid=queue,
        expression=_expression(item, "expression", Place.TARGET, path),
        priority=_number(item, "priority", path, 0, MAX_PRIORITY),
        timeout_s=_number(item, "timeout", path, 1, MAX_PRIORITY),
        order_by=_order_by(item, path),
        skip_if=_expression(item, "skip_if", Place.SKIP_IF, path),
        known_worker=_known_worker(item, path),
    )


def _expression(item: dict[str, Any], key: str, place: Place, path: str) -> str | None:
    text = item.get(key)
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise _wrong(f"{path}.{key}", "it must be a text")
    _compiled(text, place, f"{path}.{key}")
    return text


def _compiled(text: str, place: Place, path: str) -> Expression:
    try:
        return compile_expression(text, place)
    except ExpressionError as problem:
        raise _wrong(path, f"{problem}\n{problem.caret}") from problem


def _order_by(item: dict[str, Any], path: str) -> str | None:
    text = item.get("order_by")
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise _wrong(f"{path}.order_by", "it must be a text")
    try:
        parse_order_by(text)
    except ExpressionError as problem:
        raise _wrong(f"{path}.order_by", f"{problem}\n{problem.caret}") from problem
    return text


def _known_worker(item: dict[str, Any], path: str) -> KnownWorker | None:
    for key, by in (("known_worker_sid", "sid"), ("known_worker_friendly_name", "friendly_name")):
        text = item.get(key)
        if text is None or text == "":
            continue
        if not isinstance(text, str):
            raise _wrong(f"{path}.{key}", "it must be a text such as task.agent_sid")
        match = _TASK_PATH.match(text.strip())
        if match is None:
            return KnownWorker(by=by, literal=text.strip())
        steps = _STEP.findall(match[1])
        return KnownWorker(by=by, path=tuple(name or int(index) for name, index in steps))
    return None


def _number(item: dict[str, Any], key: str, path: str, low: int, high: int) -> int | None:
    value = item.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value) if len(value) < 20 else high + 1
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(f"{path}.{key}", f"it must be a whole number from {low} to {high}")
    return value


def _member(document: Any, path: str, key: str) -> Any:
    if not isinstance(document, dict):
        raise _wrong(path, "it must be an object")
    return document.get(key)


def _wrong(path: str, sentence: str) -> Invalid:
    where = f" at {path}" if path else ""
    return Invalid(
        "Configuration", f"The Configuration of the workflow is wrong{where}: {sentence}"
    )
