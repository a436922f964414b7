"""A web server of an application: it serves the pages and documents that a test gives it.

Every POST is remembered, and answered by the document of its path where there is one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


class Application:
    """Pages by path; the name `localhost` makes it another origin than 127.0.0.1."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.told: list[tuple[str, dict[str, str]]] = []
        """Path and parameters of every POST, and of every GET with a query."""
        self.port = 0

    def address(self, path: str) -> str:
        """Where this path is."""
        return f"http://localhost:{self.port}{path}"

    def told_at(self, path: str) -> list[dict[str, str]]:
        """The parameters that were sent to a path, in order."""
        return [params for at, params in self.told if at == path]

    def serve(self, path: str, text: str | bytes, media_type: str = "text/html") -> str:
        """Serve this from now on; gives its address."""
        content = text if isinstance(text, bytes) else text.encode()
        self.pages[path] = (f"{media_type}; charset=utf-8", content)
        return self.address(path)


@contextlib.contextmanager
def an_application() -> Iterator[Application]:
    """A running application."""
    application = Application()

    class Requests(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if query:
                application.told.append((path, dict(parse_qsl(query))))
            self._answer(path, otherwise=404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            application.told.append((self.path, dict(parse_qsl(body))))
            self._answer(self.path, otherwise=200)

        def _answer(self, path: str, otherwise: int) -> None:
            media_type, content = application.pages.get(path, ("text/plain", b""))
            self.send_response(200 if path in application.pages else otherwise)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *values: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as listening:
        application.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield application
        finally:
            listening.shutdown()
            thread.join()
