"""A web server of an application that uses the SDK: it serves the pages that a test gives it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Application:
    """Pages by path; the name `localhost` makes it another origin than 127.0.0.1."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.port = 0

    def serve(self, path: str, text: str | bytes, media_type: str = "text/html") -> str:
        """Serve this from now on; gives its address."""
        content = text if isinstance(text, bytes) else text.encode()
        self.pages[path] = (f"{media_type}; charset=utf-8", content)
        return f"http://localhost:{self.port}{path}"


@contextlib.contextmanager
def an_application() -> Iterator[Application]:
    """A running application."""
    application = Application()

    class Requests(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            media_type, content = application.pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in application.pages else 404)
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
