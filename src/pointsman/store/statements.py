"""The SQL of a store, by name: files of statements, each after a line `-- name: …`.

Nothing here executes anything.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["migrations", "named_statements", "split_statements"]

_HERE = Path(__file__).parent
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_COMMENT = re.compile(r"--[^\n]*")


def named_statements(file_name: str) -> dict[str, str]:
    """The statements of one file beside this module, without their comments."""
    text = (_HERE / file_name).read_text(encoding="utf-8")
    _, *pieces = _NAME.split(text)
    names, bodies = pieces[::2], pieces[1::2]
    assert len(set(names)) == len(names), f"{file_name} names a statement twice"
    return dict(zip(names, map(_bare, bodies), strict=True))


def migrations() -> list[tuple[int, list[str]]]:
    """The migrations in order: number, and its statements."""
    files = sorted((_HERE / "migrations").glob("[0-9]*.sql"))
    numbered = [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files]
    assert [number for number, _ in numbered] == list(range(1, len(numbered) + 1))
    return [(number, split_statements(text)) for number, text in numbered]


def split_statements(text: str) -> list[str]:
    """A script's statements; they hold no semicolon inside of a literal."""
    return [piece for piece in map(_bare, _COMMENT.sub("", text).split(";")) if piece]


def _bare(text: str) -> str:
    lines = (line.strip() for line in _COMMENT.sub("", text).splitlines())
    return " ".join(line for line in lines if line).rstrip("; ")
