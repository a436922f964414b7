"""docs/python-sdk.md: its programs run, and its reference is what the SDK says of itself."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from pointsman import sdk
from pointsman.sdk import Worker
from pointsman.sdk import errors as errors_module
from pointsman.sdk import ledger as ledger_module
from pointsman.sdk import work as work_module
from pointsman.sdk import worker as worker_module
from tests.browser.place import Place
from tests.program import environment
from tests.sdk import examples
from tests.sdk.hearing import PATIENCE_S, next_offer
from tests.server import ACCOUNT_SID, AUTH_TOKEN, a_server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python-sdk.md"
BEGIN, END = "<!-- reference: generated -->\n", "<!-- reference: end -->\n"
DESCRIBED = (
    (worker_module, "Worker"),
    (work_module, "Reservation"),
    (work_module, "Task"),
    (ledger_module, "Event"),
    *((errors_module, name) for name in errors_module.__all__),
)
EXAMPLES = {
    name: example
    for name, example in vars(examples).items()
    if inspect.iscoroutinefunction(example)
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def class_of(module: ModuleType, name: str) -> ast.ClassDef:
    tree = ast.parse(inspect.getsource(module))
    return next(each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)


def methods(described: ast.ClassDef) -> list[Function]:
    """The public ones, properties included."""
    found = [each for each in described.body if isinstance(each, Function)]
    return [each for each in found if not each.name.startswith("_")]


def is_property(method: Function) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id == "property" for each in method.decorator_list
    )


def fields(described: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Each field that has a text behind it, and the text."""
    made = [
        each for each in described.body if isinstance(each, Function) and each.name == "__init__"
    ]
    for body in (described.body, *(each.body for each in made)):
        for assigned, text in pairwise(body):
            if not isinstance(text, ast.Expr) or not isinstance(text.value, ast.Constant):
                continue
            if isinstance(assigned, ast.Assign | ast.AnnAssign):
                target = (
                    assigned.target if isinstance(assigned, ast.AnnAssign) else assigned.targets[0]
                )
                name = target.attr if isinstance(target, ast.Attribute) else ast.unparse(target)
                if not name.startswith("_"):
                    yield name, inspect.cleandoc(str(text.value.value))


def signature(method: Function, name: str) -> str:
    arguments = method.args
    arguments.posonlyargs = []
    arguments.args = [each for each in arguments.args if each.arg != "self"]
    returned = "" if method.returns is None else f" -> {ast.unparse(method.returns)}"
    is_iterator = returned.startswith(" -> AsyncIterator")
    awaited = "await " if isinstance(method, ast.AsyncFunctionDef) and not is_iterator else ""
    return f"{awaited}{name}({ast.unparse(arguments)}){'' if returned == ' -> None' else returned}"


def example_of(class_name: str, method: str) -> str:
    source = inspect.getsource(EXAMPLES[f"{class_name.lower()}_{method}"])
    return inspect.cleandoc("\n" + source.partition("\n")[2]).strip()


def told_by(module: ModuleType, name: str) -> str:
    """One class's part of the reference."""
    described = class_of(module, name)
    bases = [ast.unparse(each) for each in described.bases if ast.unparse(each) != "Exception"]
    parts = [f"### `{name}`" + (f" ({', '.join(f'`{each}`' for each in bases)})" if bases else "")]
    parts.append(ast.get_docstring(described) or "")
    if name == "Worker":
        made = next(
            each
            for each in described.body
            if isinstance(each, Function) and each.name == "__init__"
        )
        made.returns = None
        parts.append(f"```python\n{signature(made, name)}\n```")
    rows = [*fields(described)]
    public = methods(described)
    rows += [(each.name, ast.get_docstring(each) or "") for each in public if is_property(each)]
    if rows:
        table = ["| | |", "|---|---|"]
        table += [f"| `{field}` | {' '.join(text.split())} |" for field, text in rows]
        parts.append("\n".join(table))
    for method in public:
        if not is_property(method):
            parts.append(f"#### `{signature(method, method.name)}`")
            parts.append(ast.get_docstring(method) or "")
            parts.append(f"```python\n{example_of(name, method.name)}\n```")
    return "\n\n".join(parts) + "\n"


