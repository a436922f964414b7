"""The stock client `twilio-taskrouter`, unmodified, in Node and bundled in real Chromium.

Both run `inside.js` beside it; a test drives either through the same few calls. A refusal of the
client reaches the test as `ClientError` with its message.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Page

from tests.program import environment

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
_names = count(1)


class ClientError(Exception):
    """What the client rejected with."""


class Client(Protocol):
    """One program or page with the stock client."""

    def call(self, verb: str, told: dict[str, Any]) -> Any: ...


class Kept:
    """One object of the stock client: a Worker, a Supervisor or a Workspace."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._name = f"it{next(_names)}"

    def call(self, verb: str, **told: Any) -> Any:
        return self._client.call(verb, {"name": self._name, **told})

    def value(self, code: str, **given: Any) -> Any:
        """What a JavaScript expression is worth: `it` is the object, `reservation` its last one."""
        return self.call("value", code=code, given=given)

    def until(self, event: str, count: int = 1) -> Any:
        """What came with the event, as soon as it was emitted so many times."""
        return self.call("until", event=event, count=count)

    @property
    def heard(self) -> list[str]:
        """All events so far."""
        found: list[str] = self.call("heard")
        return found


class NodeClient:
    """A Node process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, verb: str, told: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([verb, told]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process ended"
        return _value(json.loads(line))


class PageClient:
    """A page in the browser, with the bundle."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def call(self, verb: str, told: dict[str, Any]) -> Any:
        return _value(self._page.evaluate("([verb, told]) => inside(verb, told)", [verb, told]))


def _value(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise ClientError(answer["error"])
    return answer["value"]


@contextlib.contextmanager
def a_node_client(node: Path, **variables: str) -> Iterator[NodeClient]:
    """A Node process that ends with the block."""
    process = subprocess.Popen(
        [str(node / "node"), str(HERE / "node.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(**variables),
        text=True,
    )
    with process:
        try:
            yield NodeClient(process)
        finally:
            process.kill()


def bundled(node: Path) -> str:
    """The script for a page, made by esbuild as an application would."""
    command = [WEB / "node_modules/.bin/esbuild", HERE / "page.js", "--bundle", "--log-level=error"]
    path = os.pathsep.join([str(node), os.environ["PATH"]])
    ran = subprocess.run(
        [str(part) for part in command],
        env={**environment(), "PATH": path, "NODE_PATH": str(WEB / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout
