"""docs/quickstart.md: its files are written, its commands run, its page used in a real browser."""

from __future__ import annotations

import queue
import re
import shlex
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hatch_build import node_folder
from tests.program import PATIENCE_S, environment
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "quickstart.md").read_text()
FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
NODE = [line for line in SHELL.splitlines() if line.startswith("node ")]


class Folder:
    """The reader's folder, with the page's files in it and the library installed."""

    def __init__(self, path: Path, server: Server) -> None:
        for name, text in FILES.items():
            (path / name).write_text(text)
        (path / "node_modules").symlink_to(ROOT / "web" / "node_modules")
        self._path = path
        self._node = str(node_folder(path) / "node")
        self._variables = environment(
            POINTSMAN_URL=server.address,
            POINTSMAN_ACCOUNT_SID=ACCOUNT_SID,
            POINTSMAN_AUTH_TOKEN=AUTH_TOKEN,
            PORT="0",
        )

    def start(self, command: str) -> subprocess.Popen[str]:
        """Run one of the page's commands."""
        _, *arguments = shlex.split(command)
        return subprocess.Popen(
            [self._node, *arguments],
            cwd=self._path,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> str:
        """Run one to its end; what it printed."""
        ended = self.start(command)
        printed, _ = ended.communicate(timeout=PATIENCE_S)
        assert ended.returncode == 0, printed
        return printed


@pytest.fixture
def folder(tmp_path: Path, server: Server) -> Folder:
    return Folder(tmp_path, server)


@pytest.fixture
def backend(folder: Folder) -> Iterator[Callable[[], str]]:
    """The running backend: gives the next line that it prints."""
    process = folder.start(NODE[0])
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as printed:
            for line in printed:
                lines.put(line.rstrip())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    yield lambda: lines.get(timeout=PATIENCE_S)
    process.kill()
    process.wait()
    reader.join(PATIENCE_S)


@pytest.mark.feature(301)
def test_the_steps_of_the_quickstart(
    window: Callable[..., Page], folder: Folder, backend: Callable[[], str], server: Server
) -> None:
    """The worker is shown what is offered, accepts and completes it; the urgent one is hers at once."""
    assert [NODE[0], NODE[1].split('"')[0], len(NODE)] == ["node server.mjs", "node task.mjs ", 3]
    page = window()
    page.goto(backend().removeprefix("open "))
    expect(page.get_by_role("status")).to_have_text("alice is Offline")
    page.get_by_role("button", name="I am here").click()
    expect(page.get_by_role("status")).to_have_text("alice is Available")

    assert "waits for somebody" in folder.run(NODE[1])
    assert backend() == 'alice is offered {"subject":"My screen is dark","urgent":false}'
    line = page.get_by_role("listitem")
    expect(line).to_contain_text("My screen is dark")
    line.get_by_role("button", name="Accept").click()
    line.get_by_role("button", name="Done").click()
    expect(line).to_have_count(0)

    folder.run(NODE[2])
    assert backend() == 'alice is offered {"subject":"The house is on fire","urgent":true}'
    expect(line).to_contain_text("The house is on fire")
    expect(line.get_by_role("button")).to_have_text(["Done"])

    [workspace] = server.client().taskrouter.v1.workspaces.list(friendly_name="Quickstart")
    assert [task.assignment_status for task in workspace.tasks.list()] == ["completed", "assigned"]


def test_the_server_is_started_as_the_page_says() -> None:
    """The variables and the target that the page names are those of the server."""
    assert set(re.findall(r"^export (\w+)=", SHELL, re.MULTILINE)) == {
        "POINTSMAN_ACCOUNT_SID",
        "POINTSMAN_AUTH_TOKEN",
        "POINTSMAN_URL",
    }
    assert "make run" in SHELL.splitlines()
    assert re.search(r"^run:", (ROOT / "Makefile").read_text(), re.MULTILINE)
