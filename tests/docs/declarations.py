"""The reference of the browser SDK, from the declarations that are served with it.

What stands there is what a page's editor shows: every public class, its members with their types, and
the sentences of the sources. Nothing is written by hand here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

HEAD = """# Reference of the browser SDK

Made of the types at `/sdk/taskrouter.d.ts` by `make docs`; [the browser SDK](browser-sdk.md) tells how to
use them. What is followed by `?` may be left out.
"""
_DOC = r"(?:/\*\*(?P<doc>(?:[^*]|\*(?!/))*)\*/\n)?"
_TOP = re.compile(
    "^" + _DOC + r"(?:declare )?(?P<kind>abstract class|class|interface|type|const) (?P<name>\w+)"
    r"(?P<head>[^\n]*?)(?: \{\n(?P<body>.*?)^\};?|;)$",
    re.MULTILINE | re.DOTALL,
)
_MEMBER = re.compile(
    r"^    " + _DOC.replace(r"\*/\n", r"\*/\n    ") + r"(?P<text>\S[^\n]*(?:\n {8}[^\n]*)*?);$",
    re.MULTILINE,
)


class Declared(NamedTuple):
    """A class, interface or type; what is declared twice under one name is one."""

    name: str
    doc: str
    head: str
    members: list[tuple[str, str]]
    """Text and sentence of each."""


def reference(declarations: str) -> str:
    """The page."""
    parts = [_section(each) for each in _declared(declarations)]
    return "\n".join([HEAD, *parts])


def _declared(declarations: str) -> list[Declared]:
    found: dict[str, Declared] = {}
    for match in _TOP.finditer(declarations):
        name = match["name"]
        members = [
            (" ".join(each["text"].split()), _sentence(each["doc"]))
            for each in _MEMBER.finditer(match["body"] or "")
            if each["text"] != "#private"
        ]
        head = f"{match['kind']} {name}{match['head']}"
        before = found.get(name)
        if before is None:
            found[name] = Declared(name, _sentence(match["doc"]), head, members)
        else:
            doc = " ".join(filter(None, (before.doc, _sentence(match["doc"]))))
            found[name] = Declared(name, doc, f"{before.head}\n{head}", [*before.members, *members])
    return list(found.values())


def _section(declared: Declared) -> str:
    lines = [f"## {declared.name}", ""]
    if declared.doc:
        lines += [declared.doc, ""]
    lines += ["```ts", declared.head, "```", ""]
    for text, sentence in declared.members:
        lines.append(f"- `{text}`" + (f"  \n  {sentence}" if sentence else ""))
    if declared.members:
        lines.append("")
    return "\n".join(lines)


def _sentence(doc: str | None) -> str:
    """A comment's text in one line."""
    words = re.sub(r"^\s*\*", "", doc or "", flags=re.MULTILINE).split()
    return " ".join(words).removesuffix("@internal").strip()
