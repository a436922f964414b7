"""What `pointsman.Worker` brings with it."""

from __future__ import annotations

import subprocess
import sys

from tests.program import environment

ASKED = """
import sys
import pointsman
assert "aiohttp" not in sys.modules
assert pointsman.Worker.__module__ == "pointsman.sdk.worker"
print([name for name in sys.modules if name.startswith("pointsman.")])
"""


def test_the_sdk_brings_no_server_with_it() -> None:
    """`import pointsman` loads nothing; the worker's class loads the SDK and what knows time."""
    run = subprocess.run(
        [sys.executable, "-c", ASKED],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = run.stdout.strip("[]\n").replace("'", "").split(", ")

    assert {name for name in loaded if not name.startswith("pointsman.sdk")} == {
        "pointsman.ambient"
    }