def test_the_reference_is_what_the_sdk_says_of_itself(rewrite: bool) -> None:
    """Each public class, method and field is on the page with its text, and each method's example."""
    assert {name for _, name in DESCRIBED} == set(sdk.__all__)
    reference = "\n".join(told_by(module, name) for module, name in DESCRIBED)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    told, after = rest.split(END)
    if rewrite:
        PAGE.write_text(before + BEGIN + reference + END + after, encoding="utf-8")
        return

    assert told == reference


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A workspace whose only worker is made anew by each test."""
    with a_server(tmp_path_factory.mktemp("data")) as server:
        yield Place(server)


@pytest.fixture
def token(place: Place) -> Iterator[str]:
    """The token of a worker of this test's own, who is available; nobody else is."""
    place.workspace.workers(place.alice).update(activity_sid=place.activities["Offline"])
    place.alice = place.worker(f"alice {len(place.workspace.workers.list())}")
    yield place.token()
    for task in place.workspace.tasks.list():
        task.delete()


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_methods_example_runs(name: str, place: Place, token: str) -> None:
    """The example that the page shows does what it says."""
    example = EXAMPLES[name]

    async def story() -> None:
        async with Worker(place.address, token) as worker:
            place.task()
            given = {"worker": worker, "other_token": place.token(ttl=1800)}
            if "reservation" in inspect.signature(example).parameters:
                given["reservation"] = await next_offer(worker)
            wanted = inspect.signature(example).parameters
            async with asyncio.timeout(PATIENCE_S):
                await example(**{each: given[each] for each in wanted})

    asyncio.run(story())


def programs() -> list[str]:
    """The page's own programs, in order."""
    before, _ = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return re.findall(r"```python\n(.*?)```", before, re.DOTALL)


@pytest.mark.feature(258)
def test_the_first_program_is_short_and_serves_tasks(place: Place, token: str) -> None:
    """The page's first program, run as it stands, answers two tasks one after the other."""
    assert len([line for line in programs()[0].splitlines() if line.strip()]) <= 20
    with subprocess.Popen(
        [sys.executable, "-c", programs()[0]],
        env=environment(SERVER=place.address, TOKEN=token),
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        try:
            for name in ("Ada", "Grace"):
                sid = place.task(attributes=f'{{"name": "{name}"}}')
                assert program.stdout.readline() == f"{sid} Hello, {name}!\n"
        finally:
            program.kill()
    done = place.workspace.tasks.list(assignment_status="completed")
    answers = {json.loads(str(each.attributes)).get("answer") for each in done}
    assert {"Hello, Ada!", "Hello, Grace!"} <= answers


def test_the_other_programs_run(place: Place, token: str) -> None:
    """A token from the page's function is a worker's; the program for several tasks completes them."""
    variables = {
        "SERVER": place.address,
        "ACCOUNT_SID": ACCOUNT_SID,
        "AUTH_TOKEN": AUTH_TOKEN,
        "WORKSPACE_SID": place.workspace_sid,
        "WORKER_SID": place.alice,
        "TOKEN": token,
    }
    of_tokens, of_several, of_tls = programs()[1:]
    shown = f"{of_tokens}\nfrom pointsman.sdk.token import read_token\nprint(read_token(token()))"
    printed = subprocess.run(
        [sys.executable, "-c", shown],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=True,
    )
    assert place.alice in printed.stdout
    compile(of_tls, "the page", "exec")
    with subprocess.Popen(
        [sys.executable, "-c", of_several], env=environment(**variables)
    ) as program:
        try:
            made = {place.task() for _ in range(3)}
            done: set[str] = set()
            while done != made:
                listed = place.workspace.tasks.list(assignment_status="completed")
                done = {str(each.sid) for each in listed} & made
                assert program.poll() is None
        finally:
            program.kill()
