"""The real `pointsman` program in a process of its own, for tests over real sockets.

`running_server(folder)` starts it on a free port with nothing inherited from the environment but
the path, and ends it with the test, whatever happens.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0


def environment(**variables: str) -> dict[str, str]:
    """A clean environment with these variables."""
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **variables}


def printed_by(*command: object, cwd: Path | None = None, **variables: str) -> Any:
    """The JSON that a program prints, which has to end well."""
    run = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def pointsman(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "pointsman", *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class Program:
    """A running server: its address, its output so far, and the ways to end it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.output = ""
        self.address = ""
        self._listening = threading.Event()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._listening.wait(PATIENCE_S), f"it does not listen: {self.output}"
        assert self.address, f"it ended: {self.output}"

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for the end; the exit status."""
        status = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return status

    def says(self, words: str) -> None:
        """Wait for a line with these words, after those that were waited for before."""
        while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
            if words in line:
                return
        raise AssertionError(f"it ended without {words!r}: {self.output}")

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.output += line
                self._lines.put(line)
                if found := re.search(r"listens on (http[^\s\"]+)", line):
                    self.address = found[1]
                    self._listening.set()
        self._lines.put(None)
        self._listening.set()


@contextlib.contextmanager
def running_server(
    folder: Path, *options: str, port: int | None = 0, **variables: str
) -> Iterator[Program]:
    """A server on `folder`, listening when this begins and gone when it ends.

    Without a port it is the one that the server chooses by itself.
    """
    chosen = [] if port is None else [f"--port={port}"]
    command = [sys.executable, "-m", "pointsman", "serve", *chosen, *options]
    process = subprocess.Popen(
        [*command, f"--data={folder}"],
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Program(process)
    finally:
        process.kill()
        process.wait()
