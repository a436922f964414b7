"""A whole server with a known account, for tests that speak to it as its clients do.

`a_server(folder)` runs the real program; it can be killed and started again on the same folder, and
then listens on the same port, as after a crash. `client()` is the stock PyPI client pointed at it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.program import Program, pointsman, running_server

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "fedcba9876543210" * 2
API_KEY_SID = "SK" + "00112233445566778899aabbccddeeff"
API_KEY_SECRET = "s3cret-of-the-tests-and-nobody-else"

ACCOUNT = {
    "POINTSMAN_ACCOUNT_SID": ACCOUNT_SID,
    "POINTSMAN_AUTH_TOKEN": AUTH_TOKEN,
    "POINTSMAN_API_KEY_SID": API_KEY_SID,
    "POINTSMAN_API_KEY_SECRET": API_KEY_SECRET,
}


class Server:
    """A running server on one folder; `program` is the process of the moment."""

    account_sid = ACCOUNT_SID
    auth_token = AUTH_TOKEN

    def __init__(self, folder: Path, options: tuple[str, ...], variables: dict[str, str]) -> None:
        self.folder = folder
        self._options = options
        self._variables = {**ACCOUNT, **variables}
        self._running = contextlib.ExitStack()
        self._port = 0
        self.start()

    def start(self) -> None:
        """Start on the folder; the first time on a free port, afterwards on that one."""
        self.program: Program = self._running.enter_context(
            running_server(self.folder, *self._options, port=self._port, **self._variables)
        )
        self._port = self.program.port

    def kill(self) -> None:
        """End it as a power cut would."""
        self.program.kill()
        self._running.close()

    def close(self) -> None:
        """End it, if it still runs."""
        self._running.close()

    @property
    def address(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return self.program.address

    def another_account(self) -> tuple[str, str]:
        """SID and auth token of an account made beside the running server."""
        made = pointsman("account", "create", f"--data={self.folder}", folder=self.folder)
        found = re.search(r"(AC[0-9a-f]{32})\s+Auth token\s+([0-9a-f]{32})", made.stdout)
        assert found is not None, made
        return found[1], found[2]

    def client(self, sid: str = ACCOUNT_SID, secret: str = AUTH_TOKEN) -> Client:
        """The stock client with these credentials, for this server."""
        http = TwilioHttpClient(timeout=20, pool_connections=True)
        client = Client(sid, secret, account_sid=ACCOUNT_SID, http_client=http)
        client.taskrouter.base_url = self.address
        return client


@contextlib.contextmanager
def a_server(folder: Path, *options: str, **variables: Any) -> Iterator[Server]:
    """A server on `folder`, gone when this ends."""
    server = Server(folder, options, variables)
    try:
        yield server
    finally:
        server.close()
