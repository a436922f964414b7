"""`pointsman check`: workflows and expressions judged on the spot, without a server.

It reads files and changes nothing; task queues and workers are given as the API lists them. Status 0:
sound, or true; 1: something was found, or false; 2: it cannot be read.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from pointsman.ambient import now
from pointsman.cli.ending import refuse
from pointsman.engine.errors import Invalid
from pointsman.engine.explain import KnownQueue, Surroundings, lint
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

app = typer.Typer(help="Judge workflows and expressions without a server.", no_args_is_help=True)

Names = dict[str, Any]


@app.command()
def workflow(
    configuration: Annotated[
        str, typer.Argument(metavar="FILE", help="Its configuration; - is standard input.")
    ],
    queues: Annotated[
        Path | None, typer.Option(help="File with the answer of GET …/TaskQueues.")
    ] = None,
    workers: Annotated[
        Path | None, typer.Option(help="File with the answer of GET …/Workers.")
    ] = None,
) -> None:
    """Tell what is strange about a workflow; status 1 when there is an error or a warning."""
    try:
        config = parse_configuration(_text(configuration))
    except Invalid as problem:
        refuse(problem.message)
    people = None if workers is None else _rows(workers, "workers")
    known = None if queues is None else _queues(_rows(queues, "task_queues"), people)
    found = lint(config, Surroundings(queues=known, workers=_called(people)))
    for finding in found:
        typer.echo(f"{finding.severity}  {finding.path}  {finding.code}\n  {finding.sentence}")
    counts = Counter(finding.severity for finding in found)
    typer.echo(", ".join(f"{word}: {counts[word]}" for word in ("error", "warning", "info")))
    if queues is None or workers is None:
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
) -> None:
    """Tell whether an expression holds, or which terms fail and on what; status 1 when it does not."""
    given = {
        name: _object(text, f"--{name}")
        for name, text in (("worker", worker), ("task", task), ("workers", workers))
    }
    found = judge(_compiled(source, place), **given, taskrouter=clock_names(now()))
    typer.echo(_told(found))
    if not found.holds:
        raise typer.Exit(1)


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
