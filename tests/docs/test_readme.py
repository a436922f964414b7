"""README.md is true: its commands exist, its Python runs as printed, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import environment, pointsman
from tests.server import ACCOUNT_SID, AUTH_TOKEN, a_server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def code(language: str) -> list[str]:
    """The samples of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.feature(1, 296)
def test_the_python_sample_runs_as_printed(tmp_path: Path) -> None:
    """The sample, pointed at a new server, ends with an accepted and completed task."""
    (sample,) = code("python")
    with a_server(tmp_path) as server:
        printed = subprocess.run(
            [sys.executable, "-c", sample.replace("http://127.0.0.1:8080", server.address)],
            env=environment(ACCOUNT_SID=ACCOUNT_SID, AUTH_TOKEN=AUTH_TOKEN),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert printed.stdout == "carla is asked\nThe task is completed\n", printed.stderr


def test_the_question_is_answered_as_printed(tmp_path: Path) -> None:
    """The command that asks why a worker does not fit prints what the page shows."""
    [(asked, answered)] = re.findall(
        r"^```sh\n(pointsman .*)\n```\n\n```\n(.*?)^```", README, re.MULTILINE | re.DOTALL
    )
    _, *arguments = shlex.split(asked)

    assert pointsman(*arguments, folder=tmp_path).stdout == answered


@pytest.mark.feature(296)
def test_every_make_target_exists() -> None:
    """Each `make …` that the page names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make (\w+)|`make (\w+)`", README, re.MULTILINE))

    assert {one or other for one, other in named} <= targets


def test_every_link_leads_somewhere() -> None:
    """Each file and picture that the page links to is in the project."""
    linked = re.findall(r"\]\(([^)#:]+)\)", README)

    assert [path for path in linked if not (ROOT / path).exists()] == []
