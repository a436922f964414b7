"""What is strange about a workflow: filters, steps and deadlines that cannot do what they seem to.

The rule here: a finding is certain of what it says, and what is not known (queues, workers) is not spoken
about. Codes are stable and listed in docs/why.md. A configuration that cannot be read never gets here.
Must not know: tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pointsman.engine.expressions import Expression, Place, compile_expression, conjuncts
from pointsman.engine.expressions.tree import Node
from pointsman.engine.matching import workers_by_activity
from pointsman.engine.records import KnownWorker, Limits, Target
from pointsman.engine.state import State
from pointsman.engine.workflow_config import Filter, WorkflowConfig

USUAL_TASK_S = 86_400
"""The time to live of a task that does not say so."""

ERROR, WARNING, INFO = "error", "warning", "info"
_DEFAULT = "task_routing.default_filter"


class Finding(NamedTuple):
    """One thing found; `path` is its place in the configuration."""

    code: str
    severity: str
    """error: it cannot do what it says; warning: it hardly does what is meant; info: good to know."""
    path: str
    sentence: str


class KnownQueue(NamedTuple):
    """A task queue as far as it is known; `workers` counts those it matches, None is unknown."""

    friendly_name: str
    target_workers: str
    workers: int | None


class Surroundings(NamedTuple):
    """What is known around a workflow; None is unknown."""

    queues: Mapping[str, KnownQueue] | None = None
    activities: frozenset[str] | None = None
    workers: Mapping[str, frozenset[str]] | None = None
    """What workers are called, by "sid" and "friendly_name" (these in lower case)."""
    longest_s: int = Limits().task_timeout_s
    """The longest time to live that a task can have."""


def surroundings(state: State, config: WorkflowConfig) -> Surroundings:
    """What a live workspace knows of what the configuration names."""
    named_sids = {sid for _, sid in config.named_queues()}
    queues = {
        sid: KnownQueue(
            state.task_queues[sid].friendly_name,
            state.task_queues[sid].target_workers,
            workers_by_activity(state, sid).total(),
        )
        for sid in named_sids & state.task_queues.keys()
    }
    named = frozenset(worker.friendly_name.casefold() for worker in state.workers.values())
    workers = {"sid": frozenset(state.workers), "friendly_name": named}
    return Surroundings(queues, frozenset(state.activities), workers)


def lint(config: WorkflowConfig, around: Surroundings) -> list[Finding]:
    """Everything strange, in the order of the configuration."""
    found = list(_filters(config))
    for i, filter_ in enumerate(config.filters):
        found += _reach(filter_, f"task_routing.filters[{i}]", around)
        for j, target in enumerate(filter_.targets):
            path = f"task_routing.filters[{i}].targets[{j}]"
            found += _target(target, path, around)
    if config.default is not None:
        found += _target(config.default, _DEFAULT, around)
        if config.default.skip_if:
            told = "A task in the default_filter waits as long as it lives: skip_if changes nothing"
            found.append(Finding("skip-without-effect", WARNING, f"{_DEFAULT}.skip_if", told))
    return sorted(found, key=lambda finding: _position(finding.path))


def _position(path: str) -> tuple[bool, str]:
    """Numbers are compared as numbers: padded with zeros."""
    pieces = path.replace("[", " ").replace("]", " ").split()
    padded = (piece.zfill(9) if piece.isdigit() else piece for piece in pieces)
    return path.startswith(_DEFAULT), " ".join(padded)


# --- filters -----------------------------------------------------------------------------------


def _filters(config: WorkflowConfig) -> Iterator[Finding]:
    rules = [filter_.takes for filter_ in config.filters]
    for i, rule in enumerate(rules):
        path = f"task_routing.filters[{i}].expression"
        if _constant(rule) is False:
            told = f"The expression {rule.source} never holds: no task comes here"
            yield Finding("filter-never-matches", ERROR, path, told)
    for earlier, later in _hidden_by(rules):
        path = f"task_routing.filters[{later}].expression"
        yield _hidden(config.filters[earlier], earlier, path, rules[earlier])
    always = next((i for i, rule in enumerate(rules) if _constant(rule) is True), None)
    if always is None and config.default is None:
        told = "There is no default_filter: a task that no filter takes is refused when it is made"
        yield Finding("no-default", INFO, "task_routing", told)
    skips = any(target.skip_if for filter_ in config.filters for target in filter_.targets)
    if always is not None and config.default is not None and not skips:
        told = (
            f"task_routing.filters[{always}] takes every task, and no target is ever skipped: the "
            "default_filter is never used (a timeout does not lead there)"
        )
        yield Finding("default-unreachable", WARNING, _DEFAULT, told)


def _hidden_by(rules: list[Expression]) -> Iterator[tuple[int, int]]:
    """Pairs (earlier, later) where the earlier surely takes all that the later takes.

    It does when all its terms are among the later's. Each rule is filed under its rarest term, so that
    few of ten thousand have to be compared.
    """
    terms = [frozenset(conjuncts(rule.tree)) for rule in rules]
    counts = Counter(term for own in terms for term in own)
    filed: dict[Node, list[int]] = {}
    always: int | None = None
    for later, rule in enumerate(rules):
        if _constant(rule) is False:
            continue
        met = sorted(earlier for term in terms[later] for earlier in filed.get(term, ()))
        first = next((earlier for earlier in met if terms[earlier] <= terms[later]), always)
        if first is not None:  # what this one hides, the first hides too
            yield (first if always is None else min(first, always)), later
        elif _constant(rule) is True:
            always = later
        else:
            filed.setdefault(min(terms[later], key=counts.__getitem__), []).append(later)


def _hidden(earlier: Filter, index: int, path: str, rule: Expression) -> Finding:
    is_dead_end = any(t.timeout_s is None and not t.skip_if for t in earlier.targets)
    what = "takes every task" if _constant(rule) is True else "takes every task that this one takes"
    told = f"task_routing.filters[{index}] comes first and {what}"
    if is_dead_end:
        told += ", and nothing leads out of its targets: no task comes here"
        return Finding("filter-unreachable", ERROR, path, told)
    told += ": tasks come here only when they leave its last target"
    return Finding("filter-only-by-fall-through", INFO, path, told)


def _constant(expression: Expression) -> bool | None:
    """What the expression always says; None when that depends on something."""
    return None if expression.references else expression.matches()


# --- steps and deadlines -----------------------------------------------------------------------


def _reach(filter_: Filter, path: str, around: Surroundings) -> Iterator[Finding]:
    """Targets that no task enters, and deadlines that come too late."""
    sum_s = 0
    for j, target in enumerate(filter_.targets):
        here = f"{path}.targets[{j}]"
        following = j + 1 < len(filter_.targets)
        if target.timeout_s is None:
            if following and not target.skip_if:
                told = (
                    f"No task comes here: targets[{j}] before it has no timeout and no skip_if, so "
                    "nothing leads out of it"
                )
                yield Finding("target-unreachable", ERROR, f"{path}.targets[{j + 1}]", told)
                return
            continue
        sum_s += target.timeout_s
        yield from _late(f"{here}.timeout", sum_s, target.timeout_s, around)
        if target.skip_if and _constant(compile_expression(target.skip_if, Place.SKIP_IF)) is True:
            told = (
                "skip_if always holds: no task waits here, so the timeout only adds to the deadlines "
                "of the targets behind it"
            )
            yield Finding("timeout-never-waited", INFO, f"{here}.timeout", told)


def _late(path: str, sum_s: int, own_s: int, around: Surroundings) -> Iterator[Finding]:
    """The first timeout that comes too late: they add up to an age, which the time to live ends."""
    told = f"The timeouts up to here add up to {sum_s} s, and "
    if sum_s - own_s < around.longest_s <= sum_s:
        told += f"no task lives longer than {around.longest_s} s: this one never comes"
        yield Finding("timeout-unreachable", ERROR, path, told)
    elif sum_s - own_s < USUAL_TASK_S <= sum_s:
        told += (
            f"a task lives {USUAL_TASK_S} s unless it is created with a longer Timeout: this one "
            "never comes for the others"
        )
        yield Finding("timeout-beyond-usual-life", WARNING, path, told)


# --- one target --------------------------------------------------------------------------------


def _target(target: Target, path: str, around: Surroundings) -> Iterator[Finding]:
    yield from _queue(target, path, around)
    if target.expression:
        wish = compile_expression(target.expression, Place.TARGET)
        yield from _scans(wish, f"{path}.expression")
        yield from _bare_names(wish, f"{path}.expression", "worker")
        if _constant(wish) is False:
            told = f"The expression {target.expression} never holds: nobody is offered a task here"
            yield Finding("target-never-matches", ERROR, f"{path}.expression", told)
    if target.skip_if:
        skip = compile_expression(target.skip_if, Place.SKIP_IF)
        yield from _bare_names(skip, f"{path}.skip_if", "workers")
        yield from _counts(skip, f"{path}.skip_if", around)
    if target.known_worker is not None:
        yield from _known_worker(target, target.known_worker, path, around)


def _queue(target: Target, path: str, around: Surroundings) -> Iterator[Finding]:
    if around.queues is None:
        return
    queue = around.queues.get(target.queue_sid)
    if queue is None:
        told = f"There is no task queue {target.queue_sid}"
        yield Finding("queue-unknown", ERROR, f"{path}.queue", told)
        return
    text = queue.target_workers.strip()
    name = f"task queue {queue.friendly_name}"
    if not text:
        told = f"The {name} has no expression: nobody serves it"
        yield Finding("queue-nobody", WARNING, f"{path}.queue", told)
        return
    if queue.workers == 0:
        told = f"No worker matches the {name} now ({text})"
        yield Finding("queue-nobody", WARNING, f"{path}.queue", told)
    if compile_expression(text, Place.QUEUE).reads_load:
        told = f"The {name} reads the load of workers ({text}): they are asked one by one"
        yield Finding("scan-load", INFO, f"{path}.queue", told)


def _scans(wish: Expression, path: str) -> Iterator[Finding]:
    if wish.reads_load:
        told = "The expression reads the load of workers: they are asked one by one"
        yield Finding("scan-load", INFO, path, told)
    if wish.reads_time:
        told = "The expression reads the time: workers are asked one by one, again every minute"
        yield Finding("scan-time", INFO, path, told)


def _bare_names(expression: Expression, path: str, prefix: str) -> Iterator[Finding]:
    """Names without a prefix are NULL in a target; read as a filter's they show themselves."""
    as_filter = compile_expression(expression.source, Place.FILTER)
    known = (prefix, "task", "taskrouter")
    bare = {
        str(reference.path[0])
        for reference in as_filter.references
        if reference.root == "task"
        and reference.path not in expression.task_paths
        and not (reference.path[0] in known and isinstance((*reference.path, 0)[1], str))
    }
    for name in sorted(bare):
        told = f"{name} has no prefix, so it is null here; write task.{name} or {prefix}.… instead"
        yield Finding("name-without-prefix", WARNING, path, told)


