"""docs/settings.md holds exactly the settings that there are."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pointsman.settings import Settings, variable

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
BEGIN, END = "<!-- settings: begin -->\n", "<!-- settings: end -->\n"


def table() -> str:
    """The table as the settings themselves tell it."""
    lines = ["| Variable | Default | What it is |", "|---|---|---|"]
    for field in dataclasses.fields(Settings):
        default = str(field.default).lower() if field.type == "bool" else str(field.default)
        shown = f"`{default}`" if default else "–"
        lines.append(f"| `{variable(field.name)}` | {shown} | {field.metadata['doc']} |")
    return "\n".join(lines) + "\n"


@pytest.mark.feature(298)
def test_the_page_tells_every_setting(rewrite: bool) -> None:
    """The table of docs/settings.md is what the settings say of themselves."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    told, after = rest.split(END)
    if rewrite:
        PAGE.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
        return

    assert told == table()
