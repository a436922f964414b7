"""Why? Explanations of tasks, expressions tried out, workflows checked: ours, below /pointsman/v1.

Nothing here changes anything, and no compatible resource looks different because of it. Only accounts
and API keys come here: a token's policies reach its own workspace below /v1 (docs/why.md).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from pointsman.api.actions import Act, listed
from pointsman.api.calls import Call, Reply
from pointsman.api.configurations import read_configuration
from pointsman.api.lists import Found, Page, all_of, page_asked
from pointsman.api.params import Params, json_text, one, text
from pointsman.engine.errors import Invalid
from pointsman.engine.explain import Candidates, explain, lint, surroundings
from pointsman.engine.expressions import ExpressionError, Place, compile_expression, judge
from pointsman.engine.names import clock_names
from pointsman.engine.records import Task, TaskStatus, Worker, read_json
from pointsman.engine.state import State
from pointsman.wire import explanations
from pointsman.wire.values import iso

if TYPE_CHECKING:
    from pointsman.store import History, StoredEvent

__all__ = ["EXTRAS"]

_WAITING = (TaskStatus.PENDING, TaskStatus.RESERVED)
_SUBJECTS = ("worker", "task", "workers")


# --- explanations ------------------------------------------------------------------------------


async def explain_task(call: Call) -> Reply:
    """Why a task waits, with a page of the workers; of any other task its history, a page of it."""
    page = page_asked(call.params)
    sid = call.names["task_sid"]

    def question(state: State, now: int) -> Reply | Task | None:
        task = state.tasks.get(sid)
        if task is None or task.assignment_status not in _WAITING:
            return task
        return _explained(task, state, now, page, call)

    found = await call.runtime.read(call.workspace_sid, question)
    return found if isinstance(found, Reply) else await _told(found, page, call)


def _explained(task: Task, state: State, now: int, page: Page, call: Call) -> Reply:
    candidates = Candidates(state, task, now)
    order = candidates.in_order()
    places = {sid: place for place, sid in enumerate(order, 1)}
    source = all_of(Worker, lambda state: state.workers)(state, page.start, page.backwards)
    workers = list(islice(source, page.size + 1))
    workers, more = page.cut(workers[::-1] if page.backwards else workers)
    seen = [candidates.of(worker)._replace(place=places.get(worker.sid)) for worker in workers]
    rows = [explanations.candidate(each, state) for each in seen]
    first = [state.workers[sid] for sid in order[: page.size]]
    told = {
        **explanations.waiting(task, explain(state, task, now), len(order), state),
        "next": [
            explanations.next_worker(worker, place, candidates.ordered_by(worker), state)
            for place, worker in enumerate(first, 1)
        ],
    }
    shown = Found(rows, [worker.sid for worker in workers], [], more)
    return _reply(call, task, told, "workers", shown, page, now)


async def _told(live: Task | None, page: Page, call: Call) -> Reply:
    """The history of a task that is assigned or over, also of one that only the store remembers."""
    workspace_sid, sid = call.workspace_sid, call.names["task_sid"]

    def question(history: History) -> tuple[Task | None, list[StoredEvent]]:
        rows = history.events(
            workspace_sid,
            task_sid=sid,
            after_sid=page.after,
            before_sid=page.before,
            limit=page.size + 1,
        )
        return live or history.task(workspace_sid, sid), rows

    task, rows = await call.runtime.history(question)
    if task is None:
        raise call.missing()
    events, more = page.cut(rows)
    items = [_event(event) for event in events]
    told = {"summary": f"It is {task.assignment_status}{_for(task.reason)}."}
    shown = Found(items, [event.sid for event in events], [], more)
    return _reply(call, task, told, "history", shown, page, call.ambient.now())


def _for(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


def _event(event: StoredEvent) -> dict[str, Any]:
    return {
        "event_sid": event.sid,
        "event_type": event.type,
        "date": iso(event.at),
        "event_date_ms": event.at,
        "sentence": explanations.happened(event.type, event.event_data),
    }


def _reply(
    call: Call, task: Task, told: dict[str, Any], key: str, shown: Found, page: Page, now: int
) -> Reply:
    body = listed(key, shown, page, call, ()).body or {}
    head = {
        "account_sid": call.request.principal.account_sid,
        "workspace_sid": call.workspace_sid,
        "task_sid": task.sid,
        "assignment_status": task.assignment_status.value,
        "asked_date": iso(now),
    }
    url = call.origin + call.request.path.rstrip("/")
    return Reply(200, {**head, **told, **body, "url": url})


# --- expressions -------------------------------------------------------------------------------


async def evaluate(call: Call) -> Reply:
    """What an expression says of the values given, with the terms that fail; or why it is no expression."""
    params = call.params
    source = text("expression", _required(params, "expression"))
    place = _place(params)
    given = {name: _object(params, name) for name in _SUBJECTS}
    told: dict[str, Any] = {"expression": source, "place": place.value}
    try:
        expression = compile_expression(source, place)
    except ExpressionError as problem:
        unread: dict[str, Any] = {"result": None, "failing": [], "values": {}}
        return Reply(200, {**told, **unread, "error": explanations.error(problem)})
    found = judge(expression, **given, taskrouter=clock_names(call.ambient.now()))
    return Reply(200, {**told, **explanations.judgement(found), "error": None})


def _place(params: Params) -> Place:
    value = text("place", _required(params, "place"))
    if value not in set(Place):
        raise Invalid("place", f"place has to be one of {', '.join(Place)}")
    return Place(value)


def _required(params: Params, name: str) -> Any:
    value = one(params, name)
    if value is None:
        raise Invalid(name, f"{name} field is required")
    return value


def _object(params: Params, name: str) -> dict[str, Any]:
    """Attributes as a JSON object or as the text of one; none when absent."""
    value = params.get(name)
    if value is None or value == "":
        return {}
    try:
        read = read_json(json_text(name, value))
    except ValueError as problem:
        raise Invalid(name, f"{name} is not valid JSON: {problem}") from problem
    if not isinstance(read, dict):
        raise Invalid(name, f"{name} has to be a JSON object")
    return read


# --- workflows ---------------------------------------------------------------------------------


async def check_workflow(call: Call) -> Reply:
    """What is strange about a workflow, or about the `configuration` given in place of its own."""
    draft = call.params.get("configuration")
    config = None if draft is None else await read_configuration("configuration", draft, call)
    sid = call.names["workflow_sid"]

    def question(state: State, now: int) -> Reply | None:
        if sid not in state.workflows:
            return None
        checked = config or state.configurations[sid]
        found = lint(checked, surroundings(state, checked))
        body = {
            "account_sid": call.request.principal.account_sid,
            "workspace_sid": call.workspace_sid,
            "workflow_sid": sid,
            "findings": [explanations.finding(each) for each in found],
            "url": call.origin + call.request.path.rstrip("/"),
        }
        return Reply(200, body)

    reply = await call.runtime.read(call.workspace_sid, question)
    if reply is None:
        raise call.missing()
    return reply


_W = "/pointsman/v1/Workspaces/{workspace_sid}"

EXTRAS: tuple[tuple[str, str, Act], ...] = (
    ("GET", _W + "/Tasks/{task_sid}/Explanation", explain_task),
    ("POST", _W + "/Workflows/{workflow_sid}/Check", check_workflow),
    ("POST", "/pointsman/v1/Expressions/Evaluate", evaluate),
)
"""Method, path and what is done; `pointsman.api.operations` finds them."""
