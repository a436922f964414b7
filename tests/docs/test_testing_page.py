"""docs/testing-your-app.md: its samples run against a server that is started as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pointsman import seed
from tests.program import environment, running_server

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "testing-your-app.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.-]+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
VITEST = ROOT / "web" / "node_modules" / "vitest" / "vitest.mjs"
ENTRIES = {
    "workspace": seed.SeedWorkspace,
    "`activities`": seed.SeedActivity,
    "`task_channels`": seed.SeedTaskChannel,
    "`task_queues`": seed.SeedTaskQueue,
    "`workflows`": seed.SeedWorkflow,
    "`workers`": seed.SeedWorker,
    "`workers`, `channels`": seed.SeedWorkerChannel,
}
BEGIN, END = "<!-- fields: begin -->\n", "<!-- fields: end -->\n"


def run_sample(folder: Path, command: list[str], *files: str) -> str:
    """Write the page's files, start the page's server, run the command; what it printed."""
    for file in ("workspace.yaml", *files):
        (folder / file).write_text(FILES[file], encoding="utf-8")
    started = re.search(r"^pointsman serve (.+)$", TEXT, re.MULTILINE)
    assert started is not None
    options = re.sub(r" --data \S+", "", started[1]).split()
    variables = dict(re.findall(r"^export (\w+)=(.+)$", TEXT, re.MULTILINE))
    with running_server(folder, *options, **variables) as server:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment(POINTSMAN_URL=server.address, **variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.feature(300)
def test_the_pytest_sample_runs(tmp_path: Path) -> None:
    """The page's pytest files pass against a server started with the page's command."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

    assert "2 passed" in run_sample(tmp_path, command, "conftest.py", "test_support.py")


@pytest.mark.feature(300)
def test_the_jest_sample_runs(tmp_path: Path) -> None:
    """The page's Jest file passes too, under a runner with Jest's own functions."""
    own = Path(sys.prefix) / "node" / "bin"  # where the build puts one if the system has none
    node = shutil.which("node", path=f"{os.environ['PATH']}{os.pathsep}{own}")
    assert node is not None
    command = [node, str(VITEST), "run", "--globals", "--root", str(tmp_path)]

    assert "2 passed" in run_sample(tmp_path, command, "support.test.js")


def fields() -> str:
    rows = []
    for entry, record in ENTRIES.items():
        names = ", ".join(f"`{name}`" for name in record.__struct_fields__)
        rows.append(f"| {entry} | {names} |\n")
    return "| Entry | Fields |\n|---|---|\n" + "".join(rows)


@pytest.mark.feature(298)
def test_the_page_tells_every_field_of_a_seed(rewrite: bool) -> None:
    """The table of fields is what the records of a seed file say."""
    before, rest = TEXT.split(BEGIN)
    told, after = rest.split(END)
    if rewrite:
        PAGE.write_text(before + BEGIN + fields() + END + after, encoding="utf-8")
        return

    assert told == fields()
