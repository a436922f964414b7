"""docs/command-line.md holds exactly the commands and options that there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from pointsman.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"
BEGIN, END = "<!-- commands: begin -->\n", "<!-- commands: end -->\n"


def told_by(command: Any, name: str) -> Iterator[str]:
    """The command's part of the page, and its subcommands' parts."""
    children = getattr(command, "commands", None)
    if children is not None:
        for child in children.values():
            yield from told_by(child, f"{name} {child.name}")
        return
    parameters = [one for one in command.params if not getattr(one, "hidden", False)]
    words = [p.metavar or p.name.upper() for p in parameters if p.param_type_name == "argument"]
    yield f"### `{' '.join([name, *words])}`\n\n{(command.help or '').strip()}\n"
    rows = [
        f"| `{parameter.opts[0]}` | {(parameter.help or '').strip()} |"
        for parameter in parameters
        if parameter.param_type_name == "option" and parameter.name != "help"
    ]
    if rows:
        yield "\n".join(["| Option | What it is |", "|---|---|", *rows]) + "\n"


def commands() -> str:
    return "\n".join(told_by(typer.main.get_command(app), "pointsman"))


@pytest.mark.feature(298)
def test_the_page_tells_every_command_and_option(rewrite: bool) -> None:
    """The page of the command line is what the commands say of themselves."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    told, after = rest.split(END)
    if rewrite:
        PAGE.write_text(before + BEGIN + commands() + END + after, encoding="utf-8")
        return

    assert told == commands()