def _counts(skip: Expression, path: str, around: Surroundings) -> Iterator[Finding]:
    """`workers.*` knows two words and the SIDs of activities."""
    for reference in sorted(skip.references, key=repr):
        if reference.root != "workers" or reference.path in (("available",), ("unavailable",)):
            continue
        name = ".".join(map(str, reference.path))
        if around.activities is None and name.startswith("WA") and len(name) == 34:
            continue
        if around.activities is None or name not in around.activities:
            told = (
                f"workers.{name} counts nothing and is null; there are workers.available, "
                "workers.unavailable and workers.WA… for each activity"
            )
            yield Finding("count-unknown", WARNING, path, told)


def _known_worker(
    target: Target, known: KnownWorker, path: str, around: Surroundings
) -> Iterator[Finding]:
    here = f"{path}.known_worker_{known.by}"
    if known.path is None:
        literal = known.literal or ""
        told = f"{literal} is no path such as task.agent, so it is taken as the worker's {known.by}"
        wanted = literal if known.by == "sid" else literal.casefold()
        if around.workers is None:
            yield Finding("known-worker-literal", INFO, here, told)
        elif wanted not in around.workers[known.by]:
            told += ", and there is no such worker"
            yield Finding("known-worker-unknown", WARNING, here, told)
    if target.timeout_s is None and not target.skip_if:
        told = (
            "A task waits for its known worker alone, as long as it lives: the target has no timeout "
            "and no skip_if"
        )
        yield Finding("known-worker-for-ever", WARNING, here, told)
