"""docs/why.md tells every code, severity and path that there is, and its example is a real answer."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from pointsman.api.extras import EXTRAS
from pointsman.engine import explain
from tests.inside import a_server_inside

PAGE = Path(__file__).resolve().parents[2] / "docs" / "why.md"
SOURCES = Path(explain.__file__).parent


def made(*names: str) -> set[tuple[str, str]]:
    """The code, and for findings the severity, of every call of these names in the sources."""
    found = set()
    for path in SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in names and isinstance(node.args[0], ast.Constant):
                    severity = node.args[1] if name == "Finding" else None
                    word = severity.id.lower() if isinstance(severity, ast.Name) else ""
                    found.add((str(node.args[0].value), word))
    return found


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the page."""
    part = PAGE.read_text(encoding="utf-8").split(f" {heading}\n")[1].split("\n#")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.feature(265, partly=True)
def test_every_finding() -> None:
    """The page lists the findings that the linter can make, with their severities."""
    told = {(row[0].strip("`"), row[1]) for row in rows("Check a workflow")}

    assert told == made("Finding")


@pytest.mark.feature(262, partly=True)
def test_every_obstacle_and_end() -> None:
    """The page lists what can speak against a worker, and what can end a wait."""
    obstacles = {row[0].strip("`") for row in rows("What speaks against a worker")}
    ends = {code for row in rows("What ends the wait") for code in re.findall(r"`(.+?)`", row[0])}

    assert obstacles == {code for code, _ in made("Obstacle", "_refusal")}
    assert ends == {code for code, _ in made("End")}


def test_every_path() -> None:
    """The page names each path of these questions with its method."""
    text = PAGE.read_text(encoding="utf-8")
    for method, path, _ in EXTRAS:
        camel = re.sub(r"\{(\w+)\}", lambda m: "{" + m[1].title().replace("_", "") + "}", path)
        assert f"`{method} {camel}`" in text


@pytest.mark.feature(264, partly=True)
def test_the_example(tmp_path: Path) -> None:
    """The request of the page is answered as the page says."""
    text = PAGE.read_text(encoding="utf-8").split("## Try an expression")[1]
    asked, answered = (
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    )
    with a_server_inside(tmp_path) as server:
        answer = server.send(
            "POST",
            "/pointsman/v1/Expressions/Evaluate",
            body=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json"},
        )

    assert answer.json == answered
