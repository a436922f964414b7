"""`pointsman check`: workflows and expressions judged on the spot, or by a running server.

It changes nothing. Without a server it reads files, and task queues and workers are given as the API
lists them; with one, its own are looked at. Status 0: sound, or true; 1: something was found, or
false; 2: it cannot be read, or the server cannot be asked.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from pointsman.ambient import now
from pointsman.cli.asking import ask
from pointsman.cli.ending import refuse
from pointsman.engine.errors import Invalid
from pointsman.engine.explain import Finding, KnownQueue, Surroundings, lint
from pointsman.engine.expressions import (
    Expression,
    ExpressionError,
    Judgement,
    Place,
    compile_expression,
    judge,
)
from pointsman.engine.names import clock_names
from pointsman.engine.records import read_json
from pointsman.engine.workflow_config import parse_configuration

__all__ = ["app"]

app = typer.Typer(help="Judge workflows and expressions.", no_args_is_help=True)

Names = dict[str, Any]
Server = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Ask this running server, as the account or API key of the environment.",
        show_default=False,
    ),
]


@app.command()
def workflow(
    configuration: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="Its configuration; - is standard input. With --server it may be left out.",
        ),
    ] = None,
    queues: Annotated[
        Path | None, typer.Option(help="File with the answer of GET …/TaskQueues.")
    ] = None,
    workers: Annotated[
        Path | None, typer.Option(help="File with the answer of GET …/Workers.")
    ] = None,
    server: Server = "",
    workspace: Annotated[
        str, typer.Option(metavar="WS…", help="With --server: the workspace.", show_default=False)
    ] = "",
    workflow: Annotated[
        str,
        typer.Option(
            metavar="WW…",
            help="With --server: the workflow; with a FILE, the one that it would replace.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Tell what is strange about a workflow; status 1 when there is an error or a warning."""
    if server:
        if queues is not None or workers is not None:
            refuse("A server knows its own lists; --queues and --workers do not go with --server.")
        found = _found_there(server, workspace, workflow, configuration)
    elif workspace or workflow:
        refuse("--workspace and --workflow go with --server.")
    elif configuration is None:
        refuse("Name the FILE of a configuration, or a running server with --server.")
    else:
        found = _found_here(configuration, queues, workers)
    for finding in found:
        typer.echo(f"{finding.severity}  {finding.path}  {finding.code}\n  {finding.sentence}")
    counts = Counter(finding.severity for finding in found)
    typer.echo(", ".join(f"{word}: {counts[word]}" for word in ("error", "warning", "info")))
    if not server and (queues is None or workers is None):
        typer.echo("Without --queues and --workers it is not checked who serves the task queues.")
    if counts["error"] or counts["warning"]:
        raise typer.Exit(1)


@app.command()
def expression(
    source: Annotated[str, typer.Argument(metavar="EXPRESSION", help="The expression.")],
    place: Annotated[
        Place, typer.Option(help="queue, workers-list, filter, target, skip-if or tasks-list.")
    ],
    worker: Annotated[str, typer.Option(help="The worker's attributes, JSON.")] = "{}",
    task: Annotated[str, typer.Option(help="The task's attributes, JSON.")] = "{}",
    workers: Annotated[str, typer.Option(help="Counts of workers for skip-if, JSON.")] = "{}",
    server: Server = "",
) -> None:
    """Tell whether an expression holds, or which terms fail and on what; status 1 when it does not."""
    if server:
        found = _judged_there(server, source, place, worker=worker, task=task, workers=workers)
        typer.echo(_told(found))
        if not found.holds:
            raise typer.Exit(1)
        return
    given = {
        name: _object(text, f"--{name}")
        for name, text in (("worker", worker), ("task", task), ("workers", workers))
    }
    found = judge(_compiled(source, place), **given, taskrouter=clock_names(now()))
    typer.echo(_told(found))
    if not found.holds:
        raise typer.Exit(1)


def _judged_there(server: str, source: str, place: Place, **given: str) -> Judgement:
    path = "/pointsman/v1/Expressions/Evaluate"
    told = ask(server, path, expression=source, place=place.value, **given)
    if told["error"] is not None:
        refuse(told["error"]["message"])
    return Judgement(told["result"], tuple(told["failing"]), told["values"])


