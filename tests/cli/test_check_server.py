"""`pointsman check --server` against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import pytest

from tests.program import pointsman
from tests.server import ACCOUNT, ACCOUNT_SID, AUTH_TOKEN, a_server

KEY = {name: value for name, value in ACCOUNT.items() if "API_KEY" in name or "_SID" in name}
KEY["POINTSMAN_AUTH_TOKEN"] = ACCOUNT["POINTSMAN_AUTH_TOKEN"]
TOKEN = {name: value for name, value in ACCOUNT.items() if "API_KEY" not in name}


class Desk:
    """A server with a workflow that leads to a queue that nobody serves."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.workspace = self.made("/v1/Workspaces", FriendlyName="Desk")
        path = f"/v1/Workspaces/{self.workspace}"
        self.queue = self.made(f"{path}/TaskQueues", FriendlyName="None", TargetWorkers="1==2")
        self.workflow = self.made(
            f"{path}/Workflows", FriendlyName="Flow", Configuration=self.routing([])
        )

    def made(self, path: str, **fields: str) -> str:
        answer = httpx.post(self.address + path, data=fields, auth=(ACCOUNT_SID, AUTH_TOKEN))
        answer.raise_for_status()
        return str(answer.json()["sid"])

    def routing(self, filters: list[Any]) -> str:
        told = {"filters": filters, "default_filter": {"queue": self.queue}}
        return json.dumps({"task_routing": told})

    def check(
        self, *words: str, server: str = "", variables: dict[str, str] = TOKEN
    ) -> CompletedProcess[str]:
        option = f"--server={server or self.address}"
        return pointsman("check", *words, option, folder=self.folder, **variables)

    def options(self) -> tuple[str, str]:
        return f"--workspace={self.workspace}", f"--workflow={self.workflow}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with a_server(folder) as server:
        yield Desk(folder, server.address)


@pytest.mark.feature(265, partly=True)
def test_a_workflow_as_it_is_stored(desk: Desk) -> None:
    """What the server finds of its own workflow is told as of a file, with its queues and workers."""
    run = desk.check("workflow", *desk.options())

    assert (run.returncode, run.stderr) == (1, "")
    place, sentence, counts = run.stdout.splitlines()
    assert place == "warning  task_routing.default_filter.queue  queue-nobody"
    assert "None" in sentence
    assert counts == "error: 0, warning: 1, info: 0"


@pytest.mark.feature(265, partly=True)
def test_a_workflow_as_it_might_be(desk: Desk) -> None:
    """A file is judged in the workflow's place; an API key of the environment will do."""
    takes_all = {"expression": "1==1", "targets": [{"queue": desk.queue}]}
    (desk.folder / "draft.json").write_text(desk.routing([takes_all, takes_all]))
    run = desk.check("workflow", "draft.json", *desk.options(), variables=KEY)

    assert run.returncode == 1
    assert "task_routing.filters[1].expression  filter-unreachable" in run.stdout


@pytest.mark.feature(264, partly=True)
@pytest.mark.parametrize(
    ("source", "status", "told"), [("a > 2", 0, "true"), ("a > 9", 1, "false")]
)
def test_an_expression(desk: Desk, source: str, status: int, told: str) -> None:
    """The server says whether an expression holds, and on what."""
    run = desk.check("expression", source, "--place=queue", '--worker={"a": 5}')

    assert (run.returncode, run.stdout.splitlines()[0]) == (status, told)
    assert "  read   a is 5" in run.stdout


@pytest.mark.parametrize(
    ("words", "server", "variables", "sentence"),
    [
        (("--workspace=WS1", "--workflow=WW1"), "", TOKEN, "refused with status 404"),
        (("--workspace=WS1",), "", TOKEN, "--server needs --workspace and --workflow"),
        (("--workspace=WS1", "--workflow=WW1"), "http://127.0.0.1:1", TOKEN, "cannot be asked"),
        (("--workspace=WS1", "--workflow=WW1"), "router", TOKEN, "'router' is no server"),
        (("--workspace=WS1", "--workflow=WW1"), "", {}, "Set POINTSMAN_ACCOUNT_SID"),
        (
            ("--workspace=WS1", "--workflow=WW1"),
            "",
            {**TOKEN, "POINTSMAN_AUTH_TOKEN": "wrong-token"},
            "refused with status 401",
        ),
        (("--workspace=WS1", "--workflow=WW1", "--queues=q"), "", TOKEN, "do not go with --server"),
    ],
)
def test_what_cannot_be_asked(
    desk: Desk, words: tuple[str, ...], server: str, variables: dict[str, str], sentence: str
) -> None:
    """Whatever is in the way is told in a sentence with status 2, and never the secret."""
    run = desk.check("workflow", *words, server=server, variables=variables)

    assert (run.returncode, run.stdout) == (2, "")
    assert sentence in run.stderr
    assert AUTH_TOKEN not in run.stderr


def test_what_goes_with_a_server_only(desk: Desk) -> None:
    """Without a server, its workspace and workflow mean nothing, and a file is needed."""
    alone = pointsman("check", "workflow", "--workspace=WS1", folder=desk.folder)
    nothing = pointsman("check", "workflow", "--queues=q", folder=desk.folder)

    assert (alone.returncode, nothing.returncode) == (2, 2)
    assert "go with --server" in alone.stderr
    assert "Name the FILE" in nothing.stderr


def test_an_expression_that_the_server_cannot_read(desk: Desk) -> None:
    """The server's own sentence about it ends the command."""
    run = desk.check("expression", "a >", "--place=queue")

    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.strip()
