"""Reads Asterisk's configuration files: sections, `key = value` and `key => value`, `;` for comments.

A section's name may come again, as in pjsip.conf, where the objects of one name differ in their type.
What is no such line is an error, as it is for Asterisk.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_SECTION = re.compile(r"\[([\w-]+)\]")
_LINE = re.compile(r"([\w-]+)\s*=>?\s*(\S.*)")


class Unreadable(Exception):
    """A line that is none; the message says which."""


class Section(NamedTuple):
    """One section: its name, and its lines in order."""

    name: str
    lines: list[tuple[str, str]]

    def get(self, key: str) -> str:
        """The last value of a key, or nothing."""
        return dict(self.lines).get(key, "")


def read(text: str) -> list[Section]:
    """The sections of a file. Raises `Unreadable`."""
    sections: list[Section] = []
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.partition(";")[0].strip()
        if not plain:
            continue
        if section := _SECTION.fullmatch(plain):
            sections.append(Section(section[1], []))
        elif (found := _LINE.fullmatch(plain)) and sections:
            sections[-1].lines.append((found[1], found[2]))
        else:
            raise Unreadable(f"line {number}: {line}")
    return sections


def read_file(path: Path) -> dict[str, Section]:
    """The sections of a file in which each name is there once."""
    sections = read(path.read_text())
    assert len({section.name for section in sections}) == len(sections), path
    return {section.name: section for section in sections}
