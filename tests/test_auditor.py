"""The auditor itself: what it may know, and that it reads its expressions rightly."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from tests.audit_model import Model

HERE = Path(__file__).parent
SHAPES = {"pointsman.engine.commands", "pointsman.engine.events", "pointsman.engine.records"}


def imported(path: Path) -> set[str]:
    """The modules that a file imports."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_the_auditor_never_imports_what_it_judges() -> None:
    """Of the engine it knows the shapes of commands, events and records, and nothing that decides."""
    files = [HERE / "auditor.py", *HERE.glob("audit_*.py")]
    known = set[str]().union(*map(imported, files))

    assert len(files) == 9
    assert {name for name in known if name.startswith("pointsman")} <= SHAPES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, True),
        ("", False),
        ("1==1", True),
        ("1 == 2", False),
        ('worker.team == "a"', True),
        ('worker.skills HAS "en" AND level >= 3', True),
        ('worker.skills HAS "fr"', False),
        ("worker.level > task.level", True),
        ("worker.level < task.level", False),
        ("worker.missing == task.missing", True),
        ("worker.missing >= 1", False),
        ("worker.channel.chat.assigned_tasks <= 0", True),
        ('worker.team != "a"', False),
    ],
)
def test_the_auditor_reads_its_expressions(text: str | None, expected: bool) -> None:
    """Comparisons joined by AND, with names of every kind."""
    worker: dict[str, Any] = {
        "team": "a",
        "skills": ["en"],
        "level": 3,
        "channel": {"chat": {"assigned_tasks": 0}},
    }

    assert Model().holds(text, {**worker, "worker": worker, "task": {"level": 2}}) is expected


def test_the_auditor_says_what_it_cannot_read() -> None:
    """An expression outside its family is no silent answer."""
    with pytest.raises(AssertionError, match="cannot read"):
        Model().holds("a == 1 OR b", {})
