"""What the original offers (`docs/original.yaml`), and how Pointsman's own tables stand to it.

An item is *absent* if no table here has it, *differs* if a remark in the sources says so of it, else it is
the *same*. A remark names what it is about: `Differs from Twilio (EventCallbackUrl): …` for a parameter
wherever it appears, `(GET Priority)` for one among the filters, `(GET /v1/Workspaces/*/Events)` for an
operation, `(task.created)` for an event, `(Worker.error)` for a member of the browser SDK.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pointsman.api.catalogue import INSTRUCTIONS
from pointsman.engine.events import EventType
from pointsman.rest.openapi import document
from pointsman.wire.field_groups import FIELD_GROUPS, GROUPS

ROOT = Path(__file__).parents[2]
ORIGINAL: Mapping[str, Any] = yaml.safe_load((ROOT / "docs" / "original.yaml").read_text())
ENGINE = ROOT / "src" / "pointsman" / "engine"
TYPES = ROOT / "src" / "pointsman" / "console" / "static" / "sdk" / "taskrouter"
TSC = ROOT / "web" / "node_modules" / ".bin" / "tsc"
REMARK = re.compile(r"^\W*Differs from Twilio(?: \(([^)]*)\))?:\s*(.*)$")


class Remark(NamedTuple):
    """One deviation, as the source says it."""

    sentence: str
    path: str
    subjects: tuple[str, ...]


class Item(NamedTuple):
    """One thing that the original offers: what it is here, and what there is to say of it."""

    name: str
    verdict: str
    note: str = ""


def remarks() -> list[Remark]:
    """Each `Differs from Twilio` of the sources, with the lines that continue its sentence."""
    found = []
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "web").glob("*/src/**/*.ts")]
    for path in sorted(files):
        lines = path.read_text().splitlines()
        for i, line in enumerate(lines):
            match = REMARK.match(line)
            if match:
                sentence = match[2].rstrip()
                for following in lines[i + 1 :]:
                    if sentence.endswith((".", '"""')):
                        break
                    sentence = f"{sentence} {following.strip(' #*')}".strip()
                subjects = tuple(each.strip() for each in (match[1] or "").split(",") if each)
                found.append(Remark(sentence.rstrip('. "'), str(path.relative_to(ROOT)), subjects))
    return found


def subjects() -> set[str]:
    """Everything that a remark is about."""
    return {subject for remark in remarks() for subject in remark.subjects}


def words(text: str | None) -> list[str]:
    return (text or "").split()


# --- operations --------------------------------------------------------------------------------


def ours() -> dict[tuple[str, str], set[str]]:
    """The operations that the server offers, each with its parameters."""
    found = {}
    for path, methods in document("")["paths"].items():
        for method, told in methods.items():
            names = {each["name"] for each in told.get("parameters", []) if each["in"] != "path"}
            for content in told.get("requestBody", {}).get("content", {}).values():
                names |= set(content["schema"]["properties"])
            found[re.sub(r"\{\w+\}", "*", path), method.upper()] = names
    return found


def operations() -> list[tuple[Item, list[Item]]]:
    """Every operation of the original, with its parameters."""
    offered, differing = ours(), subjects()
    found = []
    for path, methods in ORIGINAL["operations"].items():
        for method, names in methods.items():
            has = offered.get((path, method))
            parameters = [
                Item(name, _parameter(method, name, has, differing)) for name in words(names)
            ]
            name = f"{method} {path}"
            verdict = "absent" if has is None else "differs" if name in differing else "same"
            found.append((Item(name, verdict), parameters))
    return found


def _parameter(method: str, name: str, offered: set[str] | None, differing: set[str]) -> str:
    if offered is None or name not in offered:
        return "absent"
    return "differs" if differing & {name, f"{method} {name}"} else "same"


# --- events ------------------------------------------------------------------------------------


def raised() -> set[str]:
    """The events that some command function of the engine raises."""
    text = "".join(path.read_text() for path in ENGINE.rglob("*.py") if path.name != "events.py")
    return {kind for kind in EventType if re.search(rf"EventType\.{kind.name}\b", text)}


