"""A server of our own to be measured: started on a free port of loopback, ended by its number."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pointsman.auth import Account

PATIENCE_S = 30.0
ACCOUNT = Account("AC" + "0123456789abcdef" * 2, "Benchmark", "fedcba9876543210" * 2, 0)
AUTHORIZATION = "Basic " + base64.b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token}".encode()).decode()


class Server:
    """A running server with a known account, and its REST API."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.close = self._http.close

    @property
    def pid(self) -> int:
        return self.process.pid

    def post(self, path: str, **params: str) -> dict[str, Any]:
        """Create or change something; whatever is refused is our mistake."""
        return self._ask("POST", path, urlencode(params))

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path, "")

    def _ask(self, method: str, path: str, body: str) -> dict[str, Any]:
        headers = {
            "Authorization": AUTHORIZATION,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._http.request(method, path, body, headers)
        response = self._http.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        assert response.status < 300, (method, path, answer)
        return answer


@contextlib.contextmanager
def a_server(folder: Path, program: Sequence[str] = ("pointsman",)) -> Iterator[Server]:
    """A server on a new data folder, gone when this ends; `program` is a module and its arguments."""
    command = [sys.executable, "-m", *program, "serve", "--port=0", f"--data={folder}"]
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "POINTSMAN_ACCOUNT_SID": ACCOUNT.sid,
        "POINTSMAN_AUTH_TOKEN": ACCOUNT.auth_token,
    }
    process = subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    impatience = threading.Timer(PATIENCE_S, process.kill)
    impatience.start()
    try:
        port = _port_of(process)
        impatience.cancel()
        with contextlib.closing(Server(process, port)) as server:
            yield server
    finally:
        impatience.cancel()
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=PATIENCE_S)
        process.kill()
        process.wait()


def _port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise RuntimeError(f"The server ended before it listened:\n{output}")
