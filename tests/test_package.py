"""What is shipped: the wheel and the sdist, built from this tree."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import pointsman

ROOT = Path(__file__).resolve().parents[1]
STATIC = (
    "console/static/sdk/taskrouter.min.js",
    "console/static/sdk/taskrouter.mjs",
    "console/static/sdk/taskrouter.d.ts",
    "console/static/page/index.html",
)


def built(kind: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    (path,) = folder.iterdir()
    return path


@pytest.mark.feature(238)
def test_the_wheel_serves_the_sdk_and_the_page(tmp_path: Path) -> None:
    """A wheel holds the built web files, the statements of the store, and the command."""
    with zipfile.ZipFile(built("wheel", tmp_path)) as wheel:
        names = set(wheel.namelist())
        (scripts,) = (name for name in names if name.endswith("entry_points.txt"))

        assert {f"pointsman/{name}" for name in STATIC} <= names
        assert "pointsman/store/sqlite.sql" in names
        assert "pointsman/py.typed" in names
        assert b"pointsman = pointsman.cli:main" in wheel.read(scripts)


def test_the_sdist_holds_what_builds_and_tests_it(tmp_path: Path) -> None:
    """A source archive holds source, tests, web sources, built files, and no installed packages."""
    top = f"pointsman-{pointsman.__version__}"
    with tarfile.open(built("sdist", tmp_path)) as archive:
        names = set(archive.getnames())

    assert {f"{top}/src/pointsman/{name}" for name in STATIC} <= names
    for name in (
        "LICENSE",
        "Makefile",
        "hatch_build.py",
        "web/package-lock.json",
        "tests/program.py",
    ):
        assert f"{top}/{name}" in names
    assert not any("node_modules" in name for name in names)