def events() -> list[Item]:
    """Every event type of the original."""
    here, differing = raised(), subjects()
    found = []
    for entry in ORIGINAL["events"]:
        fields = {f for group in entry["groups"] for f in words(ORIGINAL["fields"][group])}
        for kind in words(entry["types"]):
            if kind not in here:
                found.append(Item(kind, "absent", "not raised"))
                continue
            groups = [GROUPS[name] for name in FIELD_GROUPS[EventType(kind)]]
            told = {field for group in groups for field in (*group.fields, *group.optional)}
            missing = ", ".join(f"`{field}`" for field in sorted(fields - told))
            differs = missing or kind in differing
            note = f"without {missing}" if missing else ""
            found.append(Item(kind, "differs" if differs else "same", note))
    return found


# --- the browser SDK ---------------------------------------------------------------------------


def members() -> list[tuple[str, str]]:
    """Class and member, as they stand in the table: arguments, methods, events."""
    return [
        (name, member)
        for name, parts in ORIGINAL["sdk"].items()
        for member in (
            *(f"argument {each}" for each in words(parts.get("arguments"))),
            *(f"{each}()" for each in words(parts["methods"])),
            *(f"event {each}" for each in words(parts.get("events"))),
        )
    ]


def sdk(folder: Path) -> list[Item]:
    """Every argument, method and event of the original's SDK, as the type checker finds them in ours."""
    lines, asked = list(_probe())
    script = folder / "probe.ts"
    script.write_text("\n".join(lines))
    options = ["--noEmit", "--target", "esnext", "--module", "esnext", "--skipLibCheck"]
    ran = subprocess.run(
        [str(TSC), *options, "--moduleResolution", "bundler", "--strict", "false", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    wrong = {int(number) for number in re.findall(r"probe\.ts\((\d+),", ran.stdout)}
    assert ran.returncode == 0 or wrong, ran.stdout + ran.stderr
    differing = subjects()
    found = []
    for number, owner, member in asked:
        absent = bool(wrong & {number, _declared_at(lines, owner)})
        differs = f"{owner}.{member}" in differing
        found.append(
            Item(f"{owner} {member}", "absent" if absent else "differs" if differs else "same")
        )
    return found


def _declared_at(lines: list[str], owner: str) -> int:
    return next(n for n, line in enumerate(lines, 1) if line.startswith(f"declare const a{owner}:"))


def _probe() -> Iterator[Any]:
    """A program that uses everything, one thing in a line; and which line asks for what."""
    lines = [f'import TaskRouter, {{ type Reservation }} from "{TYPES}";']
    for name in ORIGINAL["sdk"]:
        kind = "Reservation" if name == "Reservation" else f"InstanceType<typeof TaskRouter.{name}>"
        lines.append(f"declare const a{name}: {kind};")
    asked = []
    place: dict[str, int] = {}
    for owner, member in members():
        if member.startswith("argument "):
            index = place[owner] = place.get(owner, -1) + 1
            lines.append(
                f"export type {owner}{index} = "
                f"ConstructorParameters<typeof TaskRouter.{owner}>[{index}];"
            )
        elif member.startswith("event "):
            lines.append(f'a{owner}.on("{member.removeprefix("event ")}", () => {{}});')
        else:
            lines.append(f"a{owner}.{member.removesuffix('()')};")
        asked.append((len(lines), owner, member))
    yield lines
    yield asked


# --- instructions ------------------------------------------------------------------------------


def instructions() -> list[tuple[Item, list[Item]]]:
    """Every telephony instruction, with its parameters; all absent while nothing can place a call."""
    differing = subjects()
    voice = "pointsman.voice" in (ROOT / "src" / "pointsman" / "app.py").read_text()
    found = []
    for kind, names in ORIGINAL["instructions"].items():
        known = set(INSTRUCTIONS.get(kind, ())) if voice else set()
        parameters = [
            Item(each, _parameter("POST", each, known, differing)) for each in words(names)
        ]
        verdict = ("differs" if kind in differing else "same") if voice else "absent"
        found.append((Item(kind, verdict), parameters))
    return found