def _found_there(
    server: str, workspace: str, workflow: str, configuration: str | None
) -> list[Finding]:
    """What the server finds in its workflow, or in a file in its place."""
    if not workspace or not workflow:
        refuse("--server needs --workspace and --workflow.")
    draft = None if configuration is None else _text(configuration)
    path = f"/pointsman/v1/Workspaces/{quote(workspace, '')}/Workflows/{quote(workflow, '')}/Check"
    rows = ask(server, path, configuration=draft)["findings"]
    return [Finding(*(row[name] for name in Finding._fields)) for row in rows]


def _found_here(configuration: str, queues: Path | None, workers: Path | None) -> list[Finding]:
    """What this program finds in a file, with the lists that are given as files."""
    try:
        config = parse_configuration(_text(configuration))
    except Invalid as problem:
        refuse(problem.message)
    people = None if workers is None else _rows(workers, "workers")
    known = None if queues is None else _queues(_rows(queues, "task_queues"), people)
    return list(lint(config, Surroundings(queues=known, workers=_called(people))))


def _told(found: Judgement) -> str:
    lines = ["true" if found.holds else "false"]
    lines += [f"  fails  {term}" for term in found.failing]
    lines += [f"  read   {name} is {_json(value)}" for name, value in found.values.items()]
    return "\n".join(lines)


def _json(value: Any) -> str:
    """A value as JSON writes it."""
    return json.dumps(value, ensure_ascii=False)


def _compiled(source: str, place: Place) -> Expression:
    try:
        return compile_expression(source, place)
    except ExpressionError as problem:
        refuse(f"{problem.caret}\n{problem.message}")


# --- files -------------------------------------------------------------------------------------


def _text(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as problem:
        refuse(f"{name} cannot be read: {problem.strerror}.")
    except UnicodeDecodeError:
        refuse(f"{name} cannot be read: it is not UTF-8.")


def _rows(path: Path, key: str) -> list[Names]:
    """The list of an answer of the API, or a plain list of the same resources."""
    try:
        read = read_json(_text(str(path)))
    except ValueError as problem:
        refuse(f"{path} is not valid JSON: {problem}")
    rows = read.get(key) if isinstance(read, dict) else read
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        refuse(f'{path} has to be an answer of the API, with a list "{key}".')
    if isinstance(read, dict) and (read.get("meta") or {}).get("next_page_url"):
        refuse(f"{path} is only a page of the list; ask for it with a larger PageSize.")
    return rows


def _object(text: str, name: str) -> Names:
    try:
        read = read_json(text)
    except ValueError as problem:
        refuse(f"{name} is not valid JSON: {problem}")
    if not isinstance(read, dict):
        refuse(f"{name} has to be a JSON object.")
    return read


def _names(row: Names) -> Names:
    """What expressions see of a worker: his attributes over his own fields."""
    attributes = row.get("attributes") or {}
    if isinstance(attributes, str):
        attributes = _object(attributes, f"The attributes of the worker {row.get('sid')}")
    own = ("sid", "friendly_name", "activity_sid", "activity_name")
    return {**{name: row.get(name) for name in own}, **attributes}


def _queues(rows: list[Names], people: list[Names] | None) -> dict[str, KnownQueue]:
    names = None if people is None else [_names(row) for row in people]
    queues = {}
    for row in rows:
        rule = str(row.get("target_workers") or "")
        sid, name = str(row.get("sid")), str(row.get("friendly_name") or row.get("sid"))
        queues[sid] = KnownQueue(name, rule, _matching(rule, names))
    return queues


def _matching(rule: str, people: list[Names] | None) -> int | None:
    """How many workers match; unknown without workers, and where their load decides."""
    if people is None or not rule.strip():
        return None
    compiled = _compiled(rule.strip(), Place.QUEUE)
    return None if compiled.reads_load else sum(compiled.matches(names) for names in people)


def _called(people: list[Names] | None) -> dict[str, frozenset[str]] | None:
    if people is None:
        return None
    return {
        "sid": frozenset(str(row.get("sid")) for row in people),
        "friendly_name": frozenset(str(row.get("friendly_name")).casefold() for row in people),
    }
