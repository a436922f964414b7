"""The house rules that ruff cannot hold: sizes, names, docstrings, and what must not be named.

Each rule gives a list of breaches with their places, so that a failure reads like a to-do list.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 50

BANNED_WORDS = frozenset(
    [
        "manager",
        "service",
        "helper",
        "helpers",
        "handler",
        "handlers",
        "processor",
        "util",
        "utils",
        "common",
        "base",
        "data",
        "info",
    ]
)
GIVEN_NAMES = frozenset({"data_received", "connection_made", "event_data"})
"""Names that a library asks for, or that are a word of the wire."""

CREATORS = {"Task": {"tasks.py"}, "Reservation": {"routing.py", "reservations.py"}}
"""Where a record with a life of its own may be made."""

BROAD_EXCEPTS = {
    "listeners.py": 1,
    "runtime.py": 2,
    "webhooks/outbox.py": 1,
    "webhooks/pump.py": 1,
    "writer.py": 3,
}
"""How often what nobody foresaw is caught, by file: the loops that have to go on."""

# Put together here, so that this file does not break its own rule.
FOREIGN_PLACES = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "deb." + "debian.org",
    "../" + "shared",
    "/opt/" + "wheels",
    "/root/" + ".pyenv",
)
UNDONE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b(?!\(#\d+\))")
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or could be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def python_files(*folders: str) -> Iterator[Path]:
    for path in files():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders:
            yield path


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def place(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))


def test_no_file_is_long() -> None:
    """A source or test file has at most 400 lines."""
    suffixes = {".py", ".ts", ".tsx", ".css"}
    counted = {
        place(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in files()
        if path.suffix in suffixes
    }

    assert {name: n for name, n in counted.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_long() -> None:
    """A function has at most 50 lines, its docstring included."""
    breaches = [
        f"{place(path, function.lineno)} {function.name}"
        for path in python_files("src", "tests", "bench")
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno >= MOST_LINES_OF_A_FUNCTION
    ]

    assert breaches == []


def test_a_broad_except_stands_only_where_loops_end() -> None:
    """What nobody foresaw is caught where commits and callbacks are carried out, and told with its trace."""
    found = Counter[str]()
    silent = []
    for path in python_files("src"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and (
                (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
                and ast.unparse(node.body[-1]) != "raise"  # tidied up, and passed on
            ):
                found[str(path.relative_to(ROOT / "src" / "pointsman"))] += 1
                if not ast.unparse(node.body[0]).startswith("log.exception("):
                    silent.append(place(path, node.lineno))

    assert found == BROAD_EXCEPTS
    assert silent == []


def test_names_say_what_they_are() -> None:
    """No module, class or function is called after what everything is."""
    breaches = []
    for path in python_files("src", "tests", "bench"):
        names = [(1, path.stem), *named(path)]
        for line, name in names:
            words = {word.lower() for word in WORDS.findall(name)}
            if words & BANNED_WORDS and name not in GIVEN_NAMES:
                breaches.append(f"{place(path, line)} {name}")

    assert breaches == []


def named(path: Path) -> Iterator[tuple[int, str]]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    for node in ast.walk(parsed(path)):
        if isinstance(node, kinds) and not node.name.startswith("test_"):
            yield node.lineno, node.name


def test_every_module_says_what_it_is() -> None:
    """Every module that holds anything begins with a docstring."""
    breaches = [
        place(path)
        for path in python_files("src", "tests", "bench")
        if parsed(path).body and not ast.get_docstring(parsed(path))
    ]

    assert breaches == []


def test_every_test_says_what_is_true() -> None:
    """Every test has a docstring that is a sentence."""
    breaches = [
        f"{place(path, function.lineno)} {function.name}"
        for path in python_files("tests")
        for function in functions(path)
        if function.name.startswith("test_")
        and not (ast.get_docstring(function) or "").rstrip().endswith(".")
    ]

    assert breaches == []


def test_nothing_names_a_place_that_is_not_ours() -> None:
    """No file names a package host, or a folder of one machine."""
    breaches = []
    for path in files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        breaches += [f"{place(path)} {foreign}" for foreign in FOREIGN_PLACES if foreign in text]

    assert breaches == []


def test_nothing_is_left_for_later_in_a_comment() -> None:
    """What is still to be done is an issue, named in the comment that mentions it."""
    breaches = []
    for path in files():
        if path.suffix in {".py", ".ts", ".tsx", ".sql", ".md", ".toml"}:
            text = path.read_text(encoding="utf-8")
            breaches += [
                place(path, number)
                for number, line in enumerate(text.splitlines(), 1)
                if UNDONE.search(line)
            ]

    assert breaches == []


def test_no_test_is_skipped() -> None:
    """No test is skipped or expected to fail; what cannot pass is not there."""
    unwanted = re.compile(
        r"pytest\.(?:mark\.)?(?:skip|xfail|importorskip)|(?:it|test)\.(?:skip|only)\("
    )
    breaches = [
        place(path)
        for path in files()
        if path.suffix in {".py", ".ts"} and unwanted.search(path.read_text(encoding="utf-8"))
    ]

    assert breaches == []


def test_a_status_moves_only_through_the_lifecycle() -> None:
    """Nobody but `engine/lifecycle.py` replaces a task's or a reservation's status."""
    breaches = [
        place(path, call.lineno)
        for path in python_files("src")
        for call in calls(path, "replace")
        if {"assignment_status", "reservation_status"} & {word.arg for word in call.keywords}
        and path.name != "lifecycle.py"
    ]

    assert breaches == []


def test_records_with_a_life_are_made_in_one_place() -> None:
    """In the engine, a task is made by `tasks` and a reservation by routing alone."""
    breaches = [
        f"{place(path, call.lineno)} {record}"
        for path in python_files("src")
        for record, makers in CREATORS.items()
        for call in calls(path, record)
        if "engine" in path.parts and path.name not in makers
    ]

    assert breaches == []


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Name) and called.id == name) or (
                isinstance(called, ast.Attribute) and called.attr == name
            ):
                yield node
